"""RLlib: PPO trains an iteration in a worker of its own."""

from __future__ import annotations

import math

import pytest

ray = pytest.importorskip("ray")
pytest.importorskip("ray.rllib")
pytestmark = [pytest.mark.integrations, pytest.mark.filterwarnings("default")]


def test_ppo_takes_an_iteration_in_a_worker() -> None:
    from ray.rllib.algorithms.ppo import PPOConfig

    from recenv.integrations.rllib import SLATE, register

    register()
    ray.init(num_cpus=2, include_dashboard=False, logging_level="ERROR", log_to_driver=False)
    try:
        config = (
            PPOConfig().environment(SLATE, env_config={"scenario": "mixed", "scorers": "rules"})
            .env_runners(num_env_runners=1, num_envs_per_env_runner=4, rollout_fragment_length=32)
            .training(train_batch_size=128, minibatch_size=64, num_epochs=1))
        algorithm = config.build_algo()
        result = algorithm.train()
        assert math.isfinite(result["learners"]["default_policy"]["total_loss"])
        assert result["env_runners"]["num_env_steps_sampled"] >= 128
        assert 0.0 <= result["env_runners"]["episode_return_mean"] <= 4.0
        algorithm.stop()
    finally:
        ray.shutdown()
