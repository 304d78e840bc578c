"""Shipped scenarios with fewer sessions, for tests that look at each of them."""

from __future__ import annotations

import msgspec

from recenv.envs.engine import Engine
from recenv.scenarios import load_scenario
from recenv.scenarios.entry import open_engine


def shortened(name: str, sessions: int, **options: object) -> Engine:
    """The scenario's engine with exact rules alone, its world cut to the first sessions; set ``RECENV_CACHE`` before."""
    full = load_scenario(name)
    spec = msgspec.structs.replace(full, world=msgspec.structs.replace(full.world, sessions=sessions))
    return open_engine(spec, **{"scorers": "rules", **options})  # type: ignore[arg-type]
