"""Turns that a user answers himself, such as a language model: what he is asked, and what of his answer stands.

He is asked where there is something to decide: what to make of a slate, and of a question. His decision is bound by the record:
only an item that meets the need can be taken, only a wish that may be said is told, and exact rules object whatever he decides.
Where his words do not fit what stands, the environment's own take their place, and the turn says why (``FLAWS``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from recenv.envs.dynamics import ANSWER, INDIFFERENT, ORDER, REFINE, REJECT, Decided, Reactions
from recenv.envs.facts import Facts
from recenv.envs.state import Log, State
from recenv.envs.transcript import Transcript
from recenv.errors import EndpointError, Unanswered
from recenv.records import Action, Item, Message
from recenv.users.protocol import Answer, Situation, Speaks

FLAWS = {
    "unread": "his answer cannot be read: the environment's own user answers",
    "misfit": "he takes an item that misses the need: he does not",
    "item": "his words name a candidate that was not shown: they are replaced",
    "wish": "his words tell a wish that he never says: they are replaced",
    "more": "he tells more wishes than may be told at once, or than may be told now: his words are replaced",
}
"""What becomes of an answer that does not stand as it is."""

_OWN = (ORDER, REFINE, REJECT, ANSWER, INDIFFERENT)
_LOST = "(something that cannot be read)"


class Conversation(NamedTuple):
    """What users answered in the turns of a batch. decided: as arrays; answers: by row."""

    decided: Decided
    answers: dict[int, Answer]

    def outcome(self, row: int, after: Reactions, open_told: int) -> tuple[str, str]:
        """The words of a row and its flaw. open_told: constraints that its answer tells and that could be told."""
        answer = self.answers.get(row)
        if answer is None or answer.flaw == "unread":
            return "", "" if answer is None else answer.flaw
        kind = int(after.kind[row])
        if kind not in _OWN:
            return "", answer.flaw
        flaw: str = answer.flaw
        if answer.takes >= 0 and kind != ORDER:
            flaw = "misfit"
        elif not flaw and kind != ORDER and int(after.told[row]) != open_told:
            flaw = "more"
        return "" if flaw else answer.text, flaw


def converse(
    user: Speaks, transcript: Transcript, state: State, log: Log, actions: dict[int, Action], facts: Facts
) -> Conversation:
    """Ask the users of a batch of N. actions: by row, of those that play. Raises Unanswered, its answers a row each, where what a
    user asks did not answer; nothing has changed then, and what was answered is kept."""
    found = situations(transcript, state, log, actions, facts)
    replies = dict(zip(found, user.answer(list(found.values())), strict=True)) if found else {}
    answers = {row: reply for row, reply in replies.items() if isinstance(reply, Answer)}
    if len(answers) < len(replies):
        failed = {row: reply for row, reply in replies.items() if isinstance(reply, EndpointError)}
        raise Unanswered([failed.get(row) for row in range(len(state))])
    n = len(state)
    decided = Decided(np.zeros(n, np.bool_), np.zeros(n, np.int64), np.zeros(n, np.uint64), np.zeros(n, np.bool_))
    for row, answer in answers.items():
        if answer.flaw == "unread":
            continue
        places = np.flatnonzero(facts.there[row])
        decided.there[row], decided.told[row], decided.understood[row] = True, answer.tells, answer.understood
        decided.takes[row] = places[answer.takes] if answer.takes >= 0 else -1
    return Conversation(decided, answers)


def situations(
    transcript: Transcript, state: State, log: Log, actions: dict[int, Action], facts: Facts
) -> dict[int, Situation]:
    """What there is to answer, by row: slates with an item in them, and questions."""
    return {row: _situation(transcript, state, log, row, action, facts) for row, action in actions.items()
            if action.act == "ask" or (action.act == "recommend" and facts.some[row])}


def _situation(
    transcript: Transcript, state: State, log: Log, r: int, action: Action, facts: Facts
) -> Situation:
    tables, world, config = transcript.tables, transcript.world, transcript.tables.config
    session, g = int(state.session[r]), int(state.goal[r])
    record, place = world.session(session), tables.at(tables.goal_row(state.session[r : r + 1], state.goal[r : r + 1]))[0]
    items = tuple(world.item(int(i)) for i in facts.item[r][facts.there[r]]) if action.act == "recommend" else ()
    shown = {*_shown(log, state, r), *(int(i) for i in facts.item[r][facts.there[r]])}
    unshown = [world.item(int(i)).name for i in tables.rows.item[place] if i >= 0 and int(i) not in shown]
    return Situation(
        seed=int(state.seed[r]) % 2**31, locale=record.locale,
        profile=world.user(int(world.column("session_user")[session])).profile, context=record.context,
        need=tables.need(session, g), said=int(state.told[r]), secret=int(tables.rows.hidden[place]),
        most=0 if action.act == "recommend" and config.reveals == "nothing" else config.answers,
        dialogue=_dialogue(transcript, state, log, r), act="ask" if action.act == "ask" else "recommend", text=action.text,
        items=items, unshown=tuple(unshown))


def _shown(log: Log, state: State, r: int) -> list[int]:
    """Rows of the items that were recommended in the current goal."""
    return [int(i) for i in log.slate[r, log.goal[r] == state.goal[r]].ravel() if i >= 0]


def _dialogue(transcript: Transcript, state: State, log: Log, r: int) -> tuple[Message, ...]:
    """What was said so far as the user heard it: items by their names, and nothing of searches."""
    lines = [Message("user", transcript.tables.goal(int(state.session[r]), 0).query)]
    for t in range(int(state.turn[r])):
        action = transcript.action(state, log, r, t)
        if action.act == "search":
            continue
        items = [transcript.world.item(int(i)) for i in log.slate[r, t] if i >= 0]
        lines.append(Message("assistant", _LOST if action.act == "malformed" else _heard(action, items)))
        lines.append(Message("user", transcript.reaction(state, log, r, t).text))
    return tuple(lines)


def _heard(action: Action, items: Sequence[Item]) -> str:
    names = ", ".join(item.name for item in items)
    return f"{action.text} [{names}]" if names else action.text
