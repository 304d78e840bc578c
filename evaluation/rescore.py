"""From a run folder to another one with the same sessions and new rewards; and the second family's judgement of a run.

Both are ``recenv.rollouts.rescore`` over the recorded traces: agents are not built. What comes out is a run folder like any
other, whole or absent; a rescoring that was killed goes on from the folder it left beside its place, ``.NAME.partial``.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from itertools import dropwhile, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from recenv.data.world import World
from recenv.envs.engine import Engine
from recenv.errors import EndpointError, InputError
from recenv.evaluation.ceiling import write_ceiling
from recenv.evaluation.failures import Lost, lost_text, read_failures, settled
from recenv.evaluation.leaderboard import build_leaderboard, encode_leaderboard
from recenv.evaluation.plan import (
    LEADERBOARD,
    Played,
    RunPlan,
    audited,
    check_same,
    installed_versions,
    read_plan,
    traces_digest,
)
from recenv.evaluation.recorded import placed, recorded_reward, recorded_rules, recorded_scenario, recorded_store, recorded_world
from recenv.evaluation.repeats import REPEATS, repeat_folders, write_repeated
from recenv.evaluation.runner import Chunk, Progress, evaluate, part_of
from recenv.evaluation.stories import write_stories
from recenv.evaluation.traces import run_traces
from recenv.files import beside, write_whole
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rewards.named import check_name, reward_spec, scorer_set
from recenv.rewards.protocol import Scorer
from recenv.rollouts.rescore import CHUNK, rescore
from recenv.rollouts.trace import SessionTrace

if TYPE_CHECKING:
    from recenv.evaluation.cluster import Cluster

Report = Callable[[Progress], None]


def rescore_run(
    run: str | Path, scorers: str, out: str | Path, *, reward: str | None = None, store: str | Path | None = None,
    loaded: Mapping[str, Scorer] | None = None, progress: Report | None = None, chunk: int = CHUNK, repeats: bool = True,
    workers: int = 0, on: str = "process", cluster: Cluster | None = None,
) -> Path:
    """Score every turn of ``run`` anew, and of its repeats, and write a run folder at ``out``; returns ``out``.

    scorers: a name or folder that ``scorer_set`` takes; loaded: these scorers, where they are in memory already. reward: the name
    of another reward spec; the recorded one if absent. store: the store that the run was played in, where its scenario has no
    built-in world. chunk: sessions that share a scorer call; it changes nothing but speed. repeats: whether the run's repeats are
    scored too. workers: how many tasks score at once, on processes of this machine or, ``on`` "ray", on Ray; they make their
    scorers themselves by the name; up to one process is this one. cluster: workers that are there already.
    Raises InputError where ``run`` is no finished run, ``out`` exists, or the world at hand is not the one it was played in, and
    UnknownName for a reward; nothing is written then.
    """
    plan, target = read_plan(run), Path(out)
    if target.exists():
        raise InputError(f"{target} exists already; rescoring writes a new run folder, choose another --out")
    spec = reward_spec(reward) if reward is not None else recorded_reward(plan, run)
    if loaded is None:
        check_name(scorers)
    scenario = recorded_scenario(plan, run)
    world = recorded_world(plan, scenario, run, store)
    config = msgspec.structs.replace(recorded_rules(plan, run), scorers=scorers, reward=spec.name)
    engine = Engine(world, config, scorers=scorer_set(scorers) if loaded is None else loaded, reward=spec)
    command = f"recenv rescore RUN --scorers {scorers}" + (f" --reward {reward}" if reward else "")
    at = recorded_store(plan, run, store)
    partial = beside(target, lasting=True)
    folders = repeat_folders(run) if repeats else [Path(run)]
    if (workers > 1 or on == "ray") and loaded is not None:
        raise InputError("with workers, scorers are given by name, since these make them themselves")
    with _workers(world, on, workers) if cluster is None else nullcontext(cluster) as those:
        for number, folder in enumerate(folders):
            below = Path() if number == 0 else Path(REPEATS) / folder.name
            made = placed(_plan(read_plan(folder), engine, traces_digest(folder), command), target / below, at)
            told = part_of(progress, number, len(folders))
            _rescore_into(partial / below, folder, made, engine, told, chunk, those)
    for old in (partial / REPEATS).glob("*"):  # of a try that had others
        if old.name not in {folder.name for folder in folders[1:]}:
            shutil.rmtree(old)
    if len(folders) > 1:
        write_repeated(partial)
    os.rename(partial, target)
    return target


def _workers(world: World, on: str, workers: int) -> AbstractContextManager[Cluster | None]:
    """What knows agents is imported where it is asked for."""
    from recenv.evaluation.workers import gathered

    return gathered(world, on, workers)


def _rescore_into(
    partial: Path, run: Path, made: RunPlan, engine: Engine, progress: Report | None, chunk: int, cluster: Cluster | None
) -> None:
    """Write one run anew, or one repeat of it, into its own folder by the plan ``made`` of it, going on with what is there
    of the same. cluster: where, if not in this process."""
    plan = read_plan(run)
    _discard_other(partial, made)
    recorded = run_traces(run, plan)

    def traces(wanted: Chunk) -> list[SessionTrace]:
        mine = list(islice(
            dropwhile(lambda t: (t.agent, t.order) != (wanted.agent, wanted.first), recorded), len(wanted.rows)))
        if len(mine) < len(wanted.rows):
            raise InputError(
                f"{run} is not finished: session {wanted.first + len(mine) + 1} of {len(plan.sessions)} of agent "
                f"{wanted.agent!r} is missing; go on with: recenv evaluate ... --resume, then rescore it")
        return mine

    def run_chunk(agent: str, rows: Sequence[int], first: int) -> list[SessionTrace | Lost]:
        again = list(rescore(engine, traces(Chunk(agent, tuple(rows), first)), chunk=chunk))
        return settled(again, plan.session_ids[first:first + len(rows)], first, agent, engine.scorers)

    far = None if cluster is None else cluster.rescoring(engine, plan, traces)
    evaluate(
        made, partial, run_chunk=run_chunk if far is None else far.run_chunk, coming=None if far is None else far.coming,
        resume=True, progress=progress, chunk=chunk, opened=lambda folder: write_stories(folder, engine.world, made))
    if lost := read_failures(partial):
        raise EndpointError(lost_text(lost, len(plan.sessions)), "lost sessions")
    write_ceiling(partial, engine)
    write_whole(partial / LEADERBOARD, encode_leaderboard(build_leaderboard(partial)))


def _plan(plan: RunPlan, engine: Engine, digest: str, command: str) -> RunPlan:
    """The recorded plan with what makes the numbers replaced. A run that was rescored before keeps how it was played."""
    played = plan.played or Played(traces=digest, command=plan.command, reward=plan.reward, scorers=plan.scorers)
    return msgspec.structs.replace(
        plan, env=msgspec.to_builtins(engine.config), reward=msgspec.to_builtins(engine.reward.spec),
        scorers=specs(engine.scorers), versions=installed_versions(), command=command, audit=None,
        played=msgspec.structs.replace(played, traces=digest),
    )


def columns_text(run: str | Path) -> str:
    """Which scorer made each column of a run, a line a dimension; and whether its reward can pay anything by them."""
    plan = read_plan(run)
    made = {s["dimension"]: s for s in plan.scorers}
    lines = []
    for d in DIMENSIONS:
        s = made.get(d)
        who = f"{s['name']}  {s['fingerprint'][:16]}" if s else "no scorer: missing where no rule decides"
        lines.append(f"{d:24s} {who}")
    if told := unpaid(run):
        lines.append(f"\n{told}")
    return "\n".join(lines)


def unpaid(run: str | Path) -> str:
    """That the reward of a run can pay nothing for what is served, since nobody judges it; "" where somebody does."""
    plan = read_plan(run)
    reward, judged = recorded_reward(plan, run), {s["dimension"] for s in plan.scorers}
    if not reward.needs or judged & {*reward.needs}:
        return ""
    rest = " and only needs that are met pay" if reward.credit == "service" and reward.outcome else ""
    return f"the reward pays for {', '.join(reward.needs)} and none of them has a scorer: every turn is worth 0{rest}"


def specs(scorers: Mapping[str, Scorer]) -> tuple[dict[str, Any], ...]:
    """The specs of a set of scorers as they stand in a manifest."""
    return tuple(msgspec.to_builtins(s.spec) for s in scorers.values())


def _discard_other(partial: Path, plan: RunPlan) -> None:
    """Keep what an interrupted rescoring of the same plan left behind; away with anything else under that name."""
    try:
        check_same(partial, plan)
    except InputError:
        shutil.rmtree(partial, ignore_errors=True)


# -- the second family -----------------------------------------------------------------------------------------


def audit_run(
    run: Path, scorers: Mapping[str, Scorer], *, store: str | Path | None = None, progress: Report | None = None,
    chunk: int = CHUNK, cluster: Cluster | None = None,
) -> None:
    """Let the second family of a finished run's plan judge it, into the folder ``audit``; nothing to do where it has already."""
    plan = read_plan(run)
    if plan.audit is None:
        return
    found = audited(run, plan)
    if found.done:
        return
    if found.run.exists():
        shutil.rmtree(found.run)
    rescore_run(
        run, plan.audit.name, found.run, store=store, loaded=scorers, progress=progress, chunk=chunk, repeats=False,
        cluster=cluster)
