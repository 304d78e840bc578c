"""JSON Lines files that are appended to as things happen: one writer at a time, whole lines only, a torn last line left out.

A process that is killed in the middle of a line leaves it without its end: readers stop before it, and whoever writes next cuts
it off first. A line that is damaged elsewhere is an error.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Generic, NamedTuple, TypeVar

import msgspec

from recenv.errors import InputError

_T = TypeVar("_T")
_BLOCK = 1 << 16


class Entry(NamedTuple, Generic[_T]):
    """A record and the number of its line, from 1."""

    number: int
    value: _T


def recorded(file: Path, kind: type[_T], wrong: str, remedy: str = "") -> Iterator[Entry[_T]]:
    """The records of a file, one a line; nothing where there is no file.

    wrong, remedy: what a line that is no record is, and what to do about it: raises InputError that says so.
    """
    if not file.is_file():
        return
    with file.open("rb") as stream:
        yield from entries(stream, file, kind, wrong, remedy)


def entries(stream: Iterable[bytes], file: Path, kind: type[_T], wrong: str, remedy: str = "") -> Iterator[Entry[_T]]:
    """``recorded``, of lines that are open already."""
    decoder = msgspec.json.Decoder(kind)
    for number, line in enumerate(stream, 1):
        if not line.endswith(b"\n"):
            return
        try:
            value = decoder.decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise InputError(f"{file}:{number}: {wrong} ({error}){f'; {remedy}' if remedy else ''}") from None
        yield Entry(number, value)


def append(file: Path, value: object) -> None:
    """Write one record at the end, behind a whole line; its folder is made. Safe among threads and processes."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with held(file) as stream:
        cut_torn(stream)
        stream.write(msgspec.json.encode(value) + b"\n")
        stream.flush()


@contextmanager
def held(file: Path, busy: str = "") -> Iterator[BinaryIO]:
    """The file for reading and appending, held by one writer (where the system has advisory locks).

    Waits until another one lets go of it or, with ``busy``, raises InputError that says so.
    """
    with file.open("ab+") as stream:
        try:
            import fcntl
        except ImportError:  # no advisory locks here
            pass
        else:
            try:
                fcntl.flock(stream.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB if busy else fcntl.LOCK_EX)
            except OSError:
                if not busy:
                    raise
                raise InputError(busy) from None
        yield stream


def cut_torn(stream: BinaryIO) -> None:
    """Cut off what stands behind the last line end, and stay at the end; for who holds the file: no one is writing a line."""
    end = stream.seek(0, os.SEEK_END)
    whole = _last_line_end(stream, end)
    if whole < end:
        stream.truncate(whole)
        stream.seek(0, os.SEEK_END)


def _last_line_end(stream: BinaryIO, end: int) -> int:
    """Bytes up to and with the last line end before ``end``; read from behind, a block at a time."""
    while end:
        start = max(0, end - _BLOCK)
        stream.seek(start)
        found = stream.read(end - start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0
