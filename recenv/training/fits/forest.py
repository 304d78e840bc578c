"""Growing a forest of extremely randomised trees (Geurts, Ernst & Wehenkel, Machine Learning 2006)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from recenv import rng
from recenv.rewards.models.forest import LEAF, MOST_DEPTH, Forest

TREES, LEAST, TRIED, MOST_ROWS = 80, 4, 0.2, 12_000
"""Trees; rows a leaf; share of the features tried at a node; rows drawn for a tree."""

_SHRINK = 0.5  # pseudo-rows of the overall mean in a leaf
_MOST_FEATURES = 255


def fit_forest(x: NDArray[np.float32], y: NDArray[np.float32], seed: int, trees: int = TREES) -> Forest:
    """A forest for labels (N,) in [0, 1] over standardised features (N, E) without NaN: the same for the same arguments."""
    if x.shape[1] > _MOST_FEATURES:
        raise ValueError(f"expected at most {_MOST_FEATURES} features, got {x.shape[1]}")
    parts: list[dict[str, NDArray[Any]]] = []
    start = 0
    for t in range(trees):
        key = rng.bits(rng.word("forest"), seed, t, np.arange(2, dtype=np.uint64))
        generator = np.random.Generator(np.random.Philox(key=key))
        drawn = generator.permutation(len(y))[:MOST_ROWS]
        tree = _grow(np.ascontiguousarray(x[drawn].T), y[drawn].astype(np.float64), float(y.mean()), generator)
        tree["roots"] = np.array([start], np.int32)
        start += len(tree["feature"])
        parts.append(tree)
    return Forest({k: np.concatenate([p[k] for p in parts]) for k in parts[0]})


def _grow(
    x: NDArray[np.float32], y: NDArray[np.float64], prior: float, generator: np.random.Generator
) -> dict[str, NDArray[Any]]:
    """One tree over columns x (E, N), level by level."""
    tried = max(1, round(TRIED * len(x)))
    feature, threshold, left = [[LEAF]], [[0.0]], [[0]]
    value: list[list[float]] = [_leaf(np.array([y.sum()]), np.array([len(y)]), prior).tolist()]
    node = np.zeros(len(y), np.int64)  # of each row, within its level; -1: at rest in a leaf
    width, total = 1, 1
    for _ in range(MOST_DEPTH):
        rows = np.flatnonzero(node >= 0)
        own = node[rows]
        best, cut, gain = _splits(x, y, rows, own, width, tried, generator)
        split = gain > 1e-9
        if not split.any():
            break
        place = np.cumsum(split) - 1
        feature[-1], threshold[-1] = np.where(split, best, LEAF).tolist(), np.where(split, cut, 0.0).tolist()
        left[-1] = np.where(split, total + 2 * place, 0).tolist()
        going = split[own]
        rows, own = rows[going], own[going]
        node[:] = -1
        node[rows] = 2 * place[own] + (x[best[own], rows] >= cut[own])
        width = 2 * int(split.sum())
        total += width
        count = np.bincount(node[rows], minlength=width)
        sums = np.bincount(node[rows], y[rows], minlength=width)
        feature.append([LEAF] * width)
        threshold.append([0.0] * width)
        left.append([0] * width)
        value.append(_leaf(sums, count, prior).tolist())
    flat: dict[str, tuple[list[list[Any]], Any]] = {
        "feature": (feature, np.uint8), "threshold": (threshold, np.float16), "left": (left, np.uint16),
        "value": (value, np.float16)}
    return {k: np.array([v for level in levels for v in level]).astype(kind) for k, (levels, kind) in flat.items()}


def _splits(
    x: NDArray[np.float32], y: NDArray[np.float64], rows: NDArray[np.int64], own: NDArray[np.int64], width: int, tried: int,
    generator: np.random.Generator,
) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.float64]]:
    """For each node of a level the best of ``tried`` features, each cut at one random place: feature, cut, gain (0: none)."""
    count, sums = np.bincount(own, minlength=width), np.bincount(own, y[rows], minlength=width)
    impure = count >= 2 * LEAST
    best, cut, gain = np.zeros(width, np.int64), np.zeros(width, np.float32), np.zeros(width)
    order = np.argsort(own, kind="stable")
    start = np.concatenate([[0], np.cumsum(count)[:-1]])
    choice = np.argsort(generator.random((width, len(x))), axis=1)[:, :tried]
    place = generator.random((width, tried))
    for k in range(tried):
        column = x[choice[own, k], rows]
        ordered = column[order]
        low, high = np.minimum.reduceat(ordered, start), np.maximum.reduceat(ordered, start)
        at = (low + (high - low) * place[:, k]).astype(np.float16).astype(np.float32)
        right = column >= at[own]
        n_right = np.bincount(own[right], minlength=width)
        s_right = np.bincount(own[right], y[rows[right]], minlength=width)
        n_left, s_left = count - n_right, sums - s_right
        fine = impure & (n_right >= LEAST) & (n_left >= LEAST)
        with np.errstate(divide="ignore", invalid="ignore"):
            found = np.where(fine, s_right**2 / n_right + s_left**2 / n_left - sums**2 / count, 0.0)
        better = found > gain
        best, cut, gain = np.where(better, choice[:, k], best), np.where(better, at, cut), np.where(better, found, gain)
    return best, cut, gain


def _leaf(total: NDArray[Any], count: NDArray[Any], prior: float) -> NDArray[np.float64]:
    return np.asarray((total + _SHRINK * prior) / (count + _SHRINK), np.float64)
