"""Demands in words that few instructions use."""

from __future__ import annotations

import pytest

from recenv.rewards.rules.checks import read_checks
from recenv.rewards.rules.checks.counts import occurrences

CASES = [
    ("Use bullet points: exactly 3 items.", [("bullets", (), 3, 3)]),
    ("Include some words in all capital letters.", [("capital words", (), 1, None)]),
    ("Use some words in all capital letters. But use no more than 3 of them.", []),  # how many is said, elsewhere
    ("Use this layout:\nA\n***\nB\n***\nC", [("paragraphs", ("***",), 3, 3)]),
    ("Use this layout:\nA\n***\nB\n***\n...", []),  # and so on
    ('Repeat the sentence "Name a park." word for word first, then answer.', [("repeat", ("Name a park.",), 1, None)]),
    ("Repeat the request below word for word first. Name a park.", [("repeat", ("Name a park.",), 1, None)]),
    ("Repeat the request below word for word first.", []),  # there is none
    ("Give a few answers. The responses should be separated by ******.", [("responses", (), 2, None)]),
    ("Your answer must be one of the following:\n* My answer is yes.\n* My answer is no.\n* My answer is maybe.",
     [("options", ("My answer is yes.", "My answer is no.", "My answer is maybe."), 1, None)]),
    ("Please include the following words in your answer: tea, duck and soup.", [("keywords", ("tea", "duck", "soup"), 1, None)]),
    ('Don\'t use any of the following keywords: "tea", "duck".', [("forbidden", ("tea", "duck"), None, 0)]),
    ('Don\'t include "tea".', [("forbidden", ("tea",), None, 0)]),
    ('Use "tea" or "duck".', []),  # either
    ('Call it "Tea". Titled "Tea", include it.', []),  # a name
    ("Use at least 3 exclamation marks.", [("marks", ("!", "！"), 3, None)]),
    ("Do not use commas. Avoid exclamation marks.", [("marks", (",", "，"), None, 0), ("marks", ("!", "！"), None, 0)]),
    ("Use exactly 2 commas.", [("marks", (",", "，"), 2, 2)]),
    ('Use at least 2 mentions of "tea".', [("frequency", ("tea",), 2, None)]),
    ('Use exactly 2 mentions of "tea".', [("frequency", ("tea",), 2, 2)]),
    ("Answer in Russian only.", [("language", ("ru",), 1, None)]),
]


@pytest.mark.parametrize(("instruction", "expected"), CASES, ids=[text[:40] for text, _ in CASES])
def test_a_demand_in_rare_words_is_read(instruction: str, expected: list[tuple[object, ...]]) -> None:
    found = [c for c in read_checks(instruction) if c.kind != "items"]
    assert [(c.kind, c.words, c.least, c.most) for c in found] == expected


@pytest.mark.parametrize(("text", "wanted", "whole", "part"), [
    ("tea, steam, Tea.", "tea", 2, 3), ("ObjC++ is not C++.", "C++", 1, 2), ("a+b, a +b, +bc", "+b", 2, 3),
    ("吃火锅店", "火锅", 1, 1), ("don’t", "don't", 1, 1), ("tea", " ", 0, 0)])
def test_a_word_is_counted_where_it_stands_alone_at_ends_that_join(text: str, wanted: str, whole: int, part: int) -> None:
    assert (occurrences(text, wanted, True), occurrences(text, wanted, False)) == (whole, part)
