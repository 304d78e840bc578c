"""What rows must hold and how models cut them, for the dimensions of the package and for one that it does not know."""

from __future__ import annotations

import msgspec
import pytest

from recenv.errors import InputError, UnknownName
from recenv.records import ScorerRow
from recenv.rewards.cache import Cache
from recenv.rewards.dimensions import DIMENSIONS, Dimension
from recenv.rewards.fields import check_rows, decided, items_of, missing, texts, worth_nothing
from recenv.rewards.models.blend import kinds_of
from recenv.rewards.models.compact.segments import KINDS, Segment, pieces
from recenv.rewards.models.sequence.similarities import GROUPS, names
from recenv.rewards.models.sequence.text import Field, sides
from recenv.training.augment import augmented
from recenv.training.examples import request, together

FULL = ScorerRow(
    dimension="", id="r", instruction="be brief", query="a tea house", response="Try the Lotus House.",
    evidence="Lotus House; 4.5", user="budget: low", context="time: noon", item="Lotus House",
    items=("Lotus House", "Blue Inn"), label=1.0)


@pytest.fixture
def tone(monkeypatch: pytest.MonkeyPatch) -> Dimension:
    """A dimension of somebody's own: is the answer kind to this person?"""
    record = DIMENSIONS["factual_consistency"]._replace(
        name="tone", short="TO", says="whether the answer is kind", reads=("user", "response"), needs=("response",),
        overlap=lambda row, item: (row.user, row.response), features=(), compares=(), word="", opinions=(), likeness="")
    monkeypatch.setitem(DIMENSIONS._entries, record.name, record)
    return record


def of(dimension: str, **changed: object) -> ScorerRow:
    return msgspec.structs.replace(FULL, dimension=dimension, **changed)


@pytest.mark.parametrize("dimension", list(DIMENSIONS))
def test_a_row_that_lacks_what_its_dimension_needs_is_not_scored(dimension: str) -> None:
    assert missing(of(dimension)) == ""
    for field in DIMENSIONS[dimension].needs:
        assert missing(of(dimension, **{field: () if field == "items" else " "})) == f"{dimension} needs a non-empty {field}"


@pytest.mark.parametrize("dimension", list(DIMENSIONS))
def test_an_answer_without_a_letter_says_nothing_and_only_where_there_are_answers(dimension: str) -> None:
    own = DIMENSIONS[dimension]
    if own.answers:
        assert worth_nothing(of(dimension, **{own.answers: "?!"})) == f"the {own.answers} says nothing"
        other = next(field for field in own.needs if field != own.answers)
        assert worth_nothing(of(dimension, **{own.answers: "?!", other: ""})) == ""  # cannot be judged at all
    assert worth_nothing(of(dimension)) == ""


@pytest.mark.parametrize("dimension", [d.name for d in DIMENSIONS.values() if d.answers == "response"])
def test_an_answer_that_is_what_was_said_to_it_is_worth_nothing(dimension: str) -> None:
    asked = of(dimension, query="Where can I eat noodles?", instruction="Answer in English.")
    for field in {"query", "instruction"} & set(DIMENSIONS[dimension].reads):
        echo = getattr(asked, field)
        for said in (echo, f" {echo.upper()} !"):
            assert decided(msgspec.structs.replace(asked, response=said)) == (0.0, f"the response repeats the {field}")
        assert worth_nothing(msgspec.structs.replace(asked, response=f"{echo} Noodle House.")) == ""


@pytest.mark.parametrize("dimension", list(DIMENSIONS))
def test_records_name_what_rooms_hold(dimension: str) -> None:
    own = DIMENSIONS[dimension]
    assert {kind for pair in own.compares for kind in pair} <= set(KINDS)
    assert own.likeness in GROUPS and names(dimension, 0) == GROUPS[own.likeness]
    assert set(own.needs) <= set(own.reads) and own.answers in ("", *own.reads)


def test_rows_of_another_dimension_are_refused_and_unknown_ones_named() -> None:
    with pytest.raises(InputError, match="item_ranking"):
        check_rows([of("item_ranking")], "query_item_relevance")
    with pytest.raises(UnknownName, match="item_ranking"):
        missing(of("item_rankin"))


def test_a_list_is_taken_item_by_item() -> None:
    row = of("item_ranking")
    assert items_of(row) == row.items and items_of(of("behavior_prediction")) == (row.item,)
    assert texts(row, "Blue Inn") == {"user": row.user, "context": row.context, "query": row.query, "item": "Blue Inn"}


def test_a_dimension_of_ones_own_is_cut_by_what_it_reads(tone: Dimension) -> None:
    row = of("tone")
    assert missing(row) == "" and worth_nothing(of("tone", response="...")) == "the response says nothing"
    made = sides(row)
    assert made.marker == "tone"
    assert (made.first, made.second) == ((Field(row.user, 92),), (Field(row.response, 92, True),))
    assert names("tone", 5) == () and kinds_of("tone") == ("",)
    assert request(row) is None and together([row], [1]) is None
    assert augmented([row] * 4, 1.0, 0) == []  # nothing is known to make rows of it


def test_evidence_is_compared_line_by_line() -> None:
    row = of("factual_consistency", evidence="Blue Inn; 4.1\nLotus House; 4.5")
    assert pieces(row, "", "item") == ("Lotus House; 4.5", "Blue Inn; 4.1")  # what the answer names comes first
    assert pieces(of("item_ranking"), "Blue Inn", "item") == ("Blue Inn",)
    assert pieces(of("item_ranking"), "", "person") == ("budget: low\ntime: noon",)
    assert Segment("query", *pieces(row, "", "query")) == ("query", "a tea house")


def test_the_least_recently_used_goes_first() -> None:
    cache: Cache[int] = Cache(2)
    for n in range(3):
        cache[n] = n
    assert cache.find(0) == 0 and cache.find(9) is None
    cache.trim()
    assert list(cache) == [2, 0]
