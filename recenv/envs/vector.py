"""The vector environments: the same batch behind Gymnasium's VectorEnv, stepped in one go."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from recenv.envs.batch import SessionBatch, Split
from recenv.envs.chat_format import parse_action, render_observation
from recenv.envs.engine import Engine
from recenv.envs.single import MAX_TEXT, sample_ids, slate_masks, slate_to_action
from recenv.envs.slate_features import SlateFeatures
from recenv.envs.spaces import ActionText, UnicodeText, reward_space, slate_action, slate_observation
from recenv.errors import InputError
from recenv.records import Action, AgentView

Obs = TypeVar("Obs")
Act = TypeVar("Act")


class SessionVectorEnv(VectorEnv[Obs, Act, Any], ABC, Generic[Obs, Act]):
    """What both share. Autoreset is NEXT_STEP: the step after an end ignores its action, resets the row and earns 0."""

    metadata: ClassVar[dict[str, Any]] = {  # type: ignore[misc]
        "render_modes": [], "autoreset_mode": AutoresetMode.NEXT_STEP,
    }

    def __init__(self, engine: Engine, num_envs: int, *, split: Split = "all", vector_reward: bool = False) -> None:
        self.batch = SessionBatch(engine, num_envs, split)
        self.num_envs, self.vector_reward = num_envs, vector_reward
        if vector_reward:
            self.reward_space = reward_space(len(engine.dimensions))
        self._over = np.zeros(num_envs, np.bool_)

    def reset(
        self, *, seed: int | Sequence[int] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Obs, dict[str, Any]]:
        """Open N sessions; ``options={"sessions": [ids]}`` names them."""
        super().reset(seed=seed if isinstance(seed, int) else None)
        if seed is not None:
            self.batch.seed(seed if isinstance(seed, int) else [int(s) for s in seed])
        elif self.batch.state is None:
            self.batch.seed(int(self.np_random.integers(2**31)))
        unknown = sorted((options or {}).keys() - {"sessions"})
        if unknown:
            raise InputError(f"reset option {unknown[0]!r} is not known; the only one is 'sessions' (N ids or rows)")
        self.batch.reset(sessions=(options or {}).get("sessions"))
        self._over = np.zeros(self.num_envs, np.bool_)
        views = self.batch.views()
        return self._observe(views), self._infos(views, None)

    def step(self, actions: Act) -> tuple[Obs, NDArray[Any], NDArray[np.bool_], NDArray[np.bool_], dict[str, Any]]:
        over = self._over
        if over.any():
            self.batch.reset(rows=np.flatnonzero(over).tolist())
        views = self.batch.views()
        parsed = self._actions(actions, views)
        step = self.batch.step([None if over[i] else a for i, a in enumerate(parsed)])
        views = self.batch.views()
        rewards = step.vector_rewards if self.vector_reward else step.rewards.astype(np.float64)
        terminated, truncated = self.batch.terminated, self.batch.truncated
        self._over = terminated | truncated
        return self._observe(views), rewards, terminated, truncated, self._infos(views, step)

    def save_state(self) -> bytes:
        """All N sessions as bytes, for ``load_state``."""
        return self.batch.save({"over": self._over.tolist()})

    def load_state(self, data: bytes) -> tuple[Obs, dict[str, Any]]:
        """Take up N saved sessions. Raises InputError for bytes that do not fit."""
        self._over = np.array(self.batch.load(data).get("over", [False] * self.num_envs), np.bool_)
        views = self.batch.views()
        return self._observe(views), self._infos(views, None)

    def _infos(self, views: Sequence[AgentView], step: Any) -> dict[str, Any]:
        infos: dict[str, Any] = {}
        for i, view in enumerate(views):
            infos = self._add_info(infos, self.batch.info(i, view, step), i)
        return infos

    @abstractmethod
    def _observe(self, views: Sequence[AgentView]) -> Obs:
        """What the agents are shown of N views."""

    @abstractmethod
    def _actions(self, actions: Act, views: Sequence[AgentView]) -> list[Action]:
        """What N answers mean. Raises InputError for a wrong number or shape."""


class ChatVectorEnv(SessionVectorEnv[tuple[str, ...], Sequence[str]]):
    """N chat sessions; actions and observations are tuples of texts."""

    def __init__(self, engine: Engine, num_envs: int, **options: Any) -> None:
        super().__init__(engine, num_envs, **options)
        self.single_action_space = ActionText(MAX_TEXT, sample_ids(engine))
        self.single_observation_space = UnicodeText(MAX_TEXT)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self.observation_space = batch_space(self.single_observation_space, num_envs)

    def _observe(self, views: Sequence[AgentView]) -> tuple[str, ...]:
        return tuple(render_observation(v) for v in views)

    def _actions(self, actions: Sequence[str], views: Sequence[AgentView]) -> list[Action]:
        if isinstance(actions, str) or len(actions) != self.num_envs:
            raise InputError(f"expected {self.num_envs} action texts; got {type(actions).__name__} of {len(actions)}")
        return [parse_action(a) for a in actions]


class SlateVectorEnv(SessionVectorEnv[dict[str, NDArray[np.float32]], NDArray[np.int64]]):
    """N slate sessions; actions (N, K) integers, observations a dict of (N, ...) arrays."""

    def __init__(self, engine: Engine, num_envs: int, **options: Any) -> None:
        super().__init__(engine, num_envs, **options)
        config = engine.config
        self.single_action_space = slate_action(config.candidates, config.slate_size)
        self.single_observation_space = slate_observation(config.candidates)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self._features = SlateFeatures(engine)

    def action_masks(self) -> NDArray[np.bool_]:
        """(N, K * C), see ``SlateEnv.action_masks``."""
        config = self.batch.engine.config
        return np.stack([slate_masks(v, config.candidates, config.slate_size) for v in self.batch.views()])

    def _observe(self, views: Sequence[AgentView]) -> dict[str, NDArray[np.float32]]:
        state, rows = self.batch.playing, range(self.num_envs)
        return {
            "candidates": np.stack([self._features.candidates(state, r).ravel() for r in rows]),
            "session": np.stack([self._features.session(state, r) for r in rows]),
        }

    def _actions(self, actions: NDArray[np.int64], views: Sequence[AgentView]) -> list[Action]:
        chosen = np.asarray(actions)
        if chosen.shape != (self.num_envs, self.batch.engine.config.slate_size):
            raise InputError(f"expected actions of shape {self.action_space.shape}; got {chosen.shape}")
        return [slate_to_action(row, view) for row, view in zip(chosen, views, strict=True)]
