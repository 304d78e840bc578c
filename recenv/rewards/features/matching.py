"""How far the words of a text meet those of an item, in any layout: pairs are compared as arrays, many texts at once.

A word counts by how rare it is among items and among requests (``Rarity``), so that "you", "want" and "order" say little of any
request and "crayfish" much; in a list also by how few of its items have it. BM25's saturation: Robertson & Zaragoza,
Foundations and Trends in IR, 2009. Nothing here depends on how many items a row has, on their order, or on how long they are,
but through that saturation.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recenv.rewards.features.terms import Rarity, Said, Shown, Terms, looked_up

Array = NDArray[np.float64]

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
_WORDS, _TERMS = 1 << 20, 1 << 21  # of items, and of texts times texts, that are compared at once: this bounds the memory


class Held(NamedTuple):
    """A text held against items. local: words weigh also by how few of these items have them:
    ln(1 + (I - df + 0.5) / (df + 0.5)) / 2."""

    text: Said
    items: Sequence[Shown]
    local: bool = False


def matched(held: Sequence[Held], weigh: Rarity) -> list[Array]:
    """For each an array (I, F): NAMES of its text and each of its items, the same whatever stands beside it."""
    out = [np.zeros((len(own.items), len(NAMES))) for own in held]
    stretch: list[int] = []
    words = terms = 0
    for n, own in enumerate(held):
        if not len(own.text.terms) or not own.items:
            continue
        more = sum(len(i.words) + len(i.distinct) for i in own.items)
        if stretch and (words + more > _WORDS or (len(stretch) + 1) * (terms + len(own.text.terms)) > _TERMS):
            _write(out, held, stretch, weigh)
            stretch, words, terms = [], 0, 0
        stretch.append(n)
        words, terms = words + more, terms + len(own.text.terms)
    if stretch:
        _write(out, held, stretch, weigh)
    return out


def _write(out: list[Array], held: Sequence[Held], stretch: Sequence[int], weigh: Rarity) -> None:
    own = [held[n] for n in stretch]
    for n, found in zip(stretch, np.split(_matched(own, weigh), np.cumsum([len(h.items) for h in own[:-1]])), strict=True):
        out[n] = found


class _Words(NamedTuple):
    """Words of items, one item after another. place: of each among the terms of all texts, -1 where none has it; begin, size:
    (I,) where those of an item begin and how many they are."""

    place: NDArray[np.int64]
    begin: NDArray[np.int64]
    size: NDArray[np.int64]

    @classmethod
    def among(cls, terms: Terms, words: Sequence[Terms]) -> _Words:
        place, there = looked_up(terms, np.concatenate(words))
        size = np.array([len(own) for own in words])
        return cls(np.where(there, place, -1), np.cumsum(size) - size, size)


def _matched(held: Sequence[Held], weigh: Rarity) -> Array:
    """(P, F) of the pairs of texts and items, text by text."""
    items = list({id(item): item for own in held for item in own.items}.values())
    row = {id(item): n for n, item in enumerate(items)}
    item = np.array([row[id(i)] for own in held for i in own.items])
    pairs = np.array([len(own.items) for own in held])
    text = np.repeat(np.arange(len(held)), pairs)

    sizes = np.array([len(own.text.terms) for own in held])
    terms = np.concatenate([own.text.terms for own in held])
    refused = np.concatenate([own.text.refused for own in held])
    number = np.concatenate([own.text.number for own in held])
    known, which = np.unique(terms, return_inverse=True)
    owner, first = np.repeat(np.arange(len(held)), sizes), np.cumsum(sizes) - sizes
    of_text = np.full((len(held), len(known)), -1)  # where a text has a term
    of_text[owner, which] = np.arange(len(terms))

    def of_pairs(of: _Words) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Of every word of every pair, in order: the pair, where it stands in ``of``, its text's term or -1."""
        size = of.size[item]
        pair = np.repeat(np.arange(len(item)), size)
        at = np.arange(len(pair)) + np.repeat(of.begin[item] - (np.cumsum(size) - size), size)
        return pair, at, np.where(of.place[at] >= 0, of_text[text[pair], of.place[at]], -1)

    pair, _, term = of_pairs(_Words.among(known, [i.words for i in items]))
    size = sizes[text]  # of what each pair could share
    begin = np.cumsum(size) - size
    said = term >= 0
    tf = np.bincount(begin[pair[said]] + term[said] - first[text[pair[said]]], minlength=int(size.sum()))
    hit = np.flatnonzero(tf)  # pair by pair, term by term: sums are added up in this order, zeros left out
    pair = np.repeat(np.arange(len(item)), size)[hit]
    term, tf = hit - begin[pair] + first[text[pair]], tf[hit].astype(np.float64)

    weights = weigh.of(terms)
    local = np.array([own.local for own in held])
    if local.any():
        df, n = np.bincount(term, minlength=len(terms)).astype(np.float64), pairs[owner].astype(np.float64)
        weights = np.where(local[owner], weights * np.log1p((n - df + 0.5) / (df + 0.5)) / 2.0, weights)
    wanted = weights * (1.0 - refused)

    def summed(values: Array) -> Array:
        return np.bincount(pair, values, len(item)).astype(np.float64, copy=False)  # integers where there is nothing

    length = np.array([len(i.words) for i in items], np.float64)[item][pair]
    saturated = tf * (_K1 + 1.0) / (tf + _K1 * (1.0 - _B + _B * length / _USUAL_LENGTH))
    most = np.array([max(float(np.add.reduce(own)), 1e-9) for own in np.split(wanted, first[1:])])
    out = np.zeros((len(item), len(NAMES)))
    out[:, 0], out[:, 2] = summed(saturated * wanted[term]), summed(wanted[term])
    out[:, 1] = out[:, 2] / most[text]
    for name, marks in ((3, [own.text.clauses for own in held]), (5, [own.text.sentences for own in held])):
        out[:, name], mean = _shared(text, pair, term, wanted, marks)
        if name == 3:
            out[:, 4] = mean
    of_parts = _Words.among(known, [i.distinct for i in items])
    full = [i for i in items if len(i.distinct)]
    if full:
        rarity = np.concatenate([weigh.of_parts(i) for i in full])
        out[:, 6:11] = _parts(items, item, wanted, rarity, *of_pairs(of_parts))
    out[:, 11], out[:, 12] = summed((weights * refused)[term]), summed((number * (1.0 - refused))[term])
    np.maximum.at(out[:, 13], pair, wanted[term])
    return out


def _shared(
    text: NDArray[np.int64], pair: NDArray[np.int64], term: NDArray[np.int64], wanted: Array, marks: Sequence[Array],
) -> tuple[Array, Array]:
    """(P,) the mass of the clause that a pair shares most of, and its clauses' mean. text: (P,) of each pair; pair, term: (H,)
    what is shared; marks: of each text, its clauses' terms."""
    several = [np.nonzero(own.T) for own in marks]  # term by term
    count = np.concatenate([np.bincount(t, minlength=own.shape[1]) for (t, _), own in zip(several, marks, strict=True)])
    clause, start = np.concatenate([c for _, c in several]), np.cumsum(count) - count
    clauses = np.array([len(own) for own in marks])[text]
    begin = np.cumsum(clauses) - clauses
    times = count[term]
    at = np.arange(int(times.sum())) + np.repeat(start[term] - (np.cumsum(times) - times), times)
    mass = np.bincount(np.repeat(begin[pair], times) + clause[at], np.repeat(wanted[term], times), int(clauses.sum()))
    return np.maximum.reduceat(mass, begin), np.bincount(np.repeat(np.arange(len(text)), clauses), mass, len(text)) / clauses


def _parts(
    items: Sequence[Shown], item: NDArray[np.int64], wanted: Array, rarity: Array, pair: NDArray[np.int64], at: NDArray[np.int64],
    term: NDArray[np.int64],
) -> Array:
    """(P, 5) part_most, parts_sum, parts_mean, name_mass, name_share: shares of the weight of parts that the terms name."""
    out = np.zeros((len(item), 5))
    read = np.flatnonzero(np.array([len(i.distinct) for i in items])[item])
    if not len(read):
        return out
    parts = np.array([len(i.starts) for i in items])
    begin = np.cumsum(parts) - parts
    of_pair = parts[item[read]]
    first = np.cumsum(of_pair) - of_pair
    own = np.arange(int(of_pair.sum())) + np.repeat(begin[item[read]] - first, of_pair)
    words = np.array([len(i.distinct) for i in items])[item]
    starts = np.concatenate([i.starts for i in items])[own] + np.repeat((np.cumsum(words) - words)[read], of_pair)
    met = np.add.reduceat(np.where(term >= 0, wanted[term], 0.0), starts)
    missed = np.add.reduceat(np.where(term >= 0, 0.0, rarity[at]), starts)
    shares = met / (met + missed + 1.0)
    for size in np.unique(of_pair).tolist():  # items of as many parts at once: how a sum is added up depends on its length
        same = np.flatnonzero(of_pair == size)
        best = np.sort(shares[first[same][:, None] + np.arange(size)], 1)
        out[read[same], 0] = best[:, -1]
        out[read[same], 1] = np.add.reduce(np.ascontiguousarray(best[:, -5:]), 1)
        out[read[same], 2] = np.add.reduce(best, 1) / size
    out[read, 3], out[read, 4] = met[first], met[first] / (met[first] + missed[first] + 1e-9)
    return out


def in_order(values: Array) -> Array:
    """Sums over the last axis, each from first to last: NumPy's own sum adds in an order that depends on the array's shape, and a
    score must not depend on the rows beside it."""
    found: Array = np.cumsum(values, -1)[..., -1]
    return found
