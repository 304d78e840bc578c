"""The smallest of a convex loss by damped Newton steps, and the logistic regressions that are fitted by it: one owner of both."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]
Terms = Callable[[Array], tuple[Array, Array]]
"""From weights (K,) to gradient (K,) and Hessian (K, K) of a convex loss."""

_LONGEST, _CLOSE = 2.0, 1e-9  # step of a weight, at most; and below which nothing is left to gain
_CERTAIN = 30.0  # logits beyond which a probability changes no more


def newton(
    terms: Terms, start: Array, ridge: float, centre: ArrayLike = 0.0, free: NDArray[np.bool_] | None = None, steps: int = 60
) -> Array:
    """Weights (K,) with the smallest loss + ridge / 2 |weights - centre|^2, looked for from ``start``.

    centre: (K,), or a number for all. free: (K,) which weights move; the others stay as they start.
    """
    own = np.ones(len(start), bool) if free is None else free
    theta = np.array(start, np.float64)
    for _ in range(steps):
        gradient, hessian = terms(theta)
        gradient, hessian = gradient + ridge * (theta - np.asarray(centre)), hessian + ridge * np.eye(len(theta))
        step = np.linalg.solve(hessian[np.ix_(own, own)], gradient[own])
        theta[own] -= step * min(1.0, _LONGEST / max(float(np.abs(step).max()), 1e-12))
        if np.abs(step).max() < _CLOSE:
            break
    return theta


def logistic_terms(x: Array, y: Array, weight: float = 1.0) -> Terms:
    """Of ``weight`` times the cross-entropy of labels (N,) in [0, 1] with the logits x (N, K) . weights."""
    def terms(theta: Array) -> tuple[Array, Array]:
        p = 1.0 / (1.0 + np.exp(-np.clip(x @ theta, -_CERTAIN, _CERTAIN)))
        return weight * (x.T @ (p - y)), weight * ((x * (p * (1.0 - p))[:, None]).T @ x)

    return terms


def fit_logistic(x: Array, y: Array, ridge: float, centre: Array | None = None, steps: int = 60) -> Array:
    """Weights (K,) of a logistic regression of labels (N,) in [0, 1] on x (N, K), looked for from ``centre`` (0 if None)."""
    begin = np.zeros(x.shape[1]) if centre is None else centre
    return newton(logistic_terms(x, y), begin, ridge, begin, steps=steps)
