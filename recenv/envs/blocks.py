"""Numbering of blocks: which row of the deck a goal has once some of its constraints are told, looked up for N at once."""

from __future__ import annotations

import os

import numpy as np
from numpy.typing import NDArray

from recenv.data.store import DISCLOSURES
from recenv.data.world import World
from recenv.errors import InputError

MOST_STATES = 1 << 25
"""Largest table of (goal, told) that is kept as one array: 128 MB."""

ROOM = "RECENV_DECK_BLOCKS"
"""The variable that says how many blocks a deck holds in memory."""

MOST_BLOCKS = 196_608
"""What it holds where nothing is said: about 270 MB with three scorers and twenty candidates a goal."""


def room_for_blocks() -> int:
    """How many blocks a deck holds in memory. Raises InputError for anything but a number above 0."""
    given = os.environ.get(ROOM, str(MOST_BLOCKS))
    if not (given.isascii() and given.isdigit() and len(given) < 16) or int(given) < 1:
        raise InputError(f"{ROOM} must be a number of blocks, at least 1; got {given!r}")
    return int(given)


class BlockNumbers:
    """(goal, told) -> number, in the order in which blocks are opened.

    What can be told of a goal lies between its first and its last constraint that is told on asking, so the told bits
    between them count the states of the goal. Where a world has too many of them for one array, a mapping takes over.
    """

    def __init__(self, world: World) -> None:
        start = np.asarray(world.column("constraint_start"), np.int64)
        sayable = np.asarray(world.column("constraint_disclosure")) == DISCLOSURES.index("on_ask")
        at = np.flatnonzero(sayable)
        goal = np.repeat(np.arange(world.n_goals), np.diff(start))[at]
        first, last = np.full(world.n_goals, 63, np.int64), np.full(world.n_goals, -1, np.int64)
        np.minimum.at(first, goal, at - start[goal])
        np.maximum.at(last, goal, at - start[goal])
        width = np.maximum(last - first + 1, 0)
        # (G, 3) a goal: how far its told bits are shifted, which of them count, and where its states start
        self._goals = np.zeros((world.n_goals, 3), np.uint64)
        self._goals[:, 0] = first
        self._goals[:, 1] = (np.uint64(1) << np.minimum(width, 63).astype(np.uint64)) - np.uint64(1)
        states = int((2.0 ** width).sum()) if len(width) else 0
        self._table: NDArray[np.int32] | None = None
        if states <= MOST_STATES:
            self._goals[:, 2] = np.concatenate([[0], np.cumsum(1 << width)[:-1]])
            self._table = np.zeros(states, np.int32)  # number + 1: zeros take no memory until something is put beside them
        self._known: dict[tuple[int, int], int] = {}
        self.keys: list[tuple[int, int]] = []

    def find(self, goals: NDArray[np.int64], told: NDArray[np.uint64]) -> NDArray[np.int64]:
        """(N,) numbers, -1 for blocks that are not open."""
        if self._table is None:
            pairs = zip(goals.tolist(), told.tolist(), strict=True)
            return np.array([self._known.get(pair, -1) for pair in pairs], np.int64)
        return np.asarray(self._table.take(self._place(goals, told)) - _ONE)

    def open(self, goals: NDArray[np.int64], told: NDArray[np.uint64]) -> list[tuple[int, int]]:
        """Number those that have no number yet; returns them, (goal, told) each, in the order of their numbers."""
        new = self.find(goals, told) < 0
        fresh = list(dict.fromkeys(zip(goals[new].tolist(), told[new].tolist(), strict=True)))
        start = len(self.keys)
        self.keys += fresh
        if self._table is None:
            self._known.update(zip(fresh, range(start, len(self.keys)), strict=True))
        else:
            self._table[self._places(fresh)] = np.arange(start, len(self.keys)) + _ONE
        return fresh

    def drop(self, start: int) -> None:
        """Close the blocks from a number on."""
        dropped = self.keys[start:]
        del self.keys[start:]
        if self._table is None:
            for pair in dropped:
                del self._known[pair]
        else:
            self._table[self._places(dropped)] = 0

    def _places(self, pairs: list[tuple[int, int]]) -> NDArray[np.int64]:
        # the types said outright: of numbers below and above 2^63 together NumPy makes floats
        return self._place(np.array([goal for goal, _ in pairs], np.int64), np.array([told for _, told in pairs], np.uint64))

    def _place(self, goals: NDArray[np.int64], told: NDArray[np.uint64]) -> NDArray[np.int64]:
        of = self._goals.take(goals, 0)
        return (((told >> of[:, 0]) & of[:, 1]) + of[:, 2]).view(np.int64)


_ONE = np.array(1)
