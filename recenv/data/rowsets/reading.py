"""Published sets as records: files of JSON lines, JSON arrays or tab-separated tables, plain, gzipped or zipped."""

from __future__ import annotations

import codecs
import gzip
import hashlib
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Generic, NamedTuple, TypeVar, cast

import msgspec

from recenv.data.jsonl import decode, stream_lines
from recenv.errors import InputError, RowError

JSONL, JSON, TSV = ".jsonl", ".json", ".tsv"
_ENDING = re.compile(r"(\.jsonl|\.json|\.tsv)(\.gz|\.zip)?$")
_DAMAGE = (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile)
R = TypeVar("R", bound=msgspec.Struct)


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


def read_records(
    folder: str | Path, name: str, shape: type[R], formats: Sequence[str], *, objects_aside: bool = False
) -> Iterator[Record[R]]:
    """The records of all files of a set, whatever their names, files sorted by name, records as they lie in them.

    shape: what a record must look like; further fields are ignored. objects_aside: a JSON file that holds one object instead
    of an array is a companion of the set (a knowledge base), not records, and is passed over.
    Raises InputError, with file and record index, for a folder without such files and for anything that cannot be read.
    """
    for record in scan_records(folder, name, shape, formats, objects_aside=objects_aside):
        if isinstance(record, Unusable):
            raise InputError(f"{record.where}: not a record of {name}: {record.reason}")
        yield record


def scan_records(
    folder: str | Path, name: str, shape: type[R], formats: Sequence[str], *, objects_aside: bool = False
) -> Iterator[Record[R] | Unusable]:
    """``read_records`` that goes on after a record of another shape, for readers that put those aside."""
    for path, stem in files(folder, name, formats):
        for index, raw in enumerate(_raw_records(path, objects_aside)):
            id_, where = f"{name}/{stem}:{index}", f"{path}, record {index}"
            try:
                value = msgspec.convert(_decoded(raw), shape)
            except (RowError, msgspec.ValidationError) as error:
                yield Unusable(id_, where, str(error))
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
            yield from _from_lines(stream)
        elif ending is not None and ending[1] == TSV:
            yield from _from_table(stream, path)
        else:
            yield from _from_array(stream.read(), path, objects_aside)


def _from_lines(stream: IO[bytes]) -> Iterator[object]:
    for line in stream_lines(stream):
        try:
            yield decode(line)
        except RowError as error:
            yield _Unread(str(error))


def _from_array(data: bytes, path: Path, objects_aside: bool) -> list[Any]:
    data = data.removeprefix(codecs.BOM_UTF8)
    if objects_aside and data.lstrip()[:1] == b"{":
        return []
    try:
        return msgspec.json.decode(data, type=list[Any])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"{path}: expected a JSON array of records; {error}") from None


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
