"""Tables as rows of key to value: CSV (or with another separator), JSON Lines, Parquet."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, TextIO

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


def header_of(path: str | Path) -> list[str]:
    """The names of all columns of a table, empty for one of JSON lines, which has no header."""
    file = Path(path)
    if file.suffix.lower() in (".jsonl", ".ndjson", ".parquet"):
        return []
    with _opened(file) as stream:
        return _header(file, stream.readline())[1]


def _opened(file: Path) -> TextIO:
    return file.open(encoding="utf-8-sig", errors="surrogateescape", newline="")


def _header(file: Path, first: str) -> tuple[str, list[str]]:
    """The separator, which is what the first line has most of, and the names of the columns."""
    if not first.strip():
        raise InputError(f"{file}: expected a first line with the names of the columns; it is empty")
    if _undecoded(first):
        raise InputError(f"{file}: not UTF-8; save the table as UTF-8 (in a spreadsheet: CSV UTF-8; of a Chinese "
                         f"one: iconv -f gb18030 -t utf-8 {file.name} > utf8.csv)")
    separator = max(_SEPARATORS, key=first.count)
    header = [name.strip() for name in next(csv.reader([first], delimiter=separator))]
    if len(set(header)) < len(header) or "" in header:
        raise InputError(f"{file}: each column needs a name of its own in the first line; got {', '.join(header)[:300]}")
    return separator, header


def _csv(file: Path) -> Iterator[TableRow]:
    """UTF-8, a byte order mark passed over."""
    with _opened(file) as stream:
        first = stream.readline()
        separator, header = _header(file, first)
        for line, cells, reason, end in _records(file, stream, separator, len(header), len(_bytes(first))):
            if not reason and not any(cell.strip() for cell in cells):
                continue
            if not reason and len(cells) != len(header):
                reason = f"expected {len(header)} cells, got {len(cells)}"
            elif not reason and any(map(_undecoded, cells)):
                reason = "not UTF-8; save the table as UTF-8 (in a spreadsheet: CSV UTF-8)"
            told = {} if reason else {k: c.strip() for k, c in zip(header, cells, strict=True) if c.strip()}
            yield TableRow(line, told, reason, end)


def _records(
    file: Path, stream: Iterable[str], separator: str, width: int, read: int
) -> Iterator[tuple[int, list[str], str, int]]:
    """The records behind the header: the line (1-based in the file) in which each begins, its cells, what is wrong with it, and
    the bytes read so far.

    A quote that nobody closes would take in all lines behind it: then the line in which it stands is of no use, and what follows
    is read anew. So it is where all lines within a cell are rows themselves.
    """
    again: deque[str] = deque()  # lines that are read anew
    held: list[str] = []  # of the record that is being read
    rest = iter(stream)

    def one_by_one() -> Iterator[str]:
        while True:
            line = again.popleft() if again else next(rest, None)
            if line is None:
                return
            held.append(line)
            yield line

    number, torn, reader = 2, 0, csv.reader(one_by_one(), delimiter=separator, strict=True)
    while True:
        cells, reason = list[str](), ""
        try:
            cells = next(reader)
            inside = held[1:-1]
            if inside and width > 2 and all(line.count(separator) == width - 1 for line in inside):
                reason = _OPEN
        except StopIteration:
            return
        except csv.Error as error:
            reason = _OPEN if len(held) > 1 else f"not a row of a table: {error}"
        if reason == _OPEN:
            torn += 1
            if torn > _MOST_TORN:
                raise InputError(f"{file}:{number}: the {torn:,}th quote that is opened and not closed; within quotes a quote is "
                                 'written twice (""), and a table without quotes can be saved as .jsonl')
            again.extendleft(reversed(held[1:]))
            del held[1:]
            reader = csv.reader(one_by_one(), delimiter=separator, strict=True)
        read += sum(len(_bytes(line)) for line in held)
        yield number, cells, reason, read
        number += len(held)
        held.clear()


_OPEN = "a quote is opened in this line and not closed"
_MOST_TORN = 1000  # each may cost what a cell may be long


def _bytes(line: str) -> bytes:
    return line.encode("utf-8", "surrogateescape")


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
