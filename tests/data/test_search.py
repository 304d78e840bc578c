"""BM25: the formula, Chinese, filters, and independence from whatever else is scored."""

from __future__ import annotations

import math
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recenv.data.filters import parse_filters
from recenv.data.render import item_text
from recenv.data.search import K1, B, Bm25Index, index_of, tokenize
from recenv.data.world import World
from recenv.errors import InputError
from recenv.testing.tiny import item_id

QUERIES = ("火锅", "想找一家评分4.6分的川菜馆，要有停车场", "noodle bar in Riverside", "parking", "no such word")


@pytest.fixture(scope="module")
def index(tiny_world: World) -> Bm25Index:
    return Bm25Index(tiny_world)


def found(index: Bm25Index, world: World, query: str, **how: object) -> list[str]:
    return [world.item(row).id for row in index.search(query, 100, **how).rows]  # type: ignore[arg-type]


@pytest.mark.parametrize(("text", "terms"), [
    ("北京烤鸭", ["北", "京", "烤", "鸭", "北京", "京烤", "烤鸭"]),
    ("人均 58.5元", ["人", "均", "人均", "58.5", "元"]),
    ("ＨｏｔＰｏｔ，４.５", ["hotpot", "4.5"]),
    ("WiFi在7楼", ["wifi", "在", "7", "楼"]),
    ("Straße café_bar", ["strasse", "café", "bar"]),
    ("", []), ("!?。 \x00", []),
])
def test_tokens(text: str, terms: list[str]) -> None:
    assert tokenize(text) == terms


@given(st.text())
def test_tokens_of_any_text_are_words(text: str) -> None:
    assert all(term and not term.isspace() for term in tokenize(text))


@pytest.mark.parametrize("query", QUERIES)
def test_scores_follow_the_formula(index: Bm25Index, tiny_world: World, query: str) -> None:
    documents = [Counter(tokenize(item_text(tiny_world.item(row)))) for row in range(tiny_world.n_items)]
    lengths = [sum(d.values()) for d in documents]
    mean = sum(lengths) / len(lengths)
    for row, document in enumerate(documents):
        expected = 0.0
        for term in tokenize(query):
            df = sum(term in d for d in documents)
            idf = math.log(1 + (len(documents) - df + 0.5) / (df + 0.5))
            tf = document[term]
            expected += idf * tf * (K1 + 1) / (tf + K1 * (1 - B + B * lengths[row] / mean))
        assert index.score(query, [row])[0] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("query", QUERIES)
def test_an_items_score_is_its_own(index: Bm25Index, tiny_world: World, query: str) -> None:
    rows = np.arange(tiny_world.n_items)
    alone = np.array([index.score(query, [row])[0] for row in rows])
    np.testing.assert_array_equal(index.score(query, rows), alone)
    np.testing.assert_array_equal(index.score(query, rows[::-1]), alone[::-1])
    np.testing.assert_array_equal(index.score(query, [3, 3, 5]), alone[[3, 3, 5]])
    result = index.search(query, 1000)
    np.testing.assert_array_equal(result.scores, alone[result.rows])
    assert sorted(result.rows) == np.flatnonzero(alone).tolist()


def test_order_is_by_score_then_row(index: Bm25Index) -> None:
    result = index.search("停车场 包间", 1000)
    keys = list(zip((-result.scores).tolist(), result.rows, strict=True))
    assert keys == sorted(keys) and len(set(result.scores.tolist())) < len(keys)
    assert index.search("停车场 包间", 4).rows == result.rows[:4]
    assert index.search("停车场", 0).rows == []


def test_words_find_the_items_that_carry_them(index: Bm25Index, tiny_world: World) -> None:
    hotpot = [item_id("zh", "dining", n) for n in range(8, 17)]
    assert sorted(found(index, tiny_world, "火锅")) == hotpot
    assert found(index, tiny_world, "火锅", category="tourism") == []
    assert found(index, tiny_world, "Kitchen No 13")[0] == item_id("en", "dining", 13)
    assert found(index, tiny_world, "no_such_word xyzzy")[:1] != [] and found(index, tiny_world, "xyzzy") == []


def test_a_search_without_words_is_decided_by_category_and_filters(index: Bm25Index, tiny_world: World) -> None:
    assert len(found(index, tiny_world, "", category="dining")) == 34
    cheap = found(index, tiny_world, "", category="dining", filters={"price": "50", "area": "海淀"})
    assert cheap == [item_id("zh", "dining", n) for n in (2, 3, 10, 11)]


@pytest.mark.parametrize(("filters", "numbers"), [
    ({"rating": "4.5"}, (9, 11, 13, 15)), ({"评分": "4.5分以上"}, (9, 11, 13, 15)), ({"min_rating": "4.5"}, (9, 11, 13, 15)),
    ({"rating": "<=4.5"}, (8, 10, 12, 14)), ({"rating": "不低于4.5"}, (9, 11, 13, 15)),
    ({"rating": "under 4.5"}, (8, 10, 12, 14)),
    ({"price": "50"}, (10, 11, 14, 15)), ({"max price": "50元"}, (10, 11, 14, 15)), ({"price": ">= 50"}, (8, 9, 12, 13)),
    ({"price": "不低于50"}, (8, 9, 12, 13)), ({"price": "不高于50"}, (10, 11, 14, 15)),
    ({"price": "no more than 50"}, (10, 11, 14, 15)),
    ({"价格": "40到44元"}, (10, 11, 14)), ({"price": "40 - 100"}, (8, 9, 10, 11, 14, 15)),
    ({"area": "朝阳区"}, (12, 13, 14, 15, 16)), ({"tags": "停车"}, (8, 11, 13, 14)), ({"name": "丁"}, ()),
    ({"category": "餐饮"}, tuple(range(8, 17))), ({"category": "tourism"}, ()), ({"subcategory": "川菜"}, ()),
    ({"distance": "3"}, ()), ({"price": "50", "rating": "4.5"}, (11, 15)),
])
def test_filters(index: Bm25Index, tiny_world: World, filters: dict[str, str], numbers: tuple[int, ...]) -> None:
    result = index.search("火锅", 100, filters=filters)
    assert result.ignored_filters == ()
    assert sorted(tiny_world.item(row).id for row in result.rows) == [item_id("zh", "dining", n) for n in numbers]


@pytest.mark.parametrize("filters", [
    {"mood": "cosy"}, {"price": "cheap"}, {"price": "1 2 3"}, {"category": "spaceships"}, {"": ""}, {"area": "  "},
    {"\ud800": "\ud800"}, {"price": "9" * 100_000}, {"area" * 100_000: "x"},
])
def test_a_filter_that_cannot_be_read_is_ignored_and_named(index: Bm25Index, filters: dict[str, str]) -> None:
    plain, filtered = index.search("火锅", 100), index.search("火锅", 100, filters=filters)
    assert filtered.rows == plain.rows
    (note,) = filtered.ignored_filters
    assert len(note) < 400


def test_an_unknown_category_is_ignored_and_named(index: Bm25Index) -> None:
    assert index.search("火锅", 3, category="spaceships").rows == index.search("火锅", 3).rows
    assert "expected one of dining" in index.search("火锅", 3, category="spaceships").ignored_filters[0]


@given(st.dictionaries(st.text(), st.text(), max_size=30))
def test_no_filter_raises(filters: dict[str, str]) -> None:
    checks, ignored = parse_filters(filters)
    assert len(checks) + len(ignored) >= min(len(filters), 16)


def test_a_long_query_costs_no_more_than_its_start(index: Bm25Index) -> None:
    start = time.process_time()
    assert index.search("火锅" * 1_000_000, 5).rows == index.search("火锅" * 2048, 5).rows
    assert time.process_time() - start < 1.0


@pytest.mark.parametrize("rows", [[-1], [10_000]])
def test_rows_outside_the_world_are_refused(index: Bm25Index, rows: list[int]) -> None:
    with pytest.raises(InputError, match="item rows must lie in"):
        index.score("火锅", rows)


def test_nothing_to_score(index: Bm25Index) -> None:
    assert index.score("火锅", []).shape == (0,)
    assert index.score("", [1, 2]).tolist() == [0.0, 0.0]


def test_worlds_of_one_store_share_an_index(tiny_world: World, tiny_world_path: Path) -> None:
    assert index_of(tiny_world) is index_of(World(tiny_world_path))
