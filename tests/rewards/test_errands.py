"""Requests of several wishes: made of training rows, for training rows alone."""

from __future__ import annotations

from recenv.records import ScorerRow
from recenv.training.augment import ADDED
from recenv.training.errands import errands


def record(n: int) -> str:
    return f"Place {n}; dining; price: {n} yuan; rating: 4.{n % 10} stars"


def relevance(requests: int, locale: str = "en") -> list[ScorerRow]:
    return [ScorerRow(dimension="query_item_relevance", id=f"w/{q}:{n}", group=f"g{q}", locale=locale,
                      query=f"wish number {q} {locale}", item=record(10 * q + n), label=float(n == 0))
            for q in range(requests) for n in range(2)]


def ranking(requests: int) -> list[ScorerRow]:
    return [ScorerRow(dimension="item_ranking", id=f"w/{q}", group=f"g{q}", locale="en", query=f"wish number {q}",
                      items=tuple(record(100 * q + n) for n in range(12)), label=tuple(float(n == q % 12) for n in range(12)))
            for q in range(requests)]


def test_what_is_right_for_a_wish_is_right_for_the_request() -> None:
    rows = relevance(12)
    labels = {row.item: (row.query, row.label) for row in rows}
    made = errands(rows, 0.5, seed=3)
    assert len({row.query for row in made}) == 6
    for row in made:
        wish, label = labels[row.item]
        assert f"{wish}." in row.query and row.label == label
        assert row.id.startswith(ADDED) and row.group.startswith(ADDED)
    sizes = [sum(r.query == row.query for r in made) // 2 for row in made]
    assert set(sizes) <= {2, 3, 4} and len(set(sizes)) > 1


def test_lists_hold_the_best_of_each_wish_in_no_order_of_their_own() -> None:
    rows = ranking(30)
    right = {row.items[n] for row in rows for n, label in enumerate(row.label) if label}  # type: ignore[arg-type]
    places = []
    for row in errands(rows, 0.5, seed=3):
        assert isinstance(row.label, tuple) and len(row.label) == len(row.items) == len(set(row.items))
        assert sum(row.label) == row.query.count("wish number")
        assert all((item in right) == bool(label) for item, label in zip(row.items, row.label, strict=True))
        places += [n / len(row.items) for n, label in enumerate(row.label) if label]
    assert 0.3 < sum(places) / len(places) < 0.7


def test_languages_stay_apart_and_the_same_seed_makes_the_same_rows() -> None:
    rows = [*relevance(8), *relevance(9, "zh")]
    made = errands(rows, 1.0, seed=1)
    assert {"。" in row.query for row in made if row.locale == "zh"} == {True}
    assert {"。" in row.query for row in made if row.locale == "en"} == {False}
    assert made == errands(rows, 1.0, seed=1) != errands(rows, 1.0, seed=2)


def test_answers_in_prose_and_too_few_requests_make_none() -> None:
    prose = [ScorerRow(dimension="query_item_relevance", id=f"d/{n}", group=f"g{n}", locale="en", query=f"wish {n}",
                       item="I would watch that one again", label=1.0) for n in range(20)]
    assert errands(prose, 1.0, seed=0) == errands(relevance(3), 1.0, seed=0) == errands([], 1.0, seed=0) == []
    assert errands(relevance(12), 0.0, seed=0) == []
