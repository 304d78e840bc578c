"""Scenarios with few sessions: one of its own, and shipped ones cut short, for tests that look at each of them."""

from __future__ import annotations

import msgspec

from recenv.envs.engine import Engine
from recenv.scenarios import load_scenario
from recenv.scenarios.entry import open_engine

A_DOZEN = """
name = "small"
version = 1
summary = "a dozen sessions"
[world]
kind = "synthetic"
sessions = 12
seed = 5
[world.spec]
n_items = 160
[env]
user = "learned"
horizon = 5
"""
"""A scenario file."""


def shortened(name: str, sessions: int, **options: object) -> Engine:
    """The scenario's engine with exact rules alone, its world cut to the first sessions; set ``RECENV_CACHE`` before."""
    full = load_scenario(name)
    spec = msgspec.structs.replace(full, world=msgspec.structs.replace(full.world, sessions=sessions))
    return open_engine(spec, **{"scorers": "rules", **options})  # type: ignore[arg-type]
