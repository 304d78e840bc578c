"""Published sets as records: files of JSON lines, JSON arrays or tab-separated tables, plain, gzipped or zipped."""

from __future__ import annotations

import codecs
import gzip
import hashlib
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Generic, NamedTuple, TypeVar, cast

import msgspec

from recenv.data.ingest import Quarantine
from recenv.data.jsonl import Line, decode, stream_lines
from recenv.data.sound import STRANGE, strangely
from recenv.errors import UNREADABLE, InputError, RowError
from recenv.records import ScorerRow

JSONL, JSON, TSV = ".jsonl", ".json", ".tsv"
_ENDING = re.compile(r"(\.jsonl|\.json|\.tsv)(\.gz|\.zip)?$")
_DAMAGE = (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile)
R = TypeVar("R")
T = TypeVar("T")


class Record(NamedTuple, Generic[R]):
    """id: ``SET/FILE:INDEX``, FILE without endings, INDEX 0-based. where: file and index in words, for errors."""

    id: str
    where: str
    value: R


class Unusable(NamedTuple):
    """A record that is not of the set's shape. id, where: as of a record; reason: what is wrong with it."""

    id: str
    where: str
    reason: str


Aside = Callable[[Unusable], None]
"""Takes a record that cannot be used, or raises."""


def refuse(record: Unusable) -> None:
    """Raise InputError for a record that cannot be used."""
    raise InputError(f"{record.where}: {record.reason}")


def into(quarantine: Quarantine) -> Aside:
    """Puts records that cannot be used there."""
    def aside(record: Unusable) -> None:
        file, _, index = record.id.partition("/")[2].rpartition(":")
        quarantine.add(file, int(index) + 1, f"record {index}: {record.reason}")

    return aside


def rows_of(
    folder: str | Path, name: str, shape: type[R], formats: Sequence[str], make: Callable[[Record[R]], Iterable[ScorerRow]],
    aside: Aside, *, objects_aside: bool = False,
) -> Iterator[ScorerRow]:
    """The rows that ``make`` makes of each record, all of them or none. Arguments as of ``scan_records`` and ``made_of``."""
    for record in scan_records(folder, name, shape, formats, objects_aside=objects_aside):
        yield from made_of(record, lambda one: list(make(one)), aside) or ()


def made_of(record: Record[R] | Unusable, make: Callable[[Record[R]], T], aside: Aside) -> T | None:
    """What is made of a record; None for one that went to ``aside``, whatever is wrong with it."""
    try:
        if not isinstance(record, Unusable):
            return make(record)
        reason = record.reason
    except (RowError, *STRANGE) as error:
        reason = strangely(error)
    aside(Unusable(record.id, record.where, reason))
    return None


def scan_records(
    folder: str | Path, name: str, shape: type[R], formats: Sequence[str], *, objects_aside: bool = False
) -> Iterator[Record[R] | Unusable]:
    """The records of all files of a set, whatever their names, files sorted by name, records as they lie in them.

    shape: what a record must look like; further fields are ignored. objects_aside: a JSON file that holds one object instead
    of an array is a companion of the set (a knowledge base), not records, and is passed over.
    Raises InputError for a folder without such files and for a file that cannot be read to its end.
    """
    for path, stem in files(folder, name, formats):
        for index, raw in enumerate(_raw_records(path, objects_aside)):
            id_, where = f"{name}/{stem}:{index}", f"{path}, record {index}"
            try:
                value = msgspec.convert(_decoded(raw), shape)
            except (RowError, msgspec.ValidationError) as error:
                yield Unusable(id_, where, f"not a record of {name}: {error}")
            else:
                yield Record(id_, where, value)


def files(folder: str | Path, name: str, formats: Sequence[str]) -> list[tuple[Path, str]]:
    """The files of a folder that have one of the formats, with their names without endings, sorted by name."""
    root = Path(folder)
    if not root.is_dir():
        raise InputError(f"no folder at {root}; expected one that holds {name} files ({', '.join(formats)}, also .gz or .zip)")
    found: dict[str, Path] = {}
    for path in sorted(root.iterdir()):
        ending = _ENDING.search(path.name)
        if path.name.startswith(".") or not path.is_file() or ending is None or ending[1] not in formats:
            continue
        stem = path.name[:ending.start()]
        if stem in found:
            raise InputError(f"{found[stem]} and {path} would give rows the same ids; leave only one of them in the folder")
        found[stem] = path
    if not found:
        raise InputError(f"{root} has no {name} file; expected {' or '.join(formats)}, also .gz or .zip")
    return [(path, stem) for stem, path in found.items()]


@contextmanager
def unpacked(path: Path) -> Iterator[IO[bytes]]:
    """The bytes of a file, unpacked; of a zip file those of its only member. Raises InputError for a damaged file."""
    try:
        if path.suffix == ".zip":
            with zipfile.ZipFile(path) as archive:
                inside = [i for i in archive.infolist() if not i.is_dir() and not i.filename.startswith("__MACOSX/")]
                if len(inside) != 1:
                    raise InputError(f"{path}: expected a zip file with one member, it has {len(inside)}; unpack it")
                with archive.open(inside[0]) as stream:
                    yield stream
        else:
            with path.open("rb") as raw:
                yield cast(IO[bytes], gzip.GzipFile(fileobj=raw)) if path.suffix == ".gz" else raw
    except _DAMAGE as error:
        raise InputError(f"{path}: damaged, cannot be unpacked to its end ({error}); copy it again") from None


def digest(text: str) -> str:
    """A short stable name for a text, for groups: 16 hexadecimal digits."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


class _Unread(NamedTuple):
    """A line that cannot be decoded, and why; raised where its record is asked for, so that the error has an index."""

    reason: str


def _decoded(raw: object) -> object:
    if isinstance(raw, _Unread):
        raise RowError(raw.reason)
    return raw


def _raw_records(path: Path, objects_aside: bool) -> Iterator[object]:
    ending = _ENDING.search(path.name)
    with unpacked(path) as stream:
        if ending is not None and ending[1] == JSONL:
            yield from map(_read, stream_lines(stream))
        elif ending is not None and ending[1] == TSV:
            yield from _from_table(stream, path)
        else:
            yield from _from_array(stream.read(), path, objects_aside)


def _read(line: Line) -> object:
    try:
        return decode(line)
    except RowError as error:
        return _Unread(str(error))


def _from_array(data: bytes, path: Path, objects_aside: bool) -> Iterator[object]:
    data = data.removeprefix(codecs.BOM_UTF8)
    if objects_aside and data.lstrip()[:1] == b"{":
        return
    try:
        found: Iterable[bytes] = map(bytes, msgspec.json.decode(data, type=list[msgspec.Raw]))
    except UNREADABLE as error:  # maybe in a single record
        found = _elements(data, f"{path}: expected a JSON array of records; {error}")
    for number, one in enumerate(found, 1):
        yield _read(Line(number, one, "", 0))


_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[\[\]{},]', re.DOTALL)


def _elements(data: bytes, otherwise: str) -> Iterator[bytes]:
    """The texts of an array's elements, whatever is wrong within them; raises InputError, saying ``otherwise``, where the array
    does not begin and end."""
    depth, start = 0, 0
    for token in _TOKEN.finditer(data):
        kind = token[0]
        if depth == 0 and (kind != b"[" or data[:token.start()].strip() or start):
            break
        if depth == 1 and kind in b",]":
            if kind == b"," or data[start:token.start()].strip():
                yield data[start:token.start()]
            start = token.end()
        depth += kind in b"[{"
        depth -= kind in b"]}"
        if depth == 1 and not start:
            start = token.end()
    else:
        if start and depth == 0 and not data[start:].strip():
            return
    raise InputError(otherwise)


def _from_table(stream: IO[bytes], path: Path) -> Iterator[object]:
    """Rows by the names of the first line. Quotes are part of the text: the published tables quote nothing."""
    names: list[str] = []
    for line in stream_lines(stream):
        try:
            cells = line.data.decode("utf-8").rstrip("\r\n").split("\t")
        except UnicodeDecodeError as error:
            if not names:
                raise InputError(f"{path}: the line of column names is not UTF-8 ({error})") from None
            yield _Unread(f"not UTF-8 ({error})")
            continue
        if not names:
            names = cells
        elif line.reason or len(cells) != len(names):
            yield _Unread(line.reason or f"{len(cells)} cells for {len(names)} columns")
        else:
            yield dict(zip(names, cells, strict=True))
