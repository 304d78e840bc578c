"""What records are said to be silent about: hours, prices, distances, ratings."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from recenv.rewards.features.prose.having import GAP

_FIELDS = (
    (re.compile(r"\bhours?\b|opening time|closing time|营业时间|开放时间|几点"), "opens"),
    (re.compile(r"\bdistance|how far|距离|多远"), "distance"),
    (re.compile(r"\bprice|\bcosts?\b|价格|人均|多少钱"), "price"),
    (re.compile(r"\brating|\bscore|评分|口碑"), "rating"))
_NONE_GIVEN = re.compile(
    r"\bno (?:opening hours|hours|distance|price|rating|score)\b|\bwithout (?:opening hours|hours|a distance|a price|a rating)\b"
    r"|(?:暂无|没有)(?:营业时间|开放时间|距离|价格|人均|评分)(?!低|高|超|在|达|上|不)")


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
