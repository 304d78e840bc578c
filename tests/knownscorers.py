"""Scorers whose values are known: they look an item's text up in a table, and count how they are called."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from five import DIMENSIONS, IR, QIR, UBP

from recenv import rng
from recenv.records import ScorerRow
from recenv.rewards.protocol import Scorer, ScorerSpec, Scores
from recenv.rewards.ranking import shown_ndcg


class KnownScorer:
    """The value of a row is value(item text), NaN with the reason "unknown"; a list's probabilities are values over their sum."""

    def __init__(self, dimension: str, value: Callable[[str], float]) -> None:
        self.spec = ScorerSpec(name=f"known {dimension}", dimension=dimension, kind="rule", reads=("item",), fingerprint="known")
        self.calls: list[int] = []
        self._value = value

    def score(self, rows: Sequence[ScorerRow]) -> Scores:
        self.calls.append(len(rows))
        assert all(row.dimension == self.spec.dimension for row in rows)
        if self.spec.dimension != DIMENSIONS[IR]:
            values = np.array([self._value(row.item) for row in rows], np.float32)
            return Scores(values, tuple("unknown" if np.isnan(v) else "" for v in values))
        lists = []
        for row in rows:
            worth = np.array([self._value(text) for text in row.items], np.float64)
            lists.append((worth / worth.sum()).astype(np.float32))
        values = [shown_ndcg(p.astype(np.float64), row.shown) for p, row in zip(lists, rows, strict=True)]
        return Scores(np.array(values, np.float32), ("",) * len(rows), tuple(lists))


def hashed_scorers() -> dict[str, Scorer]:
    """The three slate dimensions, each with an arbitrary but fixed value for any text."""
    return {
        DIMENSIONS[d]: KnownScorer(DIMENSIONS[d], lambda text, d=d: float(rng.uniform(d, rng.word(text))))  # type: ignore[misc]
        for d in (QIR, UBP, IR)
    }
