"""Infos of which some values are made when somebody reads them."""

from __future__ import annotations

from collections.abc import Callable, ItemsView, Iterator, Mapping, ValuesView
from typing import Any


class Unmade:
    """A value of ``Infos`` that is not there yet. make: gives it, whenever it is asked."""

    __slots__ = ("make",)

    def __init__(self, make: Callable[[], Any]) -> None:
        self.make = make


class Infos(dict[str, Any]):
    """A dict that makes its ``Unmade`` values when they are first read, so that who reads it never meets one: by key, in a loop,
    and in copies, which are plain dicts with every value in them."""

    def __getitem__(self, key: str) -> Any:
        value = super().__getitem__(key)
        if isinstance(value, Unmade):
            self[key] = value = value.make()
        return value

    def __iter__(self) -> Iterator[str]:  # a dict with an iterator of its own is read by key where it is put into another
        return super().__iter__()

    def _whole(self) -> Infos:
        for key in self:
            self[key]
        return self

    def get(self, key: str, default: Any = None) -> Any:
        value = super().get(key, default)
        return self[key] if isinstance(value, Unmade) else value

    def setdefault(self, key: str, default: Any = None) -> Any:
        self.get(key)
        return super().setdefault(key, default)

    def pop(self, key: str, *default: Any) -> Any:
        self.get(key)
        return super().pop(key, *default)

    def popitem(self) -> tuple[str, Any]:
        self._whole()
        return super().popitem()

    def items(self) -> ItemsView[str, Any]:  # type: ignore[override]  # views of a mapping, which is all that callers know
        self._whole()
        return super().items()

    def values(self) -> ValuesView[Any]:  # type: ignore[override]
        self._whole()
        return super().values()

    def copy(self) -> dict[str, Any]:
        return dict(self)

    def __or__(self, other: Mapping[str, Any]) -> dict[str, Any]:  # type: ignore[override]
        return {**self, **other}

    def __ror__(self, other: Mapping[str, Any]) -> dict[str, Any]:  # type: ignore[override]
        return {**other, **self}

    def __eq__(self, other: object) -> bool:
        return dict(self) == (dict(other) if isinstance(other, Infos) else other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = None

    def __repr__(self) -> str:
        return repr(dict(self))

    def __reduce__(self) -> tuple[type[dict[str, Any]], tuple[dict[str, Any]]]:
        return dict, (dict(self),)
