"""Two opinions on a row as one: logit = a * first + b * second + c, with a, b >= 0 fitted on rows that neither was trained on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

_RIDGE = 1.0  # of the blend's weights towards an even blend
_OWN = 200  # rows from which a kind of rows has weights of its own

Array = NDArray[np.float64]
_Terms = Callable[[Array], tuple[Array, Array]]
"""From weights (K,) to gradient (K,) and Hessian (K, K) of a convex loss."""


class Blend(msgspec.Struct, frozen=True, kw_only=True):
    """Weights of the two logits, and a shift."""

    first: float = 1.0
    second: float = 0.0
    shift: float = 0.0

    def __call__(self, first: Array, second: Array) -> Array:
        """(N,) blended logits; the first alone where the second is NaN."""
        both = self.first * first + self.second * np.nan_to_num(second) + self.shift
        return np.where(np.isnan(second), first, both)


def fit_blend(first: Array, second: Array, labels: Array) -> Blend:
    """By the cross-entropy with labels in [0, 1], with a pull towards an even blend; NaN in ``second`` is left out.

    Too few rows, or one class only, blend evenly.
    """
    spoken = ~np.isnan(second)
    x, y = np.stack([first[spoken], second[spoken], np.ones(int(spoken.sum()))], 1), labels[spoken]
    if len(y) < 30 or y.max() < 0.5 or y.min() >= 0.5:
        return Blend(first=0.5, second=0.5)

    def terms(theta: Array) -> tuple[Array, Array]:
        p = 1.0 / (1.0 + np.exp(-np.clip(x @ theta, -30.0, 30.0)))
        return x.T @ (p - y), (x * (p * (1.0 - p))[:, None]).T @ x

    a, b, c = _smallest(terms, np.array([0.5, 0.5, 0.0])).tolist()
    return Blend(first=a, second=b, shift=c)


def fit_blends(first: Array, second: Array, labels: Array, kinds: Sequence[str], wanted: Sequence[str]) -> dict[str, Blend]:
    """A blend for each wanted kind of rows, kinds (N,); one that has few rows is blended as all rows are."""
    own, everyone = np.array(kinds), fit_blend(first, second, labels)
    return {k: fit_blend(first[own == k], second[own == k], labels[own == k]) if (own == k).sum() >= _OWN else everyone
            for k in wanted}


def blended(blends: Mapping[str, Blend], kinds: Sequence[str], first: Array, second: Array) -> Array:
    """(N,) logits of rows of kinds (N,), each by the blend of its kind."""
    out, own = np.full(len(first), np.nan), np.array(kinds)
    for k, blend in blends.items():
        out[own == k] = blend(first[own == k], second[own == k])
    return out


def fit_list_blend(first: Sequence[Array], second: Sequence[Array], gains: Sequence[Array]) -> Blend:
    """The same for lists of logits (C,), by the softmax cross-entropy with their gains; lists without a gain are left out."""
    used = [(np.stack([a, b], 1), g / g.sum()) for a, b, g in zip(first, second, gains, strict=True) if g.sum() > 0]
    if len(used) < 30:
        return Blend(first=0.5, second=0.5)

    def terms(theta: Array) -> tuple[Array, Array]:
        gradient, hessian = np.zeros(2), np.zeros((2, 2))
        for x, target in used:
            e = np.exp(x @ theta - (x @ theta).max())
            p = e / e.sum()
            mean = x.T @ p
            gradient += mean - x.T @ target
            hessian += (x * p[:, None]).T @ x - np.outer(mean, mean)
        return gradient, hessian

    a, b = _smallest(terms, np.array([0.5, 0.5])).tolist()
    return Blend(first=a, second=b)


def _smallest(terms: _Terms, even: Array) -> Array:
    """The weights of the smallest loss, by Newton steps, with a pull towards ``even``; the first two are not negative."""
    theta = even
    for free in ((True, True), (True, False), (False, True)):
        used = np.array([*free, *(True for _ in even[2:])])
        theta = np.where(used, even, 0.0)
        for _ in range(60):
            gradient, hessian = terms(theta)
            gradient, hessian = gradient + _RIDGE * (theta - even), hessian + _RIDGE * np.eye(len(even))
            step = np.linalg.solve(hessian[np.ix_(used, used)], gradient[used])
            theta[used] -= step * min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-12))
            if np.abs(step).max() < 1e-9:
                break
        if theta[:2].min() >= 0.0:
            break
    return np.concatenate([np.maximum(theta[:2], 0.0), theta[2:]])
