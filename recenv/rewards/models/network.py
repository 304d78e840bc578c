"""A network's checkpoint at work: rows as units that are computed once, and the opinions beside it."""

from __future__ import annotations

import hashlib
from abc import abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from recenv.records import ScorerRow
from recenv.rewards import fields
from recenv.rewards.cache import Cache
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rewards.models.blend import blended, kind
from recenv.rewards.models.checkpoint import Opened
from recenv.rewards.models.device import marked
from recenv.rewards.models.heads import CheckpointScorers
from recenv.rewards.models.wide import Wide, standard

_PASS = 512  # units computed before the caches are trimmed: bounds memory, has no influence on any score


class Judged(NamedTuple):
    """What a network makes of N units: opinions, (N,) logits each; features (N, E), and its path over them, if any."""

    opinions: list[NDArray[np.float64]]
    wide: Wide | None
    features: NDArray[np.float32]


class NetworkScorers(CheckpointScorers):
    """A network's, with the opinions beside it and a cache of logits."""

    def __init__(self, opened: Opened[Any, Any], dimensions: Sequence[str], scores_kept: int, device: torch.device) -> None:
        self._second = opened.second
        self._logits: Cache[float] = Cache(scores_kept)
        super().__init__(opened.config, marked(opened.fingerprint, device), dimensions)

    @abstractmethod
    def judged(self, dimension: str, units: Sequence[tuple[ScorerRow, str]]) -> Judged:
        """What the network makes of rows of one dimension, each with one of its items."""

    def clear(self, *, keep_segments: bool = False) -> None:
        self._logits.clear()

    def logits(self, rows: Sequence[ScorerRow]) -> list[NDArray[np.float64]]:
        wanted = Wanted(rows, self._logits)
        todo = list(wanted.todo.items())
        for at in range(0, len(todo), _PASS):
            part = todo[at:at + _PASS]
            values = self._blended([unit for _, unit in part])
            for (key, _), value in zip(part, values.tolist(), strict=True):
                wanted.add(key, value)
        return wanted.logits()

    def _blended(self, units: Sequence[tuple[ScorerRow, str]]) -> NDArray[np.float64]:
        rows, dimension = [row for row, _ in units], units[0][0].dimension
        opinions, wide, features = self.judged(dimension, units)
        if wide is not None and dimension in self._second.dimensions:
            opinions = [*opinions, self._second.logits(dimension, rows, standard(wide, features))]
        if len(opinions) == 1:
            return opinions[0]
        return blended(self.described.blends[dimension], [kind(row) for row in rows], *opinions)


class Wanted:
    """Rows split into units by content: which logits are known, which are still to be computed, once each."""

    def __init__(self, rows: Iterable[ScorerRow], cache: Cache[float]) -> None:
        self._cache = cache
        self._known: dict[bytes, float] = {}
        self._keys: list[list[bytes]] = []
        self.todo: dict[bytes, tuple[ScorerRow, str]] = {}
        for row in rows:
            items = fields.items_of(row)
            self._keys.append([digest(row, item) for item in items])
            for key, item in zip(self._keys[-1], items, strict=True):
                value = cache.find(key)
                if value is None:
                    self.todo[key] = (row, item)
                else:
                    self._known[key] = value

    def add(self, key: bytes, value: float) -> None:
        self._known[key] = value
        self._cache[key] = value

    def logits(self) -> list[NDArray[np.float64]]:
        """The logits of the rows, after everything in ``todo`` was added."""
        self._cache.trim()
        return [np.array([self._known[k] for k in own], np.float64) for own in self._keys]


def digest(row: ScorerRow, item: str) -> bytes:
    """Identity of one unit by content."""
    h = hashlib.blake2b(digest_size=16)
    for field in ("dimension", *DIMENSIONS[row.dimension].reads):
        text = (item if field in ("item", "items") else str(getattr(row, field))).encode("utf-8", "surrogatepass")
        h.update(len(text).to_bytes(8, "little"))
        h.update(text)
    return h.digest()
