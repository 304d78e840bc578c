"""MO-Gymnasium: the reward vector as its wrappers and MORL-Baselines expect it.

    env = mo_gymnasium.wrappers.MORecordEpisodeStatistics(make(scenario="mixed"), gamma=0.99)
    envs = mo_gymnasium.wrappers.vector.MORecordEpisodeStatistics(make_vec(64, scenario="mixed"))

``mo_gymnasium.make("recenv:recenv/Slate-v1", vector_reward=True)`` works without this file. A missing component pays 0
there and is False in ``info["applicable"]``.
"""

from __future__ import annotations

from typing import Any

import gymnasium
import mo_gymnasium
import numpy as np
from gymnasium import spaces

import recenv
from recenv.envs.vector import SlateVectorEnv


class OneItem(gymnasium.ActionWrapper[Any, Any, Any]):
    """Slates of one item as one number, for algorithms that take Discrete actions alone."""

    def __init__(self, env: gymnasium.Env[Any, Any]) -> None:
        super().__init__(env)
        assert isinstance(env.action_space, spaces.MultiDiscrete)  # Slate's
        self.action_space = spaces.Discrete(int(env.action_space.nvec[0]))

    def action(self, action: Any) -> Any:
        return np.array([action], np.int64)


def make(*, discrete: bool = False, **options: Any) -> gymnasium.Env[Any, Any]:
    """``recenv/Slate-v1`` with rewards (D,). discrete: one item a slate, flat observations. options: as for ``recenv.make``."""
    if not discrete:
        env: gymnasium.Env[Any, Any] = mo_gymnasium.make("recenv/Slate-v1", vector_reward=True, **options)
        return env
    one = mo_gymnasium.make("recenv/Slate-v1", vector_reward=True, slate_size=1, **options)
    return OneItem(gymnasium.wrappers.FlattenObservation(one))


def make_vec(num_envs: int, **options: Any) -> SlateVectorEnv:
    """The native vector environment, rewards (N, D); its ``reward_space`` is that of one row, as MO-Gymnasium has it."""
    envs = recenv.make_vec("Slate", num_envs=num_envs, vector_reward=True, **options)
    assert isinstance(envs, SlateVectorEnv)
    envs.reward_space = envs.single_reward_space
    return envs
