"""What was computed before, within a limit: the least recently used goes first."""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

_V = TypeVar("_V")


class Cache(OrderedDict[object, _V], Generic[_V]):
    """Entries in order of use; ``trim`` drops the least recently used beyond the limit."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.limit = limit

    def find(self, key: object) -> _V | None:
        if key not in self:
            return None
        self.move_to_end(key)
        return self[key]

    def trim(self) -> None:
        while len(self) > self.limit:
            self.popitem(last=False)
