"""One registry type for everything that is looked up by name, and how the config of what was found is made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Generic, TypeVar

import msgspec

from recenv.errors import InputError, UnknownName

T = TypeVar("T")
C = TypeVar("C", bound=msgspec.Struct)


def configured(what: str, config_type: type[C], fields: Mapping[str, Any]) -> C:
    """A config with some fields set. what: whose it is, for errors. Raises InputError for a field that there is not, with the
    nearest names, and for a value."""
    known = config_type.__struct_fields__
    for field in fields:
        if field not in known:
            raise InputError(str(UnknownName(f"configuration field of {what}", field, known)))
    try:
        return msgspec.convert(dict(fields), config_type)
    except msgspec.ValidationError as error:
        raise InputError(f"{what}: {error}; its fields: {', '.join(known)}") from None


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
