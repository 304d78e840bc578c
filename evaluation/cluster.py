"""Work on Ray, cut into tasks: sessions to play or to rescore, goals to prepare. The world lies in the object store, and what is
written has the bytes of one process.

A worker is sent names, numbers and the world's files; it makes scenario, agent and scorers of them itself, keeps them from one
task to the next, and gives back encoded traces or values. Results are taken up in order, so that a run can be killed and resumed
as any other. A task whose worker died is done again elsewhere: what comes of it depends on its keys alone.

Weights and agents by ``module:attribute`` or file must be there under the same names on every machine. ``RAY_ADDRESS`` names a
cluster that runs; without it, workers are processes of this machine.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from recenv.baselines.by_name import open_agent
from recenv.data.world import World
from recenv.envs.config import EnvConfig
from recenv.envs.engine import Engine
from recenv.errors import InputError, MissingExtra, RecenvError, WorkerError
from recenv.evaluation.failures import Lost, settled
from recenv.evaluation.filling import fill
from recenv.evaluation.plan import RunPlan
from recenv.evaluation.runner import Chunk
from recenv.evaluation.runtimes import runtime_of
from recenv.files import whole_folder
from recenv.journal import held
from recenv.rewards.hybrid import RewardSpec
from recenv.rewards.named import scorer_set
from recenv.rollouts.agent import Agent
from recenv.rollouts.collect import attempt
from recenv.rollouts.rescore import rescore
from recenv.rollouts.trace import SessionTrace
from recenv.scenarios import Scenario
from recenv.scenarios.entry import cache_folder, open_engine

Files = list[tuple[str, NDArray[np.uint8]]]
"""A folder: relative path and content of each file."""

RETRIES = 3
"""How often a task is played again whose worker died."""


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


class Cluster:
    """Ray with a world in its object store; a context, at whose end workers that it started are gone. workers: tasks at once."""

    def __init__(self, world: World, workers: int) -> None:
        if workers < 1:
            raise InputError(f"workers must be at least 1; got {workers}")
        try:
            import ray
        except ImportError:
            raise MissingExtra("ray", "ray") from None
        self.ray, self.workers, self._world = ray, workers, world

    def __enter__(self) -> Cluster:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        self._mine = not self.ray.is_initialized()
        if self._mine:
            own = {} if os.environ.get("RAY_ADDRESS") else {"num_cpus": self.workers, "include_dashboard": False}
            self.ray.init(log_to_driver=False, logging_level="ERROR", **own)
        self.files = self.ray.put(packed(self._world.path))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._mine:
            self.ray.shutdown()

    def playing(self, job: Job, plan: RunPlan) -> Tasks:
        """What plays a plan: a run of the job, or one of its repeats."""
        common = msgspec.json.encode(msgspec.structs.replace(job, users=plan.seed, repeat=plan.repeat))
        return Tasks(self, play_chunk, common, lambda c: (c.agent, c.rows, c.first, _ids(plan, c)), "go on with --resume")

    def rescoring(self, engine: Engine, plan: RunPlan, traces: Callable[[Chunk], Sequence[SessionTrace]]) -> Tasks:
        """What scores recorded traces of a plan anew, as an engine does. traces: those of a chunk, asked for in order."""
        job = RescoreJob(
            env=engine.config, reward=engine.reward.spec.to_json().decode(), world=engine.world.fingerprint)
        return Tasks(
            self, rescore_chunk, msgspec.json.encode(job),
            lambda c: (msgspec.json.encode(list(traces(c))), c.agent, c.first, _ids(plan, c)), "the same command goes on")

    def preparing(self, job: Job) -> Tasks:
        """What fills decks; its chunks have goals for rows, and no agent."""
        return Tasks(self, prepare_chunk, msgspec.json.encode(job), lambda c: (c.rows,), "the same command goes on")


def _ids(plan: RunPlan, chunk: Chunk) -> tuple[str, ...]:
    return plan.session_ids[chunk.first : chunk.first + len(chunk.rows)]


class Tasks:
    """Chunks of work, done ahead and given in order.

    work: the function of a worker, of the world's files, of what all chunks have in common, and of what ``ship`` sends of a
    chunk; it gives bytes. goes_on: what to do where workers keep dying, in words.
    """

    def __init__(
        self, cluster: Cluster, work: Callable[..., bytes], common: bytes, ship: Callable[[Chunk], tuple[Any, ...]], goes_on: str
    ) -> None:
        self._cluster, self._ship, self._goes_on = cluster, ship, goes_on
        self._work = cluster.ray.remote(max_retries=RETRIES)(work)
        self._common = cluster.ray.put(common)
        self._waiting: deque[Chunk] = deque()
        self._flying: deque[tuple[Chunk, Any]] = deque()

    def coming(self, chunks: Sequence[Chunk]) -> None:
        """What will be asked for, in this order; some of it may be skipped."""
        self._waiting.extend(chunks)

    def run_chunk(self, agent: str, rows: Sequence[int], first: int) -> list[SessionTrace | Lost]:
        """The traces of a chunk; raises as ``result``."""
        return decoded(self.result(Chunk(agent, tuple(rows), first)))

    def result(self, wanted: Chunk) -> bytes:
        """What came of a chunk; those after it are under way meanwhile. Raises WorkerError where its workers keep dying."""
        ray = self._cluster.ray
        while self._flying and self._flying[0][0] != wanted:  # skipped: its agent has been given up
            ray.cancel(self._flying.popleft()[1])
        while self._waiting and not self._flying and self._waiting[0] != wanted:
            self._waiting.popleft()
        while self._waiting and len(self._flying) < 2 * self._cluster.workers:
            chunk = self._waiting.popleft()
            self._flying.append((chunk, self._work.remote(self._cluster.files, self._common, *self._ship(chunk))))
        try:
            found: bytes = ray.get(self._flying.popleft()[1])
        except ray.exceptions.RayTaskError as error:
            if isinstance(error.cause, RecenvError):
                raise error.cause from None
            raise
        except ray.exceptions.RayError as error:
            last = wanted.first + len(wanted.rows) - 1
            what = f"sessions {wanted.first} to {last} of agent {wanted.agent!r}" if wanted.agent else (
                f"goals {wanted.first} to {last}")
            raise WorkerError(
                f"{what} ended their worker {RETRIES + 1} times ({type(error).__name__}); what was done before is kept, "
                f"{self._goes_on}") from None
        return found


def check_named(agents: Sequence[object], changes: Mapping[str, Any]) -> None:
    """Raise InputError for agents, scorers or a reward that are objects: what a worker is told must have a name."""
    given = [a for a in agents if not isinstance(a, str)] + [
        v for name, v in changes.items() if not isinstance(v, (str, int, float, bool)) and name != "user_options"]
    if given:
        raise InputError(
            f"on Ray, agents, scorers and rewards must be given by name, since workers make them themselves; got {given[0]!r}")


# -- what travels ------------------------------------------------------------------------------------------------------------


def packed(folder: Path) -> Files:
    """The files of a folder as arrays, which workers of a machine share."""
    return [(str(f.relative_to(folder)), np.fromfile(f, np.uint8)) for f in sorted(folder.rglob("*")) if f.is_file()]


def unpacked(files: Files, fingerprint: str) -> Path:
    """A folder with these files in the cache of this machine, written by the first worker that asks for it."""
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


# -- in a worker -------------------------------------------------------------------------------------------------------------


def play_chunk(
    files: Files, job: bytes, agent: str, rows: tuple[int, ...], first: int, ids: tuple[str, ...]
) -> bytes:
    """Play sessions of an agent; the task that workers run."""
    made = msgspec.json.decode(job, type=Job)
    engine = _engine(job, str(unpacked(files, made.world)))
    played = attempt(engine, _player(job, agent, engine), rows, made.users, first_order=first)
    return encoded(settled(played, ids, first, agent, engine.scorers))


def rescore_chunk(files: Files, job: bytes, traces: bytes, agent: str, first: int, ids: tuple[str, ...]) -> bytes:
    """Score recorded sessions of an agent anew; the task that workers run."""
    made = msgspec.json.decode(job, type=RescoreJob)
    engine = _rescorer(job, str(unpacked(files, made.world)))
    recorded = msgspec.json.decode(traces, type=list[SessionTrace])
    return encoded(settled(list(rescore(engine, recorded)), ids, first, agent, engine.scorers))


def prepare_chunk(files: Files, job: bytes, goals: tuple[int, ...]) -> bytes:
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
