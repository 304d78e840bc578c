"""The state of a batch of sessions as arrays, the log of what happened in them, and both as bytes."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, NamedTuple, get_args

import msgspec
import numpy as np
from numpy.typing import NDArray

from recenv.envs import CACHES
from recenv.errors import UNREADABLE, InputError
from recenv.records import Act, Action, Message, ReactionKind

STATE_SCHEMA = 2
RUNNING, MET_ALL, LEFT, ENDED, HORIZON = range(5)
ENDINGS = ("running", "met", "left", "ended", "horizon")
ACTS: tuple[str, ...] = get_args(Act)
REACTIONS: tuple[str, ...] = get_args(ReactionKind)
RECOMMEND, ASK, SEARCH, END, MALFORMED = range(len(ACTS))
NO_ACT = -1
"""The act of a row that sits out."""


@CACHES.keep(64)
def row_starts(n: int, width: int) -> NDArray[np.int64]:
    """(N,) where each row of an array (N, width) starts in it, flattened; not to be written to."""
    starts = np.arange(0, n * width, width)
    starts.flags.writeable = False
    return starts


@CACHES.keep(64)
def spread_starts(n: int, width: int, k: int) -> NDArray[np.int64]:
    """``row_starts``, each K times over: (N, K)."""
    starts = row_starts(n, width).repeat(k).reshape(n, k)
    starts.flags.writeable = False
    return starts


def over_places(operation: np.ufunc, array: NDArray[Any]) -> NDArray[Any]:
    """(N,) an operation over the K places of an array (N, K), in which their order plays no part. NumPy takes its time over each
    short row, so that many rows are gone through place by place."""
    if len(array) < _MANY:
        return np.asarray(operation.reduce(array, axis=1))
    out = array[:, 0]
    for k in range(1, array.shape[1]):
        out = operation(out, array[:, k])
    return out


_MANY = 64


@dataclass(frozen=True)
class State:
    """A batch of N sessions in play, C candidates. Never written in place.

    Arrays of candidates have one place more, the last, which stands for no candidate: so that the number -1 finds nothing, in its
    own row and, flattened, at the end of the row before.

    goal counts those met, which is the number of the current one. told: constraints of the current goal that the user has
    disclosed, a bit each. bar: the value that an item must reach to be ordered (see ``dynamics``). preference, reach: of each
    candidate in this goal, see ``tables.Liking``; not saved, since they follow from the rest. marked: candidates recommended in
    this goal, and always the last place.
    earned, count: what this goal has paid so far and how many of its turns counted, of the scalar and of each dimension.
    key, goal_key: heads of the keys of draws, (seed, session) and (seed, session, goal) folded.
    """

    session: NDArray[np.int64]  # (N,) rows of the world
    seed: NDArray[np.uint64]  # (N,)
    key: NDArray[np.uint64]  # (N,)
    goal_key: NDArray[np.uint64]  # (N,)
    goal: NDArray[np.int64]  # (N,)
    turn: NDArray[np.int64]  # (N,)
    patience: NDArray[np.float64]  # (N,)
    ending: NDArray[np.int8]  # (N,) index into ENDINGS
    told: NDArray[np.uint64]  # (N,)
    bar: NDArray[np.float64]  # (N,)
    preference: NDArray[np.complex128]  # (N, C + 1)
    reach: NDArray[np.int64]  # (N, C + 1)
    marked: NDArray[np.bool_]  # (N, C + 1)
    earned: NDArray[np.float64]  # (N, 1 + D)
    count: NDArray[np.int64]  # (N, 1 + D)

    def __len__(self) -> int:
        return len(self.session)

    def but(self, **changed: NDArray[Any]) -> State:
        """This batch with other arrays in the given fields; ``dataclasses.replace``, which costs ten times as much."""
        made = object.__new__(State)
        made.__dict__.update(self.__dict__)
        made.__dict__.update(changed)
        return made

    @property
    def shown(self) -> NDArray[np.bool_]:
        """(N, C) candidates recommended in this goal."""
        return self.marked[:, :-1]

    def spots(self, at: NDArray[np.int64]) -> NDArray[np.int64]:
        """(N, K) where candidate numbers (N, K), -1 for none, stand in the arrays (N, C + 1), flattened."""
        return spread_starts(self.marked.shape[0], self.marked.shape[1], at.shape[1]) + at

    def take(self, rows: NDArray[np.int64]) -> State:
        """The given rows as a batch of their own."""
        return State(**{name: array[rows] for name, array in self.__dict__.items()})

    def put(self, at: NDArray[np.int64], fresh: State) -> State:
        """This batch with other sessions in the given rows."""
        changed = {}
        for name, array in self.__dict__.items():
            changed[name] = array.copy()
            changed[name][at] = getattr(fresh, name)
        return State(**changed)


def unmarked(n: int, candidates: int) -> NDArray[np.bool_]:
    """(N, C + 1) ``State.marked`` where nothing was recommended yet."""
    marked = np.zeros((n, candidates + 1), np.bool_)
    marked[:, -1] = True
    return marked


class Spoken(NamedTuple):
    """What cannot be told from the log: an agent's own words, what it searched up, and what the user objected to; of a user who
    speaks for himself also his words, and what of his answer did not stand (``conversing.FLAWS``)."""

    action: Action
    hits: tuple[int, ...] = ()
    note: str = ""
    words: str = ""
    flaw: str = ""


class Log:
    """Turn by turn what N sessions did: enough, with the keys of the draws, to tell every word of them again.

    act, reaction (N, T): index into ACTS and REACTIONS, -1 where there was no turn.  goal (N, T) at the time.  item (N, T): row
    that the reaction is about, -1 for none.  position (N, T): its place in the slate.  constraint (N, T): the one that it names,
    -1 for none.  told (N, T): constraints that it disclosed.  about (N, T): slot of a question (``tables.SLOT_NAMES``),
    NO_SLOT, or ANYTHING.  objection (N, T): index into ``hearing.OBJECTIONS``.  extrapolated (N, T).  slate (N, T, K): item
    rows, -1 for none, and so wherever nothing was recommended.  spoken: a list of ``Spoken`` a row where agents have words of
    their own, else None.
    Owned by one batch and written in place.
    """

    def __init__(self, n: int, horizon: int, slate_size: int, *, words: bool) -> None:
        def of(dtype: type, fill: int, *shape: int) -> NDArray[Any]:
            return np.full((n, horizon, *shape), fill, dtype)

        self.act, self.reaction = of(np.int8, -1), of(np.int8, -1)
        self.goal = of(np.int16, 0)
        self.item, self.position = of(np.int32, -1), of(np.int16, -1)
        self.constraint, self.told = of(np.int8, -1), of(np.uint64, 0)
        self.about, self.objection = of(np.int8, NO_SLOT), of(np.int8, 0)
        self.extrapolated = of(np.bool_, 0)
        self.slate = of(np.int32, -1, slate_size)
        self.spoken: list[list[Spoken]] | None = [[] for _ in range(n)] if words else None
        self.told_so_far: dict[int, list[Message]] = {}  # by row, what was rendered of it already

    def write(self, acted: NDArray[np.bool_], turn: NDArray[np.int64], slate: NDArray[np.int64], **said: NDArray[Any]) -> None:
        """What there was in a turn (N,) of the rows that ``acted`` (N,): by name an array (N,) each, and the slates (N, K)."""
        at, rows = row_starts(*self.act.shape) + turn, None
        if np.count_nonzero(acted) < len(acted):
            rows = acted.nonzero()[0]
            at, slate = at.take(rows), slate.take(rows, 0)
        for name, values in said.items():
            getattr(self, name).put(at, values if rows is None else values.take(rows))
        self.slate.reshape(-1, slate.shape[1])[at] = slate

    def clear(self, rows: NDArray[np.int64] | slice) -> None:
        """Begin anew in the given rows."""
        self.act[rows] = self.reaction[rows] = -1
        self.slate[rows] = -1
        for r in np.arange(len(self.act))[rows].tolist() if self.told_so_far or self.spoken is not None else ():
            self.told_so_far.pop(r, None)
            if self.spoken is not None:
                self.spoken[r] = []


NO_SLOT, ANYTHING = -1, -2
_KEPT = tuple("shown" if f.name == "marked" else f.name for f in fields(State) if f.name not in ("preference", "reach"))
_LOGGED = ("act", "reaction", "goal", "item", "position", "constraint", "told", "about", "objection", "extrapolated", "slate")


class _Saved(msgspec.Struct, forbid_unknown_fields=True):
    schema: int
    world: str
    state: dict[str, list[Any]]
    log: dict[str, list[Any]]
    spoken: list[list[Spoken]] | None
    extra: dict[str, Any]


def save(state: State, log: Log, world: str, extra: dict[str, Any]) -> bytes:
    """Sessions in play as JSON bytes. world: the store's fingerprint; extra: whatever else their environment keeps, JSON-able."""
    turns = int(state.turn.max(initial=0))
    saved = _Saved(
        STATE_SCHEMA, world, {name: getattr(state, name).tolist() for name in _KEPT},
        {name: getattr(log, name)[:, :turns].tolist() for name in _LOGGED}, log.spoken, extra)
    return msgspec.json.encode(saved, order="sorted")


def load(data: bytes, world: str, like: State, log: Log) -> tuple[State, Log, dict[str, Any]]:
    """What ``save`` wrote; what of the state follows from the rest is still that of ``like``, see ``dynamics.recalled``. like,
    log: the batch that it is for. Raises InputError for damaged bytes or those of another batch."""
    try:
        saved = msgspec.json.decode(data, type=_Saved)
    except (*UNREADABLE, TypeError) as error:
        raise InputError(f"expected bytes that save_state wrote; {error}") from None
    if saved.schema != STATE_SCHEMA or saved.world != world:
        raise InputError(
            f"the saved state is of schema {saved.schema} and world {saved.world[:12]}; "
            f"this environment is of schema {STATE_SCHEMA} and world {world[:12]}")
    try:
        arrays = {name: _as(saved.state[name], getattr(like, name)) for name in _KEPT}
        marked = unmarked(len(like), like.shown.shape[1])
        marked[:, :-1] = arrays.pop("shown")
        state = like.but(**arrays, marked=marked)
        fresh = Log(len(like), log.act.shape[1], log.slate.shape[2], words=log.spoken is not None)
        turns = int(state.turn.max(initial=0))
        for name in _LOGGED:
            array = getattr(fresh, name)
            array[:, :turns] = np.array(saved.log[name], array.dtype).reshape(array[:, :turns].shape)
    except (KeyError, ValueError, TypeError, OverflowError) as error:
        raise InputError(f"the saved state does not fit this environment: {error}") from None
    if (saved.spoken is None) != (fresh.spoken is None) or (saved.spoken is not None and len(saved.spoken) != len(like)):
        kinds = {True: "Slate", False: "Chat"}
        raise InputError(
            f"the saved state is of {kinds[saved.spoken is None]}, this environment is {kinds[fresh.spoken is None]}"
            if (saved.spoken is None) != (fresh.spoken is None) else
            f"the saved state has {len(saved.spoken or ())} sessions, this environment {len(like)}")
    fresh.spoken = saved.spoken
    return state, fresh, saved.extra


def _as(values: list[Any], like: NDArray[Any]) -> NDArray[Any]:
    array = np.array(values, like.dtype)
    if array.shape != like.shape:
        raise ValueError(f"expected an array of shape {like.shape}, got {array.shape}")
    return array
