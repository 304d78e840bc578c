"""One registry type for everything that is looked up by name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

from recenv.errors import UnknownName

T = TypeVar("T")


class Registry(Generic[T]):
    """Names to entries, in order of registration; an unknown name raises with the nearest ones."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._entries: dict[str, T] = {}

    def add(self, name: str, entry: T) -> T:
        if name in self._entries:
            raise ValueError(f"{self.kind} {name!r} is registered already")
        self._entries[name] = entry
        return entry

    def remove(self, name: str) -> T:
        """Take an entry out again; raises UnknownName where there is none."""
        entry = self[name]
        del self._entries[name]
        return entry

    def values(self) -> tuple[T, ...]:
        """The entries, in order of registration."""
        return tuple(self._entries.values())

    def __getitem__(self, name: str) -> T:
        try:
            return self._entries[name]
        except KeyError:
            raise UnknownName(self.kind, name, self._entries) from None

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)
