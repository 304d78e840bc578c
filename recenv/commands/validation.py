"""The command that examines an environment."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from recenv.commands.root import FOLDER, SEED


@click.command()
@click.option("--scenario", default="mixed", show_default=True, help="See: recenv scenarios.")
@click.option("--store", type=FOLDER, default=None, help="The store to play in, for scenarios without a built-in world.")
@click.option("--scorers", default=None, help="Not the scenario's but audit, rules, a checkpoint folder, judge:FILE.toml ...")
@click.option("--reward", default=None, help="A reward spec in place of the scenario's; see: recenv scorers.")
@click.option("--sessions", type=click.IntRange(2), default=300, show_default=True, help="Of each agent.")
@click.option("--ladder", type=click.IntRange(2), default=1000, show_default=True, help="Sessions of each rung of the ladder.")
@click.option("--seed", type=SEED, default=0, show_default=True)
@click.option("--examination", "names", multiple=True, help="Only this one; repeatable. All by default.")
@click.option("--known", multiple=True, help="An examination known to be out of bounds: ends with 1 if it is not; repeatable.")
@click.option("--out", type=FOLDER, default=None, help="Where to write validation.json and validation.png.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON in place of the table.")
def validate(
    scenario: str, store: Path | None, scorers: str | None, reward: str | None, sessions: int, ladder: int, seed: int,
    names: tuple[str, ...], known: tuple[str, ...], out: Path | None, as_json: bool,
) -> None:
    """Examine an environment by agents whose order is known: is what pays what serves?

    Ends with 1 unless exactly the --known examinations are out of bounds. A world with fewer sessions plays them again with
    other noise.
    """
    from recenv.evaluation.validation import EXAMINATIONS, Sizes, validate
    from recenv.evaluation.validation.report import about, encode, failed, findings_text, write_report
    from recenv.scenarios.entry import open_engine

    for name in (*names, *known):
        EXAMINATIONS[name]
    changes: dict[str, Any] = {name: value for name, value in (("scorers", scorers), ("reward", reward)) if value}
    engine = open_engine(scenario, store, **changes)
    sizes = Sizes(sessions=sessions, ladder=ladder)
    told = (lambda agent: click.echo(f"plays: {agent}", err=True)) if sys.stderr.isatty() else None
    findings = validate(engine, seed, sizes=sizes, names=names, progress=told)
    what = about(engine, scenario, seed, sizes)
    click.echo(encode(findings, what).decode().rstrip() if as_json else findings_text(findings, known))
    if out is not None:
        written = write_report(findings, what, out)
        click.echo("\nwritten: " + ", ".join(map(str, written)), err=as_json)
    if failed(findings) != set(known):
        sys.exit(1)
