"""Commands that bring data in and show it: synthetic worlds, stores, canonical rows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from recenv.commands.names import ROWSET, SCENARIO
from recenv.commands.root import FILE, FOLDER, PATH, SEED, Command, bar, command, hint, interval, json_option, show
from recenv.errors import InputError


@command()
@click.option("--scenario", type=SCENARIO, default="mixed", show_default=True, help="A built-in scenario, or a .toml file.")
@click.option("--sessions", type=click.IntRange(1), required=True)
@click.option("--seed", type=SEED, default=0, show_default=True)
@click.option("--out", type=FOLDER, required=True, help="The folder to write.")
@json_option
def synth(scenario: str, sessions: int, seed: int, out: Path) -> None:
    """Write a synthetic world in the RecRM-Bench folder layout."""
    from recenv.data.synthetic import SynthSpec, generate
    from recenv.scenarios import load_scenario

    spec = load_scenario(scenario)
    if spec.world.kind != "synthetic":
        raise InputError(f"scenario {scenario!r} has no synthetic world; it plays in a store that you ingest")
    with bar("sessions") as update:
        counts = generate(SynthSpec.from_mapping(spec.world.spec), sessions, seed, out, progress=update)
    show(lambda: {"out": str(out), "counts": counts}, lambda: "\n".join(f"{n:24s} {c:>10,d}" for n, c in counts.items()))
    hint(f"written to {out}; next: recenv ingest recrm {out} --out STORE")


@click.group()
def ingest() -> None:
    """Turn a source into a store."""


_max_bad = click.option("--max-bad", type=click.FloatRange(0, 1), default=0.01, show_default=True,
                        help="Share of unusable rows above which nothing is written.")


def _ingest_options(made: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.argument("folder", type=PATH),
        click.option("--out", type=FOLDER, required=True, help="The store to write."),
        _max_bad,
        click.option("--overwrite", is_flag=True, help="Replace a store that is there already."),
        json_option,
    ):
        made = option(made)
    return made


@ingest.command(cls=Command)
@_ingest_options
@click.option("--field-map", type=FILE, help="TOML: which raw key feeds which canonical field.")
def recrm(folder: Path, out: Path, max_bad: float, overwrite: bool, field_map: Path | None) -> None:
    """Ingest a RecRM-Bench folder (five JSONL files)."""
    from recenv.data.recrm import ingest_recrm

    with bar("reading") as update:
        report = ingest_recrm(folder, out, field_map=field_map, overwrite=overwrite, max_bad=max_bad, progress=update)
    show(lambda: report, report.table)


@ingest.command(cls=Command)
@_ingest_options
def crosswoz(folder: Path, out: Path, max_bad: float, overwrite: bool) -> None:
    """Ingest a CrossWOZ folder (dialogues and entity databases)."""
    from recenv.data.crosswoz import ingest_crosswoz

    with bar("reading") as update:
        report = ingest_crosswoz(folder, out, overwrite=overwrite, max_bad=max_bad, progress=update)
    show(lambda: report, report.table)


@ingest.command(cls=Command)
@_ingest_options
def vitabench(folder: Path, out: Path, max_bad: float, overwrite: bool) -> None:
    """Ingest a folder of VitaBench tasks (delivery, in-store, travel; sessions are constructed)."""
    from recenv.data.vitabench import ingest_vitabench

    with bar("reading") as update:
        report = ingest_vitabench(folder, out, overwrite=overwrite, max_bad=max_bad, progress=update)
    show(lambda: report, report.table)


@ingest.command(cls=Command)
@click.argument("events", metavar="FILE", type=FILE)
@click.option("--items", type=FILE, default=None, help="The table of items; those of FILE if absent.")
@click.option("--users", type=FILE, default=None, help="The table of users: their profiles.")
@click.option("--out", type=FOLDER, required=True, help="The store to write.")
@click.option("--field-map", type=FILE, default=None,
              help="TOML: which column is what; else columns are guessed, and a map is written beside the store.")
@click.option("--liked", type=click.FloatRange(0, 1), default=0.75, show_default=True,
              help="Share of the rating scale from which on an item is liked: 0.75 is 4 of 1 to 5.")
@click.option("--per-user", type=click.IntRange(1), default=3, show_default=True, help="Most sessions of a user, the last ones.")
@click.option("--wishes", type=click.IntRange(0, 8), default=3, show_default=True,
              help="Most wishes that are made up for a session whose user says nothing.")
@click.option("--preview", is_flag=True, help="Show columns and sessions and write the map; write no store.")
@_max_bad
@click.option("--overwrite", is_flag=True, help="Replace a store that is there already.")
@json_option
def table(
    events: Path, items: Path | None, users: Path | None, out: Path, field_map: Path | None, liked: float, per_user: int,
    wishes: int, preview: bool, max_bad: float, overwrite: bool,
) -> None:
    """Ingest tables of your own: FILE (.csv, .jsonl, .parquet) has a row a rating, click or order.

    Its columns are a user and an item, and may be a rating, a time, a session, and what the user asked for.
    """
    import tempfile

    from msgspec.structs import replace

    from recenv.data.inspect import session_lines
    from recenv.data.table import Files, guess_map, ingest_table
    from recenv.data.table_columns import keep_map, load_table_map
    from recenv.data.world import World

    files = Files(events, items, users)
    fields = guess_map(files) if field_map is None else load_table_map(field_map)
    kept = field_map or keep_map(fields, out)
    with tempfile.TemporaryDirectory() as aside:
        target = Path(aside) / "store" if preview else out
        with bar("reading") as update:
            report = ingest_table(files, target, fields=fields, liked=liked, per_user=per_user, wishes=wishes, max_bad=max_bad,
                                  overwrite=overwrite, progress=update)
        report = replace(report, out=f"{out} (not written: --preview)" if preview else report.out)
        world = World(target)
        rows = sorted({0, world.n_sessions // 2, world.n_sessions - 1})
        show(lambda: report, lambda: "\n".join([report.table(), *(line for row in rows for line in session_lines(world, row))]))
    again = f"recenv ingest table {events}{f' --items {items}' if items else ''}{f' --users {users}' if users else ''}"
    hint(f"\ncolumns: {kept}; to read them otherwise, edit it, then: {again} --field-map {kept} --out {out}"
         + ("" if preview else " --overwrite\n"
            f"next: recenv evaluate --scenario table --store {out} --agents random,popularity,bm25 --scorers rules --audit none "
            f"--out runs/{out.name}"))


@command()
@click.argument("name", type=ROWSET)
@click.argument("folder", type=PATH)
@click.option("--out", type=FILE, required=True, help="The file of canonical rows to write.")
@click.option("--keep", default=None, metavar="LOW-HIGH",
              help="Only the groups whose hash falls into this part of 0-1: what recenv train --keep leaves out, to score on.")
@_max_bad
@json_option
def rows(name: str, folder: Path, out: Path, keep: str | None, max_bad: float) -> None:
    """Turn a published set into canonical rows: one a labelled thing, in file order."""
    from recenv.data.ingest import Quarantine
    from recenv.data.rowfile import some, write_rows
    from recenv.data.rowsets import ROWSETS
    from recenv.data.rowsets.reading import into
    from recenv.data.rowsets.tally import Tally

    with Quarantine() as quarantine:
        tally, found = Tally(), quarantine.judged(ROWSETS[name].convert(folder, into(quarantine)), max_bad)
        if keep is not None:
            from recenv.training.batches import kept

            low, high = interval(keep)
            found = (row for row in found if kept(row, low, high))
        count = write_rows(some(tally.watch(found), f"{folder} has nothing that is a row of {name}"), out)
        aside = out.with_name(f"{out.name}.quarantine.jsonl")
        aside.unlink(missing_ok=True)
        if quarantine.count:
            quarantine.write(aside)
            hint(f"{quarantine.count:,} records could not be used: {aside}")
    show(lambda: {"out": str(out), "rows": count, "unusable": quarantine.count, "dimensions": tally.figures()}, tally.table)
    hint(f"{count:,} rows: {out}")
