"""Boosted trees as plain arrays: a comparison of every tree at once, node by node, then the leaf that all of them leave open.

A node whose comparison fails closes the leaves on its left; what stays open furthest left is the tree's leaf (QuickScorer:
Lucchese et al., SIGIR 2015). A logit is the same, to the bit, whatever rows come with it. How trees are grown:
``training.fits.boosting``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recenv.rewards.features.matching import in_order

LEAVES = 16
"""Most leaves of a tree."""

_BLOCK = 256  # rows at a time: bounds memory
_FIRST = np.array([(n & -n).bit_length() - 1 if n else 0 for n in range(1 << LEAVES)], np.uint8)  # lowest bit that is set


class Ensemble:
    """feature, threshold, open (T, N): of each node, whether x[feature] <= threshold, and the leaves that stay open where not;
    nodes that a tree does not have are never failed. value (T, LEAVES)."""

    def __init__(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        self.feature = np.asarray(arrays["feature"], np.int64)
        self.threshold = np.asarray(arrays["threshold"], np.float64)
        self.open = np.asarray(arrays["open"]).astype(np.uint16)
        self.value = np.asarray(arrays["value"], np.float64)
        nodes = zip(self.feature.T, self.threshold.T, self.open.T, strict=True)
        self._nodes = [tuple(map(np.ascontiguousarray, node)) for node in nodes]
        self._leaves, self._first_leaf = self.value.ravel(), np.arange(len(self.value)) * LEAVES

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What is stored of it."""
        return {"feature": self.feature.astype(np.int16), "threshold": self.threshold,
                "open": self.open.astype(np.int32), "value": self.value}

    def logits(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """(R,) logits of features (R, E), without NaN."""
        out = np.zeros(len(x))
        for at in range(0, len(x), _BLOCK):
            part = x[at:at + _BLOCK]
            left = np.full((len(part), len(self.value)), 0xFFFF, np.uint16)
            for feature, threshold, open_ in self._nodes:
                fine = part.take(feature, 1) <= threshold
                left &= open_ | (-fine.view(np.int8)).astype(np.int16).view(np.uint16)  # all bits where the comparison holds
            out[at:at + _BLOCK] = in_order(self._leaves.take(self._first_leaf + _FIRST.take(left)))
        return out
