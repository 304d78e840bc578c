"""Stand-ins with known behaviour: scorers by character overlap, users that always or never want what they see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from five import DIMENSIONS
from numpy.typing import NDArray

from recenv.records import ScorerRow
from recenv.rewards.dimensions import DIMENSIONS as REGISTRY
from recenv.rewards.protocol import Scorer, ScorerSpec, Scores
from recenv.rewards.ranking import shown_ndcg
from recenv.users.protocol import Appeal, Temper


class OverlapScorer:
    """The share of an item's (or answer's) characters that the query (or evidence) has; a list's probabilities are such shares
    over their sum. Counts its calls."""

    def __init__(self, dimension: str) -> None:
        self.dimension, self.calls, self.seen = dimension, 0, 0

    @property
    def spec(self) -> ScorerSpec:
        return ScorerSpec(name="overlap", dimension=self.dimension, kind="encoder", reads=("query",), fingerprint="0")

    def score(self, rows: Sequence[ScorerRow]) -> Scores:
        self.calls += 1
        self.seen += len(rows)
        if REGISTRY[self.dimension].listwise:
            lists = [np.array([0.01 + _overlap(row.query, item) for item in row.items]) for row in rows]
            lists = [worth / worth.sum() for worth in lists]
            found = [shown_ndcg(p, row.shown) for p, row in zip(lists, rows, strict=True)]
            return Scores(np.array(found, np.float32), ("",) * len(rows), tuple(p.astype(np.float32) for p in lists))
        values = np.array([self._row(r) for r in rows], np.float32)
        return Scores(values, ("",) * len(rows))

    def _row(self, row: ScorerRow) -> float:
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


class ConstantScorer:
    """One value for every row, and for each item of a list the same share, so that every order is the best; keeps the rows it was
    asked, call by call."""

    def __init__(self, dimension: str, value: float, reason: str = "") -> None:
        self.spec = ScorerSpec(name=f"constant {value}", dimension=dimension, kind="rule", reads=(), fingerprint=str(value))
        self.value, self.reason, self.calls = value, reason, list[list[ScorerRow]]()

    def score(self, rows: Sequence[ScorerRow]) -> Scores:
        self.calls.append(list(rows))
        lists = tuple(np.full(len(r.items), 1 / max(len(r.items), 1), np.float32) for r in rows)
        listed = REGISTRY[self.spec.dimension].listwise
        value = 1.0 if listed and self.value == self.value else self.value
        return Scores(np.full(len(rows), value, np.float32), (self.reason,) * len(rows), lists if listed else ())


def constant_scorers(value: float, reason: str = "") -> dict[str, Scorer]:
    return {d: ConstantScorer(d, value, reason) for d in DIMENSIONS}


class ScriptedUser:
    """Wants everything (utility 50) or nothing (-50), looks at every position, never leaves by chance.

    Nothing is ordered that misses anything, and the best of what fits is, however little he wants it.
    """

    name = "scripted"

    def __init__(self, *, wants: bool = True, hazard: float = 0.0, decay: float = 1.0) -> None:
        self.temper = Temper(position_decay=decay, leave_hazard=hazard)
        self._utility = 50.0 if wants else -50.0

    def appeal(
        self, sessions: NDArray[np.int64], goals: NDArray[np.int64], items: NDArray[np.int64], satisfaction: NDArray[np.int8]
    ) -> Appeal:
        n = len(sessions)
        return Appeal(np.full(n, self._utility), np.zeros(n), np.zeros(n, np.bool_))


class ValuedUser(ScriptedUser):
    """Values item row i of the world by ``values[i]`` logits over taking nothing; the log may say what he took and refused."""

    def __init__(
        self, values: Mapping[int, float], *, hazard: float = 0.0, decay: float = 1.0, taken: Sequence[int] = (),
        refused: Sequence[int] = (), outside: float = 0.0,
    ) -> None:
        super().__init__(hazard=hazard, decay=decay)
        self._values, self._taken, self._refused, self._outside = values, sorted(taken), sorted(refused), outside

    def appeal(
        self, sessions: NDArray[np.int64], goals: NDArray[np.int64], items: NDArray[np.int64], satisfaction: NDArray[np.int8]
    ) -> Appeal:
        utility = np.array([self._values.get(i, 0.0) for i in items.tolist()], np.float64) + self._outside
        n = len(sessions)
        return Appeal(
            utility, np.full(n, self._outside), np.zeros(n, np.bool_), np.isin(items, self._taken), np.isin(items, self._refused))
