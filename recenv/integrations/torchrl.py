"""TorchRL: N sessions as one environment of tensors, with the components of the reward beside it.

    step = slate(num_envs=64, scenario="mixed").rollout(10, break_when_any_done=False)["next"]
    step["reward"], step["reward_vector"], step["applicable"]

``GymEnv("recenv/Slate-v1", scenario="mixed", categorical_action_encoding=True)`` works without this file: no components.
"""

from __future__ import annotations

from typing import Any

import torch
from gymnasium.vector import AutoresetMode
from torchrl.data import Bounded, Composite
from torchrl.envs import GymWrapper
from torchrl.envs.gym_like import default_info_dict_reader

import recenv
from recenv.rewards.dimensions import DIMENSIONS


def slate(num_envs: int = 1, **options: Any) -> GymWrapper:
    """``recenv/Slate-v1``, batch (N,); options as for ``recenv.make_vec``.

    Beside ``reward`` stand ``reward_vector`` (N, D) in [0, 1], 0 where missing, ``applicable`` (N, D), 1 where it is not, and
    ``outcome`` (N,), 1 in the turn that meets a need. A row that has ended is reset by TorchRL.
    """
    envs = recenv.make_vec("Slate", num_envs=num_envs, autoreset_mode=AutoresetMode.DISABLED, **options)
    made = GymWrapper(envs, categorical_action_encoding=True)
    each = (num_envs, len(DIMENSIONS))
    spec = Composite(
        reward_vector=Bounded(0.0, 1.0, each, dtype=torch.float32), applicable=Bounded(0, 1, each, dtype=torch.bool),
        outcome=Bounded(0.0, 1.0, (num_envs,), dtype=torch.float32), shape=(num_envs,))
    return made.set_info_dict_reader(default_info_dict_reader(list(spec.keys()), spec=spec))
