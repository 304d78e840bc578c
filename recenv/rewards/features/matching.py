"""How far the words of a text meet those of an item, in any layout: each text is read once, pairs are compared as arrays.

A word counts by how rare it is among items and among requests (``Rarity``), so that "you", "want" and "order" say little of any
request and "crayfish" much; in a list also by how few of its items have it. Items are taken as parts (fields, members of lists),
requests as clauses, since one of several wishes may be all that an item is right for. BM25's saturation: Robertson & Zaragoza,
Foundations and Trends in IR, 2009. Nothing here depends on how many items a row has, on their order, or on how long they are,
but through that saturation.
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

NAMES = (
    "bm25", "covered", "mass", "clause_most", "clauses_mean", "sentence_most", "part_most", "parts_sum", "parts_mean",
    "name_mass", "name_share", "refused_mass", "number_hits", "rarest",
)
"""What is said of a text and an item. Masses are sums of weights of shared words; shares are in [0, 1].

bm25: saturated mass; covered: share of the text; clause_most, clauses_mean: mass of the clause, of the clauses on average, that
share most; sentence_most: the same of sentences; part_*: share of an item's part that the text names (most, the best five
together, mean); name_*: of the item's name; refused_mass: words that the text wants to be without; rarest: the weightiest word.
"""

_K1, _B, _USUAL_LENGTH = 1.5, 0.75, 60.0
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
        place, there = _looked_up(self._terms, terms)
        return np.where(there, self._weights[place], self.unknown) if len(self._terms) else np.full(len(terms), self.unknown)


def _looked_up(among: Terms, terms: Terms) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
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


def matched(text: Said, items: Sequence[Shown], weigh: Rarity, local: bool = False) -> Array:
    """(I, F) NAMES of a text and each of the items. local: words weigh also by how few of these items have them:
    ln(1 + (I - df + 0.5) / (df + 0.5)) / 2."""
    out = np.zeros((len(items), len(NAMES)))
    if not len(text.terms) or not items:
        return out
    tf = _counted(text.terms, items)
    hit = (tf > 0.0).astype(np.float64)
    weights = weigh.of(text.terms)
    if local:
        df = np.add.reduce(hit, 0)
        weights = weights * np.log1p((len(items) - df + 0.5) / (df + 0.5)) / 2.0
    wanted = weights * (1.0 - text.refused)
    length = np.array([len(item.words) for item in items], np.float64)[:, None]
    saturated = tf * (_K1 + 1.0) / (tf + _K1 * (1.0 - _B + _B * length / _USUAL_LENGTH))
    met = hit * wanted
    mass, clauses, sentences = in_order(met), _shared(met, text.clauses), _shared(met, text.sentences)
    out[:, 0], out[:, 1], out[:, 2] = in_order(saturated * wanted), mass / max(float(np.add.reduce(wanted)), 1e-9), mass
    out[:, 3], out[:, 4], out[:, 5] = clauses.max(1), in_order(clauses) / len(text.clauses), sentences.max(1)
    out[:, 6:11] = _parts(text.terms, wanted, items, weigh)
    out[:, 11], out[:, 12] = in_order(hit * (weights * text.refused)), in_order(hit * (text.number * (1.0 - text.refused)))
    out[:, 13] = met.max(1)
    return out


def _counted(terms: Terms, items: Sequence[Shown]) -> Array:
    """(I, T) how often each item has each term."""
    flat = np.concatenate([item.words for item in items])
    owner = np.repeat(np.arange(len(items)), [len(item.words) for item in items])
    place, there = _looked_up(terms, flat)
    counts = np.bincount(owner[there] * len(terms) + place[there], minlength=len(items) * len(terms))
    return counts.reshape(len(items), len(terms)).astype(np.float64)


def _parts(terms: Terms, wanted: Array, items: Sequence[Shown], weigh: Rarity) -> Array:
    """(I, 5) part_most, parts_sum, parts_mean, name_mass, name_share: shares of the weight of parts that the terms name."""
    out, read = np.zeros((len(items), 5)), [n for n, item in enumerate(items) if len(item.distinct)]
    if not read:
        return out
    own = [items[n] for n in read]
    place, there = _looked_up(terms, np.concatenate([item.distinct for item in own]))
    sizes = [len(item.distinct) for item in own]
    starts = np.concatenate([item.starts + at for item, at in zip(own, np.cumsum([0, *sizes[:-1]]), strict=True)])
    met = np.add.reduceat(np.where(there, wanted[place], 0.0), starts)
    missed = np.add.reduceat(np.where(there, 0.0, np.concatenate([weigh.of_parts(item) for item in own])), starts)
    shares = met / (met + missed + 1.0)
    parts = np.array([len(item.starts) for item in own])
    first, place = np.cumsum(parts) - parts, np.array(read)
    for size in np.unique(parts).tolist():  # items of as many parts at once: how a sum is added up depends on its length
        same = np.flatnonzero(parts == size)
        best = np.sort(shares[first[same][:, None] + np.arange(size)], 1)
        out[place[same], 0] = best[:, -1]
        out[place[same], 1] = np.add.reduce(np.ascontiguousarray(best[:, -5:]), 1)
        out[place[same], 2] = np.add.reduce(best, 1) / size
    out[read, 3], out[read, 4] = met[first], met[first] / (met[first] + missed[first] + 1e-9)
    return out


def _shared(met: Array, marks: Array) -> Array:
    """(I, C) mass of each clause that each item has."""
    return in_order(met[:, None, :] * marks)


def in_order(values: Array) -> Array:
    """Sums over the last axis, each from first to last: NumPy's own sum adds in an order that depends on the array's shape, and a
    score must not depend on the rows beside it."""
    found: Array = np.cumsum(values, -1)[..., -1]
    return found
