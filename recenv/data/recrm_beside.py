"""Files that make no sessions, read by a process of their own while this one makes sessions of another file.

That process writes down what it would have told the store, record by record, each with how often it came; this one adds it in its
turn. The store is the same to the byte as if all had been read here, and where that process cannot be had, or ends otherwise than
it should, all is read here.
"""

from __future__ import annotations

import gc
import hashlib
import os
import subprocess
import sys
import tempfile
import threading
from array import array
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import msgspec

import recenv
from recenv.data.fieldmap import load_field_map
from recenv.data.made import Made
from recenv.data.recent import Recent
from recenv.data.recrm_rows import UNNAMED, Refuse, Tally, read, records
from recenv.data.rows import Row, RowFile, open_rows
from recenv.data.sound import check_item, check_user
from recenv.data.store import StoreWriter
from recenv.errors import RowError
from recenv.records import Item, User

WORTH = 32 << 20
"""Bytes of files below which a second process is not worth its start."""

_LATELY = 25_000  # records
_TRAILER, _BLOCK = 8 + 32, 1 << 20  # bytes
_PROGRAM = "from recenv.data.recrm_beside import main; main()"


class Torn(Exception):
    """The store refuses what another process has written down: its rows must be read one by one."""


class _Order(msgspec.Struct):
    folder: str
    dimensions: list[str]
    field_map: str | None


class _Refused(msgspec.Struct, tag="refused"):
    file: str
    line: int
    reason: str


class _Item(msgspec.Struct, tag="item"):
    item: Item


class _User(msgspec.Struct, tag="user"):
    user: User


class _Read(msgspec.Struct):
    """What was found in a file: see Tally and RowFile."""

    rows: int
    labels: list[float]
    assumed: dict[str, int]
    preview: list[str]


class _End(msgspec.Struct):
    """files: by dimension. unnamed: rows whose user has no id. times: how often each record came, as array("Q")."""

    files: dict[str, _Read]
    unnamed: int
    times: bytes


class _Kept(NamedTuple):
    record: Item | User
    number: int


class Dictation:
    """Writes down what rows say: each record where it first comes, and rows that cannot be used."""

    def __init__(self, out: BinaryIO) -> None:
        self._out, self._digest = out, hashlib.sha256()
        self._items, self._users = Recent[str, _Kept](_LATELY), Recent[str, _Kept](_LATELY)
        self._times = array("Q")
        self.tally = Tally()

    def take(self, row: Row) -> None:
        items, user = records(row)
        for item in items:
            if _kept(self._items, item) is None:
                check_item(item)
        if user is not None:
            check_user(user)
        for item in items:
            self._add(self._items, item, _Item)
        if user is not None:
            self._add(self._users, user, _User)
            self.tally.counts[UNNAMED] += user is not row.user

    def refuse(self, file: str, line: int, reason: str) -> None:
        self._write(_Refused(file, line, reason))

    def close(self, files: Mapping[str, RowFile]) -> None:
        """Write what is known at the end only, where that begins, and the hash of all that was written."""
        found = {d: _Read(self.tally.rows[d], self.tally.labels[d], dict(f.assumed), f.preview) for d, f in files.items()}
        begins = self._out.tell()
        self._write(_End(found, self.tally.counts[UNNAMED], self._times.tobytes()))
        self._out.write(begins.to_bytes(8, "little") + self._digest.digest())
        self._out.flush()

    def _add(self, lately: Recent[str, _Kept], record: Any, kind: Any) -> None:
        kept = _kept(lately, record)
        if kept is None:
            lately.put(record.id, _Kept(record, len(self._times)))
            self._times.append(1)
            self._write(kind(record))
        else:
            self._times[kept.number] += 1

    def _write(self, said: msgspec.Struct) -> None:
        data = msgspec.msgpack.encode(said)
        data = len(data).to_bytes(8, "little") + data
        self._digest.update(data)
        self._out.write(data)


def _kept(lately: Recent[str, _Kept], record: Item | User) -> _Kept | None:
    """What was written of this very object lately; None for another, be it equal."""
    kept = lately.get(record.id)
    return kept if kept is not None and kept.record is record else None


class Beside:
    """A process that reads, and the file into which it writes."""

    def __init__(self, process: subprocess.Popen[bytes], out: BinaryIO) -> None:
        self._process, self._out = process, out

    def add_to(self, writer: StoreWriter, refuse: Refuse, tally: Tally, files: Mapping[str, RowFile]) -> bool:
        """Wait for the process and add what it read; False, with nothing added, where it came to no sound end. Raises Torn."""
        begins = -1 if self._process.wait() else self._sound()
        if begins < 0:
            return False
        self._out.seek(begins)
        end = msgspec.msgpack.decode(self._frame(), type=_End)
        times = iter(array("Q", end.times))
        try:
            for said in self._said(begins):
                if isinstance(said, _Refused):
                    refuse(said.file, said.line, said.reason)
                elif isinstance(said, _Item):
                    writer.add_item(said.item, next(times))
                else:
                    writer.add_user(said.user, next(times))
        except RowError as error:
            raise Torn(str(error)) from None
        tally.counts[UNNAMED] += end.unnamed
        for dimension, found in end.files.items():
            tally.rows[dimension], tally.labels[dimension] = found.rows, found.labels
            files[dimension].assumed.update(found.assumed)
            files[dimension].preview += found.preview
        return True

    def _sound(self) -> int:
        """Where the end of what was written begins; -1 where not all is there, or something else is: whatever that process runs
        may print, too."""
        size = self._out.seek(0, os.SEEK_END) - _TRAILER
        self._out.seek(0)
        digest, left = hashlib.sha256(), size
        while left > 0 and (block := self._out.read(min(left, _BLOCK))):
            digest.update(block)
            left -= len(block)
        trailer = self._out.read()
        return int.from_bytes(trailer[:8], "little") if size > 0 and trailer[8:] == digest.digest() else -1

    def _said(self, end: int) -> Iterator[_Refused | _Item | _User]:
        decoder = msgspec.msgpack.Decoder(_Refused | _Item | _User)
        self._out.seek(0)
        while self._out.tell() < end:
            yield decoder.decode(self._frame())

    def _frame(self) -> bytes:
        return self._out.read(int.from_bytes(self._out.read(8), "little"))


@contextmanager
def reading(folder: Path, files: Sequence[RowFile], field_map: str | Path | None) -> Iterator[Beside | None]:
    """Have the files read by a process of their own while the block runs; None where they are short, there is one core, or such a
    process cannot begin."""
    worth = bool(files) and sum(file.path.stat().st_size for file in files) >= WORTH
    with ExitStack() as stack:
        yield _begun(stack, folder, files, field_map) if worth and (os.cpu_count() or 1) > 1 and sys.executable else None


def _begun(stack: ExitStack, folder: Path, files: Sequence[RowFile], field_map: str | Path | None) -> Beside | None:
    order = _Order(str(folder), [file.dimension for file in files], None if field_map is None else str(field_map))
    paths = [str(Path(recenv.__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    try:
        command = [sys.executable, "-P", "-c", _PROGRAM, msgspec.json.encode(order).decode()]
        out = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115  (the stack closes it)
        process = stack.enter_context(subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=out, stderr=subprocess.DEVNULL,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}))
    except (OSError, ValueError):  # no room, no program, or a path that is no text
        return None
    stack.callback(process.kill)
    return Beside(process, out)


def main() -> None:
    """Of the process that reads: an order as its argument, frames to the standard output; it ends with the standard input."""
    order = msgspec.json.decode(sys.argv[1], type=_Order)
    asked = sys.stdin.fileno()

    def end() -> None:
        os.read(asked, 1)
        os._exit(1)

    threading.Thread(target=end, daemon=True).start()
    gc.disable()
    made, mapped = Made(), None if order.field_map is None else load_field_map(order.field_map)
    files = {d: file for d in order.dimensions if (file := open_rows(order.folder, d, mapped, made)) is not None}
    with open(sys.stdout.fileno(), "wb", closefd=False) as out:  # buffered, however Python was started
        dictation = Dictation(out)
        for file in files.values():
            read(file, dictation.take, dictation.refuse, dictation.tally)
        dictation.close(files)
