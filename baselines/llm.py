"""LLM: a language model behind any OpenAI-compatible endpoint plays the session from its text form.

The prompt and the action grammar are those of the chat environment (``recenv.envs.chat_format``), asked without examples, as in
"Is ChatGPT a good recommender? A preliminary study" (Liu et al., 2023). An answer that does not follow the grammar is a
``malformed`` action: it costs the turn and stays in the denominator, and the run goes on. A request that fails for good is no
result of the model: its session is left out, and ``--resume`` plays it again.

With ``record`` every answer is kept in a JSON Lines file under the hash of its request, and asked again it comes from there:
a run can be repeated to the bit without the server. Failures are not kept, so that a repeated run asks for them again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec

from recenv.baselines.runtime import Runtime
from recenv.completion import NO_TEXT, Completion
from recenv.endpoint import Endpoint, EndpointConfig, encode_request
from recenv.envs.act_tools import BRIEFING, act_tools, call_text
from recenv.envs.chat_format import parse_action, render_messages
from recenv.errors import EndpointError, InputError, Unanswered
from recenv.journal import Keyed
from recenv.records import Action, AgentView

BREAKER = 5
"""So many requests of a batch that fail before any is answered, and the rest of it is not tried."""


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the model is and how it is asked; see ``recenv.endpoint.EndpointConfig``.

    seed: None sends the run's seed. record: file of recorded answers, "" for none. replay_only: ask no server; a request
    that is not in the record fails. tools: offer the acts as tools (``envs.act_tools``); the model's earlier calls stand in the
    dialogue as their JSON. A call is an act whether or not tools were offered, and what is said beside it does not count.
    """

    model: str = ""
    base_url: str = "http://127.0.0.1:8000/v1"
    api_key_env: str = ""
    temperature: float | None = 0.0
    max_tokens: int = 1024
    seed: int | None = None
    timeout_s: float = 60.0
    retries: int = 4
    backoff_s: float = 0.5
    max_backoff_s: float = 30.0
    concurrency: int = 8
    record: str = ""
    replay_only: bool = False
    extra: dict[str, Any] = {}
    system: Literal["system", "developer", "user"] = "system"
    tools: bool = False


class _Kept(msgspec.Struct, frozen=True):
    """A line of the record: hash of the request, and the answer without its latency."""

    request: str
    answer: Completion


def open_record(path: str | Path) -> Keyed[_Kept]:
    """Recorded answers in a journal, appended to as they come. Raises InputError for a damaged line."""
    return Keyed(Path(path), _Kept, lambda kept: kept.request, "not a recorded answer", "move the file away")


class LlmAgent:
    """Asks the model once a view; equal requests of a batch are asked once."""

    def __init__(
        self, endpoint: Endpoint, record: Keyed[_Kept] | None = None, *, replay_only: bool = False, strict: bool = False,
        repeat: int = 1, tools: bool = False,
    ) -> None:
        self._tools = tools
        self.name, self._salt = "llm", b"" if repeat == 1 else b"repeat %d" % repeat
        self._endpoint, self._record, self._replay_only, self._strict = endpoint, record, replay_only, strict

    def act(self, views: Sequence[AgentView]) -> list[Action]:
        """One action a view, parsed from the model's text; raises Unanswered where requests got no answer."""
        requests = [self._request(view) for view in views]
        keys = [hashlib.sha256(encode_request(request) + self._salt).hexdigest() for request in requests]
        answers = self._answers(dict(zip(keys, requests, strict=True)))
        read = {key: a if isinstance(a, EndpointError) else self._read(a) for key, a in answers.items()}
        actions = [action for key in keys if isinstance(action := read[key], Action)]
        if len(actions) < len(keys):
            raise Unanswered([read[key] for key in keys])
        return actions

    def _request(self, view: AgentView) -> dict[str, Any]:
        if not self._tools:
            return self._endpoint.request(render_messages(view))
        return {**self._endpoint.request(render_messages(view, how=BRIEFING)), "tools": act_tools(view.slate_size)}

    def _read(self, answer: Completion) -> Action:
        """What an answer does: its one call, or what its text says."""
        said = "\n".join(call_text(*call) for call in answer.calls) or answer.text
        return parse_action(said, strict=self._strict)

    def _answers(self, wanted: dict[str, dict[str, Any]]) -> dict[str, Completion | EndpointError]:
        found: dict[str, Completion | EndpointError] = {}
        if self._record is not None:
            found |= {key: kept.answer for key in wanted if (kept := self._record.get(key)) is not None}
        missing = [key for key in wanted if key not in found]
        if missing and self._replay_only:
            raise EndpointError(
                f"llm: {len(missing)} of {len(wanted)} requests are not in the record, and replay_only asks nobody; record the "
                "run to its end first", "not recorded")
        asked = self._endpoint.send_many([wanted[key] for key in missing], abandon=BREAKER)
        for key, answer in zip(missing, asked, strict=True):
            if isinstance(answer, EndpointError) and answer.kind == NO_TEXT:
                answer = Completion(text="")
            if isinstance(answer, Completion) and self._record is not None:
                answer = self._record.add(_Kept(key, msgspec.structs.replace(answer, latency_s=0.0, attempts=1))).answer
            found[key] = answer
        return found


def build(config: Config, runtime: Runtime) -> LlmAgent:
    """The agent of a run. Raises InputError for an unusable configuration, MissingExtra without httpx."""
    if config.replay_only and not config.record:
        raise InputError("llm: replay_only needs the file of a recorded run in record")
    names = set(EndpointConfig.__struct_fields__) & set(Config.__struct_fields__)
    fields = {name: getattr(config, name) for name in sorted(names)}
    fields["seed"] = runtime.seed if config.seed is None else config.seed
    if config.replay_only:
        fields["api_key_env"] = ""  # nothing is asked, so no key is needed
    return LlmAgent(
        Endpoint(EndpointConfig(**fields)), open_record(config.record) if config.record else None, replay_only=config.replay_only,
        strict=runtime.strict, repeat=runtime.repeat, tools=config.tools)
