"""The words of requests and items, read once a text: as 64-bit hashes, by clause and part, and how much each weighs.

Requests are taken as clauses, since one of several wishes may be all that an item is right for; items as parts: fields, members
of lists.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recenv.data.search import tokenize
from recenv.rewards.features import CACHES
from recenv.rewards.reading.lexical import norm
from recenv.rewards.reading.words import uninflected

Array = NDArray[np.float64]
Terms = NDArray[np.uint64]
"""Words by a hash of 64 bits: equal ones are the same word."""

_MOST_TERMS, _MOST_PARTS = 400, 80  # what follows in a longer text is not read
_SENTENCE = re.compile(r"(?<=[.;!?。\n])\s*")
_CLAUSE = re.compile(
    r"[,;!?。、\n]+|\.(?=\s|$)|\b(?:and|but|so|also|then|with|that|which|plus)\b|并且|而且|但是|不过|还要|还想|然后|另外|顺便|最好")
_REFUSED = re.compile(
    r"\b(?:no|not|don't|doesn't|cannot|can't|avoids?|without|never|hates?|allergic|won't|dislikes?|instead of|"
    r"rather than|tired of)\b|n't\b|不(?!错|过|少|仅|但|限)|别(?!的|墅)|忌|避免|过敏|讨厌|拒绝")
_PART = re.compile(r"[;,、()|\n+/\[\]{}\"]+|:\s")


class Said(NamedTuple):
    """A text that items are held against. terms (T,): distinct, ascending; refused (T,): only said of what is not wanted; number
    (T,); clauses (C, T), sentences (S, T): which of the terms each has; 0 or 1."""

    terms: Terms
    refused: Array
    number: Array
    clauses: Array
    sentences: Array


class Shown:
    """An item. words (W,): its terms with repetitions; distinct (D,): those of each part once, part by part; starts (P,): where
    parts begin in them. The first part is the name."""

    __slots__ = ("distinct", "starts", "words")

    def __init__(self, words: Terms, distinct: Terms, starts: NDArray[np.int64]) -> None:
        self.words, self.distinct, self.starts = words, distinct, starts


class Rarity:
    """What words weigh: -ln of how common each is among items; words that are not ``known`` weigh ``unknown``."""

    def __init__(self, known: Mapping[str, float], unknown: float) -> None:
        self.known, self.unknown = dict(known), unknown
        terms, weights = _terms(list(self.known)), np.array(list(self.known.values()), np.float64)
        order = np.argsort(terms)
        self._terms, self._weights = terms[order], weights[order]
        self.of_parts = lru_cache(maxsize=32_768)(lambda item: self.of(item.distinct))

    def of(self, terms: Terms) -> Array:
        """(T,) weights of terms."""
        place, there = looked_up(self._terms, terms)
        return np.where(there, self._weights[place], self.unknown) if len(self._terms) else np.full(len(terms), self.unknown)


def looked_up(among: Terms, terms: Terms) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Where each term stands in ascending ones, and whether it does."""
    place = np.minimum(np.searchsorted(among, terms), max(len(among) - 1, 0))
    return place, among[place] == terms if len(among) else np.zeros(len(terms), bool)


@CACHES.keep(65_536)
def _term(word: str) -> int:
    return int.from_bytes(hashlib.blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def _terms(found: Iterable[str]) -> Terms:
    return np.array([_term(w) for w in found], np.uint64)


@CACHES.keep(32_768)
def words(text: str) -> tuple[str, ...]:
    """The words of a text in order: numbers, stems, Chinese characters and pairs of them."""
    return tuple(map(uninflected, tokenize(norm(text))))


@CACHES.keep(8_192)
def said(text: str) -> Said:
    """A request, a person or a situation, read."""
    plain = norm(text)
    own = list(dict.fromkeys(words(plain)))[:_MOST_TERMS]
    terms = _terms(own)
    order = np.argsort(terms)
    clauses = [c for c in _CLAUSE.split(plain) if c.strip()]
    wanted: set[str] = set()
    for clause in clauses:
        found = _REFUSED.search(clause)
        wanted.update(words(clause[:found.start()] if found else clause))
    place = {own[k]: n for n, k in enumerate(order.tolist())}
    inside = [own[k] for k in order.tolist()]
    return Said(
        terms[order], np.array([w not in wanted for w in inside], np.float64),
        np.array([w[0].isdigit() for w in inside], np.float64), _marks(clauses, place),
        _marks([s for s in _SENTENCE.split(plain) if s.strip()], place))


def _marks(texts: Sequence[str], place: Mapping[str, int]) -> Array:
    out = np.zeros((max(len(texts), 1), len(place)))
    for row, text in enumerate(texts):
        out[row, [place[w] for w in words(text) if w in place]] = 1.0
    return out


@CACHES.keep(32_768)
def shown(text: str) -> Shown:
    """An item's text, read: its name is what comes before the first separator."""
    plain = norm(text)
    parts = [p for p in (list(dict.fromkeys(words(part))) for part in _PART.split(plain) if part.strip()) if p][:_MOST_PARTS]
    starts = np.cumsum([0, *(len(p) for p in parts[:-1])])
    return Shown(_terms(words(plain)[:4 * _MOST_TERMS]), _terms(w for p in parts for w in p), starts)
