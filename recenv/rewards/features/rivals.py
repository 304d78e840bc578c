"""Who competes with whom in a list: items that meet the same words of a request, by how rare those are.

A request of several wishes is answered by a list of several kinds of things. What is right for one wish stands out among the
items that could do for it, and not among all: a wish that is told at length would else outweigh the others.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from recenv.rewards.features.terms import Rarity, Said, Shown, looked_up

Array = NDArray[np.float64]

_LESS, _ALL = 0.75, 0.3  # how much of its rivals' mean an item loses; what the whole list weighs in that mean beside them
_ROWS = 512  # items that are held against all others at once: bounds memory


def above_rivals(text: Said, items: Sequence[Shown], weigh: Rarity, values: Array) -> Array:
    """(I,) values of items, each less most of its rivals' mean: their cosine over the weights of the words that they share with
    the text counts squared. Items without rivals lose as much of the mean of all, so that a constant added changes no order.
    """
    found = _met(text, items, weigh)
    length = np.sqrt(np.einsum("it,it->i", found, found))
    found = found / np.where(length > 0.0, length, 1.0)[:, None]
    mean = np.empty(len(items))
    for at in range(0, len(items), _ROWS):
        alike = np.einsum("it,jt->ij", found[at:at + _ROWS], found) ** 2
        own = np.arange(len(alike))
        alike[own, own + at] = 0.0
        mean[at:at + _ROWS] = (np.einsum("ij,j->i", alike, values) + _ALL * values.mean()) / (alike.sum(1) + _ALL)
    return values - _LESS * mean


def _met(text: Said, items: Sequence[Shown], weigh: Rarity) -> Array:
    """(I, T) the weights of those words of the text that any item has, for the items that have them."""
    if not len(text.terms):
        return np.zeros((len(items), 0))
    place, there = looked_up(text.terms, np.concatenate([i.words for i in items]))
    owner = np.repeat(np.arange(len(items)), [len(i.words) for i in items])
    out = np.zeros((len(items), len(text.terms)))
    out[owner[there], place[there]] = weigh.of(text.terms)[place[there]]
    return out[:, out.any(0)]
