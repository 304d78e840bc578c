"""Shipped scorers that are loaded when a row first asks for a value: an environment whose deck knows it all loads none."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from recenv.records import ScorerRow
from recenv.rewards.models.described import specs_of
from recenv.rewards.models.threads import so_many_threads, threads_in_play
from recenv.rewards.protocol import Scorer, ScorerSpec, Scores


class _Family:
    """The scorers of one family, once they are loaded."""

    def __init__(self, name: str) -> None:
        self.name, self._lock, self.threads = name, threading.Lock(), threads_in_play()
        self._loaded: dict[str, Scorer] = {}

    def scorer(self, dimension: str) -> Scorer:
        with self._lock:
            if not self._loaded:
                from recenv.rewards.models.open import load_scorers  # torch

                self._loaded.update(load_scorers(self.name))
        return self._loaded[dimension]


class LazyScorer:
    """A scorer that is known by its spec and loaded by its first row."""

    def __init__(self, family: _Family, spec: ScorerSpec) -> None:
        self._family, self.spec = family, spec

    def score(self, rows: Sequence[ScorerRow]) -> Scores:
        """See ``protocol.Scorer``; raises WeightsError where the weights turn out to be damaged."""
        scorer = self._family.scorer(self.spec.dimension)
        with so_many_threads(self._family.threads):
            return scorer.score(rows)


def lazy_scorers(family: str) -> dict[str, LazyScorer]:
    """The scorers of a shipped family by dimension."""
    shared = _Family(family)
    return {d: LazyScorer(shared, spec) for d, spec in specs_of(family).items()}
