"""Hashes that stand beside what they are of, so that a flipped byte is found before it is believed.

They are against accidents, not against people: whoever can write a file can write its hash.

A line of JSON ends in ``"seal":"..."``, the hash of all before it. A JSON document has its ``seal`` among its own members. A
folder has a list of its files; it is checked when it is first opened in a process, and again only where sizes or times changed;
that a large one was sound other processes know from the cache.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from recenv.errors import InputError

SEAL = "seal"
LISTED = "seal.json"
"""The list of a folder's files: name -> sha256."""

_MARK, _END, _DIGITS = b',"seal":"', b'"}', 16
_LENGTH = len(_MARK) + _DIGITS + len(_END)


class Broken(Exception):
    """What is sealed is not what was sealed."""


def seal_line(line: bytes) -> bytes:
    """A JSON object, as ``{...}`` without a line end, with its seal as the last member."""
    return line[:-1] + _MARK + _hash(line[:-1]) + _END


def is_sealed(line: bytes) -> bool:
    """Whether a line, without its end, has a seal that holds; raises Broken for one that does not."""
    if line[-_LENGTH:-_LENGTH + len(_MARK)] != _MARK or line[-len(_END):] != _END:
        return False
    if line[-_LENGTH + len(_MARK):-len(_END)] != _hash(line[:-_LENGTH]):
        raise Broken("its seal is broken: a byte of it was changed")
    return True


def seal(document: Mapping[str, Any]) -> dict[str, Any]:
    """A JSON document with its seal."""
    rest = {name: value for name, value in document.items() if name != SEAL}
    return {**rest, SEAL: _of(rest)}


def check_seal(document: Mapping[str, Any]) -> None:
    """Raise Broken unless a document is as it was sealed."""
    rest = {name: value for name, value in document.items() if name != SEAL}
    if document.get(SEAL) != _of(rest):
        raise Broken("its seal is missing" if SEAL not in document else "its seal is broken: something in it was changed")


def _of(document: Mapping[str, Any]) -> str:
    return _hash(msgspec.json.encode(document, order="sorted")).decode()


def _hash(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=_DIGITS // 2).hexdigest().encode()


# -- folders -----------------------------------------------------------------------------------------------------


def file_hash(file: Path) -> str:
    """sha256 of a file."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def hashes(folder: Path, names: Iterable[str]) -> dict[str, str]:
    """sha256 by name, sorted."""
    return {name: file_hash(folder / name) for name in sorted(names)}


def seal_folder(folder: Path) -> None:
    """Write the list of a folder's files into it."""
    names = [f.name for f in folder.iterdir() if f.is_file() and f.name != LISTED]
    (folder / LISTED).write_bytes(msgspec.json.format(msgspec.json.encode(seal(hashes(folder, names))), indent=1) + b"\n")


LARGE = 64 << 20
"""Bytes of files from which on it takes long to read them all."""

_SOUND: dict[tuple[str, str], tuple[int, int, int]] = {}
"""(file, sha256) -> inode, size and time of change of the file that was found to have it."""
_LOCK = threading.Lock()


def check_files(folder: Path, wanted: Mapping[str, str], *, anew: bool = False, memory: Path | None = None) -> list[str]:
    """What is wrong with the files of a list, in words, one a file; empty where all are as they were.

    What was found sound in this process is not read again while inode, size and time of change stay. anew: read it all the same.
    memory: a folder in which other processes remember that of lists of LARGE files.
    """
    note = None if memory is None or anew else _note(folder, wanted, memory)
    if note is not None and note.is_file():
        return []
    wrong = []
    for name, hash_ in wanted.items():
        file = folder / name
        try:
            stat = file.stat()
            now = (stat.st_ino, stat.st_size, stat.st_mtime_ns)
            if not anew and _SOUND.get((str(file), hash_)) == now:
                continue
            found = file_hash(file)
        except OSError as error:
            wrong.append(f"{name} is missing" if isinstance(error, FileNotFoundError) else f"{name} cannot be read ({error})")
            continue
        if found != hash_:
            wrong.append(f"{name} is not as it was written")
        else:
            with _LOCK:
                _SOUND[str(file), hash_] = now
    if note is not None and not wrong and note == _note(folder, wanted, note.parent):  # nothing was written meanwhile
        with suppress(OSError):  # a place that cannot be written remembers nothing
            note.parent.mkdir(parents=True, exist_ok=True)
            note.touch()
    return wrong


def _note(folder: Path, wanted: Mapping[str, str], memory: Path) -> Path | None:
    """The file that is there where all files of a list were found sound as they are now: inodes, sizes, and times of change of
    content and of anything else; None for files that are read at once."""
    try:
        stats = {name: (folder / name).stat() for name in wanted}
    except OSError:
        return None
    if sum(stat.st_size for stat in stats.values()) < LARGE:
        return None
    now = {name: (wanted[name], s.st_dev, s.st_ino, s.st_size, s.st_mtime_ns, s.st_ctime_ns) for name, s in stats.items()}
    return memory / hashlib.sha256(msgspec.json.encode((str(folder.resolve()), now), order="sorted")).hexdigest()


def listed(folder: Path) -> dict[str, str]:
    """The list of a folder's files, empty where there is none; raises InputError for one that cannot be believed."""
    try:
        found = msgspec.json.decode((folder / LISTED).read_bytes(), type=dict[str, str])
        check_seal(found)
    except FileNotFoundError:
        return {}
    except (msgspec.MsgspecError, UnicodeDecodeError, Broken) as error:
        raise InputError(f"{folder / LISTED} is damaged ({error}); copy the folder again") from None
    return {name: wanted for name, wanted in found.items() if name != SEAL}
