"""The observations of N slate sessions, from their blocks and their state."""

from __future__ import annotations

from collections.abc import Callable

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

    def __call__(self, state: State) -> dict[str, NDArray[np.float32]]:
        """candidates (N, C * E) and session (N, S); see ``spaces``."""
        return self._of(self.deck.block(state), state.shown, state.turn, state.goal)

    def later(self, state: State, rows: NDArray[np.int64]) -> Callable[[], dict[str, NDArray[np.float32]]]:
        """What gives the same of the rows (R,) of a state, whenever it is asked."""
        session, told = state.session.take(rows), state.told.take(rows)
        shown, turn, goal = state.shown.take(rows, 0), state.turn.take(rows), state.goal.take(rows)
        return lambda: self._of(self.deck.blocks(self.deck.tables.goal_row(session, goal), told), shown, turn, goal)

    def _of(
        self, block: NDArray[np.int64], shown: NDArray[np.bool_], turn: NDArray[np.int64], goal: NDArray[np.int64]
    ) -> dict[str, NDArray[np.float32]]:
        seen, session = self.deck.observation.take(block, 0), self.deck.session.take(block, 0)
        seen[:, :, SHOWN] = shown
        session[:, 0] = self._share.take(turn)
        session[:, 1] = np.minimum(goal, _BOUND)
        return {"candidates": seen.reshape(len(seen), -1), "session": session}
