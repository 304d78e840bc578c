"""The reward vector of a turn: rules before scorers, discounted means, missing values with reasons."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
import pytest
from five import DIMENSIONS, FC, IF, IR, QIR, UBP
from knownscorers import KnownScorer

from recenv.data.render import item_text, plain_response
from recenv.data.world import World
from recenv.records import Action, AgentView, Item, ScorerRow
from recenv.rewards.protocol import SOURCES, Cost, Scorer, ScorerSpec, Scores
from recenv.rewards.rows import of_candidates, of_turn
from recenv.rewards.rulings import Rulings
from recenv.rewards.turn import TurnScorer, discounted_mean
from recenv.testing.tiny import tiny_view

NAN = float("nan")


class ByItem:
    """0.9 for the first candidate's text, 0.5 for the second's, 0.1 otherwise; NaN where told so. Keeps what it was asked."""

    def __init__(self, dimension: str, view: AgentView, silent: bool = False) -> None:
        self.dimension, self.silent = dimension, silent
        self.values = {item_text(i): v for i, v in zip(view.candidates, (0.9, 0.5), strict=False)}
        self.rows: list[ScorerRow] = []

    @property
    def spec(self) -> ScorerSpec:
        return ScorerSpec(name="by item", dimension=self.dimension, kind="encoder", reads=(), fingerprint="")

    def score(self, rows: Sequence[ScorerRow]) -> Scores:
        self.rows += rows
        values = np.array([np.nan if self.silent else self.values.get(r.item, 0.1) for r in rows], np.float32)
        lists = tuple(np.full(len(r.items), 1 / len(r.items), np.float32) for r in rows if r.items)
        return Scores(values, ("too quiet" if self.silent else "",) * len(rows), lists)


@pytest.fixture
def view(tiny_world: World) -> AgentView:
    return tiny_view(tiny_world, "zh-1")


def score(view: AgentView, action: Action, items: Sequence[Item | None], silent: bool = False):  # type: ignore[no-untyped-def]
    scorers = {d: ByItem(d, view, silent) for d in DIMENSIONS}
    return TurnScorer(scorers)([Rulings(view, action, items)]), scorers


def recommend(view: AgentView, *at: int, text: str | None = None) -> tuple[Action, list[Item]]:
    items = [view.candidates[i] for i in at]
    said = plain_response(items, view.locale) if text is None else text
    return Action(act="recommend", items=tuple(i.id for i in items), text=said), items


def test_item_dimensions_are_discounted_means_over_the_slate(view: AgentView) -> None:
    result, _ = score(view, *recommend(view, 0, 1, 2))
    weights = np.array([1.0, 1 / np.log2(3), 0.5])
    expected = (np.array([0.9, 0.5, 0.1]) * weights).sum() / weights.sum()
    assert result.components[0, [QIR, UBP]] == pytest.approx([expected, expected], abs=1e-6)
    better, _ = score(view, *recommend(view, 0, 1))
    worse, _ = score(view, *recommend(view, 1, 0))
    assert better.components[0, QIR] > worse.components[0, QIR]  # order matters


def test_the_ranking_row_holds_the_slate_first_and_every_candidate_once(view: AgentView) -> None:
    _, scorers = score(view, *recommend(view, 4, 2))
    (row,) = scorers[DIMENSIONS[IR]].rows
    texts = [item_text(i) for i in view.candidates]
    assert row.shown == 2 and row.items[:2] == (texts[4], texts[2]) and sorted(row.items) == sorted(texts)


def test_a_scorer_never_overrules_a_failed_rule(view: AgentView) -> None:
    item = view.candidates[0]
    lie = f"推荐{item.name}（评分1.2分）。"
    result, scorers = score(view, *recommend(view, 0, text=lie))
    assert result.components[0, FC] == 0.0 and SOURCES[result.sources[0, FC]] == "rule" and "1.2" in result.reasons[0, FC]
    assert not scorers[DIMENSIONS[FC]].rows and result.components[0, [QIR, UBP]] == pytest.approx([0.9, 0.9])
    unknown = Action(act="recommend", items=("x",), text="推荐这家。")
    result, _ = score(view, unknown, [None])
    assert result.components[0, IF] == 0.0 and SOURCES[result.sources[0, IF]] == "rule"


@pytest.mark.parametrize("action", [Action(act="ask", text="预算多少？"), Action(act="search", query="火锅"), Action(act="end")])
def test_turns_without_a_recommendation_have_no_item_values(view: AgentView, action: Action) -> None:
    result, _ = score(view, action, [])
    assert result.components[0, IF] == 1.0 and np.isnan(result.components[0, 1:]).all()
    assert result.reasons == {(0, d): "no recommendation in this turn" for d in range(1, len(DIMENSIONS))}
    assert {SOURCES[s] for s in result.sources[0, 1:]} == {"none"}


def test_items_have_values_of_their_own(view: AgentView) -> None:
    """Of each item its relevance and take-up, and its probability over the most probable one's; nothing of texts."""
    action, items = recommend(view, 2, 1)
    scorers: dict[str, Scorer] = {d: ByItem(d, view) for d in DIMENSIONS}
    worth = {item_text(i): 0.1 * n for n, i in enumerate(view.candidates, 1)}
    scorers[DIMENSIONS[IR]] = KnownScorer(DIMENSIONS[IR], worth.__getitem__)
    result = TurnScorer(scorers)([Rulings(view, action, items)])
    assert result.items.shape == (1, view.slate_size, len(DIMENSIONS))
    assert np.isnan(result.items[0, :, [IF, FC]]).all() and np.isnan(result.items[0, 2]).all()
    assert result.items[0, :2, QIR].tolist() == result.items[0, :2, UBP].tolist() == pytest.approx([0.1, 0.5])
    assert result.items[0, :2, IR].tolist() == pytest.approx([3 / 16, 2 / 16])


def test_what_a_scorer_could_not_say_is_told_from_what_does_not_apply(view: AgentView) -> None:
    asked, _ = score(view, *recommend(view, 0), silent=True)
    assert asked.unjudged.tolist() == [[True] * len(DIMENSIONS)] and np.isnan(asked.items).all()
    wordless, _ = score(view, *recommend(view, 0, text=""), silent=True)
    assert wordless.unjudged[0].tolist() == [False, False, True, True, True]
    nobody = TurnScorer({})([Rulings(view, recommend(view, 0)[0], [view.candidates[0]])])
    question, _ = score(view, Action(act="ask", text="预算多少？"), [], silent=True)
    assert not nobody.unjudged.any() and not question.unjudged.any()


def test_of_what_is_unjudged_in_one_turn_nothing_is_in_another(view: AgentView) -> None:
    scorer = ByItem(DIMENSIONS[QIR], view)
    scorer.values[item_text(view.candidates[0])] = NAN
    found = TurnScorer({DIMENSIONS[QIR]: scorer})([Rulings(view, *recommend(view, at)) for at in (0, 1, 0, 2)])
    assert found.components[:, QIR] == pytest.approx([NAN, 0.5, NAN, 0.1], nan_ok=True)
    assert found.unjudged[:, QIR].tolist() == [True, False, True, False]


def test_a_slate_without_words_has_no_facts(view: AgentView) -> None:
    result, _ = score(view, *recommend(view, 0, text=""))
    assert np.isnan(result.components[0, FC]) and result.reasons[0, FC] == "the turn has no text"


def test_a_silent_scorer_is_missing_with_its_reason(view: AgentView) -> None:
    result, _ = score(view, *recommend(view, 0, 1), silent=True)
    assert np.isnan(result.components[0]).all() and result.reasons == {(0, d): "too quiet" for d in range(len(DIMENSIONS))}
    bare = TurnScorer({})([Rulings(view, recommend(view, 0)[0], [view.candidates[0]])])
    assert np.isnan(bare.components[0]).all() and bare.reasons[0, QIR] == "no scorer for this dimension"


def test_rows_of_a_batch_do_not_touch_each_other(view: AgentView) -> None:
    turns = [recommend(view, 0, 1), recommend(view, 2), recommend(view, 1, 0, 3)]
    scorer = TurnScorer({d: ByItem(d, view) for d in DIMENSIONS})
    together = scorer([Rulings(view, *turn) for turn in turns])
    for n, (action, items) in enumerate(turns):
        alone = scorer([Rulings(view, action, items)])
        assert alone.components[0].tobytes() == together.components[n].tobytes()


class Costly(ByItem):
    """Says of each row what it took: nothing is known of the first of a slate."""

    def score(self, rows: Sequence[ScorerRow]) -> Scores:
        costs = tuple(Cost(1, 10 * n, n, 0.5) if n else None for n in range(len(rows)))
        return super().score(rows)._replace(costs=costs)


def test_a_turn_costs_what_its_rows_cost(view: AgentView) -> None:
    turns = [recommend(view, 0, 1, 2), recommend(view, 3), recommend(view, 4)]
    found = TurnScorer({DIMENSIONS[QIR]: Costly(DIMENSIONS[QIR], view)})([Rulings(view, *turn) for turn in turns])
    assert [cost[DIMENSIONS[QIR]] for cost in found.costs] == [Cost(2, 30, 3, 1.0), Cost(1, 30, 3, 0.5), Cost(1, 40, 4, 0.5)]
    silent = TurnScorer({DIMENSIONS[QIR]: ByItem(DIMENSIONS[QIR], view)})([Rulings(view, *turns[0])])
    assert silent.costs == ({},)


def test_the_candidate_that_a_list_puts_first_is_told_where_it_was_not_shown(view: AgentView) -> None:
    worth = {item_text(i): 0.9 if n == 5 else 0.1 + 0.01 * n for n, i in enumerate(view.candidates)}
    scorer = TurnScorer({DIMENSIONS[IR]: KnownScorer(DIMENSIONS[IR], worth.__getitem__)})
    found = scorer([Rulings(view, *recommend(view, *at)) for at in ((0, 5), (0, 1), (5,), (7, 3, 2))])
    assert [told.get(DIMENSIONS[IR]) for told in found.left_out] == [None, view.candidates[5], None, view.candidates[5]]


def test_candidates_of_one_list_are_put_into_words_once_and_of_another_anew(view: AgentView) -> None:
    scorer = KnownScorer(DIMENSIONS[IR], lambda text: 0.5)
    turns = TurnScorer({DIMENSIONS[IR]: scorer})
    seen: list[tuple[str, ...]] = []
    score_ = scorer.score
    scorer.score = lambda rows: (seen.extend(row.items for row in rows), score_(rows))[1]  # type: ignore[method-assign]
    fewer = msgspec.structs.replace(view, candidates=view.candidates[:4])
    for one in (view, fewer, view, fewer):
        turns([Rulings(one, *recommend(one, 1))])
    texts = [item_text(i) for i in view.candidates]
    assert seen == [(texts[1], *(t for n, t in enumerate(texts[:most]) if n != 1)) for most in (16, 4, 16, 4)]


@pytest.mark.parametrize(("values", "mean"), [
    ([0.5], 0.5), ([NAN], NAN), ([1.0, 0.0], 1 / (1 + 1 / np.log2(3))), ([NAN, 0.25], 0.25), ([NAN, NAN], NAN),
    ([0.0, 0.0, 1.0], 0.5 / 2.1309298),
    ([*[0.0] * 50, 1.0], (1 / np.log2(52)) / sum(1 / np.log2(k + 2) for k in range(51))),
    ([1.0, *[0.0] * 49], 1 / sum(1 / np.log2(k + 2) for k in range(50)))])
def test_means_are_discounted_by_place(values: list[float], mean: float) -> None:
    assert discounted_mean(values) == pytest.approx(mean, nan_ok=True)


def test_rows_of_all_candidates_before_any_is_shown(view: AgentView) -> None:
    """Each alone, and one list of which nothing was shown; of a slate each item once, and no more than may be shown."""
    told = of_candidates(view)
    texts = tuple(item_text(i) for i in view.candidates)
    assert told.shown == 0 and told.slate == told.items == texts and told.query == view.query
    items = [view.candidates[n] for n in (2, 5, 2, 1, 0)]
    slate = of_turn(view, Action(act="recommend", text="hm"), items)
    assert slate.slate == (texts[2], texts[5], texts[1]) and slate.shown == view.slate_size == 3 and slate.response == "hm"
    assert slate.items == (*slate.slate, *(t for n, t in enumerate(texts) if n not in (1, 2, 5)))
