"""A cheap sequence of draws for one record, on top of the counter-based generator.

The n-th draw of a record is a pure function of (seed, kind of record, index, n), so that a session's content
does not depend on how many others were generated before it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from recenv import rng

T = TypeVar("T")
_BLOCK = 256


class Draws:
    """Sequential draws keyed by (seed, kind, index); plain Python floats, since records are built one by one."""

    def __init__(self, seed: int, kind: str, index: int) -> None:
        self._key = (seed, rng.word(kind), index)
        self._block, self._at = 0, _BLOCK
        self._values: list[float] = []

    def uniform(self, low: float = 0.0, high: float = 1.0) -> float:
        """Uniform in (low, high)."""
        if self._at == _BLOCK:
            self._values = rng.uniform(*self._key, self._block, np.arange(_BLOCK, dtype=np.uint64)).tolist()
            self._block, self._at = self._block + 1, 0
        self._at += 1
        return low + (high - low) * self._values[self._at - 1]

    def chance(self, probability: float) -> bool:
        return self.uniform() < probability

    def integer(self, low: int, high: int) -> int:
        """An integer in [low, high], both included."""
        return low + min(int(self.uniform() * (high - low + 1)), high - low)

    def normal(self, mean: float = 0.0, deviation: float = 1.0) -> float:
        """Box-Muller."""
        radius = math.sqrt(-2.0 * math.log(self.uniform()))
        return mean + deviation * radius * math.cos(2.0 * math.pi * self.uniform())

    def gumbel(self) -> float:
        return -math.log(-math.log(self.uniform()))

    def pick(self, options: Sequence[T]) -> T:
        return options[min(int(self.uniform() * len(options)), len(options) - 1)]

    def weighted(self, options: Sequence[T], weights: Sequence[float]) -> T:
        """One option, with probability proportional to its weight."""
        point, total = self.uniform() * math.fsum(weights), 0.0
        for option, weight in zip(options, weights, strict=True):
            total += weight
            if point < total:
                return option
        return options[-1]

    def sample(self, options: Sequence[T], count: int) -> list[T]:
        """Up to ``count`` different options, in drawn order."""
        pool = list(options)
        return [pool.pop(min(int(self.uniform() * len(pool)), len(pool) - 1)) for _ in range(min(count, len(pool)))]
