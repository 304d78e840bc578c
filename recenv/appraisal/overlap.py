"""The baseline that only counts: how many words of the asking text are found in the answering text."""

from __future__ import annotations

from recenv.records import ScorerRow
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rewards.reading.lexical import overlap


def word_overlap(row: ScorerRow, item: str = "") -> float:
    """Share of the asking words of a row that its answering text has, in [0, 1]; of one of its items, where one is given."""
    return overlap(*DIMENSIONS[row.dimension].overlap(row, item))


def word_overlaps(row: ScorerRow) -> float | tuple[float, ...]:
    """``word_overlap`` in the shape of the row's score: a number, or one an item."""
    if DIMENSIONS[row.dimension].listwise:
        return tuple(word_overlap(row, item) for item in row.items)
    return word_overlap(row)
