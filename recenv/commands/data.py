"""Commands that bring data in and show it: synthetic worlds, stores, canonical rows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from recenv.commands.root import FILE, FOLDER, SEED, bar, interval
from recenv.errors import InputError


@click.command()
@click.option("--scenario", default="mixed", show_default=True, help="A built-in scenario, or a .toml file.")
@click.option("--sessions", type=click.IntRange(1), required=True)
@click.option("--seed", type=SEED, default=0, show_default=True)
@click.option("--out", type=FOLDER, required=True)
def synth(scenario: str, sessions: int, seed: int, out: Path) -> None:
    """Write a synthetic world in the RecRM-Bench folder layout."""
    from recenv.data.synthetic import SynthSpec, generate
    from recenv.scenarios import load_scenario

    spec = load_scenario(scenario)
    if spec.world.kind != "synthetic":
        raise InputError(f"scenario {scenario!r} has no synthetic world; it plays in a store that you ingest")
    with bar("sessions") as update:
        counts = generate(SynthSpec.from_mapping(spec.world.spec), sessions, seed, out, progress=update)
    for name, count in counts.items():
        click.echo(f"{name:24s} {count:>10,d}")
    click.echo(f"written to {out}; next: recenv ingest recrm {out} --out STORE")


@click.group()
def ingest() -> None:
    """Turn a source into a store."""


_max_bad = click.option("--max-bad", type=click.FloatRange(0, 1), default=0.01, show_default=True,
                        help="Share of unusable rows above which nothing is written.")


def _ingest_options(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.argument("folder", type=click.Path(path_type=Path)),
        click.option("--out", type=FOLDER, required=True, help="The store to write."),
        _max_bad,
        click.option("--overwrite", is_flag=True, help="Replace a store that is there already."),
    ):
        command = option(command)
    return command


@ingest.command()
@_ingest_options
@click.option("--field-map", type=FILE, help="TOML: which raw key feeds which canonical field.")
def recrm(folder: Path, out: Path, max_bad: float, overwrite: bool, field_map: Path | None) -> None:
    """Ingest a RecRM-Bench folder (five JSONL files)."""
    from recenv.data.recrm import ingest_recrm

    with bar("reading") as update:
        report = ingest_recrm(folder, out, field_map=field_map, overwrite=overwrite, max_bad=max_bad, progress=update)
    click.echo(report.table())


@ingest.command()
@_ingest_options
def crosswoz(folder: Path, out: Path, max_bad: float, overwrite: bool) -> None:
    """Ingest a CrossWOZ folder (dialogues and entity databases)."""
    from recenv.data.crosswoz import ingest_crosswoz

    with bar("reading") as update:
        report = ingest_crosswoz(folder, out, overwrite=overwrite, max_bad=max_bad, progress=update)
    click.echo(report.table())


@ingest.command()
@_ingest_options
def vitabench(folder: Path, out: Path, max_bad: float, overwrite: bool) -> None:
    """Ingest a folder of VitaBench tasks (delivery, in-store, travel; sessions are constructed)."""
    from recenv.data.vitabench import ingest_vitabench

    with bar("reading") as update:
        report = ingest_vitabench(folder, out, overwrite=overwrite, max_bad=max_bad, progress=update)
    click.echo(report.table())


@click.command()
@click.argument("store", type=FOLDER, required=False)
@click.option("--scenario", default=None, help="A scenario, in place of a store: its built-in world, under its rules.")
def inspect(store: Path | None, scenario: str | None) -> None:
    """Show what a store holds, and how many of its goals can be met."""
    from recenv.data.inspect import describe
    from recenv.data.world import World
    from recenv.envs.config import EnvConfig
    from recenv.rollouts.ceiling import summary
    from recenv.scenarios import load_scenario
    from recenv.scenarios.entry import open_world

    if store is None and scenario is None:
        raise InputError("name a store, or --scenario for a built-in world")
    if scenario is None:
        assert store is not None
        world = World(store)
        rules = EnvConfig(user="replay" if world.n_sessions and world.session(0).source == "logged" else "learned")
    else:
        world, rules = open_world(scenario, store), load_scenario(scenario).env
    click.echo(describe(world))
    click.echo(summary(world, rules))


@click.command()
@click.argument("name")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--out", type=FILE, required=True, help="The file of canonical rows to write.")
@click.option("--keep", default=None, metavar="LOW-HIGH",
              help="Only the groups whose hash falls into this part of 0-1: what recenv train --keep leaves out, to score on.")
@_max_bad
def rows(name: str, folder: Path, out: Path, keep: str | None, max_bad: float) -> None:
    """Turn a published set into canonical rows: one a labelled thing, in file order."""
    from recenv.data.ingest import Quarantine
    from recenv.data.rowfile import write_rows
    from recenv.data.rowsets import ROWSETS
    from recenv.data.rowsets.reading import into
    from recenv.data.rowsets.tally import Tally

    with Quarantine() as quarantine:
        tally, found = Tally(), quarantine.judged(ROWSETS[name].convert(folder, into(quarantine)), max_bad)
        if keep is not None:
            from recenv.training.batches import kept

            low, high = interval(keep)
            found = (row for row in found if kept(row, low, high))
        count = write_rows(tally.watch(found), out)
        aside = out.with_name(f"{out.name}.quarantine.jsonl")
        aside.unlink(missing_ok=True)
        if quarantine.count:
            quarantine.write(aside)
            click.echo(f"{quarantine.count:,} records could not be used: {aside}")
    click.echo(tally.table())
    click.echo(f"{count:,} rows: {out}")
