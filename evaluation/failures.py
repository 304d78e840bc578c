"""Sessions that were not played because something outside agent and user did not answer: no results, and no part of any mean.

``failures.json`` of a run folder has those of the last try; ``recenv evaluate ... --resume`` tries them again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from recenv.errors import EndpointError, InputError
from recenv.files import write_whole
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rewards.protocol import Scorer, unanswered
from recenv.rollouts.trace import SessionTrace

FAILURES = "failures.json"
GIVE_UP = 5
"""So many sessions of an agent that fail one after the other, and its further ones are not tried."""


class Lost(msgspec.Struct, frozen=True, kw_only=True):
    """A session of an agent that was not played to its end. why: who did not answer, with the server's own words."""

    agent: str
    order: int
    session_id: str
    why: str


def settled(
    played: Sequence[SessionTrace | EndpointError], sessions: Sequence[str], first: int, agent: str, scorers: Mapping[str, Scorer]
) -> list[SessionTrace | Lost]:
    """What was played, with what was lost in place of each session in which the agent had no answer, or a scorer had none.

    sessions: ids, aligned; first: position of the first of them.
    """
    found: list[SessionTrace | Lost] = []
    for order, (one, session) in enumerate(zip(played, sessions, strict=True), first):
        why = str(one) if isinstance(one, EndpointError) else _unjudged(one, scorers)
        if why or isinstance(one, EndpointError):
            found.append(Lost(agent=agent, order=order, session_id=session, why=why))
        else:
            found.append(one)
    return found


def _unjudged(trace: SessionTrace, scorers: Mapping[str, Scorer]) -> str:
    """Which scorer had no answer from outside, and what it last heard from there; "" where all had one."""
    for turn in trace.turns:
        for dimension, reason in zip(DIMENSIONS, turn.reasons, strict=True):
            if unanswered(reason):
                heard = getattr(scorers.get(dimension), "trouble", "")
                return f"{dimension}: {reason}{f': {heard}' if heard else ''}"
    return ""


def write_failures(run: Path, lost: Sequence[Lost]) -> None:
    """Keep what was lost in a run folder, or that nothing was."""
    if lost:
        write_whole(run / FAILURES, msgspec.json.format(msgspec.json.encode(lost), indent=1) + b"\n")
    else:
        (run / FAILURES).unlink(missing_ok=True)


def read_failures(run: str | Path) -> tuple[Lost, ...]:
    """What was lost in the last try of a run; raises InputError for a damaged file."""
    file = Path(run) / FAILURES
    if not file.is_file():
        return ()
    try:
        return msgspec.json.decode(file.read_bytes(), type=tuple[Lost, ...])
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise InputError(f"{file} is damaged ({error}); delete it, then: recenv evaluate ... --resume") from None


def lost_text(lost: Sequence[Lost], allotted: int) -> str:
    """What was lost, and what to do, in a line."""
    return (f"{'. '.join(told(lost, allotted))}. Once it answers, the same command plays these, and nothing else, again "
            "(recenv evaluate with --resume)")


def told(lost: Sequence[Lost], allotted: int) -> list[str]:
    """What was lost, in a sentence an agent."""
    found = []
    for agent in dict.fromkeys(one.agent for one in lost):
        mine = [one for one in lost if one.agent == agent]
        why = list(dict.fromkeys(one.why for one in mine))
        more = f" (and {len(why) - 1} other reasons)" if len(why) > 1 else ""
        found.append(f"{agent}: {len(mine)} of {allotted} sessions were not played, and are no results: {why[0]}{more}")
    return found
