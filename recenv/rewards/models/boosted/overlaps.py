"""How far texts and items meet in words, found for many of them at once and kept: dimensions and turns ask about the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recenv.rewards.features.matching import Held, matched
from recenv.rewards.features.terms import Rarity, said, shown

Array = NDArray[np.float64]
Key = tuple[str, tuple[str, ...]]
"""A text, and the items that it tells apart where it is held against a list."""

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
        """Find at once what is not known yet, of texts with many items together."""
        missing: dict[Key, dict[str, None]] = {}
        for one in asked:
            known = self._found(*_key(one))
            new = dict.fromkeys(item for item in one.items if item not in known)
            if new:
                missing.setdefault(_key(one), {}).update(new)
        for key, values in self._values(missing).items():
            known = self._found(*key)
            if len(known) > _MOST_ITEMS:
                known.clear()
            known.update(values)

    def __call__(self, asked: Asked) -> Array:
        """(I, F) ``matching.NAMES`` of a text and items. What is kept may be dropped at any time, by other threads, too."""
        known = self._found(*_key(asked))
        found = {item: values for item in asked.items if (values := known.get(item)) is not None}
        new = [item for item in asked.items if item not in found]
        if new:
            found |= self._values({_key(asked): dict.fromkeys(new)})[_key(asked)]
        return np.array([found[item] for item in asked.items])

    def _values(self, missing: Mapping[Key, Iterable[str]]) -> dict[Key, dict[str, Array]]:
        """What is missing of each text: the values by item."""
        held = [Held(said(text), [shown(item) for item in among or new], bool(among)) for (text, among), new in missing.items()]
        found = zip(missing.items(), matched(held, self.rarity), strict=True)
        return {key: dict(zip(key[1] or new, values, strict=True)) for (key, new), values in found}

    def clear(self) -> None:
        """Forget what was found."""
        self._found.cache_clear()


def _key(asked: Asked) -> Key:
    return asked.text, tuple(sorted(asked.items)) if asked.listed else ()
