"""Reading JSON of any size with bounded memory: lines of a JSONL file, members of one large object."""

from __future__ import annotations

import codecs
import json
import math
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple

import msgspec

from recenv.data.sound import decode_once
from recenv.errors import InputError, RowError

LINE_CAP = 16 << 20
"""Longest line, in bytes, that is decoded; a longer one is skipped in blocks and reported."""

_BLOCK = 1 << 20
_PADDING = b" \t\r\n\v\f,\x00\x1a"  # what editors and tapes leave at the end of a file
_SKIP, _COLON = re.compile(r"[\s,]*"), re.compile(r"(?<!\s)\s*+:\s*+")


class Line(NamedTuple):
    """number: 1-based. data: the line's bytes, empty where ``reason`` says why it cannot be used. end: bytes read so far."""

    number: int
    data: bytes
    reason: str
    end: int


def lines(path: Path, cap: int = LINE_CAP) -> Iterator[Line]:
    """The lines of a file that are not blank. At most ``cap`` bytes are held, however long a line is."""
    with path.open("rb", buffering=_BLOCK) as stream:
        yield from stream_lines(stream, cap)


def stream_lines(stream: IO[bytes], cap: int = LINE_CAP) -> Iterator[Line]:
    """``lines`` of an open stream, such as an unpacked file; a byte order mark before the first is passed over."""
    number, end = 0, 0
    while data := stream.readline(cap + 1):
        number += 1
        end += len(data)
        data = data.removeprefix(codecs.BOM_UTF8) if number == 1 else data
        if len(data) > cap and not data.endswith(b"\n"):
            size, data = len(data), b""
            while block := stream.readline(_BLOCK):
                size += len(block)
                end += len(block)
                if block.endswith(b"\n"):
                    break
            yield Line(number, b"", f"the line has {size:,} bytes, more than the {cap:,} that are read", end)
        elif not data.isspace():
            yield Line(number, data, "", end)


def decode(line: Line) -> dict[str, object]:
    """The JSON object of a line; raises RowError with the reason where there is none."""
    if line.reason:
        raise RowError(line.reason)
    try:
        row = decode_once(line.data)
    except UnicodeDecodeError as error:
        raise RowError(f"not UTF-8: byte 0x{error.object[error.start]:02x} at {error.start:,}") from None
    except (msgspec.DecodeError, RecursionError) as error:
        try:
            line.data.decode()
        except UnicodeDecodeError as wrong:
            raise RowError(f"not UTF-8: byte 0x{line.data[wrong.start]:02x} at {wrong.start:,}") from None
        raise RowError(f"not valid JSON: {error}") from None
    if not isinstance(row, dict):
        raise RowError(f"expected a JSON object, got {type(row).__name__}")
    return row


class Member(NamedTuple):
    """A key and value of a large object; end: characters read so far."""

    key: str
    value: object
    end: int


def members(stream: IO[bytes], name: str, cap: int = LINE_CAP) -> Iterator[Member]:
    """The members of a file that holds one JSON object, without holding the object.

    cap: longest member in characters. Raises InputError, naming the file as ``name``, where it is not such an object.
    """
    text, decoder = codecs.getincrementaldecoder("utf-8-sig")(), json.JSONDecoder(parse_int=_int)
    buffer, read, opened = "", 0, False
    while True:
        try:
            raw = stream.read(_BLOCK)
            block = text.decode(raw, final=not raw)
        except (UnicodeDecodeError, EOFError, OSError, zlib.error) as error:
            raise InputError(f"{name}: cannot be read to its end ({error}); copy it again") from None
        read += len(block)
        buffer += block
        if not opened:
            buffer = buffer.lstrip()
            if buffer[:1] != "{":
                raise InputError(f"{name}: expected one JSON object, key to record; it begins with {buffer[:20]!r}")
            opened, buffer = True, buffer[1:]
        start = 0
        while member := _member(decoder, buffer, start):
            key, value, start = member
            yield Member(key, value, read)
        buffer = buffer[start:]
        rest = buffer.lstrip(" \t\r\n,")
        if rest[:1] == "}":
            _nothing_more(name, rest[1:], stream)
            return
        if not raw or len(buffer) > cap:
            raise InputError(f"{name}: damaged JSON near character {read - len(rest):,}: {rest[:40]!r}; copy it again")


def _nothing_more(name: str, rest: str, stream: IO[bytes]) -> None:
    """Raise InputError where anything stands behind the object: it would be lost in silence."""
    block = rest.encode()
    while not (block := block.strip(_PADDING)):
        block = stream.read(_BLOCK)
        if not block:
            return
    raise InputError(f"{name}: expected one JSON object and nothing behind it; there stands {block[:40]!r}")


def _int(digits: str) -> int | float:
    """A whole number; infinite where it has more digits than anything that is counted."""
    return int(digits) if len(digits) < 400 else math.inf


def _member(decoder: json.JSONDecoder, buffer: str, start: int) -> tuple[str, object, int] | None:
    """The member at ``start`` and where it ends, None where it is not whole (yet)."""
    found = _SKIP.match(buffer, start)
    at = start if found is None else found.end()
    try:
        key, at = decoder.raw_decode(buffer, at)
        colon = _COLON.match(buffer, at)
        if colon is None or not isinstance(key, str):
            return None
        value, end = decoder.raw_decode(buffer, colon.end())
    except (json.JSONDecodeError, RecursionError):
        return None
    return key, value, end
