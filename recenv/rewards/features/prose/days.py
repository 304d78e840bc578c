"""Days of the week in answers and records: which are spoken of, and on which a place is open."""

from __future__ import annotations

import re

from recenv.rewards.features import CACHES

_EN = {day: n for n, day in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))}
_ZH = {day: n for n, day in enumerate("一二三四五六日")} | {"天": 6} | {str(n + 1): n for n in range(7)}
_WEEK = frozenset(range(7))
_DAY = re.compile(
    r"\b(?P<from_en>mon|tue|wed|thu|fri|sat|sun)(?:nes|rs|ur|s)?(?:days?|s)?\b"
    r"(?:\s{0,2}(?:-|to|through)\s{0,2}(?P<to_en>mon|tue|wed|thu|fri|sat|sun)(?:nes|rs|ur|s)?(?:day)?\b)?|"
    r"(?P<weekend>\bweekends?\b|周末)|(?P<weekday>\bweekdays?\b|工作日|平日)|"
    r"(?P<daily>\bdaily\b|\bevery ?day\b|\b7 days a week\b|每天|每日|天天|全年无休)|"
    r"(?:周|星期|礼拜)(?P<from_zh>[一二三四五六日天1-6])(?:\s{0,2}(?:-|到|至)\s{0,2}(?:周|星期)?(?P<to_zh>[一二三四五六日天]))?")
_ANY = re.compile(r"mon|tue|wed|thu|fri|sat|sun|week|dai|every|7|周|星期|礼拜|日|天")
SHUT = re.compile(r"clos|shut|闭|休|不(?:开|营业)|关门|not open")
"""Says that a place is not open."""
OPEN = re.compile(r"open|营业|开")
_PIECE = re.compile(r"[;,、|。\n]|\.\s")


@CACHES.keep(8_192)
def days(text: str) -> tuple[frozenset[int], ...]:
    """The days that a normalised text speaks of, a set a mention; Monday is 0."""
    return tuple(_set(match) for match in _DAY.finditer(text)) if _ANY.search(text) else ()


def _set(match: re.Match[str]) -> frozenset[int]:
    if match["daily"]:
        return _WEEK
    if match["weekend"]:
        return frozenset((5, 6))
    if match["weekday"]:
        return frozenset(range(5))
    first = _EN[match["from_en"]] if match["from_en"] else _ZH[match["from_zh"]]
    until = match["to_en"] or match["to_zh"]
    last = first if not until else _EN[until] if match["to_en"] else _ZH[until]
    return frozenset(range(first, last + 1)) if first <= last else _WEEK - frozenset(range(last + 1, first))


@CACHES.keep(8_192)
def open_on(text: str) -> frozenset[int] | None:
    """The days on which a record says that its place is open; None where it says nothing of days."""
    shut: set[int] = set()
    opened: set[int] = set()
    for piece in _PIECE.split(text):
        for said in days(piece):
            if SHUT.search(piece) and said != _WEEK:
                shut |= said
            elif OPEN.search(piece) or any(c.isdigit() for c in piece):
                opened |= said
    return _WEEK - shut if shut else frozenset(opened) or None
