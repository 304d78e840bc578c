"""Old traces, new rewards: recorded actions through an engine with other scorers, or another reward.

Scores never change what a user does: ``dynamics.transition`` sees the state, what was shown and what was said, and all that an
engine keeps of a score (``State.earned``, ``State.count``) is read where a turn is paid. So the recorded actions meet the
recorded answers again, and every scorer reads the very rows it would have read then. What scores can change is what an agent
does: one that ranks by learned reward (greedy), or was trained on it, chose its recorded actions by the scorers it had.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from recenv.envs.engine import Engine
from recenv.errors import InputError
from recenv.rollouts.replay import difference, play_again
from recenv.rollouts.trace import TRACE_SCHEMA, SessionTrace

CHUNK = 256
"""Sessions whose rows share a scorer call."""


def rescore(engine: Engine, traces: Iterable[SessionTrace], *, chunk: int = CHUNK) -> Iterator[SessionTrace]:
    """The traces with the components, sources, reasons, gates, values and rewards that ``engine`` gives their turns.

    chunk: sessions whose rows share a scorer call; it changes no trace. Raises InputError for a session that does not go as
    it was recorded: then the world or the rules of its sessions are not those it was played under.
    """
    for old, new in play_again(engine, traces, chunk=chunk):
        before, after = _unrewarded(old), _unrewarded(new)
        if before != after:
            raise InputError(
                f"session {old.session_id!r} of agent {old.agent!r} does not go as it was recorded "
                f"({difference(before, after)}); rescore with the version and the world it was played in, or evaluate again")
        yield new


def _unrewarded(trace: SessionTrace) -> SessionTrace:
    """A trace without anything that scorers or the reward decide, and without what older schemas lack."""
    turns = tuple(
        msgspec.structs.replace(
            t, components=(), sources=(), reasons=(), value=0.0, reward=0.0, paid=True, gate=(), said=(), shown=(),
            left_out=msgspec.UNSET, judged=msgspec.UNSET)
        for t in trace.turns)
    return msgspec.structs.replace(trace, schema=TRACE_SCHEMA, turns=turns)
