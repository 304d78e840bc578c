"""Extremely randomised trees over the explicit features (Geurts, Ernst & Wehenkel, Machine Learning 2006), as plain arrays.

A small network reads smooth trends well and abrupt, crossed ones badly; averaged trees the other way round. Both are fitted
to the same standardised features, and their logits are blended on validation rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

_EDGE = 0.01  # probabilities are kept within [_EDGE, 1 - _EDGE] before the logit
MOST_DEPTH, LEAF = 40, 255
"""Levels of a tree; the feature of a node that has none."""


class Forest:
    """roots: (T,) first node of each tree. Nodes: feature (255: leaf) and threshold; left child (right is the next), counted from
    the tree's root; value. Seven bytes a node are stored; cuts and values are rounded to them when a tree is grown."""

    def __init__(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        self.roots = np.asarray(arrays["roots"], np.int64)
        feature = np.asarray(arrays["feature"], np.int64)
        own = np.searchsorted(self.roots, np.arange(len(feature)), side="right") - 1
        self.feature = np.where(feature == LEAF, -1, feature)
        self.threshold = np.asarray(arrays["threshold"], np.float32)
        self.left = np.asarray(arrays["left"], np.int64) + self.roots[own]
        self.value = np.asarray(arrays["value"], np.float64)
        self._stored = dict(arrays)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What is stored of it."""
        return dict(self._stored)

    def logits(self, x: NDArray[np.float32]) -> NDArray[np.float64]:
        """(N,) logits of standardised features (N, E): the same for a row whatever rows come with it."""
        at = np.broadcast_to(self.roots, (len(x), len(self.roots))).copy()
        rows = np.arange(len(x))[:, None]
        for _ in range(MOST_DEPTH + 1):
            feature = self.feature[at]
            inner = feature >= 0
            if not inner.any():
                break
            right = x[rows, np.maximum(feature, 0)] >= self.threshold[at]
            at = np.where(inner, self.left[at] + right, at)
        mean = np.array([np.sum(v) for v in self.value[at]]) / len(self.roots)
        p = np.clip(mean, _EDGE, 1.0 - _EDGE)
        return np.log(p / (1.0 - p))
