"""A run of one split: whose sessions are played, and that everything that reads the run says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from recenv.envs.batch import TEST_FOLD
from recenv.errors import InputError
from recenv.evaluation.leaderboard import build_leaderboard, format_leaderboard
from recenv.evaluation.plan import read_plan
from recenv.evaluation.run import allot, run_evaluation
from recenv.scenarios.entry import open_world


def test_train_and_test_share_no_user_and_are_all_together(tmp_path: Path) -> None:
    world = open_world("mixed")
    fold = world.column("session_fold")
    n = int((fold == TEST_FOLD).sum())
    test, train = allot(world, n, 3, "test"), allot(world, world.n_sessions - n, 3, "train")
    assert {int(fold[row]) for row in test} == {TEST_FOLD}
    assert sorted((*test, *train)) == list(range(world.n_sessions))
    assert not {world.session(row).user_id for row in test} & {world.session(row).user_id for row in train}
    with pytest.raises(InputError, match="split test"):
        allot(world, n + 1, 3, "test")
    assert allot(world, None, 3, "test") == allot(world, min(200, n), 3, "test")


def test_a_run_of_a_split_says_so_in_plan_and_leaderboard(tmp_path: Path) -> None:
    run = run_evaluation("mixed", ["random"], 5, 3, tmp_path / "run", changes={"scorers": "rules"}, split="test")
    fold = open_world("mixed").column("session_fold")
    plan = read_plan(run)
    assert (plan.split, {int(fold[row]) for row in plan.sessions}) == ("test", {TEST_FOLD})
    assert "users of test only" in format_leaderboard(build_leaderboard(run))
    with pytest.raises(InputError, match="another plan"):
        run_evaluation("mixed", ["random"], 5, 3, run, changes={"scorers": "rules"}, resume=True)
