"""Growing boosted trees with LightGBM (Ke et al., NeurIPS 2017) and writing them down as ``models.boosted.ensemble`` reads them.

More words of the request in an item never count against it, more that it refuses never for it: trees are monotone in what
``matching`` says of the request, in limits met and in wants fulfilled. On sources that training never saw this keeps them from
being worse than the measure of word overlap that they begin with.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recenv.errors import MissingExtra
from recenv.rewards.features import matching
from recenv.rewards.models.boosted.ensemble import LEAVES, Ensemble

Array = NDArray[np.float64]

_UP = frozenset(n for n in matching.NAMES if n not in ("refused_mass", "number_hits"))
_MET = frozenset((
    "rating_limit_met", "price_limit_met", "other_limit_met", "all_limits_met", "wants_rating", "wants_price", "wants_time",
    "wants_met", "wants_verdict", "wants_kind", "wants_near", "requests_found"))
_MISSED = frozenset(("limits_missed", "rating_excess", "price_excess", "other_excess", "wants_missed"))


def direction(name: str) -> int:
    """1 where a feature never counts against an item, -1 where never for it, 0 elsewhere."""
    base = name.partition(":")[0].removeprefix("listed_")
    if base.startswith("query_") and base.removeprefix("query_") in matching.NAMES:
        own = base.removeprefix("query_")
        return 1 if own in _UP else -1 if own == "refused_mass" else 0
    return 1 if base in _MET else -1 if base in _MISSED else 0


def grow(
    x: Array, labels: Array, weights: Array, start: Array, names: Sequence[str], *, trees: int, rate: float, leaves: int,
    least: int, share: float, seed: int, lists: Sequence[int] | None = None, monotone: bool = True,
) -> Ensemble:
    """Trees that correct the logits ``start`` (U,) towards labels (U,) in [0, 1], weighed by ``weights`` (U,).

    lists: sizes of the lists that consecutive units make; with them the order within each is learned (LambdaRank: Burges, 2010),
    else probabilities. least: units in a leaf; share: of the features that a tree may use. The same input gives the same trees.
    Raises MissingExtra without LightGBM.
    """
    try:
        import lightgbm
    except ImportError:
        raise MissingExtra("lightgbm", "train") from None
    options: dict[str, Any] = {
        "objective": "lambdarank" if lists is not None else "cross_entropy", "learning_rate": rate, "num_leaves": leaves,
        "min_data_in_leaf": least, "lambda_l2": 5.0, "feature_fraction": share, "seed": seed, "num_threads": 1,
        "deterministic": True, "force_row_wise": True, "verbose": -1, "use_missing": False,
        "monotone_constraints": [direction(n) if monotone else 0 for n in names],
    }
    if lists is not None:
        options["label_gain"] = [0, 1, 2, 3]
        labels = np.round(labels * 3.0)
    data = lightgbm.Dataset(x, labels, weight=weights, init_score=start, group=lists, params=options)
    return _written(lightgbm.train(options, data, trees).dump_model()["tree_info"])


def together(first: Ensemble, second: Ensemble, scale: float) -> Ensemble:
    """The trees of both, those of the first counted ``scale`` times."""
    a, b = first.arrays(), second.arrays()
    a["value"] = a["value"] * scale
    width = max(len(a["feature"][0]), len(b["feature"][0]))
    filled = {"feature": 0, "threshold": np.inf, "open": (1 << LEAVES) - 1}
    for own in (a, b):
        for name, nothing in filled.items():
            own[name] = np.pad(own[name], ((0, 0), (0, width - len(own[name][0]))), constant_values=nothing)
    return Ensemble({name: np.concatenate([a[name], b[name]]) for name in a})


def _written(trees: Sequence[dict[str, Any]]) -> Ensemble:
    walked = []
    for tree in trees:
        nodes: list[tuple[int, float, int]] = []
        leaves: list[float] = []
        _walk(tree["tree_structure"], nodes, leaves)
        walked.append((nodes, leaves))
    shape = (len(trees), LEAVES - 1)
    feature, threshold, open_ = np.zeros(shape, np.int64), np.full(shape, np.inf), np.full(shape, (1 << LEAVES) - 1, np.int64)
    value = np.zeros((len(trees), LEAVES))
    for t, (nodes, leaves) in enumerate(walked):
        for n, (f, cut, closed) in enumerate(nodes):
            feature[t, n], threshold[t, n], open_[t, n] = f, cut, ((1 << LEAVES) - 1) & ~closed
        value[t, :len(leaves)] = leaves
    most = max((len(nodes) for nodes, _ in walked), default=0) or 1
    return Ensemble({"feature": feature[:, :most], "threshold": threshold[:, :most], "open": open_[:, :most], "value": value})


def _walk(node: dict[str, Any], nodes: list[tuple[int, float, int]], leaves: list[float]) -> None:
    """Leaves from left to right; of each node the feature, the cut and the leaves on its left, as bits."""
    if "leaf_value" in node:
        leaves.append(float(node["leaf_value"]))
        return
    place, first = len(nodes), len(leaves)
    nodes.append((0, 0.0, 0))
    _walk(node["left_child"], nodes, leaves)
    closed = (1 << len(leaves)) - (1 << first)
    nodes[place] = (int(node["split_feature"]), float(node["threshold"]), closed)
    _walk(node["right_child"], nodes, leaves)
