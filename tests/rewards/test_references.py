"""Whom words like "both", "all three", "the latter" are about."""

from __future__ import annotations

import pytest

from recenv.records import Item
from recenv.rewards.rules.references import Named, group, references

ITEMS = tuple(Item(id=name, category="dining", name=name, attributes={}) for name in "ABC")


def masked(text: str) -> tuple[str, list[Named]]:
    """A text with A, B and C as names."""
    named = [Named(at, at + 1, (ITEMS["ABC".index(c)],)) for at, c in enumerate(text) if c in "ABC"]
    return "".join("\ufffc" if c in "ABC" else c for c in text), named


@pytest.mark.parametrize(("text", "ids"), [
    ("A and B both cost 50", "AB"), ("A, B and C all three cost 50", "ABC"), ("A, B: all 2 cost 50", "AB"),
    ("A和B两家都50", "AB"), ("A. B and C both cost 50", "BC"), ("A, B and A both cost 50", "AB"),
    ("A and B are near. all of them cost 50", "AB"), ("both cost 50: A and B. C does not", "AB"),
    ("C is far. both cost 50: A and B", "AB"), ("A and B all three cost 50", ""), ("A, B and C both cost 50", ""),
    ("A both cost 50", ""), ("A、B三家都50", ""), ("both cost 50", ""), ("A and B both fit your budget of 50", ""),
    ("A costs 50", None), ("both A at 50", None)])
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
