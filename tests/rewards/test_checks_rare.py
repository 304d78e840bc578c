"""Demands in words that few instructions use."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from recenv.rewards.rules.checks import Check, counts, languages, read_checks
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


@pytest.mark.parametrize(("count", "text", "expected"), [
    (counts.sentences, "One. Two! Three? Four", 4), (counts.sentences, "Mr. A. Bee came (e.g. at 5 p.m. sharp). So?", 2),
    (counts.sentences, "It is No. 5. then so. I. Really.", 3), (counts.sentences, "Wait... what?! Yes", 3),
    (counts.sentences, "好。吗？!", 2), (counts.sentences, "- . !", 0), (counts.sentences, "A 4.5 b.c", 1),
    (counts.sentences, "Plan K. is on. Mr. X. too", 2), (counts.sentences, "See p. 5. next. End", 3),
    (counts.sentences, "Vitamin C. And I. So", 2),
    (counts.paragraphs, "a\n\nb\n\n\n\nc", 3), (counts.paragraphs, "a\nb\n\n", 2), (counts.paragraphs, "", 0),
    (counts.paragraphs, "a", 1),
    (counts.bullets, "* a\n - b\n** c\n*\n• d", 2), (counts.highlights, "*a* **b c** * * ****", 2),
    (counts.titles, "<<a>> x <<b c>> <d> <<\n", 2), (counts.placeholders, "[a] [] [b\n] [[c]]", 3),
    (counts.capital_words, "A GOOD U.S. Day I'd AT&T 5 B2B", 6), (counts.numbered, "1. a 2) b 4. d", 2),
    (counts.numbered, "2. b", 0),
    (counts.numbered, "1.5 2. b", 0), (counts.numbered, "x 1、a：2．b", 2), (counts.emoji, "a 🍵 ☕ ✓ 好", 3),
    (counts.is_json, " [1] ", 1),
    (counts.is_json, "```json\n{}\n```", 1), (counts.is_json, "[1] x", 0), (counts.is_json, "[" * 99_999, 0),
    (counts.responses, "a******b******c", 3), (counts.responses, "******a******b******", 2), (counts.responses, "a******a", 0),
    (counts.responses, "a************b", 0), (counts.responses, "", 0), (counts.hanzi, "好 好", 2), (counts.hanzi, "a b-c", 2),
    (counts.hanzi, "12 3", 3), (counts.words, "it's well-known - ok", 3), (counts.words, "好好 ok", 4),
    (counts.words, "好 ok", 2),
    (counts.runs, "- a 1 !", 2), (counts.characters, " a\n好\t", 2)])
def test_what_is_counted(count: Callable[..., int], text: str, expected: int) -> None:
    if count is counts.bullets:
        assert count(text, markdown=True) == expected and count(text, markdown=False) == expected + 1
    else:
        assert count(text) == expected


def test_words_in_parts_and_paragraphs_between_stars() -> None:
    assert counts.words("it's well-known - ok", parts=True) == 5 and counts.words("好好 ok", parts=True) == 4
    for text, number in (("***a***b***", 2), ("a***b***c", 3), ("a******b", 0), ("a", 1), ("", 0), ("***", 0)):
        assert counts.paragraphs(text, "***") == number
    assert counts.paragraphs("a\nb", "blank line") == 1 and counts.paragraphs("a\n\nb", "blank line") == 2


@pytest.mark.parametrize(("text", "ordinal", "word", "starts"), [
    ("One.\n\n\"Two\", so", 2, "two", 1), ("One.\n\nTwo", 2, "one", 0), ("One.\n\nTwo", 3, "two", 0),
    ("One.\n\nTwo", 0, "two", 0),
    ("*One*: x", 1, "one", 1), ("然后走吧\n\nx", 1, "然后", 1), ("然后走吧", 1, "后", 0), ("\n\nOne\n\n", 1, "One", 1)])
def test_how_a_paragraph_starts(text: str, ordinal: int, word: str, starts: int) -> None:
    assert counts.starts_paragraph(text, ordinal, word) == starts


def test_ends_beginnings_and_marks_around() -> None:
    for text, ends, begins in (('So "Is it?" ', 1, 0), ("Is it? no", 0, 1), ("“IS IT?”", 1, 0), ("is \n it?", 0, 1),
            ("it?", 0, 0)):
        assert (counts.ends_with(text, '"Is it?"'), counts.begins_with(text, "Is it?")) == (ends, begins)
    assert counts.ends_with("x", " ") == counts.begins_with("x", " ") == counts.ends_with("x", '"') == 0
    wide = " " * 400
    assert counts.begins_with(f"{wide}ab", "ab") == 1
    assert counts.begins_with(f"{wide}{wide}ab", "ab") == 0  # not looked for for ever
    for text, marks, quoted in (('"a"', '"', 1), (' "a" ', '"', 1), ('"', '"', 0), ('""', '"', 1), ('"a', '"', 0), ('a"', '"', 0),
                                ("“a”", '"“”', 1)):
        assert counts.quoted(text, marks) == quoted
    assert counts.sections("Part 1 Part2 Part x part 3", "Part") == 2
    assert [counts.postscripts("P.S. a p. s. PS", m) for m in ("ps", "pps")] == [2, 0]
    assert counts.postscripts("P.P.S x", "pps") == 1


@pytest.mark.parametrize(("check", "count", "reason"), [
    (Check("words", (), 3, 3), 2, "expected exactly 3 words, came 2"),
    (Check("words", (), 3, 5), 2, "expected 3 to 5 words, came 2"),
    (Check("words", (), None, 5), 9, "expected at most 5 words, came 9"),
    (Check("marks", ("!",), None, 0), 2, "expected no marks '!', came 2"),
    (Check("words", (), 3), 0, "expected at least 3 words, came 0"), (Check("json"), 0, "expected JSON, came none"),
    (Check("json", (), None, 0), 1, "expected no JSON, came 1"),
    (Check("keywords", ("a", "b")), 0, "expected the words 'a', 'b', came none"),
    (Check("frequency", ("x" * 40,), 2), 1, f"expected at least 2 times '{'x' * 40}', came 1"),
    (Check("frequency", ("x" * 41,), 2), 1, f"expected at least 2 times '{'x' * 39}…', came 1")])
def test_reasons_name_bounds_and_words(check: Check, count: int, reason: str) -> None:
    assert check.reason(count) == reason and not check.within(count)


def test_bounds_are_inclusive_and_an_empty_answer_keeps_none() -> None:
    check = Check("words", (), 2, 3)
    assert [check.within(n) for n in range(5)] == [False, False, True, True, False]
    assert [check.holds(t) for t in ("a", "a b", "a b c", "a b c d")] == [False, True, True, False]
    assert not Check("words", (), None, 3).holds(" ") and Check("items", (), 3, 3).holds("")
    assert Check("json", (), None, 0).holds("x") and not Check("json", (), None, 0).holds("1")
    assert Check("language", ("en",)).holds("ok") and not Check("language", ("en",)).holds("好 ok")
    assert Check("letters", ("Q",), 2).holds("Quiet q")
    assert Check("question").holds('Is it?" ')
    assert not Check("question").holds("Is it? no") and Check("options", ("a", "b")).holds("xb")
    assert Check("forbidden", ("a", "b"), None, 1).holds("a") and not Check("forbidden", ("a", "b"), None, 1).holds("a b")


@pytest.mark.parametrize(("text", "language"), [
    ("The house is in the town and it is small", "en"), ("La casa es muy grande y está en el centro de la ciudad", "es"),
    ("Das Haus ist nicht groß und steht in der Stadt", "de"), ("Đây là một ngôi nhà của tôi", "vi"), ("这里很好", "zh"),
    ("これはいい店です", "ja"), ("東京都は日本の首都で人口最多都市圏", "ja"),
    ("東京都日本首都人口最多都市圏圏圏圏圏圏のは", "zh"), ("여기는 좋은 집입니다", "ko"),
    ("это хороший дом и он не большой", "ru"), ("це гарний будинок і він не великий", "uk"), ("هذا بيت في المدينة", "ar"),
    ("این یک خانه است که در شهر", "fa"), ("यह एक अच्छी जगह है और मैं आप", "hi"), ("ही एक चांगली जागा आहे आणि मी", "mr"),
    ("Ωραίο", "el"), ("їжак їсть їжу вже", "uk"), ("жы мы сы эх ты ёж", "ru"), ("چگ پژ گچ پچ گگ چچ", "fa"),
    ("ٹڈ ڑھ ںے ٹٹ ڈڈ ڑڑ", "ur"), ("12 !", ""), ("short text", ""), ("xqzv brmpf kltrw gnsdp", ""), ("好 a", "zh"),
    ("好 abc", "")])
def test_a_language_is_told_by_script_and_words(text: str, language: str) -> None:
    assert languages.detect(text) == language


def test_of_a_long_text_the_head_tells_the_language() -> None:
    head = "the house is in it " * 500
    assert languages.detect(head[:8_000] + "这里很好" * 4_000) == "en"
    assert languages.detect(head[:3_000] + "这里很好" * 2_000) == "zh"
