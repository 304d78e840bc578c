"""Catalogue search: BM25 over item texts, in Chinese and English.

Robertson & Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", Foundations and Trends in IR, 2009:

    score(q, d) = sum over terms t of q:  idf(t) * tf(t, d) * (k1 + 1) / (tf(t, d) + k1 * (1 - b + b * |d| / avg |d|))

with idf(t) = ln(1 + (I - df(t) + 0.5) / (df(t) + 0.5)), the variant that stays positive, so that a word of every item cannot
count against the items that carry it. Chinese has no spaces: runs of Chinese characters give their unigrams and bigrams.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from array import array
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recenv.data.filters import parse_filters, passes
from recenv.data.render import item_text
from recenv.data.world import World
from recenv.errors import InputError

K1, B = 1.5, 0.75
MAX_QUERY_CHARS = 4096
"""What follows in a longer query is not read: agents write queries, and none needs more."""

_CJK = "㐀-䶿一-鿿豈-﫿\U00020000-\U0003134F"
_TOKEN = re.compile(rf"[{_CJK}]+|[0-9]+(?:\.[0-9]+)?|[^\W\d_{_CJK}]+")
_CJK_START = re.compile(rf"[{_CJK}]")
_KEPT_INDEXES = 4


def tokenize(text: str) -> list[str]:
    """Terms of a text, in order: words and numbers (``4.5`` is one) lower-cased after NFKC; for each run of Chinese characters
    its unigrams, then its bigrams."""
    terms: list[str] = []
    for run in _TOKEN.findall(unicodedata.normalize("NFKC", text).casefold()):
        terms += run if _CJK_START.match(run) else (run,)
        if len(run) > 1 and _CJK_START.match(run):
            terms += map(str.__add__, run, run[1:])
    return terms


class SearchResult(NamedTuple):
    """rows: item rows of the world, best first, equal scores by row. scores: (len(rows),) float32, BM25, at least 0.

    ignored_filters: a line per filter that could not be applied, with the reason.
    """

    rows: list[int]
    scores: NDArray[np.float32]
    ignored_filters: tuple[str, ...] = ()


class Bm25Index:
    """BM25 over all items of a world. Immutable once built, so threads may share it.

    A score depends on the query, the item and the catalogue, and on nothing else that is scored with it.
    Postings are kept twice: by item (to score a candidate list) and by term (to search); both add up the
    terms in one order, so that ``search`` and ``score`` agree to the bit.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        n = world.n_items
        vocabulary: dict[str, int] = {}
        terms, lengths = array("i"), np.zeros(n, np.int64)
        for row in range(n):
            tokens = tokenize(item_text(world.item(row)))
            lengths[row] = len(tokens)
            terms.extend([vocabulary.setdefault(t, len(vocabulary)) for t in tokens])
        self._vocabulary = vocabulary
        flat = np.frombuffer(terms, np.int32) if terms else np.zeros(0, np.int32)  # one entry a token, by item
        owner = np.repeat(np.arange(n, dtype=np.int64), lengths)
        pairs, tf = np.unique(owner * max(len(vocabulary), 1) + flat, return_counts=True)  # sorted by (item, term)
        rows, ids = np.divmod(pairs, max(len(vocabulary), 1))
        df = np.bincount(ids, minlength=len(vocabulary))
        idf = np.log1p((n - df + 0.5) / (df + 0.5))
        norm = K1 * (1.0 - B + B * lengths / max(lengths.mean() if n else 0.0, 1.0))
        weight = idf[ids] * tf * (K1 + 1.0) / (tf + norm[rows])
        self._item_start = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=n))])
        self._item_terms, self._item_weights = ids.astype(np.int32), weight
        order = np.argsort(ids, kind="stable")
        self._term_start = np.concatenate([[0], np.cumsum(df)])
        self._term_rows, self._term_weights = rows[order].astype(np.int32), weight[order]

    def search(
        self, query: str, k: int, category: str | None = None, filters: Mapping[str, str] | None = None
    ) -> SearchResult:
        """The k best items for a query; never raises on what an agent writes.

        Items that share no term with the query are left out, unless the query has no terms at all: then the
        filters alone decide, in order of rows. ``category``: one of the world's, or None for all.
        ``filters``: see ``recenv.data.filters``; one that cannot be read is ignored and named in the result.
        """
        checks, ignored = parse_filters(filters or {}, self._world.categories)
        known = self._world.categories
        if category is not None and category not in known:
            ignored = (*ignored, f"category: expected one of {', '.join(known[:20])}")
            category = None
        terms, counts = self._query(query)
        scores = np.zeros(self._world.n_items)
        for term, count in zip(terms.tolist(), counts.tolist(), strict=True):
            a, b = self._term_start[term], self._term_start[term + 1]
            scores[self._term_rows[a:b]] += count * self._term_weights[a:b]
        keep = np.ones(len(scores), np.bool_) if not tokenize(query[:MAX_QUERY_CHARS]) else scores > 0
        if category is not None:
            keep &= self._world.column("item_category") == known.index(category)
        found = np.flatnonzero(keep)
        ranked = found[np.argsort(-scores[found], kind="stable")]
        rows: list[int] = []
        for row in ranked.tolist():
            if len(rows) >= k:
                break
            if not checks or passes(self._world.item(row), checks):
                rows.append(row)
        return SearchResult(rows, scores[rows].astype(np.float32), ignored)

    def score(self, query: str, item_rows: Sequence[int] | NDArray[np.integer]) -> NDArray[np.float32]:
        """(len(item_rows),) float32: BM25 of the query against each item. Raises InputError for a row outside the world."""
        wanted = np.asarray(item_rows, np.int64)
        if wanted.size and not (wanted.min() >= 0 and wanted.max() < self._world.n_items):
            raise InputError(f"item rows must lie in [0, {self._world.n_items}); got {wanted.min()} to {wanted.max()}")
        terms, counts = self._query(query)
        if not len(terms) or not wanted.size:
            return np.zeros(len(wanted), np.float32)
        starts = self._item_start[wanted]
        sizes = self._item_start[wanted + 1] - starts
        owner = np.repeat(np.arange(len(wanted)), sizes)  # (P,) the postings of all wanted items, one after another
        at = np.arange(len(owner)) + np.repeat(starts - np.concatenate([[0], np.cumsum(sizes)[:-1]]), sizes)
        place = np.searchsorted(terms, self._item_terms[at])
        place[place == len(terms)] = 0
        hit = terms[place] == self._item_terms[at]
        # bincount adds in order of input, term by term within an item: an item's sum is its own.
        total = np.bincount(owner[hit], counts[place[hit]] * self._item_weights[at[hit]], minlength=len(wanted))
        return total.astype(np.float32)

    def _query(self, query: str) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """Known terms of a query in ascending order, and how often each occurs."""
        known = [self._vocabulary[t] for t in tokenize(query[:MAX_QUERY_CHARS]) if t in self._vocabulary]
        terms, counts = np.unique(np.asarray(known, np.int32), return_counts=True)
        return terms, counts.astype(np.float64)


_indexes: dict[str, Bm25Index] = {}
_lock = threading.Lock()


def index_of(world: World) -> Bm25Index:
    """The index of a world, built when first asked for; the last four worlds used, by fingerprint, are kept."""
    with _lock:
        index = _indexes.pop(world.fingerprint, None) or Bm25Index(world)
        _indexes[world.fingerprint] = index  # last in the order of use
        while len(_indexes) > _KEPT_INDEXES:
            del _indexes[next(iter(_indexes))]
        return index
