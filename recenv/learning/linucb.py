"""LinUCB learns by playing: ridge regression on what users took, with a bonus for contexts that it has seen little of.

Batches of sessions are played side by side, and what they tell is taken in after each step, so that the estimate is that of a
bandit whose feedback comes a batch late.
"""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from recenv.baselines.linucb import E, F, LinearPolicy, contexts, ranked
from recenv.envs.batch import SessionBatch
from recenv.envs.spaces import SESSION_FEATURES
from recenv.errors import InputError
from recenv.learning.curve import Episodes
from recenv.learning.setting import Curve, Progress, Setting
from recenv.scenarios.entry import open_engine

ALLOWED = SESSION_FEATURES.index("allowed")


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """steps: turns to play. alpha: width of the bonus. ridge: of the regression. sessions: played side by side."""

    steps: int = 8_000
    alpha: float = 0.5
    ridge: float = 1.0
    sessions: int = 64

    def __post_init__(self) -> None:
        if self.steps < 1 or self.sessions < 1 or not self.ridge > 0 or not self.alpha >= 0:
            raise InputError(f"linucb needs steps and sessions of at least 1, ridge > 0, alpha >= 0; got {self}")


class Estimate:
    """Ridge regression of taking (1) or passing over (0) on contexts, as sums: A (F, F), b (F,)."""

    def __init__(self, ridge: float) -> None:
        self.a, self.b = ridge * np.eye(F), np.zeros(F)

    def scores(self, context: NDArray[np.float64], alpha: float) -> NDArray[np.float64]:
        """(N, C) upper confidence bounds of contexts (N, C, F)."""
        inverse = np.linalg.inv(self.a)
        spread = np.einsum("ncf,fg,ncg->nc", context, inverse, context)
        return np.asarray(context @ (inverse @ self.b) + alpha * np.sqrt(np.maximum(spread, 0.0)))

    def take_in(self, seen: NDArray[np.float64], taken: NDArray[np.float64]) -> None:
        """seen (R, F) contexts that users looked at; taken (R,): 1 where they took the item."""
        self.a += seen.T @ seen
        self.b += taken @ seen

    @property
    def weights(self) -> NDArray[np.float64]:
        return np.asarray(np.linalg.solve(self.a, self.b))


def learn(config: Config, setting: Setting, folder: Path, progress: Progress) -> Curve:
    """Play, and keep the weights. Raises InputError where the setting cannot be played."""
    engine = open_engine(setting.scenario, setting.store, scorers=setting.scorers, reward=setting.reward or None)
    batch = SessionBatch(engine, config.sessions, setting.split, words=False)
    batch.seed(setting.seed)
    batch.reset()
    estimate, episodes = Estimate(config.ridge), Episodes(config.sessions)
    places = engine.config.slate_size
    for step in range(1, -(-config.steps // config.sessions) + 1):
        seen = engine.observer(batch.playing)
        context = contexts(seen["candidates"])
        slate = ranked(estimate.scores(context, config.alpha), context)[:, :places]
        played = batch.step_slates(slate, np.ones(config.sessions, np.bool_))
        shown = np.minimum(np.rint(seen["session"][:, ALLOWED] * places), places)  # what the instruction leaves of a slate
        last = np.where(played.met, played.reactions.place, shown - 1)  # he looked from the top, down to what he took
        looked = (np.arange(places) <= last[:, None]) & (slate < engine.config.candidates)
        of_slate = np.take_along_axis(context, slate[:, :, None], 1)  # (N, K, F)
        looked &= of_slate[:, :, E - 1] > 0
        taken = played.met[:, None] & (np.arange(places) == played.reactions.place[:, None])
        estimate.take_in(of_slate[looked], taken[looked].astype(np.float64))
        over = np.flatnonzero(batch.over)
        episodes.add(played.rewards, over, batch.playing.ending[over])
        batch.reset(rows=over)
        progress(min(step * config.sessions, config.steps), config.steps)
    LinearPolicy(estimate.weights).save(folder)
    return episodes.curve()
