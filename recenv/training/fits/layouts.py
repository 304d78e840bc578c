"""Finding the layouts of rows of "key: value" texts, and the columns of each; column names come from the rows alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from recenv.records import ScorerRow
from recenv.rewards.models.tables.columns import ALIKE, FIELDS, Column, Keys, Layout, keys_of
from recenv.rewards.models.tables.values import pairs, reading

_MOST_VALUES = 64
_MOST_LEVELS = 33
_SHARE = 0.05  # of a layout's rows that must have a key


def layouts(rows: Sequence[ScorerRow]) -> tuple[list[Layout], NDArray[np.int64]]:
    """The layouts of rows, most common first, and each row's (N,), -1 for rows without keys."""
    own = [_frame(keys_of(row)) for row in rows]
    counts = Counter(own)
    founders: list[Keys] = []
    member: dict[Keys, int] = {frozenset(): -1}
    for keys, _ in sorted(counts.items(), key=lambda e: (-e[1], sorted(e[0]))):
        if not keys:
            continue
        alike = [len(keys & f) / len(keys | f) for f in founders]
        best = int(np.argmax(alike)) if alike else 0
        if not alike or alike[best] < ALIKE:
            founders.append(keys)
            best = len(founders) - 1
        member[keys] = best
    index = np.array([member[keys] for keys in own], np.int64).reshape(len(rows))
    return [_layout([rows[n] for n in np.flatnonzero(index == f).tolist()]) for f in range(len(founders))], index


def _frame(keys: Keys) -> Keys:
    """The keys that tell layouts apart: items of one layout may differ in kind, people and contexts do not."""
    frame = frozenset(k for k in keys if k[0] != "item")
    return frame or keys


def _layout(rows: Sequence[ScorerRow]) -> Layout:
    values: dict[tuple[str, str], Counter[str]] = {}
    for row in rows:
        for field in FIELDS:
            for key, value in pairs(getattr(row, field)):
                values.setdefault((field, key), Counter())[value] += 1
    kept = {k: c for k, c in sorted(values.items()) if c.total() >= _SHARE * len(rows)}
    columns = tuple(c for c in (_column(k, c) for k, c in kept.items()) if c is not None)
    habits = tuple(c.key for c in columns if c.field == "user" and len(c.levels) > 2)
    return Layout(tuple((*k, c.total() / len(rows)) for k, c in kept.items()), columns, habits)


def _column(key: tuple[str, str], counts: Counter[str]) -> Column | None:
    """The column of a key, None if it is constant or of free text."""
    if len(counts) < 2:
        return None
    read = {value: reading(value) for value in sorted(counts)}
    known = sorted({r for r in read.values() if not np.isnan(r)})
    scaled = len(known) > 1 and sum(not np.isnan(r) for r in read.values()) >= 0.8 * len(read)
    if scaled and len(known) > _MOST_LEVELS:
        known = sorted({float(q) for q in np.quantile(known, np.linspace(0.0, 1.0, _MOST_LEVELS))})
    names = tuple(value for value, r in read.items() if not scaled or np.isnan(r))
    if len(names) > _MOST_VALUES:
        return None
    return Column(*key, tuple(known) if scaled else (), names)
