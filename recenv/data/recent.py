"""What was made lately, looked up by key: memory is bounded, and what is asked for often stays."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """Values by key; where they weigh more than ``limit`` together, those that were not asked for longest are dropped."""

    def __init__(self, limit: int) -> None:
        self._limit, self._weight = limit, 0
        self._held: OrderedDict[K, tuple[V, int]] = OrderedDict()

    def get(self, key: K) -> V | None:
        found = self._held.get(key)
        if found is None:
            return None
        self._held.move_to_end(key)
        return found[0]

    def put(self, key: K, value: V, weight: int = 1) -> None:
        replaced = self._held.pop(key, None)
        self._held[key] = value, weight
        self._weight += weight - (0 if replaced is None else replaced[1])
        while self._weight > self._limit:
            self._weight -= self._held.popitem(last=False)[1][1]
