"""The commands that examine an environment and its users."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from recenv.commands.names import AGENTS, EXAMINATION, REWARD, SCENARIO, SCORERS, scenario_option, store_option
from recenv.commands.root import AS_JSON, FOLDER, QUIET, SEED, assigned, bar, command, hint, json_option, show, told


@command()
@scenario_option
@store_option
@click.option("--scorers", type=SCORERS, default=None,
              help="Not the scenario's but audit, rules, a checkpoint folder, judge:FILE.toml ...")
@click.option("--reward", type=REWARD, default=None, help="A reward spec in place of the scenario's; see: recenv scorers.")
@click.option("--sessions", type=click.IntRange(2), default=300, show_default=True, help="Of each agent.")
@click.option("--ladder", type=click.IntRange(2), default=1000, show_default=True, help="Sessions of each rung of the ladder.")
@click.option("--seed", type=SEED, default=0, show_default=True)
@click.option("--examination", "names", type=EXAMINATION, multiple=True, help="Only this one; repeatable. All by default.")
@click.option("--known", type=EXAMINATION, multiple=True,
              help="An examination known to be out of bounds: ends with 1 if it is not; repeatable.")
@click.option("--out", type=FOLDER, default=None, help="Where to write validation.json and validation.png.")
@json_option
def validate(
    scenario: str, store: Path | None, scorers: str | None, reward: str | None, sessions: int, ladder: int, seed: int,
    names: tuple[str, ...], known: tuple[str, ...], out: Path | None,
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
    shown = sys.stderr.isatty() and not told(QUIET)
    say = (lambda agent: click.echo(f"plays: {agent}", err=True)) if shown else None
    findings = validate(engine, seed, sizes=sizes, names=names, progress=say)
    what = about(engine, scenario, seed, sizes)
    show(lambda: encode(findings, what), lambda: findings_text(findings, known))
    if out is not None:
        hint("\nwritten: " + ", ".join(map(str, write_report(findings, what, out))))
    if failed(findings) != set(known):
        sys.exit(1)


@command()
@click.option("--scenario", type=SCENARIO, default="beijing", show_default=True, help="See: recenv scenarios.")
@store_option
@click.option("--user-option", "options", multiple=True, required=True, metavar="FIELD=VALUE",
              help="Where the model is and how it is asked, as for the agent llm; record=FILE is needed.")
@click.option("--beside", "against", type=click.Choice(["replay", "learned", "gold"]), default="replay", show_default=True,
              help="The user to compare with, who plays the sessions.")
@click.option("--agents", type=AGENTS, default="bm25,ask-bm25", show_default=True, help="Who shows and asks; see: recenv agents.")
@click.option("--sessions", type=click.IntRange(1), default=100, show_default=True, help="Of each agent.")
@click.option("--seed", type=SEED, default=0, show_default=True)
@json_option
def check_user(
    scenario: str, store: Path | None, options: tuple[str, ...], against: str, agents: str, sessions: int, seed: int
) -> None:
    """Check a language model as the user: what it gives away, and whether it answers as another user does."""
    from recenv.baselines.by_name import open_agent
    from recenv.errors import EndpointError
    from recenv.evaluation.run import allot
    from recenv.evaluation.runtimes import runtime_of
    from recenv.evaluation.user_check import check_text
    from recenv.evaluation.user_check import check_user as check
    from recenv.scenarios.entry import open_engine
    from recenv.users import USERS
    from recenv.users.protocol import Speaks

    engine = open_engine(scenario, store, scorers="rules", user=against)
    own = USERS["llm"](engine.world, assigned(options, "--user-option"))
    assert isinstance(own, Speaks)
    players = [open_agent(a.strip(), runtime_of(engine, seed)) for a in agents.split(",") if a.strip()]
    with bar("sessions") as update:
        found = check(engine, own, players, allot(engine.world, sessions, seed), seed, update)
    if found.cases or told(AS_JSON):
        show(lambda: {"cases": [case._asdict() for case in found.cases], "lost": [str(error) for error in found.lost]},
             lambda: check_text(found, against, seed))
    if found.lost:
        raise EndpointError(
            f"{len(found.lost)} of {len(found.cases) + len(found.lost)} moments were not answered, and are no part of this: "
            f"{found.lost[0]}. The same command asks about these alone again", found.lost[0].kind)
