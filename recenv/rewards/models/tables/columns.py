"""Rows of "key: value" texts as columns: what is known of the user, of the scene (context and item), and of the two together.

A layout is what rows with the same keys have in common (``training.fits.layouts`` finds it); nothing here knows a data set.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from recenv.records import ScorerRow
from recenv.rewards.models.tables import CACHES
from recenv.rewards.models.tables.values import members, pairs, reading, words

FIELDS = ("user", "context", "item")
MISSING, UNSEEN = -1, -2
PAIR_COLUMNS = ("habit", "user_agrees", "context_agrees")
"""habit: the user's level under the key that names the item's value (item "bar", key "visits to bars"); agrees: how many members
of the item's values the user's (context's) values hold, up to three, over three."""

ALIKE = 0.5
"""Jaccard index of the keys of rows of one layout; share of a layout's keys that a row must have."""

Keys = frozenset[tuple[str, str]]


class Column(msgspec.Struct, frozen=True):
    """levels: distinct readings, rising, empty for a column of names; values: those that are not read as levels."""

    field: str
    key: str
    levels: tuple[float, ...]
    values: tuple[str, ...]

    def place(self, value: str | None) -> tuple[int, float]:
        """Code and level in [0, 1]; a reading between two levels has the code of the nearer."""
        if value is None:
            return MISSING, np.nan
        read = reading(value) if self.levels else np.nan
        if not np.isnan(read):
            level = float(np.interp(read, self.levels, np.linspace(0.0, 1.0, len(self.levels))))
            return round(level * (len(self.levels) - 1)), level
        return (len(self.levels) + self.values.index(value), np.nan) if value in self.values else (UNSEEN, np.nan)


class Layout(msgspec.Struct, frozen=True):
    """keys: (field, key, share of rows that have it). habits: user keys with levels, to which an item's value can be linked."""

    keys: tuple[tuple[str, str, float], ...]
    columns: tuple[Column, ...]
    habits: tuple[str, ...]

    def side(self, *fields: str) -> tuple[Column, ...]:
        return tuple(c for c in self.columns if c.field in fields)

    def fits(self, keys: Keys) -> float:
        """Share of the layout's keys that are given, each weighted by how common it is; 0 where this is too little."""
        share = sum(w for f, k, w in self.keys if (f, k) in keys) / max(sum(w for *_, w in self.keys), 1e-9)
        return share if share >= ALIKE else 0.0


class Side(NamedTuple):
    """Rows over columns. codes (N, J) int16; levels (N, J) float32, NaN where there is none."""

    codes: NDArray[np.int16]
    levels: NDArray[np.float32]


class Encoded(NamedTuple):
    """user and scene columns of rows, and pairs (N, len(PAIR_COLUMNS)) float32 in [-1, 1], NaN where nothing links."""

    user: Side
    scene: Side
    pairs: NDArray[np.float32]


def keys_of(row: ScorerRow) -> Keys:
    """The (field, key) pairs that a row's texts hold."""
    return frozenset((field, key) for field in FIELDS for key, _ in pairs(getattr(row, field)))


def encode(layout: Layout, rows: Sequence[ScorerRow]) -> Encoded:
    """Rows over the columns of a layout; each row alone decides its values."""
    met = [_pair(layout, *key) for key in ((row.user, row.context, row.item) for row in rows)]
    return Encoded(_side(layout, ("user",), rows), _side(layout, ("context", "item"), rows),
                   np.array(met, np.float32).reshape(-1, len(PAIR_COLUMNS)))


def _side(layout: Layout, fields: tuple[str, ...], rows: Sequence[ScorerRow]) -> Side:
    columns, placed = layout.side(*fields), dict[tuple[str, ...], list[tuple[int, float]]]()
    texts = [tuple(getattr(row, field) for field in fields) for row in rows]
    for own in texts:
        if own not in placed:
            told = {(field, key): value for field, text in zip(fields, own, strict=True) for key, value in pairs(text)}
            placed[own] = [c.place(told.get((c.field, c.key))) for c in columns]
    both = np.array([placed[own] for own in texts], np.float64).reshape(len(rows), len(columns), 2)
    return Side(both[..., 0].astype(np.int16), both[..., 1].astype(np.float16).astype(np.float32))


def _pair(layout: Layout, user: str, context: str, item: str) -> tuple[float, ...]:
    wanted = tuple(value for _, value in pairs(item))
    names = _names(wanted)
    return _habit(layout, user, wanted), _agree(names, user), _agree(names, context)


@CACHES.keep(16_384)
def _habit(layout: Layout, user: str, item: tuple[str, ...]) -> float:
    score, named = max((link(value, layout.habits) for value in item), default=(0.0, ""))
    if score == 0.0:
        return np.nan
    column = next(c for c in layout.side("user") if c.key == named)
    return column.place(dict(pairs(user)).get(named))[1]


@CACHES.keep(16_384)
def _names(values: tuple[str, ...]) -> frozenset[str]:
    """Members of values that are names, not readings."""
    return frozenset(m for v in values for m in members(v) if len(m) > 1 and np.isnan(reading(m)))


def _agree(wanted: frozenset[str], text: str) -> float:
    return min(len(wanted & _names(tuple(value for _, value in pairs(text)))), 3) / 3.0


@CACHES.keep(16_384)
def link(value: str, keys: tuple[str, ...]) -> tuple[float, str]:
    """The key whose words a value shares, with the Jaccard index of the two; (0, "") if none does.

    A word that more than half of the keys hold, or a number, does not make a link.
    """
    if not np.isnan(reading(value)):
        return 0.0, ""
    names = {key: words(key) for key in keys}
    spread = Counter(word for own in names.values() for word in own)
    usual = {w for w, n in spread.items() if n > max(1.0, len(keys) / 2)}
    own, best = words(value), (0.0, "")
    for key in keys:
        shared = own & names[key]
        if any(w not in usual and w[0].isalpha() for w in shared):
            best = max(best, (len(shared) / len(own | names[key]), key))
    return best
