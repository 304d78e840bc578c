"""Several opinions on a row as one: a weighted sum of their logits, weighed by the kind of row (``training.fits.blend``).

What a record says can be read off exactly, and features do; what prose says has to be understood, and reading counts for more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np

from recenv.records import ScorerRow
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rewards.ranking import Array
from recenv.rewards.reading.records import is_record


class Blend(msgspec.Struct, frozen=True, kw_only=True):
    """logit = sum of weights * opinions + shift."""

    weights: tuple[float, ...]
    shift: float = 0.0

    def __call__(self, *opinions: Array) -> Array:
        """(N,) blended logits; where an opinion is missing (NaN), the plain mean of the others."""
        stacked = np.stack(opinions)
        there = ~np.isnan(stacked)
        found = np.where(there, stacked, 0.0)
        mean = found.sum(0) / np.maximum(there.sum(0), 1)
        return np.where(there.all(0), np.array(self.weights) @ found + self.shift, mean)


def even(count: int) -> Blend:
    """The mean of so many opinions."""
    return Blend(weights=(1.0 / count,) * count)


def blended(blends: Mapping[str, Blend], kinds: Sequence[str], *opinions: Array) -> Array:
    """(N,) logits of rows of kinds (N,), each by the blend of its kind."""
    out, own = np.full(len(opinions[0]), np.nan), np.array(kinds)
    for k, blend in blends.items():
        out[own == k] = blend(*(o[own == k] for o in opinions))
    return out


def kinds_of(dimension: str) -> tuple[str, ...]:
    """The kinds of a dimension's rows that are weighed apart: of evidence, where it has some; else one, named ""."""
    return ("records", "prose") if "evidence" in DIMENSIONS[dimension].reads else ("",)


def kind(row: ScorerRow) -> str:
    """"records" where the evidence of a row holds one, else "prose"; "" in dimensions without evidence."""
    if kinds_of(row.dimension) == ("",):
        return ""
    return "records" if is_record(row.evidence) else "prose"
