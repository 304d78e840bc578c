"""How a canonical row becomes segments: the pieces of text that are encoded alone, cached, and then compared in pairs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recenv.errors import InputError
from recenv.records import DIMENSIONS, ScorerRow
from recenv.rewards.features import vector as features
from recenv.rewards.reading.lexical import norm

KINDS = ("query", "item", "person", "response", "instruction")
"""Segment kinds; the lines of evidence are items, so that a record is encoded once for all dimensions."""

CAPS = {"query": 64, "item": 128, "person": 96, "response": 192, "instruction": 96}
"""Most tokens of a segment; what lies beyond is seen by the features only."""

BUCKETS = (32, 64, 128, 192)
"""Token lengths that segments are padded to: the shapes in which a score is defined."""

READS: dict[str, tuple[str, ...]] = {
    "instruction_following": ("instruction", "query", "response"),
    "factual_consistency": ("evidence", "query", "response"),
    "query_item_relevance": ("query", "item"),
    "behavior_prediction": ("user", "context", "query", "item"),
    "item_ranking": ("user", "context", "query", "items"),
}
"""The fields of a row that each dimension reads; nothing else of the row can change its score."""

REQUIRED: dict[str, tuple[str, ...]] = {
    "instruction_following": ("instruction", "response"),
    "factual_consistency": ("evidence", "response"),
    "query_item_relevance": ("query", "item"),
    "behavior_prediction": ("query", "item"),
    "item_ranking": ("query", "items"),
}
"""Fields without which a scorer does not answer. Users may be unknown, so a profile is not among them."""

PAIRS: dict[str, tuple[tuple[str, str], ...]] = {
    "instruction_following": (("instruction", "response"), ("query", "response")),
    "factual_consistency": (("item", "response"), ("query", "response")),
    "query_item_relevance": (("query", "item"),),
    "behavior_prediction": (("query", "item"), ("person", "item")),
    "item_ranking": (("query", "item"), ("person", "item")),
}
"""Segment kinds that are compared, by dimension."""

_MAX_RECORDS = 4
_MAX_LINE = 320  # characters


class Segment(NamedTuple):
    kind: str
    text: str


ANSWERS = {"instruction_following": "response", "factual_consistency": "response", "query_item_relevance": "item"}
"""The field that answers, by dimension, where there is one."""


class Unit(NamedTuple):
    """What one logit is computed from. pairs: for each entry of PAIRS, one or more segment pairs; features (E,)."""

    pairs: tuple[tuple[tuple[Segment, Segment], ...], ...]
    features: NDArray[np.float32]


def missing(row: ScorerRow) -> str:
    """Why a row cannot be scored, "" if it can."""
    for field in REQUIRED[row.dimension]:
        value = getattr(row, field)
        if not (value.strip() if isinstance(value, str) else value):
            return f"{row.dimension} needs a non-empty {field}"
    return ""


def says_nothing(row: ScorerRow) -> str:
    """Why an answer is worth nothing whatever was asked, "" if it may be worth something: it has no letter and no digit.

    Only where a row is otherwise complete: what cannot be judged at all is ``missing``.
    """
    field = ANSWERS.get(row.dimension)
    if field is None or any(c.isalnum() for c in getattr(row, field)):
        return ""
    rest = [f for f in REQUIRED[row.dimension] if f != field]
    return f"the {field} says nothing" if all(getattr(row, f).strip() for f in rest) else ""


def check_rows(rows: Sequence[ScorerRow], dimension: str) -> None:
    """Raise InputError unless all rows belong to the dimension."""
    for n, row in enumerate(rows):
        if row.dimension != dimension:
            raise InputError(f"row {n} ({row.id or 'no id'}) is of dimension {row.dimension!r}, this scorer reads {dimension!r}")


def key(row: ScorerRow) -> tuple[object, ...]:
    """What a score depends on: equal keys, equal scores (``shown`` and the order of items are applied afterwards)."""
    return tuple(getattr(row, field) for field in READS[row.dimension])


def units(row: ScorerRow) -> list[Unit]:
    """One unit a row, or one an item for item_ranking, in given order."""
    if row.dimension == "item_ranking":
        return [unit(row, item) for item in row.items]
    return [unit(row, row.item)]


def unit(row: ScorerRow, item: str) -> Unit:
    """The unit of a row and one item ("" where the dimension has none)."""
    query, response = Segment("query", row.query), Segment("response", row.response)
    pairs: tuple[tuple[tuple[Segment, Segment], ...], ...]
    if row.dimension == "instruction_following":
        pairs = (((Segment("instruction", row.instruction), response),), ((query, response),))
    elif row.dimension == "factual_consistency":
        lines = evidence_lines(row.evidence, row.response)
        pairs = (tuple((Segment("item", line), response) for line in lines), ((query, response),))
    elif row.dimension == "query_item_relevance":
        pairs = (((query, Segment("item", item)),),)
    elif row.dimension in DIMENSIONS:
        person = Segment("person", f"{row.user}\n{row.context}")
        pairs = (((query, Segment("item", item)),), ((person, Segment("item", item)),))
    else:
        raise InputError(f"dimension must be one of {', '.join(DIMENSIONS)}; got {row.dimension!r}")
    return Unit(pairs, features.vector(row.dimension, texts(row, item)))


def texts(row: ScorerRow, item: str) -> dict[str, str]:
    """The texts that the features of a row and one item are computed from."""
    names = ("item" if field == "items" else field for field in READS[row.dimension])
    return {name: item if name == "item" else str(getattr(row, name)) for name in names}


def evidence_lines(evidence: str, response: str) -> tuple[str, ...]:
    """Up to four pieces of evidence: lines, long ones cut, those whose head the response names first."""
    lines = [line[at:at + _MAX_LINE] for line in evidence.split("\n") if line.strip() for at in range(0, len(line), _MAX_LINE)]
    text = norm(response)
    named = [norm(line).split(";")[0].strip() in text for line in lines]
    order = sorted(range(len(lines)), key=lambda n: (not named[n], n))[:_MAX_RECORDS]
    return tuple(lines[n] for n in order) or ("",)
