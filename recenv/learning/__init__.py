"""Agents that learn: a learner a file, what it learned, its curve and a card in a folder that plays as an agent.

What applies is in ``recenv.baselines``; nothing that plays a session imports this room.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from recenv.learning import itemcf, linucb, ppo
from recenv.learning.setting import Learn
from recenv.registry import Registry

__all__ = ["LEARNERS", "Learner"]


class Learner(NamedTuple):
    """What is registered under a learner's name. config_type: its settings; learn: see ``setting.Learn``."""

    summary: str
    config_type: type[msgspec.Struct]
    learn: Learn[Any]


LEARNERS: Registry[Learner] = Registry("learner")
"""Learners by name."""

for _name, _learner in {
    "ppo": Learner("proximal policy optimisation, one small network for every candidate (extra sb3)", ppo.Config, ppo.learn),
    "linucb": Learner("a linear contextual bandit over the candidates' features", linucb.Config, linucb.learn),
    "itemcf": Learner("items that go together in the histories of other users", itemcf.Config, itemcf.learn),
}.items():
    LEARNERS.add(_name, _learner)

