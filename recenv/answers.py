"""A language model's answers by request: asked once, kept in a file, and read from there ever after, without the server.

A request is known by the hash of all of it, so that another prompt, model or setting is another request. Failures are not kept:
who asks again asks for those again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec

from recenv.completion import NO_TEXT, Completion
from recenv.endpoint import Endpoint, EndpointConfig, chat_request, encode_request
from recenv.errors import EndpointError, InputError
from recenv.journal import Keyed
from recenv.records import Message

BREAKER = 5
"""So many requests of a batch that fail before any is answered, and the rest of it is not tried."""


class ModelConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a model is and how it is asked; see ``recenv.endpoint.EndpointConfig``.

    seed: None sends one of the caller's. record: file of recorded answers, "" for none. replay_only: ask no server; a request
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
    extra: dict[str, Any] = {}
    system: Literal["system", "developer", "user"] = "system"


class Kept(msgspec.Struct, frozen=True):
    """A line of the record: hash of the request, and the answer without its latency."""

    request: str
    answer: Completion


def open_record(path: str | Path) -> Keyed[Kept]:
    """Recorded answers in a journal, appended to as they come. Raises InputError for a damaged line."""
    return Keyed(Path(path), Kept, lambda kept: kept.request, "not a recorded answer", "move the file away")


class Answers:
    """One model and what it answered. who: asks, for errors. seed: sent where the configuration has none.

    The server is known, and the key read, when a first answer is missing, or by ``connect``. Raises InputError for an unusable
    configuration or a damaged record.
    """

    def __init__(self, config: ModelConfig, who: str, seed: int | None = None) -> None:
        if config.replay_only and not config.record:
            raise InputError(f"{who}: replay_only needs the file of a recorded run in record")
        names = set(EndpointConfig.__struct_fields__) & set(ModelConfig.__struct_fields__)
        fields = {name: getattr(config, name) for name in sorted(names)}
        fields["seed"] = seed if config.seed is None else config.seed
        self._who, self._asking, self._replay_only = who, EndpointConfig(**fields), config.replay_only
        self._record = open_record(config.record) if config.record else None
        self._client: Endpoint | None = None

    def connect(self) -> Endpoint:
        """The client, made at first use. Raises InputError where the key cannot be read, MissingExtra without httpx."""
        if self._client is None:
            self._client = Endpoint(self._asking)
        return self._client

    def request(self, messages: Sequence[Message]) -> dict[str, Any]:
        """The body that asks for a completion of a dialogue."""
        return chat_request(self._asking, messages)

    def of(self, requests: Sequence[dict[str, Any]], salt: bytes = b"") -> list[Completion | EndpointError]:
        """An answer or an error for each request, in order; equal ones are asked once, one without text answers "". salt: tells
        answers to equal requests apart.

        Raises EndpointError where nobody may be asked and the record lacks some.
        """
        keys = [hashlib.sha256(encode_request(request) + salt).hexdigest() for request in requests]
        wanted = dict(zip(keys, requests, strict=True))
        found: dict[str, Completion | EndpointError] = {}
        if self._record is not None:
            found |= {key: kept.answer for key in wanted if (kept := self._record.get(key)) is not None}
        missing = [key for key in wanted if key not in found]
        if missing and self._replay_only:
            raise EndpointError(
                f"{self._who}: {len(missing)} of {len(wanted)} requests are not in the record, and replay_only asks nobody; "
                "record the run to its end first", "not recorded")
        asked = self.connect().send_many([wanted[key] for key in missing], abandon=BREAKER) if missing else []
        for key, answer in zip(missing, asked, strict=True):
            if isinstance(answer, EndpointError) and answer.kind == NO_TEXT:
                answer = Completion(text="")
            if isinstance(answer, Completion) and self._record is not None:
                answer = self._record.add(Kept(key, msgspec.structs.replace(answer, latency_s=0.0, attempts=1))).answer
            found[key] = answer
        return [found[key] for key in keys]
