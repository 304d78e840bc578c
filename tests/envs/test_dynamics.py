"""The user's side of a turn, on a world where every answer is known."""

from __future__ import annotations

import numpy as np
import pytest
from fakes import ScriptedUser, ValuedUser
from sessions import ask, opened, reactions, rows_of, slate

from recenv import rng
from recenv.data.world import World
from recenv.envs.config import EnvConfig
from recenv.envs.engine import Engine
from recenv.envs.state import LEFT, REACTIONS
from recenv.errors import InputError
from recenv.records import Action
from recenv.testing.tiny import item_id

SEEDS = range(40)
# zh-1 wants a rating (told), a price (to be asked for) and an area (hidden): 7 and 15 have all, 3 and 11 miss the area only,
# 5 and 13 the price, 6 the rating, 4 rating and price, 1 price and area.


def test_an_item_that_meets_all_constraints_is_taken_up(tiny_world: World) -> None:
    play = opened(tiny_world, "zh-1")
    reaction = play(slate(7))
    assert (reaction.kind, reaction.item_id, play.ending) == ("order", item_id("zh", "dining", 7), "met")


# -- elimination, and the choice of the rest ---------------------------------------------------------------------


@pytest.mark.parametrize("bad", [0, 3, 4, 6])
def test_a_bad_neighbour_never_blocks_a_fitting_item(tiny_world: World, bad: int) -> None:
    """However much more he likes it: what misses anything, told or not, is put aside."""
    values = rows_of(tiny_world, {bad: 60.0, 7: 50.0})
    user = ValuedUser(values)
    for numbers in ((bad, 7), (7, bad)):
        for reaction in reactions(tiny_world, "zh-1", user, slate(*numbers), SEEDS):
            assert (reaction.kind, reaction.item_id) == ("order", item_id("zh", "dining", 7))


def test_of_what_fits_the_one_he_likes_better_is_taken(tiny_world: World) -> None:
    for better, worse in ((7, 15), (15, 7)):
        user = ValuedUser(rows_of(tiny_world, {better: 60.0, worse: 1.0}))
        for numbers in ((better, worse), (worse, better)):
            assert opened(tiny_world, "zh-1", user)(slate(*numbers)).item_id == item_id("zh", "dining", better)


def test_he_takes_nothing_below_his_bar_while_something_fits_better(tiny_world: World) -> None:
    """His bar is the draw for taking nothing; with items that differ by 100 logits no draw matters."""
    user = ValuedUser(rows_of(tiny_world, {7: 50.0, 15: -50.0}))
    for seed in SEEDS:
        play = opened(tiny_world, "zh-1", user, seed=seed)
        assert play(slate(15)).kind == "reject" and play(slate(7)).kind == "order"


def test_a_session_can_be_won_whenever_something_fits(tiny_world: World) -> None:
    """He does not hold out for what is not to be had: the best that fits is taken, whatever taking nothing is worth."""
    for values in ({}, {7: -30.0, 15: -40.0}, dict.fromkeys(range(16), -60.0)):
        user = ValuedUser(rows_of(tiny_world, values))
        either = [reactions(tiny_world, "zh-1", user, slate(n), SEEDS) for n in (7, 15)]
        for seed, found in zip(SEEDS, zip(*either, strict=True), strict=True):
            assert "order" in [reaction.kind for reaction in found], (values, seed)


def test_the_bar_is_not_above_the_best_that_fits(tiny_world: World) -> None:
    """And it is the draw for taking nothing where that is lower: as often as the logit says, an item of utility 0 is refused
    while one is there that would do."""
    user = ValuedUser(rows_of(tiny_world, {7: 0.0, 15: 50.0}))
    taken = sum(reaction.kind == "order" for reaction in reactions(tiny_world, "zh-1", user, slate(7), range(400)))
    assert abs(taken - 200) < 4 * 10  # P = 1 / 2, four standard deviations


def test_the_value_of_taking_nothing_is_taken_off(tiny_world: World) -> None:
    """Utilities count relative to the outside option: the same added to both changes nothing."""
    values = rows_of(tiny_world, {7: 0.5, 15: 0.0})
    users = [ValuedUser(values, outside=o) for o in (0.0, -9.0, 40.0)]
    kinds = [[reaction.kind for reaction in reactions(tiny_world, "zh-1", user, slate(7), SEEDS)] for user in users]
    assert kinds[0] == kinds[1] == kinds[2]


# -- looking -----------------------------------------------------------------------------------------------------


def test_the_top_is_always_looked_at_and_what_is_below_may_not_be(tiny_world: World) -> None:
    user = ScriptedUser(decay=0.5)
    n = 200
    for numbers, share in (((7,), 1.0), ((7, 0, 4), 1.0), ((0, 7, 4), 0.5), ((0, 4, 7), 0.25)):
        seeds = range(n if share < 1 else 40)
        orders = sum(reaction.kind == "order" for reaction in reactions(tiny_world, "zh-1", user, slate(*numbers), seeds))
        assert abs(orders / len(seeds) - share) <= 4 * np.sqrt(share * (1 - share) / len(seeds))


def test_an_id_that_names_nothing_takes_up_no_place(tiny_world: World) -> None:
    user = ScriptedUser(decay=1e-9)
    for seed in SEEDS:
        action = Action(act="recommend", items=("nothing", item_id("zh", "dining", 7)), text="推荐")
        assert opened(tiny_world, "zh-1", user, seed=seed)(action).kind == "order"
        play = opened(tiny_world, "zh-1", user, seed=seed)
        assert play.numbers(20, 7, 0).kind == "order"


def test_showing_the_same_slate_again_changes_nothing(tiny_world: World) -> None:
    user = ValuedUser({}, decay=0.4)
    for seed in SEEDS:
        play = opened(tiny_world, "zh-1", user, seed=seed, patience_scale=10.0)
        kinds = []
        while play.ending == "running" and len(kinds) < 4:
            kinds.append(play(slate(0, 15, 7)).kind)
        assert kinds == ["order"] or "order" not in kinds


def test_shown_higher_up_an_item_may_be_seen(tiny_world: World) -> None:
    user = ScriptedUser(decay=1e-9)
    for seed in SEEDS:
        play = opened(tiny_world, "zh-1", user, seed=seed)
        assert play(slate(0, 7)).kind != "order" and play(slate(7, 0)).kind == "order"


# -- what he says where nothing is taken -----------------------------------------------------------------------


def test_a_slate_that_misses_an_undisclosed_constraint_is_met_with_it(tiny_world: World) -> None:
    play = opened(tiny_world, "zh-1")
    reaction = play(slate(5))  # rating and area met, price missed
    assert reaction.kind == "refine" and "人均不超过50元" in reaction.text
    assert reaction.item_id == item_id("zh", "dining", 5)
    assert "人均不超过50元" in play.view.query
    assert play.told == {0, 1}


def test_what_is_revealed_goes_by_the_order_of_the_need(tiny_world: World) -> None:
    """One at a time, the first of those that are missed and not told yet."""
    play = opened(tiny_world, "en-1")  # rating told, private room to be asked for, area hidden
    assert play(slate(2, locale="en")).kind == "refine"  # misses all three
    assert play.told == {0, 1}
    assert play(slate(2, locale="en")).kind == "reject"  # nothing left to tell: he reminds of the first that he told
    assert "4.5" in play.last.text and "private" not in play.last.text
    play = opened(tiny_world, "zh-1", ScriptedUser())
    play.all_sayable()
    for said, told in (("4.5", {0}), ("50", {0, 1}), ("朝阳区", {0, 1, 2})):
        assert play(slate(0)).kind == "refine" and said in play.last.text and play.told == told
    play = opened(tiny_world, "zh-1", ScriptedUser())
    play.all_sayable()
    assert play(slate(5)).kind == "refine" and play.told == {1}  # of the best item: 5 misses the price alone


def test_a_disclosed_constraint_that_is_missed_again_is_repeated(tiny_world: World) -> None:
    play = opened(tiny_world, "zh-1")
    play(slate(5))
    reaction = play(slate(5))
    assert reaction.kind == "reject" and "人均不超过50元" in reaction.text


def test_a_slate_that_fails_reveals_nothing_where_the_rules_say_so(tiny_world: World) -> None:
    play = opened(tiny_world, "zh-1", reveals="nothing", patience_scale=10.0)
    reaction = play(slate(5))
    assert (reaction.kind, play.told) == ("reject", {0}) and "50" not in reaction.text
    assert play(slate(4)).kind == "reject" and "4.5" in play.last.text  # what he told before, he repeats
    assert play(ask("您的预算是多少？")).kind == "answer" and play.told == {0, 1}


def test_a_hidden_constraint_is_never_told(tiny_world: World) -> None:
    play = opened(tiny_world, "zh-1", patience_scale=10.0)
    play(slate(5))
    for action in (slate(3), ask("想在哪个区域？"), ask("还有什么要求吗？"), slate(3)):  # 3 misses the hidden area only
        assert "朝阳区" not in play(action).text
    assert play.told == {0, 1}


def test_he_speaks_of_the_best_that_he_did_not_put_aside(tiny_world: World) -> None:
    """zh-3: 16 has no rating on record, 8 misses it; he asks about 16, which may yet do, though he likes 8 better."""
    play = opened(tiny_world, "zh-3", ValuedUser(rows_of(tiny_world, {8: 50.0, 16: -5.0})))
    reaction = play(slate(8, 16))
    assert (reaction.kind, reaction.item_id) == ("inquire", item_id("zh", "dining", 16)) and "4.5" in reaction.text
    assert play.told == {0, 1}


def test_an_unknown_attribute_is_inquired_about_once(tiny_world: World) -> None:
    play = opened(tiny_world, "zh-3")
    assert play(slate(16)).kind == "inquire" and "4.5" in play.last.text
    assert play(slate(16)).kind == "reject" and "4.5" in play.last.text  # told already: it still does not do


# -- what the log says -----------------------------------------------------------------------------------------


def test_what_was_taken_up_in_the_log_is_wanted_whatever_it_misses(tiny_world: World) -> None:
    for n in (4, 16):
        user = ValuedUser(rows_of(tiny_world, {4: 50.0, 16: 50.0}), taken=rows_of(tiny_world, {n: 0.0}))
        for seed in SEEDS:
            for numbers in ((n,), (n, 0)):
                play = opened(tiny_world, "zh-3" if n == 16 else "zh-1", user, seed=seed)
                assert (play(slate(*numbers)).kind, play.last.item_id) == ("order", item_id("zh", "dining", n))


def test_what_was_refused_in_the_log_is_not_ordered_though_it_meets_everything(tiny_world: World) -> None:
    user = ValuedUser(rows_of(tiny_world, {7: 50.0}), refused=rows_of(tiny_world, {7: 0.0}))
    for seed in SEEDS:
        play = opened(tiny_world, "zh-1", user, seed=seed)
        assert play(slate(7)).kind == "reject" and play(slate(7, 15)).item_id == item_id("zh", "dining", 15)


# -- questions -------------------------------------------------------------------------------------------------


def test_a_question_is_answered_if_its_slot_is_askable(tiny_world: World) -> None:
    play = opened(tiny_world, "zh-1")
    reaction = play(ask("您的预算是多少？"))
    assert reaction.kind == "answer" and "人均不超过50元" in reaction.text and play.told == {0, 1}
    assert play(ask("您的预算是多少？")).kind == "indifferent"  # told already


def test_an_open_question_is_answered_with_as_many_wishes_as_the_rules_say(tiny_world: World) -> None:
    for session, locale in (("zh-1", "zh"), ("en-1", "en")):
        open_ = ask("还有什么要求吗？" if locale == "zh" else "Is there anything else that matters to you?")
        play = opened(tiny_world, session, patience_scale=10.0)
        assert play(open_).kind == "answer" and play.told == {0, 1}
        assert play(open_).kind == "indifferent" and play.told == {0, 1}  # the third is hidden


@pytest.mark.parametrize(("answers", "told"), [(1, {0}), (2, {0, 1}), (3, {0, 1, 2}), (64, {0, 1, 2})])
def test_an_answer_tells_the_first_wishes_in_the_order_of_the_need(tiny_world: World, answers: int, told: set[int]) -> None:
    play = opened(tiny_world, "zh-1", ScriptedUser(), answers=answers)
    play.all_sayable()
    assert play(ask("还有什么要求吗？")).kind == "answer" and play.told == told
    assert sum(text in play.last.text for text in ("评分要4.5分以上", "人均不超过50元", "要在朝阳区")) == len(told)


def test_an_answer_names_what_it_tells_and_not_what_was_told_before(tiny_world: World) -> None:
    for seed in SEEDS:
        text = opened(tiny_world, "zh-1", seed=seed)(ask("您对评分和价格有什么要求？")).text
        assert "价格" in text and "人均不超过50元" in text and "评分" not in text


def test_who_cannot_say_what_he_wants_does_not_claim_to_have_no_wish(tiny_world: World) -> None:
    about_area = opened(tiny_world, "zh-1")(ask("想在哪个区域？"))  # hidden
    about_type = opened(tiny_world, "zh-1")(ask("想要什么类型的餐馆？"))  # no wish at all
    assert about_area.kind == about_type.kind == "indifferent"
    assert "区域" not in about_area.text and "类型" in about_type.text


def test_a_question_costs_less_than_a_slate_that_fails_and_one_not_understood_as_much(tiny_world: World) -> None:
    for cost in (0.0, 0.1, 0.5, 2.0):
        play = opened(tiny_world, "zh-1", ask_cost=cost)
        for text, price in (("您的预算是多少？", cost), ("您的预算是多少？", cost), ("还有什么要求吗？", cost)):
            if play.ending != "running":
                break
            before = play.patience
            play(ask(text))
            assert play.patience == before - price
        play = opened(tiny_world, "zh-1", ask_cost=cost)
        assert play(ask("嗯嗯好的呢")).kind == "indifferent" and play.patience == 4 - 1.0


# -- goals, patience, endings -----------------------------------------------------------------------------------


def test_goals_follow_each_other_with_their_own_query_and_candidates(tiny_world: World) -> None:
    play = opened(tiny_world, "zh-2")
    reaction = play(slate(3))
    view = play.view
    assert "再推荐一个朝阳区的景点" in reaction.text
    assert (view.category, view.query, view.shown, len(view.candidates)) == ("tourism", "再推荐一个朝阳区的景点", (), 8)
    play(slate(5, category="tourism"))
    assert play.ending == "met" and play.state.goal[0] == 2


def test_a_new_goal_starts_afresh(tiny_world: World) -> None:
    """Patience, what was told and shown, and what was earned are the goal's own; turns are the session's."""
    play = opened(tiny_world, "zh-2")
    assert play.numbers(1, 2).kind == "refine"
    assert (play.patience, play.told, play.state.shown.sum()) == (3.0, {0, 1}, 2)
    assert play.state.earned.any() and play.state.count.any()
    play.numbers(3)
    assert (play.patience, play.told, play.state.shown.sum(), play.state.goal[0], play.state.turn[0]) == (4.0, {0}, 0, 1, 2)
    assert not play.state.earned.any() and not play.state.count.any()


def test_each_session_has_its_own_patience_on_the_scale_of_the_rules(tiny_world: World) -> None:
    for scale, patience in ((1.0, 4.0), (0.5, 2.0), (2.5, 10.0), (0.01, 1.0)):  # at least one turn
        assert opened(tiny_world, "zh-1", patience_scale=scale).patience == patience


def test_patience_runs_out(tiny_world: World) -> None:
    play = opened(tiny_world, "zh-1")
    for turn in range(4):
        assert (play.ending, play.patience) == ("running", 4 - turn)
        play(slate(0))
    assert play.last.kind == "leave" and play.ending == "left"
    assert play.last.item_id == ""  # who leaves speaks of nothing


def test_the_leave_hazard_ends_sessions(tiny_world: World) -> None:
    play = opened(tiny_world, "zh-1", ScriptedUser(hazard=1.0))
    play(slate(0))
    assert play.ending == "left"


def test_who_leaves_tells_nothing(tiny_world: World) -> None:
    for act in (slate(5), ask("您的预算是多少？")):
        play = opened(tiny_world, "zh-1", ScriptedUser(hazard=1.0), ask_cost=1.0)
        play(act)
        assert (play.ending, play.told) == ("left", {0}) and "50" not in play.last.text


@pytest.mark.parametrize(("action", "cost"), [
    (slate(0), 1.0), (ask("您的预算是多少？"), 0.25), (ask("嗯嗯好的呢"), 1.0), (Action(act="malformed", error="x"), 1.0),
    (Action(act="search", query="火锅"), 0.0), (slate(0, text="A place to eat at, and a good one."), 3.0),
])
def test_the_hazard_is_per_unit_of_patience(tiny_world: World, action: Action, cost: float) -> None:
    """A turn that costs c is left after with c times the hazard."""
    user, n = ScriptedUser(hazard=0.2), 200
    found = reactions(tiny_world, "zh-1", user, action, range(n), ask_cost=0.25, objection_cost=2.0)
    left = sum(reaction.kind == "leave" for reaction in found)
    p = 0.2 * cost
    assert abs(left - n * p) <= 4 * np.sqrt(n * p * (1 - p))


def test_an_order_costs_no_patience_and_nobody_leaves_after_it(tiny_world: World) -> None:
    user = ScriptedUser(hazard=1.0)
    for seed in SEEDS:
        play = opened(tiny_world, "zh-2", user, seed=seed)
        assert play(slate(3)).kind == "order" and play.ending == "running" and play.patience == 4.0


def test_the_horizon_truncates_unless_the_session_ends_there_by_itself(tiny_world: World) -> None:
    play = opened(tiny_world, "zh-1", horizon=2)
    play(slate(0))
    assert play.ending == "running"
    play(slate(1))
    assert play.ending == "horizon"
    for last, ending in ((slate(7), "met"), (Action(act="end"), "ended"), (Action(act="search", query="火锅"), "horizon")):
        play = opened(tiny_world, "zh-1", horizon=1)
        play(last)
        assert play.ending == ending
    play = opened(tiny_world, "zh-1", ScriptedUser(hazard=1.0), horizon=1)
    play(slate(0))
    assert play.ending == "left"


def test_the_agent_may_end_a_session(tiny_world: World) -> None:
    play = opened(tiny_world, "zh-1")
    assert play(Action(act="end", text="再见")).kind == "farewell" and (play.ending, play.patience) == ("ended", 4.0)


def test_malformed_and_unknown_items_cost_the_turn(tiny_world: World) -> None:
    play = opened(tiny_world, "zh-1")
    nothing = (Action(act="recommend", items=("nothing",)), Action(act="recommend"))
    for action in (Action(act="malformed", error="no JSON"), *nothing):
        before = play.patience
        assert play(action).kind == "repeat" and play.patience == before - 1
    assert not play.state.shown.any()


def test_search_brings_items_within_reach_and_costs_no_patience(tiny_world: World) -> None:
    play = opened(tiny_world, "zh-3")
    reaction = play(Action(act="search", query="甲字小馆"))
    view = play.view
    assert reaction.kind == "results" and item_id("zh", "dining", 0) in [i.id for i in view.retrieved]
    assert view.messages[-1].role == "tool" and play.patience == 4.0 and play.state.turn[0] == 1


def test_an_item_that_a_search_brought_up_can_be_ordered(tiny_world: World) -> None:
    """zh-2, first goal: 3 is the only fitting candidate, but 10 beyond the list fits as well."""
    play = opened(tiny_world, "zh-2", ValuedUser(rows_of(tiny_world, {10: 50.0})))
    play(Action(act="search", query="子字小馆"))
    reaction = play(slate(10))
    assert (reaction.kind, reaction.item_id, play.state.goal[0]) == ("order", item_id("zh", "dining", 10), 1)


def test_rows_that_sit_out_stay_as_they_are(tiny_world: World) -> None:
    engine = Engine(tiny_world, EnvConfig(), scorers={}, user=ScriptedUser())
    state, log = engine.begin(np.array([0, 1]), np.array([3, 3], np.uint64)), engine.log(2, words=True)
    after, step = engine.step(state, log, [slate(0), None])
    assert after.turn.tolist() == [1, 0] and after.patience.tolist() == [3.0, 4.0] and step.reactions.kind[1] == -1
    assert (step.rewards[1], step.paid[1], step.applicable[1].any()) == (0.0, False, False)
    for name in ("told", "goal", "ending", "shown", "earned", "count"):
        assert (getattr(after, name)[1] == getattr(state, name)[1]).all()


def test_rows_of_a_batch_do_not_touch_each_other(tiny_world: World) -> None:
    engine = Engine(tiny_world, EnvConfig(), scorers={}, user=ScriptedUser())
    rows = np.arange(tiny_world.n_sessions)
    seeds = np.full(len(rows), 3, np.uint64)
    state, log = engine.begin(rows, seeds), engine.log(len(rows), words=True)
    views = engine.views(state, log, rows.tolist())
    actions = [Action(act="recommend", items=tuple(i.id for i in v.candidates[:3])) for v in views]
    after, _ = engine.step(state, log, actions)
    for r in rows.tolist():
        one, own = engine.begin(rows[r : r + 1], seeds[:1]), engine.log(1, words=True)
        alone, _ = engine.step(one, own, [actions[r]])
        assert engine.reaction(alone, own, 0) == engine.reaction(after, log, r)
        assert engine.views(alone, own, [0]) == engine.views(after, log, [r])


def test_unusable_rules_are_refused() -> None:
    for wrong in ({"slate_size": 0}, {"slate_size": 5, "candidates": 4}, {"horizon": 0}, {"patience_scale": 0.0},
                  {"ask_cost": -0.1}, {"objection_cost": 101}, {"answers": 0}, {"answers": 65}):
        with pytest.raises(InputError):
            EnvConfig(**wrong)  # type: ignore[arg-type]


def test_a_session_is_told_again_word_by_word(tiny_world: World) -> None:
    """What is rendered of a turn later on is what was said then."""
    play = opened(tiny_world, "zh-1", patience_scale=10.0)
    said = [play(a).text for a in (slate(5), ask("想在哪个区域？"), slate(3), slate(7, 0))]
    found = [m.content for m in play.engine.transcript.messages(play.state, play.log, 0) if m.role == "user"]
    assert found == ["想找一家评分4.5分以上的餐馆", *said]


def test_what_is_said_of_a_turn_belongs_together(tiny_world: World) -> None:
    """Of many turns of every kind: what is told was not told before and may be said; who orders, objects, leaves or is asked
    nothing tells nothing; a wish that is named is one that is told now or was before, the first of them."""
    engine = Engine(tiny_world, EnvConfig(patience_scale=3.0, answers=2), scorers={}, user=ScriptedUser(hazard=0.05, decay=0.7))
    n = 60
    state = engine.begin(np.arange(n) % tiny_world.n_sessions, np.arange(n, dtype=np.uint64))
    log, seen = engine.log(n, words=True), dict[str, int]()
    for turn in range(7):
        views, actions = engine.views(state, log, range(n)), list[Action | None]()
        for r, view in enumerate(views):
            zh = view.locale == "zh"
            what = int(rng.integers(8, r, turn, 1))
            items = tuple(view.candidates[int(i)].id for i in rng.permutation(len(view.candidates), r, turn)[: 1 + what % 3])
            words = ("OK" if zh == (what == 0) else "推荐") if what else f"{view.candidates[0].name}评分1.2分"
            question = ask(("预算" if zh else "What is your budget?", "还有什么要求吗？", "?")[turn % 3])
            others = {3: question, 4: question}
            if (r + turn) % 2:
                others |= {5: Action(act="search", query="x"), 6: Action(act="malformed", error="?")}
                others |= {7: Action(act="end", text="再见" if zh else "Bye")}
            shown = Action(act="recommend", items=items, text=words)
            actions.append(None if state.ending[r] else others.get(what, shown))
        before, (state, step) = state, engine.step(state, log, actions)
        found, standing = step.reactions, engine.tables.standing(before.session, before.goal)
        for r, action in enumerate(actions):
            kind = REACTIONS[found.kind[r]] if found.kind[r] >= 0 else ""
            told, constraint, known = int(found.told[r]), int(found.constraint[r]), int(before.told[r])
            seen[kind] = seen.get(kind, 0) + 1
            assert (kind == "") == (action is None)
            assert told & known == 0 and told & ~int(standing.sayable[r]) == 0
            if kind in ("order", "object", "leave", "results", "repeat", "farewell", "indifferent", ""):
                assert (told, constraint) == (0, -1), kind
            elif kind == "reject":
                assert told == 0 and (constraint == -1 or known >> constraint & 1)
            else:
                assert kind in ("refine", "inquire", "answer") and told & -told == 1 << constraint
                assert told.bit_count() <= (2 if kind == "answer" else 1)
            assert (found.place[r] >= 0) == (kind in ("order", "refine", "inquire", "reject")), kind
            assert bool(found.met[r]) == (kind == "order") and (found.objection[r] > 0) <= (kind in ("object", "order"))
            assert (kind == "leave") <= (state.ending[r] == LEFT) and state.turn[r] == before.turn[r] + (action is not None)
    assert len(seen) == 12, seen  # of every kind


def test_what_was_recommended_in_a_goal_is_known_in_its_order(tiny_world: World) -> None:
    def ids(*numbers: int, category: str = "dining") -> tuple[str, ...]:
        return tuple(item_id("zh", category, n) for n in numbers)

    play = opened(tiny_world, "zh-2", patience_scale=10.0)
    assert play.view.shown == ()
    for action, shown in ((slate(1), ids(1)), (ask("您的预算是多少？"), ids(1)), (slate(0, 1, 5), ids(1, 0, 5)),
                          (Action(act="search", query="x"), ids(1, 0, 5)), (slate(3), ())):
        play(action)
        assert play.view.shown == shown
    play(slate(4, category="tourism"))
    assert play.view.shown == ids(4, category="tourism")
    play = opened(tiny_world, "zh-1")
    play.numbers(2, 0)
    assert play.view.shown == ids(2, 0)
