"""How a canonical row becomes segments: the pieces of text that are encoded alone, cached, and then compared in pairs."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recenv.records import ScorerRow
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rewards.features import vector
from recenv.rewards.fields import texts
from recenv.rewards.reading.lexical import norm

KINDS = ("query", "item", "person", "response", "instruction")
"""Segment kinds; the lines of evidence are items, so that a record is encoded once for all dimensions."""

CAPS = {"query": 64, "item": 128, "person": 96, "response": 192, "instruction": 96}
"""Most tokens of a segment; what lies beyond is seen by the features only."""

BUCKETS = (32, 64, 128, 192)
"""Token lengths that segments are padded to: the shapes in which a score is defined."""

_MAX_RECORDS = 4
_MAX_LINE = 320  # characters


class Segment(NamedTuple):
    kind: str
    text: str


class Unit(NamedTuple):
    """What one logit is computed from. pairs: for each pair of kinds that the dimension compares, one or more segment pairs;
    features (E,)."""

    pairs: tuple[tuple[tuple[Segment, Segment], ...], ...]
    features: NDArray[np.float32]


def unit(row: ScorerRow, item: str) -> Unit:
    """The unit of a row and one item ("" where the dimension has none)."""
    own = DIMENSIONS[row.dimension]
    pairs = tuple(tuple((Segment(a, left), Segment(b, right)) for left in pieces(row, item, a) for right in pieces(row, item, b))
                  for a, b in own.compares)
    return Unit(pairs, vector.vector(row.dimension, texts(row, item)))


def pieces(row: ScorerRow, item: str, kind: str) -> tuple[str, ...]:
    """The texts of a kind: the lines of evidence that are read as items, where a row has evidence; else one."""
    if kind == "item":
        return evidence_lines(row.evidence, row.response) if "evidence" in DIMENSIONS[row.dimension].reads else (item,)
    return (f"{row.user}\n{row.context}",) if kind == "person" else (str(getattr(row, kind)),)


def evidence_lines(evidence: str, response: str) -> tuple[str, ...]:
    """Up to four pieces of evidence: lines, long ones cut, those whose head the response names first."""
    lines = [line[at:at + _MAX_LINE] for line in evidence.split("\n") if line.strip() for at in range(0, len(line), _MAX_LINE)]
    text = norm(response)
    named = [norm(line).split(";")[0].strip() in text for line in lines]
    order = sorted(range(len(lines)), key=lambda n: (not named[n], n))[:_MAX_RECORDS]
    return tuple(lines[n] for n in order) or ("",)
