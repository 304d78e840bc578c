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
from recenv.rewards.dimensions.dimension import Dimension, Rule
from recenv.rewards.dimensions.rubric import Rubric

__all__ = ["DIMENSIONS", "SHIPPED", "Dimension", "Rubric", "Rule"]

SHIPPED: tuple[Dimension, ...] = tuple(
    module.DIMENSION
    for module in (instruction_following, factual_consistency, query_item_relevance, behavior_prediction, item_ranking))
"""Those of RecRM-Bench: what shipped reward specs and scorers are about, whatever is registered beside them."""

DIMENSIONS: Registry[Dimension] = Registry("dimension")

for _dimension in SHIPPED:
    DIMENSIONS.add(_dimension.name, _dimension)
