"""Fitting what turns logits into probabilities: a scale and shift, or isotonic steps, whichever wins on rows it did not see."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from recenv.measures.logistic import fit_logistic
from recenv.measures.metrics import Array, list_nll, nll
from recenv.rewards.models.calibration import Calibration

_KNOTS = 48


def fit_temperature(logits: Array, labels: Array) -> Calibration:
    """Scale and shift by Newton steps on the cross-entropy with Platt's smoothed targets (Platt, 1999; Guo et al., ICML 2017)."""
    n1, n0 = labels.sum(), (1.0 - labels).sum()
    target = labels * (n1 + 1.0) / (n1 + 2.0) + (1.0 - labels) / (n0 + 2.0)
    design = np.stack([logits, np.ones_like(logits)], 1)
    theta = fit_logistic(design, target, 1e-3, np.array([1.0, 0.0]), steps=50)
    return Calibration(scale=max(float(theta[0]), 1e-3), shift=float(theta[1]))


def fit_isotonic(logits: Array, labels: Array) -> Calibration:
    """Pool-adjacent-violators on equal-mass groups, each with a pseudo-row of the base rate (Zadrozny & Elkan, KDD 2002)."""
    order = np.argsort(logits, kind="stable")
    groups = np.array_split(order, max(1, min(_KNOTS, len(order) // 15)))
    base = float(labels.mean())
    blocks: list[list[float]] = []  # mean logit, mean label, weight
    for g in groups:
        blocks.append([float(logits[g].mean()), float((labels[g].sum() + base) / (len(g) + 1)), float(len(g))])
        while len(blocks) > 1 and blocks[-2][1] >= blocks[-1][1]:
            b, a = blocks.pop(), blocks.pop()
            w = a[2] + b[2]
            blocks.append([(a[0] * a[2] + b[0] * b[2]) / w, (a[1] * a[2] + b[1] * b[2]) / w, w])
    return Calibration(method="isotonic", x=tuple(b[0] for b in blocks), y=tuple(b[1] for b in blocks))


def fit_calibration(logits: Array, labels: Array, fold: NDArray[np.integer]) -> Calibration:
    """The method with the lower cross-fitted NLL over two folds (N,) of {0, 1}, refitted on all rows.

    Too few rows, or one class only, leave the logits as they are.
    """
    if len(labels) < 30 or labels.max() < 0.5 or labels.min() >= 0.5:
        return Calibration()
    losses = []
    for method in (fit_temperature, fit_isotonic):
        total = 0.0
        for f in (0, 1):
            held, kept = fold == f, fold != f
            if not held.any() or not kept.any():
                return fit_temperature(logits, labels)
            total += nll(labels[held], method(logits[kept], labels[kept]).apply(logits[held])) * int(held.sum())
        losses.append(total)
    return (fit_temperature if losses[0] <= losses[1] else fit_isotonic)(logits, labels)


def fit_lists(logits: Sequence[Array], gains: Sequence[Array]) -> Calibration:
    """The softmax scale in [0.05, 20] with the lowest listwise NLL, by golden section on its logarithm."""
    if not any(g.sum() > 0 for g in gains):
        return Calibration()

    def loss(log_scale: float) -> float:
        calibration = Calibration(scale=float(np.exp(log_scale)))
        return list_nll(gains, [calibration.apply_list(z) for z in logits])

    low, high, ratio = np.log(0.05), np.log(20.0), (np.sqrt(5.0) - 1.0) / 2.0
    for _ in range(40):
        a, b = high - ratio * (high - low), low + ratio * (high - low)
        low, high = (low, b) if loss(a) < loss(b) else (a, high)
    return Calibration(scale=float(np.exp((low + high) / 2.0)))
