"""Quantities in words: "at least five", "no more than 60", "10 to 12", 不超过八十."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from itertools import islice
from operator import attrgetter
from typing import NamedTuple

from recenv.rewards.reading.numerals import DIGITS, ENGLISH, SCALES, number
from recenv.rewards.rules import CACHES
from recenv.rewards.rules.before import just_before

_WORDS = "|".join(sorted(ENGLISH, key=len, reverse=True))
N = rf"(?:\d{{1,3}}(?:,\d{{3}}){{1,6}}(?!\d)|\d{{1,7}}(?!\d)|(?:{_WORDS})\b)"
_FIGURES = "".join((*DIGITS, *SCALES))
ZN = rf"(?:\d{{1,6}}(?!\d)|[{_FIGURES}]{{1,9}})"

_RELATIONS = {
    "least": r"at least|no fewer than|no less than|not fewer than|not less than|a minimum of|minimum(?: of)?",
    "most": (
        r"at most|no more than|not more than|no longer than|no greater than|up to|a maximum of|maximum(?: of)?|max"
        r"|within|limited to|not exceed(?:ing)?"
    ),
    "over": r"(?:more|greater|longer) than|over|above|exceed(?:ing|s)?",
    "under": r"(?:less|fewer|shorter) than|under|below",
    "exact": r"exactly|precisely",
    "near": r"about|around|approximately|roughly|nearly|almost",
    "in": r"in|only",
    "range": r"between|from",
}
_ZH_RELATIONS = {
    "least": r"至少|不少于|最少|不低于|不得少于|不能少于",
    "most": r"不超过|不多于|不得超过|不要超过|不能超过|最多|至多|控制在|限制在|限|在|上限",
    "over": r"超过|多于|大于",
    "under": r"少于|小于|低于|不足|不到",
    "exact": r"恰好|正好|刚好|恰恰",
    "near": r"大约|大概|约",
}
_RELATION = "|".join(f"(?P<{name}>{words})" for name, words in _RELATIONS.items())
_EN = re.compile(
    rf"(?:\b(?:{_RELATION}) (?:a total of )?)?(?<![\w.$#/«])(?P<n>{N})(?:(?: ?(?:-|to|or) ?| and (?=\w))(?P<m>{N}))?"
    r"(?P<more> ?\+| or (?:more|above|over)\b)?(?P<fewer> or (?:less|fewer|under|below)\b)?", re.IGNORECASE)
_ZH = re.compile(
    "(?:"
    + "|".join(f"(?P<{name}>{words})" for name, words in _ZH_RELATIONS.items())
    + rf")?(?:使用|包含|有|写|出现|为)?\s{{0,3}}(?<![\d.{_FIGURES}第])(?P<n>{ZN})"
    rf"(?:\s?[-到至~]\s?(?P<m>{ZN}))?(?=\s?[\u3400-\u9fff])")
_AFTER = re.compile(
    r"\s{0,3}(?:in total |long )?(?:(?P<more>or more\b|or above\b|at least\b|minimum\b|at minimum\b|以上)"
    r"|(?P<fewer>or fewer\b|or less\b|at most\b|maximum\b|max\b|limit\b|以内|之内|以下|内)|(?P<near>左右|上下))")
_NOT = re.compile(
    r"(?:\b(?:not|never|cannot)|n't)\b[^.,;:?!\n]{0,40}\Z"
    r"|\b(?:avoid(?:ing)?|without)\b(?:(?! and )[^.,;:?!\n]){0,40}\Z", re.IGNORECASE)
_FILL = (
    r"(?:(?!(?:or|and|to|of|at|than|the|in|with|by|for|each|more|less|fewer|times?|example|sample|is|are"
    r"|as)\b)[^\W\d][\w'-]* ){0,2}?")


MOST_READ = 256
"""No instruction states more quantities."""


class Quantity(NamedTuple):
    """Inclusive bounds, None where open. relation: least, most, exact, range, near, in, or "" for a number alone."""

    least: int | None
    most: int | None
    relation: str
    start: int
    end: int


def quantities(text: str) -> list[Quantity]:
    """The quantities of a text in order, the first ``MOST_READ``; the units come after ``end``."""
    first = (q for pattern in (_EN, _ZH) for q in islice(_read(text, pattern), MOST_READ))
    return sorted(first, key=lambda q: (q.start, q.end))[:MOST_READ]


def between(found: list[Quantity], start: int, end: int) -> list[Quantity]:
    """Those of the quantities of a text, in order, that begin from ``start`` to before ``end``."""
    return found[bisect_left(found, start, key=attrgetter("start")):bisect_left(found, end, key=attrgetter("start"))]


@CACHES.keep(128)
def _unit(unit: str) -> re.Pattern[str]:
    return re.compile(rf"[ -]?{_FILL}(?P<unit>{unit})", re.IGNORECASE)


def counted(text: str, quantity: Quantity, unit: str) -> Quantity | None:
    """The quantity of a unit that follows it, bounds as the words before and after say; None of something else."""
    found = _unit(unit).match(text, quantity.end)
    if not found:
        return None
    after = _AFTER.match(text, found.end())
    if not after:
        return quantity._replace(end=found.end())
    low = quantity.least if quantity.least is not None else quantity.most
    high = quantity.most if quantity.most is not None else quantity.least
    if low is None or high is None:
        return None
    if after["near"]:
        return around(low, quantity.start, after.end())
    if after["more"]:
        return Quantity(low, None, "least", quantity.start, after.end())
    return Quantity(None, high, "most", quantity.start, after.end())


def around(n: int, start: int, end: int) -> Quantity:
    """ "About n": a fifth more or less."""
    return Quantity(n - n // 5, n + n // 5, "near", start, end)


def _read(text: str, pattern: re.Pattern[str]) -> Iterator[Quantity]:
    for found in pattern.finditer(text):
        n, m = number(found["n"]), number(found["m"]) if found["m"] else None
        if n is None:
            continue
        groups = found.groupdict()
        relation = next((name for name in _RELATIONS if groups.get(name)), "")
        start, end = found.span()
        if relation in ("over", "under") and _NOT.search(just_before(text, start, 50)):  # "must not be less than 5"
            relation = "most" if relation == "over" else "least"
        if m is not None and (m <= n or (" and " in found.group() and relation != "range")):
            end, m = found.start("n") + len(found["n"]), None  # "one and two": two quantities, of which the first is kept
        if m is not None and relation not in ("near", "under", "over"):
            yield Quantity(n, m, "range", start, end)
        elif relation == "range" or m is not None:
            continue
        elif relation in ("most", "exact", "near", "over", "under") and (groups.get("more") or groups.get("fewer")):
            continue  # "at most 5 or more": not understood
        elif groups.get("more") or relation == "least":
            yield Quantity(n, None, "least", start, end)
        elif groups.get("fewer") or relation == "most":
            yield Quantity(None, n, "most", start, end)
        elif relation == "over":
            yield Quantity(n + 1, None, "least", start, end)
        elif relation == "under":
            yield Quantity(None, n - 1, "most", start, end)
        elif relation == "near":
            yield around(n, start, end)
        else:
            yield Quantity(n, n, relation, start, end)
