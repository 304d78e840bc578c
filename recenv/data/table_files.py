"""Tables as rows of key to value: CSV (or with another separator), JSON Lines, Parquet."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from recenv.data.jsonl import decode, lines
from recenv.errors import InputError, MissingExtra, RowError

KINDS = (".csv", ".tsv", ".txt", ".jsonl", ".ndjson", ".parquet")
_SEPARATORS = ",;\t|"
_PARQUET_ROWS = 8192


class TableRow(NamedTuple):
    """line: 1-based in the file (in Parquet, the row). value: without empty cells. reason: why the row is of no use, "" where it
    is. end: bytes read so far, in Parquet an estimate."""

    line: int
    value: dict[str, Any]
    reason: str
    end: int


def read_table(path: str | Path) -> Iterator[TableRow]:
    """The rows of a table, streamed. Raises InputError for a file that is none of ``KINDS`` or has no header, MissingExtra for a
    Parquet file without its library."""
    file = Path(path)
    if not file.is_file():
        raise InputError(f"no file at {file}; expected a table: {', '.join(KINDS)}")
    suffix = file.suffix.lower()
    if suffix in (".jsonl", ".ndjson"):
        return _jsonl(file)
    if suffix == ".parquet":
        return _parquet(file)
    if suffix not in KINDS:
        raise InputError(f"{file}: a table ends in {', '.join(KINDS)}; got {suffix or 'no ending'}")
    return _csv(file)


def columns_of(path: str | Path, rows: int = 200) -> dict[str, list[Any]]:
    """The columns of a table with the values of its first rows, those that have any. Raises InputError for a table
    without rows."""
    found: dict[str, list[Any]] = {}
    reason = ""
    for row in islice(read_table(path), rows):
        reason = reason or row.reason
        for key, value in row.value.items():
            found.setdefault(key, []).append(value)
    if not found:
        raise InputError(f"{path}: no row can be read" + (f": {reason}" if reason else "; the table is empty"))
    return found


def _csv(file: Path) -> Iterator[TableRow]:
    """UTF-8, a byte order mark passed over; the separator is what the header has most of."""
    with file.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as stream:
        first = stream.readline()
        if not first.strip():
            raise InputError(f"{file}: expected a first line with the names of the columns; it is empty")
        if _undecoded(first):
            raise InputError(f"{file}: not UTF-8; save the table as UTF-8 (in a spreadsheet: CSV UTF-8; of a Chinese "
                             f"one: iconv -f gb18030 -t utf-8 {file.name} > utf8.csv)")
        separator = max(_SEPARATORS, key=first.count)
        header = [name.strip() for name in next(csv.reader([first], delimiter=separator))]
        if len(set(header)) < len(header) or "" in header:
            raise InputError(f"{file}: each column needs a name of its own in the first line; got {', '.join(header)[:300]}")
        read = [len(first.encode("utf-8", "surrogateescape"))]
        reader = csv.reader(_counted(stream, read), delimiter=separator)
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield TableRow(reader.line_num + 1, {}, f"not a row of a table: {error}", read[0])
                continue
            line, end = reader.line_num + 1, read[0]
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                yield TableRow(line, {}, f"expected {len(header)} cells, got {len(cells)}", end)
            elif any(map(_undecoded, cells)):
                yield TableRow(line, {}, "not UTF-8; save the table as UTF-8 (in a spreadsheet: CSV UTF-8)", end)
            else:
                yield TableRow(line, {k: c.strip() for k, c in zip(header, cells, strict=True) if c.strip()}, "", end)


def _counted(stream: Iterable[str], read: list[int]) -> Iterator[str]:
    """The lines of a stream, their bytes added up in ``read``."""
    for line in stream:
        read[0] += len(line) if line.isascii() else len(line.encode("utf-8", "surrogateescape"))
        yield line


def _undecoded(text: str) -> bool:
    return not text.isascii() and any("\udc80" <= c <= "\udcff" for c in text)


def _jsonl(file: Path) -> Iterator[TableRow]:
    for line in lines(file):
        try:
            yield TableRow(line.number, _told(decode(line)), "", line.end)
        except RowError as error:
            yield TableRow(line.number, {}, str(error), line.end)


def _parquet(file: Path) -> Iterator[TableRow]:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise MissingExtra("pyarrow", "parquet") from None
    size, number = file.stat().st_size, 0
    try:
        table = pq.ParquetFile(file)
        for batch in table.iter_batches(_PARQUET_ROWS):
            for row in batch.to_pylist():
                number += 1
                yield TableRow(number, _told(row), "", size * number // max(1, table.metadata.num_rows))
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"{file}: cannot be read as Parquet ({error}); copy it again") from None


def _told(row: dict[str, Any]) -> dict[str, Any]:
    """A row without empty cells; times in the form that they are written in."""
    return {str(k): v.isoformat() if hasattr(v, "isoformat") else v for k, v in row.items()
            if v not in (None, "", []) and v == v}
