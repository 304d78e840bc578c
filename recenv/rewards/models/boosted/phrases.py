"""Words, and runs of up to three of them, that true or false sentences are told in: a linear model that knows no records.

What people make up is told in other words than what they read off a record ("right by the metro", "never a queue").
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recenv.rewards.reading.cover import TOKEN

_LONGEST, _NUMBER = 3, "9"  # words of a run; what stands for any number


class Phrases:
    """weights: of runs of words by their hash, log odds of a false sentence. base: of one without any of them."""

    def __init__(self, weights: Mapping[int, float], base: float) -> None:
        self.weights, self.base = dict(weights), base

    def __call__(self, text: str) -> float:
        """How much the words of a normalised sentence speak for its being false, in logits; unknown runs say nothing."""
        found = [self.weights[run] for run in runs(text) if run in self.weights]
        return self.base + math.fsum(found) / math.sqrt(len(found)) if found else self.base

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What is stored of it: hashes (G,) and weights (G + 1,), the last of them the base."""
        told = [*self.weights.values(), self.base]
        return {"runs": np.array([*self.weights], np.uint32), "weights": np.array(told, np.float32)}


def runs(text: str) -> frozenset[int]:
    """Hashes of the distinct runs of words and signs of a normalised text."""
    said = [_NUMBER if word[0].isdigit() else word for word in TOKEN.findall(text)]
    found = ("_".join(said[n:n + size]) for size in range(1, _LONGEST + 1) for n in range(len(said) - size + 1))
    return frozenset(zlib.crc32(run.encode("utf-8", "replace")) for run in found)
