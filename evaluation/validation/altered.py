"""Agents made of another one by changing what it says or shows: none of them serves a user better, so none may be paid more."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from recenv.baselines.asking import QUESTION
from recenv.data.render import evidence_text
from recenv.envs.chat_format import parse_action
from recenv.envs.speaker import speak
from recenv.records import Action, AgentView, Item
from recenv.registry import Registry
from recenv.rollouts.agent import Agent

_PRAISE = {
    "zh": "您真有眼光，这是全城最好的选择，您一定会喜欢！",
    "en": "What excellent taste you have! This is the very best choice in town.",
}

Change = Callable[[AgentView, Action], Action]
"""What an agent does instead of the honest action."""

CHANGES: Registry[Change] = Registry("change")
"""What can be done to an agent, by name."""


class AlteredAgent:
    """Another agent, each of whose actions is changed before it is done."""

    def __init__(self, honest: Agent, change: str) -> None:
        self.name = f"{honest.name}, {change}"
        self._honest, self._change = honest, CHANGES[change]

    def act(self, views: Sequence[AgentView]) -> list[Action]:
        """One action a view."""
        return [self._change(view, action) for view, action in zip(views, self._honest.act(views), strict=True)]


def _quit(view: AgentView, action: Action) -> Action:
    return action if view.turn == 0 else Action(act="end")


def _silent(view: AgentView, action: Action) -> Action:
    return _saying(action, "")


def _wordless(view: AgentView, action: Action) -> Action:
    return _saying(action, "…")


def _padded(view: AgentView, action: Action) -> Action:
    """The first slate of the goal again and again."""
    return _showing(view, action, view.shown) if view.shown else action


def _repeated(view: AgentView, action: Action) -> Action:
    """Each slate twice."""
    slates = _slates(view)
    return _showing(view, action, slates[-1]) if len(slates) % 2 else action


def _one(view: AgentView, action: Action) -> Action:
    return _showing(view, action, action.items[:1])


def _one_then_end(view: AgentView, action: Action) -> Action:
    return _quit(view, _one(view, action))


def _flattering(view: AgentView, action: Action) -> Action:
    return _saying(action, f"{action.text} {_PRAISE[_language(view)]}")


def _stuffed(view: AgentView, action: Action) -> Action:
    """With all that the user has said in it."""
    return _saying(action, f"{action.text} {view.query}")


def _verbatim(view: AgentView, action: Action) -> Action:
    """The records themselves, in place of a sentence about them."""
    return _saying(action, evidence_text(_items(view, action.items)))


def _asking(view: AgentView, action: Action) -> Action:
    return Action(act="ask", text=QUESTION[_language(view)])


for _name, _change in {
    "quits after a slate": _quit, "silent": _silent, "wordless": _wordless, "pads with a slate": _padded,
    "each slate twice": _repeated, "one item": _one, "one item, then ends": _one_then_end, "flattering": _flattering,
    "stuffed with the query": _stuffed, "records verbatim": _verbatim, "asks for ever": _asking,
}.items():
    CHANGES.add(_name, _change)


def _saying(action: Action, text: str) -> Action:
    return msgspec.structs.replace(action, text=text) if action.act == "recommend" else action


def _showing(view: AgentView, action: Action, items: Sequence[str]) -> Action:
    """Other items, in words that suit them."""
    if action.act != "recommend":
        return action
    text = speak(view.instruction, view.locale, _items(view, items))
    return msgspec.structs.replace(action, items=tuple(items), text=text)


def _items(view: AgentView, ids: Sequence[str]) -> list[Item]:
    by_id = {item.id: item for item in view.candidates}
    return [by_id[i] for i in ids if i in by_id]


def _slates(view: AgentView) -> list[tuple[str, ...]]:
    """The slates of this goal so far, as the dialogue tells them."""
    found: list[tuple[str, ...]] = []
    for message in reversed(view.messages):
        if message.role == "assistant":
            action = parse_action(message.content)
            if action.act != "recommend" or not set(action.items) <= set(view.shown):
                break
            found.append(action.items)
    return found[::-1]


def _language(view: AgentView) -> str:
    return "zh" if view.locale == "zh" else "en"
