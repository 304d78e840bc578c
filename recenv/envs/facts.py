"""What there is to know of the items of N slates: two ways to gather the same arrays, equal to the bit on candidates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recenv.data.constraints import MET
from recenv.envs import CACHES
from recenv.envs.state import State, spread_starts
from recenv.envs.tables import (
    ALLOWED,
    MISSED_BY,
    SIZE,
    START,
    UNKNOWN_BY,
    Mask,
    Tables,
    draws,
    log_bits,
    masks,
    preferred,
    said_of,
)


class Facts(NamedTuple):
    """Of each item in N slates of K places, best first; where ``there`` is false the rest means nothing.

    rank (N, K): how many items stand there so far, from 1; ``total`` (N,): how many do, ``some``: whether any does.
    at: number among the candidates, -1 for an item from elsewhere.  spot, cell: where it stands in the arrays of candidates, of
    the state and of the tables, flattened.  item: row of the world, -1 for none.
    preference: see ``tables.preferred``.  reach: the last place at which the user looks at it, 0 where not there.
    said (N, K, 4): masks of the goal's constraints, see ``tables.said_of``.  logged: what the log says, see ``tables.GoalRows``.
    """

    there: NDArray[np.bool_]
    rank: NDArray[np.int64]
    total: NDArray[np.int64]
    some: NDArray[np.bool_]
    at: NDArray[np.int64]
    spot: NDArray[np.int64]
    cell: NDArray[np.int64]
    item: NDArray[np.int64]
    preference: NDArray[np.complex128]
    reach: NDArray[np.int64]
    said: Mask
    logged: NDArray[np.uint8]

    @property
    def missed(self) -> Mask:
        """(N, K) constraints that the items miss."""
        return self.said[..., MISSED_BY]

    @property
    def unknown(self) -> Mask:
        """(N, K) constraints of which their records say nothing."""
        return self.said[..., UNKNOWN_BY]

    @property
    def value(self) -> NDArray[np.float64]:
        """(N, K) how much users like the items in this goal, in logits."""
        return self.preference.imag


def by_number(
    tables: Tables, state: State, numbers: NDArray[np.int64], playing: NDArray[np.bool_] | None = None
) -> Facts:
    """Slates of candidate numbers (N, K). A number beyond the list names nothing, a repeated one counts once, and what is
    more than the instruction allows is cut. playing (N,): rows that have a slate at all, all where it is not given."""
    (n, k), slate = numbers.shape, tables.standing(state.session, state.goal).slate
    if k != slate.shape[2]:
        slate = slate[:, :, :1]
    there = numbers.view(np.uint64) < slate[:, SIZE].view(np.uint64)  # as unsigned numbers those below 0 are beyond every list
    if playing is not None:
        there &= playing[:, None]
    at, column = np.where(there, numbers, _NONE), _columns(n, k)
    # each counts once, where it stands first: written from the last column to the first, that one stays
    spot, first = state.spots(at), np.empty(state.marked.size, np.int64)
    first.put(spot.ravel()[::-1], column.ravel()[::-1])
    there &= first.take(spot) == column
    rank = column + _ONE if np.count_nonzero(there) == n * k else there.cumsum(1)
    there &= rank <= slate[:, ALLOWED]
    if np.count_nonzero(there) < n * k:
        at = np.where(there, at, _NONE)
        spot = state.spots(at)
    return _from_tables(
        tables, state, slate[:, START] + at, at, spot, there, rank, np.minimum(rank[:, -1], slate[:, ALLOWED, -1]))


_ZERO, _ONE, _NONE = np.array(0), np.array(1), np.array(-1)


@CACHES.keep(64)
def _columns(n: int, k: int) -> NDArray[np.int64]:
    """(N, K) the number of its column in each place; not to be written to."""
    return spread_starts(k, 1, n).T.copy()


def _from_tables(
    tables: Tables, state: State, cell: NDArray[np.int64], at: NDArray[np.int64], spot: NDArray[np.int64],
    there: NDArray[np.bool_], rank: NDArray[np.int64], total: NDArray[np.int64],
) -> Facts:
    """See ``Facts``; at (N, K) is -1 where not there, and so finds nothing in the arrays."""
    rows = tables.rows
    said = rows.said.reshape(-1, 4).take(cell, 0)  # (N, K, 4)
    return Facts(
        there, rank, total, total > _ZERO, at, spot, cell, rows.item_at.take(cell), state.preference.take(spot),
        state.reach.take(spot), said, rows.logged_at.take(cell))


def by_item(tables: Tables, state: State, slates: Sequence[Sequence[int]]) -> Facts:
    """Slates of item rows, any items of the world, at most K each and each once."""
    n, most = len(slates), tables.config.slate_size
    standing = tables.standing(state.session, state.goal)
    item = np.full((n, most), -1, np.int64)
    for r, slate in enumerate(slates):
        item[r, : len(slate)] = slate
    there = item >= 0
    same = item[:, :, None] == tables.rows.item[standing.place][:, None, :]  # (N, K, C)
    listed = same.any(2) & there
    at, rank = np.where(listed, same.argmax(2), -1), there.cumsum(1)
    facts = _from_tables(tables, state, standing.slate[:, START] + at, at, state.spots(at), there, rank, rank[:, -1])
    if (there & ~listed).any():
        facts = _with_others(tables, state, facts, item, there & ~listed)
    return facts


def _with_others(
    tables: Tables, state: State, facts: Facts, item: NDArray[np.int64], other: NDArray[np.bool_]
) -> Facts:
    """The items that are no candidates, read from their records."""
    row, k = np.nonzero(other)
    return _replaced(facts, (row, k), read_items(tables, state, row, item[row, k]))


def read_items(tables: Tables, state: State, row: NDArray[np.int64], items: NDArray[np.int64]) -> Facts:
    """(R,) facts of items straight from world and user model. row (R,): the session of the batch that each is for."""
    world, session, goal = tables.world, state.session[row], state.goal[row]
    found = [world.satisfaction(int(s), int(g), int(i)) for s, g, i in zip(session, goal, items, strict=True)]
    status = np.full((len(found), max((len(f) for f in found), default=0) or 1), MET, np.int8)
    for r, f in enumerate(found):
        status[r, : len(f)] = f
    appeal = tables.user.appeal(session, goal, items, status)
    missed, unknown = masks(status)
    there = np.ones(len(items), np.bool_)
    drawn, none, one = draws(state.goal_key[row], world.item_keys(items)), np.full(len(items), -1), there.astype(np.int64)
    logged = log_bits(appeal, missed, unknown)
    preference = preferred(appeal.utility - appeal.outside + drawn.taste, state.bar[row], logged)
    return Facts(
        there, one, one, there, none, none, none, items, preference, tables.reach(drawn.look), said_of(missed, unknown, logged),
        logged)


def _replaced(facts: Facts, where: tuple[NDArray[np.int64], NDArray[np.int64]], read: Facts) -> Facts:
    changed: dict[str, NDArray[Any]] = {}
    for name in ("item", "preference", "reach", "said", "logged"):
        changed[name] = np.array(getattr(facts, name))
        changed[name][where] = getattr(read, name)
    return facts._replace(**changed)
