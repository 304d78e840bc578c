"""An opened checkpoint at work, whatever its network: its dimensions as scorers, and rows as units that are computed once.

A score is a pure function of the row: it does not depend, to the bit, on batch size, order, other rows or the number of threads.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recenv.records import ScorerRow
from recenv.rewards import fields
from recenv.rewards.cache import Cache
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rewards.models.blend import blended, kind
from recenv.rewards.models.checkpoint import Described, Opened
from recenv.rewards.models.described import spec_of
from recenv.rewards.models.wide import Wide, standard
from recenv.rewards.protocol import Scores
from recenv.rewards.ranking import shown_ndcg

_PASS = 512  # units computed before the caches are trimmed: bounds memory, has no influence on any score

Remarks = Callable[[Sequence[ScorerRow], NDArray[np.float32]], list[str]]
"""Rows of one dimension and their values -> what is to be said of each, "" for nothing."""

Logits = Callable[[Sequence[ScorerRow]], list[NDArray[np.float64]]]
"""Rows of one dimension that can be scored -> their uncalibrated logits; see ``CheckpointScorers.logits``."""


class Judged(NamedTuple):
    """What a network makes of N units: opinions, (N,) logits each; features (N, E), and its path over them, if any."""

    opinions: list[NDArray[np.float64]]
    wide: Wide | None
    features: NDArray[np.float32]


class CheckpointScorers(ABC):
    """An opened checkpoint; ``scorers`` are its dimensions behind the Scorer protocol."""

    def __init__(self, described: Described, fingerprint: str, dimensions: Sequence[str]) -> None:
        self.described, self.fingerprint = described, fingerprint
        self.scorers = {d: HeadScorer(described, fingerprint, d, self.logits, self.remarks) for d in dimensions}

    def remarks(self, rows: Sequence[ScorerRow], values: NDArray[np.float32]) -> list[str]:
        """What the values (N,) of rows of one dimension are due to, "" where nothing is known."""
        return [""] * len(rows)

    @abstractmethod
    def logits(self, rows: Sequence[ScorerRow]) -> list[NDArray[np.float64]]:
        """Uncalibrated logits of rows of one dimension that can be scored: one an item of a list, else (1,) each."""

    @abstractmethod
    def clear(self, *, keep_segments: bool = False) -> None:
        """Forget everything cached, or all but what was made of single texts."""


class NetworkScorers(CheckpointScorers):
    """A network's, with the opinions beside it and a cache of logits."""

    def __init__(self, opened: Opened[Any, Any], dimensions: Sequence[str], scores_kept: int) -> None:
        self._second = opened.second
        self._logits: Cache[float] = Cache(scores_kept)
        super().__init__(opened.config, opened.fingerprint, dimensions)

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


class HeadScorer:
    """One dimension of a checkpoint as a Scorer."""

    def __init__(self, config: Described, fingerprint: str, dimension: str, logits: Logits, remarks: Remarks) -> None:
        self._logits, self._remarks, self.calibration = logits, remarks, config.calibration[dimension]
        self.spec = spec_of(config.name, dimension, fingerprint, self.calibration, config.training_data)

    def score(self, rows: Sequence[ScorerRow]) -> Scores:
        """Values (N,) in [0, 1]: 0 for an answer that is worth nothing, 1 for one that rules found to keep all (``fields``), NaN
        where another required field is empty.

        Raises InputError for rows of another dimension.
        """
        fields.check_rows(rows, self.spec.dimension)
        decided = [fields.decided(row) for row in rows]
        values = np.array([value for value, _ in decided], np.float32)
        reasons = [reason for _, reason in decided]
        fine = [n for n, reason in enumerate(reasons) if not reason]
        asked = [rows[n] for n in fine]
        logits = self._logits(asked)
        if not DIMENSIONS[self.spec.dimension].listwise:
            if fine:
                values[fine] = self.calibration.apply(np.concatenate(logits))
                for n, remark in zip(fine, self._remarks(asked, values[fine]), strict=True):
                    reasons[n] = remark
            return Scores(values, tuple(reasons))
        lists = [np.zeros(0, np.float32)] * len(rows)
        for n, z in zip(fine, logits, strict=True):
            p = self.calibration.apply_list(z)
            lists[n] = p.astype(np.float32)
            values[n] = min(shown_ndcg(p, rows[n].shown), 1.0)
        return Scores(values, tuple(reasons), tuple(lists))


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
