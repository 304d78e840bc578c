"""What was made lately, looked up by key: memory is bounded, and what is asked for often stays."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """Values by key in two generations: when the young one weighs ``limit``, the old one is dropped and the young one ages.

    What was asked for or put within the last ``limit`` of weight is there; at most twice the limit is held.
    """

    def __init__(self, limit: int) -> None:
        self._limit, self._weight = limit, 0
        self._young: dict[K, tuple[V, int]] = {}
        self._old: dict[K, tuple[V, int]] = {}

    def get(self, key: K) -> V | None:
        found = self._young.get(key)
        if found is not None:
            return found[0]
        found = self._old.get(key)
        if found is None:
            return None
        self.put(key, *found)
        return found[0]

    def put(self, key: K, value: V, weight: int = 1) -> None:
        self._young[key] = value, weight
        self._weight += weight
        if self._weight >= self._limit:
            self._old, self._young, self._weight = self._young, {}, 0
