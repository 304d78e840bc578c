"""The commands that look at what is on disk: what it holds, and whether it is as it was written."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from recenv.commands.names import SCENARIO, SCORERS
from recenv.commands.root import PATH, command, hint, json_option, registered, registered_lines, show
from recenv.errors import InputError

if TYPE_CHECKING:
    from recenv.data.world import World
    from recenv.envs.config import EnvConfig


@command()
@click.argument("path", type=PATH, required=False)
@click.option("--scenario", type=SCENARIO, default=None,
              help="A scenario, in place of a store: its built-in world, under its rules.")
@json_option
def inspect(path: Path | None, scenario: str | None) -> None:
    """Show what a store, a run, a checkpoint or a learned agent holds; of a store, how many of its goals can be met.

    With --scenario, PATH is the store that the scenario plays in, if it needs one.
    """
    from recenv.evaluation.verify import kind_of
    from recenv.rewards.models import FAMILIES

    if path is None and scenario is None:
        raise InputError("name a store, a run or a checkpoint, or --scenario for a built-in world")
    if scenario is not None:
        from recenv.scenarios import load_scenario
        from recenv.scenarios.entry import open_world

        _show_world(open_world(scenario, path), load_scenario(scenario).env)
        return
    assert path is not None
    kind = "checkpoint" if str(path) in FAMILIES else kind_of(path)
    {"store": _store, "run": _run, "checkpoint": _checkpoint, "learned agent": _learned, "journal": _journal}[kind](path)


def _store(path: Path) -> None:
    from recenv.data.world import World
    from recenv.envs.config import EnvConfig

    world = World(path)
    logged = world.n_sessions and world.session(0).source != "synthetic"
    _show_world(world, EnvConfig(user="replay" if logged else "learned"))


def _show_world(world: World, rules: EnvConfig) -> None:
    from recenv.data.inspect import describe, figures
    from recenv.rollouts.ceiling import reachable_in, summary

    def value() -> object:
        found = reachable_in(world, rules)
        can = None if found is None else {
            "sessions": len(found.goals), "unwinnable": found.unwinnable, "needs_met": found.needs_met.mean(), "user": rules.user}
        return {"kind": "store", "tables": figures(world), "ceiling": can}

    show(value, lambda: f"{describe(world)}\n{summary(world, rules)}")


def _run(path: Path) -> None:
    from recenv.evaluation.leaderboard import build_leaderboard, format_leaderboard
    from recenv.evaluation.plan import read_plan
    from recenv.evaluation.repeats import repeat_folders

    plan = read_plan(path)
    about = {
        "scenario": f"{plan.scenario.name}-v{plan.scenario.version}", "world": plan.store[:16], "store": plan.place,
        "agents": [a.name for a in plan.agents], "sessions": len(plan.sessions), "split": plan.split, "seed": plan.seed,
        "scorers": plan.family, "reward": plan.reward.get("name"), "audit": None if plan.audit is None else plan.audit.name,
        "versions": plan.versions, "command": plan.command}
    board = build_leaderboard(path)

    def text() -> str:
        from recenv.data.ingest import columns

        told = {name: ", ".join(value) if isinstance(value, list) else value for name, value in about.items() if value}
        told["versions"] = ", ".join(f"{name} {version}" for name, version in plan.versions.items())
        told["sessions"] = f"{len(plan.sessions):,}"
        told["seed"] = str(plan.seed)
        return "\n".join(["run", *columns(told), "", format_leaderboard(board, len(repeat_folders(path)))])

    show(lambda: {"kind": "run", **about, "leaderboard": board}, text)
    hint(f"next: recenv view {path}")


def _checkpoint(path: Path) -> None:
    import json

    from recenv.appraisal.comparison import table_text
    from recenv.rewards.models.described import resolve
    from recenv.rewards.models.open import load_scorers

    specs = [scorer.spec for scorer in load_scorers(path).values()]
    metrics = json.loads((resolve(path) / "metrics.json").read_bytes())
    lines = [f"{s.dimension:24s} {s.kind:8s} reads {', '.join(s.reads):32s} {s.calibration}  {s.fingerprint[:12]}" for s in specs]
    show(lambda: {"kind": "checkpoint", "scorers": specs, "held_out": metrics["held_out"]},
         lambda: "\n".join([*lines, "", "held-out rows:", table_text(metrics["held_out"])]))


def _learned(path: Path) -> None:
    from recenv.learning.learn import TEST

    click.echo(f"a learned agent, told by {path / 'CARD.md'}; its run on users that it never met:\n", err=True)
    _run(path / TEST)


def _journal(path: Path) -> None:
    raise InputError(f"{path} is a file of recorded answers: recenv verify reads it, there is nothing more to show")


@command()
@click.option("--scorers", "checkpoint", type=SCORERS, default="thorough", show_default=True,
              help="A shipped family, or a checkpoint folder.")
@json_option
def scorers(checkpoint: str) -> None:
    """List the scorers of a checkpoint with their held-out metrics, and the rewards that there are."""
    from recenv.commands.root import AS_JSON, told
    from recenv.rewards.hybrid import REWARDS

    _checkpoint(Path(checkpoint))
    if not told(AS_JSON):
        click.echo("\nreward specs: " + ", ".join(f"{n} v{REWARDS[n].version}" for n in REWARDS))
        for line in (*registered_lines("reward"), *registered_lines("scorers")):
            click.echo(line)


@command()
@click.argument("path", type=PATH)
@click.option("--seal", is_flag=True, help="List a checkpoint's files as they are now, after a change of yours.")
@json_option
def verify(path: Path, seal: bool) -> None:
    """Check that a store, a run, a checkpoint or a file of recorded answers is as it was written; ends with 1 where it is not."""
    from recenv.evaluation.verify import seal_checkpoint, verify_path

    if seal:
        seal_checkpoint(path)
    found = verify_path(path)
    show(lambda: found, lambda: "\n".join([
        f"{found.kind} {path}: {found.found}", *(f"  wrong: {one}" for one in found.wrong),
        "not as it was written" if found.wrong else "as it was written"]))
    if found.wrong:
        sys.exit(1)


@command()
@json_option
def scenarios() -> None:
    """List the scenarios, and of worlds that were played before the share of goals that no candidate meets."""
    from recenv.rollouts.ceiling import unwinnable
    from recenv.scenarios import load_scenario, names
    from recenv.scenarios.entry import known_world

    specs = [load_scenario(name) for name in names()]
    own = registered("scenario")
    lost: dict[str, float | None] = {}
    for spec in specs:
        world = known_world(spec)
        lost[spec.name] = None if world is None else unwinnable(world, spec.env.candidates)

    def text() -> str:
        lines = []
        for s in specs:
            where = "built-in world" if s.world.kind == "synthetic" else f"needs --store ({s.world.store_kind})"
            share = lost[s.name]
            told = "-" if share is None else f"{share:.1%}"
            lines.append(f"{s.name:16s} v{s.version}  {where:28s} {told:>10s}  {s.summary}")
        head = f"{'name':16s} {'':2s}  {'world':28s} {'unwinnable':>10s}  sessions"
        note = "unwinnable: goals that no candidate meets; - where the world is not built yet, or is a store: recenv inspect"
        return "\n".join([head, *lines, *registered_lines("scenario"), note])

    show(lambda: [{"name": s.name, "version": s.version, "summary": s.summary, "world": s.world.kind,
                   "store_kind": s.world.store_kind, "unwinnable": lost[s.name]} for s in specs]
         + [{"name": name} for name in own], text)


@command()
@json_option
def agents() -> None:
    """List the agents and the fields of their configs."""
    from recenv.baselines import AGENTS

    def text() -> str:
        lines: list[str] = []
        for name in AGENTS:
            fields = AGENTS[name].config_type.__struct_fields__
            lines.append(f"{name:12s} {AGENTS[name].summary}")
            lines += [f"{'':12s}   options: {', '.join(fields)}"] if fields else []
        return "\n".join([*lines, *registered_lines("agent"),
                          "also: package.module:attribute, a .zip of Stable-Baselines3, a folder that recenv learn wrote"])

    show(lambda: [{"name": name, "summary": AGENTS[name].summary, "options": AGENTS[name].config_type.__struct_fields__}
                  for name in AGENTS] + [{"name": name} for name in registered("agent")], text)
