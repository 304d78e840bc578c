"""What an agent saw, turn by turn, rebuilt from a trace: its recorded actions played again, without agent or scorer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recenv.envs.engine import Engine
from recenv.envs.state import ENDINGS
from recenv.errors import InputError
from recenv.records import Action, AgentView
from recenv.rollouts.trace import SessionTrace

CHUNK = 64


class Moment(NamedTuple):
    """A session between two turns, as an agent may see it: the view of ``recenv/Chat-v1``, and the observation of
    ``recenv/Slate-v1``, float32 ``candidates`` (C * E,) and ``session`` (S,)."""

    view: AgentView
    candidates: NDArray[np.float32]
    session: NDArray[np.float32]


class Rebuilt(NamedTuple):
    """A trace of T turns with its T + 1 moments: the one before each turn, and the one after the last."""

    trace: SessionTrace
    moments: tuple[Moment, ...]


def rebuild(engine: Engine, traces: Iterable[SessionTrace], *, chunk: int = CHUNK) -> Iterator[Rebuilt]:
    """Each trace with what its agent saw, in the given order; ``chunk`` sessions are played and held at a time.

    The engine's scorers and reward play no part, since users do not react to them: one without scorers will do. Raises InputError
    for a session that does not go as it was recorded.
    """
    stream = iter(traces)
    while batch := list(islice(stream, chunk)):
        yield from _rebuild(engine, batch)


def _rebuild(engine: Engine, traces: list[SessionTrace]) -> list[Rebuilt]:
    n = len(traces)
    rows = np.array([engine.world.session_row(t.session_id) for t in traces], np.int64)
    state, log = engine.begin(rows, np.array([t.seed for t in traces], np.uint64)), engine.log(n, words=True)
    moments: list[list[Moment]] = [[] for _ in traces]
    for turn in range(1 + max(len(t.turns) for t in traces)):
        here = [r for r, t in enumerate(traces) if turn <= len(t.turns)]
        seen = engine.observer(state.take(np.array(here, np.int64)))
        for k, (r, view) in enumerate(zip(here, engine.views(state, log, here), strict=True)):
            moments[r].append(Moment(view, seen["candidates"][k], seen["session"][k]))
        acted = [(r, t.turns[turn]) for r, t in enumerate(traces) if turn < len(t.turns)]
        actions: list[Action | None] = [None] * n
        for r, recorded in acted:
            actions[r] = recorded.action
        if acted:
            state, _ = engine.step(state, log, actions)
        for r, recorded in acted:
            if int(state.turn[r]) != turn + 1 or engine.reaction(state, log, r) != recorded.reaction:
                raise _other(traces[r], f"the user answers turn {turn + 1} otherwise")
    for r, trace in enumerate(traces):
        if ENDINGS[state.ending[r]] != trace.ending:
            raise _other(trace, f"it ends {ENDINGS[state.ending[r]]!r}, and ended {trace.ending!r}")
    return [Rebuilt(trace, tuple(seen)) for trace, seen in zip(traces, moments, strict=True)]


def _other(trace: SessionTrace, how: str) -> InputError:
    return InputError(
        f"session {trace.session_id!r} of agent {trace.agent!r} does not go as it was recorded: {how}; use the version and the "
        "world it was played in, or evaluate again")
