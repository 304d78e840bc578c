"""Tables as rows of key to value: CSV (or with another separator), JSON Lines, Parquet."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
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
    is read anew. So it is where very many lines within a cell all look like rows.
    """
    again: deque[str] = deque()  # lines that are read anew
    held: list[str] = []  # of the record that is being read
    rest = chain(stream, (_END,))

    def one_by_one() -> Iterator[str]:
        while (line := again.popleft() if again else next(rest, None)) is not None:
            held.append(line)
            yield line

    number, torn, anew, reader = 2, 0, 0, csv.reader(one_by_one(), delimiter=separator)
    while True:
        cells, reason = list[str](), ""
        try:
            cells = next(reader)
            if len(held) > 1 and not _closed(held, separator, width):
                reason = _OPEN
        except csv.Error as error:
            reason = _OPEN if len(held) > 1 else f"not a row of a table: {error}"
        if held[0] is _END:
            return
        if reason == _OPEN:
            torn, anew = torn + 1, anew + sum(map(len, held))
            if torn > _MOST_TORN or anew > _MOST_ANEW:
                raise InputError(f"{file}:{number}: the {torn:,}th quote that is opened and not closed; within quotes a quote is "
                                 'written twice (""), and a table without quotes can be saved as .jsonl')
            again.extendleft(reversed(held[1:]))
            del held[1:]
            reader = csv.reader(one_by_one(), delimiter=separator)
        read += sum(len(_bytes(line)) for line in held)
        yield number, cells, reason, read
        number += len(held)
        held.clear()


def _closed(held: Sequence[str], separator: str, width: int) -> bool:
    """Whether a record of several lines is one: its quotes are doubled within quotes, and closed before a separator or an end."""
    if held[-1] is _END:
        return False
    try:
        next(csv.reader(held, delimiter=separator, strict=True))
    except csv.Error:
        return False
    return len(held) < _MANY or any(line.count(separator) != width - 1 for line in held[1:-1])


_END = "\N{END OF TRANSMISSION}\n"
"""Behind the last line: where it is part of a record, that had a quote open."""
_OPEN = "a quote is opened in this line and not closed"
_MANY = 50  # lines of a record
_MOST_TORN, _MOST_ANEW = 1000, 100_000_000  # quotes, characters that are read anew


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
