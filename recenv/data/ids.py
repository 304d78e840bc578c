"""Which row an id has: 64-bit keys in memory, and beyond a bound on disk."""

from __future__ import annotations

import sqlite3
from array import array
from typing import NamedTuple

IN_MEMORY = 400_000
"""Ids of one table that are held in memory, at about 150 bytes each; later ones go to a temporary file."""


class Place(NamedTuple):
    """row: in order of arrival. digest: 64 bits of the record that was kept."""

    row: int
    digest: int


class IdTable:
    """Keys, each once, with their rows. The first ``in_memory`` are looked up in a dict, later ones in a temporary database on
    disk that SQLite keeps a small part of in memory: slower, and bounded."""

    def __init__(self, in_memory: int = IN_MEMORY) -> None:
        self._in_memory = in_memory
        self._rows: dict[int, int] = {}
        self._digests = array("Q")
        self._rest: sqlite3.Connection | None = None
        self._size = 0

    def find(self, key: int) -> Place | None:
        row = self._rows.get(key)
        if row is not None:
            return Place(row, self._digests[row])
        if self._rest is None:
            return None
        found = _asked(self._rest, "select row, digest from ids where key = ?", (_signed(key),)).fetchone()
        return None if found is None else Place(found[0], found[1] % (1 << 64))

    def add(self, key: int, digest: int) -> int:
        """The row of a key that is not there yet."""
        row = self._size
        self._size += 1
        if row < self._in_memory:
            self._rows[key] = row
            self._digests.append(digest)
            return row
        if self._rest is None:
            self._rest = sqlite3.connect("")  # "" is a temporary database on disk
            _asked(self._rest, "create table ids (key integer primary key, row integer, digest integer)")
        _asked(self._rest, "insert into ids values (?, ?, ?)", (_signed(key), row, _signed(digest)))
        return row

    def close(self) -> None:
        if self._rest is not None:
            self._rest.close()


def _asked(rest: sqlite3.Connection, what: str, values: tuple[int, ...] = ()) -> sqlite3.Cursor:
    try:
        return rest.execute(what, values)
    except sqlite3.OperationalError as error:  # a full disk
        raise OSError(f"the temporary file of ids that are too many for memory: {error}") from None


def _signed(word: int) -> int:
    """The 64-bit integer of SQLite with the same bits."""
    return word - (1 << 64) if word >= 1 << 63 else word
