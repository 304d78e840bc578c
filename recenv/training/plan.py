"""Which rows an epoch sees, and in which batches: a pure function of the rows, the settings and the epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recenv import rng
from recenv.appraisal.sheet import source
from recenv.records import ScorerRow
from recenv.rewards.dimensions import DIMENSIONS
from recenv.training.examples import request
from recenv.training.settings import SequenceSettings, Settings

_SPAN = 16  # batches that are sorted by length together: padding is saved, and order stays random from span to span

Batch = tuple[str, NDArray[np.int64]]
"""A dimension and row numbers of its training part."""


class Pool(NamedTuple):
    """The training rows of a dimension: source, cluster (rows that answer the same request) and length of each, (N,)."""

    sources: NDArray[np.int64]
    clusters: NDArray[np.int64]
    lengths: NDArray[np.int64]


def pool(rows: Sequence[ScorerRow], lengths: NDArray[np.int64]) -> Pool:
    """Number the sources and the requests of rows."""
    sources: dict[str, int] = {}
    clusters: dict[object, int] = {}
    own = [sources.setdefault(source(r), len(sources)) for r in rows]
    asked = [clusters.setdefault(request(r) or n, len(clusters)) for n, r in enumerate(rows)]
    return Pool(np.array(own, np.int64), np.array(asked, np.int64), lengths)


def epoch_plan(pools: Mapping[str, Pool], settings: Settings, epoch: int) -> list[Batch]:
    """The batches of an epoch, each of one dimension, mixed; as many in every epoch."""
    plan: list[Batch] = []
    for d, own in pools.items():
        size = settings.lists if DIMENSIONS[d].listwise else settings.batch
        order = _draw(own, settings, d, epoch)
        plan += [(d, part) for part in _batches(order, own, size)]
    return [plan[i] for i in rng.permutation(len(plan), settings.seed, rng.word("plan"), epoch)]


def _draw(own: Pool, s: Settings, dimension: str, epoch: int) -> NDArray[np.int64]:
    """Rows in random order, clusters unbroken, sources and the whole cut at their caps."""
    key = (s.seed, rng.word(dimension), epoch)
    rank = rng.permutation(int(own.clusters.max()) + 1, *key, 1)
    order = np.lexsort((rng.permutation(len(own.clusters), *key), rank[own.clusters]))
    if s.rows_per_source:
        seen = np.zeros(int(own.sources.max()) + 1, np.int64)
        chosen = []
        for row in order.tolist():
            seen[own.sources[row]] += 1
            if seen[own.sources[row]] <= s.rows_per_source:
                chosen.append(row)
        order = np.array(chosen, np.int64)
    most = s.rows_per_epoch or len(order)
    if s.rows_per_epoch and not isinstance(s, SequenceSettings) and _dear(dimension):
        most //= 2
    return order[:most]


def _dear(dimension: str) -> bool:
    """Whether a row costs more than an item does: it has a list of them, or a response."""
    own = DIMENSIONS[dimension]
    return own.listwise or "response" in own.reads


def _batches(order: NDArray[np.int64], own: Pool, size: int) -> list[NDArray[np.int64]]:
    """Batches of similar length; the rows of a cluster stay together as far as a batch goes."""
    found = []
    for at in range(0, len(order), _SPAN * size):
        span = order[at:at + _SPAN * size]
        _, cluster = np.unique(own.clusters[span], return_inverse=True)
        longest = np.zeros(int(cluster.max()) + 1, np.int64)
        np.maximum.at(longest, cluster, own.lengths[span])
        place = np.zeros(len(longest), np.int64)
        place[cluster[::-1]] = np.arange(len(span))[::-1]  # where a cluster begins: keeps the random order among equals
        span = span[np.lexsort((np.arange(len(span)), place[cluster], longest[cluster]))]
        found += [span[n:n + size] for n in range(0, len(span), size)]
    return found
