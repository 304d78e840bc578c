"""The command that makes rows for trainers of a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from recenv.commands.root import FOLDER, bar
from recenv.errors import InputError, MissingExtra
from recenv.files import whole_folder

if TYPE_CHECKING:
    from recenv.evaluation.export.write import RunReader

FORMATS = ("transitions", "sft", "preferences", "grpo", "parquet", "minari")


@click.command()
@click.argument("run", type=FOLDER)
@click.option("--format", "form", type=click.Choice(FORMATS), required=True, help="What the rows are; see docs/export.md.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="The file to write; for minari, a folder.")
@click.option("--agents", default="", help="Comma-separated; all agents of the run if absent.")
@click.option("--store", type=FOLDER, default=None, help="The store the run was played in.")
def export(run: Path, form: str, out: Path, agents: str, store: Path | None) -> None:
    """Write a run as rows for a trainer: what agents saw, did and were paid, turn by turn."""
    from recenv.evaluation.export.write import RunReader, export_run

    names = [a.strip() for a in agents.split(",") if a.strip()]
    with bar("sessions") as update:
        if form == "minari":
            return _minari(RunReader(run, names, store=store, progress=update), out)
        done = export_run(run, form, out, agents=names, store=store, progress=update)
    click.echo(f"{done.rows:,} rows: {out}")
    for what, times in done.left_out.items():
        click.echo(f"left out: {times:,} {what}")


def _minari(reader: RunReader, out: Path) -> None:
    try:
        from recenv.integrations.minari import write_datasets
    except ImportError:
        raise MissingExtra("minari", "minari") from None
    if out.exists():
        raise InputError(f"{out} exists already; choose another --out, nothing was touched")
    with whole_folder(out) as folder:
        for made in write_datasets(folder, reader.run.plan.scenario.name, reader.engine, reader.sessions()):
            click.echo(f"{made.dataset}: {made.episodes:,} episodes")
            if made.left_out:
                click.echo(f"left out: {made.left_out:,} sessions with a turn that is no slate of candidates")
    click.echo(f"read them with MINARI_DATASETS_PATH={out}")
