"""JSON objects in text that a model wrote, in time linear in the text however it is made."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

_STARTS = 32  # opening braces tried before giving up: each may cost a pass over the text
_THOUGHTS = re.compile(r"<think>.*?(?:</think>|\Z)", re.DOTALL)


class Found(NamedTuple):
    """An object, and where it stands: text[start:end]."""

    value: dict[str, Any]
    start: int
    end: int


def without_thoughts(text: str, *, blank: bool = False) -> str:
    """A text without ``<think>...</think>``, closed or not; blank: with as many spaces instead, so that places stay."""
    return _THOUGHTS.sub(lambda m: " " * len(m[0]) if blank else "", text)


def json_objects(text: str, *, once: bool = False) -> list[Found]:
    """The outermost JSON objects of a text, with words and code fences around them passed over. Never raises.

    Of the places where one may begin the first 32 are tried. once: a key that an object names twice leaves nothing to believe:
    no object is found then.
    """
    decoder, found, at = json.JSONDecoder(object_pairs_hook=_once if once else None), [], 0
    for _ in range(_STARTS):
        at = text.find("{", at)
        if at < 0:
            break
        try:
            value, end = decoder.raw_decode(text, at)
        except _Twice:
            return []
        except (ValueError, RecursionError):
            at += 1
            continue
        found.append(Found(value, at, end))
        at = end
    return found


class _Twice(ValueError):
    """An object names a key twice."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise _Twice
    return made
