"""From names to a run folder: scenario, agents and sessions in, traces and leaderboard out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from recenv import rng
from recenv.baselines import AGENTS, Runtime
from recenv.baselines.by_name import check_agent, model_file, open_agent
from recenv.data.world import World
from recenv.envs.batch import Split, session_pool
from recenv.envs.engine import Engine
from recenv.errors import EndpointError, InputError
from recenv.evaluation.ceiling import write_ceiling
from recenv.evaluation.cluster import Cluster
from recenv.evaluation.failures import Lost, lost_text, read_failures, settled
from recenv.evaluation.leaderboard import CEILING_ROW, build_leaderboard, encode_leaderboard
from recenv.evaluation.plan import (
    LEADERBOARD,
    AgentEntry,
    Family,
    RunPlan,
    ScenarioRef,
    cpu_class,
    installed_versions,
    read_plan,
)
from recenv.evaluation.recorded import (
    placed,
    recorded_reward,
    recorded_rules,
    recorded_scenario,
    recorded_store,
    recorded_world,
    same_as_recorded,
)
from recenv.evaluation.repeats import REPEATS, repeat_seed, write_repeated
from recenv.evaluation.rescore import audit_run, specs
from recenv.evaluation.runner import CHUNK, Progress, evaluate, part_of
from recenv.evaluation.runtimes import runtime_of
from recenv.evaluation.stories import write_stories
from recenv.evaluation.traces import run_traces
from recenv.evaluation.work import Job
from recenv.evaluation.workers import check_named, gathered
from recenv.files import write_whole
from recenv.rewards.named import check_name, scorer_set
from recenv.rewards.protocol import Scorer
from recenv.rollouts.agent import Agent
from recenv.rollouts.collect import attempt
from recenv.rollouts.replay import Verdict, verify
from recenv.rollouts.trace import SessionTrace
from recenv.scenarios import Scenario, load_scenario
from recenv.scenarios.entry import GIVEN, open_engine

TOLERANCE = 1e-5
"""By how much numbers of a run may differ on another class of CPUs (``plan.cpu_class``)."""

USUAL = 200
"""Sessions of an evaluation that names no number."""

_SESSIONS = rng.word("evaluation sessions")


def allot(world: World, sessions: int | None, seed: int, split: Split = "all") -> tuple[int, ...]:
    """World rows of the sessions to play: a draw without replacement, in ascending order; all of them if as many are asked for.

    sessions: None for ``USUAL``, or all where there are fewer. split: whose sessions; see ``envs.batch``. Raises InputError for
    fewer than 1 or more than there are.
    """
    pool = set(session_pool(world, split).tolist())
    if sessions is None:
        sessions = min(USUAL, len(pool))
    if isinstance(sessions, bool) or not isinstance(sessions, (int, np.integer)) or not 1 <= sessions <= len(pool):
        raise InputError(
            f"sessions must be a whole number in [1, {len(pool)}], those in {world.path} (split {split}); got {sessions!r}")
    return tuple(sorted([row for row in allotment(world, seed) if row in pool][:int(sessions)]))


def allotment(world: World, seed: int) -> list[int]:
    """All sessions of a world (rows) in the order in which a seed draws them."""
    found: list[int] = rng.permutation(world.n_sessions, seed, _SESSIONS).tolist()
    return found


def chosen(world: World, tasks: Sequence[str], split: Split) -> tuple[int, ...]:
    """World rows of the sessions of these ids. Raises UnknownName for one that is not there, InputError for one of another
    split."""
    pool = set(session_pool(world, split).tolist())
    rows = tuple(world.session_row(task) for task in tasks)
    other = [task for task, row in zip(tasks, rows, strict=True) if row not in pool]
    if other:
        raise InputError(f"session {other[0]!r} is not in split {split}, nor are {len(other) - 1} others; leave --split out")
    return rows


def run_evaluation(
    scenario: str | Scenario, agents: Sequence[str | Agent], sessions: int | None, seed: int, out: str | Path, *,
    store: str | Path | None = None, configs: Mapping[str, Mapping[str, Any]] | None = None, resume: bool = False,
    chunk: int = CHUNK, progress: Callable[[Progress], None] | None = None, command: str = "",
    changes: Mapping[str, Any] | None = None, audit: str = "", split: Split = "all", tasks: Sequence[str] = (),
    repeats: int = 1, fresh: bool = False, workers: int = 0, on: str = "process",
) -> Path:
    """Play ``sessions`` sessions of a scenario with each agent (None: as many as ``allot`` says), into the run folder ``out``.

    agents: names, or objects with a name and ``act(views)``. configs: agent name -> fields of its Config. changes: what
    ``open_engine`` takes besides: EnvConfig fields to override, and ``scorers`` and ``reward`` also as objects. audit: a second
    set of scorers that judges the same turns once all are played, into the folder ``audit`` of the run; "" for none. split: whose
    sessions; an agent that was trained on ``train`` is judged on ``test``. tasks: ids of the sessions to play, where they are not
    to be drawn. repeats: how often each is played, and fresh: with the users' noise drawn anew (``evaluation.repeats``). workers:
    how many tasks play at once, on processes of this machine or, ``on`` "ray", on Ray; up to one process is this one. The same
    arguments give the same bytes in ``traces.jsonl``, audited or not, wherever they are played. Raises InputError and UnknownName
    for arguments that cannot be used, before anything is written.
    """
    spec, seed, audit = load_scenario(scenario), rng.seed_of(seed), "" if audit == "none" else audit
    _check_options(agents, configs or {})
    for name in agents:
        if isinstance(name, str):
            check_agent(name)  # the nearest names, before worlds and scorers are loaded
    if audit:
        try:
            check_name(audit)
        except InputError as error:
            raise InputError(f"{error}; or none, for no audit") from None
    far = on == "ray" or workers > 1
    if far:
        check_named(agents, changes or {})
    engine = open_engine(spec, store, **(changes or {}))
    runtime = runtime_of(engine, seed)
    players, entries = _players(agents, configs or {}, runtime)
    second = scorer_set(audit) if audit else {}
    _check_apart(engine.scorers, second)
    if repeats < 1 or (fresh and repeats == 1):
        raise InputError(f"repeats must be at least 1, and 2 for fresh noise; got {repeats}")
    rows = chosen(engine.world, tasks, split) if tasks else allot(engine.world, sessions, seed, split)
    plan = placed(_plan(spec, engine, entries, rows, seed, split, command), out, store)
    if audit:
        plan = msgspec.structs.replace(plan, audit=Family(name=audit, scorers=specs(second)))
    job = Job(
        scenario=spec, changes=dict(changes or {}), agents=dict(zip(players, map(str, dict.fromkeys(agents)), strict=True)),
        configs=configs or {}, seed=seed, world=engine.world.fingerprint) if far else None
    rounds = repeats * (2 if audit else 1)
    lost: tuple[Lost, ...] = ()
    with gathered(engine.world, on, workers) as cluster:
        for number in range(1, repeats + 1):
            first = number == 1
            if not first:
                players, _ = _players(agents, configs or {}, runtime_of(engine, seed, number))
            folder = Path(out) if first else Path(out) / REPEATS / str(number)
            own = plan if first else placed(msgspec.structs.replace(
                plan, repeat=number, seed=repeat_seed(seed, number) if fresh else seed), folder, store)
            _run(engine, own, players, folder, resume or not first, part_of(progress, number - 1, rounds), chunk, cluster, job)
            missing = read_failures(folder)
            lost = (*lost, *missing)
            if missing and first:
                break
            if audit and not missing:
                told = part_of(progress, repeats + number - 1, rounds)
                audit_run(folder, second, store=store, progress=told, cluster=cluster)
                write_whole(folder / LEADERBOARD, encode_leaderboard(build_leaderboard(folder)))
    if lost:
        raise EndpointError(lost_text(lost, len(plan.sessions)), "lost sessions")
    if repeats > 1:
        write_repeated(Path(out))
    return Path(out)


def _run(
    engine: Engine, plan: RunPlan, players: Mapping[str, Agent], out: Path, resume: bool,
    progress: Callable[[Progress], None] | None, chunk: int, cluster: Cluster | None, job: Job | None,
) -> Path:
    """Play a plan into its folder, with its ceiling and leaderboard. cluster, job: where and as what, if not in this process."""

    def run_chunk(agent: str, rows: Sequence[int], first: int) -> list[SessionTrace | Lost]:
        played = attempt(engine, players[agent], rows, plan.seed, first_order=first)
        return settled(played, plan.session_ids[first:first + len(rows)], first, agent, engine.scorers)

    far = None if cluster is None or job is None else cluster.playing(job, plan)
    run = evaluate(
        plan, out, run_chunk=run_chunk if far is None else far.run_chunk, coming=None if far is None else far.coming,
        resume=resume, progress=progress, chunk=chunk, opened=lambda run: write_stories(run, engine.world, plan))
    write_ceiling(run, engine)
    write_whole(run / LEADERBOARD, encode_leaderboard(build_leaderboard(run)))
    return run


def _check_apart(first: Mapping[str, Scorer], second: Mapping[str, Scorer]) -> None:
    same = [d for d in second if d in first and first[d].spec.fingerprint == second[d].spec.fingerprint]
    if same:
        raise InputError(f"the scorers that audit {same[0]} are those that pay for it; --audit must name another family, or none")


def _check_options(agents: Sequence[str | Agent], configs: Mapping[str, Mapping[str, Any]]) -> None:
    """Raise InputError for options of an agent that does not play."""
    names = [agent for agent in agents if isinstance(agent, str)]
    for name, fields in configs.items():
        if name not in names:
            raise InputError(f"no playing agent is called {name!r}, so that its option {next(iter(fields), 'of none')} has no "
                             f"effect; playing: {', '.join(names) or 'objects, which take none'}")


def _players(
    agents: Sequence[str | Agent], configs: Mapping[str, Mapping[str, Any]], runtime: Runtime
) -> tuple[dict[str, Agent], tuple[AgentEntry, ...]]:
    """The agents by what they call themselves, and their entries in the plan; who was not registered says where it is from."""
    players: dict[str, Agent] = {}
    entries = []
    for given in dict.fromkeys(agents):
        name = given if isinstance(given, str) else ""
        agent = open_agent(given, runtime, configs.get(name))
        if not agent.name.strip():
            raise InputError(f"agent {name or given!r} has an empty name; traces are filed under names, give it one")
        if agent.name == CEILING_ROW or "," in agent.name or not agent.name.isprintable():
            raise InputError(
                f"an agent calls itself {agent.name!r}; names have no commas and no control characters, and {CEILING_ROW!r} is "
                "what can be reached")
        if agent.name in players:
            raise InputError(f"two agents call themselves {agent.name!r}; traces are filed under that name, give one another")
        if agent.name != name and name in AGENTS:
            raise InputError(f"agent {name!r} calls itself {agent.name!r}; traces are filed under its registered name")
        if agent.name != name and agent.name in AGENTS:
            raise InputError(f"{name or given!r} calls itself {agent.name!r}, the name of a registered agent; give it another")
        players[agent.name] = agent
        origin = {} if agent.name == name else {"from": name or type(agent).__qualname__}
        if name and (file := model_file(name)) is not None:
            origin["model"] = hashlib.sha256(file.read_bytes()).hexdigest()
        entries.append(AgentEntry(name=agent.name, config={**dict(configs.get(name, {})), **origin}))
    return players, tuple(entries)


def _plan(
    scenario: Scenario, engine: Engine, agents: tuple[AgentEntry, ...], rows: tuple[int, ...], seed: int, split: Split,
    command: str,
) -> RunPlan:
    return RunPlan(
        scenario=ScenarioRef(
            name=scenario.name, version=scenario.version, hash=scenario.fingerprint, definition=msgspec.to_builtins(scenario)),
        store=engine.world.fingerprint,
        agents=agents,
        sessions=rows, session_ids=tuple(engine.world.session(r).id for r in rows), seed=seed, split=split,
        env=msgspec.to_builtins(engine.config), reward=msgspec.to_builtins(engine.reward.spec),
        scorers=specs(engine.scorers),
        versions=installed_versions(), command=command,
    )


def replay_run(
    run: str | Path, store: str | Path | None = None, *, scorers: str | Mapping[str, Scorer] | None = None, chunk: int = CHUNK
) -> list[Verdict]:
    """Re-execute every trace of a run folder and compare it to the bit or, where it was played on another class of CPUs, within
    ``TOLERANCE``. scorers: those of the run, where they were objects.

    Raises InputError where the world, the scenario or the scorers at hand are not those of the run.
    """
    plan = read_plan(run)
    scenario = recorded_scenario(plan, run)
    recorded_world(plan, scenario, run, store)
    rules = msgspec.structs.asdict(recorded_rules(plan, run))
    if scorers is None and plan.family == GIVEN:
        raise InputError(f"{run} was played with scorers that were objects; give them again: replay_run(run, scorers=...), "
                         "or --scorers package.module:attribute")
    rules |= {"scorers": scorers or plan.family, "reward": recorded_reward(plan, run)}
    engine = open_engine(scenario, recorded_store(plan, run, store), **rules)
    same_as_recorded(
        run, "the scorers", [s["fingerprint"] for s in plan.scorers], [s.spec.fingerprint for s in engine.scorers.values()])
    tolerance = 0.0 if plan.versions.get("cpu") == cpu_class() else TOLERANCE
    return list(verify(engine, run_traces(run, plan), chunk=chunk, tolerance=tolerance))
