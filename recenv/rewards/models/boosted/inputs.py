"""What boosted trees are grown on: numbers of a row and its items, without NaN (what a text does not say is 0)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from recenv.records import ScorerRow
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rewards.features import matching, prose, replying, vector, wants
from recenv.rewards.features.prose import MOST_CHARACTERS
from recenv.rewards.features.prose.catalogue import lists_places
from recenv.rewards.features.rivals import above_rivals
from recenv.rewards.features.terms import Rarity, said, shown
from recenv.rewards.fields import items_of, texts
from recenv.rewards.models.boosted import reader
from recenv.rewards.models.boosted.overlaps import Asked, Overlaps
from recenv.rewards.models.boosted.reader import SentenceReader
from recenv.rewards.reading.records import is_record

Array = NDArray[np.float64]

PRIOR = ("bm25", "covered", "parts_sum", "sentence_most")
"""Measures of the request and an item whose sum trees begin with, and only correct."""

OF_PLACES = "sentence_worst_of_places"
"""The reader's ``sentence_worst`` where the evidence tells of several places, else 0."""
_READERS_WORD = -0.4  # trees grown on many sources trust it too little where it knows most

_TEXTS = ("query", "user", "context")
_LENGTHS = ("item_length",)
"""Left out: in data sets the right ones are often described at more length."""

_LISTED, _ALONE = 0.2, 0.35  # what a standard deviation of each counts, in logits; alone, its root
_SCALES = np.array([20.0, 0.1, 1.2, 14.0])  # about a standard deviation, over rows of many sources

_AT_ONCE = 256  # lists, of which everything is kept until their features are made
_HAD = 4_096  # texts of which is kept which pairs they have

_OF_ITEM = ("query_length", "rating", "rating_missing", "price", "price_missing", "distance", "distance_missing")
"""Say nothing of how a request and an item meet: left out where no person is read, whose taste they may be."""


def matches(dimension: str) -> bool:
    """Whether a dimension holds a request against items."""
    return "query" in DIMENSIONS[dimension].reads and bool({"item", "items"} & set(DIMENSIONS[dimension].reads))


def names(dimension: str, pairs: Sequence[str] = ()) -> tuple[str, ...]:
    """Names of the features of a dimension, in the order of the columns; pairs: as for ``Inputs``."""
    if not matches(dimension):
        return (*vector.names(dimension), *((*prose.NAMES, *reader.NAMES, OF_PLACES) if claims(dimension) else ()))
    reads = DIMENSIONS[dimension].reads
    found = [f"{field}_{n}" for field in _TEXTS if field in reads for n in matching.NAMES]
    if DIMENSIONS[dimension].listwise:
        found += [f"listed_{field}_{n}" for field in ("query", "user") if field in reads for n in matching.NAMES]
    found += [vector.QUERY_ITEM[n] for n in _on_pairs(reads)] + list(wants.NAMES)
    found += list(vector.PERSON_ITEM if "user" in reads else replying.NAMES)
    found += [f"pair {p}" for p in pairs]
    if DIMENSIONS[dimension].listwise:
        found = [*found, *(f"{n}: deviation" for n in found), *(f"{n}: behind" for n in found)]
    return tuple(found)


def claims(dimension: str) -> bool:
    """Whether a dimension holds what a text says against records."""
    return {"evidence", "response"} <= set(DIMENSIONS[dimension].reads)


class Inputs:
    """rarity: of words. pairs: by dimension, the "field|label: value" whose presence is a feature. reader: of sentences."""

    def __init__(self, rarity: Rarity, pairs: dict[str, tuple[str, ...]], reader: SentenceReader | None = None) -> None:
        self.pairs, self.reader, self.overlaps = pairs, reader, Overlaps(rarity)
        self._had = lru_cache(maxsize=_HAD)(self._pairs_in)

    def clear(self, *, keep_texts: bool = False) -> None:
        """Forget what was found of pairs, and, but to ``keep_texts``, of single texts."""
        self.overlaps.clear()
        if not keep_texts:
            self._had.cache_clear()
            self.overlaps.rarity.of_parts.cache_clear()

    def __call__(self, rows: Sequence[ScorerRow]) -> list[Array]:
        """(U, E) features of each row of one dimension, a line an item, one where there are none."""
        if not rows:
            return []
        dimension = rows[0].dimension
        if not matches(dimension):
            found = [np.nan_to_num(vector.vector(dimension, texts(row, "")).astype(np.float64))[None] for row in rows]
            return self._with_claims(rows, found) if claims(dimension) else found
        if DIMENSIONS[dimension].listwise:
            return [_within(x) for x in self._lists([(row, items_of(row)) for row in rows])]
        asked: dict[tuple[str, ...], list[int]] = {}
        for n, row in enumerate(rows):
            asked.setdefault(tuple(getattr(row, field) for field in _TEXTS), []).append(n)
        out = [np.zeros((0, 0))] * len(rows)
        lists = self._lists([(rows[own[0]], tuple(rows[n].item for n in own)) for own in asked.values()])
        for own, x in zip(asked.values(), lists, strict=True):
            for n, line in zip(own, x, strict=True):
                out[n] = line[None]
        return out

    def in_list(self, row: ScorerRow, logits: Array) -> Array:
        """(U,) logits of a row's units as they are, of a list's items beside those that compete with them."""
        if not DIMENSIONS[row.dimension].listwise:
            return logits
        return above_rivals(said(row.query), list(map(shown, row.items)), self.overlaps.rarity, logits)

    def whole(self, row: ScorerRow) -> bool:
        """Whether all claims of a row can be read, as far as it makes any."""
        if not claims(row.dimension):
            return True
        return len(row.response) <= MOST_CHARACTERS and prose.prose(row.evidence, row.query, row.response).whole

    def _with_claims(self, rows: Sequence[ScorerRow], found: Sequence[Array]) -> list[Array]:
        """Features of each row with what its response says of its records, and what the reader makes of it."""
        readings = [prose.prose(row.evidence, row.query, row.response) for row in rows]
        weighed = self.reader(readings) if self.reader is not None else np.zeros((len(rows), len(reader.NAMES)))
        of_places = [line[0] if lists_places(row.evidence) else 0.0 for row, line in zip(rows, weighed, strict=True)]
        return [
            np.concatenate([own[0], reading.totals, line, [worst]])[None]
            for own, reading, line, worst in zip(found, readings, weighed, of_places, strict=True)]

    def _lists(self, lists: Sequence[tuple[ScorerRow, tuple[str, ...]]]) -> list[Array]:
        """Features of rows' requests and persons with items; their words are compared at once."""
        found: list[Array] = []
        for at in range(0, len(lists), _AT_ONCE):
            part = lists[at:at + _AT_ONCE]
            self.overlaps.read(asked for row, items in part for asked in self._asked(row, items))
            found += [self._pairs(row, items) for row, items in part]
        return found

    def _pairs(self, row: ScorerRow, items: tuple[str, ...]) -> Array:
        """(I, E) features of a row's request and person with items, each alone but for what ``listed_`` says."""
        own = DIMENSIONS[row.dimension]
        columns = [self.overlaps(asked) for asked in self._asked(row, items)]
        person = "user" in own.reads
        columns.append(np.array([vector.query_item(row.query, item) for item in items])[:, _on_pairs(own.reads)])
        columns.append(np.array([
            (*wants.wants(row.query, item),
             *(vector.person_item(row.user, row.context, item) if person else _replying(row.query, item)))
            for item in items]))
        if self.pairs.get(row.dimension):
            had = self._had(row.dimension, "user", row.user) | self._had(row.dimension, "context", row.context)
            columns.append(np.array([had | self._had(row.dimension, "item", item) for item in items], np.float64))
        found: Array = np.concatenate(columns, 1)
        found[np.isnan(found)] = 0.0
        return found

    def _asked(self, row: ScorerRow, items: tuple[str, ...]) -> list[Asked]:
        """Whose words are held against whose, in the order of the columns."""
        own = DIMENSIONS[row.dimension]
        found = [Asked(getattr(row, field), items, False) for field in _TEXTS if field in own.reads]
        if own.listwise:
            found += [Asked(getattr(row, field), items, True) for field in ("query", "user") if field in own.reads]
        return found

    def _pairs_in(self, dimension: str, field: str, text: str) -> NDArray[np.bool_]:
        """(P,) which of a dimension's pairs a text has."""
        there = _labels(field, text)
        return np.array([p in there for p in self.pairs[dimension]], np.bool_)


def _on_pairs(reads: Collection[str]) -> list[int]:
    left_out = _LENGTHS if "user" in reads else (*_LENGTHS, *_OF_ITEM)
    return [n for n, name in enumerate(vector.QUERY_ITEM) if name not in left_out]


def _replying(query: str, item: str) -> list[float]:
    """Of answers in prose; a record does not answer, and how long it is or what it repeats says nothing."""
    return [0.0] * len(replying.NAMES) if is_record(item) else replying.replying(query, item)


def labelled(row: ScorerRow, item: str) -> frozenset[str]:
    """The "field|label: value" of a row's person and situation and of an item, whatever separates them."""
    return _labels("user", row.user) | _labels("context", row.context) | _labels("item", item)


def _labels(field: str, text: str) -> frozenset[str]:
    return frozenset(f"{field}|{part.strip()}" for part in text.replace("；", ";").split(";") if ":" in part)


def beside(dimension: str, x: Array) -> Array:
    """(U,) logits that are added to those of the trees: what they began with, where they began with something; of an answer about
    several places the word of the reader on its worst sentence."""
    if DIMENSIONS[dimension].overlapping:
        return prior(dimension, x)
    return _READERS_WORD * x[:, names(dimension).index(OF_PLACES)] if claims(dimension) else np.zeros(len(x))


def prior(dimension: str, x: Array) -> Array:
    """(U,) what trees begin with: PRIOR summed, as deviations within a list, or as roots, without a bound, of items alone."""
    columns = names(dimension)
    if DIMENSIONS[dimension].listwise:
        own = x[:, [columns.index(f"listed_query_{n}: deviation") for n in PRIOR]] * _LISTED
    else:
        own = np.sqrt(x[:, [columns.index(f"query_{n}") for n in PRIOR]] / _SCALES) * _ALONE
    return matching.in_order(own)


def _within(x: Array) -> Array:
    """(I, 3 E): features, their standardised deviations within the list, and how far each is behind the list's highest."""
    if not len(x):
        return np.zeros((0, 3 * x.shape[1]))
    spread, top = x.std(0), x.max(0)
    deviation = (x - x.mean(0)) / np.where(spread > 1e-9, spread, 1.0)
    behind = (x - top) / (np.abs(x).max(0) + 1e-9)
    return np.concatenate([x, deviation, behind], 1)
