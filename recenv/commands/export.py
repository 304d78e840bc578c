"""The command that makes rows for trainers of a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from recenv.commands.names import AGENTS, played_option
from recenv.commands.root import FOLDER, PATH, bar, command, hint, json_option, listed, show
from recenv.errors import InputError, MissingExtra
from recenv.files import whole_folder

if TYPE_CHECKING:
    from recenv.evaluation.export.write import RunReader

FORMATS = ("transitions", "sft", "preferences", "grpo", "parquet", "minari")


@command()
@click.argument("run", type=FOLDER)
@click.option("--format", "form", type=click.Choice(FORMATS), required=True, help="What the rows are; see docs/export.md.")
@click.option("--out", type=PATH, required=True, help="The file to write; for minari, a folder.")
@click.option("--agents", type=AGENTS, default="", help="Comma-separated; all agents of the run if absent.")
@played_option
@json_option
def export(run: Path, form: str, out: Path, agents: str, store: Path | None) -> None:
    """Write a run as rows for a trainer: what agents saw, did and were paid, turn by turn."""
    from recenv.evaluation.export.write import RunReader, export_run

    names = listed(agents)
    with bar("sessions") as update:
        if form == "minari":
            return _minari(RunReader(run, names, store=store, progress=update), out)
        done = export_run(run, form, out, agents=names, store=store, progress=update)
    show(lambda: {"out": str(out), **done._asdict()}, lambda: "\n".join([
        f"{done.rows:,} rows: {out}", *(f"left out: {times:,} {what}" for what, times in done.left_out.items())]))


def _minari(reader: RunReader, out: Path) -> None:
    try:
        from recenv.integrations.minari import write_datasets
    except ImportError:
        raise MissingExtra("minari", "minari") from None
    if out.exists():
        raise InputError(f"{out} exists already; choose another --out, nothing was touched")
    with whole_folder(out) as folder:
        made = list(write_datasets(folder, reader.run.plan.scenario.name, reader.engine, reader.sessions()))
    show(lambda: [m._asdict() for m in made], lambda: "\n".join(line for m in made for line in (
        f"{m.dataset}: {m.episodes:,} episodes",
        *([f"left out: {m.left_out:,} sessions with a turn that is no slate of candidates"] if m.left_out else []))))
    hint(f"read them with MINARI_DATASETS_PATH={out}")
