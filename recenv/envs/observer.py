"""The observations of N slate sessions, from their blocks and their state."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recenv.envs.deck import Deck
from recenv.envs.spaces import BOUND, CANDIDATE_FEATURES
from recenv.envs.state import State

SHOWN = CANDIDATE_FEATURES.index("shown")
_BOUND = np.array(int(BOUND))


class Observer:
    """Reads one deck; holds no session."""

    def __init__(self, deck: Deck) -> None:
        self.deck = deck
        horizon = deck.tables.config.horizon
        self._share = np.arange(horizon + 1.0) / horizon  # by turn, how much of the session is over

    def __call__(self, state: State, rows: NDArray[np.int64] | None = None) -> dict[str, NDArray[np.float32]]:
        """candidates (N, C * E) and session (N, S); see ``spaces``. rows: (R,) of the N, where not all are asked for."""
        shown, turn, goal = state.shown, state.turn, state.goal
        if rows is None:
            block = self.deck.block(state)
        else:
            shown, turn, goal = shown.take(rows, 0), turn.take(rows), goal.take(rows)
            block = self.deck.blocks(self.deck.tables.goal_row(state.session.take(rows), goal), state.told.take(rows))
        seen, session = self.deck.observation.take(block, 0), self.deck.session.take(block, 0)
        seen[:, :, SHOWN] = shown
        session[:, 0] = self._share.take(turn)
        session[:, 1] = np.minimum(goal, _BOUND)
        return {"candidates": seen.reshape(len(seen), -1), "session": session}
