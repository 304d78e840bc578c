"""Gymnasium's and Stable-Baselines3's own ways to an environment: by id, in workers of every kind, with wrong options."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import pytest
from stable_baselines3 import PPO
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.vec_env import SubprocVecEnv

import recenv
from recenv.integrations.sb3 import RecVecEnv

IDS = ("recenv/Chat-v1", "recenv/Slate-v1")
RULES = {"scenario": "mixed", "scorers": "rules"}


@pytest.mark.parametrize(("context", "name"), [*((None, name) for name in IDS), *zip(("forkserver", "spawn"), IDS, strict=True)])
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded, use of fork:DeprecationWarning")
def test_workers_play_what_one_process_plays(name: str, context: str | None) -> None:
    options = {"vectorization_mode": "async", "vector_kwargs": {"context": context}}
    apart, together = gymnasium.make_vec(name, 2, **options, **RULES), recenv.make_vec(name, 2, **RULES)
    try:
        assert same(apart.reset(seed=[3, 9])[0], together.reset(seed=[3, 9])[0])
        apart.action_space.seed(5)
        for _ in range(3):
            actions = apart.action_space.sample()
            seen, rewards, terminated, truncated, _ = apart.step(actions)
            expected, pay, ended, cut, _ = together.step(actions)
            assert same(seen, expected) and (rewards == pay).all()
            assert (terminated == ended).all() and (truncated == cut).all()
    finally:
        apart.close()


def same(a: Any, b: Any) -> bool:
    return all((a[key] == b[key]).all() for key in b) if isinstance(b, dict) else a == b


def test_module_and_id_name_it_where_nobody_imported_it() -> None:
    env = gymnasium.make("recenv:recenv/Slate-v1", **RULES)
    assert env.spec is not None and env.spec.id == "recenv/Slate-v1"
    vec = gymnasium.make_vec("recenv:recenv/Chat-v1", 2, vectorization_mode="sync", **RULES)
    assert len(vec.reset(seed=1)[0]) == 2


@pytest.mark.parametrize("name", IDS)
@pytest.mark.parametrize("option", [{"frameskip": 1}, {"render_mode": "rgb_array"}, {"render_mode": "human"}])
def test_options_that_do_not_exist_are_type_errors(name: str, option: dict[str, Any]) -> None:
    word = next(iter(option))
    with pytest.raises(TypeError, match=word):
        gymnasium.make(name, **RULES, **option)
    with pytest.raises(TypeError, match=word):
        gymnasium.make_vec(name, 2, vectorization_mode="vector_entry_point", **RULES, **option)
    assert gymnasium.make_vec(name, 2, vectorization_mode="vector_entry_point", render_mode=None, **RULES).num_envs == 2


@pytest.mark.integrations
def test_stable_baselines_by_id_with_the_shipped_scorers() -> None:
    assert make_vec_env("recenv/Slate-v1").reset()["session"].shape == (1, 10)
    assert PPO("MultiInputPolicy", "recenv/Slate-v1", n_steps=16, batch_size=16).learn(16).num_timesteps == 16


@pytest.mark.integrations
@pytest.mark.parametrize("start", ["forkserver", "spawn"])
def test_stable_baselines_in_workers(start: str) -> None:
    envs = make_vec_env(
        "recenv:recenv/Slate-v1", n_envs=2, vec_env_cls=SubprocVecEnv, vec_env_kwargs={"start_method": start}, env_kwargs=RULES)
    envs.seed(3)
    assert envs.reset()["candidates"].shape == (2, 180)
    assert np.isfinite(envs.step(np.zeros((2, 3), np.int64))[1]).all()
    envs.close()


@pytest.mark.integrations
def test_maskable_ppo_over_the_native_vector() -> None:
    contrib = pytest.importorskip("sb3_contrib")
    env = RecVecEnv(num_envs=8, **RULES)
    model = contrib.MaskablePPO("MultiInputPolicy", env, n_steps=8, batch_size=32, n_epochs=1, seed=0)
    assert model.learn(64).num_timesteps == 64
    chosen, _ = model.predict(env.reset(), action_masks=env.action_masks())
    masks = env.action_masks().reshape(8, 3, 20)
    assert masks[np.arange(8)[:, None], np.arange(3), chosen].all()
