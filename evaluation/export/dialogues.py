"""One row a turn in words: the very prompt that the agent saw, and what it answered. For supervised fine-tuning."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from recenv.envs.chat_format import format_action, render_messages
from recenv.evaluation.export.named import Named, named
from recenv.records import AgentView, Message
from recenv.rollouts.rebuild import Rebuilt
from recenv.rollouts.trace import TurnTrace


class Dialogue(msgspec.Struct, frozen=True, kw_only=True):
    """The columns of ``sft``; docs/export.md says what each is."""

    agent: str
    session_id: str
    order: int
    seed: int
    turn: int
    prompt: tuple[Message, ...]
    completion: tuple[Message, ...]
    mask: tuple[int, ...]
    by_agent: tuple[int, ...]
    act: str
    outcome: bool
    reward: float
    components: Named
    session_return: float
    ending: str


def dialogues(sessions: Iterable[Rebuilt]) -> Iterator[Dialogue]:
    """The turns of each session, in order."""
    for trace, moments in sessions:
        for t, turn in enumerate(trace.turns):
            asked, said = prompt(moments[t].view), answer(turn)
            authors = tuple(int(m.role == "assistant") for m in (*asked, *said))
            yield Dialogue(
                agent=trace.agent, session_id=trace.session_id, order=trace.order, seed=trace.seed, turn=t, prompt=asked,
                completion=said, mask=(*(0 for _ in asked), 1), by_agent=authors,
                act=turn.action.act, outcome=turn.outcome, reward=turn.reward, components=named(turn.components),
                session_return=trace.total, ending=trace.ending,
            )


def prompt(view: AgentView) -> tuple[Message, ...]:
    """What a language model is sent before its turn."""
    return render_messages(view)


def answer(turn: TurnTrace) -> tuple[Message, ...]:
    """What the agent wrote, or would have written, in the grammar of the chat environment."""
    return (Message("assistant", format_action(turn.action)),)
