"""What a server may refuse of a request, and the request without it.

Servers of the same protocol take different fields, and say that they do not in as many ways. What is refused is found by asking
again without what the server names, or without all that can be left out, and then with one thing more each time.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any

SYSTEM = "system role"
_RENAMED = ("max_tokens", "max_completion_tokens")
FIELDS = ("logprobs", "response_format", "seed", *_RENAMED, "temperature", SYSTEM)
"""What can be done without, in the order in which it is. Without ``max_tokens`` its newer name is used, without both there is no
bound; without the system role its words stand before the first ones of the user."""

_SAYS = {
    SYSTEM: re.compile(r"\bsystem\b[\s'\"`_-]*(?:role|message|prompt|instruction)|role\W{1,4}\bsystem\b|developer instruction",
                       re.I),
    **{name: re.compile(rf"\b(?:top_)?{name}\b") for name in FIELDS if name != SYSTEM},
}
_OTHERWISE = re.compile(r"context (?:length|window)|maximum context|too (?:long|many tokens)|content (?:filter|management)"
                        r"|\bmodel\b.{0,80}(?:not (?:found|exist)|unknown)|api key|unauthorized", re.I | re.S)
_NEVER = frozenset({"status 401", "status 402", "status 407", "status 408", "status 413", "status 425", "status 429",
                    "status 502", "status 504", "status 529", "timeout", "connection", "no text", "too large"})
"""Kinds of failure that are no refusal of a field; anything else may be a server's way to say so."""


def present(request: dict[str, Any], refused: Collection[str] = ()) -> tuple[str, ...]:
    """What of FIELDS a request has, once some are refused."""
    rest = without(request, refused)
    return tuple(f for f in FIELDS if (_has_system(rest) if f == SYSTEM else f in rest))


def without(request: dict[str, Any], refused: Collection[str]) -> dict[str, Any]:
    """The request without some of FIELDS."""
    gone = {*refused, *(("top_logprobs",) if "logprobs" in refused else ())}
    rest = {name: value for name, value in request.items() if name not in gone}
    old, new = _RENAMED
    if old in gone and old in request and new not in gone:
        rest[new] = request[old]
    if SYSTEM in gone and _has_system(rest):
        rest["messages"] = _merged(rest["messages"])
    return rest


def gone(request: dict[str, Any], refused: Collection[str]) -> tuple[str, ...]:
    """What of FIELDS a request really loses with some refused."""
    return tuple(f for f in FIELDS if f in refused and (f in present(request) or f in present(request, set(refused) - {f})))


def named(kind: str, words: str, request: dict[str, Any]) -> tuple[str, ...]:
    """What of FIELDS, of those that a request has, a server's words name as its trouble."""
    if kind in _NEVER or _OTHERWISE.search(words):
        return ()
    return tuple(f for f in present(request) if _SAYS[f].search(words))


def may_refuse(kind: str, words: str) -> bool:
    """Whether a failure may be the refusal of a field that it does not name."""
    return kind not in _NEVER and not _OTHERWISE.search(words)


def guesses(request: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    """What to leave out where the server names nothing: all that can be, save for the system role; that too."""
    old, new = _RENAMED
    rest = present(request)
    found = tuple(f for f in FIELDS if f in rest or (f == new and old in rest))
    fields = tuple(f for f in found if f != SYSTEM)
    if fields:
        yield fields
    if fields != found:
        yield found


def _has_system(request: dict[str, Any]) -> bool:
    return any(m.get("role") == "system" for m in request["messages"])


def _merged(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """System messages as the beginning of the first message of the user."""
    told = "\n\n".join(m["content"] for m in messages if m["role"] == "system")
    rest = [m for m in messages if m["role"] != "system"]
    at = next((n for n, m in enumerate(rest) if m["role"] == "user"), None)
    if at is None:
        return [{"role": "user", "content": told}, *rest]
    first = {**rest[at], "content": f"{told}\n\n{rest[at]['content']}"}
    return [*rest[:at], first, *rest[at + 1:]]
