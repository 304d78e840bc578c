"""Memoised functions whose room holds what they remember: it can count it, and forget it.

    CACHES = CacheGroup("reading")              # in the package that owns the functions

    @CACHES.keep(16_384)
    def grams(text: str) -> frozenset[str]: ...

    CACHES.clear()                              # the next call of each computes anew
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TYPE_CHECKING, Any, NamedTuple, ParamSpec, TypeVar, cast

if TYPE_CHECKING:
    from functools import _lru_cache_wrapper

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")


class CacheSize(NamedTuple):
    """How many results a function keeps now, and how many at most."""

    held: int
    limit: int


class _Same:
    """An object that is equal to nothing but itself; held, so that no other takes its place."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.value is other.value

    def __hash__(self) -> int:
        return id(self.value)


class CacheGroup:
    """The caches of a package's functions of text. Each keeps its most recently used results, and no more than its limit."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._kept: list[_lru_cache_wrapper[Any]] = []

    def keep(self, limit: int) -> Callable[[Callable[P, R]], Callable[P, R]]:
        """Decorator: the last ``limit`` distinct calls of a function are looked up. Arguments must be hashable and results are
        shared, so neither may be changed. Safe in threads, where two may compute the same result at once."""
        if limit < 1:
            raise ValueError(f"limit must be at least 1; got {limit}")

        def remembered(function: Callable[P, R]) -> Callable[P, R]:
            kept = lru_cache(maxsize=limit)(function)
            self._kept.append(kept)
            return cast(Callable[P, R], kept)  # the C object itself: a hit costs what it does with functools

        return remembered

    def keep_same(self, limit: int) -> Callable[[Callable[[T], R]], Callable[[T], R]]:
        """``keep`` for functions of one object that never changes and need not be hashable: the result is looked up by which
        object it is."""

        def remembered(function: Callable[[T], R]) -> Callable[[T], R]:
            @wraps(function)
            def of(same: _Same) -> R:
                return function(same.value)

            kept = self.keep(limit)(of)

            @wraps(function)
            def found(value: T) -> R:
                return kept(_Same(value))

            return found

        return remembered

    def clear(self) -> None:
        """Forget all results of all functions."""
        for kept in self._kept:
            kept.cache_clear()

    def sizes(self) -> dict[str, CacheSize]:
        """By function, as ``module.function``."""
        infos = ((f"{kept.__module__}.{kept.__qualname__}", kept.cache_info()) for kept in self._kept)
        return {name: CacheSize(info.currsize, info.maxsize or 0) for name, info in infos}
