"""What an instruction demands in so many words: language, number of items, length. English and Chinese."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple


class Demands(NamedTuple):
    """Limits that an instruction states; None (language: "") where it states none. Maxima are inclusive."""

    language: str = ""
    min_items: int | None = None
    max_items: int | None = None
    max_words: int | None = None
    max_characters: int | None = None


_ZH_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
_EN_NUMBERS = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "twelve": 12,
    "single": 1, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "eighty": 80, "hundred": 100,
}
_ZN = r"(\d{1,6}|[零〇一二两三四五六七八九十百]{1,8})"
_EN = rf"(\d{{1,6}}|{'|'.join(_EN_NUMBERS)})"
_ZU = r"(?:家|个|款|项|处|间|条|种|名|位)(?!字|词|字符|人|小时|月|半)"
_EU = (
    r"(?:items?|options?|places?|restaurants?|hotels?|shops?|stores?|attractions?|clinics?|hospitals?|spots?|venues?|suggestions?|"
    r"recommendations?|choices?|results?|candidates?|products?|merchants?|salons?|businesses|alternatives?|sights?|picks?|entries)\b"
)
_UP_TO = r"(?:at most|no more than|not more than|up to|a maximum of|maximum of|max(?:imum)?|not exceed(?:ing)?|limited to|only)"
_ZH_UP_TO = r"(?:最多|至多|不超过|不多于|不得超过|不要超过|上限|只|仅)"
_VERB = r"(?:recommend|suggest|list|give|offer|show|name|pick|choose|propose|provide|present)"
_ZH_VERB = r"(?:推荐|给出|列出|提供|介绍|选出|挑选|列举|给我|展示)"

_LANGUAGE = (
    ("zh", re.compile(
        r"(?:用|使用|以)(?:简体)?(?:中文|汉语|普通话|华语)|中文(?:回答|回复|作答)"
        r"|(?:in|use|using) (?:simplified )?(?:chinese|mandarin)\b")),
    ("en", re.compile(r"(?:用|使用|以)(?:英文|英语)|(?:in|use|using) english\b|(?:英文|英语)(?:回答|回复|作答)")),
)
_DENIED = re.compile(r"(?:not|never|don't|do not|without|avoid|不要|别|勿|不能|不得|禁止|不)\s*(?:\w+\s+)?$")

_MAX_ITEMS = (
    re.compile(rf"{_ZH_UP_TO}(?:只|能|可以|可)?{_ZH_VERB}?\s*{_ZN}\s*{_ZU}"),
    re.compile(rf"{_ZH_VERB}(?:出|{_ZH_UP_TO})?\s*{_ZN}\s*{_ZU}"),
    re.compile(rf"{_ZN}\s*{_ZU}(?:以内|之内)"),
    re.compile(rf"\b{_UP_TO} {_EN}(?: [\w-]+){{0,2}}? {_EU}"),
    re.compile(rf"\b{_VERB}(?: me| us| the user)?(?: exactly| only| {_UP_TO})? {_EN}(?: [\w-]+){{0,2}}? {_EU}"),
    re.compile(rf"\b{_EN} (?:[\w-]+ ){{0,2}}?{_EU} (?:or fewer|or less|at most|maximum|max\b)"),
)
_EXACT_ITEMS = (
    re.compile(rf"(?:恰好|正好|刚好){_ZH_VERB}?\s*{_ZN}\s*{_ZU}"),
    re.compile(rf"\bexactly {_EN}(?: [\w-]+){{0,2}}? {_EU}"),
)
_MIN_ITEMS = (
    re.compile(rf"(?:至少|不少于|最少){_ZH_VERB}?\s*{_ZN}\s*{_ZU}"),
    re.compile(rf"\b(?:at least|no fewer than|no less than|a minimum of) {_EN}(?: [\w-]+){{0,2}}? {_EU}"),
)
_NUMBER_THEN_LIMIT = r"(?:or fewer|or less|at most|maximum|max\b|limit)"
_LENGTH_EN = (
    r"(?:at most|no more than|not more than|up to|within|a maximum of|maximum of|max(?:imum)?|not exceed(?:ing)?|limited to|in)"
)
_BELOW_EN = r"(?:under|below|fewer than|less than|shorter than)"
_LENGTH_ZH = r"(?:不超过|不多于|不得超过|不要超过|最多|至多|控制在|限制在|限|在)"
_BELOW_ZH = r"(?:少于|小于|低于|不足|不到)"


def _length(unit: str) -> tuple[tuple[re.Pattern[str], int], ...]:
    """English patterns of a length in ``unit``, each with what to subtract from its number."""
    return (
        (re.compile(rf"\b{_LENGTH_EN} {_EN} {unit}"), 0),
        (re.compile(rf"\b{_EN} {unit} {_NUMBER_THEN_LIMIT}"), 0),
        (re.compile(rf"\b{_BELOW_EN} {_EN} {unit}"), 1),
    )


_MAX_WORDS = _length(r"words?\b")
_MAX_CHARACTERS = (
    *_length(r"char(?:acter)?s?\b"),
    (re.compile(rf"{_LENGTH_ZH}\s*{_ZN}\s*个?(?:汉字|字符|字)"), 0),
    (re.compile(rf"{_ZN}\s*个?(?:汉字|字符|字)(?:以内|之内|以下|内)"), 0),
    (re.compile(rf"(?<!不)(?<!不得){_BELOW_ZH}\s*{_ZN}\s*个?(?:汉字|字符|字)"), 1),
)


@lru_cache(maxsize=4096)
def read(instruction: str) -> Demands:
    """The demands of an instruction; of several limits of one kind the tightest. Contradictory languages count as none."""
    text = re.sub(r"\s+", " ", unicodedata.normalize("NFKC", instruction).casefold())
    languages = [name for name, pattern in _LANGUAGE if any(not _DENIED.search(text[:m.start()]) for m in pattern.finditer(text))]
    exact = _numbers(text, _EXACT_ITEMS)
    most, least = exact + _numbers(text, _MAX_ITEMS), exact + _numbers(text, _MIN_ITEMS)
    at_least = set(_numbers(text, _MIN_ITEMS))
    most = [n for n in most if n not in at_least or n in exact]  # "recommend at least 2 places" is no maximum
    words_ = [n - less for p, less in _MAX_WORDS for n in _numbers(text, (p,))]
    characters_ = [n - less for p, less in _MAX_CHARACTERS for n in _numbers(text, (p,))]
    return Demands(
        languages[0] if len(languages) == 1 else "", max(least, default=None), min(most, default=None),
        min(words_, default=None), min(characters_, default=None),
    )


def words(text: str) -> int:
    """Words: runs between spaces that hold a letter or a digit."""
    return sum(any(c.isalnum() for c in part) for part in text.split())


def characters(text: str) -> int:
    """Characters without white space."""
    return sum(not c.isspace() for c in text)


def _numbers(text: str, patterns: tuple[re.Pattern[str], ...]) -> list[int]:
    found = [_number(m.group(1)) for p in patterns for m in p.finditer(text)]
    return [n for n in found if n is not None and n > 0]


def _number(text: str) -> int | None:
    if text.isascii():
        return int(text) if text.isdigit() and len(text) < 10 else _EN_NUMBERS.get(text)
    total, digit = 0, 0
    for char in text:
        if char in "十百":
            total, digit = total + (digit or 1) * (10 if char == "十" else 100), 0
        else:
            digit = _ZH_DIGITS.get(char, 0)
    return total + digit
