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

import msgspec

from recenv.baselines.runtime import Runtime
from recenv.completion import NO_TEXT, Completion
from recenv.endpoint import Endpoint, EndpointConfig, encode_request
from recenv.envs.chat_format import parse_action, render_messages
from recenv.errors import EndpointError, InputError, Unanswered
from recenv.journal import Keyed
from recenv.records import Action, AgentView, Message

BREAKER = 5
"""So many requests of a batch that fail before any is answered, and the rest of it is not tried."""


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the model is and how it is asked; see ``recenv.endpoint.EndpointConfig``.

    seed: None sends the run's seed. record: file of recorded answers, "" for none. replay_only: ask no server; a request
    that is not in the record fails.
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
        repeat: int = 1,
    ) -> None:
        self.name, self._salt = "llm", b"" if repeat == 1 else b"repeat %d" % repeat
        self._endpoint, self._record, self._replay_only, self._strict = endpoint, record, replay_only, strict

    def act(self, views: Sequence[AgentView]) -> list[Action]:
        """One action a view, parsed from the model's text; raises Unanswered where requests got no answer."""
        dialogues = [render_messages(view) for view in views]
        keys = [hashlib.sha256(encode_request(self._endpoint.request(d)) + self._salt).hexdigest() for d in dialogues]
        answers = self._answers(dict(zip(keys, dialogues, strict=True)))
        strict = self._strict
        read = {k: a if isinstance(a, EndpointError) else parse_action(a.text, strict=strict) for k, a in answers.items()}
        actions = [action for key in keys if isinstance(action := read[key], Action)]
        if len(actions) < len(keys):
            raise Unanswered([read[key] for key in keys])
        return actions

    def _answers(self, wanted: dict[str, tuple[Message, ...]]) -> dict[str, Completion | EndpointError]:
        found: dict[str, Completion | EndpointError] = {}
        if self._record is not None:
            found |= {key: kept.answer for key in wanted if (kept := self._record.get(key)) is not None}
        missing = [key for key in wanted if key not in found]
        if missing and self._replay_only:
            raise EndpointError(
                f"llm: {len(missing)} of {len(wanted)} requests are not in the record, and replay_only asks nobody; record the "
                "run to its end first", "not recorded")
        asked = self._endpoint.complete_many([wanted[key] for key in missing], abandon=BREAKER)
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
        strict=runtime.strict, repeat=runtime.repeat)
