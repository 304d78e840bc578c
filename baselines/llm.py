"""LLM: a language model behind any OpenAI-compatible endpoint plays the session from its text form.

The prompt and the action grammar are those of the chat environment (``recenv.envs.chat_format``), asked without examples, as in
"Is ChatGPT a good recommender? A preliminary study" (Liu et al., 2023). An answer that does not follow the grammar is a
``malformed`` action: it costs the turn and stays in the denominator, and the run goes on. A request that fails for good is no
result of the model: its session is left out, and ``--resume`` plays it again.

With ``record`` every answer is kept in a JSON Lines file under the hash of its request, and asked again it comes from there:
a run can be repeated to the bit without the server. Failures are not kept, so that a repeated run asks for them again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from recenv.answers import Answers, ModelConfig
from recenv.baselines.runtime import Runtime
from recenv.completion import Completion
from recenv.envs.act_tools import BRIEFING, act_tools, call_text
from recenv.envs.chat_format import parse_action, render_messages
from recenv.errors import EndpointError, Unanswered
from recenv.records import Action, AgentView


class Config(ModelConfig, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the model is and how it is asked; see ``recenv.answers.ModelConfig``.

    seed: None sends the run's seed. tools: offer the acts as tools (``envs.act_tools``); the model's earlier calls stand in the
    dialogue as their JSON. A call is an act whether or not tools were offered, and what is said beside it does not count.
    """

    tools: bool = False


class LlmAgent:
    """Asks the model once a view; equal requests of a batch are asked once."""

    def __init__(self, answers: Answers, *, strict: bool = False, repeat: int = 1, tools: bool = False) -> None:
        self.name, self._salt = "llm", b"" if repeat == 1 else b"repeat %d" % repeat
        self._answers, self._strict, self._tools = answers, strict, tools

    def act(self, views: Sequence[AgentView]) -> list[Action]:
        """One action a view, parsed from the model's text; raises Unanswered where requests got no answer."""
        answers = self._answers.of([self._request(view) for view in views], self._salt)
        read = [a if isinstance(a, EndpointError) else self._read(a) for a in answers]
        actions = [action for action in read if isinstance(action, Action)]
        if len(actions) < len(read):
            raise Unanswered(read)
        return actions

    def _request(self, view: AgentView) -> dict[str, Any]:
        if not self._tools:
            return self._answers.request(render_messages(view))
        return {**self._answers.request(render_messages(view, how=BRIEFING)), "tools": act_tools(view.slate_size)}

    def _read(self, answer: Completion) -> Action:
        """What an answer does: its one call, or what its text says."""
        said = "\n".join(call_text(*call) for call in answer.calls) or answer.text
        return parse_action(said, strict=self._strict)


def build(config: Config, runtime: Runtime) -> LlmAgent:
    """The agent of a run. Raises InputError for an unusable configuration, MissingExtra without httpx."""
    answers = Answers(config, "llm", runtime.seed)
    if not config.replay_only:
        answers.connect()
    return LlmAgent(answers, strict=runtime.strict, repeat=runtime.repeat, tools=config.tools)
