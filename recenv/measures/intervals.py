"""Confidence intervals with a cluster as the unit of resampling: means over the sessions of users, statistics of grouped rows.

Method, for more than ``FEW`` clusters: cluster bootstrap (whole clusters drawn with replacement) of the ratio mean (sum of
values / number of values), or of any statistic of row numbers; expanded percentile interval (Hesterberg, "What Teachers Should
Know About the Bootstrap", The American Statistician 69, 2015, section 3.3). The plain percentile interval is too narrow by
sqrt((G-1)/G) and ignores that the spread is estimated; widening the percentiles to Phi(-sqrt(G/(G-1)) t) repairs both. BCa
repairs neither, and its acceleration is unstable for few, unequal clusters.

A mean over 2 to ``FEW`` clusters has too few different resamples (those of two users: three). It gets Student's t with G - 1
degrees of freedom on the residuals of the ratio mean by cluster (Cochran, Sampling Techniques, 1977, section 6.4; Cameron &
Miller, Journal of Human Resources 50, 2015).
Coverage of a nominal 95 %, simulated for users of 1 to 4 sessions, 2 / 3 / 5 / 10 / 20 users:

    values of a user                        Student's t               expanded bootstrap
    normal                                  94 / 94 / 93 / 94 / 95    48 / 71 / 90 / 96 / 95
    returns, 7 of 10 needs met              69 / 84 / 92 / 92 / 93    47 / 75 / 87 / 94 / 93
    lognormal, strongly skewed              89 / 84 / 83 / 86 / 88    48 / 62 / 84 / 88 / 88

so that with two or three users of all or nothing even this promises too much. Where all of few users are alike, nothing is
known of their spread, and there is no interval.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from statistics import NormalDist
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from recenv import rng
from recenv.errors import InputError

_PURPOSE = rng.word("evaluation/bootstrap")
_PRINTED = 0.0005
FEW = 20
"""Clusters up to which a mean is given Student's t."""
_BLOCK = 1 << 21  # draws held at once: 16 MB whatever the number of users


class Interval(msgspec.Struct, frozen=True, kw_only=True):
    """A mean with its interval.

    mean, low, high: in the units of the values, NaN where they do not exist (``reason`` says why; null in JSON).
    n: values used; missing: NaN values left out; clusters: users among the values used.
    """

    mean: float
    low: float
    high: float
    n: int
    missing: int
    clusters: int
    reason: str = ""

    @property
    def excludes_zero(self) -> bool:
        """Whether the whole interval lies on one side of 0, also as printed to three decimals; False where there is none."""
        return self.low >= _PRINTED or self.high <= -_PRINTED

    @property
    def few(self) -> bool:
        """Whether it rests on so few clusters that it is Student's."""
        return 2 <= self.clusters <= FEW


class _Sums(NamedTuple):
    """Per cluster and column: values (G, M) sums, counts (G, M); missing (M,) NaN values of the column."""

    values: NDArray[np.float64]
    counts: NDArray[np.float64]
    missing: NDArray[np.int64]


def mean_interval(
    values: ArrayLike, clusters: Sequence[str], seed: int, level: float = 0.95, resamples: int = 2000
) -> Interval:
    """The mean of values (N,) and its interval; NaN values are left out and counted.

    clusters: (N,) the user of each value. seed: any integer; equal seeds resample equally, so that agents who played
    the same users are compared on the same resamples. Raises InputError for unequal lengths or a level outside (0, 1).
    """
    column = np.asarray(values, np.float64)
    return mean_intervals(column.reshape(-1, 1), clusters, seed, level, resamples)[0]


def mean_intervals(
    values: ArrayLike, clusters: Sequence[str], seed: int, level: float = 0.95, resamples: int = 2000
) -> tuple[Interval, ...]:
    """``mean_interval`` of every column of values (N, M), on one set of resamples."""
    table = np.asarray(values, np.float64)
    _check(table, clusters, level, resamples)
    sums = _cluster_sums(table, clusters)
    many = ((sums.counts > 0).sum(0) > FEW).any()
    means = _resampled_means(sums, seed, resamples) if many else np.zeros((0, table.shape[1]))
    return tuple(_interval(sums, means[:, m], m, level) for m in range(table.shape[1]))


def student_interval(values: ArrayLike, clusters: Sequence[str], level: float = 0.95) -> Interval:
    """The mean of values (N,) with Student's t whatever the number of clusters: for bands and groups, where many means are shown
    and no resampling is worth its time."""
    table = np.asarray(values, np.float64).reshape(-1, 1)
    _check(table, clusters, level, 1)
    return _interval(_cluster_sums(table, clusters), np.zeros(0), 0, level, few=len(clusters))


def paired_difference(
    values_a: ArrayLike, values_b: ArrayLike, clusters: Sequence[str], seed: int, level: float = 0.95, resamples: int = 2000
) -> Interval:
    """The mean of a - b over sessions that both played, (N,) each, with its interval.

    Under common random numbers the user's noise cancels in the difference; a pair with a NaN on either side is missing.
    """
    a, b = np.asarray(values_a, np.float64), np.asarray(values_b, np.float64)
    if a.shape != b.shape:
        raise InputError(f"paired values must come from the same sessions: got {a.shape} and {b.shape}")
    return mean_interval(a - b, clusters, seed, level, resamples)


class Bounds(NamedTuple):
    """The ends of 95 % intervals, (M,) each, NaN where a statistic was never defined."""

    low: NDArray[np.float64]
    high: NDArray[np.float64]


def group_intervals(
    groups: NDArray[np.int64], statistic: Callable[[NDArray[np.int64]], Sequence[float]], resamples: int, purpose: str
) -> Bounds:
    """95 % intervals of M statistics of row numbers, resampled by group.

    groups: (N,) the number of each row's group, from 0 without gaps. statistic(rows): M values; resamples in which one is NaN
    are left out of its interval. purpose: keys the draws, so that equal purposes resample equally. One group alone shows no
    spread: NaN.
    """
    order = np.argsort(groups, kind="stable")
    members = np.split(order, np.flatnonzero(np.diff(groups[order])) + 1)
    found = np.array([
        statistic(np.concatenate([members[g] for g in drawn.tolist()]))
        for draws in _drawn_clusters(len(members), resamples, rng.word(purpose)) for drawn in draws
    ], float)
    low, high = np.full((2, found.shape[1]), np.nan)
    known = ~np.isnan(found).all(axis=0)
    if known.any() and len(members) > 1:
        low[known], high[known] = _ends(found[:, known], len(members), 0.95)
    return Bounds(low, high)


def _check(table: NDArray[np.float64], clusters: Sequence[str], level: float, resamples: int) -> None:
    if table.ndim != 2 or len(table) != len(clusters):
        raise InputError(f"values and clusters must be equally many: got shape {table.shape} and {len(clusters)} clusters")
    if np.isinf(table).any():
        raise InputError("values must be finite, or NaN where missing; got an infinite one")
    if not 0.0 < level < 1.0:
        raise InputError(f"level must lie in (0, 1); got {level}")
    if resamples < 1:
        raise InputError(f"resamples must be at least 1; got {resamples}")


def _cluster_sums(table: NDArray[np.float64], clusters: Sequence[str]) -> _Sums:
    # Sorted labels: the interval does not depend on the order in which sessions were played.
    index = {label: g for g, label in enumerate(sorted(dict.fromkeys(clusters)))}
    rows = np.array([index[label] for label in clusters], np.int64)
    present = ~np.isnan(table)  # (N, M)
    values, counts = np.zeros((len(index), table.shape[1])), np.zeros((len(index), table.shape[1]))
    np.add.at(values, rows, np.where(present, table, 0.0))
    np.add.at(counts, rows, present.astype(np.float64))
    return _Sums(values, counts, (~present).sum(0))


def _resampled_means(sums: _Sums, seed: int, resamples: int) -> NDArray[np.float64]:
    """(B, M) ratio means of B resamples of G clusters with replacement; NaN where a resample drew no value."""
    groups = len(sums.values)
    means = np.full((resamples, sums.values.shape[1]), np.nan)
    start = 0
    for draws in _drawn_clusters(groups, resamples, seed, _PURPOSE):
        flat = draws + np.arange(len(draws))[:, None] * groups
        weights = np.bincount(flat.ravel(), minlength=len(draws) * groups).reshape(len(draws), groups).astype(np.float64)
        # einsum, not BLAS: the sum's order must not depend on the number of threads.
        total = np.einsum("bg,gm->bm", weights, sums.values)
        count = np.einsum("bg,gm->bm", weights, sums.counts)
        np.divide(total, count, out=means[start : start + len(draws)], where=count > 0)
        start += len(draws)
    return means


def _drawn_clusters(groups: int, resamples: int, *key: int) -> Iterator[NDArray[np.int64]]:
    """The clusters of each resample, (B, G), a block of resamples at a time; key: what the draws depend on."""
    if not groups:
        return
    step = max(1, _BLOCK // groups)
    for start in range(0, resamples, step):
        ids = np.arange(start, min(start + step, resamples), dtype=np.uint64)
        yield rng.integers(groups, *key, ids[:, None], np.arange(groups, dtype=np.uint64)[None, :])


def _interval(sums: _Sums, means: NDArray[np.float64], column: int, level: float, few: int = FEW) -> Interval:
    counts = sums.counts[:, column]
    n, clusters, missing = int(counts.sum()), int((counts > 0).sum()), int(sums.missing[column])
    mean = float(sums.values[:, column].sum() / n) if n else float("nan")
    if clusters < 2:
        reason = "no value" if not n else "one user only: no spread between users to estimate from"
        return Interval(mean=mean, low=float("nan"), high=float("nan"), n=n, missing=missing, clusters=clusters, reason=reason)
    if clusters <= few:
        spread = _student_half(sums, column, mean, clusters, level)
        alike = spread <= 1e-9 * max(1.0, abs(mean)) and clusters <= FEW
        reason = f"all {clusters} users alike: no spread between users to estimate from" if alike else ""
        spread = float("nan") if alike else spread
        return Interval(
            mean=mean, low=mean - spread, high=mean + spread, n=n, missing=missing, clusters=clusters, reason=reason)
    low, high = _ends(means, clusters, level)
    return Interval(mean=mean, low=float(low), high=float(high), n=n, missing=missing, clusters=clusters)


def _student_half(sums: _Sums, column: int, mean: float, clusters: int, level: float) -> float:
    """Half the width of Student's interval of a ratio mean, by the residuals of its clusters."""
    counts = sums.counts[:, column]
    residuals = sums.values[:, column] - mean * counts
    error = math.sqrt(clusters / (clusters - 1) * float(np.sum(residuals**2))) / float(counts.sum())
    return _quantile(0.5 + level / 2, clusters - 1) * error


def _ends(found: NDArray[np.float64], clusters: int, level: float) -> NDArray[np.float64]:
    """(2, ...) ends of the intervals of resampled statistics (B, ...), of more than one cluster; NaN ones are left out."""
    tail = _expanded_tail(clusters, level)
    return np.asarray(np.nanquantile(found, [tail, 1.0 - tail], axis=0), np.float64)


@lru_cache(maxsize=256)
def _expanded_tail(clusters: int, level: float) -> float:
    """The percentile to cut at each side: Phi(-sqrt(G / (G - 1)) t_{G-1})."""
    t = _quantile(0.5 + level / 2, clusters - 1)
    return NormalDist().cdf(-math.sqrt(clusters / (clusters - 1)) * t)


def student_quantile(probability: float, freedom: int) -> float:
    """Quantile of Student's t, probability in (0.5, 1), by bisection of the finite sums of Abramowitz & Stegun 26.7.3-4."""
    if freedom > 1000:  # within 1e-3 of its limit by then
        return NormalDist().inv_cdf(probability)
    low, high, inside = 0.0, 1.0, 2 * probability - 1
    while _student_inside(high, freedom) < inside:
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if _student_inside(middle, freedom) < inside else (low, middle)
    return (low + high) / 2


_quantile = lru_cache(maxsize=1024)(student_quantile)


def _student_inside(t: float, freedom: int) -> float:
    """P(-t <= T <= t)."""
    angle = math.atan(t / math.sqrt(freedom))
    cosine, odd = math.cos(angle), freedom % 2
    term = cosine if odd else 1.0
    total = term if freedom > 1 else 0.0
    for k in range(2 if odd else 1, freedom - 1, 2):
        term *= k / (k + 1) * cosine * cosine
        total += term
    total *= math.sin(angle)
    return 2 / math.pi * (angle + total) if odd else total
