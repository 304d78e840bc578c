"""Categories that no shipped scorer was trained on: what is said where they are met."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from recenv.data.world import World
from recenv.records import CATEGORIES


def foreign_text(items: Mapping[str, int]) -> str:
    """A sentence about the categories, with their numbers of items, that are none of those that scorers learned from; "" for
    none."""
    own = {category: n for category, n in items.items() if category not in CATEGORIES and n}
    if not own:
        return ""
    named = ", ".join(list(own)[:5]) + (", ..." if len(own) > 5 else "")
    return (f"no shipped scorer was trained on items like {sum(own.values()) / sum(items.values()):.0%} of these ({named}; they "
            f"learned from {', '.join(CATEGORIES)}): their values are guesses here. --scorers rules pays by what users do and by "
            "exact rules alone; recenv train makes scorers of your own rows")


def foreign_to(world: World) -> str:
    """``foreign_text`` of a world's items."""
    found = dict.fromkeys(world.categories, 0)
    for code, n in enumerate(_counts(world)):
        found[world.categories[code]] += n
    return foreign_text(found)


def _counts(world: World) -> list[int]:
    counts: list[int] = np.bincount(np.asarray(world.column("item_category"), np.int64), minlength=len(world.categories)).tolist()
    return counts
