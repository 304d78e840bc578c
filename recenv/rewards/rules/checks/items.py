"""Demands on the number of recommended items."""

from __future__ import annotations

import re

from recenv.rewards.reading.numerals import number
from recenv.rewards.rules.checks.check import Check
from recenv.rewards.rules.checks.prompt import Prompt
from recenv.rewards.rules.checks.quantity import ZN, N

_ZU = r"(?:家|个|款|项|处|间|条|种|名|位)(?!字|词|字符|汉字|单词|句|段|人|小时|月|半|感叹|关键|标题|部分|不同|占位|要点)"
_EU = (
    r"(?:items?|options?|places?|restaurants?|hotels?|shops?|stores?|attractions?|clinics?|hospitals?|spots?"
    r"|venues?|suggestions?|"
    r"recommendations?|choices?|results?|candidates?|products?|merchants?|salons?|businesses|alternatives?"
    r"|sights?|picks?|entries)\b")
_UP_TO = (
    r"(?:at most|no more than|not more than|up to|a maximum of|maximum of|max(?:imum)?|not exceed(?:ing)?|limited to|only)")
_ZH_UP_TO = r"(?:最多|至多|不超过|不多于|不得超过|不要超过|上限|只|仅)"
_VERB = r"(?:recommend|suggest|list|give|offer|show|name|pick|choose|propose|provide|present)"
_ZH_VERB = r"(?:推荐|给出|列出|提供|介绍|选出|挑选|列举|给我|展示)"
_N, _ZN = f"({N})", f"({ZN})"
_MAX = tuple(
    re.compile(p, re.IGNORECASE)
    for p in (
        rf"{_ZH_UP_TO}(?:只|能|可以|可)?{_ZH_VERB}?\s{{0,2}}{_ZN}\s{{0,2}}{_ZU}",
        rf"{_ZH_VERB}(?:出|{_ZH_UP_TO})?\s{{0,2}}{_ZN}\s{{0,2}}{_ZU}",
        rf"{_ZN}\s{{0,2}}{_ZU}(?:以内|之内)",
        rf"\b{_UP_TO} {_N}(?: [\w-]+){{0,2}}? {_EU}",
        rf"\b{_VERB}(?: me| us| the user)?(?: exactly| only| {_UP_TO})? {_N}(?: [\w-]+){{0,2}}? {_EU}",
        rf"\b{_N} (?:[\w-]+ ){{0,2}}?{_EU} (?:or fewer|or less|at most|maximum|max\b)",
        rf"\b{_UP_TO} {_N} (?:at (?:a time|once)|in one go|per turn|each time)\b",
    )
)
_EXACT = tuple(
    re.compile(p, re.IGNORECASE)
    for p in (rf"(?:恰好|正好|刚好){_ZH_VERB}?\s{{0,2}}{_ZN}\s{{0,2}}{_ZU}", rf"\bexactly {_N}(?: [\w-]+){{0,2}}? {_EU}")
)
_MIN = tuple(
    re.compile(p, re.IGNORECASE)
    for p in (
        rf"(?:至少|不少于|最少){_ZH_VERB}?\s{{0,2}}{_ZN}\s{{0,2}}{_ZU}",
        rf"\b(?:at least|no fewer than|no less than|a minimum of) {_N}(?: [\w-]+){{0,2}}? {_EU}",
    )
)


def read_items(prompt: Prompt) -> list[Check]:
    """At most one check: of several limits the tightest. "Recommend three places" is a maximum."""
    text = re.sub(r"\s+", " ", prompt.text)
    exact, least = _numbers(text, _EXACT), _numbers(text, _MIN)
    most = exact + [n for n in _numbers(text, _MAX) if n not in least or n in exact]  # "recommend at least 2 places"
    low, high = max(exact + least, default=None), min(most, default=None)
    return [] if low is None and high is None else [Check("items", (), low, high)]


def _numbers(text: str, patterns: tuple[re.Pattern[str], ...]) -> list[int]:
    found = [number(m.group(1)) for p in patterns for m in p.finditer(text)]
    return [n for n in found if n is not None and n > 0]
