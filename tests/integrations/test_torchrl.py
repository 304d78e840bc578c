"""TorchRL: its own checks of the specs, rollouts through resets, and its constructor by id."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("torchrl")
pytestmark = [pytest.mark.integrations, pytest.mark.filterwarnings("default")]
RULES: dict[str, Any] = {"scenario": "mixed", "scorers": "rules"}


def test_many_sessions_with_the_components_of_their_rewards() -> None:
    from torchrl.envs import check_env_specs

    from recenv.integrations.torchrl import slate

    env = slate(num_envs=8, **RULES)
    check_env_specs(env)
    steps = env.rollout(40, break_when_any_done=False)
    after = steps["next"]
    assert after["reward"].shape == (8, 40, 1) and after["done"].sum() > 8  # sessions ended and others began
    assert after["reward_vector"].shape == after["applicable"].shape == (8, 40, 5)
    assert (after["reward_vector"][~after["applicable"]] == 0).all() and after["reward_vector"].isfinite().all()
    assert after["applicable"][..., 0].any() and not after["applicable"][..., 4].any()  # rules judge no order
    assert ((after["outcome"] == 1) <= (after["reward"].squeeze(-1) > 0.5)).all()
    assert (steps["session"][:, 1:][steps["next", "done"][:, :-1, 0]][:, 0] == 0).all()  # turn 0 again


def test_by_id() -> None:
    from torchrl.envs import GymEnv, check_env_specs

    env = GymEnv("recenv/Slate-v1", categorical_action_encoding=True, **RULES)
    check_env_specs(env)
    assert env.rollout(3)["next", "reward"].isfinite().all()
