"""JSON Lines files that are appended to as things happen: one writer at a time, whole lines only, a torn last line left out.

A process that is killed in the middle of a line leaves it without its end: readers stop before it, and whoever writes next cuts
it off first. A line that is damaged elsewhere is an error: each is sealed (``recenv.seals``), so that no changed
byte is believed.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Generic, NamedTuple, TypeVar

import msgspec

from recenv.errors import InputError
from recenv.seals import Broken, is_sealed, seal_line

_T = TypeVar("_T")
_BLOCK = 1 << 16


class Entry(NamedTuple, Generic[_T]):
    """A record and the number of its line, from 1."""

    number: int
    value: _T


def line_of(value: object) -> bytes:
    """A record as a sealed line; equal records give equal bytes."""
    return seal_line(msgspec.json.encode(value, order="deterministic")) + b"\n"


def only_line(data: bytes, kind: type[_T], what: str, remedy: str, *, unsealed: bool = False) -> _T:
    """The record of a file that holds one sealed line. unsealed: whether it may stand without a seal, as older versions wrote it.

    Raises InputError, which begins with ``what``, where it does not hold one.
    """
    try:
        if not ((data.endswith(b"\n") and is_sealed(data[:-1])) or unsealed):
            raise Broken("its seal is missing")
        return msgspec.json.decode(data, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, Broken) as error:
        raise InputError(f"{what} ({error}); {remedy}") from None


def recorded(
    file: Path, kind: type[_T], wrong: str, remedy: str = "", *, unsealed: Callable[[_T], bool] | None = None
) -> Iterator[Entry[_T]]:
    """The records of a file, one a line; nothing where there is no file.

    wrong, remedy: what a line that is no record is, and what to do about it: raises InputError that says so. unsealed: which
    records may stand without a seal, as older versions wrote them; none where it is not given.
    """
    if not file.is_file():
        return
    with file.open("rb") as stream:
        yield from entries(stream, file, kind, wrong, remedy, unsealed=unsealed)


def entries(
    stream: Iterable[bytes], file: Path, kind: type[_T], wrong: str, remedy: str = "", *,
    unsealed: Callable[[_T], bool] | None = None, first: int = 1,
) -> Iterator[Entry[_T]]:
    """``recorded``, of lines that are open already. first: number of the first of them."""
    decoder = msgspec.json.Decoder(kind)
    for number, line in enumerate(stream, first):
        if not line.endswith(b"\n"):
            return
        try:
            sealed = is_sealed(line[:-1])
            value = decoder.decode(line)
            if not (sealed or (unsealed is not None and unsealed(value))):
                raise Broken("its seal is missing")
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, Broken) as error:
            raise InputError(f"{file}:{number}: {wrong} ({error}){f'; {remedy}' if remedy else ''}") from None
        yield Entry(number, value)


def append(file: Path, value: object) -> None:
    """Write one record at the end, behind a whole line; its folder is made. Safe among threads and processes."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with held(file) as stream:
        cut_torn(stream)
        stream.write(line_of(value))
        stream.flush()


class Keyed(Generic[_T]):
    """Records of a journal by key, in memory and, with a file, on disk; of several with one key the first stays.

    Safe among threads and, where the system has advisory locks, among processes: whoever adds reads first what others have added,
    so that all go on with one record a key. wrong, remedy: as for ``recorded``; raises InputError for a damaged line.
    """

    def __init__(self, file: Path | None, kind: type[_T], key: Callable[[_T], str], wrong: str, remedy: str) -> None:
        self.file, self._kind, self._key = file, kind, key
        self._wrong, self._remedy = wrong, remedy
        self._found: dict[str, _T] = {}
        self._lock = threading.Lock()
        self._read = self._lines = 0  # bytes and lines of the file that were read
        if file is not None and file.is_file():
            with file.open("rb") as stream:
                self._catch_up(stream)

    def __len__(self) -> int:
        return len(self._found)

    def get(self, key: str) -> _T | None:
        return self._found.get(key)

    def add(self, value: _T) -> _T:
        """Keep a record, at once on disk; returns the one that is kept under its key."""
        key = self._key(value)
        with self._lock:
            if self.file is None or key in self._found:
                return self._found.setdefault(key, value)
            self.file.parent.mkdir(parents=True, exist_ok=True)
            with held(self.file) as stream:
                cut_torn(stream)
                self._catch_up(stream)
                if key not in self._found:
                    line = line_of(value)
                    stream.seek(0, os.SEEK_END)
                    stream.write(line)
                    stream.flush()
                    self._found[key] = value
                    self._read, self._lines = self._read + len(line), self._lines + 1
            return self._found[key]

    def _catch_up(self, stream: BinaryIO) -> None:
        if stream.seek(0, os.SEEK_END) < self._read:  # somebody has made the file anew
            self._read = self._lines = 0
        stream.seek(self._read)
        file = self.file or Path()
        for number, line in enumerate(stream, self._lines + 1):
            for entry in entries([line], file, self._kind, self._wrong, self._remedy, first=number):
                self._found.setdefault(self._key(entry.value), entry.value)
                self._read, self._lines = self._read + len(line), number


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
