"""Scorers under test, beside the rows they are tested on; every text is asked once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from recenv.appraisal.probes.material import Material
from recenv.measures.metrics import Array
from recenv.records import ScorerRow
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rewards.protocol import Scorer

_BATCH = 256
_TEXTS = ("instruction", "query", "response", "evidence", "user", "context", "item", "items", "shown")


class Sizes(msgspec.Struct, frozen=True, kw_only=True):
    """How many cases each probe takes, so that all probes together fit a few minutes on two cores.

    sessions: of the synthetic world. points, lists: rows of a dimension for baselines and length. changed: rows a change and
    dimension; changed_lists: lists. list_items: items of a list in all probes but the baselines. attempts: injections a
    dimension. answers: rows for degenerate answers. turns: for the corruption matrix. choices: sessions for best-of-n, most:
    its largest n. draws: bootstrap resamples.
    """

    sessions: int = 320
    points: int = 600
    lists: int = 110
    changed: int = 14
    changed_lists: int = 12
    list_items: int = 8
    attempts: int = 300
    answers: int = 60
    turns: int = 80
    choices: int = 40
    most: int = 64
    draws: int = 400


class Subject:
    """The scorers by dimension and the material; scores are remembered by content. seed: of what probes draw themselves."""

    def __init__(self, scorers: Mapping[str, Scorer], material: Material, sizes: Sizes | None = None, seed: int = 0) -> None:
        self.scorers = {d: scorers[d] for d in DIMENSIONS if d in scorers}
        self.material, self.sizes, self.seed = material, sizes or Sizes(), seed
        self._known: dict[tuple[object, ...], tuple[float, NDArray[np.float64]]] = {}

    def dimensions(self, of: Literal["text", "slate"] | None = None) -> tuple[str, ...]:
        """Those that have both a scorer and rows. of: only those that judge what a turn says, or what it shows."""
        return tuple(d for d in self.scorers if self.material.rows.get(d) and of in (None, DIMENSIONS[d].of))

    def rows(self, dimension: str, most: int = 0) -> tuple[ScorerRow, ...]:
        own = self.material.rows[dimension]
        return own[:most] if most else own

    def values(self, rows: Sequence[ScorerRow]) -> Array:
        """(N,) scores of rows of one dimension, NaN where there is none."""
        return np.array([value for value, _ in self._ask(rows)], np.float64)

    def lists(self, rows: Sequence[ScorerRow]) -> list[Array]:
        """The probabilities of each list's items; NaN throughout where there are none."""
        return [own if len(own) == len(row.items) else np.full(len(row.items), np.nan)
                for row, (_, own) in zip(rows, self._ask(rows), strict=True)]

    def _ask(self, rows: Sequence[ScorerRow]) -> list[tuple[float, NDArray[np.float64]]]:
        keys = [(row.dimension, *(getattr(row, field) for field in _TEXTS)) for row in rows]
        new = {k: r for k, r in zip(keys, rows, strict=True) if k not in self._known}
        todo = list(new.items())
        for at in range(0, len(todo), _BATCH):
            part = todo[at:at + _BATCH]
            scores = self.scorers[part[0][1].dimension].score([row for _, row in part])
            for n, (key, _) in enumerate(part):
                own = np.asarray(scores.lists[n], np.float64) if n < len(scores.lists) else np.zeros(0)
                self._known[key] = float(scores.values[n]), own
        return [self._known[k] for k in keys]
