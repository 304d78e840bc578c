"""A turn end to end: rules and scorers judge the action, the user reacts, the state moves on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from recenv.data.world import World
from recenv.envs.config import EnvConfig
from recenv.envs.dynamics import Dynamics
from recenv.envs.state import RUNNING, State
from recenv.records import Action, AgentView, Item, Reaction
from recenv.rewards.hybrid import REWARDS, HybridReward, RewardSpec, credit
from recenv.rewards.named import scorer_set
from recenv.rewards.protocol import Scorer
from recenv.rewards.turn import TurnScorer, TurnScores
from recenv.users import USERS
from recenv.users.protocol import UserModel

_V = TypeVar("_V")


class Step(NamedTuple):
    """What one turn of a batch brought; rows that sat out have NaN, "" and None.

    scores: components (N, D) with sources and reasons.  values (N,) hybrid scalar of the turn in [0, 1];
    rewards (N,) what the turn is paid (``hybrid.credit``); vector_rewards (N, D) the same per dimension, 0 where one is missing;
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

    dimensions: names of those registered when it was made, the columns D of all that it returns.
    scorers: by dimension; loaded by the name in ``config.scorers`` where not given. reward, user: likewise.
    """

    def __init__(
        self, world: World, config: EnvConfig, *, scorers: Mapping[str, Scorer] | None = None,
        reward: RewardSpec | None = None, user: UserModel | None = None,
    ) -> None:
        self.world, self.config = world, config
        self.reward = HybridReward(reward if reward is not None else REWARDS[config.reward])
        self.scorers = dict(scorers) if scorers is not None else scorer_set(config.scorers)
        self._score = TurnScorer(self.scorers)
        self.dimensions = tuple(d.name for d in self._score.dimensions)
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
        worth = self._worth(state, rows, acted, items, hybrid.values, scores.components, np.asarray(hybrid.failed.any(axis=1)))
        paid, earned, count = self._pay(state, rows, worth)
        after, reactions = self.dynamics.step(state, actions)
        moved = after.goal != state.goal
        earned[moved], count[moved] = 0.0, 0  # the next goal starts from nothing
        d = len(self.dimensions)
        failed = np.zeros((n, d), np.bool_)
        failed[rows] = hybrid.failed
        spread = TurnScores(
            _spread(scores.components, rows, n),
            tuple(_fill(rows, scores.sources, n, ("none",) * d)), tuple(_fill(rows, scores.reasons, n, ("",) * d)),
            tuple(_fill(rows, scores.costs, n, {})),
        )
        values = _spread(hybrid.values, rows, n)
        return (
            replace(after, earned=earned, count=count),
            Step(spread, values, paid[:, 0], paid[:, 1:], failed, reactions, items),
        )

    def item(self, item_id: str) -> Item | None:
        row = self.world.item_row(item_id)
        return self.world.item(row) if row >= 0 else None

    def _worth(
        self, state: State, rows: list[int], actions: list[Action], items: list[tuple[Item | None, ...]],
        values: NDArray[np.float32], components: NDArray[np.float32], void: NDArray[np.bool_],
    ) -> NDArray[np.float64]:
        """(R, 1 + D) worth of each turn and of its components; NaN where it does not count.

        A turn that fails a gate is worth 0 throughout. One that recommends nothing does not count, and neither does a
        slate without an item that is new to the goal: it would be paid for what the user said since.
        """
        worth = np.concatenate([values[:, None], components], axis=1).astype(np.float64)
        for at, (r, action) in enumerate(zip(rows, actions, strict=True)):
            shown = [i is not None and self.world.item_row(i.id) in state.dialogue[r].shown for i in items[r]]
            if void[at]:
                worth[at] = 0.0
            elif action.act != "recommend" or (shown and all(shown)):
                worth[at] = np.nan
        return worth

    def _pay(
        self, state: State, rows: list[int], worth: NDArray[np.float64]
    ) -> tuple[NDArray[np.float32], NDArray[np.float64], NDArray[np.int64]]:
        """Rewards of scalar and dimensions alike, (N, 1 + D), with what each goal has earned and how many turns counted."""
        paid, earned, count = np.zeros(state.earned.shape, np.float32), state.earned.copy(), state.count.copy()
        due = credit(worth, earned[rows], count[rows], self.reward.spec)
        paid[rows], earned[rows], count[rows] = due.reward, due.earned, due.counted
        return paid, earned, count


def _spread(values: NDArray[np.float32], rows: list[int], n: int) -> NDArray[np.float32]:
    out = np.full((n, *values.shape[1:]), np.nan, np.float32)
    out[rows] = values
    return out


def _fill(rows: list[int], values: Sequence[_V], n: int, empty: _V) -> list[_V]:
    out = [empty] * n
    for r, value in zip(rows, values, strict=True):
        out[r] = value
    return out
