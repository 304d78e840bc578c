"""Second opinions: what else than the network judges a row by its explicit features, and how both are blended.

An expert gives a logit, or NaN where it has no opinion; how it counts beside the network is a ``Blend``. Both families have them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from recenv.records import ScorerRow
from recenv.rewards.models.compact.network import Wide, standard
from recenv.rewards.models.forest import Forest, fit_forest
from recenv.rewards.models.tables.process import State, TabularModel
from recenv.rewards.models.tables.process import fit as fit_table
from recenv.rewards.models.topic import Topic

if TYPE_CHECKING:
    from recenv.training.family import Data, Progress

PREFIX = "experts."
FORESTED = ("instruction_following", "factual_consistency", "query_item_relevance")
"""Dimensions whose features also grow a forest: those judged row by row, from many unlike features."""

TOPICAL = "instruction_following"
"""The dimension whose forest has a topic line beside it."""

TABLED = ("behavior_prediction",)
"""Dimensions whose texts may be tables of "key: value" pairs."""


class Experts:
    """The experts of a checkpoint by dimension: forests over features, beside which a topic line may stand, and tables of
    "key: value" texts."""

    def __init__(
        self, forests: Mapping[str, Forest] | None = None, tables: Mapping[str, State] | None = None,
        topics: Mapping[str, Topic] | None = None,
    ) -> None:
        self.forests = dict(forests or {})
        self.tables = dict(tables or {})
        self.topics = dict(topics or {})
        self._models = {d: TabularModel(state) for d, state in self.tables.items()}

    @property
    def dimensions(self) -> list[str]:
        """Those that have an expert, sorted."""
        return sorted({*self.forests, *self.tables})

    def logits(self, dimension: str, rows: Sequence[ScorerRow], standard: NDArray[np.float32]) -> NDArray[np.float64]:
        """(N,) logits of rows with standardised features (N, E); NaN without an opinion. Each depends on its row alone."""
        if dimension in self._models:
            return self._models[dimension].logits(rows).astype(np.float64)
        found = self.forests[dimension].logits(standard)
        topic = self.topics.get(dimension)
        return found if topic is None else topic.mixed(found, topic.logits(rows, standard))

    def tensors(self) -> dict[str, Tensor]:
        """As named tensors."""
        arrays: dict[str, NDArray[Any]] = {}
        kinds = (("forest", {d: f.arrays() for d, f in self.forests.items()}), ("table", self.tables),
                 ("topic", {d: t.arrays() for d, t in self.topics.items()}))
        for kind, found in kinds:
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
                   {d: own for (kind, d), own in arrays.items() if kind == "table"},
                   {d: Topic(own) for (kind, d), own in arrays.items() if kind == "topic"})


def fit_experts(
    data: Mapping[str, Sequence[Data]], wide: Callable[[str], Wide | None], seed: int, tell: Progress
) -> Experts:
    """Forests and tables for the dimensions that have them, each from all parts of its rows."""
    forests: dict[str, Forest] = {}
    tables: dict[str, State] = {}
    found = [d for d in data if d in (*FORESTED, *TABLED)]
    for n, d in enumerate(found):
        tell(f"fitting a second opinion on {d}", n, len(found))
        rows, labels = [row for part in data[d] for row in part.rows], np.concatenate([part.labels for part in data[d]])
        head = wide(d)
        if d in FORESTED and head is not None:
            forests[d] = fit_forest(standard(head, np.concatenate([part.features for part in data[d]])), labels, seed)
        elif d in TABLED and (state := fit_table(rows, labels, seed).state):
            tables[d] = state
    return Experts(forests, tables)
