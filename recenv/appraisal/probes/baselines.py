"""Probe: does the scorer beat what understands nothing?

Constant, length, shared words, both, and popularity (for items), each fitted on one half of the rows by group, tested with
the scorer on the other. AUC for single labels, nDCG for lists; the interval of the margin is a paired cluster bootstrap.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from recenv import rng
from recenv.appraisal.probes.finding import Finding, Measure, Probe, verdict
from recenv.appraisal.probes.material import positive
from recenv.appraisal.probes.naive import BASELINES, Baseline, Case, Logistic, features
from recenv.appraisal.probes.subject import Subject
from recenv.measures import metrics
from recenv.measures.intervals import group_intervals
from recenv.measures.metrics import Array
from recenv.records import ScorerRow
from recenv.rewards.dimensions import DIMENSIONS

_HALF = rng.word("probes/half")


def run(subject: Subject) -> Finding:
    """The margin over each baseline, by dimension."""
    measures: list[Measure] = []
    for dimension in subject.dimensions():
        listed = DIMENSIONS[dimension].listwise
        fit, test = halves(subject.rows(dimension), subject.sizes.lists if listed else subject.sizes.points)
        table = _lists if listed else _points
        measures += table(subject, dimension, fit, test)
    worst = min((m for m in measures if m.passed is not None), key=lambda m: m.low, default=None)
    sentence = "no rows with labels of both kinds" if worst is None else (
        f"smallest margin: {worst.value:+.3f} [{worst.low:+.3f}, {worst.high:+.3f}], {worst.name}")
    return Finding(probe=PROBE.name, rows=subject.material.name, passed=verdict(measures), sentence=sentence,
                   measures=tuple(measures))


def halves(rows: Sequence[ScorerRow], most: int) -> tuple[list[ScorerRow], list[ScorerRow]]:
    """Rows to fit on and at most ``most`` to test on, no group in both."""
    odd = [int(rng.bits(_HALF, rng.word(r.group or r.id))) & 1 for r in rows]
    return ([r for r, o in zip(rows, odd, strict=True) if o], [r for r, o in zip(rows, odd, strict=True) if not o][:most])


def _points(subject: Subject, dimension: str, fit: list[ScorerRow], test: list[ScorerRow]) -> list[Measure]:
    values = subject.values(test)
    scored = np.flatnonzero(~np.isnan(values))
    test, values = [test[n] for n in scored], values[scored]
    y, fit_y = np.array([positive(r) for r in test], float), np.array([positive(r) for r in fit], float)
    if y.min(initial=1) == y.max(initial=0) or fit_y.min(initial=1) == fit_y.max(initial=0):
        return []
    popular = subject.material.popularity or Counter(r.item for r in fit if positive(r))
    naive = _naive(dimension, [Case(r) for r in fit], fit_y, [Case(r) for r in test], popular)

    def margins(i: NDArray[np.int64]) -> list[float]:
        own = metrics.auc(y[i], values[i])
        return [own, *(own - metrics.auc(y[i], column[i]) for column in naive.values())]

    return _measures(subject, dimension, "AUC", test, list(naive), margins)


def _lists(subject: Subject, dimension: str, fit: list[ScorerRow], test: list[ScorerRow]) -> list[Measure]:
    fit, test = ([r for r in rows if isinstance(r.label, tuple) and max(r.label) > 0] for rows in (fit, test))
    given = subject.lists(test)
    scored = [n for n, p in enumerate(given) if not np.isnan(p).any()]
    test, given = [test[n] for n in scored], [given[n] for n in scored]
    if not test or not fit:
        return []
    gains, fit_gains = ([np.asarray(r.label, np.float64) for r in rows] for rows in (test, fit))
    popular = subject.material.popularity or Counter(
        item for r, g in zip(fit, fit_gains, strict=True) for item, v in zip(r.items, g, strict=True) if v > 0)
    naive = _naive(dimension, _cases(fit), (np.concatenate(fit_gains) > 0).astype(float), _cases(test), popular)
    ends = np.cumsum([len(g) for g in gains])[:-1]
    own = np.array([_ndcg(r, g, p) for r, g, p in zip(test, gains, given, strict=True)])
    others = {n: np.array([_ndcg(r, g, s) for r, g, s in zip(test, gains, np.split(column, ends), strict=True)])
              for n, column in naive.items()}

    def margins(i: NDArray[np.int64]) -> list[float]:
        return [float(own[i].mean()), *(float((own - other)[i].mean()) for other in others.values())]

    return _measures(subject, dimension, "nDCG", test, list(naive), margins)


def _cases(rows: Sequence[ScorerRow]) -> list[Case]:
    return [Case(r, item) for r in rows for item in r.items]


def _ndcg(row: ScorerRow, gains: Array, scores: Array) -> float:
    """nDCG with ties broken by a draw from the row's id: files exist in which the right item is always the first."""
    order = rng.permutation(len(gains), rng.word(row.id), _HALF)
    return metrics.ndcg(gains[order], scores[order])


def _naive(
    dimension: str, fit: list[Case], fit_y: Array, test: list[Case], popularity: Mapping[str, int]
) -> dict[str, Array]:
    """Scores of each baseline that applies, (N,)."""
    out: dict[str, Array] = {}
    for baseline in BASELINES:
        if not baseline.items_only or DIMENSIONS[dimension].of == "slate":
            out[baseline.name] = _scores(baseline, fit, fit_y, test, popularity)
    return out


def _scores(baseline: Baseline, fit: list[Case], y: Array, test: list[Case], popularity: Mapping[str, int]) -> Array:
    if not baseline.columns:
        return np.zeros(len(test))
    model = Logistic(features(fit, baseline.columns, popularity), y)
    return model.scores(features(test, baseline.columns, popularity))


def _measures(subject: Subject, dimension: str, kind: str, test: list[ScorerRow], names: list[str],
              margins: Callable[[NDArray[np.int64]], list[float]]) -> list[Measure]:
    groups = np.unique([r.group or r.id for r in test], return_inverse=True)[1].astype(np.int64)
    values = margins(np.arange(len(test)))
    low, high = group_intervals(groups, margins, subject.sizes.draws, "probes/baselines")
    labels = [f"{dimension}: {kind}", *(f"{dimension}: over {name}" for name in names)]
    return [Measure(name=label, value=float(v), n=len(test), low=float(a), high=float(b),
                    bound="interval above 0" if at else "", passed=bool(a > 0) if at else None)
            for at, (label, v, a, b) in enumerate(zip(labels, values, low, high, strict=True))]


PROBE = Probe(
    "baselines", "does the scorer beat what understands nothing?",
    "margin over each naive baseline has an interval above 0", False, run)
