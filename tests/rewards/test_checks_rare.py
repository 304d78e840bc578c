"""Demands in words that few instructions use."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from recenv.rewards.rules.checks import KINDS, Check, counts, languages, read_checks
from recenv.rewards.rules.checks.counts import occurrences
from recenv.rewards.rules.checks.prompt import prepare
from recenv.rewards.rules.checks.quantity import between, counted, quantities

CASES = [
    ("Use bullet points: exactly 3 items.", [("bullets", (), 3, 3)]),
    ("Include some words in all capital letters.", [("capital words", (), 1, None)]),
    ("Use some words in all capital letters. But use no more than 3 of them.", []),  # how many is said, elsewhere
    ("Use this layout:\nA\n***\nB\n***\nC", [("paragraphs", ("***",), 3, 3)]),
    ("Use this layout:\nA\n***\nB\n***\nC\n***\nD", [("paragraphs", ("***",), 4, 4)]),
    ("Use this layout:\nA\n***\nB", []),  # may be a rule
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
    ("Please include the words tea and below.", [("keywords", ("tea", "below"), 1, None)]),
    ("Please include the words below and tea. Use the word duck.", [("keywords", ("duck",), 1, None)]),
    ("Use at least 3 words in bold, at least 100 words, at most 2 words in italics, at most 200 words.",
     [("words", ("parts",), 100, None), ("words", (), None, 200)]),
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
    (counts.sentences, "I took 5. iOS is fine. End", 2), (counts.sentences, "I took 5. a", 1),
    (counts.sentences, "好。吗？!", 2), (counts.sentences, "- . !", 0), (counts.sentences, "A 4.5 b.c", 1),
    (counts.sentences, "Plan K. is on. Mr. X. too", 2), (counts.sentences, "See p. 5. next. End", 3),
    (counts.sentences, "Vitamin C. And I. So", 2), (counts.sentences, "Is it Mr? Yes", 2), (counts.sentences, "Is it Mr! Yes", 2),
    (counts.paragraphs, "a\n\nb\n\n\n\nc", 3), (counts.paragraphs, "a\nx\n\nb", 2), (counts.paragraphs, "a\nb\n\n", 2),
    (counts.paragraphs, "", 0),
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
    for blanks, begins in ((406, 1), (407, 0)):  # not looked for for ever
        assert counts.begins_with(f"{' ' * blanks}ab", "ab") == begins
    for text, marks, quoted in (('"a"', '"', 1), (' "a" ', '"', 1), ('"', '"', 0), ('""', '"', 1), ('"a', '"', 0), ('a"', '"', 0),
                                ("“a”", '"“”', 1), ("", '"', 0), (" ", '"', 0)):
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


def test_what_is_there_or_not_is_said_to_be_missing_and_what_is_counted_how_often_it_came() -> None:
    there_or_not = {"language", "paragraph start", "keywords", "json", "title", "postscript", "lowercase", "uppercase", "ending",
                    "beginning", "question", "quotation", "repeat", "options"}
    assert {kind for kind in KINDS if Check(kind, ("a",)).reason(0).endswith(", came none")} == there_or_not
    assert {kind for kind in KINDS if "at least 1 " in Check(kind, ("a",)).reason(0)} == KINDS.keys() - there_or_not


def test_bounds_are_inclusive_and_an_empty_answer_keeps_none() -> None:
    check = Check("words", (), 2, 3)
    assert [check.within(n) for n in range(5)] == [False, False, True, True, False]
    assert [check.holds(t) for t in ("a", "a b", "a b c", "a b c d")] == [False, True, True, False]
    assert not Check("words", (), None, 3).holds(" ") and Check("items", (), 3, 3).holds("")
    assert Check("json", (), None, 0).holds("x") and not Check("json", (), None, 0).holds("1")
    assert Check("language", ("en",)).holds("ok") and not Check("language", ("en",)).holds("好 ok")
    assert Check("letters", ("Q",), 2).holds("Quiet q") and Check("keywords", ("tea",)).holds("steam")
    assert Check("prices").measure("58 yuan for 4 people, 5 stars, 3 km, 20%, at 10:30") == 1
    assert Check("question").holds('Is it?" ')
    assert not Check("question").holds("Is it? no") and Check("options", ("a", "b")).holds("xb")
    assert Check("forbidden", ("a", "b"), None, 1).holds("a") and not Check("forbidden", ("a", "b"), None, 1).holds("a b")


@pytest.mark.parametrize(("text", "language"), [
    ("The house is in the town and it is small", "en"), ("La casa es muy grande y está en el centro de la ciudad", "es"),
    ("Das Haus ist nicht groß und steht in der Stadt", "de"), ("Đây là một ngôi nhà của tôi", "vi"), ("这里很好", "zh"),
    ("これはいい店です", "ja"), ("東京都は日本の首都で人口最多都市圏", "ja"),
    ("東京都日本首都人口最多都市圏圏圏圏圏圏のは", "zh"), ("都" * 8 + "の", "zh"), ("都" * 7 + "の", "ja"),
    ("都" * 7 + "カ", "ja"),
    ("여기는 좋은 집입니다", "ko"),
    ("это хороший дом и он не большой", "ru"), ("це гарний будинок і він не великий", "uk"), ("هذا بيت في المدينة", "ar"),
    ("این یک خانه است که در شهر", "fa"), ("यह एक अच्छी जगह है और मैं आप", "hi"), ("ही एक चांगली जागा आहे आणि मी", "mr"),
    ("Ωραίο", "el"), ("їжак їсть їжу вже", "uk"), ("жы мы сы эх ты ёж", "ru"), ("چگ پژ گچ پچ گگ چچ", "fa"),
    ("ٹڈ ڑھ ںے ٹٹ ڈڈ ڑڑ", "ur"), ("12 !", ""), ("short text", ""), ("the and of in a", ""), ("the and of in it", "en"),
    ("xqzv brmpf kltrw gnsdp", ""), ("好 a", "zh"),
    ("好 abc", "")])
def test_a_language_is_told_by_script_and_words(text: str, language: str) -> None:
    assert languages.detect(text) == language


def test_of_a_long_text_the_head_tells_the_language() -> None:
    head = "the house is in it " * 500
    assert languages.detect(head[:8_000] + "这里很好" * 4_000) == "en"
    assert languages.detect(head[:3_000] + "这里很好" * 2_000) == "zh"
    for blanks, language in ((7_984, "en"), (7_985, "")):  # the twelfth letter is read, or not
        assert languages.detect(" " * blanks + "the and of in it") == language


@pytest.mark.parametrize(("text", "least", "most", "relation", "said"), [
    ("at least 5 words", 5, None, "least", "at least 5"), ("up to 1,000 words", None, 1000, "most", "up to 1,000"),
    ("5 or fewer words", None, 5, "most", "5 or fewer"), ("5+ words", 5, None, "least", "5+"),
    ("10 to 12 words", 10, 12, "range", "10 to 12"), ("under 5 and 7 words", None, 4, "most", "under 5"),
    ("at least one hundred words", 100, None, "least", "at least one hundred"),
    ("between 5 words, at least 3 lines", 3, None, "least", "at least 3"),
    ("between 5 and 9 words", 5, 9, "range", "between 5 and 9"), ("5 and 9 words", 5, 5, "", "5"),
    ("3 to 3 words", 3, 3, "", "3"),
    ("must not be more than 5", None, 5, "most", "more than 5"), ("never under 5 words", 5, None, "least", "under 5"),
    ("about 50 words", 40, 60, "near", "about 50"), ("about 7", 6, 8, "near", "about 7"),
    ("under twenty", None, 19, "most", "under twenty"),
    ("exactly two", 2, 2, "exact", "exactly two"), ("in 3 words", 3, 3, "in", "in 3"),
    ("超过八十字", 81, None, "least", "超过八十"),
    ("不足5字", None, 4, "most", "不足5"), ("大约50字", 40, 60, "near", "大约50"), ("exceeds 5", 6, None, "least", "exceeds 5")])
def test_a_quantity_is_read_as_its_words_say(text: str, least: int | None, most: int | None, relation: str, said: str) -> None:
    [found] = quantities(text)
    assert found[:3] == (least, most, relation) and text[found.start : found.end] == said
    shifted = quantities("x " * 30 + text)[0]
    assert (shifted.start - 60, shifted.end - 60) == (found.start, found.end)


@pytest.mark.parametrize("text", [
    "at most 5 or more", "from 3 to 2 words", "over 5 to 7 words", "between 5 words", "第5段", "x5", "$5", "about 5 or more"])
def test_what_is_no_quantity_or_two_at_once_is_not_read(text: str) -> None:
    assert quantities(text) == []


@pytest.mark.parametrize(("text", "least", "most", "relation", "end"), [
    ("5 words minimum", 5, None, "least", 15), ("5 words or more, ok", 5, None, "least", 15),
    ("5 words at most", None, 5, "most", 15),
    ("5 long words now", 5, 5, "", 12), ("5 words left", 5, 5, "", 7), ("at most 5 words or more", 5, None, "least", 23)])
def test_words_behind_the_unit_may_say_the_bound(text: str, least: int | None, most: int | None, relation: str, end: int) -> None:
    found = counted(text, quantities(text)[0], r"words?\b")
    assert found is not None and (found.least, found.most, found.relation, found.end) == (least, most, relation, end)
    assert counted(text, quantities(text)[0], "lines") is None


def test_of_many_quantities_the_first_are_read_and_those_between_two_places_found() -> None:
    many = quantities("exactly 5 a " * 300)
    assert len(many) == 256 and [q.start for q in many[:3]] == [0, 12, 24]
    assert between(many, 12, 36) == many[1:3] and between(many, 13, 37) == many[2:4] and between(many, 0, 0) == []


def test_a_sentence_of_an_instruction_and_what_stands_before_a_word_in_it() -> None:
    prompt = prepare("One two. Three “a b” four! Five; six\nseven. 8.5 nine")
    assert prompt.text == "One two. Three «0» four! Five; six\nseven. 8.5 nine" and prompt.quotes == ("a b",)
    assert prompt.quote("«0»") == "a b" and prompt.quote("x") == "x" and prompt.restored("Three «0»") == 'Three "a b"'
    for word, before, sentence in (
        ("two", "One ", "One two"), ("Three", " ", " Three «0» four"), ("four", " Three «0» ", " Three «0» four"),
        ("Five", " ", " Five"),
        ("six", " ", " six"), ("seven", "", "seven"), ("nine", " 8.5 ", " 8.5 nine"),
        (". Three", "One two", "One two. Three «0» four"), (" Three", "One two.", "One two. Three «0» four"),
    ):
        start = prompt.text.index(word)
        assert prompt.before(start) == before and prompt.text[slice(*prompt.sentence(start, start + len(word)))] == sentence
    long = prepare("x" * 2_000)
    assert long.sentence(1_000, 1_001) == (400, 1_601) and long.before(1_000) == "x" * 600


def test_of_a_long_instruction_both_ends_are_read_and_of_many_quotations_the_first() -> None:
    for length, read in ((8_000, "a" * 8_000), (8_001, f"{'a' * 4_000}\n{'a' * 4_000}")):
        assert prepare("a" * length).plain == read
    many = prepare('"q" ' * 300)
    assert len(many.quotes) == 256 and many.text.startswith("«0» «1»") and many.text.endswith('«255»' + ' "q"' * 44)


@pytest.mark.parametrize(("instruction", "expected"), [
    ('Answer with "a", "b".', []), ("Write in all capital letters for emphasis.", []), ("Write in lowercase words.", []),
    (f'Use the words "{"x" * 80}".', [("keywords", ("x" * 80,), 1, None)]), (f'Use the words "{"x" * 81}".', []),
    ("Use the words tea and of.", [("keywords", ("tea",), 1, None)]), ("Use the word of tea.", []), ("不要用“好”结尾。", []),
    ("不要用“好”。", [("forbidden", ("好",), None, 0)])])
def test_what_words_around_make_of_a_demand(instruction: str, expected: list[tuple[object, ...]]) -> None:
    assert [(c.kind, c.words, c.least, c.most) for c in read_checks(instruction)] == expected


WORDED = [  # what is read of an instruction, to the bounds
    ('Use the word "tea" and the word "duck" 3 times.', "frequency 'duck' 3..; keywords 'tea' 1.."),
    ('Use the word "tea" in 3 sentences.', "sentences ..3; keywords 'tea' 1.."),
    ('Use the word "tea" 3 or more times.', "frequency 'tea' 3.."), ('Include the word "alpha."', "keywords 'alpha.' 1.."),
    ('The title must include the word "tea".', ""),
    ("Here are keywords that must appear: tea, duck.", "keywords 'tea' 'duck' 1.."),
    ("Words that must not appear: tea, duck.", "forbidden 'tea' 'duck' ..0"), ("Words you may like: tea, duck.", ""),
    ("Use the word rock and roll.", "keywords 'rock' 1.."), ("Use the words rock and roll.", "keywords 'rock' 'roll' 1.."),
    ("Do not use the word rock or roll.", "forbidden 'rock' 'roll' ..0"),
    ("Do not use the words rock or roll.", "forbidden 'rock' 'roll' ..0"), ("Use the words rock or roll.", ""),
    ("Use the word and.", ""), ('Write without ever using "tea".', "forbidden 'tea' ..0"),
    ('Never write "tea".', "forbidden 'tea' ..0"), ('Do not say "tea" or "duck".', "forbidden 'tea' 'duck' ..0"),
    ('Do not forget to include "tea".', "keywords 'tea' 1.."), ('Please include "tea" in your response.', "keywords 'tea' 1.."),
    ('I would include "tea".', ""), ('End with the phrase "tea".', "ending 'tea' 1.."), ('Start with the words "tea".', ""),
    ('Say "tea" as the keyword.', "keywords 'tea' 1.."), ('Use "tea" as a keyword.', ""),
    ('The words "tea" and "duck" should appear.', "keywords 'tea' 'duck' 1.."),
    ('The words "tea" and "duck" should not appear.', "forbidden 'tea' 'duck' ..0"),
    ('"Tea" must be mentioned at least 3 times.', "frequency 'Tea' 3.."),
    ('"Tea" should not appear more than 3 times.', "frequency 'Tea' ..3"),
    ("Use the letter a at least 3 times and b twice.", "letters 'a' 3.."), ("Avoid the letters e.", "letters 'e' ..0"),
    ('The letter "e" is fine.', ""), ("The letter ab at least 3 times.", ""), ("no question marks", "marks '?' '？' ..0"),
    ("with 2 question marks", ""), ("Use 2 question marks.", ""), ("请不要使用敬称“您”。", "forbidden '您' ..0"),
    ("用英文回答，使用敬称“您”。", "language 'en' 1.."),
    ("用英文回答，使用敬称“您”，不要用“坏”。", "forbidden '坏' ..0; language 'en' 1.."),
    ("不要用“好”、“坏”或“差”。", "forbidden '好' '坏' '差' ..0"),
    ("包含“茶”和“酒”。", "keywords '茶' '酒' 1.."), ("“茶”不超过3次。", "frequency '茶' ..3"), ("“茶”3次。", ""),
    ("Write exactly 3 paragraphs. Separate them with ***.", "paragraphs '***' 3..3"),
    ("Separate 3 poems by ***.", "paragraphs '***' 3..3"),
    ("Write 3 poems. Separate poems with 3 asterisks.", "paragraphs '***' 3..3"),
    ("Give 2 sections and 3 parts divided by ***.", ""), ("A bulleted list of 4 items.", "bullets 4..4"),
    ("Use 3 bullet points, in markdown.", "bullets 'markdown' 3..3"),
    ("Give exactly 3 reasons using bullet points.", "bullets 3..3"),
    ("Give exactly 3 reasons and exactly 2 jokes using bullet points.", "bullets 2..2"),
    ("At least 3 words should be in all caps.", "capital words 3.."),
    ("Use words in all caps at most 3 times.", "capital words ..3"),
    ("A few words in all capital letters.", "capital words 1.."), ("Some words in all capital letters. However, not many.", ""),
    ("Use 3 words in all caps.", "capital words 3.."), ("Your word count should be at least 40.", "words 'parts' 40.."),
    ("The number of sentences should be at most 4.", "sentences ..4"), ("number of words: 40", ""),
    ("Write 5 sentences long.", "sentences 5..5"), ("a story with at least 40 words in capital letters", "capital words 40.."),
    ("Write at least 40 words, and 3 sentences or more.", "words 'parts' 40..; sentences 3.."),
    ("Mark them (section 1, section 2): at least 4 sections.", ""),
    ('Use at least 4 sections, each named "Chapter X".', "sections 'Chapter' 4.."),
    ('Write 4 sections. Begin each with "Day X".', "sections 'Day' 4.."),
    ("Have no more than 4 sections, marked Section X.", "sections 'Section' ..4"), ("Use at least 3 placeholders.", ""),
    ("Use 3 placeholders in square brackets", "placeholders 3.."), ("Highlight about 3 words with *.", ""),
    ("Highlight at least 3 words with *, all capital words.", "capital words 3.."),
    ("Highlight the words by wrapping them with asterisks.", "highlights 1.."),
    ("Highlight under 3 words in markdown.", "highlights ..2"), ("Answer in English, not in French.", "language 'en' 1.."),
    ("Translate it: use French.", ""), ("Write it in French.", "language 'fr' 1.."), ("Reply in the French style.", ""),
    ("In French?", ""), ("Use only French.", "language 'fr' 1.."), ("Anything but French.", ""),
    ("不要用英文，用中文回答。", "language 'zh' 1.."), ("Write in lowercase.", "lowercase 1.."),
    ("Write it fully capitalized.", "uppercase 1.."),
    ("No lowercase letters.", "uppercase 1.."), ("All letters must be capitals.", "uppercase 1.."),
    ("Include 3 words in all capital letters. Use lowercase.", "capital words 3.."),
    ("Write the answer in lowercase, the title in capitals.", "lowercase 1.."),
    ("Your answer should be in lowercase, no capital letters.", "lowercase 1.."), ("Return a JSON object.", ""),
    ("Output in JSON.", "json 1.."), ("Do not output JSON.", ""), ("Use JSON format.", "json 1.."), ("Add a title.", ""),
    ("Add <<title>>.", "title 1.."), ("Wrap the title in double quotes.", ""),
    ("Wrap your answer in double quotes.", 'quotation \'"\' 1..'), ("Enclose every word in double quotes.", ""),
    ("Put your entire response inside double quotation marks, 40+ words.", "words 'parts' 40..; quotation '\"' 1.."),
    ("整个回答用双引号。", 'quotation \'"“”＂\' 1..'), ("Add P.S. at the end.", "postscript 'ps' 1.."), ("Is P.S. Latin?", ""),
    ("Number the places.", "numbered 1.."), ("End with a short question.", "question 1.."), ("Do not end with a question.", ""),
    ('Finish with the words "Bye now".', "ending 'Bye now' 1.."), ('End it with "P.S."', "postscript 'ps' 1.."),
    ("Finish by saying: Bye now.", "ending 'Bye now.' 1.."),
    ("Finish with this exact phrase: Bye now. Please be kind.", "ending 'Bye now.' 1.."),
    ('Each paragraph must end with "Bye".', ""),
    ("以“好”开头，第2段以“好”开头。", "beginning '好' 1..; paragraph start '2' '好' 1.."),
    ('Begin your response with "Hi".', "beginning 'Hi' 1.."), ('Never begin your response with "Hi".', ""),
    ('The 2nd paragraph must begin with "Hi".', "paragraph start '2' 'Hi' 1.."),
    ("Begin paragraph 3 with the word Hi.", "paragraph start '3' 'Hi' 1.."),
    ("The first word of the second paragraph must be Hi.", "paragraph start '2' 'Hi' 1.."),
    ("Paragraph two should start with a joke.", ""), ('The last paragraph must start with "Hi".', ""),
    ('Say "yes" or "no".', "options 'yes' 'no' 1.."), ('Choose from "a" / "b".', "options 'a' 'b' 1.."),
    ('Do not say "yes" or "no".', "forbidden 'yes' 'no' ..0"), ('Answer with the words "yes" or "no".', ""),
    ("只能选择“甲”、“乙”。", "options '甲' '乙' 1.."), ("Repeat the question first.\n\nTea?", "repeat 'Tea?' 1.."),
    ("First repeat the request below exactly.\n\nTea?\n\nMore.", "repeat 'Tea?\\n\\nMore.' 1.."),
    ('Repeat "Tea?" exactly, then answer.', "repeat 'Tea?' 1.."), ("Repeat yourself.", ""),
    ("Use at least 40 words that rhyme.", ""), ("请两段回答。", ""), ("作两段回答。", ""), ('3 poems divided by "***".', ""),
    ("Give 2 jokes and exactly 3 reasons, if you please, using bullet points.", "bullets 3..3"),
    ("Give at most 2 jokes and exactly 3 reasons, if you please, using bullet points.", "bullets 3..3"),
    ("Answer in 3 bullet points.", "bullets 3..3"), ("A bulleted list of at least 4 items.", "bullets 4.."),
    ("Highlight at least 3 words by wrapping them with asterisks.", "highlights 3.."),
    (f"Oh at least 4 sections {'x' * 129}. Section X.", "sections 'Section' 4.."),
    (f"Oh at least 4 sections {'x' * 130}. Section X.", ""),
    ('Use the word "tea" at least twice but at most 5 times.', "frequency 'tea' 2.."), ('Use the word " ".', ""),
    ('Use the word "tea". Use the word duck.', "keywords 'tea' 1..; keywords 'duck' 1.."),
    ('Avoid "tea".', "forbidden 'tea' ..0"),
    ("Use the word of tea. Use the word duck.", "keywords 'duck' 1.."), ('The letter "ab" at least 3 times.', ""),
    ('At the end, write the word "tea".', "keywords 'tea' 1.."), ('At the end, include the word "tea".', "keywords 'tea' 1.."),
    ("Give exactly 3 reasons, using bullet points, but at most 5 bullet points.", "bullets ..5"),
    ("Use exactly 2commas.", "marks ',' '，' 2..2"),
    ("Use at least 40 characters in bold.", "characters 40.."), ("Use exactly 2, commas.", "marks ',' '，' 2..2"),
    ("Use exactly 2 - commas.", ""),
    ("Don't use JSON format.", ""), ("In the French language.", "language 'fr' 1.."),
    ("Only French language, no other.", "language 'fr' 1.."), ("Output in French.", "language 'fr' 1.."),
    ("Hi. It is in French, only.", ""), ("In French, no other language.", "language 'fr' 1.."),
    ("Write anything but French.", ""),
    ("Do not answer in French. Answer in English.", "language 'en' 1.."),
    ("In French it is warm. Answer in English.", "language 'en' 1.."), ("not a b it in caps", ""), ("Hi\nnot a b it in caps", ""),
    ("The title is in all caps. The answer is in all caps.", "uppercase 1.."),
    ("Write some of it in caps. Answer in caps.", "uppercase 1.."), ("A lowercase b. Be all lowercase.", "lowercase 1.."),
    ("Write all in lowercase. Write all in caps.", ""), ("Put double quotation marks around your answer.", 'quotation \'"\' 1..'),
    ("Start and end your answer with double quotes.", 'quotation \'"\' 1..'),
    ("Use double quotation marks to wrap your answer.", 'quotation \'"\' 1..'),
    ("Your answer is in double quotes.", 'quotation \'"\' 1..'), ("Wrap tea in double quotes.", ""),
    ("Wrap your answer in double quotes. Put your whole response inside double quotation marks.", 'quotation \'"\' 1..'),
    ('Do not end with "Hi". End with "Bye".', "ending 'Bye' 1.."),
    ('Write exactly 40 words in exactly 2 paragraphs with blank lines between them. The last paragraph must start with "Hi".',
     "words 40..40; paragraphs 'blank line' 2..2; paragraph start '2' 'Hi' 1.."),
    ('Write at least 3 paragraphs. The last paragraph must start with "Hi".', "paragraphs 3.."),
    ("Repeat the request below first. Be kind.\n\nTea?", "repeat 'Tea?' 1.."),
    (f"Repeat the words. {'x' * 200}. First repeat the question.", f"repeat 'Repeat the words. {'x' * 200}.' 1.."),
    ("Give two answers separated by ******.", "responses 2..2"), ("Separate them with ******.", "responses 2.."),
    ("Use ******.", ""),
]


@pytest.mark.parametrize(("instruction", "expected"), WORDED)
def test_the_same_demand_in_other_words(instruction: str, expected: str) -> None:
    def end(bound: int | None) -> str:
        return "" if bound is None else str(bound)

    found = [c for c in read_checks(instruction) if c.kind != "items"]
    assert "; ".join(" ".join([c.kind, *map(repr, c.words), f"{end(c.least)}..{end(c.most)}"]) for c in found) == expected


@pytest.mark.parametrize(("word", "reach"), [("title", 60), ("words", 60), ("n't", 25), ("without", 25), ("few", 30), ("7", 30)])
def test_words_that_make_capitals_another_demand_stand_near(word: str, reach: int) -> None:
    for gap, read in ((reach, []), (reach + 1, ["uppercase"])):  # characters from the word to the demand
        filled = f"{word} a b ".ljust(gap - 4, "y") + " it "
        assert [c.kind for c in read_checks(f"Please {filled}in caps")] == read


@pytest.mark.parametrize("after", [" words", " word", " at least", " for"])
def test_capitals_of_some_words_are_not_those_of_all(after: str) -> None:
    assert [c.kind for c in read_checks("Write in capital letters")] == ["uppercase"]
    assert read_checks(f"Write in capital letters{after}") == ()


@pytest.mark.parametrize(("demand", "denied", "reach"), [
    ("in English", "not", 40), ("用英文回答", "不要", 12), ("end with a question", "never", 20), ('end with "Bye"', "not", 20),
    ('begin your response with "Hi"', "without", 20), ('answer "yes" or "no"', "never", 20), ("valid JSON", "not", 30)])
def test_what_is_denied_is_denied_within_some_characters(demand: str, denied: str, reach: int) -> None:
    for before, read in ((reach, False), (reach + 1, True)):
        filled = f"{denied} ".ljust(before - 1, "x" if demand.isascii() else "好")
        assert bool(read_checks(f"{'Oh ' if demand.isascii() else '请 '}{filled} {demand}")) == read


def test_what_comes_first_is_said_near_the_request_to_repeat() -> None:
    for before, after in ((60, 160), (61, 161)):
        near = before == 60
        assert bool(read_checks("A " + "then ".ljust(before - 1, "x") + ". Repeat the question")) == near
        assert bool(read_checks("Repeat the question" + ". ".ljust(after - 5, "x") + " then.")) == near


@pytest.mark.parametrize(("what", "beyond"), [("Use the letter q", []), ('Use the word "tea"', ["keywords"])])
def test_how_often_is_said_near_what_is_counted(what: str, beyond: list[str]) -> None:
    counted_kind = "letters" if "letter" in what else "frequency"
    for gap, kinds in ((59, [counted_kind]), (60, beyond)):
        assert [c.kind for c in read_checks(f"{what}{' '.ljust(gap - 1, 'x')} 3 times.")] == kinds


@pytest.mark.parametrize(("reach", "kinds"), [(40, []), (41, ["words"])])
def test_words_in_a_style_are_not_all_words(reach: int, kinds: list[str]) -> None:
    after = f"Write at least 40 words{' '.ljust(reach - 5, 'x')} bold."
    before = f"{'bold '.ljust(reach - 1, 'x')} at least 40 words."
    assert [c.kind for c in read_checks(after)] == [c.kind for c in read_checks(before)] == kinds


@pytest.mark.parametrize(("reach", "kinds"), [(40, ["highlights"]), (41, [])])
def test_what_is_highlighted_is_counted_near_that_word(reach: int, kinds: list[str]) -> None:
    far = f"Use at least 3 phrases{' '.ljust(reach - 10, 'x')} highlighted with *stars*."
    assert [c.kind for c in read_checks(far)] == kinds


def test_a_language_is_told_by_more_than_eight_of_a_hundred_words() -> None:
    for words, language in ((24, "en"), (25, "")):
        assert languages.detect(" ".join(["the", *["xqzv"] * (words - 2), "is"])) == language
    for length, language in ((49, "uk"), (50, "")):  # or by a letter that only it has, which counts four times its share
        assert languages.detect("їжд ".ljust(length, "ж")) == language
    sure = " ".join(["ґ" * 60, *["это", "был", "как", "что"] * 3])  # half a vote at most
    assert languages.detect(sure) == "ru" and languages.detect(sure[:60]) == "uk"
