"""The features of units for a sequence model: the explicit ones, and those that its base sees."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor

from recenv.records import ScorerRow
from recenv.rewards.features import vector
from recenv.rewards.fields import texts
from recenv.rewards.models.device import at_once, of_model
from recenv.rewards.models.sequence.network import SequenceNetwork
from recenv.rewards.models.sequence.similarities import BATCH, Semantics
from recenv.rewards.models.sequence.text import Tokens

NOTHING = Tokens(np.zeros(1, np.int32), np.zeros(1, np.int32))
"""The sequence of a row that the trunk does not read."""

_PASS = 512  # units at a time: bounds the memory of token states


class SequenceInputs:
    """Features of units by the model's architecture. Keeps the texts that the base has encoded."""

    def __init__(self, model: SequenceNetwork, tokenizer: Tokenizer) -> None:
        self._architecture = model.architecture
        self._model, self._semantics = model, None
        if model.architecture.semantic:
            axes, batch = None if model.axes is None else model.axes.cpu(), at_once(of_model(model), BATCH)
            self._semantics = Semantics(self._states, tokenizer, axes, batch=batch)

    def __call__(self, units: Sequence[tuple[ScorerRow, str]]) -> NDArray[np.float32]:
        """(N, E) features of rows, each with one of its items, all of one dimension; (N, 0) where none are fused."""
        if not self._architecture.features or not units:
            return np.zeros((len(units), 0), np.float32)
        explicit = np.stack([vector.vector(row.dimension, texts(row, item)) for row, item in units])
        if self._semantics is None:
            return explicit
        seen = [self._semantics.features(units[at:at + _PASS]) for at in range(0, len(units), _PASS)]
        return np.concatenate([explicit, np.concatenate(seen)], 1)

    def _states(self, ids: Tensor, mask: Tensor) -> Tensor:
        """See ``similarities.States``; computed where the model is."""
        device = of_model(self._model)
        return self._model.states(ids.to(device), mask.to(device)).cpu()

    def clear(self) -> None:
        """Forget the encoded texts."""
        if self._semantics is not None:
            self._semantics.clear()
