"""A session in which a model acts by calling tools: what the doors to trainers of language models share.

The model is briefed once, and every call is answered by what is new: in such trainers a dialogue only ever grows. The acts are
those of ``envs.act_tools``, a call is read as the text of ``recenv/Chat-v1``, and what is no act costs a turn there too.
"""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock
from typing import Any

from recenv.envs.act_tools import BRIEFING, call_text
from recenv.envs.chat_format import GRAMMAR, render_about
from recenv.records import AgentView
from recenv.rewards.dimensions import DIMENSIONS
from recenv.scenarios.entry import chat_env

OVER = "(the session is over)"
_ONE_AT_A_TIME = Lock()
"""Environments of one scenario share an engine, which threads must not step at once."""


class Acting:
    """One session after the other of ``recenv/Chat-v1``. options: as for ``recenv.make``. tools: whether the model calls
    tools, or writes its acts as JSON.

    session_id: of the session that is open.  over: whether it has ended, or none was opened.  ending: how, ``running`` until
    then.  needs_met: goals met.  rewards: what each turn was paid, in [-1, 1].  components: of each turn, dimension -> value in
    [0, 1], None where missing.
    """

    def __init__(self, *, tools: bool = True, **options: Any) -> None:
        self._env, self._how = chat_env(**options), BRIEFING if tools else GRAMMAR
        self._begin()

    def _begin(self) -> None:
        self.over, self.ending, self.needs_met, self.session_id = True, "running", 0, ""
        self.rewards: list[float] = []
        self.components: list[dict[str, float | None]] = []

    def open(self, seed: int, session: str | None = None) -> list[dict[str, str]]:
        """Begin a session, by its id or drawn by the seed, which keys the user's noise: equal arguments start alike. Returns the
        messages that brief a model: one of the system, and what the user says first."""
        self._begin()
        with _ONE_AT_A_TIME:
            _, info = self._env.reset(seed=seed, options=None if session is None else {"session": session})
            self.over, self.session_id = False, str(info["session_id"])
            self._view = self._env.batch.views()[0]
        return [{"role": "system", "content": self._briefing(self._view)}, *info["messages"]]

    def call(self, act: str, arguments: str | Mapping[str, Any]) -> str:
        """Play a turn. Returns the user's answer or what was found, and the candidates where another goal begins."""
        return self.say(call_text(act, arguments))

    def say(self, text: str) -> str:
        """Play a turn by a text in the grammar of ``recenv/Chat-v1``."""
        if self.over:
            return OVER
        with _ONE_AT_A_TIME:
            _, reward, terminated, truncated, info = self._env.step(text)
            view = self._env.batch.views()[0]
        self.rewards.append(float(reward))
        values, known = info["reward_components"], info["applicable"]
        self.components.append({name: values[name] if known[name] else None for name in DIMENSIONS})
        self.over, self.ending, self.needs_met = terminated or truncated, info["ending"], info["needs_met"]
        answer = [info["messages"][-1]["content"]]
        if self.over:
            answer.append(OVER)
        elif view.candidates != self._view.candidates:
            answer.append(render_about(view))
        self._view = view
        return "\n".join(answer)

    def _briefing(self, view: AgentView) -> str:
        """How to answer; user, context and candidates."""
        limits = f"There are at most {view.horizon} turns. Language of the user: {view.locale}. Category: {view.category}."
        return "\n".join([view.instruction, self._how % view.slate_size, limits, render_about(view)])

    @property
    def total(self) -> float:
        """The return so far: the sum of the rewards."""
        return sum(self.rewards)

    def mean(self, dimension: str) -> float | None:
        """The mean of a dimension over the turns that have it; None where none has."""
        found = [value for turn in self.components if (value := turn[dimension]) is not None]
        return sum(found) / len(found) if found else None
