"""Words and numbers in words: what readers share, by examples whose answers are known."""

from __future__ import annotations

import pytest

from recenv.rewards.reading import hanzi, table
from recenv.rewards.reading.numerals import DIGITS, ENGLISH, number
from recenv.rewards.reading.records import is_record
from recenv.rewards.reading.words import FILLERS, REQUESTED, stem, uninflected, units


@pytest.mark.parametrize(("text", "value"), [
    ("12", 12), ("1,200", 1_200), (" Twelve ", 12), ("ninety", 90), ("twice", 2), ("十二", 12), ("二百三十", 230),
    ("两千", 2_000), ("some", None), ("12a", None), ("9" * 12, None),
])
def test_a_number_in_figures_or_in_words(text: str, value: int | None) -> None:
    assert number(text) == value


def test_every_word_for_a_number_is_read() -> None:
    assert all(number(word) == value for word, value in ENGLISH.items())
    assert all(number(char) == value for char, value in DIGITS.items())


def test_units_are_words_without_plural_and_pairs_of_characters() -> None:
    assert units("2 hotels near the glass 烤鸭店 茶", REQUESTED) == {"2", "hotel", "near", "glass", "烤鸭", "鸭店", "茶"}


def test_stems_of_one_word_agree_and_fillers_stay() -> None:
    assert stem("cancelled") == stem("cancellation") == stem("cancels")
    assert all(stem(word) == word for word in FILLERS if not word.endswith("'s"))
    assert [uninflected(w) for w in ("boxes", "passed", "bus", "烤鸭")] == ["box", "pass", "bus", "烤鸭"]


def test_a_record_has_two_labelled_values() -> None:
    assert is_record("Tea House；餐饮；评分: 4.5；价格: 30元") and is_record('{"name": "Tea House", "price": 30}')
    assert not is_record("A quiet place with rating: good tea.") and not is_record("")


def test_folding_traditional_characters_is_its_own_repetition_and_keeps_the_length() -> None:
    lines = table("traditional.txt")
    traditional = "".join(lines[::2])
    folded = hanzi.simplified(traditional)
    assert folded == "".join(lines[1::2]) == hanzi.simplified(folded) and len(folded) == len(set(traditional)) > 2_900
