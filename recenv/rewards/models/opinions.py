"""Second opinions: what else than the network judges a row, by its explicit features or by its texts as tables.

Each gives a logit, or NaN where it has nothing to say; how it counts beside the network is a ``Blend``. Any checkpoint may have
them. What may judge a dimension is in its record (``Dimension.opinions``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from recenv.records import ScorerRow
from recenv.rewards.models.forest import Forest
from recenv.rewards.models.tables.process import State, TabularModel
from recenv.rewards.models.topic import Topic

PREFIX = "experts."
"""What the names of their tensors begin with in a checkpoint."""


class SecondOpinions:
    """Those of a checkpoint by dimension: forests over features, beside which a topic line may stand, and tables of
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
        """Those that have one, sorted."""
        return sorted({*self.forests, *self.tables})

    def logits(self, dimension: str, rows: Sequence[ScorerRow], standard: NDArray[np.float32]) -> NDArray[np.float64]:
        """(N,) logits of rows with standardised features (N, E); NaN where there is nothing to say. Each is of its row alone."""
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
    def among(cls, found: Mapping[str, Tensor]) -> SecondOpinions:
        """Those among the tensors of a checkpoint."""
        arrays: dict[tuple[str, str], dict[str, NDArray[Any]]] = {}
        for name, tensor in found.items():
            if name.startswith(PREFIX):
                kind, dimension, field = name.removeprefix(PREFIX).split(".", 2)
                arrays.setdefault((kind, dimension), {})[field] = tensor.numpy()
        return cls({d: Forest(own) for (kind, d), own in arrays.items() if kind == "forest"},
                   {d: own for (kind, d), own in arrays.items() if kind == "table"},
                   {d: Topic(own) for (kind, d), own in arrays.items() if kind == "topic"})
