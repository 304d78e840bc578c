"""Turning logits into probabilities: a scale and shift, or isotonic steps, whichever wins on rows it was not fitted on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from recenv.measures.metrics import Array, list_nll, nll

_KNOTS = 48
_ORDER = 0.01  # share of a smooth curve in isotonic probabilities, so that rows within a step keep their order


class Calibration(msgspec.Struct, frozen=True, kw_only=True):
    """A monotone map from logits to probabilities, as numbers.

    temperature: sigmoid(scale * logit + shift) (for lists softmax(scale * logits)). isotonic: piecewise linear between the
    knots (x, y). Probabilities stay within [0.002, 0.998]: no held-out set here could support more.
    """

    method: Literal["temperature", "isotonic"] = "temperature"
    scale: float = 1.0
    shift: float = 0.0
    x: tuple[float, ...] = ()
    y: tuple[float, ...] = ()

    def apply(self, logits: NDArray[np.floating]) -> Array:
        """(N,) probabilities."""
        z = np.asarray(logits, np.float64)
        if self.method == "isotonic":
            p = (1.0 - _ORDER) * np.interp(z, self.x, self.y) + _ORDER / (1.0 + np.exp(-np.clip(0.3 * z, -30.0, 30.0)))
        else:
            p = 1.0 / (1.0 + np.exp(-np.clip(self.scale * z + self.shift, -30.0, 30.0)))
        return np.asarray(np.clip(p, 0.002, 0.998), np.float64)

    def apply_list(self, logits: NDArray[np.floating]) -> Array:
        """(C,) probabilities over a list, summing to 1."""
        z = self.scale * np.asarray(logits, np.float64)
        e = np.exp(z - z.max())
        return np.asarray(e / e.sum(), np.float64)

    def __str__(self) -> str:
        if self.method == "isotonic":
            return f"isotonic, {len(self.x)} knots"
        return f"temperature, scale {self.scale:.3f}, shift {self.shift:.3f}"


def fit_temperature(logits: Array, labels: Array) -> Calibration:
    """Scale and shift by Newton steps on the cross-entropy with Platt's smoothed targets (Platt, 1999; Guo et al., ICML 2017)."""
    n1, n0 = labels.sum(), (1.0 - labels).sum()
    target = labels * (n1 + 1.0) / (n1 + 2.0) + (1.0 - labels) / (n0 + 2.0)
    design = np.stack([logits, np.ones_like(logits)], 1)
    theta = np.array([1.0, 0.0])
    for _ in range(50):
        p = 1.0 / (1.0 + np.exp(-np.clip(design @ theta, -30.0, 30.0)))
        gradient = design.T @ (p - target) + 1e-3 * (theta - [1.0, 0.0])
        hessian = (design * (p * (1.0 - p))[:, None]).T @ design + 1e-3 * np.eye(2)
        step = np.linalg.solve(hessian, gradient)
        theta = theta - step * min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-12))
        if np.abs(step).max() < 1e-9:
            break
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


def fit(logits: Array, labels: Array, fold: NDArray[np.integer]) -> Calibration:
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
