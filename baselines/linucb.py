"""LinUCB: a linear contextual bandit over what Slate shows of each candidate, playing what it has learned.

Li, Chu, Langford & Schapire, "A contextual-bandit approach to personalized news article recommendation" (WWW 2010), with the
feedback of a list that is read from the top (cascade; Zong et al., "Cascading bandits for large-scale recommendation problems",
UAI 2016). It is learned by ``recenv learn linucb``; here the estimate alone ranks, without the bonus for what is unknown.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from recenv.envs.spaces import CANDIDATE_FEATURES
from recenv.errors import InputError

E = len(CANDIDATE_FEATURES)
SHOWN, PRESENT = CANDIDATE_FEATURES.index("shown"), CANDIDATE_FEATURES.index("present")
F = 2 * E
WEIGHTS = "model.safetensors"


def contexts(candidates: NDArray[np.float32]) -> NDArray[np.float64]:
    """(N, C, F) of Slate's ``candidates`` (N, C * E): each candidate's features, and how they differ from the list's mean."""
    each = candidates.reshape(len(candidates), -1, E).astype(np.float64)
    there = each[:, :, PRESENT:]
    mean = (each * there).sum(1, keepdims=True) / np.maximum(there.sum(1, keepdims=True), 1.0)
    return np.concatenate([each, (each - mean) * there], 2)


def ranked(scores: NDArray[np.float64], context: NDArray[np.float64]) -> NDArray[np.int64]:
    """(N, C) numbers of candidates, best first: those not shown in this goal, those shown, then what is no candidate."""
    last = np.where(context[:, :, PRESENT] > 0, context[:, :, SHOWN] > 0, 2)
    return np.asarray(np.lexsort((-scores, last), axis=1), np.int64)


class LinearPolicy:
    """Ranks by a linear estimate. weights (F,)."""

    def __init__(self, weights: NDArray[np.float64]) -> None:
        self.weights = weights

    def predict(self, observation: dict[str, NDArray[np.float32]]) -> NDArray[np.int64]:
        """(N, C) numbers of all candidates, best first."""
        context = contexts(observation["candidates"])
        return ranked(context @ self.weights, context)

    def save(self, folder: Path) -> None:
        (folder / WEIGHTS).write_bytes(save({"weights": self.weights}))

    @classmethod
    def load(cls, folder: Path) -> LinearPolicy:
        """Raises InputError for a file that is not there, or holds no weights of these features."""
        try:
            weights = load_file(folder / WEIGHTS)["weights"]
        except (OSError, SafetensorError, KeyError) as error:
            raise InputError(f"{folder}: no weights of linucb ({error}); learn it again with: recenv learn linucb") from None
        if weights.shape != (F,) or not np.isfinite(weights).all():
            raise InputError(f"{folder}: linucb has {F} finite weights; got shape {weights.shape}; learn it again")
        return cls(weights.astype(np.float64))
