"""Rows as a training sees them: parts, units with labels, and which rows answer the same request."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from recenv.records import ScorerRow
from recenv.rewards.dimensions import DIMENSIONS

Split = dict[str, dict[str, list[ScorerRow]]]
"""Part (train, validation, test) -> dimension -> rows."""

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""


class Data(Protocol):
    """The rows of one dimension and part. Row r owns units start[r] to start[r + 1]; features (U, E), labels (U,)."""

    @property
    def rows(self) -> list[ScorerRow]: ...

    @property
    def start(self) -> NDArray[np.int64]: ...

    @property
    def features(self) -> NDArray[np.float32]: ...

    @property
    def labels(self) -> NDArray[np.float32]: ...


def labels_of(row: ScorerRow) -> tuple[float, ...]:
    """One label a unit of a usable row."""
    return row.label if isinstance(row.label, tuple) else (float(row.label or 0.0),)


def per_row(data: Data, values: NDArray[np.floating]) -> list[NDArray[np.float64]]:
    """Values (U,) by row."""
    return [np.asarray(v, np.float64) for v in np.split(values, data.start[1:-1])]


def request(row: ScorerRow) -> tuple[str, str] | None:
    """What several responses may answer, so that they can be compared; None where rows stand alone."""
    return (row.instruction, row.query) if "instruction" in DIMENSIONS[row.dimension].reads else None


def together(rows: Sequence[ScorerRow], sizes: Sequence[int]) -> NDArray[np.int64] | None:
    """(U,) which units belong together, by number from 0: the items of a list, or rows that answer the same request; None where
    each stands alone. rows: of one dimension; sizes: units of each."""
    if DIMENSIONS[rows[0].dimension].listwise:
        return np.repeat(np.arange(len(rows)), sizes)
    if request(rows[0]) is None:
        return None
    number: dict[object, int] = {}
    return np.array([number.setdefault(request(row), len(number)) for row in rows], np.int64)
