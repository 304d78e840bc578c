"""Workers that are processes of this machine, each of one thread; they end with the process that started them, however that
ends."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from types import TracebackType
from typing import Any

from recenv.data.world import World
from recenv.evaluation.cluster import RETRIES, Cluster, WorkersDied
from recenv.rewards.models.threads import keep_to_one


class _Task:
    """A task, and what was last promised of it."""

    future: Future[bytes]

    def __init__(self, work: Callable[..., bytes], arguments: tuple[Any, ...]) -> None:
        self.work, self.arguments = work, arguments

    def ask(self, pool: ProcessPoolExecutor) -> None:
        self.future = pool.submit(self.work, *self.arguments)


class Processes(Cluster):
    """So many processes. A pool of which one dies is broken, and what it was asked for is asked of another."""

    def __init__(self, world: World, workers: int) -> None:
        self.workers, self._world = workers, world

    def __enter__(self) -> Processes:
        self._pool = self._new()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._pool.shutdown(cancel_futures=True)

    def start(self, work: Callable[..., bytes], common: bytes, shipped: tuple[Any, ...]) -> _Task:
        task = _Task(work, (str(self._world.path), common, *shipped))
        self._ask(task)
        return task

    def result(self, handle: _Task) -> bytes:
        for again in range(RETRIES + 1):
            try:
                return handle.future.result()
            except BrokenProcessPool as error:
                if again == RETRIES:
                    raise WorkersDied(type(error).__name__) from None
                self._ask(handle)
        raise AssertionError  # the last time raises

    def cancel(self, handle: _Task) -> None:
        handle.future.cancel()

    def _ask(self, task: _Task) -> None:
        try:
            task.ask(self._pool)
        except BrokenProcessPool:
            self._pool.shutdown()
            self._pool = self._new()
            task.ask(self._pool)

    def _new(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(self.workers, multiprocessing.get_context("spawn"), _begin)


def _begin() -> None:
    """Of a worker: one thread, and an end when whoever asked is gone, be it killed."""
    keep_to_one()
    parent = multiprocessing.parent_process()
    assert parent is not None

    def end() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=end, daemon=True).start()
