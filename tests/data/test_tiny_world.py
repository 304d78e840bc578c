"""The tables of ``recenv.testing.tiny`` are what the store says."""

from __future__ import annotations

import numpy as np
import pytest

from recenv.data.constraints import MET, UNKNOWN
from recenv.data.world import World
from recenv.testing.tiny import SESSIONS, item_id, tiny_view


@pytest.mark.parametrize("session_id", list(SESSIONS))
def test_the_satisfying_items_are_the_ones_in_the_table(tiny_world: World, session_id: str) -> None:
    row = tiny_world.session_row(session_id)
    for goal_row, plan in zip(tiny_world.goal_rows(row), SESSIONS[session_id][1], strict=True):
        goal = tiny_world.goal(goal_row)
        met = (goal.satisfaction == MET).all(1)
        assert tuple(np.asarray(plan.candidates)[met]) == plan.satisfying
        assert plan.candidates[int(goal.utility.argmax())] == plan.satisfying[0]
        assert len(set(goal.utility.tolist())) == len(plan.candidates)


def test_the_item_without_rating_and_price_is_unknown(tiny_world: World) -> None:
    row = tiny_world.session_row("zh-3")
    goal = tiny_world.goal(tiny_world.goal_rows(row)[0])
    assert goal.satisfaction[-1].tolist() == [MET, UNKNOWN]


def test_the_logged_world_has_no_gold(tiny_logged_world: World) -> None:
    assert np.isnan(tiny_logged_world.column("candidate_utility")).all()
    assert all(need.preferences == {} for s in range(5) for need in tiny_logged_world.privileged(s).needs)


def test_a_view_shows_the_goal(tiny_world: World) -> None:
    view = tiny_view(tiny_world, "en-2", goal=1, turn=2)
    assert view.category == "tourism" and len(view.candidates) == len(view.popularity) == 16
    assert view.candidates[9].id == item_id("en", "tourism", 9)


@pytest.mark.parametrize("row", [-1, 99, 2**70])
@pytest.mark.parametrize("what", ["session", "privileged", "item", "user", "goal", "goal_rows"])
def test_a_row_that_is_not_there_is_an_index_error(tiny_world: World, what: str, row: int) -> None:
    with pytest.raises(IndexError, match=f"row {row} is outside"):
        getattr(tiny_world, what)(row)
