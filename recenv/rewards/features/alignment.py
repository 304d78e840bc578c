"""Which records of a table a response speaks of, and whether what it says of them stands in the same record."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from recenv.rewards.features import CACHES
from recenv.rewards.features.bounded import share
from recenv.rewards.reading.cover import tokens
from recenv.rewards.reading.quantities import quantities
from recenv.rewards.reading.records import Field, read_records

_LONGEST = 14
_MOST_ROWS = 64
Key = tuple[str, ...]


class Alignment(NamedTuple):
    """What a response states, value by value, against the records. NaN where the evidence is no table, or nothing is stated.

    stated: values, up to 6; agreeing: share of them that the record fitting best has; conflicts: those that contradict it;
    pairs: share of neighbouring values of different columns that stand in some record together; subject_conflicts: values that
    contradict a record that the response, or else the dialogue, singles out; turned: the fitting record is none of those that
    the dialogue singled out last; context_conflicts: values that contradict these; strange: numbers of a kind that the fitting
    record has, with another value. Counts are over 3.
    """

    stated: float
    agreeing: float
    conflicts: float
    pairs: float
    subject_conflicts: float
    turned: float
    strange: float
    context_conflicts: float


class _Said(NamedTuple):
    """A stated value: its records by column."""

    places: tuple[tuple[str, int], ...]
    columns: frozenset[str]
    rows: frozenset[int]


class _Record(NamedTuple):
    """keys: tokens of a value -> the labels that have it; short: the first of two tokens -> the label and the second, see
    ``_Table.holding``; ends: label and second token -> values of two tokens; sizes: a value's first token -> how many tokens
    values have that begin so; kinds: kind -> numbers."""

    keys: dict[Key, tuple[str, ...]]
    short: dict[Key, tuple[tuple[str, str], ...]]
    ends: dict[tuple[str, str], frozenset[Key]]
    sizes: dict[str, tuple[int, ...]]
    kinds: dict[str, frozenset[float]]


class _Table(NamedTuple):
    """The records of an evidence that is a table. Each is read once, however many tables it stands in."""

    records: tuple[_Record, ...]

    def sizes(self, said: frozenset[str]) -> dict[str, Sequence[int]]:
        """Of such tokens as values begin with, how many tokens these have, most first."""
        found: dict[str, set[int]] = {}
        for record in self.records:
            for first in record.sizes.keys() & said:
                found.setdefault(first, set()).update(record.sizes[first])
        return {first: sorted(own, reverse=True) for first, own in found.items()}

    def holding(self, said: Key) -> tuple[tuple[str, int], ...]:
        """The labels and rows that have a value. Of an event only the first word is said where others end with the same."""
        found = [(label, row) for row, record in enumerate(self.records) for label in record.keys.get(said, ())]
        if len(said) == 1:
            found += [(end[0], row) for row, record in enumerate(self.records) for end in record.short.get(said, ())
                      if self._events(end) > 1]
        return tuple(found)

    def _events(self, end: tuple[str, str]) -> int:
        return len(frozenset().union(*(record.ends.get(end, ()) for record in self.records)))


@CACHES.keep(4_096)
def _table(evidence: str) -> _Table | None:
    records = [r for r in read_records(evidence) if any(f.label for f in r)][:_MOST_ROWS]
    return _Table(tuple(map(_record, records))) if records else None


@CACHES.keep(8_192)
def _record(fields: tuple[Field, ...]) -> _Record:
    keys: dict[Key, dict[str, None]] = {}
    short: dict[Key, dict[tuple[str, str], None]] = {}
    ends: dict[tuple[str, str], set[Key]] = {}
    kinds: dict[str, set[float]] = {}
    for field in fields:
        for key in map(_key, field.members):
            for form in _forms(key):
                keys.setdefault(form, {})[field.label] = None
            if len(key) == 2:
                end = field.label, key[1]
                ends.setdefault(end, set()).add(key)
                short.setdefault(key[:1], {})[end] = None
        for q in quantities(field.value):
            if q.kind and q.kind not in ("place", "count", "phone", "date"):
                kinds.setdefault(q.kind, set()).add(q.value)
    sizes: dict[str, set[int]] = {}
    for key in (*keys, *short):
        sizes.setdefault(key[0], set()).add(len(key))
    return _Record(
        {key: tuple(labels) for key, labels in keys.items()}, {key: tuple(own) for key, own in short.items()},
        {end: frozenset(own) for end, own in ends.items()}, {first: tuple(own) for first, own in sizes.items()},
        {kind: frozenset(values) for kind, values in kinds.items()})


def _key(value: str) -> Key:
    said = tuple(t for t in tokens(value) if t != "\n")
    return said[1:] if len(said) > 1 and said[0] in ("the", "a", "an") else said


def _forms(key: Key) -> list[Key]:
    """A value in full, and a street without its kind, as it is said in short."""
    if not key or len(key) > _LONGEST or (len(key) == 1 and len(key[0]) == 1 and not key[0].isdigit()):
        return []
    forms = [key]
    if len(key) > 2 and key[0].isdigit() and not key[1].isdigit():
        forms.append(key[:2])
    return forms


def _stated(text: str, known: _Table) -> tuple[_Said, ...]:
    """The values of the records that a text gives, in order, the longest first where they overlap."""
    said = tokens(text)
    sizes = known.sizes(frozenset(said))
    found, at = [], 0
    while at < len(said):
        for size in sizes.get(said[at], ()):
            stated = known.holding(said[at:at + size])
            if stated:
                found.append(_Said(stated, frozenset(c for c, _ in stated), frozenset(r for _, r in stated)))
                at += size
                break
        else:
            at += 1
    return tuple(found)


def _conflicts(said: tuple[_Said, ...], row: int) -> int:
    """How many stated values contradict a record: of a column for which the record has another value that is not stated."""
    own = {c for s in said for c, r in s.places if r == row}
    return sum(1 for s in said if row not in s.rows and not s.columns <= own)


def align(response: str, evidence: str, query: str) -> Alignment:
    """Compare what a response states with the records of a table."""
    nan = math.nan
    known = _table(evidence)
    said = _stated(response, known) if known is not None else ()
    if known is None or not said:
        return Alignment(nan if known is None else 0.0, *[nan] * 7)
    anchors = _anchors(evidence, query)
    best = _fitting(known, said, anchors)
    pairs = [bool(a.rows & b.rows) for a, b in pairwise(said) if a.columns != b.columns]
    subjects = frozenset(r for s in said if len(s.rows) == 1 for r in s.rows) or anchors
    return Alignment(
        share(len(said), 6), sum(best in s.rows for s in said) / len(said), share(_conflicts(said, best), 3),
        sum(pairs) / len(pairs) if pairs else nan,
        _least(said, subjects), float(best not in anchors) if anchors else nan, share(_strange(response, known, best), 3),
        _least(said, anchors))


@CACHES.keep(8_192)
def _anchors(evidence: str, query: str) -> frozenset[int]:
    """The records named by the last turn of a dialogue that singles one out. query: last turn first, the others in order."""
    known = _table(evidence)
    if known is None:
        return frozenset()
    head, _, before = query.partition("\n")
    for turn in (head, *reversed(before.split("\n"))):
        found = frozenset(r for s in _stated(turn, known) if len(s.rows) == 1 for r in s.rows)
        if found:
            return found
    return frozenset()


def _fitting(known: _Table, said: tuple[_Said, ...], anchors: frozenset[int]) -> int:
    """The record that has most of what is said, rare values counting more; of equals one that the dialogue named."""
    score = [0.5 * (r in anchors) for r in range(len(known.records))]
    for s in said:
        for r in s.rows:
            score[r] += 1.0 + 1.0 / len(s.rows)
    return max(range(len(score)), key=lambda r: (round(score[r], 9), -r))


def _least(said: tuple[_Said, ...], rows: frozenset[int]) -> float:
    return share(min(_conflicts(said, r) for r in rows), 3) if rows else math.nan


def _strange(response: str, known: _Table, row: int) -> int:
    own = known.records[row].kinds
    return sum(1 for q in quantities(response) if own.get(q.kind) and q.value not in own[q.kind])
