"""Texts of "key: value" pairs, and what their values say on a scale: numbers, ranges, bounds, hours, spans, how often."""

from __future__ import annotations

import math
import re
import unicodedata

from recenv.rewards.models.tables import CACHES
from recenv.rewards.reading.words import IN_KEYS, units

_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_PART = re.compile(r"[;\n]")
_LONGEST_KEY = 80
_MEMBERS = re.compile(r"[、,/|]")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_HOUR = re.compile(
    r"(\d{1,2})(?::(\d\d))?\s*(am|pm)|"
    r"(凌晨|早上|上午|中午|下午|傍晚|晚上)\s*(\d{1,2})(?::(\d\d)|[点时])?|(\d{1,2}):(\d\d)"
)
_SPAN = re.compile(
    r"(?<![\d.])(\d+(?:\.\d+)?)\s{0,4}(minutes?|mins?|分钟|hours?|hrs?|h|小时|days?|d|天|weeks?|w|周|months?|个月|years?|年)"
)
_HOURS = {"m": 1 / 60, "分": 1 / 60, "h": 1.0, "小": 1.0, "d": 24.0, "天": 24.0, "w": 168.0, "周": 168.0, "个": 730.0,
          "y": 8766.0, "年": 8766.0}
LESS = re.compile(
    r"(?<![a-z])(?:less|fewer|below|under|up to|at most|lt)(?![a-z])|<|不足|不超过|不多于|不高于|不到|以下|以内|最多|"
    r"(?<!不)(?:少于|低于)"
)
MORE = re.compile(
    r"(?<![a-z])(?:more|over|above|plus|at least|gt)(?![a-z])|>|\+|以上|至少|不少于|不低于|(?<!不)(?:超过|多于|高于)"
)
_SCALES: tuple[tuple[str, ...], ...] = (
    ("no none false 否 无 没有", "yes true 是 有"),
    ("never 从不 从来不", "rarely seldom 很少 几乎不", "sometimes occasionally 偶尔 有时", "often frequently regularly 经常 常常",
     "usually daily always 总是 每天"),
    ("low tight 低 偏紧 紧张", "medium moderate average 中 中等 适中 一般", "high generous 高 宽裕 充裕"),
)
_WORDS = {word: float(step) for scale in _SCALES for step, said in enumerate(scale) for word in said.split()}
_LETTERS = re.compile(r"[^\W\d_]+")
_MOST_LETTERS = 8  # beyond bounds and numbers: a unit or two; more is a text that happens to hold a number


@CACHES.keep(65_536)
def fold(text: str) -> str:
    """Text as keys and values are compared: NFKC, case folded, no thousands separators. What is learned of a table is stored in
    this form, so it must not change with the finer foldings of ``lexical``."""
    return _THOUSANDS.sub("", unicodedata.normalize("NFKC", text).casefold())


@CACHES.keep(16_384)
def words(text: str) -> frozenset[str]:
    """Content words of a folded text: Latin ones without plural, numbers, pairs of Chinese characters, and "<" or ">" for a
    bound, however it is put ("<20", "below 20")."""
    bounds = (mark for mark, bound in (("<", LESS), (">", MORE)) if bound.search(text))
    return frozenset(units(text, IN_KEYS)).union(bounds)


@CACHES.keep(65_536)
def pairs(text: str) -> tuple[tuple[str, str], ...]:
    """The (key, value) pairs of a text, folded, sorted by key; of a key that comes twice the first. Other parts are left out."""
    found: dict[str, str] = {}
    for part in _PART.split(fold(text)):
        key, _, value = (text.strip() for text in part.partition(":"))
        if 0 < len(key) <= _LONGEST_KEY and value:
            found.setdefault(key, value)
    return tuple(sorted(found.items()))


@CACHES.keep(65_536)
def members(value: str) -> frozenset[str]:
    """The members of a listed value; the value itself where it lists nothing."""
    return frozenset(m for m in (part.strip() for part in _MEMBERS.split(value)) if m)


@CACHES.keep(65_536)
def reading(value: str) -> float:
    """What a folded value says on its scale, NaN for one that says nothing of the kind.

    A range reads as its middle; "less than 1" lies below 1 and "more than 8" above 8; hours of the day run 0 to 24;
    spans of time are in hours; words of frequency and degree are steps of their scale, "never" being 0.
    """
    if value in _WORDS:
        return _WORDS[value]
    hour = _HOUR.fullmatch(value)
    if hour:
        return _hour(hour)
    numbers = [float(n) for n in _NUMBER.findall(value)]
    bare = MORE.sub("", LESS.sub("", value))
    if not numbers or len(numbers) > 2 or sum(map(len, _LETTERS.findall(bare))) > _MOST_LETTERS:
        return math.nan
    span = _SPAN.fullmatch(bare.strip())
    if span:
        unit = span[2]
        numbers = [numbers[0] * (730.0 if unit.startswith("mo") else _HOURS[unit[0]])]
    if LESS.search(value):
        return numbers[0] * 0.75
    if MORE.search(value):
        return numbers[-1] * 1.25
    return sum(numbers) / len(numbers)


def _hour(match: re.Match[str]) -> float:
    """Hours since midnight."""
    if match[3]:
        return int(match[1]) % 12 + int(match[2] or 0) / 60 + 12.0 * (match[3] == "pm")
    if match[4]:
        late = match[4] in ("下午", "傍晚", "晚上") or (match[4] == "中午" and int(match[5]) < 3)
        return int(match[5]) % 12 + int(match[6] or 0) / 60 + 12.0 * (late or (match[4] == "中午" and int(match[5]) == 12))
    return int(match[7]) + int(match[8]) / 60
