"""MO-Gymnasium: its wrappers over reward vectors, single and vector."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

mo = pytest.importorskip("mo_gymnasium")
pytestmark = [pytest.mark.integrations, pytest.mark.filterwarnings("default")]
RULES: dict[str, Any] = {"scenario": "mixed", "scorers": "rules"}


def test_statistics_of_the_native_vector_are_sums_of_its_rewards() -> None:
    from recenv.integrations.mo_gymnasium import make_vec

    envs = mo.wrappers.vector.MORecordEpisodeStatistics(make_vec(16, **RULES), gamma=1.0)
    envs.reset(seed=3)
    envs.action_space.seed(3)
    total, over, seen = np.zeros((16, 5)), np.zeros(16, bool), 0
    for _ in range(30):
        _, rewards, terminated, truncated, info = envs.step(envs.action_space.sample())
        total = np.where(over[:, None], 0.0, total + rewards)
        over = terminated | truncated
        for row in np.flatnonzero(over):
            assert info["episode"]["r"][row] == pytest.approx(total[row], abs=1e-5)
            seen += 1
    assert seen > 16


def test_wrappers_of_one_session_and_of_copies() -> None:
    from recenv.integrations.mo_gymnasium import make

    weights = np.array([0.0, 1.0, 0.0, 0.0, 0.0])
    plain, weighed = make(**RULES), mo.wrappers.LinearReward(make(**RULES), weight=weights)
    plain.reset(seed=5), weighed.reset(seed=5)
    action = np.array([0, 1, 2])
    assert weighed.step(action)[1] == plain.step(action)[1][1]
    copies = mo.wrappers.vector.MOSyncVectorEnv([lambda: make(**RULES)] * 3)
    copies.reset(seed=5)
    assert copies.step(np.tile(action, (3, 1)))[1].shape == (3, 5)


def test_one_item_as_one_number() -> None:
    from recenv.integrations.mo_gymnasium import make

    env = make(discrete=True, **RULES)
    seen, _ = env.reset(seed=5)
    assert env.action_space.n == 20 and env.observation_space.contains(seen) and seen.shape == (190,)
    assert env.step(np.int64(3))[1].shape == env.unwrapped.reward_space.shape == (5,)
