"""Asking first: another agent, which opens every goal with questions about what else matters.

In elicitation by open questions (Radlinski & Craswell, "A theoretical framework for conversational search", CHIIR 2017) the
system lets the user reveal a need before it commits to items. It asks on as long as answers bring something new, at most
``asks`` times a goal, and then leaves the session to the agent that it wraps.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

import msgspec

from recenv.baselines.runtime import Runtime
from recenv.errors import InputError
from recenv.records import Action, AgentView
from recenv.rollouts.agent import Agent

QUESTION = {"zh": "还有什么要求吗？", "en": "Is there anything else that matters to you?"}
"""The open question, by language."""


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """asks: most questions a goal, at least 1."""

    asks: int = 3


class AskingAgent:
    """Asks an open question while it learns from the answers, then plays as ``then`` does."""

    def __init__(self, then: Agent, asks: int) -> None:
        if asks < 1:
            raise InputError(f"asks must be at least 1; got {asks}")
        self.name = f"ask-{then.name}"
        self._then, self._asks = then, asks

    def act(self, views: Sequence[AgentView]) -> list[Action]:
        """One action a view."""
        asking = [self._asks_again(view) for view in views]
        rest = [view for view, asks in zip(views, asking, strict=True) if not asks]
        answers = iter(self._then.act(rest) if rest else ())
        return [
            Action(act="ask", text=QUESTION["zh" if view.locale == "zh" else "en"]) if asks else next(answers)
            for view, asks in zip(views, asking, strict=True)
        ]

    def _asks_again(self, view: AgentView) -> bool:
        """Whether nothing was shown in this goal yet, and the last answer told something."""
        if view.shown or not view.candidates:
            return False
        asked = 0
        for message in reversed(view.messages):
            if message.role == "assistant":
                if not _is_question(message.content):
                    break
                asked += 1
        told = view.query.rpartition("\n")[2].rstrip("。.!！ ")
        return asked == 0 or (asked < self._asks and "\n" in view.query and told in view.messages[-1].content)


def _is_question(content: str) -> bool:
    try:
        found = json.loads(content)
    except ValueError:
        return False
    return isinstance(found, dict) and found.get("act") == "ask"


def asking(build: Callable[[Runtime], Agent]) -> Callable[[Config, Runtime], AskingAgent]:
    """The asking form of an agent. build: makes that agent for a run."""

    def made(config: Config, runtime: Runtime) -> AskingAgent:
        return AskingAgent(build(runtime), config.asks)

    return made
