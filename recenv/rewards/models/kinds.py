"""The kind of a row, where opinions on rows of one dimension are to be weighed apart.

What a record says can be read off exactly, and features do; what prose says has to be understood, and reading counts for more.
"""

from __future__ import annotations

from recenv.records import ScorerRow
from recenv.rewards.reading.records import table

KINDS = {"factual_consistency": ("records", "prose")}
"""The kinds of a dimension; others have one, named ""."""

_LEAST = 2  # labelled values that make a record


def kinds_of(dimension: str) -> tuple[str, ...]:
    return KINDS.get(dimension, ("",))


def kind(row: ScorerRow) -> str:
    """"records" where the evidence of factual_consistency holds one, else "prose"; "" in other dimensions."""
    if row.dimension not in KINDS:
        return ""
    return "records" if any(sum(bool(f.label and f.value) for f in r) >= _LEAST for r in table(row.evidence)) else "prose"
