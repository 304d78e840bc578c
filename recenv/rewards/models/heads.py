"""One dimension of a checkpoint as a Scorer, whatever its family; and what families share when they score."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from recenv.records import ScorerRow
from recenv.rewards.models.calibration import Calibration
from recenv.rewards.models.compact import segments
from recenv.rewards.protocol import ScorerSpec, Scores
from recenv.rewards.ranking import shown_ndcg

if TYPE_CHECKING:
    from recenv.rewards.models.checkpoint import Described

_V = TypeVar("_V")


class Owner(Protocol):
    """An opened checkpoint with its caches; ``scorers`` are its dimensions behind the Scorer protocol."""

    @property
    def scorers(self) -> dict[str, HeadScorer]: ...

    @property
    def fingerprint(self) -> str: ...

    @property
    def described(self) -> Described: ...

    def logits(self, rows: Sequence[ScorerRow]) -> list[NDArray[np.float64]]:
        """Uncalibrated logits of rows of one dimension that can be scored: (1,) each, or (C,) for item_ranking."""
        ...

    def clear(self, *, keep_segments: bool = False) -> None:
        """Forget everything cached, or all but what was made of single texts."""
        ...


class HeadScorer:
    """One dimension of a checkpoint as a Scorer."""

    def __init__(self, owner: Owner, dimension: str) -> None:
        config = owner.described
        self._owner, self._calibration = owner, config.calibration[dimension]
        self._spec = ScorerSpec(
            name=f"{config.name}/{dimension}", dimension=dimension, kind="encoder", reads=segments.READS[dimension],
            fingerprint=owner.fingerprint, calibration=str(self._calibration), training_data=config.training_data,
        )

    @property
    def spec(self) -> ScorerSpec:
        return self._spec

    @property
    def calibration(self) -> Calibration:
        return self._calibration

    def score(self, rows: Sequence[ScorerRow]) -> Scores:
        """Values (N,) in [0, 1]: 0 for an answer that says nothing, NaN where another required field is empty.

        Raises InputError for rows of another dimension.
        """
        segments.check_rows(rows, self._spec.dimension)
        silent = [segments.says_nothing(row) for row in rows]
        reasons = tuple(nothing or segments.missing(row) for nothing, row in zip(silent, rows, strict=True))
        values = np.where([bool(nothing) for nothing in silent], 0.0, np.nan).astype(np.float32)
        fine = [n for n, reason in enumerate(reasons) if not reason]
        logits = self._owner.logits([rows[n] for n in fine])
        if self._spec.dimension != "item_ranking":
            if fine:
                values[fine] = self._calibration.apply(np.concatenate(logits))
            return Scores(values, reasons)
        lists = [np.zeros(0, np.float32)] * len(rows)
        for n, z in zip(fine, logits, strict=True):
            p = self._calibration.apply_list(z)
            lists[n] = p.astype(np.float32)
            values[n] = min(shown_ndcg(p, rows[n].shown), 1.0)
        return Scores(values, reasons, tuple(lists))


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


class Wanted:
    """Rows split into units by content: which logits are known, which are still to be computed, once each."""

    def __init__(self, rows: Iterable[ScorerRow], cache: Cache[float]) -> None:
        self._cache = cache
        self._known: dict[bytes, float] = {}
        self._keys: list[list[bytes]] = []
        self.todo: dict[bytes, tuple[ScorerRow, str]] = {}
        for row in rows:
            items = row.items if row.dimension == "item_ranking" else (row.item,)
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
    for field in ("dimension", *segments.READS[row.dimension]):
        text = (item if field in ("item", "items") else str(getattr(row, field))).encode("utf-8", "surrogatepass")
        h.update(len(text).to_bytes(8, "little"))
        h.update(text)
    return h.digest()
