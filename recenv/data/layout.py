"""How the rows of one file are laid out, compiled once: a fast way to the values of rows that look like the first ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from operator import itemgetter
from typing import Any, NamedTuple

import msgspec

from recenv.data.fieldmap import Source, follow, part
from recenv.data.sound import decode_once

LATE = frozenset({"user", "history", "item"})
"""Fields whose values are left as JSON: most are like one seen before, and what was made of that one is taken."""

_MOST_KEYS = 256
_QUOTE, _NESTS = ord('"'), b"{["
_ANY, _LIST = msgspec.json.Decoder(), msgspec.json.Decoder(list[msgspec.Raw])


class Unfit(Exception):
    """A row that only the general reader can read, or refuse with a reason."""


class _Part(NamedTuple):
    field: str
    place: int
    path: str
    source: Source


class Layout:
    """The keys that rows of a file have and the fields that they feed.

    Decodes only what feeds a field. Fields of LATE come as ``msgspec.Raw`` where a whole key feeds nothing else, ``items`` as
    a list of them. ``values`` takes exactly the rows that the general reader would take and that have no further keys.
    """

    def __init__(self, sources: Mapping[str, Source], keys: Iterable[str]) -> None:
        self.keys = tuple(dict.fromkeys(keys))
        self._sources = dict(sources)
        place = {key: i for i, key in enumerate(self.keys)}
        feeds = Counter(_head(source, place) for source in sources.values())
        late: list[Any] = [msgspec.Raw if not feeds[key] else Any for key in self.keys]
        self._unfed = tuple(i for i, key in enumerate(self.keys) if not feeds[key])
        self._fixed: dict[str, Any] = {}
        self._parts: list[_Part] = []
        whole: dict[str, int] = {}
        for field, source in sources.items():
            head = _head(source, place)
            if source.constant or head is None:
                self._fixed[field] = source.constant or None
            elif head == source.key and not (source.role or source.regex or source.split):
                whole[field] = place[head]
                if feeds[head] == 1:
                    late[place[head]] = msgspec.Raw if field in LATE else list[msgspec.Raw] if field == "items" else Any
            else:
                self._parts.append(_Part(field, place[head], source.key[len(head) + 1:], source))
        self._whole = tuple(whole)
        self._pick = itemgetter(*whole.values(), 0, 0)  # two further places, so that it is a tuple always
        names = {f"key{i}": key for key, i in place.items()}
        kind = msgspec.defstruct("Keys", [(f"key{i}", msgspec.Raw, None) for i in range(len(self.keys))], rename=names,
                                 forbid_unknown_fields=True)
        self._decoder = msgspec.json.Decoder(kind)
        self._now = tuple((i, kind is Any) for i, kind in enumerate(late) if kind is not msgspec.Raw)
        self._sizes = tuple(len(key.encode()) + 2 for key in self.keys)
        self._size = sum(self._sizes)

    def values(self, data: bytes) -> dict[str, Any]:
        """Field -> raw value of a line; raises Unfit where the general reader has to look."""
        try:
            row = list(msgspec.structs.astuple(self._decoder.decode(data)))
            if not self._whole_line(data, row):
                raise Unfit
            if not data.isascii():
                data.decode()  # what is skipped is not checked by the decoder
            for i in self._unfed:
                if row[i] is not None and memoryview(row[i])[0] != _QUOTE:
                    msgspec.json.decode(row[i])  # nor are its numbers
            for i, any_ in self._now:
                value = row[i]
                if value is not None:
                    nests = any_ and memoryview(value)[0] in _NESTS
                    row[i] = decode_once(bytes(value)) if nests else (_ANY if any_ else _LIST).decode(value)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise Unfit from None
        values = dict(zip(self._whole, self._pick(row), strict=False))
        for field, i, path, source in self._parts:
            values[field] = part(follow(row[i], path) if path and row[i] is not None else row[i], source)
        return values | self._fixed if self._fixed else values

    def _whole_line(self, data: bytes, row: list[Any]) -> bool:
        """Whether the values that were read, with their keys, are all of a line: a key that is named twice has a value that was
        not. Lines with and without a space after commas and colons are known; others are read by the general reader."""
        try:  # braces; colons and commas
            size, marks = 2 + self._size + sum([len(memoryview(value)) for value in row]), 2 * len(row) - 1
        except TypeError:  # some are not there
            there = [(key, value) for key, value in zip(self._sizes, row, strict=True) if value is not None]
            size, marks = 2 + sum(key + len(memoryview(value)) for key, value in there), max(2 * len(there) - 1, 0)
        return len(data.strip()) - size in (marks, 2 * marks)

    def wider(self, keys: Iterable[str]) -> Layout | None:
        """The layout with further keys, None where it has them all or they are too many to be one."""
        more = tuple(dict.fromkeys((*self.keys, *keys)))
        return None if len(more) == len(self.keys) else lay_out(self._sources, more)


def lay_out(sources: Mapping[str, Source], keys: Iterable[str]) -> Layout | None:
    """The layout of rows with these keys, None where there can be none: no keys or very many, keys that need an escape in
    JSON, or a path that is also the name of a key (which of the two counts differs by row)."""
    known = tuple(dict.fromkeys(keys))
    torn = any("." in s.key and s.key in known and s.key.partition(".")[0] in known for s in sources.values())
    if torn or not 1 <= len(known) <= _MOST_KEYS or not all(key.isprintable() and not {'"', "\\"} & set(key) for key in known):
        return None
    return Layout(sources, known)


def _head(source: Source, known: Mapping[str, int]) -> str | None:
    """The top-level key that a source reads, None for a constant or a key that no row has."""
    if source.constant:
        return None
    head = source.key if source.key in known else source.key.partition(".")[0]
    return head if head in known else None
