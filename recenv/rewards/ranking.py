"""What an order of items is worth under given gains, NumPy only."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def dcg(gains: Array) -> float:
    """sum_k gain_k / log2(k + 2), k from 0."""
    return float((gains / np.log2(np.arange(len(gains)) + 2.0)).sum())


def shown_ndcg(probabilities: Array, shown: int) -> float:
    """nDCG of the given order under (C,) probabilities as gains, over the first ``shown`` places (0: all).

    sum_k p_k / log2(k + 2) over the same of p sorted descending, both cut at ``shown``.
    """
    k = min(shown or len(probabilities), len(probabilities))
    best = dcg(np.sort(probabilities)[::-1][:k])
    return dcg(probabilities[:k]) / best if best > 0 else float("nan")
