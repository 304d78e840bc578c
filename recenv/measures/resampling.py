"""Intervals by resampling whole groups, for any statistic of rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recenv import rng


class Bounds(NamedTuple):
    """The ends of 95 % intervals, (M,) each, NaN where a statistic was never defined."""

    low: NDArray[np.float64]
    high: NDArray[np.float64]


def intervals(
    groups: NDArray[np.int64], statistic: Callable[[NDArray[np.int64]], Sequence[float]], draws: int, purpose: str
) -> Bounds:
    """Percentile intervals of M statistics of row numbers, groups drawn with replacement (cluster bootstrap).

    groups: (N,) the number of each row's group, from 0 without gaps. statistic(rows): M values; draws in which one
    is NaN are left out of its interval. purpose: keys the draws, so that equal purposes resample equally.
    """
    order = np.argsort(groups, kind="stable")
    members = np.split(order, np.flatnonzero(np.diff(groups[order])) + 1)
    numbers = np.arange(len(members), dtype=np.uint64)
    drawn = np.array([
        statistic(np.concatenate([members[g] for g in rng.integers(len(members), rng.word(purpose), b, numbers).tolist()]))
        for b in range(draws)
    ], float)
    low, high = np.full((2, drawn.shape[1]), np.nan)
    known = ~np.isnan(drawn).all(axis=0)
    if known.any():
        low[known], high[known] = np.nanpercentile(drawn[:, known], [2.5, 97.5], axis=0)
    return Bounds(low, high)
