"""A turn end to end: rules and scorers judge the action, the user reacts, the state moves on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recenv.data.world import World
from recenv.envs.config import EnvConfig
from recenv.envs.dynamics import Dynamics
from recenv.envs.state import RUNNING, State
from recenv.records import Action, AgentView, D, Item, Reaction
from recenv.rewards.hybrid import REWARDS, HybridReward, RewardSpec, credit
from recenv.rewards.protocol import Scorer
from recenv.rewards.turn import TurnScorer, TurnScores
from recenv.users import USERS
from recenv.users.protocol import UserModel


class Step(NamedTuple):
    """What one turn of a batch brought; rows that sat out have NaN, "" and None.

    scores: components (N, D) with sources and reasons.  values (N,) hybrid scalar of the turn in [0, 1];
    rewards (N,) credited scalar; vector_rewards (N, D) credited per dimension, where a missing component earns 0;
    failed (N, D) failed gates; slates: item rows seen by each user.
    """

    scores: TurnScores
    values: NDArray[np.float32]
    rewards: NDArray[np.float32]
    vector_rewards: NDArray[np.float32]
    failed: NDArray[np.bool_]
    reactions: list[Reaction | None]
    items: list[tuple[Item | None, ...]]


class Engine:
    """World, user model, scorers and reward of one scenario; shared by all its environments of a process.

    scorers: by dimension; loaded by the name in ``config.scorers`` where not given. reward, user: likewise.
    """

    def __init__(
        self, world: World, config: EnvConfig, *, scorers: Mapping[str, Scorer] | None = None,
        reward: RewardSpec | None = None, user: UserModel | None = None,
    ) -> None:
        self.world, self.config = world, config
        self.reward = HybridReward(reward if reward is not None else REWARDS[config.reward])
        self.scorers = dict(scorers) if scorers is not None else _load(config.scorers)
        self._score = TurnScorer(self.scorers)
        self.dynamics = Dynamics(world, user if user is not None else USERS[config.user](world), config)

    def begin(self, sessions: NDArray[np.int64], seeds: NDArray[np.uint64]) -> State:
        return self.dynamics.begin(sessions, seeds)

    def views(self, state: State, rows: Sequence[int]) -> list[AgentView]:
        return self.dynamics.views(state, rows)

    def step(self, state: State, actions: Sequence[Action | None]) -> tuple[State, Step]:
        """actions: N, None for rows that sit out; those are neither scored nor changed."""
        n = len(actions)
        rows = [r for r, a in enumerate(actions) if a is not None and state.ending[r] == RUNNING]
        acted = [a for r in rows if (a := actions[r]) is not None]
        items: list[tuple[Item | None, ...]] = [()] * n
        for r, action in zip(rows, acted, strict=True):
            items[r] = tuple(self.item(i) for i in action.items) if action.act == "recommend" else ()
        scores = self._score(self.views(state, rows), acted, [items[r] for r in rows])
        hybrid = self.reward(scores.components)
        stale = np.array([self._stale(state, r, items[r]) for r in rows], np.bool_)
        gains, best = self._credit(state, rows, hybrid.values, scores.components, hybrid.failed.any(axis=1) | stale)
        after, reactions = self.dynamics.step(state, actions)
        moved = after.goal != state.goal
        best[moved] = 0.0  # the next goal starts from nothing
        failed = np.zeros((n, D), np.bool_)
        failed[rows] = hybrid.failed
        spread = TurnScores(
            _spread(scores.components, rows, n),
            tuple(_fill(rows, scores.sources, n, ("none",) * D)), tuple(_fill(rows, scores.reasons, n, ("",) * D)),
        )
        values = _spread(hybrid.values, rows, n)
        return replace(after, best=best), Step(spread, values, gains[:, 0], gains[:, 1:], failed, reactions, items)

    def item(self, item_id: str) -> Item | None:
        row = self.world.item_row(item_id)
        return self.world.item(row) if row >= 0 else None

    def _stale(self, state: State, r: int, items: tuple[Item | None, ...]) -> bool:
        """Whether a slate brings no item that is new to this goal: it would be credited for what the user said since."""
        shown = state.dialogue[r].shown
        rows = [self.world.item_row(item.id) for item in items if item is not None]
        return self.reward.spec.credit == "gain" and bool(rows) and all(row in shown for row in rows)

    def _credit(
        self, state: State, rows: list[int], values: NDArray[np.float32], components: NDArray[np.float32],
        void: NDArray[np.bool_],
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Credit of scalar and dimensions alike, (N, 1 + D); a void turn (failed gate, nothing new) earns nothing in any."""
        gains, best = np.zeros((len(state.goal), 1 + D), np.float32), state.best.copy()
        level = np.concatenate([values[:, None], np.nan_to_num(components, nan=0.0)], axis=1)  # (R, 1 + D)
        level = np.where(void[:, None], 0.0, level).astype(np.float32)
        gains[rows], best[rows] = credit(level, best[rows], self.reward.spec)
        return gains, best


def _load(name: str) -> dict[str, Scorer]:
    from recenv.rewards.encoder import load_scorers  # torch: only where scorers are trained ones

    return load_scorers(name)


def _spread(values: NDArray[np.float32], rows: list[int], n: int) -> NDArray[np.float32]:
    out = np.full((n, *values.shape[1:]), np.nan, np.float32)
    out[rows] = values
    return out


def _fill(
    rows: list[int], values: Sequence[tuple[str, ...]], n: int, empty: tuple[str, ...]
) -> list[tuple[str, ...]]:
    out = [empty] * n
    for r, value in zip(rows, values, strict=True):
        out[r] = value
    return out
