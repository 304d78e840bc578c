"""Numbers of a text with what they measure, so that 5 yuan is not taken for a rating of 5."""

from __future__ import annotations

import re
from typing import NamedTuple

from recenv.rewards.reading import CACHES
from recenv.rewards.reading.lexical import MOST_NUMBERS, norm


class Quantity(NamedTuple):
    """One number. kind: what it measures, "" where nothing says; value: comparable within a kind; upper: a range's end, or value.

    loose: a clock time that may be either before or after noon.
    """

    kind: str
    value: float
    upper: float
    start: int
    end: int
    loose: bool = False


_KINDS = (  # the unit that follows a number, by kind; the first that matches counts
    ("percent", r"%|percent\b|折"),
    ("rating", r"分(?![钟之店公])|颗?星(?!期)|-?\s?stars?\b|/\s{0,2}5(?!\d)|points?\b"),
    ("money", r"元|块|人民币|rmb\b|yuan\b|cny\b|dollars?\b|usd\b|pounds?\b|gbp\b|euros?\b|bucks\b|[$£€]"),
    ("minutes", r"分钟|minutes?\b|mins?\b"),
    ("hours", r"个?小时|-?\s?hours?\b|hrs?\b|h\b"),
    ("days", r"天|-?\s?days?\b"),
    ("distance", r"公里|千米|km\b|kilomet(?:er|re)s?\b|-?\s?miles?\b|米|met(?:er|re)s?\b|blocks?\b"),
    ("degrees", r"f\b|c\b|degrees?\b|度|℃|°"),
    ("ordinal", r"st\b|nd\b|rd\b|th\b|日"),
    ("size", r"cm\b|kg\b|kilograms?\b|mb\b|gb\b|lbs?\b"),
    ("count", r"个(?!小时)|家|条|道|款|项|处|种|样|位|次|人"),
    ("place", r"号|层|楼|座|室|院|路|弄"),
)
_UNIT = re.compile(r"\s{0,2}(?:" + "|".join(f"(?P<{kind}>{pattern})" for kind, pattern in _KINDS) + ")")
_CUES = (
    ("rating", r"评分|口碑|打分|评价|rating|rated|scor"),
    ("money", r"价格|价位|人均|消费|票价|门票|花费|房价|多少钱|[$£€¥]|price|cost|fee"),
    ("phone", r"电话|phone|tel\b|call"),
)
_CUE = re.compile("|".join(f"(?P<{kind}>{pattern})" for kind, pattern in _CUES))
_FOUND = re.compile(
    r"(?P<phone>(?<!\d)(?:\+?\d{2,4}[- ])?(?:\d{3}[-. ]\d{4}|\d{7,12})(?:-\d{1,5})?(?!\d|\s?(?:[元块]|yuan)))"
    r"|(?P<date>(?<!\d)\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2})"
    r"|(?<![\d.$£€¥])(?P<hour>\d{1,2})(?:\s{0,2}[:]\s{0,2}(?P<minute>\d{2})(?!\d)\s{0,2}(?P<half>[ap])?(?:\.?m\b\.?|\b)"
    r"|\s{0,2}(?P<alone>[ap])(?:\.?m\b\.?|(?<=\d[ap])\b)"
    r"|点(?:(?P<past>\d{1,2})分?|(?P<thirty>半))?)"
    r"|(?<![\d.])(?P<plain>\d+(?:\.\d+)?)")
_BEGINS = re.compile(r"[+\d]")
_PHONES = re.compile(r"(?<=\d)[,，](?=\d{3}-)")
_CLAUSE = re.compile(r"[,。;!?、()|\n]")
_RANGE = re.compile(r"\s{0,2}(?:-|~|–|—|到|至|to\b|until\b|till\b|and\b)\s{0,2}[$£€¥]?\s{0,2}$")


@CACHES.keep(16_384)
def quantities(text: str) -> tuple[Quantity, ...]:
    """Every number of a text in order. Ranges come as one quantity per end; both carry the end in ``upper``."""
    if "," in text or "，" in text:
        text = _PHONES.sub(", ", text)  # lists of phone numbers must not run together
    plain = norm(text)
    found: list[Quantity] = []
    at = _BEGINS.search(plain)
    while at is not None and len(found) < MOST_NUMBERS:
        match = _FOUND.match(plain, at.start())
        if match is not None:
            found.append(_read(plain, match))
        at = _BEGINS.search(plain, at.end() if match is None else match.end())
    for n in range(len(found) - 1):
        a, b = found[n], found[n + 1]
        if b.start - a.end > 8 or not _RANGE.search(plain[a.end:b.start]):
            continue
        kind = a.kind or b.kind
        if a.kind in ("", kind) and b.kind in ("", kind) and kind not in ("phone", "date"):
            if kind == "clock" and not a.kind and a.value <= 24:
                a = a._replace(value=60.0 * a.value, loose=a.value <= 12)  # "from 3 until 1 am"
            if kind == "clock" and not b.kind and b.value <= 24:
                b = b._replace(value=60.0 * b.value, upper=60.0 * b.value, loose=b.value <= 12)  # "from 8:30 until 7"
            found[n] = a._replace(kind=kind, upper=b.value)
            found[n + 1] = b._replace(kind=kind)
    return tuple(found)


def _read(text: str, match: re.Match[str]) -> Quantity:
    start, end = match.span()
    if match.group("phone"):
        digits = re.sub(r"\D", "", match.group("phone"))
        return Quantity("phone", float(digits[-8:]), float(digits[-8:]), start, end)
    if match.group("date"):
        value = float("".join(part.zfill(2) for part in re.findall(r"\d+", match.group("date"))))
        return Quantity("date", value, value, start, end)
    if match.group("hour"):
        half = match.group("half") or match.group("alone") or ""
        hour = int(match.group("hour"))
        minute = int(match.group("minute") or match.group("past") or (30 if match.group("thirty") else 0))
        if half:
            hour = hour % 12 + (12 if half == "p" else 0)
        value = 60.0 * hour + minute
        return Quantity("clock", value, value, start, end, not half and 0 < hour <= 12 and match.group("hour")[0] != "0")
    value = float(match.group("plain"))
    unit = _UNIT.match(text, end)
    if unit is not None:
        return Quantity(str(unit.lastgroup), value, value, start, unit.end())
    return Quantity(cue_before(_CUE, text, start, 12), value, value, start, end)


def cue_before(cues: re.Pattern[str], text: str, at: int, reach: int) -> str:
    """The name of the last cue in the clause before a place, "" where there is none within reach."""
    clause = _CLAUSE.split(text[max(0, at - reach):at])[-1]
    found = [m.lastgroup for m in cues.finditer(clause)]
    return str(found[-1]) if found else ""


def same(a: Quantity, b: Quantity) -> bool:
    """Whether two quantities say the same; one without a kind agrees with any of its value."""
    if a.kind and b.kind and a.kind != b.kind:
        return False
    if a.loose != b.loose and a.kind == b.kind:
        return a.value % 720 == b.value % 720
    return abs(a.value - b.value) < 1e-6


def same_end(a: Quantity, b: Quantity) -> bool:
    """Whether two quantities that are the same end alike, too; one that is no range has no end to compare."""
    if a.upper == a.value or b.upper == b.value:
        return True
    return abs(a.upper - b.upper) < 1e-6 or (a.kind == b.kind == "clock" and (a.upper - b.upper) % 720 == 0)
