"""What records are said to be silent about, or all of them to tell: hours, prices, distances, ratings."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from recenv.rewards.features.prose.having import GAP
from recenv.rewards.features.prose.wording import ALL, NO

_FIELDS = (
    (re.compile(r"\bhours?\b|opening time|closing time|营业时间|开放时间|几点"), "opens"),
    (re.compile(r"\bdistance|how far|距离|多远"), "distance"),
    (re.compile(r"\bprice|\bcosts?\b|价格|人均|多少钱"), "price"),
    (re.compile(r"\brating|\bscore|评分|口碑"), "rating"))
_NONE_GIVEN = re.compile(
    r"\bno (?:opening hours|hours|distance|price|rating|score)\b|\bwithout (?:opening hours|hours|a distance|a price|a rating)\b"
    r"|(?:暂无|没有)(?:营业时间|开放时间|距离|价格|人均|评分)(?!低|高|超|在|达|上|不)")
_ALL_GIVEN = re.compile(
    r"(?:都|均|全)(?:有|标|写|列|给|注|公布|附)[明出上着了]{0,2}(?P<zh>[^,。;!?]{0,8})$|"
    r"\b(?:both|all(?: \d)?|each|every)\b[^,.;]{0,24}?\b(?:has|have|lists?|states?|gives?|shows?|carr(?:y|ies)|comes? with) "
    r"(?:a |an |its |their )?(?P<en>[a-z ]{4,20})")


def given(text: str, about: Sequence[int], known: Sequence[Mapping[str, float]]) -> tuple[int, int]:
    """How many fields a clause rightly says that all records tell, and how many one of them does not tell."""
    match = _ALL_GIVEN.search(text.rstrip("。.!,; ")) if ALL.search(text) and not NO.search(text) else None
    if match is None:
        return 0, 0
    right = wrong = 0
    for pattern, slot in _FIELDS:
        if pattern.fullmatch((match.group("zh") or match.group("en") or "").strip().removesuffix("s")):
            told = all(slot in known[n] for n in about)
            right, wrong = right + told, wrong + (not told)
    return right, wrong


def silent(text: str, about: Sequence[int], known: Sequence[Mapping[str, float]]) -> tuple[int, int]:
    """How many fields a clause rightly says that records do not tell, and how many they do tell."""
    if not (GAP.search(text) or _NONE_GIVEN.search(text)):
        return 0, 0
    right = wrong = 0
    for pattern, slot in _FIELDS:
        if pattern.search(text):
            told = any(slot in known[n] for n in about)
            right, wrong = right + (not told), wrong + told
    return right, wrong
