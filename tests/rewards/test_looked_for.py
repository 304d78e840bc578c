"""What a text has nothing of is not looked for in it: whatever a pattern finds has the mark that lets it be looked for."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recenv import thoughts
from recenv.rewards.rules import assertions, references, verdicts

LETTERS = "ab第一二三家个间处前者后另外其中有说是元分 .,'\ufffc123中文"
WORDS = (
    "the former", "the latter", "the first", "the second one", "the third", "the other", "another", "one of", "two of", "none of",
    "either of", "one costs", "前者", "后者", "第一家", "第3间", "另外一家", "一个", "一家人均", "其中", "前两家", "后三家",
    "有两家")
TAGS = (
    "<think>", "</THINK>", "< thoughts>", "[think]", "[/Thinking]", "<|begin_of_thought|>", "◁think▷", "◁/think▷",
    "<|channel|>analysis<|message|>", "<channel|>", "<seed:think>", "[thİnk]", "<thin\u212a>")


@pytest.mark.parametrize(("pattern", "mark", "parts"), [
    pytest.param(references._REFERENCE, references._REFERS.search, WORDS, id="references"),
    pytest.param(thoughts._TAG, thoughts._marked, TAGS, id="thoughts")])
def test_what_is_found_has_the_mark(pattern: re.Pattern[str], mark: Callable[[str], object], parts: tuple[str, ...]) -> None:
    for part in parts:
        found = [m.group() for m in pattern.finditer(f"{part} is \ufffc")] + [m.group() for m in pattern.finditer(f"{part}5")]
        assert found and all(map(mark, found)), part

    @settings(max_examples=100)
    @given(st.lists(st.one_of(st.sampled_from(parts), st.text(LETTERS, max_size=4)), max_size=6))
    def in_any_text(said: list[str]) -> None:
        assert all(mark(m.group()) for m in pattern.finditer("".join(said)))

    in_any_text()


@settings(max_examples=100)
@given(st.sampled_from(("zh", "en")), st.lists(st.sampled_from((
    "好吃的店", "Golden Fork", "ＡＢＣ", "cafe\u0301", "㍿", "12 元", "很", "不错", "is", "good", "a", "豈", "\u0323")),
    max_size=8))
def test_names_decide_nothing_of_a_text_in_one_script(language: str, said: list[str]) -> None:
    text = " ".join(said)
    if verdicts._in_one_script(language, text):
        for names in ((), tuple(said), ("Golden", "fe\u0301", "吃的", "e\u0301")):
            assert verdicts._language(language, text, names) == ""


@settings(max_examples=100)
@given(st.lists(st.text("ab \n", min_size=1, max_size=6), min_size=1, max_size=6), st.text("ab \n", min_size=1, max_size=3))
def test_a_short_form_is_elsewhere_where_another_name_has_it(names: list[str], form: str) -> None:
    every = dict.fromkeys(names)
    for name in every:
        told = assertions._elsewhere(form, name, every, "\n".join(every))
        assert told == any(form in other for other in every if other != name)
