"""What a turn's worth falls short of: candidates and values known by construction."""

from __future__ import annotations

import msgspec
import pytest
from trace_builders import NAMES, plan, session, turn

from recenv.evaluation.ceiling import BestItem, SessionCeilings
from recenv.evaluation.losses import NOTHING, losses, losses_in_words, main_cause
from recenv.evaluation.shortfall import best_to_serve, of_order
from recenv.evaluation.why import explain
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rewards.hybrid import REWARDS
from recenv.rollouts.trace import LeftOut, Shown, TurnTrace

RANKING = next(d for d, dimension in enumerate(DIMENSIONS.values()) if dimension.listwise)
SPEC = REWARDS["service"]


def ranked(*values: float, ndcg: float = 0.6, left: str = "", **changes: object) -> TurnTrace:
    """A slate whose items have these values of ranking, and 0.6 in all that is judged one by one."""
    items = tuple(Shown(seen=True, missed=(0,), values=(None, None, 0.6, 0.6, v), worth=round((1.2 + v) / 3, 4)) for v in values)
    made = turn(components=(1.0, 1.0, 0.6, 0.6, ndcg), reward=0.06, items=NAMES[: len(values)])
    name = tuple(DIMENSIONS)[RANKING]
    known = {"left_out": {name: LeftOut(id="x", name=left)}} if left else {}
    return msgspec.structs.replace(made, **{"shown": items, "value": max(i.worth or 0.0 for i in items), **known, **changes})


@pytest.mark.parametrize(("made", "says"), [
    (ranked(0.2, 0.5, left="Far Better"),
     "left out: Far Better, put first by the scorer; of those shown, 2 中国国家博物馆 comes nearest (0.50 of it)"),
    (ranked(0.2, 0.5), "left out: a better candidate"),  # traces of before do not name it
    (ranked(0.25, 0.1, 1.0), "3 清华大学, put first by the scorer, stands below 1 天安门广场 (0.25 of it)"),
    (ranked(1.0, 0.1, 0.3), "3 清华大学 (0.30) stands below 2 中国国家博物馆 (0.10)"),
    (ranked(1.0, 0.3, 0.1), "better ones than 3 清华大学 were left out"),
])
def test_a_list_out_of_order_names_what_should_stand_first(made: TurnTrace, says: str) -> None:
    assert says in of_order(RANKING, made)
    note = explain(session([made]), None, plan(), SPEC)[0].notes[RANKING]
    assert note.text == of_order(RANKING, made)


def test_a_list_in_order_needs_no_reason() -> None:
    assert of_order(RANKING, ranked(1.0, 0.5, ndcg=1.0)) == "" == of_order(RANKING, turn())


def best(worth: float, ranking: float, *, item: str = "x", met: bool = True) -> BestItem:
    return BestItem(id=item, name="The Best", met=met, worth=worth, values=(1.0, 1.0, 0.6, 0.6, ranking))


def test_the_item_that_the_ceiling_serves_is_named_with_the_dimension_that_is_missing_most() -> None:
    made = ranked(0.1, 0.4)
    assert best_to_serve(made, best(0.7333, 1.0), SPEC, opening=True) == (
        "best to serve: The Best, worth 0.73 (IR 1.00 instead of 0.40), left out; it would have been ordered")
    assert "worth 0.73 by what was said at first (IR" in best_to_serve(made, best(0.7333, 1.0), SPEC, opening=False)
    assert best_to_serve(made, best(0.7333, 1.0, met=False), SPEC, opening=True).endswith("left out")


def test_it_is_valued_as_it_was_shown_in_this_turn() -> None:
    """The first item was taken; the second, at 0.9, is worth 0.7 and not the 0.4 of the opening."""
    taken = ranked(0.3, 0.9, outcome=True, value=0.5)
    taken = msgspec.structs.replace(taken, reaction=msgspec.structs.replace(taken.reaction, kind="order", item_id="i0"))
    assert best_to_serve(taken, best(0.4, 0.0, item="i1"), SPEC, opening=False) == (
        "best to serve: The Best, worth 0.70 (IR 0.90 instead of 0.30), shown at 2")


@pytest.mark.parametrize("made", [
    ranked(1.0, outcome=True), turn(act="ask"), ranked(1.0, 0.2, outcome=True),
])
def test_where_nothing_better_was_to_be_had_nothing_is_said(made: TurnTrace) -> None:
    assert best_to_serve(made, best(0.7333, 1.0, item="i0"), SPEC, opening=True) == ""


def test_what_the_ceiling_serves_is_told_behind_the_scenes_alone() -> None:
    why, = explain(session([ranked(0.1, 0.4)]), None, plan(), SPEC, None, [best(0.7333, 1.0)])
    assert why.behind.startswith("nothing shown meets the whole need; best to serve: The Best")
    assert all("The Best" not in text for text in (why.pay, *(n.text for n in why.notes)))


CEILING = SessionCeilings(needs_met=(1.0,), returns=(0.9733,), users=("u0",), unwinnable=0.0,
                          quality=((0.0, 0.0, 0.02, 0.02, 0.0333),))


@pytest.mark.parametrize(("ranking", "cause", "words"), [
    (0.7, "IR", "lost 0.010 (item ranking 0.010)"),  # a tenth of a third of what it has less
    (0.97, "IR", "lost 0.001 (item ranking 0.001)"),
    (1.0, NOTHING, "nothing lost"),
])
def test_small_losses_have_a_cause_and_their_size(ranking: float, cause: str, words: str) -> None:
    made = ranked(ranking, outcome=True, reward=0.9 + 0.1 * (1.2 + ranking) / 3)
    lost = losses(session([made]), CEILING, SPEC)
    assert main_cause(lost) == cause and losses_in_words(lost) == words


def test_where_no_ceiling_is_known_nothing_is_said_of_losses() -> None:
    assert losses_in_words(None) == "" == main_cause(None)
    assert losses_in_words({"IR": -0.004}) == "0.004 above the ceiling" and main_cause({"IR": -0.004}) == NOTHING
