"""Stand-ins with known behaviour: scorers by character overlap, users that always or never want what they see."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from five import DIMENSIONS
from numpy.typing import NDArray

from recenv.records import ScorerRow
from recenv.rewards.protocol import Scorer, ScorerSpec, Scores
from recenv.users.protocol import Appeal, Temper


class OverlapScorer:
    """The share of an item's (or answer's) characters that the query (or evidence) has; counts its calls."""

    def __init__(self, dimension: str) -> None:
        self.dimension, self.calls, self.seen = dimension, 0, 0

    @property
    def spec(self) -> ScorerSpec:
        return ScorerSpec(name="overlap", dimension=self.dimension, kind="encoder", reads=("query",), fingerprint="0")

    def score(self, rows: Sequence[ScorerRow]) -> Scores:
        self.calls += 1
        self.seen += len(rows)
        values = np.array([self._row(r) for r in rows], np.float32)
        return Scores(values, ("",) * len(rows))

    def _row(self, row: ScorerRow) -> float:
        if row.items:
            return _overlap(row.query, row.items[0])
        if row.dimension == "factual_consistency":
            return max(0.6, _overlap(row.evidence, row.response))
        if row.dimension == "instruction_following":
            return 0.9
        return _overlap(row.query, row.item)


def _overlap(a: str, b: str) -> float:
    known = sorted(set(a))
    return sum(c in known for c in b) / len(b) if b else 0.0


def overlap_scorers() -> dict[str, Scorer]:
    return {d: OverlapScorer(d) for d in DIMENSIONS}


class ScriptedUser:
    """Wants everything (utility 50) or nothing (-50), looks at every position, never leaves by chance."""

    name = "scripted"

    def __init__(self, *, wants: bool = True, hazard: float = 0.0) -> None:
        self.temper = Temper(position_decay=1.0, leave_hazard=hazard)
        self._utility = 50.0 if wants else -50.0

    def appeal(
        self, sessions: NDArray[np.int64], goals: NDArray[np.int64], items: NDArray[np.int64], satisfaction: NDArray[np.int8]
    ) -> Appeal:
        n = len(sessions)
        return Appeal(np.full(n, self._utility), np.zeros(n), np.zeros(n, np.bool_))
