"""The reward dimensions, in the one order used by arrays, files, plots and columns: a record each, a file each.

``DIMENSIONS.add(name, record)`` adds one of one's own: everything else reads this registry when it is made.
"""

from __future__ import annotations

from recenv.registry import Registry
from recenv.rewards.dimensions import (
    behavior_prediction,
    factual_consistency,
    instruction_following,
    item_ranking,
    query_item_relevance,
)
from recenv.rewards.dimensions.dimension import Dimension, Shown

__all__ = ["DIMENSIONS", "Dimension", "Shown"]

DIMENSIONS: Registry[Dimension] = Registry("dimension")

for _module in (instruction_following, factual_consistency, query_item_relevance, behavior_prediction, item_ranking):
    DIMENSIONS.add(_module.DIMENSION.name, _module.DIMENSION)
