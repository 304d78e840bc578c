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
from recenv.envs.speaker import leave_to_speak
from recenv.errors import InputError
from recenv.records import Goal, Item, Need
from recenv.rewards.rules.held import ruled_out
from recenv.users.protocol import Appeal, UserModel

Mask = NDArray[np.uint64]

MOST_CONSTRAINTS = 64
"""A set of constraints is a 64-bit mask, bit m for the m-th of the need."""

ROOM = 131_072
"""Most goals whose rows are kept at once: about 180 MB with twenty candidates each."""

SLOT_NAMES: tuple[str, ...] = tuple(SLOTS)
_BIT = np.uint64(1)
_ZERO, _NEVER = np.array(0), np.array(-np.inf)


class GoalRows(NamedTuple):
    """Arrays over the goals that were filled, F of them; a padded candidate has item -1 and fits nothing. Arrays of C + 1 places
    have no candidate in the last, see ``State``; of C places they are what is read by name (``item``, ``missed`` ...).

    item_at (F, C + 1) rows of the world; liked (F, C + 1, 2) of 64 bits each: word for draws, and appeal, the utility less that
    of taking nothing in logits (KEY, APPEAL; one look-up brings both); said (F, C + 1, 4): masks of constraints, see ``said_of``;
    logged_at (F, C + 1): bits of what the log says, TAKEN, REFUSED, EXTRAPOLATED, and of what follows: FITS (see ``fitting``) and
    KEPT, not put aside for a wish that it misses.
    size (F,) candidates; volunteered, sayable, hidden (F,) masks by disclosure; allowed, least (F,): how many items a slate may
    and must have by the instruction; speaks (F,): whether the environment's own sentence can keep it; fewest (F,): items that its
    sentence is about where it keeps it, at least 1, and more than there can be where it cannot; chinese (F,);
    ruled_at (F, C + 1): candidates that the instruction rules out, by their records.
    slate (F, 3, K): for each place of a slate, where the goal's candidates start in arrays (F, C + 1), flattened, and size and
    allowed (START, SIZE, ALLOWED): arrays of one shape take half the time of those that must be brought to it.
    """

    item_at: NDArray[np.int64]
    liked: NDArray[np.uint64]
    said: Mask
    logged_at: NDArray[np.uint8]
    size: NDArray[np.int64]
    volunteered: Mask
    sayable: Mask
    hidden: Mask
    allowed: NDArray[np.int64]
    least: NDArray[np.int64]
    speaks: NDArray[np.bool_]
    fewest: NDArray[np.int64]
    chinese: NDArray[np.bool_]
    ruled_at: NDArray[np.bool_]
    slate: NDArray[np.int64]

    @property
    def item(self) -> NDArray[np.int64]:
        return self.item_at[:, :-1]

    @property
    def key(self) -> NDArray[np.uint64]:
        return self.liked[:, :-1, KEY]

    @property
    def missed(self) -> Mask:
        return self.said[:, :-1, MISSED_BY]

    @property
    def unknown(self) -> Mask:
        return self.said[:, :-1, UNKNOWN_BY]

    @property
    def appeal(self) -> NDArray[np.float64]:
        return self.liked[:, :-1, APPEAL].view(np.float64)

    @property
    def logged(self) -> NDArray[np.uint8]:
        return self.logged_at[:, :-1]

    @property
    def ruled(self) -> NDArray[np.bool_]:
        return self.ruled_at[:, :-1]


KEY, APPEAL = range(2)
MISSED_BY, UNKNOWN_BY, LACKED_BY, ASKED_BY = range(4)
START, SIZE, ALLOWED = range(3)
TAKEN, REFUSED, EXTRAPOLATED, FITS, KEPT = (np.uint8(1 << bit) for bit in range(5))
_SEEN = np.uint8(1)
_BELOW, _REACHES = np.array(KEPT), np.array(KEPT | FITS)
"""What counts of the log's bits for an item below the bar, and for one that reaches it."""
WANTED_GRADE = np.array(float(_SEEN | KEPT | FITS))
"""What users make of an item that they see: put aside, kept (some of it may be unknown), or wanted; what fits is kept, so the
grades are in order."""


class Standing(NamedTuple):
    """Where N sessions stand. goal (N,): rows of the world; place (N,): of their goals in the tables; slate (N, 3, K), fewest,
    sayable (N,): see ``GoalRows``."""

    goal: NDArray[np.int64]
    place: NDArray[np.int64]
    slate: NDArray[np.int64]
    fewest: NDArray[np.int64]
    sayable: Mask


class _Stood(NamedTuple):
    """What was asked about last, when (``Tables.age``), and the answer."""

    session: NDArray[np.int64]
    goal: NDArray[np.int64]
    age: int
    found: Standing


class Tables:
    """Goal rows of one world under one user model and configuration, shared by all environments of a process."""

    def __init__(self, world: World, user: UserModel, config: EnvConfig, *, room: int = ROOM) -> None:
        self.world, self.user, self.config = world, user, config
        self.first_goal = np.asarray(world.column("goal_start"), np.int64)  # (S + 1,)
        self.n_goals = np.diff(self.first_goal)  # (S,)
        self._last = self.n_goals - 1
        self.patience = np.maximum(1.0, np.asarray(world.column("session_patience"), np.float64) * config.patience_scale)
        # (K,) the probability that a user looks so far down, negative, so that the numbers rise
        self._depth = -(user.temper.position_decay ** np.arange(float(config.slate_size)))
        self.hazard, self.horizon = np.array(user.temper.leave_hazard), np.array(config.horizon)
        self._room = room
        self._slot = np.full(world.n_goals, -1, np.int64)
        self._used = 0
        self.age = 0
        """How often all rows were dropped; a place is good for as long as this stays the same."""
        self._rows = _empty(min(room, world.n_goals, 256), config)
        self._last_stood: _Stood | None = None
        self._owner = np.repeat(np.arange(world.n_sessions, dtype=np.int64), self.n_goals)  # (G,) session of each goal

    @property
    def rows(self) -> GoalRows:
        """The arrays that ``at`` points into; valid until the next call of ``at``."""
        return self._rows

    def at(self, goals: NDArray[np.int64]) -> NDArray[np.int64]:
        """(N,) places of the given goal rows of the world in ``rows``; what is missing is filled first."""
        place = self._slot.take(goals)
        if np.count_nonzero(place < _ZERO):
            self._fill(goals)
            place = self._slot.take(goals)
        return place

    def goal_row(self, session: NDArray[np.int64], goal: NDArray[np.int64]) -> NDArray[np.int64]:
        """(N,) goal rows of the world; after the last goal of a session it stays on it."""
        return np.asarray(self.first_goal.take(session) + np.minimum(goal, self._last.take(session)))

    def standing(self, session: NDArray[np.int64], goal: NDArray[np.int64]) -> Standing:
        """Where sessions (N,) stand in their goals (N,); looked up once while these are the same two arrays."""
        last = self._last_stood
        if last is not None and last.session is session and last.goal is goal and last.age == self.age:
            return last.found
        row = self.goal_row(session, goal)
        place, rows = self.at(row), self.rows
        found = Standing(row, place, rows.slate.take(place, 0), rows.fewest.take(place), rows.sayable.take(place))
        self._last_stood = _Stood(session, goal, self.age, found)
        return found

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
        self.age += 1  # first: who interrupts this finds nothing that points to a row of another goal
        self._slot[:] = -1
        self._used = 0

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
        self._used += len(fresh)  # before anything points there
        self._slot[fresh] = at

    def _grow(self, wanted: int) -> None:
        size = have = len(self._rows.size)
        if wanted <= have:
            return
        while size < wanted:  # times two from the first size, so that the last growth is not a small one
            size *= 2
        larger = _empty(max(wanted, min(size, self._room)), self.config)
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
        rows.item_at[at], rows.liked[at], rows.said[at], rows.logged_at[at], rows.ruled_at[at] = -1, 0, 0, 0, False
        rows.liked[at, -1, KEY] = _OUTSIDE
        rows.item_at[place, column] = item
        missed, unknown = masks(status)
        appeal = np.ascontiguousarray(judged.utility - judged.outside, np.float64)
        rows.liked[place, column] = np.stack([self.world.item_keys(item), appeal.view(np.uint64)], 1)
        rows.logged_at[place, column] = logged = log_bits(judged, missed, unknown)
        rows.said[place, column] = said_of(missed, unknown, logged)
        rows.size[at] = size
        for g, r, a, s in zip(goals.tolist(), at.tolist(), arrays, session.tolist(), strict=True):
            by = [_mask(a.disclosure == DISCLOSURES.index(name)) for name in ("volunteered", "on_ask", "hidden")]
            rows.volunteered[r], rows.sayable[r], rows.hidden[r] = by
            record, items = self.world.session(s), self._candidates(g)
            leave = leave_to_speak(record.instruction, record.locale, items, self.config.slate_size)
            rows.allowed[r], rows.least[r], rows.speaks[r] = leave.allowed, leave.least, leave.speaks
            rows.fewest[r] = max(leave.least, 1) if leave.speaks else self.config.slate_size + 1
            rows.chinese[r] = record.locale == "zh"
            rows.ruled_at[r, : len(items)] = ruled_out(record.instruction, items)
        rows.slate[at] = np.stack([at * rows.item_at.shape[1], size, rows.allowed[at]], 1)[:, :, None]

    def _candidates(self, goal: int) -> tuple[Item, ...]:
        return tuple(self.world.item(int(i)) for i in self.world.goal(goal).candidates[: self.config.candidates])

    # -- draws of a goal -------------------------------------------------------------------------------------

    def liking(self, place: NDArray[np.int64], goal_key: NDArray[np.uint64]) -> Liking:
        """What users make of their candidates in a goal. goal_key (N,): (seed, session, goal) folded."""
        liked, logged = self._rows.liked.take(place, 0), self._rows.logged_at.take(place, 0)  # (N, C + 1, 2), (N, C + 1)
        # no candidate stands for taking nothing, whose word is folded already
        drawn = draws(goal_key[:, None], liked[:, :, KEY], last_as_it_is=True)
        value = liked[:, :, APPEAL].view(np.float64) + drawn.taste
        outside = drawn.taste[:, -1]
        best = np.maximum.reduce(np.where(logged & FITS, value, _NEVER), axis=1)
        # where nothing fits there is nothing to be had, and the draw for taking nothing stands
        bar = np.where(best > _NEVER, np.minimum(outside, best), outside)
        preference, reach = preferred(value, bar[:, None], logged), self.reach(drawn.look)
        preference[:, -1] = reach[:, -1] = 0
        return Liking(preference, reach, bar)

    def reach(self, look: NDArray[np.float64]) -> NDArray[np.int64]:
        """The last place of a slate at which users look at items, of draws (...) of how far down they look for them."""
        return np.asarray(np.searchsorted(self._depth, -look))


class Liking(NamedTuple):
    """preference (N, C + 1): of candidates in a goal, see ``preferred``.  reach (N, C + 1): the last place of a slate at which
    users look at them, from 1.  bar (N,): what they hold out for, see ``dynamics``. Nothing, 0, in the last column."""

    preference: NDArray[np.complex128]
    reach: NDArray[np.int64]
    bar: NDArray[np.float64]


def preferred(value: NDArray[np.float64], bar: NDArray[np.float64], logged: NDArray[np.uint8]) -> NDArray[np.complex128]:
    """What users would rather have, as numbers that compare by their real part first: the grade, see WANTED_GRADE; then the
    value, how much they like an item in this goal in logits: appeal plus taste. bar: the value from which on it is wanted."""
    out = np.empty(value.shape, np.complex128)
    out.real = np.where(value >= bar, _REACHES, _BELOW) & logged | _SEEN
    out.imag = value
    return out


_TASTE, _OUTSIDE, _LOOK = (np.uint64(rng.word(purpose)) for purpose in ("taste", "outside", "look"))


class Draws(NamedTuple):
    """Fixed for a goal, so that showing an item again changes nothing. taste: Gumbel, how much users happen to like items;
    look: uniform, how far down they look for them."""

    taste: NDArray[np.float64]
    look: NDArray[np.float64]


def draws(goal_key: NDArray[np.uint64], item_key: NDArray[np.uint64], *, last_as_it_is: bool = False) -> Draws:
    """The draws of items (...) of goals, of broadcast shape. last_as_it_is: the words of the last column are whole keys."""
    item = rng.bits(item_key, start=goal_key)
    both = rng.bits(_PURPOSE.reshape(2, *(1,) * item.ndim), start=item[None])
    if last_as_it_is:
        both[0, ..., -1] = item[..., -1]
    drawn = rng.as_uniform(both)
    return Draws(rng.as_gumbel(drawn[0]), drawn[1])


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


def said_of(missed: Mask, unknown: Mask, logged: NDArray[np.uint8]) -> Mask:
    """(R, 4) masks of what can be said of (R,) items: missed, unknown, either, and what is unknown of an item that is kept
    (MISSED_BY, UNKNOWN_BY, LACKED_BY, ASKED_BY)."""
    return np.stack([missed, unknown, missed | unknown, np.where(logged & KEPT, unknown, np.uint64(0))], 1)


def _mask(which: NDArray[np.bool_]) -> int:
    return sum(1 << m for m in np.flatnonzero(which).tolist())


def _empty(n: int, config: EnvConfig) -> GoalRows:
    c = config.candidates

    def of(dtype: type, *shape: int) -> NDArray[Any]:
        return np.zeros((n, *shape), dtype)

    return GoalRows(
        item_at=of(np.int64, c + 1) - 1, liked=of(np.uint64, c + 1, 2), said=of(np.uint64, c + 1, 4),
        logged_at=of(np.uint8, c + 1), size=of(np.int64), volunteered=of(np.uint64), sayable=of(np.uint64), hidden=of(np.uint64),
        allowed=of(np.int64), least=of(np.int64), speaks=of(np.bool_), fewest=of(np.int64), chinese=of(np.bool_),
        ruled_at=of(np.bool_, c + 1), slate=of(np.int64, 3, config.slate_size))
