"""Stable-Baselines3: its VecEnv over the native vector environment, so that N sessions are one NumPy step and not N of them.

    from stable_baselines3 import PPO
    from recenv.integrations.sb3 import RecVecEnv

    model = PPO("MultiInputPolicy", RecVecEnv(num_envs=256, scenario="mixed", scorers="rules"))
    model.learn(1_000_000)

Infos are those of the row where a session ended (``terminal_observation``, ``TimeLimit.truncated``, ``needs_met``, ``ending``,
``episode``), and empty elsewhere: a dict a row and step would cost more than the step.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray
from stable_baselines3.common.vec_env import VecEnv

from recenv.envs.state import ENDINGS
from recenv.envs.vector import SlateVectorEnv
from recenv.scenarios.entry import slate_vector_env


class RecVecEnv(VecEnv):
    """``recenv/Slate-v1`` for Stable-Baselines3. num_envs: N sessions; options: as for ``recenv.make_vec``."""

    def __init__(self, num_envs: int = 64, **options: Any) -> None:
        self.envs: SlateVectorEnv = slate_vector_env(num_envs, autoreset_mode=AutoresetMode.SAME_STEP, **options)
        self._actions = np.zeros(0, np.int64)
        self._return, self._length = np.zeros(num_envs), np.zeros(num_envs, np.int64)
        self.render_mode = None
        super().__init__(num_envs, self.envs.single_observation_space, self.envs.single_action_space)

    def reset(self) -> dict[str, NDArray[np.float32]]:
        """Open N sessions; those of the seed that ``seed`` gave, if any."""
        given = [s for s in self._seeds if s is not None]
        seen, _ = self.envs.reset(seed=given if len(given) == self.num_envs else None)
        self._reset_seeds()
        self._return[:], self._length[:] = 0.0, 0
        return seen

    def step_async(self, actions: NDArray[Any]) -> None:
        self._actions = actions

    def step_wait(self) -> tuple[dict[str, NDArray[np.float32]], NDArray[np.float32], NDArray[np.bool_], list[dict[str, Any]]]:
        seen, rewards, terminated, truncated, info = self.envs.step(self._actions)
        ended = terminated | truncated
        self._return += rewards
        self._length += 1
        infos: list[dict[str, Any]] = [{} for _ in range(self.num_envs)]
        for r in np.flatnonzero(ended).tolist():
            final = info["final_info"]
            infos[r] = {
                "terminal_observation": info["final_obs"][r], "TimeLimit.truncated": bool(truncated[r]),
                "needs_met": int(final["needs_met"][r]), "ending": ENDINGS[final["ending"][r]],
                "episode": {"r": float(self._return[r]), "l": int(self._length[r]), "t": 0.0},
            }
        self._return[ended], self._length[ended] = 0.0, 0
        return seen, rewards.astype(np.float32), ended, infos

    def action_masks(self) -> NDArray[np.bool_]:
        """(N, K * C), for sb3-contrib's MaskablePPO; see ``SlateEnv.action_masks``."""
        return self.envs.action_masks()

    def close(self) -> None:
        self.envs.close()

    def get_attr(self, attr_name: str, indices: int | Iterable[int] | None = None) -> list[Any]:
        return [self._value(attr_name)[i] for i in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: int | Iterable[int] | None = None) -> None:
        setattr(self.envs, attr_name, value)

    def env_method(
        self, method_name: str, *method_args: Any, indices: int | Iterable[int] | None = None, **method_kwargs: Any
    ) -> list[Any]:
        found: Sequence[Any] = self.envs.call(method_name, *method_args, **method_kwargs)
        return [found[i] for i in self._get_indices(indices)]

    def env_is_wrapped(self, wrapper_class: type, indices: int | Iterable[int] | None = None) -> list[bool]:
        return [False for _ in self._get_indices(indices)]

    def _value(self, name: str) -> Sequence[Any]:
        return self.envs.get_attr(name)
