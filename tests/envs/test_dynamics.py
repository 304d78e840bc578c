"""The user's side of a turn, on a world where every answer is known."""

from __future__ import annotations

import numpy as np
import pytest
from fakes import ScriptedUser
from worlds import item_id

from recenv.data.world import World
from recenv.envs.config import EnvConfig
from recenv.envs.dynamics import Dynamics
from recenv.envs.state import ENDINGS, State
from recenv.errors import InputError
from recenv.records import Action, Reaction


def play(dynamics: Dynamics, state: State, action: Action) -> tuple[State, Reaction]:
    after, reactions = dynamics.step(state, [action])
    assert reactions[0] is not None
    return after, reactions[0]


def opened(world: World, session: str, user: ScriptedUser | None = None, **config: object) -> tuple[Dynamics, State]:
    dynamics = Dynamics(world, user or ScriptedUser(), EnvConfig(**config))  # type: ignore[arg-type]
    return dynamics, dynamics.begin(np.array([world.session_row(session)]), np.array([7], np.uint64))


def slate(*numbers: int, category: str = "dining", locale: str = "zh") -> Action:
    return Action(act="recommend", items=tuple(item_id(locale, category, n) for n in numbers), text="推荐")


def ending(state: State) -> str:
    return ENDINGS[state.ending[0]]


def test_an_item_that_meets_all_constraints_is_taken_up(tiny_world: World) -> None:
    dynamics, state = opened(tiny_world, "zh-1")
    state, reaction = play(dynamics, state, slate(7))
    assert (reaction.kind, reaction.item_id, ending(state)) == ("order", item_id("zh", "dining", 7), "met")


def test_a_slate_that_misses_an_undisclosed_constraint_is_met_with_it(tiny_world: World) -> None:
    dynamics, state = opened(tiny_world, "zh-1")
    state, reaction = play(dynamics, state, slate(5))  # rating and area met, price missed
    assert reaction.kind == "refine" and "人均不超过50元" in reaction.text
    assert "人均不超过50元" in dynamics.views(state, [0])[0].query
    assert state.told[0].tolist() == [True, True, False]


def test_a_disclosed_constraint_that_is_missed_again_is_repeated(tiny_world: World) -> None:
    dynamics, state = opened(tiny_world, "zh-1")
    state, _ = play(dynamics, state, slate(5))
    state, reaction = play(dynamics, state, slate(5))
    assert reaction.kind == "reject" and "人均不超过50元" in reaction.text


def test_a_hidden_constraint_is_never_told(tiny_world: World) -> None:
    dynamics, state = opened(tiny_world, "zh-1", patience_scale=10.0)
    state, _ = play(dynamics, state, slate(5))
    for action in (slate(3), Action(act="ask", text="想在哪个区域？"), slate(3)):  # 3 misses the hidden area only
        state, reaction = play(dynamics, state, action)
        assert "朝阳区" not in reaction.text
    assert state.told[0].tolist() == [True, True, False]


def test_a_question_is_answered_if_its_slot_is_askable(tiny_world: World) -> None:
    dynamics, state = opened(tiny_world, "zh-1")
    state, reaction = play(dynamics, state, Action(act="ask", text="您的预算是多少？"))
    assert reaction.kind == "answer" and "人均不超过50元" in reaction.text
    _, reaction = play(dynamics, state, Action(act="ask", text="您的预算是多少？"))
    assert reaction.kind == "indifferent"  # told already


def test_an_unknown_attribute_is_inquired_about(tiny_world: World) -> None:
    dynamics, state = opened(tiny_world, "zh-3")
    _, reaction = play(dynamics, state, slate(16))  # no rating on record
    assert reaction.kind == "inquire" and "4.5" in reaction.text


def test_goals_follow_each_other_with_their_own_query_and_candidates(tiny_world: World) -> None:
    dynamics, state = opened(tiny_world, "zh-2")
    state, reaction = play(dynamics, state, slate(3))
    view = dynamics.views(state, [0])[0]
    assert "再推荐一个朝阳区的景点" in reaction.text
    assert (view.category, view.query, view.shown, len(view.candidates)) == ("tourism", "再推荐一个朝阳区的景点", (), 8)
    state, _ = play(dynamics, state, slate(5, category="tourism"))
    assert ending(state) == "met" and state.goal[0] == 2


def test_patience_runs_out(tiny_world: World) -> None:
    dynamics, state = opened(tiny_world, "zh-1", ScriptedUser(wants=False))
    for turn in range(4):
        assert ending(state) == "running", turn
        state, reaction = play(dynamics, state, slate(0))
    assert reaction.kind == "leave" and ending(state) == "left"


def test_the_leave_hazard_ends_sessions(tiny_world: World) -> None:
    dynamics, state = opened(tiny_world, "zh-1", ScriptedUser(wants=False, hazard=1.0))
    state, _ = play(dynamics, state, slate(0))
    assert ending(state) == "left"


def test_the_horizon_truncates(tiny_world: World) -> None:
    dynamics, state = opened(tiny_world, "zh-1", ScriptedUser(wants=False), horizon=2)
    state, _ = play(dynamics, state, slate(0))
    state, _ = play(dynamics, state, slate(1))
    assert ending(state) == "horizon"


def test_malformed_and_unknown_items_cost_the_turn(tiny_world: World) -> None:
    dynamics, state = opened(tiny_world, "zh-1")
    for action in (Action(act="malformed", error="no JSON"), Action(act="recommend", items=("nothing",))):
        before = state.patience[0]
        state, reaction = play(dynamics, state, action)
        assert reaction.kind == "repeat" and state.patience[0] == before - 1


def test_search_brings_items_within_reach_and_costs_no_patience(tiny_world: World) -> None:
    dynamics, state = opened(tiny_world, "zh-3")
    after, reaction = play(dynamics, state, Action(act="search", query="甲字小馆"))
    view = dynamics.views(after, [0])[0]
    assert reaction.kind == "results" and item_id("zh", "dining", 0) in [i.id for i in view.retrieved]
    assert view.messages[-1].role == "tool" and after.patience[0] == state.patience[0] and after.turn[0] == 1


def test_showing_an_item_again_does_not_change_the_answer(tiny_world: World) -> None:
    class Lukewarm(ScriptedUser):
        def appeal(self, sessions, goals, items, satisfaction):  # type: ignore[no-untyped-def]
            appeal = super().appeal(sessions, goals, items, satisfaction)
            return appeal._replace(utility=np.zeros(len(items)))

    for seed in range(12):
        dynamics = Dynamics(tiny_world, Lukewarm(), EnvConfig(patience_scale=10.0))
        state = dynamics.begin(np.array([tiny_world.session_row("zh-1")]), np.array([seed], np.uint64))
        kinds = []
        for _ in range(4):
            if ending(state) != "running":
                break
            state, reaction = play(dynamics, state, slate(7))
            kinds.append(reaction.kind)
        assert kinds == ["order"] or "order" not in kinds


def test_rows_of_a_batch_do_not_touch_each_other(tiny_world: World) -> None:
    dynamics = Dynamics(tiny_world, ScriptedUser(), EnvConfig())
    rows = np.arange(tiny_world.n_sessions)
    batch = dynamics.begin(rows, np.full(len(rows), 3, np.uint64))
    actions = [Action(act="recommend", items=tuple(i.id for i in v.candidates[:3])) for v in dynamics.views(batch, rows.tolist())]
    after, together = dynamics.step(batch, actions)
    for r in rows.tolist():
        alone_after, alone = dynamics.step(dynamics.begin(rows[r : r + 1], np.array([3], np.uint64)), [actions[r]])
        assert alone[0] == together[r]
        assert alone_after.dialogue[0] == after.dialogue[r]


def test_unusable_rules_are_refused() -> None:
    for wrong in ({"slate_size": 0}, {"slate_size": 5, "candidates": 4}, {"horizon": 0}, {"patience_scale": 0.0}):
        with pytest.raises(InputError):
            EnvConfig(**wrong)  # type: ignore[arg-type]
