"""Whom words like "both", "all three", "the latter" are about."""

from __future__ import annotations

import re

import pytest

from recenv.records import Item
from recenv.rewards.rules.references import (
    Group,
    Named,
    behind_colon,
    comparisons,
    group,
    in_brackets,
    no_value,
    one_by_one,
    references,
    sentence,
)

ITEMS = tuple(Item(id=name, category="dining", name=name, attributes={}) for name in "ABCDE")


def masked(text: str) -> tuple[str, list[Named]]:
    """A text with A to E as names."""
    named = [Named(at, at + 1, (ITEMS["ABCDE".index(c)],)) for at, c in enumerate(text) if c in "ABCDE"]
    return "".join("\ufffc" if c in "ABCDE" else c for c in text), named


@pytest.mark.parametrize(("text", "ids"), [
    ("A and B both cost 50", "AB"), ("A, B and C all three cost 50", "ABC"), ("A, B: all 2 cost 50", "AB"),
    ("A和B两家都50", "AB"), ("A. B and C both cost 50", "BC"), ("A, B and A both cost 50", "AB"),
    ("A and B are near. all of them cost 50", "AB"), ("both cost 50: A and B. C does not", "AB"),
    ("C is far. both cost 50: A and B", "AB"), ("A and B all three cost 50", ""), ("A, B and C both cost 50", ""),
    ("A both cost 50", ""), ("A、B三家都50", ""), ("both cost 50", ""), ("A and B both fit your budget of 50", ""),
    ("A costs 50", None), ("both A at 50", None),
    ("both A and B each cost 50", "AB")])
def test_what_is_said_of_several_is_said_of_as_many_as_are_counted(text: str, ids: str | None) -> None:
    read, named = masked(text)
    found = group(read, named, [], 0, read.index("50"))
    assert (None if found is None else "".join(item.id for item in found.items)) == ids


@pytest.mark.parametrize(("text", "ids"), [
    ("A and B. the former is 50, the latter 60", ["A", "B"]), ("A和B。后者50", ["B"]), ("A, B and C. the latter is 50", [""]),
    ("A and B. the second is 50", ["B"]), ("A and B. the third is 50", [""]), ("A. the first is 50", [""]),
    ("the first one is B, the second is A. the first one is 50", ["B"]), ("A and B. one of them is 50", [""]),
    ("A. B and C. the former is 50", ["B"]), ("A, A and B. the latter is 50", ["B"]), ("the former is A", [""])])
def test_words_that_stand_for_a_name_stand_for_one_that_can_be_told(text: str, ids: list[str]) -> None:
    assert ["".join(item.id for item in found.items) for found in references(*masked(text))] == ids


def names(found: Group | None) -> str | None:
    return None if found is None else "".join(item.id for item in found.items)


@pytest.mark.parametrize(("text", "at", "ids"), [
    ("A and B cost 50 and 60", "60", "B"), ("A and B cost 50 and 60", "50", "A"), ("A and B cost 50", "50", None),
    ("A和B50和60", "60", "B"), ("A costs 50 and 60", "50", None), ("A costs 50, B costs 60", "60", None),
    ("A is far. B costs 50 and 60", "50", None),
    ("A near B cost 50 and 60", "50", None), ("A, B and C cost 50 and 60", "50", ""),
    ("A, B and C cost 50, 60 and 70", "70", "C"), ("A and B and A cost 50 and 60", "60", "B"),
    ("50 and 60 respectively cost A and B", "50", "A"), ("C. 50 and 60 cost A and B respectively", "60", "B"),
    ("A and B cost 50 respectively", "50", ""), ("respectively 50 and 60: A and B", "60", "B"),
    ("A and B cost 50 and 60! C costs 70", "60", "B"), ("C costs 70! A and B cost 50 and 60", "50", "A")])
def test_one_by_one_as_many_numbers_as_names(text: str, at: str, ids: str | None) -> None:
    read, named = masked(text)
    numbers = [m.start() for m in re.finditer(r"\d+", read)]
    assert names(one_by_one(read, named, [], read.index(at), numbers)) == ids
    told = [Named(0, 1, ())]  # who is referred to in the sentence may be meant
    if ids and "respectively" not in text and not text.startswith("C"):
        assert one_by_one(read, named, told, read.index(at), numbers) is None


@pytest.mark.parametrize(("text", "bracket", "colon"), [
    ("50 yuan (A), 60 (B)", "A", None), ("50 (for B)", "B", None), ("50: A", None, "A"), ("50元: A, B", None, "A"),
    ("50 yuan for A", None, None), ("A 50: B", None, None), ("50 yuan (near A)", None, None)])
def test_a_name_may_stand_in_brackets_or_behind_a_colon(text: str, bracket: str | None, colon: str | None) -> None:
    read, named = masked(text)
    start = read.index("50")
    assert names(in_brackets(read, named, start + 2)) == bracket
    assert names(behind_colon(read, named, [], 0, start, start + 2)) == colon
    assert behind_colon(read, named, [Named(start - 1, start, ())], start - 1, start, start + 2) is None
    if colon:  # what stands before the clause, or behind, is not in the way
        for other in (Named(start - 1, start, ()), Named(start, start + 1, ())):
            assert names(behind_colon(read, named, [other], start, start, start + 2)) == colon


def test_a_sentence_is_looked_for_within_bounds() -> None:
    text = "One. Two is 1.5 long! Three"
    assert [text[slice(*sentence(text, text.index(part)))] for part in ("One", "is", "5", "Three")] == [
        "One", "Two is 1.5 long", "Two is 1.5 long", " Three"]
    assert sentence("x" * 2_000, 1_000) == (400, 1_600) and sentence("x" * 900, 500) == (0, 900)
    for end, found in ((1_598, 1_598), (1_599, 1_600)):  # what is looked through holds an end whole, or not
        assert sentence(f"{'x' * end}. y", 1_000) == (400, found)


@pytest.mark.parametrize(("slot", "text", "none"), [
    ("price", "costs <50> yuan more", True), ("price", "便宜了<50>元", True), ("price", "便宜了|<50>元", False),
    ("price", "便宜，人均<50>元", False), ("price", "costs <50> yuan altogether", True), ("distance", "lies <5> in total", False),
    ("price", "two nights <500>", True), ("rating", "two nights <4.5>", False), ("distance", "in total <5>", True),
    ("price", "in total <5>", True), ("rating", "almost <4.5>", True), ("rating", "almost nobody: <4.5>", False),
    ("rating", "taste rated <4.8>", True), ("price", "taste: <48>", False), ("distance", "taste: <4>", False),
    ("price", "lunch is <48>", True), ("rating", "lunch is <4.8>", False), ("distance", "lunch is <4>", False),
    ("price", "it is <48> a portion", True), ("price", "it is <48>, a portion", False),
    ("price", "it is <48> for one portion", False),
    ("distance", "metro <1.2> km", True), ("price", "metro <12>", False), ("rating", "metro <4.8>", False),
    ("area", "metro <x>", False), ("distance", "<1.2> km from the gate", True), ("distance", "<1.2> km from you", False),
    ("price", "<1.2> km from the gate", False), ("distance", "it is <1.2> km", False)])
def test_numbers_that_are_no_value_of_an_item(slot: str, text: str, none: bool) -> None:
    clause = text.index("|") if "|" in text else 0
    plain = text.replace("|", "")
    number, end = plain.index("<"), plain.index(">") - 1
    assert no_value(slot, plain.replace("<", "").replace(">", ""), clause, number, number, end) == none


@pytest.mark.parametrize(("text", "expected"), [
    ("A is cheaper than B", [("price", -1, "A", "B")]), ("B is 5 yuan more expensive than A.", [("price", 1, "B", "A")]),
    ("A is rated lower than B; C is farther than A", [("rating", -1, "A", "B"), ("distance", 1, "C", "A")]),
    ("A的价格比B便宜，B比C远", [("price", -1, "A", "B"), ("distance", 1, "B", "C")]), ("A比B评分高", [("rating", 1, "A", "B")]),
    ("if A is cheaper than B, go! C is cheaper than A", [("price", -1, "C", "A")]), ("is A cheaper than B?", []),
    ("if A is cheaper than B, go.", []), ("A is cheaper than others", []),
    ("\ufffc is cheaper than A", []), ("A is cheaper than \ufffc", []),
    ("A is cheap, B is near", []), ("A is cheaper than B? no", [])])
def test_one_named_item_beside_another(text: str, expected: list[tuple[str, int, str, str]]) -> None:
    found = comparisons(*masked(text))
    assert [(c.slot, c.order, c.item.id, c.other.id) for c in found] == expected
    read, named = masked(text)
    several = [n._replace(items=ITEMS[:2]) if n.items == ITEMS[1:2] else n for n in named]  # who of two is not told
    assert all("B" not in (c.item.id, c.other.id) for c in comparisons(read, several))


@pytest.mark.parametrize(("slot", "order", "words"), [
    ("price", -1, "cheaper;less expensive;便宜"), ("price", 1, "more expensive;pricier;dearer;贵"),
    ("distance", 1, "farther away;farther;further away;远"), ("distance", -1, "closer;nearer;近"),
    ("rating", 1, "better rated;rated higher;评分高"), ("rating", -1, "rated lower;评分低")])
def test_every_word_of_comparison_has_its_side(slot: str, order: int, words: str) -> None:
    for word in words.split(";"):
        [found] = comparisons(*masked(f"A is {word} than B" if word.isascii() else f"A比B{word}"))
        assert (found.slot, found.order, found.said) == (slot, order, word)


@pytest.mark.parametrize(("count", "words"), [
    (2, "all two;all 2;两家;二家;2家"), (3, "all three;all 3;三家;3家"), (4, "all four;all 4;四家;4家"),
    (5, "all five;all 5;五家;5家")])
def test_every_word_for_a_number_counts_as_many(count: int, words: str) -> None:
    for word in words.split(";"):
        for names_ in range(2, 6):
            read, named = masked(f"{', '.join('ABCDE'[:names_])} {word} cost 50")
            found = group(read, named, [], 0, read.index("50", read.index(word) + len(word)))
            assert found is not None and bool(found.items) == (names_ == count)


@pytest.mark.parametrize(("place", "words"), [(0, "the first;第一家;第1家"), (1, "the second;第二家;第2家"),
(2, "the third;第三家;第3家")])
def test_every_ordinal_has_its_place(place: int, words: str) -> None:
    for word in words.split(";"):
        assert [found.items for found in references(*masked(f"A, B and C. {word} is 50"))] == [ITEMS[place : place + 1]]
