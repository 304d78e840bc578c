"""What a reward must keep to if an agent is to gain by serving users and by nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from recenv.rewards.dimensions import DIMENSIONS
from recenv.rewards.hybrid import HybridReward, RewardSpec, credit

_GRID = (0.0, 0.25, 0.5, 0.75, 1.0)


def _vectors() -> np.ndarray:
    """(N, D) reward vectors: each dimension low to high with the others at each level, and a few drawn ones."""
    d = len(DIMENSIONS)
    rows = [np.where(np.arange(d) == k, own, rest) for k in range(d) for own in _GRID for rest in _GRID]
    return np.concatenate([np.array(rows), np.random.default_rng(0).uniform(size=(64, d))])


class RewardContract:
    """Override the fixture ``spec``."""

    @pytest.fixture
    def spec(self) -> RewardSpec:
        raise NotImplementedError("a contract test gives its reward in this fixture")

    def test_it_survives_json(self, spec: RewardSpec) -> None:
        assert RewardSpec.from_json(spec.to_json()) == spec
        assert spec.name

    def test_a_better_component_is_never_worth_less(self, spec: RewardSpec) -> None:
        reward, vectors = HybridReward(spec), _vectors()
        values = reward(vectors).values
        assert ((values >= 0) & (values <= 1)).all()
        for k in range(vectors.shape[1]):
            better = vectors.copy()
            better[:, k] = np.minimum(1.0, better[:, k] + 0.2)
            assert (reward(better).values >= values - 1e-6).all(), f"a better {list(DIMENSIONS)[k]} lowers the value"

    def test_what_is_perfect_is_worth_more_than_what_is_bad(self, spec: RewardSpec) -> None:
        low, high = HybridReward(spec)(np.stack([np.zeros(len(DIMENSIONS)), np.ones(len(DIMENSIONS))])).values
        assert high > low

    def test_what_nobody_could_judge_is_not_paid(self, spec: RewardSpec) -> None:
        for k, name in enumerate(DIMENSIONS):
            if spec.weights.get(name, 0.0) > 0:
                vector = np.ones((1, len(DIMENSIONS)))
                vector[0, k] = np.nan
                assert HybridReward(spec)(vector, np.isnan(vector)).unpaid[0]

    def test_a_goal_pays_at_most_one(self, spec: RewardSpec) -> None:
        for seed in range(20):
            assert sum(_goal(spec, np.random.default_rng(seed).uniform(size=8), met=seed % 2 == 0)) <= 1.0 + 1e-6

    def test_going_on_never_pays_less_than_quitting(self, spec: RewardSpec) -> None:
        for seed in range(20):
            paid = _goal(spec, np.random.default_rng(seed).uniform(size=8), met=seed % 2 == 0)
            assert min(paid[1:]) >= -1e-6, f"a further turn costs {-min(paid[1:]):.3f}"

    def test_a_slate_shown_again_pays_nothing(self, spec: RewardSpec) -> None:
        again = np.full(4, np.nan)  # what the engine hands over: a turn that does not count
        assert sum(_goal(spec, np.concatenate([[0.8], again]), met=False)[1:]) == pytest.approx(0.0)

    def test_a_need_that_is_met_pays_more(self, spec: RewardSpec) -> None:
        for worth in _GRID[1:]:
            assert sum(_goal(spec, np.array([worth]), met=True)) > sum(_goal(spec, np.array([worth]), met=False))


def _goal(spec: RewardSpec, worths: np.ndarray, *, met: bool) -> list[float]:
    """What the turns of a goal are paid whose slates have these worths, NaN for one that does not count; met: by the last."""
    earned, count, paid = 0.0, 0, []
    for turn, worth in enumerate(worths.tolist()):
        due = credit(worth, earned, count, spec, met and turn == len(worths) - 1)
        earned, count = float(due.earned), int(due.counted)
        paid.append(float(due.reward) - spec.turn_price)
    return paid
