"""What is read from a chat completion. Servers differ, so only what an answer needs may fail it: the text of its first choice.

Token counts, log-probabilities and the reason of its end are taken where they are what they should be, and are absent otherwise.
"""

from __future__ import annotations

import json
import math
from typing import Any

import msgspec

NO_TEXT = "no text"
"""Kind of the error where a model answered, and said nothing."""

_COUNT_DIGITS = 15
_UNLIKELY = -9999.0  # for a token whose log-probability is not finite, as several servers write it


class Token(msgspec.Struct, frozen=True, array_like=True):
    """A token of an answer. top: the likeliest tokens in its place with their log-probabilities, as many as were asked for."""

    text: str
    logprob: float
    top: tuple[tuple[str, float], ...] = ()


class Completion(msgspec.Struct, frozen=True, kw_only=True):
    """A model's answer. Token counts are None where the server does not report them; latency_s is of the last attempt.

    tokens: those of the text where the request asked for ``logprobs`` and the server gives them, else empty.
    without: what the server refuses, and was therefore not asked for (``recenv.refusals``).
    calls: tools that the model calls, (name, arguments as JSON text); with any, it need not have said anything.
    """

    text: str
    finish_reason: str = ""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    latency_s: float = 0.0
    attempts: int = 1
    tokens: tuple[Token, ...] = ()
    without: tuple[str, ...] = ()
    calls: tuple[tuple[str, str], ...] = ()


class Unusable(Exception):
    """A body that is no completion. kind: as in EndpointError."""

    def __init__(self, kind: str, why: str) -> None:
        super().__init__(why)
        self.kind = kind


def read_completion(body: bytes) -> Completion:
    """The completion in a body; raises Unusable with what it lacks."""
    answer = loads(body)
    choices = answer.get("choices") if isinstance(answer, dict) else None
    if not isinstance(choices, list):
        raise Unusable("bad answer", "an object with a list `choices` was expected")
    if not choices:
        raise Unusable("no choices", "`choices` is empty")
    choice = choices[0] if isinstance(choices[0], dict) else {}
    message = choice.get("message")
    calls = _calls(message) if isinstance(message, dict) else ()
    try:
        text = _text(message.get("content")) if isinstance(message, dict) else _text(choice.get("text", 0))
    except Unusable as error:
        if error.kind != NO_TEXT or not calls:
            raise
        text = ""
    usage, ending = answer.get("usage"), choice.get("finish_reason")
    usage = usage if isinstance(usage, dict) else {}
    return Completion(
        text=_storable(text), finish_reason=_storable(ending) if isinstance(ending, str) else "",
        prompt_tokens=_count(usage.get("prompt_tokens")), completion_tokens=_count(usage.get("completion_tokens")),
        tokens=_tokens(choice.get("logprobs")), calls=calls)


def loads(body: bytes) -> Any:
    """The JSON of a body as models' servers write it: half a character, ``NaN`` and ``-Infinity`` are read too.

    Raises Unusable where it is none.
    """
    try:
        return msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        why = str(error)
    try:
        return json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise Unusable("invalid JSON", why) from None


def _text(content: Any) -> str:
    """What was said; of a list of parts those that are text, so not what was thought."""
    parts = content if isinstance(content, list) else [content] if content is not None else []
    said = [part.get("text") if isinstance(part, dict) and part.get("type", "text") in ("text", "output_text") else part
            for part in parts]
    texts = [part for part in said if isinstance(part, str)]
    if not texts and not isinstance(content, (list, dict)) and content is not None:
        raise Unusable("bad answer", f"`content` should be text, not {type(content).__name__}")
    if not texts:
        raise Unusable(NO_TEXT, "`content` is empty")
    return "".join(texts)


def _calls(message: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """Names and arguments of ``tool_calls``, or of the older ``function_call``; arguments that are no text become JSON."""
    listed = message.get("tool_calls")
    functions = [c.get("function") for c in listed if isinstance(c, dict)] if isinstance(listed, list) else []
    functions = functions or [message.get("function_call")]
    found = []
    for function in functions:
        if isinstance(function, dict) and isinstance(name := function.get("name"), str):
            given = function.get("arguments", "")
            found.append((_storable(name), _storable(given if isinstance(given, str) else json.dumps(given, ensure_ascii=False))))
    return tuple(found)


def _storable(text: str) -> str:
    """A text without lone surrogates, which cannot be stored."""
    return text.encode("utf-8", "backslashreplace").decode()


def _count(value: Any) -> int | None:
    """A number of tokens, also one in quotes; None for anything else."""
    if isinstance(value, str) and len(value) <= _COUNT_DIGITS and value.isascii() and value.isdigit():
        return int(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 10**_COUNT_DIGITS:
        return None
    return int(value)


def _tokens(logprobs: Any) -> tuple[Token, ...]:
    """The tokens of ``choices[0].logprobs``; none where it is absent or of another shape. What has no finite log-probability is
    no alternative."""
    content = logprobs.get("content") if isinstance(logprobs, dict) else None
    found = []
    for position in content if isinstance(content, list) else ():
        token = position.get("token") if isinstance(position, dict) else None
        if not isinstance(token, str):
            return ()
        top = position.get("top_logprobs")
        pairs = [(a.get("token"), _finite(a, "logprob")) for a in top if isinstance(a, dict)] if isinstance(top, list) else []
        kept = tuple((_storable(t), p) for t, p in pairs if isinstance(t, str) and p is not None)
        own = _finite(position, "logprob")
        found.append(Token(_storable(token), _UNLIKELY if own is None else own, kept))
    return tuple(found)


def _finite(holder: Any, key: str) -> float | None:
    value = holder.get(key) if isinstance(holder, dict) else None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if abs(value) < 1e300 and math.isfinite(value) else None
