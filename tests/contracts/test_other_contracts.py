"""Shipped scorers, rewards and scenarios keep to their contracts, and what does not is found."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from fakes import OverlapScorer
from five import DIMENSIONS

from recenv.data.world import World
from recenv.records import ScorerRow
from recenv.rewards.hybrid import REWARDS, RewardSpec
from recenv.rewards.protocol import Scorer, ScorerSpec, Scores
from recenv.testing import RewardContract, ScenarioContract, ScorerContract
from recenv.testing.scorers import contract_rows

WARNED_OF = ("gated-mean", "gated-mean-gain", "gated-mean-level")
"""Kept to compare with: ``REWARDS`` says what is wrong with each."""


class TestScorers(ScorerContract):
    @pytest.fixture(params=DIMENSIONS)
    def scorer(self, request: pytest.FixtureRequest) -> Scorer:
        return OverlapScorer(request.param)


class TestRewards(RewardContract):
    @pytest.fixture(params=[name for name in REWARDS if name not in WARNED_OF])
    def spec(self, request: pytest.FixtureRequest) -> RewardSpec:
        return REWARDS[request.param]


class TestMixed(ScenarioContract):
    @pytest.fixture
    def scenario(self) -> str:
        return "mixed"


@pytest.mark.parametrize(("name", "test"), [
    ("gated-mean", "test_going_on_never_pays_less_than_quitting"), ("gated-mean", "test_a_need_that_is_met_pays_more"),
    ("gated-mean-gain", "test_a_need_that_is_met_pays_more"), ("gated-mean-level", "test_a_goal_pays_at_most_one"),
])
def test_what_is_wrong_with_a_reward_is_found(name: str, test: str) -> None:
    with pytest.raises(AssertionError):
        getattr(RewardContract(), test)(REWARDS[name])


class Loose:
    """Compares each row with the mean of its batch, and is not told to stay in range."""

    spec = ScorerSpec(name="loose", dimension=DIMENSIONS[2], kind="rule", reads=("item",), fingerprint="1")

    def score(self, rows: Sequence[ScorerRow]) -> Scores:
        lengths = np.array([len(row.item) for row in rows], np.float32)
        return Scores(lengths / lengths.mean() if len(rows) else lengths, ("",) * len(rows))


@pytest.mark.parametrize("test", [
    "test_values_are_in_range_or_missing_with_a_reason", "test_a_value_depends_on_its_row_alone",
])
def test_what_is_wrong_with_a_scorer_is_found(test: str, tiny_world: World) -> None:
    with pytest.raises(AssertionError):
        getattr(ScorerContract(), test)(Loose(), contract_rows(tiny_world, DIMENSIONS[2]))
