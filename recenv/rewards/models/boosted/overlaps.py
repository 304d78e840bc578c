"""How far texts and items meet in words, found for many of them at once and kept: dimensions and turns ask about the same."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recenv.rewards.features.matching import Held, matched
from recenv.rewards.features.terms import Rarity, said, shown

Array = NDArray[np.float64]

_KEPT, _MOST_ITEMS = 2_048, 128  # texts, and items of each


class Asked(NamedTuple):
    """A text and items. listed: whether words weigh also by how few of these have them; in what order they stand says nothing."""

    text: str
    items: tuple[str, ...]
    listed: bool


class Overlaps:
    """What ``matching`` says of texts and items. rarity: of words."""

    def __init__(self, rarity: Rarity) -> None:
        self.rarity = rarity
        self._found = lru_cache(maxsize=_KEPT)(lambda text, among: dict[str, Array]())

    def read(self, asked: Iterable[Asked]) -> None:
        """Find at once what is not known yet."""
        missing: dict[tuple[str, tuple[str, ...]], dict[str, None]] = {}
        for text, items, listed in asked:
            among = tuple(sorted(items)) if listed else ()
            known = self._found(text, among)
            new = dict.fromkeys(i for i in items if i not in known)
            if new and len(known) > _MOST_ITEMS:
                known.clear()
                new = dict.fromkeys(items)  # those that it had, too
            if new:
                missing.setdefault((text, among), {}).update(new)
        held = [
            Held(said(text), [shown(i) for i in among or new], bool(among))
            for (text, among), new in missing.items()]
        for ((text, among), new), values in zip(missing.items(), matched(held, self.rarity), strict=True):
            self._found(text, among).update(zip(among or new, values, strict=True))

    def __call__(self, asked: Asked) -> Array:
        """(I, F) ``matching.NAMES`` of a text and items."""
        self.read([asked])
        known = self._found(asked.text, tuple(sorted(asked.items)) if asked.listed else ())
        return np.array([known[item] for item in asked.items])

    def clear(self) -> None:
        """Forget what was found."""
        self._found.cache_clear()
