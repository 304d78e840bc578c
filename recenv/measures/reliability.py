"""Calibration by bins of equal mass, beside what a perfectly calibrated model shows on as many rows.

Few rows never lie on the diagonal, not even those of a perfect model. So labels are drawn from the probabilities themselves
many times, and measured alike: the difference between a model's error and the median of those is its own (Vaicenavicius et
al., AISTATS 2019, call it a consistency resampling; Broecker & Smith, 2007, draw the bars).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recenv import rng
from recenv.measures.metrics import Array

BINS = 15
_DRAWS, _FEWEST, _WORK = 200, 50, 10_000_000  # simulated data sets; at least; rows simulated in all before they are cut
_PURPOSE = rng.word("reliability")


class Bin(NamedTuple):
    """Rows of like probability. predicted, observed: means of probabilities and labels; low, high: between these lie 95 % of
    the observed means of a perfect model."""

    rows: int
    predicted: float
    observed: float
    low: float
    high: float


class Reliability(NamedTuple):
    """ece: the expected calibration error; perfect, low, high: median and 95 % range of a perfect model's on these rows."""

    bins: tuple[Bin, ...]
    ece: float
    perfect: float
    low: float
    high: float

    @property
    def excess(self) -> float:
        """The error beyond a perfect model's median; negative by chance where there is none."""
        return self.ece - self.perfect


def of_points(labels: Array, probabilities: Array, bins: int = BINS) -> Reliability:
    """Of (N,) labels in [0, 1]. Graded ones vary less than a coin: the simulated ones get the variance that they show."""
    y, p = np.asarray(labels, np.float64), np.asarray(probabilities, np.float64)
    order = np.argsort(p, kind="stable")
    y, p = y[order], p[order]
    number = np.arange(len(p), dtype=np.uint64)
    graded = bool(((y > 0) & (y < 1)).any())
    variance = float((p * (1.0 - p)).mean()) if len(p) else 0.0
    spread = min(1.0, float(np.sqrt(((y - p) ** 2).mean() / variance))) if graded and variance > 0 else 1.0

    def drawn(draw: int) -> Array:
        return p + spread * ((rng.uniform(_PURPOSE, 0, draw, number) < p) - p)

    return _measured(y, p, bins, drawn)


def of_lists(gains: Sequence[Array], probabilities: Sequence[Array], bins: int = BINS) -> Reliability:
    """Of the items of lists, each a distribution, against the lists' normalised gains; lists without a gain are left out.

    A perfect model's positives, as many as a list has, are drawn from the list's own probabilities.
    """
    kept = [(np.asarray(g, np.float64), np.asarray(q, np.float64)) for g, q in zip(gains, probabilities, strict=True)
            if np.sum(g) > 0]
    if not kept:
        nothing = np.zeros(0)
        return of_points(nothing, nothing, bins)
    y = np.concatenate([g / g.sum() for g, _ in kept])
    given = np.concatenate([q for _, q in kept])
    ends = np.cumsum([len(q) for _, q in kept])
    edges = np.concatenate([n + np.cumsum(q) / q.sum() for n, (_, q) in enumerate(kept)])  # list n covers (n, n + 1]
    count = np.array([int((g > 0).sum()) for g, _ in kept])
    owner = np.repeat(np.arange(len(kept)), count)
    number = np.arange(len(owner), dtype=np.uint64)
    order = np.argsort(given, kind="stable")

    def drawn(draw: int) -> Array:
        u = owner + rng.uniform(_PURPOSE, 1, draw, number)
        hit = np.minimum(np.searchsorted(edges, u), ends[owner] - 1)
        return np.asarray(np.bincount(hit, 1.0 / count[owner], len(given))[order], np.float64)

    return _measured(y[order], given[order], bins, drawn)


def _measured(labels: Array, probabilities: Array, bins: int, drawn: Callable[[int], Array]) -> Reliability:
    """labels, probabilities: (N,) by ascending probability; drawn(b): simulated labels in that order."""
    n = len(probabilities)
    if not n:
        return Reliability((), *[float("nan")] * 4)
    size = np.array([len(part) for part in np.array_split(probabilities, min(bins, n))])
    start = np.concatenate([[0], np.cumsum(size)[:-1]])

    def means(values: Array) -> Array:
        return np.asarray(np.add.reduceat(values, start) / size)

    def error(observed: Array) -> Array:
        return np.asarray((np.abs(observed - predicted) * size).sum(-1) / n)

    predicted, observed = means(probabilities), means(labels)
    draws = int(np.clip(_WORK // n, _FEWEST, _DRAWS))
    simulated: NDArray[np.float64] = np.stack([means(drawn(b)) for b in range(draws)])  # (draws, bins)
    low, high = np.percentile(simulated, [2.5, 97.5], axis=0)
    best, median, worst = np.percentile(error(simulated), [2.5, 50.0, 97.5])
    found = tuple(Bin(int(s), float(p), float(o), float(a), float(b))
                  for s, p, o, a, b in zip(size, predicted, observed, low, high, strict=True))
    return Reliability(found, float(error(observed)), float(median), float(best), float(worst))
