"""What a canonical row must hold to be scored, by its dimension's record; and what of it a scorer reads."""

from __future__ import annotations

import math
from collections.abc import Sequence

from recenv.errors import InputError
from recenv.records import ScorerRow
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rewards.reading.lexical import squeeze

_SAID_TO_IT = ("query", "instruction")


def missing(row: ScorerRow) -> str:
    """Why a row cannot be scored, "" if it can."""
    for field in DIMENSIONS[row.dimension].needs:
        if _empty(row, field):
            return f"{row.dimension} needs a non-empty {field}"
    return ""


def worth_nothing(row: ScorerRow) -> str:
    """Why an answer is worth nothing whatever a model may say, "" if it may be worth something: it has no letter and no digit,
    it is what was said to it, or the exact rule of its dimension's rows refutes it.

    Only where a row is otherwise complete: what cannot be judged at all is ``missing``.
    """
    own = DIMENSIONS[row.dimension]
    if not own.answers:
        return ""
    if any(_empty(row, field) for field in own.needs if field != own.answers):
        return ""
    if not any(c.isalnum() for c in getattr(row, own.answers)):
        return f"the {own.answers} says nothing"
    if own.answers == "response":
        for field in _SAID_TO_IT:
            if field in own.reads and squeeze(row.response) == squeeze(getattr(row, field)):
                return f"the response repeats the {field}"
    return own.row_rule(row) if own.row_rule is not None else ""


def decided(row: ScorerRow) -> tuple[float, str]:
    """What a row is worth before a model is asked, and why: 0 where it is worth nothing, 1 where its dimension's exact rule finds
    that it keeps all, NaN where it cannot be scored; (NaN, "") where a model is to say."""
    if why := worth_nothing(row):
        return 0.0, why
    if why := missing(row):
        return math.nan, why
    own = DIMENSIONS[row.dimension]
    kept = own.row_kept(row) if own.row_kept is not None else ""
    return (1.0, kept) if kept else (math.nan, "")


def _empty(row: ScorerRow, field: str) -> bool:
    value = getattr(row, field)
    return not (value.strip() if isinstance(value, str) else value)


def check_rows(rows: Sequence[ScorerRow], dimension: str) -> None:
    """Raise InputError unless all rows belong to the dimension."""
    for n, row in enumerate(rows):
        if row.dimension != dimension:
            raise InputError(f"row {n} ({row.id or 'no id'}) is of dimension {row.dimension!r}, this scorer reads {dimension!r}")


def items_of(row: ScorerRow) -> tuple[str, ...]:
    """What a row has a number for, each: the items of a list, else its one item ("" where the dimension has none)."""
    return row.items if DIMENSIONS[row.dimension].listwise else (row.item,)


def texts(row: ScorerRow, item: str) -> dict[str, str]:
    """The texts that the features of a row and one item are computed from."""
    names = ("item" if field == "items" else field for field in DIMENSIONS[row.dimension].reads)
    return {name: item if name == "item" else str(getattr(row, name)) for name in names}
