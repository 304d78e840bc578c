"""A language model as the user, behind any OpenAI-compatible endpoint: it takes or leaves what it is shown, in its own words.

It is given the need, and of the items those alone that the agent has shown; so it cannot name the right one but by chance, and
words that do are not let through (``leaks``). What it decides is bound by the record (``envs.conversing``): an item that misses
the need is not taken, whatever it was talked into. How appealing items are, as far as others ask, is the replaying user's to say.
Every answer is kept in ``record`` and read from there again, so that a run is repeated to the bit without the server.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from recenv.answers import Answers, ModelConfig
from recenv.completion import Completion
from recenv.data.world import World
from recenv.errors import EndpointError, InputError
from recenv.json_text import json_objects
from recenv.thoughts import without_thoughts
from recenv.users.leaks import leaks, told_in
from recenv.users.llm_prompt import messages
from recenv.users.protocol import Answer, Appeal, Situation
from recenv.users.replay import ReplayUser

MAX_WORDS = 1000
"""Characters of an answer's words; longer ones are not read."""
MAX_ANSWER = 32_768
"""Characters of an answer, thoughts apart."""
_UNREAD = Answer(flaw="unread")


class LlmUser:
    """A ``UserModel`` that ``Speaks``. Raises InputError for a configuration without ``record``, since sessions that cannot be
    played again are no results."""

    name = "llm"

    def __init__(self, world: World, config: ModelConfig) -> None:
        if not config.record:
            raise InputError("user llm: its answers must be kept; give a file for them in the option record")
        self._base = ReplayUser(world)
        self.temper = self._base.temper
        self._answers = Answers(config, "user llm")
        self._seeded = config.seed is None and "seed" not in config.extra

    def appeal(
        self, sessions: NDArray[np.int64], goals: NDArray[np.int64], items: NDArray[np.int64], satisfaction: NDArray[np.int8]
    ) -> Appeal:
        """See ``UserModel.appeal``."""
        return self._base.appeal(sessions, goals, items, satisfaction)

    def answer(self, situations: Sequence[Situation]) -> list[Answer | EndpointError]:
        """See ``Speaks``. Equal situations are asked once."""
        requests = [self._answers.request(messages(s)) for s in situations]
        if self._seeded:
            requests = [{**request, "seed": s.seed} for request, s in zip(requests, situations, strict=True)]
        try:
            found = self._answers.of(requests)
        except EndpointError as error:
            return [error] * len(situations)
        return [_failed(a) if isinstance(a, EndpointError) else read_answer(a, s)
                for a, s in zip(found, situations, strict=True)]


def _failed(error: EndpointError) -> EndpointError:
    return EndpointError(f"the user's model: {error}", error.kind)


def read_answer(said: Completion, situation: Situation) -> Answer:
    """What a model's text says; never raises. A wish that its words tell verbatim is told, whether it is listed or not."""
    text = without_thoughts(said.text)
    found = [f.value for f in json_objects(text, near=True)] if len(text) <= MAX_ANSWER else []
    found = [value for value in found if "say" in value]
    if len(found) != 1:
        return _UNREAD
    value = found[0]
    words = value["say"]
    words = "".join(c if c.isprintable() else " " for c in words) if isinstance(words, str) else ""
    words = " ".join(words.split())
    listed = value.get("tell") or []
    wishes = [_number(n) for n in (listed if isinstance(listed, list) else [listed])]
    takes = _number(value.get("take") or 0) if situation.act == "recommend" else 0
    understood = value.get("understood", True)
    known = len(situation.need.constraints)
    if not words or len(words) > MAX_WORDS or not isinstance(understood, bool) or not 0 <= takes <= len(situation.items) or any(
            not 1 <= n <= known for n in wishes):
        return _UNREAD
    tells = sum(1 << n - 1 for n in {*wishes}) | told_in(words, situation)
    return Answer(takes - 1, tells, understood, words, leaks(words, tells, situation))


def _number(value: object) -> int:
    """A whole number, also one in quotes; -1 for anything else."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 4:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else -1
