"""Probe: does the score follow the length of the answer, beyond what the label explains?

The partial correlation of score and log length given label and language (the residuals of both after a regression on them).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recenv.appraisal.probes.finding import Finding, Measure, Probe, verdict, within
from recenv.appraisal.probes.subject import Subject
from recenv.measures import metrics
from recenv.measures.intervals import group_intervals
from recenv.measures.metrics import Array

BOUND = 0.10


def run(subject: Subject) -> Finding:
    """One partial correlation for each dimension with an answer, over all its rows and in each language."""
    measures: list[Measure] = []
    for dimension in subject.dimensions("text"):
        rows = subject.rows(dimension, 2 * subject.sizes.points)
        values = subject.values(rows)
        length = np.array([np.log1p(len(r.response)) for r in rows])
        label = np.array([float(r.label) if isinstance(r.label, float) else np.nan for r in rows])
        locale = np.array([r.locale for r in rows])
        groups = np.array([r.group or r.id for r in rows])
        for name in ("", *(np.unique(locale).tolist() if len(np.unique(locale)) > 1 else [])):
            own = np.flatnonzero(~np.isnan(values) & ~np.isnan(label) & ((locale == name) | (name == "")))
            if len(own) < 20:
                continue
            known = _known(label[own], locale[own])
            measures.append(_measure(subject, f"{dimension}{': ' + name if name else ''}", values[own], length[own], known,
                                     groups[own], bounded=not name))
    worst = max((m for m in measures if m.passed is not None), key=lambda m: abs(m.value), default=None)
    sentence = "no rows with answers" if worst is None else f"largest partial correlation: {worst.value:+.3f}, {worst.name}"
    return Finding(probe=PROBE.name, rows=subject.material.name, passed=verdict(measures), sentence=sentence,
                   measures=tuple(measures))


def partial_correlation(a: Array, b: Array, known: Array) -> float:
    """Pearson correlation of the residuals of (N,) a and b after least squares on (N, E) known; NaN where one is explained."""
    rest = []
    for column in (a, b):
        residual = column - known @ np.linalg.lstsq(known, column, rcond=None)[0]
        rest.append(np.where(np.abs(residual) < 1e-9, 0.0, residual))
    return metrics.pearson(rest[0], rest[1])


def _known(label: Array, locale: NDArray[np.str_]) -> Array:
    """Intercepts by language and the label as classes where it has few values, else as a number."""
    kinds = np.unique(label)
    labels = [(label == k).astype(float) for k in kinds[1:]] if len(kinds) <= 5 else [label]
    return np.column_stack([*((locale == name).astype(float) for name in np.unique(locale)), *labels])


def _measure(subject: Subject, name: str, values: Array, length: Array, known: Array, groups: NDArray[np.str_], *,
             bounded: bool) -> Measure:
    def statistic(i: NDArray[np.int64]) -> list[float]:
        return [partial_correlation(values[i], length[i], known[i])]

    value = statistic(np.arange(len(values)))[0]
    low = high = value = 0.0 if np.isnan(value) else value  # a scorer that the label explains in full follows nothing else
    if value:
        number = np.unique(groups, return_inverse=True)[1].astype(np.int64)
        low, high = (float(b[0]) for b in group_intervals(number, statistic, subject.sizes.draws, "probes/length"))
    return Measure(name=name, value=value, n=len(values), low=low, high=high,
                   bound=f"|r| <= {BOUND:.2f}" if bounded else "", passed=within(abs(value), BOUND) if bounded else None)


PROBE = Probe(
    "length", "does the score follow the length of the answer?",
    f"partial correlation given the label at most {BOUND:.2f} in absolute value", False, run)
