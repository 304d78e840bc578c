"""Measures of scores against labels, NumPy only. Undefined measures are NaN."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from recenv.rewards.ranking import dcg

Array = NDArray[np.float64]
_EPS = 1e-7
_ROUNDING = 16 * float(np.finfo(np.float64).eps)


def auc(labels: Array, scores: Array) -> float:
    """Area under the ROC curve of (N,) scores; labels count as positive from 0.5; ties count half. NaN with one class only."""
    positive = np.asarray(labels) >= 0.5
    n1, n0 = int(positive.sum()), int((~positive).sum())
    if not n1 or not n0:
        return float("nan")
    ranks = _ranks(scores)
    return float((ranks[positive].sum() - n1 * (n1 + 1) / 2.0) / (n1 * n0))


def nll(labels: Array, probabilities: Array) -> float:
    """Mean negative log-likelihood in nats; labels in [0, 1]."""
    p = np.clip(probabilities, _EPS, 1.0 - _EPS)
    return float(-(labels * np.log(p) + (1.0 - labels) * np.log(1.0 - p)).mean()) if len(p) else float("nan")


def ece(labels: Array, probabilities: Array, bins: int = 15) -> float:
    """Expected calibration error over bins of equal mass: mean |mean label - mean probability|, weighted by size."""
    if not len(probabilities):
        return float("nan")
    order = np.argsort(probabilities, kind="stable")
    whole, more = divmod(len(order), min(bins, len(order)))  # the first ``more`` bins have a row more, as np.array_split cuts
    number = np.arange(min(bins, len(order)))
    off = np.add.reduceat(labels[order] - probabilities[order], number * whole + np.minimum(number, more))
    return float(np.abs(off).sum() / len(order))


def accuracy(labels: Array, probabilities: Array) -> float:
    """Share of rows on the right side of 0.5."""
    return float(((probabilities >= 0.5) == (labels >= 0.5)).mean()) if len(labels) else float("nan")


def balanced_accuracy(labels: Array, probabilities: Array) -> float:
    """Mean of the accuracies within each class; NaN with one class only."""
    truth, said = labels >= 0.5, probabilities >= 0.5
    if truth.all() or not truth.any():
        return float("nan")
    return float((said[truth].mean() + (~said[~truth]).mean()) / 2.0)


def f1(labels: Array, probabilities: Array, positive: int = 1) -> float:
    """F1 of the class that is looked for: 1, labels from 0.5, or 0, the others; NaN without any among labels and predictions."""
    truth, said = (labels >= 0.5) == bool(positive), (probabilities >= 0.5) == bool(positive)
    total = int(truth.sum() + said.sum())
    return 2.0 * float((truth & said).sum()) / total if total else float("nan")


def pearson(labels: Array, scores: Array) -> float:
    """Linear correlation of (N,) labels and scores; NaN where either is constant, up to rounding."""
    if _constant(labels) or _constant(scores):
        return float("nan")  # its mean need not be the value itself: what is left of rounding would correlate
    a, b = labels - labels.mean(), scores - scores.mean()
    scale = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / scale if scale > 0 else float("nan")


def _constant(values: Array) -> bool:
    """Whether values differ by no more than the rounding of a few sums; no value is constant, too."""
    if not len(values):
        return True
    low, high = float(np.min(values)), float(np.max(values))
    return high - low <= _ROUNDING * max(abs(low), abs(high))


def spearman(labels: Array, scores: Array) -> float:
    """Correlation of the ranks of (N,) labels and scores, ties at their mean rank; NaN where either is constant."""
    return pearson(_ranks(labels), _ranks(scores))


def _ranks(values: Array) -> Array:
    """Ranks from 1, ties at their mean."""
    _, inverse, counts = np.unique(np.asarray(values), return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2.0)[inverse], np.float64)


def ndcg(gains: Array, scores: Array) -> float:
    """nDCG of ranking (C,) gains by descending score (ties in given order); NaN without a positive gain."""
    best = dcg(np.sort(gains)[::-1])
    return dcg(gains[np.argsort(-scores, kind="stable")]) / best if best > 0 else float("nan")


def top1(gains: Array, scores: Array) -> float:
    """1 if the best-scored item has a positive gain; NaN without a positive gain."""
    return float(gains[int(np.argmax(scores))] > 0) if (gains > 0).any() else float("nan")


def reciprocal_rank(gains: Array, scores: Array) -> float:
    """1 / place of the first item with a positive gain, by descending score (ties in given order); NaN without one."""
    found = np.flatnonzero(gains[np.argsort(-scores, kind="stable")] > 0)
    return 1.0 / (int(found[0]) + 1) if len(found) else float("nan")


def list_auc(gains: Array, scores: Array) -> float:
    """AUC within one list; NaN with one class only."""
    return auc((gains > 0).astype(float), scores)


def list_nll(gains: Sequence[Array], probabilities: Sequence[Array]) -> float:
    """Mean cross-entropy of lists: -sum_i g_i ln p_i / sum_i g_i; lists without a positive are left out."""
    pairs = [(g, np.clip(p, _EPS, 1.0)) for g, p in zip(gains, probabilities, strict=True) if g.sum() > 0]
    values = [-(g * np.log(p)).sum() / g.sum() for g, p in pairs]
    return float(np.mean(values)) if values else float("nan")


def list_ece(gains: Sequence[Array], probabilities: Sequence[Array]) -> float:
    """ECE of the items of lists, their probabilities against the lists' normalised gains; lists need a positive gain."""
    if not len(gains):
        return float("nan")
    return ece(np.concatenate([g / g.sum() for g in gains]), np.concatenate(probabilities))
