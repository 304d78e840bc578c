"""JSON objects as language models write them: slips that leave one reading are mended, and named; what has two is not read.

Mended are trailing commas, line breaks and other control characters in strings, single quotes (with apostrophes inside words),
``\\'``, keys without quotes, and Python's ``None``, ``True`` and ``False``. An object that is cut off, or whose strings hold bare
quotes of their own kind, could go on in more than one way and stays unread. Time is linear in the text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, NamedTuple

_DEPTH = 32
_SPACE = re.compile(r"\s*")
_DOUBLE = re.compile(r'"([^"\\]*+(?:\\.[^"\\]*+)*+)"', re.DOTALL)
_SINGLE = re.compile(r"'([^'\\]*+(?:(?:\\.|(?<=\w)'(?=\w))[^'\\]*+)*+)'", re.DOTALL)
_ESCAPED = re.compile(r'\\.|"', re.DOTALL)
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d{1,3})?(?![\w.])")
_WORD = re.compile(r"[^\W\d]\w*")
_CONTROL = re.compile(r"[\x00-\x1f]")
_LITERALS: dict[str, Any] = {"true": True, "false": False, "null": None, "True": True, "False": False, "None": None}


class Mended(NamedTuple):
    """An object, where it ends, and what was mended to read it, each slip once."""

    value: dict[str, Any]
    end: int
    slips: tuple[str, ...]


def near_object(text: str, at: int, made: Callable[[list[tuple[str, Any]]], dict[str, Any]]) -> Mended | None:
    """The object that begins at an opening brace, None where there is none. made: an object of its keys and values."""
    reader = _Reader(text, at, made)
    try:
        value = reader.object(0)
    except _Unreadable:
        return None
    return Mended(value, reader.at, tuple(reader.slips))


class _Unreadable(Exception):
    """What follows is no object, or may be read in more than one way."""


class _Reader:
    """Reads one object from ``at`` on; ``slips`` names what it mended, in the order of first sight."""

    def __init__(self, text: str, at: int, made: Callable[[list[tuple[str, Any]]], dict[str, Any]]) -> None:
        self.text, self.at, self._made, self.slips = text, at, made, dict[str, None]()

    def object(self, depth: int) -> dict[str, Any]:
        pairs = list[tuple[str, Any]]()
        self._open(depth)
        while self._next() != "}":
            key = self._key()
            if self._next() != ":":
                raise _Unreadable
            self.at += 1
            pairs.append((key, self._value(depth)))
            self._comma("}")
        self.at += 1
        return self._made(pairs)

    def _list(self, depth: int) -> list[Any]:
        out = list[Any]()
        self._open(depth)
        while self._next() != "]":
            out.append(self._value(depth))
            self._comma("]")
        self.at += 1
        return out

    def _open(self, depth: int) -> None:
        if depth > _DEPTH:
            raise _Unreadable
        self.at += 1

    def _next(self) -> str:
        """The next character that is no space; "" at the end."""
        space = _SPACE.match(self.text, self.at)
        self.at = self.at if space is None else space.end()
        return self.text[self.at : self.at + 1]

    def _comma(self, end: str) -> None:
        """Pass over the comma behind a member; before ``end`` there need be none."""
        if self._next() == ",":
            self.at += 1
            if self._next() == end:
                self._slip("trailing comma")
        elif self._next() != end:
            raise _Unreadable

    def _key(self) -> str:
        if self._next() in ('"', "'"):
            return self._string()
        self._slip("key without quotes")
        return self._take(_WORD)

    def _value(self, depth: int) -> Any:
        first = self._next()
        if first == "{":
            return self.object(depth + 1)
        if first == "[":
            return self._list(depth + 1)
        if first in ('"', "'"):
            return self._string()
        if first == "-" or first.isdigit():
            return self._decoded(self._take(_NUMBER))
        word = self._take(_WORD)
        if word not in _LITERALS:
            raise _Unreadable
        if word[0].isupper():
            self._slip(f"{word} for {json.dumps(_LITERALS[word])}")
        return _LITERALS[word]

    def _string(self) -> str:
        single = self.text[self.at] == "'"
        inner = self._take(_SINGLE if single else _DOUBLE)[1:-1]
        if single:
            self._slip("single quotes")
        if "\\'" in inner or single:
            kept = _ESCAPED.sub(lambda m: {"\\'": "'", '"': '\\"'}.get(m[0], m[0]), inner)
            if kept != inner and not single:
                self._slip("escaped apostrophe")
            inner = kept
        control = _CONTROL.search(inner)
        if control is not None:
            self._slip("line break in a string" if control[0] in "\r\n" else "control character in a string")
        return str(self._decoded(f'"{inner}"'))

    def _take(self, pattern: re.Pattern[str]) -> str:
        found = pattern.match(self.text, self.at)
        if found is None:
            raise _Unreadable
        self.at = found.end()
        return found[0]

    def _decoded(self, source: str) -> Any:
        try:
            return json.loads(source, strict=False)
        except ValueError:
            raise _Unreadable from None

    def _slip(self, what: str) -> None:
        self.slips.setdefault(what)
