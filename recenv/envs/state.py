"""The state of a batch of sessions, and its form as bytes."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from recenv.errors import InputError
from recenv.records import Message

STATE_SCHEMA = 1
RUNNING, MET_ALL, LEFT, ENDED, HORIZON = range(5)
ENDINGS = ("running", "met", "left", "ended", "horizon")


class Dialogue(NamedTuple):
    """The texts of one session. query: what the user said about the current goal; shown, retrieved: item rows."""

    messages: tuple[Message, ...]
    query: str
    shown: tuple[int, ...] = ()
    retrieved: tuple[int, ...] = ()


@dataclass(frozen=True)
class State:
    """A batch of N sessions in play. Never written in place."""

    session: NDArray[np.int64]  # (N,) rows of the world
    seed: NDArray[np.uint64]  # (N,) keys of the users' noise
    goal: NDArray[np.int64]  # (N,) goals met so far, which is the number of the current one
    turn: NDArray[np.int64]  # (N,)
    patience: NDArray[np.float64]  # (N,)
    ending: NDArray[np.int8]  # (N,) index into ENDINGS
    earned: NDArray[np.float64]  # (N, 1 + D) paid so far in this goal: of the scalar, then of each dimension
    count: NDArray[np.int64]  # (N, 1 + D) turns that counted in this goal so far
    told: tuple[NDArray[np.bool_], ...]  # N x (M,) constraints of the current goal that the user has disclosed
    dialogue: tuple[Dialogue, ...]  # N


_DTYPES = {"session": np.int64, "seed": np.uint64, "goal": np.int64, "turn": np.int64, "patience": np.float64,
           "ending": np.int8, "earned": np.float64, "count": np.int64}


class _Saved(msgspec.Struct, forbid_unknown_fields=True):
    schema: int
    world: str
    session: list[int]
    seed: list[int]
    goal: list[int]
    turn: list[int]
    patience: list[float]
    ending: list[int]
    earned: list[list[float]]
    count: list[list[int]]
    told: list[list[bool]]
    dialogue: list[Dialogue]
    extra: dict[str, Any]


def save(state: State, world: str, extra: dict[str, Any]) -> bytes:
    """A state as JSON bytes. world: the store's fingerprint; extra: whatever else its environment keeps, JSON-able."""
    plain: dict[str, Any] = {f.name: getattr(state, f.name) for f in fields(state)}
    plain |= {name: plain[name].tolist() for name in _DTYPES}
    plain["told"] = [t.tolist() for t in state.told]
    return msgspec.json.encode({"schema": STATE_SCHEMA, "world": world, "extra": extra, **plain}, order="sorted")


def load(data: bytes, world: str) -> tuple[State, dict[str, Any]]:
    """The state that ``save`` wrote; raises InputError for damaged bytes or those of another world."""
    try:
        saved = msgspec.json.decode(data, type=_Saved)
    except msgspec.MsgspecError as error:
        raise InputError(f"not a saved environment state: {error}") from None
    if saved.schema != STATE_SCHEMA or saved.world != world:
        raise InputError(
            f"the saved state is of schema {saved.schema} and world {saved.world[:12]}; "
            f"this environment is of schema {STATE_SCHEMA} and world {world[:12]}"
        )
    arrays: dict[str, Any] = {n: np.array(getattr(saved, n), t) for n, t in _DTYPES.items()}
    n = len(saved.session)
    if any(len(a) != n for a in arrays.values()) or len(saved.told) != n or len(saved.dialogue) != n \
            or arrays["earned"].ndim != 2 or arrays["earned"].shape != arrays["count"].shape:
        raise InputError("the saved state is damaged: its arrays differ in length")
    return State(**arrays, told=tuple(np.array(t, bool) for t in saved.told), dialogue=tuple(saved.dialogue)), saved.extra
