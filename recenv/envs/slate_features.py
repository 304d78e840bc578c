"""The slate environment's observation: numbers an agent could have worked out from what it was told."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from recenv.data.constraints import MET, MISSED, UNKNOWN
from recenv.data.search import index_of
from recenv.envs.engine import Engine
from recenv.envs.spaces import CANDIDATE_FEATURES, clip
from recenv.envs.state import State
from recenv.records import CATEGORIES

E = len(CANDIDATE_FEATURES)


class SlateFeatures:
    """Builds observations for rows of a state; what does not change within a goal is computed once."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._fixed = lru_cache(maxsize=16_384)(self._fixed_features)
        self._bm25 = lru_cache(maxsize=65_536)(self._bm25_features)

    def candidates(self, state: State, r: int) -> NDArray[np.float32]:
        """(C, E) features of the current candidates; depends on disclosed constraints only."""
        case = self.engine.dynamics.case(int(state.session[r]))
        goal = min(int(state.goal[r]), len(case.goals) - 1)
        rows, talk = case.goals[goal].candidates, state.dialogue[r]
        told = case.goals[goal].satisfaction[:, state.told[r]]  # (C, M told)
        out = self._fixed(case.row, goal).copy()
        n = len(rows)
        out[:n, 3] = self._bm25(case.row, goal, talk.query)
        out[:n, 4:7] = np.stack([(told == status).sum(axis=1) for status in (MET, MISSED, UNKNOWN)], axis=1)
        out[:n, 7] = np.isin(rows, talk.shown)
        return clip(out)

    def session(self, state: State, r: int) -> NDArray[np.float32]:
        case = self.engine.dynamics.case(int(state.session[r]))
        goal = min(int(state.goal[r]), len(case.goals) - 1)
        head = [state.turn[r] / self.engine.config.horizon, goal, case.session.locale == "zh"]
        category = [case.session.goals[goal].category == c for c in CATEGORIES]
        return clip(np.array([*head, *category], np.float64))

    def _fixed_features(self, session: int, goal: int) -> NDArray[np.float64]:
        world = self.engine.world
        rows = self.engine.dynamics.case(session).goals[goal].candidates
        rating, price = world.column("item_rating")[rows], world.column("item_price")[rows]
        logs = np.log1p(np.maximum(price, 0.0))
        known = ~np.isnan(logs)
        mean = float(logs[known].mean()) if known.any() else 0.0
        out = np.zeros((self.engine.config.candidates, E), np.float64)
        n = len(rows)
        out[:n, 0] = np.nan_to_num(rating - 4.0, nan=0.0)
        out[:n, 1] = np.nan_to_num(logs - mean, nan=0.0)
        out[:n, 2] = world.popularity(rows, session)
        out[:n, 8] = 1.0
        return out

    def _bm25_features(self, session: int, goal: int, query: str) -> NDArray[np.float64]:
        rows = self.engine.dynamics.case(session).goals[goal].candidates
        return np.asarray(index_of(self.engine.world).score(query, rows), np.float64) / 10.0
