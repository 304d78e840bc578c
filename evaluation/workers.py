"""Who does the work of a run, and what workers must be told by name."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from recenv.data.world import World
from recenv.errors import InputError
from recenv.evaluation.cluster import Cluster


def gathered(world: World, on: str, workers: int) -> AbstractContextManager[Cluster | None]:
    """Who does the work: as many processes of this machine, tasks on Ray (0: one a core), or, None, this process alone.

    Raises InputError for a number below 0 and for another ``on`` than "process" and "ray".
    """
    if workers < 0 or on not in ("process", "ray"):
        raise InputError(f"workers must be at least 0, on process or ray; got {workers} on {on}")
    if on == "ray":
        from recenv.evaluation.on_ray import RayCluster

        return RayCluster(world, workers or os.cpu_count() or 1)
    if workers < 2:
        return nullcontext()
    from recenv.evaluation.processes import Processes

    return Processes(world, workers)


def check_named(agents: Sequence[object], changes: Mapping[str, Any]) -> None:
    """Raise InputError for agents, scorers or a reward that are objects: what a worker is told must have a name."""
    given = [a for a in agents if not isinstance(a, str)] + [
        v for name, v in changes.items() if not isinstance(v, (str, int, float, bool)) and name != "user_options"]
    if given:
        raise InputError(
            f"with workers, which make them themselves, agents, scorers and rewards must be given by name; got {given[0]!r}")
