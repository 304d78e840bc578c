"""The record of a session: enough to replay, re-score and draw it. One JSON line each, no clocks, no pickle."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from recenv.errors import InputError
from recenv.journal import recorded
from recenv.records import Action, Reaction
from recenv.rewards.protocol import Cost

TRACE_SCHEMA = 1


class TurnTrace(msgspec.Struct, frozen=True, kw_only=True):
    """One turn. Per dimension, in the order of ``rewards.dimensions.DIMENSIONS``:

    components: value in [0, 1], None where not applicable.  sources: rule | scorer | logged | gold | none.
    reasons: why a value is missing or a rule failed, "" otherwise.
    value: the hybrid scalar of this turn in [0, 1]; reward: what ``step`` returned; gate: names of the
    dimensions whose gate failed.  gold: discounted gold utility of the slate mapped to [0, 1], None without one.
    told: number of constraints the user has disclosed after this turn.
    judged: by dimension, what a judge took to score this turn, as recorded when it answered; absent where none was asked.
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
    gate: tuple[str, ...] = ()
    gold: float | None = None
    told: int = 0
    judged: dict[str, Cost] | msgspec.UnsetType = msgspec.UNSET


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
    """A trace as one JSON line; equal traces give equal bytes."""
    return msgspec.json.encode(trace, order="deterministic") + b"\n"


def read_traces(path: str | Path) -> Iterator[SessionTrace]:
    """Traces of ``traces.jsonl`` in file order. A torn last line (a killed run) is left out.

    Raises InputError for a missing file, another schema, or a damaged line that is not the last.
    """
    file = Path(path)
    if not file.is_file():
        raise InputError(f"no traces at {file}; expected a run folder written by: recenv evaluate --out DIR")
    for number, trace in recorded(file, SessionTrace, f"not a trace of schema {TRACE_SCHEMA}"):
        if trace.schema != TRACE_SCHEMA:
            raise InputError(f"{file}:{number}: trace schema {trace.schema}, this version reads {TRACE_SCHEMA}")
        yield trace
