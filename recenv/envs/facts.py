"""What there is to know of the items of N slates: two ways to gather the same arrays, equal to the bit on candidates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recenv.data.constraints import MET
from recenv.envs.state import State, row_starts
from recenv.envs.tables import KEY, MISSED_BY, UNKNOWN_BY, Mask, Tables, draws, log_bits, masks


class Facts(NamedTuple):
    """Of each item in N slates of K places, best first; where ``there`` is false the rest means nothing.

    rank (N, K): how many items stand there so far, from 1; ``some`` (N,): whether any does.
    at: number among the candidates, -1 for an item from elsewhere.  item: row of the world.  key: word for draws.
    value: how much the user likes it in this goal, in logits: utility less that of taking nothing, plus taste.
    look: how far down the user looks for it, see ``dynamics.looked_at``.
    missed, unknown: masks of the goal's constraints.  logged: what the log says, see ``tables.GoalRows``.
    """

    there: NDArray[np.bool_]
    rank: NDArray[np.int64]
    some: NDArray[np.bool_]
    at: NDArray[np.int64]
    item: NDArray[np.int64]
    key: NDArray[np.uint64]
    value: NDArray[np.float64]
    look: NDArray[np.float64]
    missed: Mask
    unknown: Mask
    logged: NDArray[np.uint8]


def by_number(
    tables: Tables, state: State, numbers: NDArray[np.int64], place: NDArray[np.int32] | None = None,
    playing: NDArray[np.bool_] | None = None,
) -> Facts:
    """Slates of candidate numbers (N, K). A number beyond the list names nothing, a repeated one counts once, and what is
    more than the instruction allows is cut. place (N,): see ``Tables.at``, for callers that know it; playing (N,): rows that have
    a slate at all."""
    if place is None:
        place = tables.at(tables.goal_row(state.session, state.goal))
    rows = tables.rows
    there = (numbers >= _ZERO) & (numbers < rows.size.take(place)[:, None])
    if playing is not None:
        there &= playing[:, None]
    there &= (numbers[:, :, None] == numbers[:, None, :]).argmax(2) == row_starts(numbers.shape[1], 1)  # each once, where first
    count, allowed = there.cumsum(1), rows.allowed.take(place)[:, None]
    there &= count <= allowed
    return _from_tables(tables, state, place, np.where(there, numbers, _NONE), there, np.minimum(count, allowed))


_ZERO, _NONE = np.array(0), np.array(-1)


def _from_tables(
    tables: Tables, state: State, place: NDArray[np.int32], at: NDArray[np.int64], there: NDArray[np.bool_],
    rank: NDArray[np.int64],
) -> Facts:
    """at (N, K): candidate numbers, -1 where not there; what is read in their place means nothing."""
    rows = tables.rows
    flat = place[:, None] * rows.item.shape[1] + at
    cell = rows.cell.reshape(-1, 4).take(flat, 0)  # (N, K, 4)
    own = state.spots(at)
    return Facts(
        there, rank, rank[:, -1] > _ZERO, at, np.where(there, rows.item.take(flat), _NONE), cell[:, :, KEY],
        state.value.take(own), state.look.take(own), cell[:, :, MISSED_BY], cell[:, :, UNKNOWN_BY], rows.logged.take(flat),
    )


def by_item(
    tables: Tables, state: State, slates: Sequence[Sequence[int]], place: NDArray[np.int32] | None = None
) -> Facts:
    """Slates of item rows, any items of the world, at most K each and each once. place: as for ``by_number``."""
    if place is None:
        place = tables.at(tables.goal_row(state.session, state.goal))
    n, most = len(slates), tables.config.slate_size
    item = np.full((n, most), -1, np.int64)
    for r, slate in enumerate(slates):
        item[r, : len(slate)] = slate
    there = item >= 0
    same = item[:, :, None] == tables.rows.item[place][:, None, :]  # (N, K, C)
    listed = same.any(2) & there
    facts = _from_tables(tables, state, place, np.where(listed, same.argmax(2), -1), there, there.cumsum(1))
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
    world, session = tables.world, state.session[row]
    goal = np.minimum(state.goal[row], tables.n_goals[session] - 1)
    found = [world.satisfaction(int(s), int(g), int(i)) for s, g, i in zip(session, goal, items, strict=True)]
    status = np.full((len(found), max((len(f) for f in found), default=0) or 1), MET, np.int8)
    for r, f in enumerate(found):
        status[r, : len(f)] = f
    appeal = tables.user.appeal(session, goal, items, status)
    key = world.item_keys(items)
    missed, unknown = masks(status)
    there = np.ones(len(items), np.bool_)
    drawn = draws(state.goal_key[row], key)
    return Facts(
        there, there.astype(np.int64), there, np.full(len(items), -1), items, key,
        appeal.utility - appeal.outside + drawn.taste, drawn.look, missed, unknown, log_bits(appeal, missed, unknown),
    )


def _replaced(facts: Facts, where: tuple[NDArray[np.int64], NDArray[np.int64]], read: Facts) -> Facts:
    changed: dict[str, NDArray[Any]] = {}
    for name in ("item", "key", "value", "look", "missed", "unknown", "logged"):
        changed[name] = np.array(getattr(facts, name))
        changed[name][where] = getattr(read, name)
    return facts._replace(**changed)
