"""LLM: a language model behind any OpenAI-compatible endpoint plays the session from its text form.

The prompt and the action grammar are those of the chat environment (``recenv.envs.chat_format``), asked without examples, as in
"Is ChatGPT a good recommender? A preliminary study" (Liu et al., 2023). An answer that does not follow the grammar is a
``malformed`` action: it costs the turn and stays in the denominator, and the run goes on. A request that fails for good is no
result of the model: it stops the run, which goes on from there with ``--resume``.

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
from recenv.errors import EndpointError, InputError
from recenv.journal import append, recorded
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


class Record:
    """Recorded answers in a journal (``recenv.journal``), appended to as they come. Raises InputError for a damaged line.    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        found = recorded(self.path, _Kept, "not a recorded answer", "move the file away")
        self._answers = {entry.value.request: entry.value.answer for entry in found}

    def get(self, key: str) -> Completion | None:
        return self._answers.get(key)

    def add(self, key: str, answer: Completion) -> None:
        """Keep an answer; what is there already stays."""
        if key in self._answers:
            return
        kept = msgspec.structs.replace(answer, latency_s=0.0, attempts=1)
        self._answers[key] = kept
        append(self.path, _Kept(key, kept))


class LlmAgent:
    """Asks the model once a view; equal requests of a batch are asked once."""

    def __init__(
        self, endpoint: Endpoint, record: Record | None = None, *, replay_only: bool = False, strict: bool = False
    ) -> None:
        self.name = "llm"
        self._endpoint, self._record, self._replay_only, self._strict = endpoint, record, replay_only, strict

    def act(self, views: Sequence[AgentView]) -> list[Action]:
        """One action a view, parsed from the model's text. Raises EndpointError where a request got no answer."""
        dialogues = [render_messages(view) for view in views]
        keys = [hashlib.sha256(encode_request(self._endpoint.request(d))).hexdigest() for d in dialogues]
        answers = self._answers(dict(zip(keys, dialogues, strict=True)))
        return [parse_action(answers[key].text, strict=self._strict) for key in keys]

    def _answers(self, wanted: dict[str, tuple[Message, ...]]) -> dict[str, Completion]:
        known: dict[str, Completion] = {}
        if self._record is not None:
            known = {key: kept for key in wanted if (kept := self._record.get(key)) is not None}
        missing = [key for key in wanted if key not in known]
        if missing and self._replay_only:
            raise EndpointError(
                f"llm: {len(missing)} of {len(wanted)} requests are not in the record, and replay_only asks nobody; record the "
                "run to its end first", "not recorded")
        failed: EndpointError | None = None
        asked = self._endpoint.complete_many([wanted[key] for key in missing], abandon=BREAKER)
        for key, answer in zip(missing, asked, strict=True):
            if isinstance(answer, EndpointError) and answer.kind != NO_TEXT:
                failed = failed or answer
                continue
            known[key] = Completion(text="") if isinstance(answer, EndpointError) else answer
            if self._record is not None:
                self._record.add(key, known[key])
        if failed is not None:
            raise EndpointError(
                f"llm: {failed}. That is no result of the model: nothing of the sessions at hand was written; once the endpoint "
                "answers, go on with --resume", failed.kind)
        return known


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
        Endpoint(EndpointConfig(**fields)), Record(config.record) if config.record else None, replay_only=config.replay_only,
        strict=runtime.strict)
