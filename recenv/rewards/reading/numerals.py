"""Small whole numbers in words, English and Chinese."""

from __future__ import annotations

_WORDS = ("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
          "eighteen nineteen")
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
ENGLISH = {word: n for n, word in enumerate(_WORDS.split())} | {word: 10 * n for n, word in enumerate(_TENS.split(), 2)} | {
    "a hundred": 100, "one hundred": 100, "hundred": 100, "a dozen": 12, "single": 1, "once": 1, "twice": 2, "thrice": 3}
"""Word -> number."""

DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
SCALES = {"十": 10, "百": 100, "千": 1000}


def number(text: str) -> int | None:
    """A whole number in figures or in words; None for anything else."""
    text = text.strip().casefold().replace(",", "")
    if text.isdecimal() and text.isascii():
        return int(text) if len(text) < 10 else None
    if text in ENGLISH:
        return ENGLISH[text]
    total, digit = 0, 0
    for char in text:
        if char in SCALES:
            total, digit = total + (digit or 1) * SCALES[char], 0
        elif char in DIGITS:
            digit = DIGITS[char]
        else:
            return None
    return total + digit
