"""The observations of N slate sessions, from their blocks and their state."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recenv.envs.deck import Deck
from recenv.envs.spaces import BOUND, CANDIDATE_FEATURES
from recenv.envs.state import State

SHOWN = CANDIDATE_FEATURES.index("shown")


class Observer:
    """Reads one deck; holds no session."""

    def __init__(self, deck: Deck) -> None:
        self.deck = deck

    def __call__(self, state: State) -> dict[str, NDArray[np.float32]]:
        """candidates (N, C * E) and session (N, S); see ``spaces``."""
        block = self.deck.standing(state).block
        seen, session = self.deck.observation.take(block, 0), self.deck.session.take(block, 0)
        seen[:, :, SHOWN] = state.shown
        session[:, 0] = state.turn / self.deck.tables.config.horizon
        session[:, 1] = np.minimum(state.goal, BOUND)
        return {"candidates": seen.reshape(len(seen), -1), "session": session}
