"""Client for OpenAI-compatible chat completions: bounded, retried, concurrent, and silent about its key.

Needs httpx (``pip install 'recenv[llm]'``), imported when the first client is made. What a server sends is untrusted: its size,
time and shape are bounded, and nothing of it is run or followed (redirects are refused, so that a key goes nowhere else).
"""

from __future__ import annotations

import hashlib
import json
import os
import time
import weakref
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import msgspec

from recenv import rng
from recenv.errors import EndpointError, InputError, MissingExtra
from recenv.records import Message

_RETRIED = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
_SHOWN = 200  # characters of a server's own words in an error
_JITTER = rng.word("endpoint.jitter")


class EndpointConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a model is and how it is asked. Holds the name of the key's environment variable, never the key.

    base_url: up to and including the version, as in ``https://api.openai.com/v1``. api_key_env: "" sends no key.
    temperature: None leaves it to the server. seed: None sends none. timeout_s: for one attempt, from connect to last byte.
    retries: further attempts after the first, on timeouts, lost connections and status 408, 409, 425, 429 and 5xx.
    backoff_s: first pause, doubled at each retry, up to max_backoff_s; a server's Retry-After takes its place up to the same
    bound. concurrency: requests in flight at once.
    """

    base_url: str
    model: str
    api_key_env: str = ""
    temperature: float | None = 0.0
    max_tokens: int = 1024
    seed: int | None = None
    timeout_s: float = 60.0
    retries: int = 4
    backoff_s: float = 0.5
    max_backoff_s: float = 30.0
    max_response_bytes: int = 2 * 1024 * 1024
    concurrency: int = 8

    def __post_init__(self) -> None:
        parts = urlsplit(self.base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise InputError(f"base_url must look like http://host:port/v1; got {parts.scheme or 'no'} scheme")
        if parts.username or parts.password or parts.query:
            raise InputError("base_url must not carry a password or a query; name the key's variable in api_key_env")
        if not self.model:
            raise InputError("model is empty; give the name that the endpoint serves, as in model=qwen3-8b")
        bounds = {
            "max_tokens": (1, 1_000_000), "timeout_s": (0.001, 86_400), "retries": (0, 100), "backoff_s": (0, 3600),
            "max_backoff_s": (0, 86_400), "max_response_bytes": (1024, 1 << 30), "concurrency": (1, 1024),
        }
        for name, (low, high) in bounds.items():
            if not low <= getattr(self, name) <= high:
                raise InputError(f"{name} must be in [{low}, {high}]; got {getattr(self, name)}")


class Token(msgspec.Struct, frozen=True, array_like=True):
    """A token of an answer. top: the likeliest tokens in its place with their log-probabilities, as many as were asked for."""

    text: str
    logprob: float
    top: tuple[tuple[str, float], ...] = ()


class Completion(msgspec.Struct, frozen=True, kw_only=True):
    """A model's answer. Token counts are None where the server does not report them; latency_s is of the last attempt.

    tokens: those of the text where the request asked for ``logprobs`` and the server gives them, else empty.
    """

    text: str
    finish_reason: str = ""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    latency_s: float = 0.0
    attempts: int = 1
    tokens: tuple[Token, ...] = ()


NO_TEXT = "no text"
"""Kind of the error where a model answered, and said nothing."""


class _Text(msgspec.Struct):
    content: str | list[dict[str, Any]] | None = None

    @property
    def text(self) -> str | None:
        """What was said; of a list of parts those that are text, so not what was thought."""
        if not isinstance(self.content, list):
            return self.content
        parts = [part.get("text") for part in self.content if part.get("type", "text") in ("text", "output_text")]
        return "".join(part for part in parts if isinstance(part, str)) if parts else None


class _Choice(msgspec.Struct):
    message: _Text
    finish_reason: str | None = None
    logprobs: Any = None  # servers disagree on its shape, and an answer is good without it


class _Usage(msgspec.Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class _Alternative(msgspec.Struct):
    token: str
    logprob: float


class _Position(_Alternative):
    top_logprobs: list[_Alternative] = []


class _Logprobs(msgspec.Struct):
    content: list[_Position]


class _Answer(msgspec.Struct):
    choices: list[_Choice]
    usage: _Usage | None = None


_ANSWER = msgspec.json.Decoder(_Answer)


class _Failure(NamedTuple):
    """One failed attempt. pause_s: what the server asked to wait, None where it did not."""

    error: EndpointError
    retry: bool
    pause_s: float | None = None


class Endpoint:
    """Asks one model. Safe to use from several threads. Connections are closed by ``close``, by a ``with`` statement, or
    when nothing refers to it any more.

    Raises MissingExtra without httpx, InputError when the key's environment variable is unset or unusable.
    """

    def __init__(self, config: EndpointConfig, *, sleep: Callable[[float], None] = time.sleep) -> None:
        httpx = _httpx()
        self.config = config
        self._key = _read_key(config.api_key_env)
        self._sleep = sleep
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}  # no decompression bombs
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        limits = httpx.Limits(max_connections=config.concurrency)
        self._client = httpx.Client(headers=headers, timeout=config.timeout_s, limits=limits, follow_redirects=False)
        self._close = weakref.finalize(self, self._client.close)
        self._url = config.base_url.rstrip("/") + "/chat/completions"

    def __repr__(self) -> str:
        return f"Endpoint({self._url!r}, model={self.config.model!r})"

    def __enter__(self) -> Endpoint:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        self._close()

    def request(self, messages: Sequence[Message]) -> dict[str, Any]:
        """The body that asks for a completion of a dialogue."""
        return chat_request(self.config, messages)

    def complete(self, messages: Sequence[Message]) -> Completion:
        """The model's answer; raises EndpointError when all attempts have failed."""
        return self.send(self.request(messages))

    def send(self, request: dict[str, Any]) -> Completion:
        """The answer to a body of ``chat_request`` and whatever was added to it, such as ``logprobs``; raises as ``complete``."""
        body = encode_request(request)
        for attempt in range(self.config.retries + 1):
            result = self._attempt(body, attempt + 1)
            if isinstance(result, Completion):
                return result
            if not result.retry or attempt == self.config.retries:
                tries = f" ({attempt + 1} attempts)" if attempt else ""
                raise EndpointError(f"{result.error}{tries}", result.error.kind) from None
            self._sleep(self._pause(body, attempt, result.pause_s))
        raise AssertionError("unreachable: the last attempt returns or raises")

    def complete_many(
        self, dialogues: Sequence[Sequence[Message]], *, abandon: bool = False
    ) -> list[Completion | EndpointError]:
        """An answer or an error for each dialogue, in order, ``concurrency`` at a time.

        abandon: once one has failed, those not yet begun are not tried and have its error; an answer without text is no failure.
        """
        if not dialogues:
            return []
        failed = list[EndpointError]()

        def complete(messages: Sequence[Message]) -> Completion | EndpointError:
            if failed:
                return failed[0]
            found = self._complete_or_error(messages)
            if abandon and isinstance(found, EndpointError) and found.kind != NO_TEXT:
                failed.append(found)
            return found

        with ThreadPoolExecutor(min(self.config.concurrency, len(dialogues)), thread_name_prefix="endpoint") as pool:
            return list(pool.map(complete, dialogues))

    # -- one attempt -----------------------------------------------------------------------------------------

    def _complete_or_error(self, messages: Sequence[Message]) -> Completion | EndpointError:
        try:
            return self.complete(messages)
        except EndpointError as error:
            return error

    def _attempt(self, body: bytes, number: int) -> Completion | _Failure:
        httpx = _httpx()
        limit, start = self.config.timeout_s, time.monotonic()
        late = _Failure(EndpointError(f"{self._url} did not answer within {limit:g} s", "timeout"), retry=True)
        try:
            with self._client.stream("POST", self._url, content=body, headers={"Content-Type": "application/json"}) as reply:
                received = bytearray()
                for chunk in reply.iter_raw():
                    received += chunk
                    if len(received) > self.config.max_response_bytes:
                        size = f"more than {self.config.max_response_bytes} bytes"
                        return _Failure(EndpointError(f"{self._url} answered with {size}", "too large"), retry=False)
                    if time.monotonic() - start > limit:  # httpx bounds each read, not their sum
                        return late
        except httpx.TimeoutException:
            return late
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            why = f"{type(error).__name__}: {self._quote(str(error))}"
            transient = isinstance(error, httpx.TransportError) and not isinstance(error, httpx.UnsupportedProtocol)
            return _Failure(EndpointError(f"cannot reach {self._url} ({why})", "connection"), retry=transient)
        if reply.status_code != 200:
            return self._refused(reply.status_code, reply.headers.get("retry-after", ""), bytes(received))
        if reply.headers.get("content-encoding", "identity") != "identity":
            return _Failure(EndpointError(f"{self._url} compressed its answer against the request", "bad answer"), retry=False)
        return self._read(bytes(received), time.monotonic() - start, number)

    def _refused(self, status: int, retry_after: str, body: bytes) -> _Failure:
        message = f"{self._url} answered with status {status}: {self._quote(body.decode('utf-8', 'replace')) or 'no text'}"
        retry = status in _RETRIED
        return _Failure(EndpointError(message, f"status {status}"), retry, _wait_asked(retry_after) if retry else None)

    def _read(self, body: bytes, latency_s: float, attempts: int) -> Completion | _Failure:
        try:
            answer = _decoded(body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            kind = "bad answer" if isinstance(error, msgspec.ValidationError) else "invalid JSON"
            why = f"{kind}: {self._quote(str(error))}; got {self._quote(body.decode('utf-8', 'replace'))!r}"
            return _Failure(EndpointError(f"{self._url} answered out of protocol ({why})", kind), retry=False)
        if not answer.choices or answer.choices[0].message.text is None:
            what = "no choices" if not answer.choices else NO_TEXT
            return _Failure(EndpointError(f"{self._url} answered with {what}", what), retry=False)
        choice, usage = answer.choices[0], answer.usage or _Usage()
        text = (choice.message.text or "").encode("utf-8", "backslashreplace").decode()  # lone surrogates cannot be stored
        return Completion(
            text=text, finish_reason=choice.finish_reason or "", prompt_tokens=usage.prompt_tokens,
            completion_tokens=usage.completion_tokens, latency_s=latency_s, attempts=attempts, tokens=_tokens(choice.logprobs))

    def _pause(self, body: bytes, attempt: int, asked: float | None) -> float:
        """Seconds before the next attempt: as asked, or exponential with a jitter in [0.5, 1) keyed on the request."""
        if asked is None:
            digest = int.from_bytes(hashlib.blake2b(body, digest_size=8).digest(), "little")
            asked = self.config.backoff_s * 2.0**attempt * (0.5 + 0.5 * float(rng.uniform(digest, attempt, _JITTER)))
        return min(asked, self.config.max_backoff_s)

    def _quote(self, text: str) -> str:
        """A server's words, short, printable, and without the key should it echo it."""
        if self._key:
            text = text.replace(self._key, "***")
        return "".join(c if c.isprintable() else " " for c in text[:_SHOWN]).strip()


def chat_request(config: EndpointConfig, messages: Sequence[Message]) -> dict[str, Any]:
    """The body that asks for a completion of a dialogue; needs no server, so that recorded answers can be found without one."""
    body: dict[str, Any] = {
        "model": config.model, "max_tokens": config.max_tokens,
        "messages": [{"role": m.role, "content": m.content} for m in messages],
    }
    if config.temperature is not None:
        body["temperature"] = config.temperature
    if config.seed is not None:
        body["seed"] = config.seed
    return body


def encode_request(body: dict[str, Any]) -> bytes:
    """A request as JSON; equal requests give equal bytes. Lone surrogates, which JSON cannot carry, become ``?``."""
    body = {**body, "messages": [
        {"role": m["role"], "content": m["content"].encode("utf-8", "replace").decode()} for m in body["messages"]]}
    return msgspec.json.encode(body, order="deterministic")


def _decoded(body: bytes) -> _Answer:
    """The answer in a body. A model may write half of a character, which servers escape and msgspec refuses: it has answered."""
    try:
        return _ANSWER.decode(body)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        try:
            return msgspec.convert(json.loads(body), _Answer)
        except ValueError:
            pass
        raise


def _tokens(logprobs: Any) -> tuple[Token, ...]:
    """The tokens of ``choices[0].logprobs``; none where it is absent or of another shape."""
    try:
        content = msgspec.convert(logprobs, _Logprobs).content
    except msgspec.ValidationError:
        return ()
    return tuple(Token(p.token, p.logprob, tuple((a.token, a.logprob) for a in p.top_logprobs)) for p in content)


def _read_key(variable: str) -> str:
    if not variable:
        return ""
    key = os.environ.get(variable, "").strip()
    if not key:
        raise InputError(f"environment variable {variable} holds no API key; set it, or pass api_key_env='' for an open endpoint")
    if not (key.isascii() and key.isprintable()):
        raise InputError(f"the API key in environment variable {variable} has characters that a header cannot carry")
    return key


def _wait_asked(retry_after: str) -> float | None:
    """Seconds of a Retry-After header (RFC 9110: a number of seconds or a date); None where it says nothing usable."""
    text = retry_after.strip()[:64]
    if text.isascii() and text.replace(".", "", 1).isdigit():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return None


def _httpx() -> Any:
    try:
        import httpx
    except ImportError:
        raise MissingExtra("httpx", "llm") from None
    return httpx
