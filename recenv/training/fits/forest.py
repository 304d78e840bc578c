"""Growing a forest of extremely randomised trees (Geurts, Ernst & Wehenkel, Machine Learning 2006) with scikit-learn, and writing
it down as ``models.forest`` reads it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from recenv import rng
from recenv.errors import MissingExtra
from recenv.rewards.models.forest import LEAF, MOST_DEPTH, Forest

TREES, LEAST, TRIED, MOST_ROWS = 80, 4, 0.2, 12_000
"""Trees; rows a leaf; share of the features tried at a node; rows drawn for a tree."""

_SHRINK = 0.5  # pseudo-rows of the overall mean in a leaf
_MOST_FEATURES = 255


def fit_forest(x: NDArray[np.float32], y: NDArray[np.float32], seed: int, trees: int = TREES) -> Forest:
    """A forest for labels (N,) in [0, 1] over standardised features (N, E) without NaN: the same for the same arguments.

    Raises MissingExtra without scikit-learn.
    """
    if x.shape[1] > _MOST_FEATURES:
        raise ValueError(f"expected at most {_MOST_FEATURES} features, got {x.shape[1]}")
    try:
        from sklearn.tree import ExtraTreeRegressor
    except ImportError:
        raise MissingExtra("scikit-learn", "train") from None
    parts: list[dict[str, NDArray[Any]]] = []
    start, features = 0, max(1, round(TRIED * x.shape[1]))
    for t in range(trees):
        key = rng.bits(rng.word("forest"), seed, t, np.arange(2, dtype=np.uint64))
        generator = np.random.Generator(np.random.Philox(key=key))
        drawn = generator.permutation(len(y))[:MOST_ROWS]
        grown = ExtraTreeRegressor(max_features=features, min_samples_leaf=LEAST, max_depth=MOST_DEPTH,
                                   random_state=int(generator.integers(2**31)))
        tree = _stored(grown.fit(x[drawn], y[drawn].astype(np.float64)).tree_, float(y.mean()))
        parts.append({**tree, "roots": np.array([start], np.int32)})
        start += len(tree["feature"])
    return Forest({k: np.concatenate([p[k] for p in parts]) for k in parts[0]})


def _stored(tree: Any, prior: float) -> dict[str, NDArray[Any]]:
    """One tree with its children side by side; cuts and values in the precision that is kept."""
    order = [0]
    for node in order:  # grows as it is read
        if tree.children_left[node] >= 0:
            order += [tree.children_left[node], tree.children_right[node]]
    place = np.argsort(order)
    inner, count = tree.children_left[order] >= 0, tree.n_node_samples[order]
    return {
        "feature": np.where(inner, tree.feature[order], LEAF).astype(np.uint8),
        "threshold": np.where(inner, tree.threshold[order], 0.0).astype(np.float16),
        "left": np.where(inner, place[tree.children_left[order]], 0).astype(np.uint16),
        "value": ((tree.value[order, 0, 0] * count + _SHRINK * prior) / (count + _SHRINK)).astype(np.float16)}
