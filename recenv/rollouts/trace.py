"""The record of a session: enough to replay, re-score and draw it. One JSON line each, no clocks, no pickle."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from recenv.errors import InputError
from recenv.journal import line_of, recorded
from recenv.records import Action, Reaction
from recenv.rewards.protocol import Cost

TRACE_SCHEMA = 5
_SHOWS, _SEALED = 3, (4, TRACE_SCHEMA)
READABLE = (2, 3, *_SEALED)
"""Schemas that are read; traces of schema 2 lack ``said`` and ``shown``, those of 2 and 3 their seal, those
before 5 ``left_out``."""


class Shown(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An item of a slate from behind the scenes: what it met and missed, and what was thought of it. No agent sees any of this.

    seen: whether the user looked at it.  missed, unknown: numbers of the goal's constraints that it misses, and that its record
    cannot tell.  liked: whether it reaches the user's bar, above taking nothing.  logged: ``taken``, or ``refused`` where it
    counts as passed over: the log says so, or a table's session was made so.  values: (D,) what scorers say of it by itself,
    None where they do not; empty where none does.  worth: the hybrid scalar of it alone, in [0, 1]; gold: its gold value in
    [0, 1]; None where there is none. Rounded to four decimals.
    """

    seen: bool = False
    missed: tuple[int, ...] = ()
    unknown: tuple[int, ...] = ()
    liked: bool = False
    logged: str = ""
    values: tuple[float | None, ...] = ()
    worth: float | None = None
    gold: float | None = None

    @property
    def meets(self) -> bool:
        """Whether it meets the whole need, by its record."""
        return not self.missed and not self.unknown

    @property
    def fits(self) -> bool:
        """Whether the user may order it: it meets the whole need and does not count as passed over, or the log has it taken."""
        return (self.meets and self.logged != "refused") or self.logged == "taken"


class LeftOut(msgspec.Struct, frozen=True, kw_only=True):
    """A candidate that was not shown: its id and name."""

    id: str
    name: str


class TurnTrace(msgspec.Struct, frozen=True, kw_only=True):
    """One turn. Per dimension, in the order of ``rewards.dimensions.DIMENSIONS``:

    components: value in [0, 1], None where missing.  sources: rule | scorer | logged | none.
    reasons: why a value is missing or a rule failed, "" otherwise.
    outcome: whether this turn met the need of the goal (source ``user``).  paid: whether the turn counted; one that nobody
    could judge does not.  value: the hybrid scalar of this turn in [0, 1]; reward: what ``step`` returned; gate: names of the
    dimensions whose gate failed.  gold: discounted gold utility of the slate mapped to [0, 1], taken: the same of the item that
    was ordered; None without one.  said: numbers of the constraints of this goal that the user has disclosed after this turn.
    shown: aligned with action.items, what each item met and missed, hidden from agents; the default for ids that are unknown or
    repeated.
    left_out: by dimension that is judged as a list, the candidate that its scorer puts first, where that was not shown; absent
    where there is none. No agent sees it.
    judged: by dimension, what a judge took to score this turn, as recorded when it answered; absent where none was asked.
    flaw: what of the answer of a user who speaks for himself did not stand (``envs.conversing.FLAWS``); absent where all did.
    """

    turn: int
    goal: int
    action: Action
    items: tuple[str, ...]  # names, aligned with action.items
    reaction: Reaction
    components: tuple[float | None, ...]
    sources: tuple[str, ...]
    reasons: tuple[str, ...]
    value: float
    reward: float
    outcome: bool = False
    paid: bool = True
    gate: tuple[str, ...] = ()
    gold: float | None = None
    taken: float | None = None
    said: tuple[int, ...] = ()
    shown: tuple[Shown, ...] = ()
    left_out: dict[str, LeftOut] | msgspec.UnsetType = msgspec.UNSET
    judged: dict[str, Cost] | msgspec.UnsetType = msgspec.UNSET
    flaw: str | msgspec.UnsetType = msgspec.UNSET


class SessionTrace(msgspec.Struct, frozen=True, kw_only=True):
    """One finished session of one agent.

    ending: met (all goals) | left (patience or hazard) | ended (the agent stopped) | horizon (time limit, truncated).
    opening: the user's first message. order: position of the session in the run's allotment, 0-based.
    user_id is the unit of resampling; seed keys the user's noise.
    """

    schema: int
    agent: str
    session_id: str
    user_id: str
    order: int
    seed: int
    locale: str
    category: str
    source: str  # logged | synthetic | constructed
    opening: str
    goals: int
    goals_met: int
    ending: str
    turns: tuple[TurnTrace, ...]

    @property
    def total(self) -> float:
        """The return: the undiscounted sum of step rewards."""
        return sum(turn.reward for turn in self.turns)


def encode(trace: SessionTrace) -> bytes:
    """A trace as one sealed JSON line; equal traces give equal bytes."""
    return line_of(trace)


def unsealed(trace: SessionTrace) -> bool:
    """Whether a trace is of a version that did not seal them."""
    return trace.schema not in _SEALED


def as_of(trace: SessionTrace, schema: int) -> SessionTrace:
    """A trace without what traces of an older schema lack, and with its number."""
    lacks: dict[str, Any] = {"left_out": msgspec.UNSET} if schema < TRACE_SCHEMA else {}
    if schema < _SHOWS:
        lacks |= {"said": (), "shown": ()}
    return msgspec.structs.replace(
        trace, schema=schema, turns=tuple(msgspec.structs.replace(t, **lacks) for t in trace.turns))


def read_traces(path: str | Path) -> Iterator[SessionTrace]:
    """Traces of ``traces.jsonl`` in file order. A torn last line (a killed run) is left out.

    Raises InputError for a missing file, another schema, or a damaged line that is not the last.
    """
    file = Path(path)
    if not file.is_file():
        raise InputError(f"no traces at {file}; expected a run folder written by: recenv evaluate --out DIR")
    for number, trace in recorded(file, SessionTrace, f"not a trace of schema {TRACE_SCHEMA}", unsealed=unsealed):
        if trace.schema not in READABLE:
            known = ", ".join(map(str, READABLE))
            raise InputError(f"{file}:{number}: trace schema {trace.schema}, this version reads {known}")
        yield trace
