"""Canonical rows on disk: one ScorerRow a line, JSON."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from pathlib import Path

import msgspec

from recenv.data.fieldmap import TABLES
from recenv.data.jsonl import lines
from recenv.data.rows import rows_from_recrm
from recenv.errors import UNREADABLE, InputError
from recenv.files import whole_file
from recenv.records import ScorerRow


def read_rows(path: str | Path, dimensions: Collection[str] = TABLES) -> Iterator[ScorerRow]:
    """Rows of a file of canonical rows, or of a RecRM-Bench folder, in order. dimensions: those that a row may have.

    Raises InputError for a path that is neither (a store holds sessions, not rows) and for the first unusable line.
    """
    source = Path(path)
    if source.is_dir():
        if (source / "manifest.json").is_file():
            raise InputError(f"{source} is a store; give the folder that it was ingested from, or a file of canonical rows")
        yield from rows_from_recrm(source)
        return
    if not source.is_file():
        raise InputError(f"no rows at {source}; expected a .jsonl file of canonical rows or a RecRM-Bench folder")
    decoder = msgspec.json.Decoder(ScorerRow)
    for line in lines(source):
        where = f"{source}:{line.number}"
        if line.reason:
            raise InputError(f"{where}: {line.reason}")
        try:
            row = decoder.decode(line.data)
        except UNREADABLE as error:
            raise InputError(f"{where}: not a canonical row ({error})") from None
        if row.dimension not in dimensions:
            raise InputError(f"{where}: dimension must be one of {', '.join(dimensions)}; got {row.dimension!r}")
        yield row


def strange_fields(path: str | Path, most: int = 1_000) -> tuple[str, ...]:
    """Names that the first rows of a file of canonical rows have and no row has, so that nobody reads them."""
    if not Path(path).is_file():
        return ()
    found: dict[str, None] = {}
    decoder = msgspec.json.Decoder(dict[str, msgspec.Raw])
    for line in islice(lines(Path(path)), most):
        try:
            found |= dict.fromkeys(decoder.decode(line.data))
        except UNREADABLE:
            continue  # read_rows says what is wrong with it
    return tuple(name for name in found if name not in ScorerRow.__struct_fields__)


def encode_row(row: ScorerRow) -> bytes:
    """A row as one JSON line."""
    return msgspec.json.encode(row, order="deterministic") + b"\n"


def some(rows: Iterable[ScorerRow], lack: str) -> Iterator[ScorerRow]:
    """The rows; raises InputError, with what is lacking, where there are none."""
    none = True
    for row in rows:
        none = False
        yield row
    if none:
        raise InputError(lack)


def write_rows(rows: Iterable[ScorerRow], path: str | Path) -> int:
    """Write rows to a file, whole or not at all; returns how many."""
    count = 0
    with whole_file(Path(path)) as stream:
        for row in rows:
            stream.write(encode_row(row))
            count += 1
    return count
