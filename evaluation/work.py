"""What a worker does, a process of this machine or a task on Ray: sessions to play or to rescore, goals to prepare.

It is sent names, numbers and where the world is; it makes scenario, agent and scorers of them itself, keeps them from one task to
the next, and gives back encoded traces or values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from recenv.baselines.by_name import open_agent
from recenv.data.world import World
from recenv.envs.config import EnvConfig
from recenv.envs.engine import Engine
from recenv.evaluation.failures import Lost, settled
from recenv.evaluation.filling import fill
from recenv.evaluation.runtimes import runtime_of
from recenv.files import cache_folder, whole_folder
from recenv.journal import held
from recenv.rewards.hybrid import RewardSpec
from recenv.rewards.named import scorer_set
from recenv.rollouts.agent import Agent
from recenv.rollouts.collect import attempt
from recenv.rollouts.rescore import rescore
from recenv.rollouts.trace import SessionTrace
from recenv.scenarios import Scenario
from recenv.scenarios.entry import open_engine

Files = list[tuple[str, NDArray[np.uint8]]]
"""A folder: relative path and content of each file."""


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """What every task of a run has in common. changes: EnvConfig fields. agents, configs: what names them, by the name in the
    plan. seed: of the run; users: keys their noise; repeat: of the sessions. world: the fingerprint of the store."""

    scenario: Scenario
    changes: dict[str, Any]
    agents: dict[str, str]
    configs: Mapping[str, Mapping[str, Any]]
    seed: int
    world: str
    users: int = 0
    repeat: int = 1


class RescoreJob(msgspec.Struct, frozen=True, kw_only=True):
    """What every task of a rescoring has in common. env: the rules, which name the scorers; reward: the spec as JSON; world: the
    fingerprint of the store."""

    env: EnvConfig
    reward: str
    world: str


# -- what travels ------------------------------------------------------------------------------------------------------------


def packed(folder: Path) -> Files:
    """The files of a folder as arrays, which workers of a machine share."""
    return [(str(f.relative_to(folder)), np.fromfile(f, np.uint8)) for f in sorted(folder.rglob("*")) if f.is_file()]


def unpacked(files: Files | str, fingerprint: str) -> Path:
    """A folder with these files in the cache of this machine, written by the first worker that asks for it; a folder that is
    there already is sent by its path."""
    if isinstance(files, str):
        return Path(files)
    home = cache_folder() / "ray"
    home.mkdir(parents=True, exist_ok=True)
    target = home / fingerprint
    with held(home / f"{fingerprint}.lock"):
        if not target.is_dir():
            with whole_folder(target) as new:
                for name, content in files:
                    (new / name).parent.mkdir(parents=True, exist_ok=True)
                    content.tofile(new / name)
    return target


class _Played(msgspec.Struct, frozen=True):
    """One session of a chunk: what became of it."""

    trace: SessionTrace | None = None
    lost: Lost | None = None


def encoded(played: Sequence[SessionTrace | Lost]) -> bytes:
    """Traces and losses as JSON."""
    return msgspec.json.encode([_Played(lost=p) if isinstance(p, Lost) else _Played(trace=p) for p in played])


def decoded(data: bytes) -> list[SessionTrace | Lost]:
    """The inverse of ``encoded``."""
    found = msgspec.json.decode(data, type=list[_Played])
    return [one for p in found if (one := p.trace or p.lost) is not None]


# -- tasks -------------------------------------------------------------------------------------------------------------------


def play_chunk(
    files: Files | str, job: bytes, agent: str, rows: tuple[int, ...], first: int, ids: tuple[str, ...]
) -> bytes:
    """Play sessions of an agent; the task that workers run."""
    made = msgspec.json.decode(job, type=Job)
    engine = _engine(job, str(unpacked(files, made.world)))
    played = attempt(engine, _player(job, agent, engine), rows, made.users, first_order=first)
    return encoded(settled(played, ids, first, agent, engine.scorers))


def rescore_chunk(files: Files | str, job: bytes, traces: bytes, agent: str, first: int, ids: tuple[str, ...]) -> bytes:
    """Score recorded sessions of an agent anew; the task that workers run."""
    made = msgspec.json.decode(job, type=RescoreJob)
    engine = _rescorer(job, str(unpacked(files, made.world)))
    recorded = msgspec.json.decode(traces, type=list[SessionTrace])
    return encoded(settled(list(rescore(engine, recorded)), ids, first, agent, engine.scorers))


def prepare_chunk(files: Files | str, job: bytes, goals: tuple[int, ...]) -> bytes:
    """Ask the scorers about some goals; the task that workers run. Gives what a deck takes up."""
    engine = _engine(job, str(unpacked(files, msgspec.json.decode(job, type=Job).world)))
    fill(engine, goals)
    return engine.deck.part_of(goals)


@lru_cache(maxsize=2)
def _rescorer(job: bytes, world: str) -> Engine:
    made = msgspec.json.decode(job, type=RescoreJob)
    return Engine(
        World(world), made.env, scorers=scorer_set(made.env.scorers), reward=RewardSpec.from_json(made.reward.encode()))


@lru_cache(maxsize=2)
def _engine(job: bytes, world: str) -> Engine:
    made = msgspec.json.decode(job, type=Job)
    return open_engine(made.scenario, world, **made.changes)


@lru_cache(maxsize=16)
def _player(job: bytes, agent: str, engine: Engine) -> Agent:
    made = msgspec.json.decode(job, type=Job)
    return open_agent(made.agents[agent], runtime_of(engine, made.seed, made.repeat), made.configs.get(made.agents[agent]))
