"""The spaces of slates and rewards; those of text are in ``text_space``."""

from __future__ import annotations

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from recenv.records import CATEGORIES

CANDIDATE_FEATURES: tuple[str, ...] = (
    "rating", "log_price", "popularity", "bm25", "told_met", "told_missed", "told_unknown", "shown", "present",
)
"""Per candidate, in this order, each clipped to [-10, 10]: rating minus 4; log price minus its mean over the list;
log1p of other users' orders; BM25 of the user's words so far (divided by 10); number of disclosed constraints met, missed
and unknown; already recommended in this goal; a real candidate (0 for padding)."""

SESSION_FEATURES: tuple[str, ...] = ("turn", "goal", "chinese", "allowed", *(f"category_{c}" for c in CATEGORIES))
"""Turn over horizon; number of the current goal; 1 for zh; most items that the instruction lets a slate have, over K; one-hot
category."""

BOUND = 10.0


def slate_observation(candidates: int) -> spaces.Dict:
    """candidates (C * E,) and session (S,), float32 in [-10, 10]; reshape the first to (C, E)."""
    def box(n: int) -> spaces.Box:
        return spaces.Box(-BOUND, BOUND, (n,), np.float32)

    return spaces.Dict({
        "candidates": box(candidates * len(CANDIDATE_FEATURES)), "session": box(len(SESSION_FEATURES)),
    })


def slate_action(candidates: int, slate_size: int) -> spaces.MultiDiscrete:
    """K positions, each a candidate index in [0, C), best first."""
    return spaces.MultiDiscrete(np.full(slate_size, candidates, np.int64))


def reward_space(dimensions: int) -> spaces.Box:
    """Of the vector reward: one component a dimension, in [-1, 1], summing to at most 1 a goal each."""
    return spaces.Box(-1.0, 1.0, (dimensions,), np.float32)


def clip(values: NDArray[np.floating]) -> NDArray[np.float32]:
    return np.asarray(np.clip(values, -BOUND, BOUND), np.float32)
