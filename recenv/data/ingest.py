"""What every ingest hands back, and where rows that cannot be used go."""

from __future__ import annotations

import gc
import hashlib
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any, TypeVar

import msgspec

from recenv.errors import StoreError

T = TypeVar("T")
Progress = Callable[[int, int], None]
"""Called with (bytes done, bytes in all) now and then while an ingest reads."""

_EXAMPLES = 20
_BLOCK = 8 << 20  # long enough that a thread that hashes seldom waits for its turn


class BadRow(msgspec.Struct, frozen=True):
    """One row that could not be used: file name, line (1-based; the record's number in a file without lines), reason."""

    file: str
    line: int
    reason: str


class IngestReport(msgspec.Struct, frozen=True, kw_only=True):
    """What an ingest did.

    counts: whole numbers by name. tables: further breakdowns, title -> name -> number or text.
    notes: assumptions and missing parts, in words. examples: the first quarantined rows.
    """

    kind: str
    out: str
    rows: int
    quarantined: int
    counts: dict[str, int]
    tables: dict[str, dict[str, float | int | str]] = {}
    notes: tuple[str, ...] = ()
    examples: tuple[BadRow, ...] = ()

    def table(self) -> str:
        """The report as plain text tables."""
        lines = [f"{self.kind} -> {self.out}", f"  rows read {self.rows:,}, quarantined {self.quarantined:,}"]
        lines += columns(self.counts)
        for title, rows in self.tables.items():
            lines += [title, *columns(rows)]
        if self.notes:
            lines += ["notes", *(f"  - {note}" for note in self.notes)]
        if self.examples:
            lines += ["quarantined rows (first ones; all are in quarantine.jsonl)",
                      *(f"  {row.file}:{row.line}: {row.reason}" for row in self.examples)]
        return "\n".join(lines)


def columns(rows: Mapping[str, Any]) -> list[str]:
    """Two aligned columns; shares with three decimals, whole numbers with separators."""
    width = max((len(name) for name in rows), default=0)
    return [f"  {name:<{width}}  {cell(value)}" for name, value in rows.items()]


def cell(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return str(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:.3f}" if isinstance(value, float) else str(value)


class Quarantine:
    """Collects bad rows in a file of its own (memory stays bounded) and judges their share at the end."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  (lives as long as the ingest)
        self.count = 0
        self.examples: list[BadRow] = []

    def add(self, file: str, line: int, reason: str) -> None:
        row = BadRow(file, line, reason[:500])
        self._file.write(msgspec.json.encode(row) + b"\n")
        self.count += 1
        if len(self.examples) < _EXAMPLES:
            self.examples.append(row)

    def judge(self, rows: int, max_bad: float) -> None:
        """Raise StoreError when more than ``max_bad`` (a share in [0, 1]) of ``rows`` is bad."""
        if self.count and self.count > max_bad * rows:
            shown = "\n".join(f"  {row.file}:{row.line}: {row.reason}" for row in self.examples[:5])
            raise StoreError(
                f"{self.count:,} of {rows:,} rows are unusable ({self.count / rows:.1%}), more than --max-bad {max_bad:.1%}; "
                f"nothing was written. The first ones:\n{shown}"
            )

    def judged(self, rows: Iterable[T], max_bad: float) -> Iterator[T]:
        """The rows, and at their end ``judge``: a bad record counts as one row."""
        number = 0
        for number, row in enumerate(rows, 1):  # noqa: B007  (the last number counts)
            yield row
        self.judge(number + self.count, max_bad)

    def write(self, path: Path) -> None:
        """Put the collected rows into ``path`` (JSON lines)."""
        self._file.seek(0)
        with path.open("wb") as out:
            for block in iter(lambda: self._file.read(1 << 20), b""):
                out.write(block)

    def __enter__(self) -> Quarantine:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def sha256(path: Path, stop: Event | None = None) -> str:
    """Hash of a file, read in blocks. stop: when set, the rest is left out and the hash is of no use."""
    digest, block = hashlib.sha256(), bytearray(_BLOCK)
    with path.open("rb", buffering=0) as stream:
        while (size := stream.readinto(block)) and not (stop is not None and stop.is_set()):
            digest.update(memoryview(block)[:size])
    return digest.hexdigest()


@contextmanager
def hashing(files: Mapping[str, Path]) -> Iterator[Callable[[], dict[str, str]]]:
    """sha256 by name, computed in a thread while the block runs: hashing and reading do not keep other threads waiting.

    Yields what waits for them; a block that raises does not wait.
    """
    stop, pool = Event(), ThreadPoolExecutor(1, "sha256")
    try:
        pending = {name: pool.submit(sha256, path, stop) for name, path in files.items()}
        yield lambda: {name: found.result() for name, found in pending.items()}
    finally:
        stop.set()
        pool.shutdown()


@contextmanager
def uncollected() -> Iterator[None]:
    """No search for cycles while the block runs: records have none, and looking through all that are held takes longer than
    making them."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()
