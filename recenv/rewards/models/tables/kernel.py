"""A Gaussian process over two sides: people and scenes, each compared column by column, and what links the two.

    cov(f, f') = sum_t a_t exp(-w_t . d_user - v_t . d_scene - z_t . d_pair) [same person, for the terms of the person]

Distances d are 0 or 1 between names and the gap between levels; every term has its own weights (``training.fits.process``). The
terms of the person hold what is particular to somebody in training and says nothing of others; without them repeated rows of one
person would count as so many people.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recenv.rewards.models.tables.columns import UNSEEN, Side

Floats = NDArray[np.float32]

TERMS: tuple[tuple[str, frozenset[str]], ...] = (
    ("scene", frozenset({"scene"})),
    ("user", frozenset({"user"})),
    ("user_scene", frozenset({"user", "scene"})),
    ("user_item", frozenset({"user", "item"})),
    ("pair_scene", frozenset({"pair", "scene"})),
    ("person", frozenset({"person"})),
    ("person_scene", frozenset({"person", "scene"})),
)
"""Name of each term and what it compares; "item" is the scene without its context."""
PREDICTIVE = 5
"""So many of TERMS, the first, say something of people who are not in training."""


def pair_side(values: Floats) -> Side:
    """Pair columns as a side whose names all agree."""
    return Side(np.zeros(values.shape, np.int16), values.astype(np.float16).astype(np.float32))


def distances(a: Side, b: Side, levelled: NDArray[np.bool_]) -> Floats:
    """(A, B, J + L) distances: whether the J columns differ, then the gap of the L columns that have levels.

    A level against none counts one half. A value that training never saw differs from every other.
    """
    differ = (a.codes[:, None] != b.codes[None]) | (a.codes[:, None] == UNSEEN)
    x, y = a.levels[:, None, levelled], b.levels[None][:, :, levelled]
    gap = np.where(np.isnan(x) & np.isnan(y), np.float32(0.0), np.nan_to_num(np.abs(x - y), nan=0.5))
    return np.concatenate([differ.astype(np.float32), gap.astype(np.float32)], 2)


def likeness(a: Side, b: Side, levelled: NDArray[np.bool_], weights: Floats) -> Floats:
    """(A, B, T) factors exp(-weights . distances), made row by row and added up in order: no row depends on its neighbours,
    nor on how a matrix product would be cut between threads."""
    out = np.empty((len(a.codes), len(b.codes), weights.shape[1]), np.float32)
    for n in range(len(a.codes)):
        far = distances(Side(a.codes[n:n + 1], a.levels[n:n + 1]), b, levelled)[0]
        total = np.zeros_like(out[n])
        for j in range(far.shape[1]):
            total += far[:, j:j + 1] * weights[j]
        out[n] = np.exp(-total)
    return out


class Levelled(NamedTuple):
    """Which columns of each side have levels of their own, (J,) each."""

    user: NDArray[np.bool_]
    scene: NDArray[np.bool_]
    pair: NDArray[np.bool_]
