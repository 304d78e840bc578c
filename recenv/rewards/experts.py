"""Second opinions: what else than the network judges a row by its explicit features, and how both are blended.

An expert gives a logit, or NaN where it has no opinion. On rows that it speaks about, logit = a * network + b * expert + c, with
a, b >= 0 fitted on validation rows; elsewhere the network decides alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from recenv.records import ScorerRow
from recenv.rewards.forest import Forest
from recenv.rewards.tabular_model import State, TabularModel

PREFIX = "experts."
FORESTED = ("instruction_following", "factual_consistency", "query_item_relevance")
"""Dimensions whose features also grow a forest: those judged row by row, from many unlike features."""

TABLED = ("behavior_prediction",)
"""Dimensions whose texts may be tables of "key: value" pairs."""

_RIDGE = 1.0  # of the blend's weights towards an even blend


class Blend(msgspec.Struct, frozen=True, kw_only=True):
    """Weights of the two logits, and a shift."""

    network: float = 1.0
    expert: float = 0.0
    shift: float = 0.0

    def __call__(self, network: NDArray[np.float64], expert: NDArray[np.float64]) -> NDArray[np.float64]:
        """(N,) blended logits; the network's where the expert is NaN."""
        both = self.network * network + self.expert * np.nan_to_num(expert) + self.shift
        return np.where(np.isnan(expert), network, both)


def fit_blend(network: NDArray[np.float64], expert: NDArray[np.float64], labels: NDArray[np.float64]) -> Blend:
    """By Newton steps on the cross-entropy with labels in [0, 1], with a pull towards an even blend.

    Too few rows, or one class only, blend evenly.
    """
    spoken = ~np.isnan(expert)
    x, y = np.stack([network[spoken], expert[spoken], np.ones(int(spoken.sum()))], 1), labels[spoken]
    even = np.array([0.5, 0.5, 0.0])
    if len(y) < 30 or y.max() < 0.5 or y.min() >= 0.5:
        return Blend(network=0.5, expert=0.5)
    best = even
    for free in ((True, True), (True, False), (False, True)):
        used = np.array([*free, True])
        theta = np.where(used, even, 0.0)
        for _ in range(60):
            p = 1.0 / (1.0 + np.exp(-np.clip(x @ theta, -30.0, 30.0)))
            gradient = (x.T @ (p - y) + _RIDGE * (theta - even))[used]
            hessian = ((x * (p * (1.0 - p))[:, None]).T @ x + _RIDGE * np.eye(3))[np.ix_(used, used)]
            step = np.linalg.solve(hessian, gradient)
            theta[used] -= step * min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-12))
            if np.abs(step).max() < 1e-9:
                break
        best = theta
        if theta[:2].min() >= 0.0:
            break
    return Blend(network=float(max(best[0], 0.0)), expert=float(max(best[1], 0.0)), shift=float(best[2]))


class Experts:
    """The experts of a checkpoint by dimension: forests over features, and tables of "key: value" texts."""

    def __init__(self, forests: Mapping[str, Forest] | None = None, tables: Mapping[str, State] | None = None) -> None:
        self.forests = dict(forests or {})
        self.tables = dict(tables or {})
        self._models = {d: TabularModel(state) for d, state in self.tables.items()}

    @property
    def dimensions(self) -> list[str]:
        """Those that have an expert, sorted."""
        return sorted({*self.forests, *self.tables})

    def logits(self, dimension: str, rows: Sequence[ScorerRow], standard: NDArray[np.float32]) -> NDArray[np.float64]:
        """(N,) logits of rows with standardised features (N, E); NaN without an opinion. Each depends on its row alone."""
        if dimension in self._models:
            return self._models[dimension].logits(rows).astype(np.float64)
        return self.forests[dimension].logits(standard)

    def tensors(self) -> dict[str, Tensor]:
        """As named tensors."""
        arrays: dict[str, NDArray[Any]] = {}
        for kind, found in (("forest", {d: f.arrays() for d, f in self.forests.items()}), ("table", self.tables)):
            arrays.update({f"{PREFIX}{kind}.{d}.{name}": array for d, own in found.items() for name, array in own.items()})
        return {name: torch.from_numpy(np.ascontiguousarray(array)) for name, array in arrays.items()}

    @classmethod
    def among(cls, found: Mapping[str, Tensor]) -> Experts:
        """The experts among the tensors of a checkpoint."""
        arrays: dict[tuple[str, str], dict[str, NDArray[Any]]] = {}
        for name, tensor in found.items():
            if name.startswith(PREFIX):
                kind, dimension, field = name.removeprefix(PREFIX).split(".", 2)
                arrays.setdefault((kind, dimension), {})[field] = tensor.numpy()
        return cls({d: Forest(own) for (kind, d), own in arrays.items() if kind == "forest"},
                   {d: own for (kind, d), own in arrays.items() if kind == "table"})
