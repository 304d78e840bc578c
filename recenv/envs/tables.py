"""What the dynamics read of a world, as arrays: a row a goal, filled when the goal is first played.

Everything here is a function of world, user model and configuration. Rows are dropped, all at once, when there are more of
them than ``room``; who holds goal numbers and asks again gets the same values.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recenv import rng
from recenv.data.constraints import MET, MISSED, SLOTS, UNKNOWN
from recenv.data.store import DISCLOSURES
from recenv.data.world import World
from recenv.envs.config import EnvConfig
from recenv.envs.speaker import leave_to_speak, ruled_out
from recenv.errors import InputError
from recenv.records import Goal, Item, Need
from recenv.users.protocol import Appeal, UserModel

Mask = NDArray[np.uint64]

MOST_CONSTRAINTS = 64
"""A set of constraints is a 64-bit mask, bit m for the m-th of the need."""

ROOM = 262_144
"""Most goals whose rows are kept at once: about 300 MB with twenty candidates each."""

SLOT_NAMES: tuple[str, ...] = tuple(SLOTS)
_BIT = np.uint64(1)
_ZERO = np.array(0, np.int32)


class GoalRows(NamedTuple):
    """Arrays over the goals that were filled, F of them; a padded candidate has item -1 and fits nothing.

    item (F, C) rows of the world; cell (F, C, 4) of 64 bits each: word for draws, masks of constraints missed and unknown, and
    appeal, the utility less that of taking nothing in logits (KEY, MISSED_BY, UNKNOWN_BY, APPEAL; one look-up brings all four);
    logged (F, C): bits of what the log says, TAKEN, REFUSED, EXTRAPOLATED, and of what follows: FITS (see ``fitting``) and KEPT,
    not put aside for a wish that it misses.
    size (F,) candidates; volunteered, sayable, hidden (F,) masks by disclosure; allowed, least (F,): how many items a slate may
    and must have by the instruction; speaks (F,): whether the environment's own sentence can keep it; chinese (F,);
    ruled (F, C): candidates that the instruction rules out, by their records.
    """

    item: NDArray[np.int32]
    cell: NDArray[np.uint64]
    logged: NDArray[np.uint8]
    size: NDArray[np.int32]
    volunteered: Mask
    sayable: Mask
    hidden: Mask
    allowed: NDArray[np.int32]
    least: NDArray[np.int32]
    speaks: NDArray[np.bool_]
    chinese: NDArray[np.bool_]
    ruled: NDArray[np.bool_]

    @property
    def key(self) -> NDArray[np.uint64]:
        return self.cell[:, :, KEY]

    @property
    def missed(self) -> Mask:
        return self.cell[:, :, MISSED_BY]

    @property
    def unknown(self) -> Mask:
        return self.cell[:, :, UNKNOWN_BY]

    @property
    def appeal(self) -> NDArray[np.float64]:
        return self.cell[:, :, APPEAL].view(np.float64)


KEY, MISSED_BY, UNKNOWN_BY, APPEAL = range(4)
TAKEN, REFUSED, EXTRAPOLATED, FITS, KEPT = (np.uint8(1 << bit) for bit in range(5))


class Tables:
    """Goal rows of one world under one user model and configuration, shared by all environments of a process."""

    def __init__(self, world: World, user: UserModel, config: EnvConfig, *, room: int = ROOM) -> None:
        self.world, self.user, self.config = world, user, config
        self.first_goal = np.asarray(world.column("goal_start"), np.int64)  # (S + 1,)
        self.n_goals = np.diff(self.first_goal)  # (S,)
        self._last = self.n_goals - 1
        self.patience = np.maximum(1.0, np.asarray(world.column("session_patience"), np.float64) * config.patience_scale)
        # (K + 1,) by rank from 1, the probability that a user looks so far down
        self.depth = user.temper.position_decay ** np.maximum(np.arange(config.slate_size + 1.0) - 1.0, 0.0)
        self._room = room
        self._slot = np.full(world.n_goals, -1, np.int32)
        self._used = 0
        self.age = 0
        """How often all rows were dropped; a place is good for as long as this stays the same."""
        self._rows = _empty(min(room, world.n_goals, 256), config.candidates)
        self._owner = np.repeat(np.arange(world.n_sessions, dtype=np.int64), self.n_goals)  # (G,) session of each goal

    @property
    def rows(self) -> GoalRows:
        """The arrays that ``at`` points into; valid until the next call of ``at``."""
        return self._rows

    def at(self, goals: NDArray[np.int64]) -> NDArray[np.int32]:
        """(N,) places of the given goal rows of the world in ``rows``; what is missing is filled first."""
        place = self._slot.take(goals)
        if np.count_nonzero(place < _ZERO):
            self._fill(goals)
            place = self._slot.take(goals)
        return place

    def goal_row(self, session: NDArray[np.int64], goal: NDArray[np.int64]) -> NDArray[np.int64]:
        """(N,) goal rows of the world; after the last goal of a session it stays on it."""
        return np.asarray(self.first_goal.take(session) + np.minimum(goal, self._last.take(session)))

    def session_of(self, goal_row: int) -> tuple[int, int]:
        """The session of a goal row, and the goal's number in it."""
        session = int(self._owner[goal_row])
        return session, goal_row - int(self.first_goal[session])

    def need(self, session: int, goal: int) -> Need:
        return self.world.privileged(session).needs[goal]

    def goal(self, session: int, goal: int) -> Goal:
        return self.world.session(session).goals[goal]

    def clear(self) -> None:
        """Forget every row; they are filled again when they are asked for."""
        self._slot[:] = -1
        self._used = 0
        self.age += 1

    # -- filling ---------------------------------------------------------------------------------------------

    def _fill(self, goals: NDArray[np.int64]) -> None:
        wanted = np.unique(goals)
        fresh = wanted[self._slot[wanted] < 0]
        if self._used + len(fresh) > self._room:
            self.clear()
            fresh = wanted
        self._grow(self._used + len(fresh))
        at = np.arange(self._used, self._used + len(fresh))
        self._read(fresh, at)
        self._slot[fresh] = at
        self._used += len(fresh)

    def _grow(self, wanted: int) -> None:
        have = len(self._rows.size)
        if wanted <= have:
            return
        larger = _empty(max(wanted, min(2 * have, max(self._room, wanted))), self.config.candidates)
        for name in GoalRows._fields:
            getattr(larger, name)[:have] = getattr(self._rows, name)
        self._rows = larger

    def _read(self, goals: NDArray[np.int64], at: NDArray[np.int64]) -> None:
        cut, rows = self.config.candidates, self._rows
        arrays = [self.world.goal(int(g)) for g in goals]
        size = np.array([min(cut, len(a.candidates)) for a in arrays], np.int64)
        most = max((a.satisfaction.shape[1] for a in arrays), default=0)
        if most > MOST_CONSTRAINTS:
            raise InputError(f"a need may have at most {MOST_CONSTRAINTS} constraints; this world has one of {most}")
        place = np.repeat(at, size)
        column = np.concatenate([np.arange(n) for n in size]) if len(size) else np.zeros(0, np.int64)
        item = np.concatenate([a.candidates[:n] for a, n in zip(arrays, size, strict=True)]).astype(np.int64)
        status = np.full((len(item), max(most, 1)), MET, np.int8)
        start = 0
        for a, n in zip(arrays, size, strict=True):
            status[start : start + n, : a.satisfaction.shape[1]] = a.satisfaction[:n]
            start += n
        session = self._owner[goals]
        number = goals - self.first_goal[session]
        judged = self.user.appeal(np.repeat(session, size), np.repeat(number, size), item, status)
        rows.item[at], rows.cell[at], rows.logged[at] = -1, 0, 0
        rows.item[place, column] = item
        missed, unknown = masks(status)
        appeal = np.ascontiguousarray(judged.utility - judged.outside, np.float64)
        rows.cell[place, column] = np.stack([self.world.item_keys(item), missed, unknown, appeal.view(np.uint64)], 1)
        rows.logged[place, column] = log_bits(judged, missed, unknown)
        rows.size[at] = size
        for g, r, a, s in zip(goals.tolist(), at.tolist(), arrays, session.tolist(), strict=True):
            by = [_mask(a.disclosure == DISCLOSURES.index(name)) for name in ("volunteered", "on_ask", "hidden")]
            rows.volunteered[r], rows.sayable[r], rows.hidden[r] = by
            record, items = self.world.session(s), self._candidates(g)
            leave = leave_to_speak(record.instruction, record.locale, items, self.config.slate_size)
            rows.allowed[r], rows.least[r], rows.speaks[r] = leave.allowed, leave.least, leave.speaks
            rows.chinese[r] = record.locale == "zh"
            rows.ruled[r] = False
            rows.ruled[r, : len(items)] = ruled_out(record.instruction, items)

    def _candidates(self, goal: int) -> list[Item]:
        return [self.world.item(int(i)) for i in self.world.goal(goal).candidates[: self.config.candidates]]

    # -- draws of a goal -------------------------------------------------------------------------------------

    def liking(self, place: NDArray[np.int32], goal_key: NDArray[np.uint64]) -> Liking:
        """What users make of their candidates in a goal. goal_key (N,): (seed, session, goal) folded."""
        cell = self._rows.cell.take(place, 0)  # (N, C, 4)
        drawn = draws(goal_key[:, None], cell[:, :, KEY])
        value = cell[:, :, APPEAL].view(np.float64) + drawn.taste
        fits = (self._rows.logged.take(place, 0) & FITS) != 0
        outside = rng.gumbel(_OUTSIDE, start=goal_key)
        best = np.where(fits, value, -np.inf).max(1)
        # where nothing fits there is nothing to be had, and the draw for taking nothing stands
        return Liking(value, drawn.look, np.where(fits.any(1), np.minimum(outside, best), outside))


class Liking(NamedTuple):
    """value (N, C): how much users like their candidates in a goal, in logits: appeal plus taste.  look (N, C): how far down they
    look for each.  bar (N,): what they hold out for, see ``dynamics``."""

    value: NDArray[np.float64]
    look: NDArray[np.float64]
    bar: NDArray[np.float64]


_TASTE, _OUTSIDE, _LOOK = (np.uint64(rng.word(purpose)) for purpose in ("taste", "outside", "look"))


class Draws(NamedTuple):
    """Fixed for a goal, so that showing an item again changes nothing. taste: Gumbel, how much users happen to like items;
    look: uniform, how far down they look for them."""

    taste: NDArray[np.float64]
    look: NDArray[np.float64]


def draws(goal_key: NDArray[np.uint64], item_key: NDArray[np.uint64]) -> Draws:
    """The draws of items (...) of goals, of broadcast shape."""
    item = rng.bits(item_key, start=goal_key)
    both = rng.uniform(_PURPOSE.reshape(2, *(1,) * item.ndim), start=item[None])
    return Draws(rng.as_gumbel(both[0]), both[1])


_PURPOSE = np.array([_TASTE, _LOOK])


def fitting(missed: Mask, unknown: Mask, logged: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Whether items may be ordered at all: they meet everything and were not turned down, or the log says they were taken."""
    meets = (missed | unknown) == 0
    return np.asarray((meets & ((logged & REFUSED) == 0)) | ((logged & TAKEN) != 0))


def log_bits(appeal: Appeal, missed: Mask, unknown: Mask) -> NDArray[np.uint8]:
    """What a user model knows from the log of (R,) items and what follows of it, as the bits of ``GoalRows.logged``."""
    bits = np.asarray(appeal.extrapolated * EXTRAPOLATED, np.uint8)
    for known, bit in ((appeal.taken, TAKEN), (appeal.refused, REFUSED)):
        if known is not None:
            bits |= known * bit
    kept = (missed == 0) | ((bits & TAKEN) != 0)
    return np.asarray(bits | fitting(missed, unknown, bits) * FITS | kept * KEPT, np.uint8)


def masks(status: NDArray[np.int8]) -> tuple[Mask, Mask]:
    """Constraints missed and unknown of (R, M) statuses, as (R,) masks each."""
    weight = _BIT << np.arange(status.shape[1], dtype=np.uint64)
    return (
        np.asarray(((status == MISSED) * weight).sum(1, dtype=np.uint64)),
        np.asarray(((status == UNKNOWN) * weight).sum(1, dtype=np.uint64)),
    )


def _mask(which: NDArray[np.bool_]) -> int:
    return sum(1 << m for m in np.flatnonzero(which).tolist())


def _empty(n: int, c: int) -> GoalRows:
    def of(dtype: type, *shape: int) -> NDArray[Any]:
        return np.zeros((n, *shape), dtype)

    return GoalRows(
        item=of(np.int32, c), cell=of(np.uint64, c, 4), logged=of(np.uint8, c), size=of(np.int32), volunteered=of(np.uint64),
        sayable=of(np.uint64), hidden=of(np.uint64), allowed=of(np.int32), least=of(np.int32), speaks=of(np.bool_),
        chinese=of(np.bool_), ruled=of(np.bool_, c))
