"""Learning the topic line (``rewards.models.topic``): pairs of answers to one instruction, and the line that tells them apart
(RankNet, Burges et al., ICML 2005).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recenv import rng
from recenv.measures.logistic import fit_logistic
from recenv.records import ScorerRow
from recenv.rewards.models.topic import Topic
from recenv.rewards.reading.lexical import readable
from recenv.training.augment import answer_to_nearest

_PAIRS = 3_000
_RIDGE = 5.0  # on weights of standardised features, beside a sum over pairs


class Pairs(NamedTuple):
    """Rows with the answers that they came with, and the same rows with the answer to the nearest other instruction."""

    own: list[ScorerRow]
    other: list[ScorerRow]


def topic_pairs(rows: Sequence[ScorerRow], seed: int) -> Pairs:
    """At most 3,000 pairs from rows whose answer follows their instruction."""
    key = rng.bits(rng.word("topic"), seed, np.arange(2, dtype=np.uint64))
    generator = np.random.Generator(np.random.Philox(key=key))
    good = [r for r in rows if isinstance(r.label, (int, float)) and r.label > 0.5 and readable(r.instruction)
            and readable(r.response)]
    found = Pairs([], [])
    for n in generator.permutation(len(good))[:_PAIRS].tolist():
        other = answer_to_nearest(good, good[n], generator)
        if other is not None:
            found.own.append(good[n])
            found.other.append(other)
    return found


def fit_topic(own: NDArray[np.float32], other: NDArray[np.float32], columns: Sequence[int]) -> Topic:
    """The line over standardised features (P, E) of the two sides of pairs, mixed evenly with the forest."""
    use = np.asarray(columns, np.int64)
    a, b = own[:, use].astype(np.float64), other[:, use].astype(np.float64)
    weights = fit_logistic(b - a, np.zeros(len(a)), _RIDGE)  # of the wrong order
    middle = float((np.mean(a, 0) + np.mean(b, 0)) @ weights) / 2.0 if len(a) else 0.0
    return Topic({"columns": use, "weights": weights, "middle": np.array([middle]), "mixed": np.array([0.5, 0.5, 0.0])})
