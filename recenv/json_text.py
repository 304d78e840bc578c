"""JSON objects in text that a model wrote, in time linear in the text however it is made."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from recenv.near_json import near_object

_Makes = Callable[[list[tuple[str, Any]]], dict[str, Any]]
_STARTS = 32  # opening braces tried before giving up: each may cost a pass over the text


class Found(NamedTuple):
    """An object, where it stands, text[start:end], and what was mended to read it."""

    value: dict[str, Any]
    start: int
    end: int
    slips: tuple[str, ...] = ()


def json_objects(text: str, *, once: bool = False, near: bool = False) -> list[Found]:
    """The outermost JSON objects of a text, with words and code fences around them passed over. Never raises.

    Of the places where one may begin the first 32 are tried. once: a key that an object names twice leaves nothing to believe:
    no object is found then. near: also objects with slips that leave one reading (``near_json``); a key with two values leaves
    nothing to believe.
    """
    made: _Makes = _once if once else _agreeing if near else dict
    try:
        return list(_objects(text, made, near))
    except _Twice:
        return []


def _objects(text: str, made: _Makes, near: bool) -> Iterator[Found]:
    decoder, at = _DECODERS[made], 0
    for _ in range(_STARTS):
        at = text.find("{", at)
        if at < 0:
            return
        slips: tuple[str, ...] = ()
        try:
            value, end = decoder.raw_decode(text, at)
        except _Twice:
            raise
        except (ValueError, RecursionError):
            mended = near_object(text, at, made) if near else None
            if mended is None:
                at += 1
                continue
            value, end, slips = mended
        yield Found(value, at, end, slips)
        at = end


class _Twice(ValueError):
    """An object names a key twice."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise _Twice
    return made


def _agreeing(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key, value in pairs:
        if made.setdefault(key, value) != value:
            raise _Twice
    return made


_MADE: tuple[_Makes, ...] = (_once, _agreeing, dict)
_DECODERS = {made: json.JSONDecoder(object_pairs_hook=made) for made in _MADE}
