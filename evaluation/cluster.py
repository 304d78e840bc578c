"""Work cut into tasks that several workers do at once, each ``work``. What is written has the bytes of one process.

Results are taken up in order, so that a run can be killed and resumed as any other. A task whose worker died is done again: what
comes of it depends on its keys alone. Weights and agents by ``module:attribute`` or file must be there under the same names
wherever a worker is.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from recenv.envs.engine import Engine
from recenv.errors import WorkerError
from recenv.evaluation.failures import Lost
from recenv.evaluation.plan import RunPlan
from recenv.evaluation.runner import Chunk
from recenv.evaluation.work import Job, RescoreJob, decoded, play_chunk, prepare_chunk, rescore_chunk
from recenv.rollouts.trace import SessionTrace

RETRIES = 3
"""How often a task is done again whose worker died."""


class WorkersDied(Exception):
    """A task has ended its worker once and in every retry; says how."""


class Cluster(ABC):
    """Workers with a world at hand; a context, at whose end those that it started are gone. workers: tasks at once."""

    workers: int

    @abstractmethod
    def __enter__(self) -> Cluster: ...

    @abstractmethod
    def start(self, work: Callable[..., bytes], common: bytes, shipped: tuple[Any, ...]) -> Any:
        """Begin a task: ``work`` of the world, of what all tasks have in common, and of its own arguments. Gives its handle."""

    @abstractmethod
    def result(self, handle: Any) -> bytes:
        """What came of a task; raises what it raised, and WorkersDied."""

    @abstractmethod
    def cancel(self, handle: Any) -> None:
        """Nobody asks for a task any more."""

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
        self._cluster, self._work, self._common, self._ship, self._goes_on = cluster, work, common, ship, goes_on
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
        cluster = self._cluster
        while self._flying and self._flying[0][0] != wanted:  # skipped: its agent has been given up
            cluster.cancel(self._flying.popleft()[1])
        while self._waiting and not self._flying and self._waiting[0] != wanted:
            self._waiting.popleft()
        while self._waiting and len(self._flying) < 2 * cluster.workers:
            chunk = self._waiting.popleft()
            self._flying.append((chunk, cluster.start(self._work, self._common, self._ship(chunk))))
        try:
            return cluster.result(self._flying.popleft()[1])
        except WorkersDied as error:
            last = wanted.first + len(wanted.rows) - 1
            what = f"sessions {wanted.first} to {last} of agent {wanted.agent!r}" if wanted.agent else (
                f"goals {wanted.first} to {last}")
            raise WorkerError(f"{what} ended their worker {RETRIES + 1} times ({error}); what was done before is kept, "
                              f"{self._goes_on}") from None
