"""Weighing several opinions on rows that none was trained on (``rewards.models.blend``), with weights >= 0.

Rows of one group (one snippet, one prompt) say nearly the same of the opinions, so what a set of rows can say counts by its
groups: a hundred rows of four snippets move the weights from even ones as far as four rows do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence

import numpy as np

from recenv.measures.logistic import Array, Terms, logistic_terms, newton
from recenv.rewards.models.blend import Blend, even

_RIDGE = 1.0  # of the weights towards even ones, beside a sum over groups
_ENOUGH = 30  # rows (or lists) without which opinions count evenly
_OWN = 200  # rows from which a kind of rows has weights of its own


def fit_blend(opinions: Sequence[Array], labels: Array, groups: Sequence[Hashable]) -> Blend:
    """By the cross-entropy with labels in [0, 1], with a pull towards even weights; rows with a missing opinion are left out.

    groups (N,): rows of one are counted as in ``effective``. Too few rows, or one class only, blend evenly.
    """
    stacked = np.stack(opinions)
    spoken = ~np.isnan(stacked).any(0)
    x, y = np.concatenate([stacked[:, spoken], np.ones((1, int(spoken.sum())))]).T, labels[spoken]
    if len(y) < _ENOUGH or y.max() < 0.5 or y.min() >= 0.5:
        return even(len(opinions))
    share = effective([groups[n] for n in np.flatnonzero(spoken).tolist()]) / len(y)
    start = np.array([*even(len(opinions)).weights, 0.0])
    *weights, shift = _smallest(logistic_terms(x, y, share), start, len(opinions)).tolist()
    return Blend(weights=tuple(weights), shift=shift)


def effective(groups: Sequence[Hashable]) -> float:
    """Kish's effective number of groups, (sum of sizes)^2 / sum of squared sizes: that of equal groups is their number."""
    sizes = np.array(list(Counter(groups).values()), float)
    return float(sizes.sum() ** 2 / (sizes ** 2).sum())


def fit_blends(
    opinions: Sequence[Array], labels: Array, groups: Sequence[Hashable], kinds: Sequence[str], wanted: Sequence[str]
) -> dict[str, Blend]:
    """A blend for each wanted kind of rows; groups, kinds (N,). One that has few rows is blended as all rows are."""
    own, everyone, found = np.array(kinds), fit_blend(opinions, labels, groups), {}
    for k in wanted:
        at = np.flatnonzero(own == k)
        found[k] = (fit_blend([o[at] for o in opinions], labels[at], [groups[n] for n in at.tolist()])
                    if len(at) >= _OWN else everyone)
    return found


def fit_list_blend(opinions: Sequence[Sequence[Array]], gains: Sequence[Array]) -> Blend:
    """The same for lists of logits (C,), by the softmax cross-entropy with their gains; lists without a gain are left out."""
    used = [(np.stack(own, 1), g / g.sum()) for *own, g in zip(*opinions, gains, strict=True) if g.sum() > 0]
    if len(used) < _ENOUGH:
        return even(len(opinions))

    def terms(theta: Array) -> tuple[Array, Array]:
        gradient, hessian = np.zeros(len(theta)), np.zeros((len(theta), len(theta)))
        for x, target in used:
            e = np.exp(x @ theta - (x @ theta).max())
            p = e / e.sum()
            mean = x.T @ p
            gradient += mean - x.T @ target
            hessian += (x * p[:, None]).T @ x - np.outer(mean, mean)
        return gradient, hessian

    return Blend(weights=tuple(_smallest(terms, np.array(even(len(opinions)).weights), len(opinions)).tolist()))


def _smallest(terms: Terms, start: Array, bounded: int) -> Array:
    """The weights of the smallest loss, with a pull towards ``start``; the first ``bounded`` are not negative: one that would be
    is left at 0."""
    used = np.ones(len(start), bool)
    while True:
        theta = newton(terms, np.where(used, start, 0.0), _RIDGE, start, used)
        worst = int(np.argmin(theta[:bounded]))
        if theta[worst] >= 0.0:
            return theta
        used[worst] = False
