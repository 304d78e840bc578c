"""Workers on Ray, with the world in its object store. ``RAY_ADDRESS`` names a cluster that runs; without it, workers are
processes of this machine."""

from __future__ import annotations

import os
from collections.abc import Callable
from types import TracebackType
from typing import Any

from recenv.data.world import World
from recenv.errors import MissingExtra, RecenvError
from recenv.evaluation.cluster import RETRIES, Cluster, WorkersDied
from recenv.evaluation.work import packed


class RayCluster(Cluster):
    """Tasks on Ray. Raises MissingExtra without it."""

    def __init__(self, world: World, workers: int) -> None:
        try:
            import ray
        except ImportError:
            raise MissingExtra("ray", "ray") from None
        self.ray, self.workers, self._world = ray, workers, world
        self._put: dict[bytes, Any] = {}
        self._remote: dict[Callable[..., bytes], Any] = {}

    def __enter__(self) -> RayCluster:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        self._mine = not self.ray.is_initialized()
        if self._mine:
            own = {} if os.environ.get("RAY_ADDRESS") else {"num_cpus": self.workers, "include_dashboard": False}
            self.ray.init(log_to_driver=False, logging_level="ERROR", **own)
        self._files = self.ray.put(packed(self._world.path))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._mine:
            self.ray.shutdown()

    def start(self, work: Callable[..., bytes], common: bytes, shipped: tuple[Any, ...]) -> Any:
        if common not in self._put:
            self._put[common] = self.ray.put(common)
        if work not in self._remote:
            self._remote[work] = self.ray.remote(max_retries=RETRIES)(work)
        return self._remote[work].remote(self._files, self._put[common], *shipped)

    def result(self, handle: Any) -> bytes:
        try:
            found: bytes = self.ray.get(handle)
        except self.ray.exceptions.RayTaskError as error:
            if isinstance(error.cause, RecenvError):
                raise error.cause from None
            raise
        except self.ray.exceptions.RayError as error:
            raise WorkersDied(type(error).__name__) from None
        return found

    def cancel(self, handle: Any) -> None:
        self.ray.cancel(handle)
