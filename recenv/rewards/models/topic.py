"""Whether an answer is about its request: a line over what the base sees, for instructions that no exact check can read.

Labels for open instructions are few and say which of two fluent answers people prefer. What can be learned from any instruction
is which answer was given to it and which to the instruction most like it. A line over the similarities is fitted to such pairs
(``training.fits.topic``), then weighed against the forest, which knows the labels, on pairs and rows held out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recenv.records import ScorerRow
from recenv.rewards.features.orders import check
from recenv.rewards.models.blend import Blend
from recenv.rewards.reading.lexical import grams, jaccard, readable
from recenv.rewards.rules.checks import read_checks

COLUMNS = ("cosine", "match", "worst_match", "match_back", "positive_cosine", "opening_cosine", "ending_cosine")
"""The features that the line is over."""

_ECHO = 0.8  # Jaccard index of words from which an answer is taken to repeat the request


class Topic:
    """columns (K,) of the standardised features; weights (K,) and middle (1,) of the line; mixed (3,): what the forest's logit
    counts beside it, what the line's does, and a shift (a ``Blend``)."""

    def __init__(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        self.columns = np.asarray(arrays["columns"], np.int64)
        self.weights = np.asarray(arrays["weights"], np.float32).astype(np.float64)
        self.middle = float(np.float32(arrays["middle"][0]))
        forest, line, shift = np.asarray(arrays["mixed"], np.float32).tolist()
        self.mixed = Blend(weights=(forest, line), shift=shift)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What is stored of it."""
        mixed = np.array([*self.mixed.weights, self.mixed.shift], np.float32)
        return {"columns": self.columns.astype(np.int32), "weights": self.weights.astype(np.float32),
                "middle": np.array([self.middle], np.float32), "mixed": mixed}

    def mixing(self, mixed: Blend) -> Topic:
        """The same line, counted otherwise."""
        return Topic({**self.arrays(), "mixed": np.array([*mixed.weights, mixed.shift])})

    def logits(self, rows: Sequence[ScorerRow], standard: NDArray[np.float32]) -> NDArray[np.float64]:
        """(N,) logits of rows with standardised features (N, E); NaN where the line has nothing to say (see ``open_to``)."""
        own = standard[:, self.columns].astype(np.float64)
        line = np.array([np.sum(values * self.weights) for values in own]).reshape(len(own)) - self.middle
        return np.where(np.array([open_to(row) for row in rows], bool).reshape(len(own)), line, np.nan)


def open_to(row: ScorerRow) -> bool:
    """Whether a row's instruction states nothing that can be checked, both sides can be read, and the answer is no echo."""
    asked = f"{row.instruction}\n{row.query}".strip()
    if not readable(row.instruction) or not readable(row.response) or read_checks(asked) or check(row.instruction, row.response):
        return False
    said = grams(row.response)
    return all(jaccard(said, grams(t)) < _ECHO for t in (row.instruction, row.query, asked) if t)
