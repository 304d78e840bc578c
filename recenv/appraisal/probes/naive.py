"""Baselines that understand nothing, each a logistic regression on one or two numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from recenv.appraisal.overlap import word_overlap
from recenv.measures.logistic import fit_logistic
from recenv.measures.metrics import Array
from recenv.records import ScorerRow

_RIDGE = 1e-3  # a row


class Case(NamedTuple):
    """What one number is wanted for: a row, and an item of it ("" where the row has one or none)."""

    row: ScorerRow
    item: str = ""


class Baseline(NamedTuple):
    """columns: the features read, of ``COLUMNS``."""

    name: str
    columns: tuple[str, ...]
    items_only: bool = False


BASELINES = (
    Baseline("constant", ()),
    Baseline("length only", ("answer length", "question length")),
    Baseline("word overlap only", ("overlap",)),
    Baseline("length and overlap", ("answer length", "question length", "overlap")),
    Baseline("popularity only", ("popularity",), items_only=True),
)


def features(cases: Sequence[Case], columns: Sequence[str], popularity: Mapping[str, int]) -> Array:
    """(N, E) raw features."""
    return np.array([[_feature(case, name, popularity) for name in columns] for case in cases], float).reshape(len(cases), -1)


def _feature(case: Case, name: str, popularity: Mapping[str, int]) -> float:
    row, item = case.row, case.item or case.row.item
    if name == "answer length":
        return float(np.log1p(len(row.response or item)))
    if name == "question length":
        return float(np.log1p(len(row.instruction) + len(row.query)))
    if name == "overlap":
        return word_overlap(row, item)
    return float(np.log1p(popularity.get(item, 0)))


class Logistic:
    """Logistic regression on standardised features and their squares (so that "neither short nor long" can be learned)."""

    def __init__(self, x: Array, y: Array) -> None:
        self._mean, self._scale = x.mean(0), x.std(0)
        self._scale[self._scale == 0] = 1.0
        design = self._design(x)
        self._weights = fit_logistic(design, y, _RIDGE * len(y))

    def scores(self, x: Array) -> Array:
        """(N,) logits."""
        return np.asarray(self._design(x) @ self._weights, np.float64)

    def _design(self, x: Array) -> Array:
        z = np.clip((x - self._mean) / self._scale, -4, 4)
        return np.column_stack([np.ones(len(x)), z, z * z])
