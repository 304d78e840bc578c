"""From names to a run folder: scenario, agents and sessions in, traces and leaderboard out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from recenv import rng
from recenv.baselines import AGENTS, Runtime, make_agent
from recenv.data.world import World
from recenv.envs.engine import Engine
from recenv.errors import InputError
from recenv.evaluation.plan import AgentEntry, RunPlan, ScenarioRef, installed_versions, read_plan
from recenv.evaluation.runner import CHUNK, Progress, evaluate
from recenv.rollouts.agent import Agent
from recenv.rollouts.collect import collect
from recenv.rollouts.replay import Verdict, verify
from recenv.rollouts.trace import SessionTrace, read_traces
from recenv.scenarios import Scenario, load_scenario
from recenv.scenarios.entry import open_engine

_SESSIONS = rng.word("evaluation sessions")


def allot(world: World, sessions: int, seed: int) -> tuple[int, ...]:
    """World rows of the sessions to play: a draw without replacement, in ascending order; all of them if as many are asked for.

    Raises InputError for fewer than 1 or more than the world has.
    """
    if not 1 <= sessions <= world.n_sessions:
        raise InputError(f"sessions must be in [1, {world.n_sessions}], the number in {world.path}; got {sessions}")
    return tuple(sorted(rng.permutation(world.n_sessions, seed, _SESSIONS)[:sessions].tolist()))


def run_evaluation(
    scenario: str, agents: Sequence[str], sessions: int, seed: int, out: str | Path, *, store: str | Path | None = None,
    configs: Mapping[str, Mapping[str, Any]] | None = None, resume: bool = False, chunk: int = CHUNK,
    progress: Callable[[Progress], None] | None = None, command: str = "",
    changes: Mapping[str, Any] | None = None,
) -> Path:
    """Play ``sessions`` sessions of a scenario with each agent, into the run folder ``out``.

    configs: agent name -> fields of its Config. changes: EnvConfig fields to override. The same arguments give the same
    bytes in ``traces.jsonl``. Raises InputError and UnknownName for arguments that cannot be used, before anything is written.
    """
    spec = load_scenario(scenario)
    for name in agents:
        AGENTS[name]  # the nearest names, before worlds and scorers are loaded
    engine = open_engine(spec, store, **(changes or {}))
    runtime = Runtime(world=engine.world, seed=seed, scorers=lambda: engine.scorers, reward_spec=engine.reward.spec)
    players = {name: make_agent(name, runtime, **dict((configs or {}).get(name, {}))) for name in dict.fromkeys(agents)}
    plan = _plan(spec, engine, agents, configs or {}, allot(engine.world, sessions, seed), seed, command)

    def run_chunk(agent: str, rows: Sequence[int], first: int) -> list[SessionTrace]:
        return collect(engine, _named(players[agent], agent), rows, seed, first_order=first)

    return evaluate(plan, out, run_chunk=run_chunk, resume=resume, progress=progress, chunk=chunk)


def _named(agent: Agent, name: str) -> Agent:
    if agent.name != name:
        raise InputError(f"agent {name!r} calls itself {agent.name!r}; traces are filed under its registered name")
    return agent


def _plan(
    scenario: Scenario, engine: Engine, agents: Sequence[str], configs: Mapping[str, Mapping[str, Any]],
    rows: tuple[int, ...], seed: int, command: str,
) -> RunPlan:
    return RunPlan(
        scenario=ScenarioRef(
            name=scenario.name, version=scenario.version, hash=scenario.fingerprint, definition=msgspec.to_builtins(scenario)),
        store=engine.world.fingerprint,
        agents=tuple(AgentEntry(name=name, config=dict(configs.get(name, {}))) for name in agents),
        sessions=rows, session_ids=tuple(engine.world.session(r).id for r in rows), seed=seed,
        env=msgspec.to_builtins(engine.config), reward=msgspec.to_builtins(engine.reward.spec),
        scorers=tuple(msgspec.to_builtins(s.spec) for s in engine.scorers.values()),
        versions=installed_versions(), command=command,
    )


def replay_run(run: str | Path, store: str | Path | None = None, *, chunk: int = CHUNK) -> list[Verdict]:
    """Re-execute every trace of a run folder and compare it to the bit.

    Raises InputError where the world, the scenario or the scorers at hand are not those of the run.
    """
    plan = read_plan(run)
    try:
        scenario = msgspec.convert(plan.scenario.definition, Scenario)
    except msgspec.ValidationError as error:
        raise InputError(f"{run}: its manifest does not define a scenario of this version ({error}); evaluate again") from None
    engine = open_engine(scenario, store, **plan.env)
    found = {
        "the scenario": (plan.scenario.hash, scenario.fingerprint),
        "the world's fingerprint": (plan.store, engine.world.fingerprint),
        "the reward spec": (plan.reward, msgspec.json.decode(msgspec.json.encode(engine.reward.spec))),
        "the scorers": (
            [s["fingerprint"] for s in plan.scorers], [s.spec.fingerprint for s in engine.scorers.values()]),
    }
    for what, (then, now) in found.items():
        if then != now:
            raise InputError(f"{run} cannot be replayed here: {what} differs ({str(then)[:40]} in the run, {str(now)[:40]} here)")
    return list(verify(engine, read_traces(Path(run) / "traces.jsonl"), chunk=chunk))
