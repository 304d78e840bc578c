"""The observations of N slate sessions, from their blocks and their state."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recenv.envs.deck import Deck
from recenv.envs.spaces import BOUND, CANDIDATE_FEATURES
from recenv.envs.state import State
from recenv.records import CATEGORIES

SHOWN = CANDIDATE_FEATURES.index("shown")


class Observer:
    """Reads one deck; holds no session."""

    def __init__(self, deck: Deck) -> None:
        self.deck = deck
        category = np.asarray(deck.tables.world.column("goal_category"), np.int64)
        self._category = np.eye(len(CATEGORIES), dtype=np.float32)[category]  # (G, 6)

    def __call__(self, state: State) -> dict[str, NDArray[np.float32]]:
        """candidates (N, C * E) and session (N, S); see ``spaces``."""
        tables = self.deck.tables
        goal = tables.goal_row(state.session, state.goal)
        place = tables.at(goal)
        block = self.deck.blocks(goal, state.told)  # may enlarge the deck's arrays
        seen = self.deck.observation.take(block, 0)
        seen[:, :, SHOWN] = state.shown
        out = np.empty((len(state), 4 + len(CATEGORIES)), np.float32)
        out[:, 0] = state.turn / tables.config.horizon
        out[:, 1] = np.minimum(state.goal, BOUND)
        out[:, 2] = tables.rows.chinese[place]
        out[:, 3] = tables.rows.allowed[place] / tables.config.slate_size
        out[:, 4:] = self._category.take(goal, 0)
        return {"candidates": seen.reshape(len(seen), -1), "session": out}
