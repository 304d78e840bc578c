"""Proof that a trace is what the environment does: play the recorded actions again and compare bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

import msgspec

from recenv.differences import first_difference
from recenv.envs.chat_format import follows
from recenv.envs.engine import Engine
from recenv.records import Action, AgentView
from recenv.rollouts.collect import collect
from recenv.rollouts.trace import SessionTrace, as_of, encode


class Verdict(NamedTuple):
    """Whether a trace was reproduced; ``difference`` names the first field that was not, or not to the bit."""

    agent: str
    session_id: str
    same: bool
    difference: str


class _Recorded:
    """An agent that repeats recorded actions, found by session and turn."""

    def __init__(self, name: str, traces: Sequence[SessionTrace]) -> None:
        self.name = name
        self._actions = {(t.session_id, turn.turn): turn.action for t in traces for turn in t.turns}

    def act(self, views: Sequence[AgentView]) -> list[Action]:
        stop = Action(act="end")  # asked for more turns than were recorded: shows up as a difference
        return [self._actions.get((v.session_id, v.turn), stop) for v in views]


def play_again(
    engine: Engine, traces: Iterable[SessionTrace], *, chunk: int = 64
) -> Iterator[tuple[SessionTrace, SessionTrace]]:
    """Each trace with what the engine makes of its actions, ``chunk`` sessions in one batch; no agent is built or asked.

    The order is kept where the traces come agent by agent and share their seed, as those of a run do.
    """
    stream = iter(traces)
    while batch := list(islice(stream, chunk)):
        for agent in dict.fromkeys(t.agent for t in batch):
            mine = [t for t in batch if t.agent == agent]
            rows = [engine.world.session_row(t.session_id) for t in mine]
            for seed in dict.fromkeys(t.seed for t in mine):
                chosen = [(t, r) for t, r in zip(mine, rows, strict=True) if t.seed == seed]
                again = collect(engine, _Recorded(agent, [t for t, _ in chosen]), [r for _, r in chosen], seed)
                for (old, _), new in zip(chosen, again, strict=True):
                    yield old, msgspec.structs.replace(new, order=old.order)


def verify(
    engine: Engine, traces: Iterable[SessionTrace], *, chunk: int = 64, tolerance: float = 0.0
) -> Iterator[Verdict]:
    """Re-execute traces, ``chunk`` at a time, and compare each to the bit. tolerance: by how much numbers may differ, for traces
    of another class of CPUs: the last bits of a network depend on it."""
    return (_compare(old, new, engine.config.strict, tolerance) for old, new in play_again(engine, traces, chunk=chunk))


def _compare(old: SessionTrace, new: SessionTrace, strict: bool, tolerance: float) -> Verdict:
    for turn in old.turns:
        if not follows(turn.action, strict=strict):
            return Verdict(old.agent, old.session_id, False, f"turn {turn.turn}: the raw text parses to another action")
    new = as_of(new, old.schema)
    if encode(old) == encode(new):
        return Verdict(old.agent, old.session_id, True, "")
    near = tolerance > 0 and close(msgspec.to_builtins(old), msgspec.to_builtins(new), tolerance)
    return Verdict(old.agent, old.session_id, near, difference(old, new))


def close(one: Any, other: Any, tolerance: float) -> bool:
    """Whether two JSON values are equal but for numbers with fractions, and these differ by no more than a tolerance."""
    if isinstance(one, float) and isinstance(other, float):
        return abs(one - other) <= tolerance
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(close(one[key], other[key], tolerance) for key in one)
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(close(a, b, tolerance) for a, b in zip(one, other, strict=True))
    return bool(one == other)


def difference(old: SessionTrace, new: SessionTrace) -> str:
    """The first field in which two traces differ, with both values; for traces that are not equal."""
    found = first_difference(old, new)
    return "in how they are written" if found is None else f"{found.path}: recorded {found.before}, replayed {found.now}"
