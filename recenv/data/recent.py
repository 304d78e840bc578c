"""What was made lately, looked up by key: memory is bounded, and what is asked for often stays."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """Values by key, in two halves: where the younger one weighs more than half of ``limit``, the older one is dropped, of which
    what was asked for since has become young again. Far cheaper to ask than an order that every look-up changes."""

    def __init__(self, limit: int) -> None:
        self._most, self._weight = limit // 2, 0
        self._young: dict[K, tuple[V, int]] = {}
        self._old: dict[K, tuple[V, int]] = {}

    def get(self, key: K) -> V | None:
        found = self._young.get(key)
        if found is None:
            found = self._old.get(key)
            if found is None:
                return None
            self.put(key, *found)
        return found[0]

    def put(self, key: K, value: V, weight: int = 1) -> None:
        replaced = self._young.pop(key, None)
        self._weight -= 0 if replaced is None else replaced[1]
        if weight > self._most:  # it alone would drop all others
            self._old.pop(key, None)
            return
        self._weight += weight
        self._young[key] = value, weight
        if self._weight > self._most:
            self._old, self._young, self._weight = self._young, {}, 0
