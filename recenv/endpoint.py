"""Client for OpenAI-compatible chat completions: bounded, retried, concurrent, and silent about its key.

Needs httpx (``pip install 'recenv[llm]'``), imported when the first client is made. What a server sends is untrusted: its size,
time and shape are bounded, and nothing of it is run or followed (redirects are refused, so that a key goes nowhere else).
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from typing import Any, Literal, NamedTuple
from urllib.parse import quote, urlsplit

import msgspec

from recenv import rng
from recenv.completion import NO_TEXT, Completion, Unusable, loads, read_completion
from recenv.errors import EndpointError, InputError
from recenv.exchange import Exchange, Reply, TooLarge, Unreachable
from recenv.records import Message
from recenv.refusals import FIELDS, SYSTEM, gone, guesses, may_refuse, named, present, without

_RETRIED = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
_SHOWN = 200  # characters of a server's own words in an error
_LOOKED_AT = 1 << 16  # bytes of an error that are read
_SECRET = 8  # characters from which on a key is worth hiding
_MESSAGES = ("error", "message", "detail")  # where servers put their words, outermost first
_BARRED = frozenset({"status 401", "status 407"})
_OFTEN_REFUSED = frozenset({"logprobs", "response_format"})
_JITTER = rng.word("endpoint.jitter")


class EndpointConfig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a model is and how it is asked. Holds the name of the key's environment variable, never the key.

    base_url: up to and including the version, as in ``https://api.openai.com/v1``. api_key_env: "" sends no key.
    temperature: None leaves it to the server. seed: None sends none. timeout_s: for one attempt, from connect to last byte.
    retries: further attempts after the first, on timeouts, lost connections and status 408, 409, 425, 429 and 5xx.
    backoff_s: first pause, doubled at each retry, up to max_backoff_s; a server's Retry-After takes its place up to the same
    bound. concurrency: requests in flight at once.
    extra: further fields of the request, ``None`` for one that is to be left out; so ``{"max_tokens": None,
    "max_completion_tokens": 4096}`` renames one. system: whose words the instructions are: the ``system``'s, the ``developer``'s,
    or the beginning of the first ones of the ``user``.
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
    extra: dict[str, Any] = {}
    system: Literal["system", "developer", "user"] = "system"

    def __post_init__(self) -> None:
        try:
            parts = urlsplit(self.base_url)
            _ = parts.port
        except ValueError as error:
            raise InputError(f"base_url must look like http://host:port/v1; {error}") from None
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise InputError(f"base_url must look like http://host:port/v1; got {parts.scheme or 'no'} scheme")
        if parts.username or parts.password or parts.query:
            raise InputError("base_url must not carry a password or a query; name the key's variable in api_key_env")
        own = sorted({"model", "messages", "stream"} & self.extra.keys())
        if own:
            raise InputError(f"extra cannot set {own[0]!r}; recenv sets or needs it")
        if not self.model:
            raise InputError("model is empty; give the name that the endpoint serves, as in model=qwen3-8b")
        bounds = {
            "max_tokens": (1, 1_000_000), "timeout_s": (0.001, 86_400), "retries": (0, 100), "backoff_s": (0, 3600),
            "max_backoff_s": (0, 86_400), "max_response_bytes": (1024, 1 << 30), "concurrency": (1, 1024),
        }
        for name, (low, high) in bounds.items():
            if not low <= getattr(self, name) <= high:
                raise InputError(f"{name} must be in [{low}, {high}]; got {getattr(self, name)}")


class _Failure(NamedTuple):
    """One failed attempt. retry: whether another may fare better. pause_s: what the server asked to wait, None where it did not.
    words: the server's own."""

    kind: str
    message: str
    retry: bool = False
    pause_s: float | None = None
    words: str = ""


class Endpoint:
    """Asks one model. Safe to use from several threads. Connections are closed by ``close``, by a ``with`` statement, or
    when nothing refers to it any more.

    Fields that the server refuses are left out, from the first refusal on (``refused``; ``recenv.refusals``).
    Raises MissingExtra without httpx, InputError when the key's environment variable is unset or unusable, or the environment's
    proxy or certificates are.
    """

    def __init__(self, config: EndpointConfig, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self.config = config
        self._key = _read_key(config.api_key_env)
        self._sleep = sleep
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}  # no decompression bombs
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        self._url = config.base_url.rstrip("/") + "/chat/completions"
        self._exchange = Exchange(self._url, headers, config.concurrency)
        self._first, self._learning, self._met = threading.Lock(), threading.Lock(), threading.Event()
        self._searched = False
        self._taken: frozenset[str] = frozenset()  # what of a request was there in an answered one
        self.refused: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Endpoint({self._url!r}, model={self.config.model!r})"

    def __enter__(self) -> Endpoint:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        self._exchange.close()

    def request(self, messages: Sequence[Message]) -> dict[str, Any]:
        """The body that asks for a completion of a dialogue."""
        return chat_request(self.config, messages)

    def complete(self, messages: Sequence[Message]) -> Completion:
        """The model's answer; raises EndpointError when all attempts have failed."""
        return self.send(self.request(messages))

    def send(self, request: dict[str, Any]) -> Completion:
        """The answer to a body of ``chat_request`` and whatever was added to it, such as ``logprobs``; raises as ``complete``."""
        extras = _OFTEN_REFUSED & request.keys()
        if not extras or self._met.is_set():
            return self._send(request)
        with self._first:  # alone, until it is known whether the server takes them
            if not self._met.is_set():
                try:
                    return self._send(request)
                finally:
                    self._met.set()
        return self._send(request)

    def _send(self, request: dict[str, Any]) -> Completion:
        left_out = self.refused
        result = self._persist(request, left_out, self.config.retries)
        if isinstance(result, _Failure) and self._may_be_refusal(request, left_out, result):
            result = self._with_less(request, left_out, result)
        if isinstance(result, _Failure):
            raise EndpointError(result.message, result.kind)
        return result

    def send_many(self, requests: Sequence[dict[str, Any]], *, abandon: int = 0) -> list[Completion | EndpointError]:
        """An answer or an error for each request, in order, ``concurrency`` at a time.

        abandon: once so many have failed and none was answered, those not yet begun are not tried and have the first error; an
        answer without text is no failure. A key that is refused is refused at once. 0 tries all.
        """
        if not requests:
            return []
        failed, answered, barred = list[EndpointError](), threading.Event(), threading.Event()

        def complete(request: dict[str, Any]) -> Completion | EndpointError:
            if abandon and (len(failed) >= abandon or barred.is_set()) and not answered.is_set():
                return failed[0]
            try:
                found: Completion | EndpointError = self.send(request)
            except EndpointError as error:
                found = error
            if isinstance(found, EndpointError) and found.kind != NO_TEXT:
                failed.append(found)
                if found.kind in _BARRED:
                    barred.set()
            else:
                answered.set()
            return found

        pool = ThreadPoolExecutor(min(self.config.concurrency, len(requests)), thread_name_prefix="endpoint")
        try:
            return list(pool.map(complete, requests))
        finally:
            pool.shutdown(cancel_futures=True)  # an interrupt does not wait for the whole queue

    # -- what the server refuses -----------------------------------------------------------------------------

    def _may_be_refusal(self, request: dict[str, Any], left_out: Sequence[str], failure: _Failure) -> bool:
        """Whether another try with less is worth it. What was once answered with all that this request has is not suspected
        where it is not named, nor is anything where one search has ended with nothing."""
        rest = without(request, left_out)
        if self.refused != left_out or named(failure.kind, failure.words, rest):
            return True
        return may_refuse(failure.kind, failure.words) and not self._searched and not self._taken.issuperset(present(rest))

    def _with_less(self, request: dict[str, Any], left_out: tuple[str, ...], failure: _Failure) -> Completion | _Failure:
        """The answer to the request without what the server refuses, which is remembered; a failure where it never comes."""
        with self._learning:
            if self.refused != left_out:  # another thread has learned meanwhile
                left_out = self.refused
                result = self._persist(request, left_out, self.config.retries)
                if isinstance(result, Completion) or not self._may_be_refusal(request, left_out, result):
                    return result
                failure = result
            for _ in FIELDS:  # each round leaves out what the server names by now, or ends
                rest = without(request, left_out)
                told = named(failure.kind, failure.words, rest)
                for suspects in [told] if told else guesses(rest):
                    less = (*left_out, *suspects)
                    result = self._persist(request, less, 0)
                    if isinstance(result, Completion):
                        return self._with_more(request, less, suspects, result)
                    if named(result.kind, result.words, without(request, less)):
                        left_out, failure = less, result
                        break
                else:
                    break
            self._searched = True
            return failure

    def _with_more(
        self, request: dict[str, Any], left_out: tuple[str, ...], suspects: tuple[str, ...], answer: Completion
    ) -> Completion:
        """The answer to the request with each suspect that the server takes after all; what it does not is remembered."""
        for one in reversed(suspects if len(suspects) > 1 else ()):
            less = tuple(f for f in left_out if f != one)
            result = self._persist(request, less, 0)
            if isinstance(result, Completion):
                left_out, answer = less, result
        self.refused = left_out
        return answer

    # -- attempts --------------------------------------------------------------------------------------------

    def _persist(self, request: dict[str, Any], left_out: tuple[str, ...], retries: int) -> Completion | _Failure:
        """The outcome of an attempt and, where that may help, of further ones."""
        rest = without(request, left_out)
        body = encode_request(rest)
        for attempt in range(retries + 1):
            result = self._attempt(body)
            if isinstance(result, Completion):
                self._taken |= set(present(rest))
                return msgspec.structs.replace(result, attempts=attempt + 1, without=gone(request, left_out))
            if not result.retry or attempt == retries or named(result.kind, result.words, rest):
                tries = f" ({attempt + 1} attempts)" if attempt else ""
                return result._replace(message=result.message + tries)
            self._sleep(self._pause(body, attempt, result.pause_s))
        raise AssertionError("unreachable: the last attempt returns")

    def _attempt(self, body: bytes) -> Completion | _Failure:
        limit, most = self.config.timeout_s, self.config.max_response_bytes
        try:
            reply = self._exchange.post(body, limit, most)
        except TimeoutError:
            return _Failure("timeout", f"{self._exchange.route} did not answer within {limit:g} s", retry=True)
        except TooLarge:
            return _Failure("too large", f"{self._url} answered with more than {most} bytes")
        except Unreachable as error:
            why = f"cannot reach {self._exchange.route} ({self._quote(str(error))})"
            return _Failure("connection", why, retry=error.transient)
        if reply.status != 200:
            return self._refusal(reply)
        if reply.headers.get("content-encoding", "identity") != "identity":
            return _Failure("bad answer", f"{self._url} compressed its answer against the request")
        try:
            read = read_completion(reply.body)
        except Unusable as error:
            words = self._words(reply.body)
            seen = f"{error.kind}: {self._quote(str(error))}; {self._quote(words)!r}"
            what = NO_TEXT if error.kind == NO_TEXT else f"what is no completion ({seen})"
            return _Failure(error.kind, f"{self._url} answered with {what}", words=words)
        return msgspec.structs.replace(
            read, text=self._masked(read.text), finish_reason=self._masked(read.finish_reason), latency_s=reply.latency_s)

    def _refusal(self, reply: Reply) -> _Failure:
        words, retry = self._words(reply.body), reply.status in _RETRIED
        pause = _wait_asked(reply.headers.get("retry-after", "")) if retry else None
        message = f"{self._url} answered with status {reply.status}: {self._quote(words) or 'no text'}"
        return _Failure(f"status {reply.status}", message, retry, pause, words)

    def _pause(self, body: bytes, attempt: int, asked: float | None) -> float:
        """Seconds before the next attempt: as asked, or exponential with a jitter in [0.5, 1) keyed on the request."""
        if asked is None:
            digest = int.from_bytes(hashlib.blake2b(body, digest_size=8).digest(), "little")
            asked = self.config.backoff_s * 2.0**attempt * (0.5 + 0.5 * float(rng.uniform(digest, attempt, _JITTER)))
        return min(asked, self.config.max_backoff_s)

    # -- the server's own words ------------------------------------------------------------------------------

    def _words(self, body: bytes) -> str:
        """What a server says of a failure, in as many words as are looked at, without the key."""
        try:
            told = loads(body[:_LOOKED_AT])
        except Unusable:
            return self._masked(body[:_LOOKED_AT].decode("utf-8", "replace"))
        while isinstance(told, dict) and (inner := next((told[k] for k in _MESSAGES if told.get(k)), None)) is not None:
            told = inner
        return self._masked(told if isinstance(told, str) else json.dumps(told, ensure_ascii=False))

    def _quote(self, text: str) -> str:
        """Words of others, short and printable, and without the key."""
        return "".join(c if c.isprintable() else " " for c in self._masked(text)[:_SHOWN]).strip()

    def _masked(self, text: str) -> str:
        """A text without the key, should a server echo it. Words such as ``none`` that stand for no key stay."""
        if len(self._key) < _SECRET:
            return text
        return text.replace(self._key, "***").replace(quote(self._key, safe=""), "***")


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
    body = {name: value for name, value in (body | config.extra).items() if value is not None}
    if config.system == "user":
        return without(body, (SYSTEM,))
    for message in body["messages"] if config.system == "developer" else ():
        message["role"] = "developer" if message["role"] == "system" else message["role"]
    return body


def encode_request(body: dict[str, Any]) -> bytes:
    """A request as JSON; equal requests give equal bytes. Lone surrogates, which JSON cannot carry, become ``?``."""
    body = {**body, "messages": [
        {"role": m["role"], "content": m["content"].encode("utf-8", "replace").decode()} for m in body["messages"]]}
    return msgspec.json.encode(body, order="deterministic")


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
