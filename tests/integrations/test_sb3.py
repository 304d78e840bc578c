"""Stable-Baselines3 on recenv: its own checks, a policy that learns, and a trained model on the leaderboard."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import gymnasium
import numpy as np
import pytest
import torch
from stable_baselines3 import PPO
from stable_baselines3.common.env_util import make_vec_env

from recenv.baselines.by_name import check_agent, open_agent
from recenv.baselines.policy import SlatePolicyAgent
from recenv.errors import InputError, UnknownName
from recenv.evaluation.play import play
from recenv.evaluation.runtimes import runtime_of
from recenv.integrations.sb3 import RecVecEnv
from recenv.integrations.sb3_policy import PRESENT, SHOWN, PerCandidatePolicy, WithoutRepeats
from recenv.scenarios.entry import open_engine

RULES = {"scenario": "mixed", "scorers": "rules"}


def test_by_id_in_one_line() -> None:
    make_vec_env("recenv/Slate-v1", n_envs=2, env_kwargs=RULES).close()
    model = PPO("MultiInputPolicy", gymnasium.make("recenv/Slate-v1", **RULES), n_steps=8, batch_size=8, n_epochs=1)
    assert model.learn(8).num_timesteps == 8


def test_ends_are_told_with_what_was_seen_last() -> None:
    env = RecVecEnv(16, horizon=3, **RULES)
    env.seed(5)
    seen = env.reset()
    total, length = np.zeros(16), np.zeros(16)
    for turn in range(3):
        env.step_async(np.tile([turn, turn + 5, turn + 10], (16, 1)))
        seen, rewards, dones, infos = env.step_wait()
        total, length = total + rewards, length + 1
        for r in np.flatnonzero(dones):
            assert infos[r]["episode"]["r"] == pytest.approx(total[r]) and infos[r]["episode"]["l"] == length[r]
            assert infos[r]["terminal_observation"]["session"][0] == pytest.approx(length[r] / 3)
            assert infos[r]["TimeLimit.truncated"] == (infos[r]["ending"] == "horizon")
            assert seen["session"][r, 0] == 0.0  # the next session has begun
            total[r] = length[r] = 0.0
        assert all(info == {} for info, done in zip(infos, dones, strict=True) if not done)
    assert len(env.env_method("action_masks")) == 16 and len(env.get_attr("num_envs", [0, 1])) == 2


def test_candidates_are_scored_alike_wherever_they_stand() -> None:
    env = RecVecEnv(4, **RULES)
    model = PPO(PerCandidatePolicy, env, n_steps=8, batch_size=16, n_epochs=1, seed=0)
    seen = env.reset()
    order = np.random.default_rng(0).permutation(20)
    moved = {**seen, "candidates": seen["candidates"].reshape(4, 20, -1)[:, order].reshape(4, -1)}
    a, b = (model.predict(s, deterministic=True)[0] for s in (seen, moved))
    assert (order[b] == a).all()
    assert model.learn(64).num_timesteps >= 64


def test_slates_are_without_repeats_and_their_probabilities_sum_to_one() -> None:
    dist = WithoutRepeats([4, 4, 4])
    logits = torch.randn(1, 12, generator=torch.Generator().manual_seed(0))
    dist.proba_distribution(logits)
    slates = torch.tensor(list(permutations(range(4), 3)))
    dist.logits = dist.logits.expand(len(slates), -1, -1)
    assert dist.log_prob(slates).exp().sum().item() == pytest.approx(1.0, abs=1e-5)
    best = dist.mode()[0].tolist()
    assert best[0] == logits[0, :4].argmax() and len(set(best)) == 3
    twice = torch.tensor([[1, 1, 2]])
    dist.logits = dist.logits[:1]
    assert dist.log_prob(twice).exp().item() == 0.0


def test_a_policy_shows_what_exists_and_was_not_shown() -> None:
    env = RecVecEnv(64, **RULES)
    model = PPO(PerCandidatePolicy, env, n_steps=8, batch_size=64, n_epochs=1, seed=0)
    env.seed(5)
    seen = env.reset()
    for _ in range(4):
        numbers, _ = model.predict(seen)  # sampled
        candidates = seen["candidates"].reshape(64, 20, -1)
        for row, slate in zip(candidates, numbers.tolist(), strict=True):
            fresh = int(((row[:, PRESENT] > 0) & (row[:, SHOWN] == 0)).sum())
            assert len(set(slate)) == 3 and all(row[n, PRESENT] > 0 for n in slate)
            assert fresh < 3 or not any(row[n, SHOWN] for n in slate)
        env.step_async(numbers)
        seen = env.step_wait()[0]


def test_a_model_of_other_lists_is_refused(tmp_path: Path) -> None:
    PPO(PerCandidatePolicy, RecVecEnv(4, candidates=10, **RULES), n_steps=8, batch_size=16, seed=0).save(tmp_path / "ten.zip")
    with pytest.raises(InputError, match="as many candidates as it was trained with"):
        play(str(tmp_path / "ten.zip"), sessions=2, **RULES)


def test_a_trained_model_plays_where_agents_do(tmp_path: Path) -> None:
    model = PPO(PerCandidatePolicy, RecVecEnv(4, **RULES), n_steps=8, batch_size=16, n_epochs=1, seed=0)
    model.save(tmp_path / "mine.zip")
    traces = play(str(tmp_path / "mine.zip"), sessions=6, seed=3, **RULES)
    assert {t.agent for t in traces} == {"mine"} and all(turn.items for t in traces for turn in t.turns)
    with pytest.raises(InputError, match="takes no options"):
        open_agent(str(tmp_path / "mine.zip"), runtime_of(open_engine(**RULES), 0), {"asks": 2})


def test_what_is_no_agent_is_said_so(tmp_path: Path) -> None:
    for name, error, words in (
        (str(tmp_path / "none.zip"), InputError, "no model at"), ("recenv.records:Nobody", InputError, "has no 'Nobody'"),
        ("nobody.here:Agent", InputError, "cannot import"), ("gredy", UnknownName, "greedy")):
        with pytest.raises(error, match=words):
            check_agent(name)
    with pytest.raises(InputError, match="must give an agent"):
        open_agent("recenv.records:Item", runtime_of(open_engine(**RULES), 0), {"id": "i", "category": "dining", "name": "n"})


def test_a_policy_that_gives_no_numbers_is_refused() -> None:
    class Wrong:
        def predict(self, observation: object) -> np.ndarray:
            return np.zeros(3)

    with pytest.raises(InputError, match="must give integers"):
        play(SlatePolicyAgent(Wrong(), "wrong"), sessions=2, **RULES)
