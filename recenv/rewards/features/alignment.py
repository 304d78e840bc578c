"""Which records of a table a response speaks of, and whether what it says of them stands in the same record."""

from __future__ import annotations

import math
from itertools import chain, pairwise
from typing import NamedTuple

from recenv.rewards.features import CACHES
from recenv.rewards.features.bounded import share
from recenv.rewards.reading.cover import tokens
from recenv.rewards.reading.quantities import quantities
from recenv.rewards.reading.records import read_records

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


class _Table(NamedTuple):
    """keys: tokens of a value -> the (label, row) that have it; sizes: a value's first token -> how many tokens values have that
    begin so, most first; kinds: kind -> numbers by row; size: rows"""

    keys: dict[Key, dict[tuple[str, int], None]]
    sizes: dict[str, tuple[int, ...]]
    kinds: dict[str, tuple[frozenset[float], ...]]
    size: int


@CACHES.keep(4_096)
def _index(evidence: str) -> _Table | None:
    records = [r for r in read_records(evidence) if any(f.label for f in r)][:_MOST_ROWS]
    if not records:
        return None
    keys: dict[Key, dict[tuple[str, int], None]] = {}
    kinds: dict[str, list[set[float]]] = {}
    ends: dict[tuple[str, str], set[Key]] = {}
    read = [[(field.label, [_key(member) for member in field.members]) for field in record] for record in records]
    for label, own in chain.from_iterable(read):
        for key in own:
            if len(key) == 2:
                ends.setdefault((label, key[-1]), set()).add(key)
    for row, record in enumerate(records):
        for field in record:
            for q in quantities(field.value):
                if q.kind and q.kind not in ("place", "count", "phone", "date"):
                    if q.kind not in kinds:
                        kinds[q.kind] = [set() for _ in records]
                    kinds[q.kind][row].add(q.value)
        for label, own in read[row]:
            for key in own:
                for form in _forms(key, label, ends):
                    keys.setdefault(form, {})[label, row] = None
    sizes: dict[str, set[int]] = {}
    for key in keys:
        sizes.setdefault(key[0], set()).add(len(key))
    return _Table(
        keys, {first: tuple(sorted(own, reverse=True)) for first, own in sizes.items()},
        {kind: tuple(frozenset(v) for v in values) for kind, values in kinds.items()}, len(records))


def _key(value: str) -> Key:
    said = tuple(t for t in tokens(value) if t != "\n")
    return said[1:] if len(said) > 1 and said[0] in ("the", "a", "an") else said


def _forms(key: Key, label: str, ends: dict[tuple[str, str], set[Key]]) -> list[Key]:
    """A value in full and as it is said in short: a street without its kind, an event without the word that all events end in."""
    if not key or len(key) > _LONGEST or (len(key) == 1 and len(key[0]) == 1 and not key[0].isdigit()):
        return []
    forms = [key]
    if len(key) > 2 and key[0].isdigit() and not key[1].isdigit():
        forms.append(key[:2])
    if len(key) == 2 and len(ends.get((label, key[-1]), ())) > 1:
        forms.append(key[:1])
    return forms


@CACHES.keep(8_192)
def _stated(text: str, evidence: str) -> tuple[_Said, ...]:
    """The values of the records that a text gives, in order, the longest first where they overlap."""
    known = _index(evidence)
    if known is None:
        return ()
    said = tokens(text)
    found, at = [], 0
    while at < len(said):
        for size in known.sizes.get(said[at], ()):
            stated = known.keys.get(said[at:at + size])
            if stated is not None:
                found.append(_Said(tuple(stated), frozenset(c for c, _ in stated), frozenset(r for _, r in stated)))
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
    known, said = _index(evidence), _stated(response, evidence)
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


def _anchors(evidence: str, query: str) -> frozenset[int]:
    """The records named by the last turn of a dialogue that singles one out. query: last turn first, the others in order."""
    head, _, before = query.partition("\n")
    for turn in (head, *reversed(before.split("\n"))):
        found = frozenset(r for s in _stated(turn, evidence) if len(s.rows) == 1 for r in s.rows)
        if found:
            return found
    return frozenset()


def _fitting(known: _Table, said: tuple[_Said, ...], anchors: frozenset[int]) -> int:
    """The record that has most of what is said, rare values counting more; of equals one that the dialogue named."""
    score = [0.5 * (r in anchors) for r in range(known.size)]
    for s in said:
        for r in s.rows:
            score[r] += 1.0 + 1.0 / len(s.rows)
    return max(range(known.size), key=lambda r: (round(score[r], 9), -r))


def _least(said: tuple[_Said, ...], rows: frozenset[int]) -> float:
    return share(min(_conflicts(said, r) for r in rows), 3) if rows else math.nan


def _strange(response: str, known: _Table, row: int) -> int:
    own = {kind: values[row] for kind, values in known.kinds.items()}
    return sum(1 for q in quantities(response) if own.get(q.kind) and q.value not in own[q.kind])
