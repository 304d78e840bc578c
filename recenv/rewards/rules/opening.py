"""How late a place is to be open, in an instruction and in a record."""

from __future__ import annotations

import re

from recenv.rewards.reading.numerals import number
from recenv.rewards.rules import CACHES
from recenv.rewards.rules.wish import Wish

_LATE = re.compile(
    r"(?P<part>晚上|夜里|凌晨|半夜|下午)?(?P<zh>[0-9一二两三四五六七八九十]{1,3})[点时:](?P<half>半|30)?(?:钟)?(?:00)?(?:以后|之后|后)?"
    r"(?:还|也|都|仍)(?:在|能)?(?:开|营业)|"
    r"(?:营业|开)到(?P<part2>晚上|夜里|凌晨|半夜|下午)?(?P<zh2>[0-9一二两三四五六七八九十]{1,3})[点时:](?P<half2>半|30)?|"
    r"\bopen(?:s|ed)? (?:past|after|until|till|beyond|later than|at)(?: at least| past)? "
    r"(?:(?P<midnight>midnight)|(?P<en>\d{1,2})(?::(?P<min>30|00))?"
    r"\s?(?P<half3>am|pm|a\.m|p\.m)?)")
_ALL_DAY = re.compile(r"24\s{0,2}小时|全天|\b24 hours\b|\b24/7\b|day and night")
_SPAN = re.compile(r"(\d{1,2})[:点](\d{2})?\s{0,2}(?:-|~|到|至|–)\s{0,2}(次日|凌晨|翌日)?\s{0,2}(\d{1,2})[:点](\d{2})?")


def open_until(clause: str) -> list[Wish]:
    """Demands that every place is open at some hour of the evening or night."""
    return [Wish("hours", match.group(), low=hour) for match in _LATE.finditer(clause) if (hour := _hour(match)) is not None]


def _hour(match: re.Match[str]) -> float | None:
    if match["midnight"]:
        return 24.0
    if match["en"]:
        hour, part = int(match["en"]), (match["half3"] or "").replace(".", "")
        if (hour < 12 and (part == "pm" or (not part and hour >= 5))) or (hour == 12 and part == "am"):
            hour += 12
        return _of_its_day(hour + (0.5 if match["min"] == "30" else 0.0))
    spoken, part = match["zh"] or match["zh2"], match["part"] or match["part2"] or ""
    value = number(spoken)
    if value is None or value > 24:
        return None
    late = part in ("晚上", "夜里", "下午") or (not part and 5 <= value < 12)
    midnight = value == 12 and part in ("晚上", "夜里", "半夜", "凌晨")
    value += 12 if (late and value < 12) or midnight else 0
    return _of_its_day(value + (0.5 if match["half"] or match["half2"] else 0.0))


def _of_its_day(hour: float) -> float:
    return hour + 24 if hour < 5 else hour


@CACHES.keep(8_192)
def closes(hours: str) -> float | None:
    """When a place with these opening hours closes, of the day it opened: 26 is two at night. None where they do not say so, or
    say several things."""
    if _ALL_DAY.search(hours):
        return 29.0
    ends = set()
    for opens, _, next_day, hour, minutes in _SPAN.findall(hours):
        end = int(hour) + int(minutes or 0) / 60
        ends.add(end + 24 if next_day or end <= int(opens) else end)
    spans = _SPAN.findall(hours)
    return max(ends) if len(ends) == 1 or (ends and len(spans) == 2 and "," in hours.replace("、", ",")) else None
