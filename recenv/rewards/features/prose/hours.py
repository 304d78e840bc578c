"""When places are said to open and close, against the one span that their records give."""

from __future__ import annotations

import re
from collections.abc import Sequence

from recenv.rewards.features.prose.figures import Figure
from recenv.rewards.features.prose.wording import NO

_UNTIL = re.compile(
    r"(?:-|~|到|至|to|till|until|through|and|开到|营业到)\s{0,2}"
    r"(?:(?:凌晨|早上|上午|中午|下午|晚上|夜里|夜间|半夜|about|around)\s{0,2})?$")
_CLOSES = re.compile(r"clos|shut|till|until|关|打烊|收|开到|营业到|to\s?$|late as")
_OPENS = re.compile(r"open|from|start|开门|开始|起|开")
_GOES_ON = re.compile(r"\s?(?:-|到|至|to|till|until)")


def told(text: str, said: Sequence[Figure], known: Sequence[Figure]) -> tuple[int, int]:
    """How many times of opening and closing in a clause are those of a record, and how many are not.

    said: numbers of the clause; known: those of the record, of which two are times of day, else nothing is told.
    """
    span = [f for f in known if f.kind == "clock"]
    times = [(n, f) for n, f in enumerate(said) if f.kind == "clock"]
    if len(span) != 2 or not times or NO.search(text):
        return 0, 0
    right = wrong = 0
    for n, f in times:
        ahead = text[max(0, f.start - 14):f.start]
        first = said[n - 1] if n else None
        if _UNTIL.search(ahead) and first is not None and f.start - first.end < 14 and first.kind in ("clock", ""):
            opens = first.value if first.kind == "clock" else first.value * 60
            good = _at(opens, span[0].value, first.either_half or not first.kind) and _at(f.value, span[1].value, f.either_half)
        elif _CLOSES.search(ahead) or re.match(r"\s?[关打收]", text[f.end:]):
            good = _at(f.value, span[1].value, f.either_half)
        elif _OPENS.search(ahead) or re.match(r"\s?开", text[f.end:]):
            held = span if _GOES_ON.match(text, f.end) else span[:1]
            good = any(_at(f.value, s.value, f.either_half) for s in held)
        else:
            good = any(_at(f.value, s.value, f.either_half) for s in span)
        right, wrong = right + good, wrong + (not good)
    return right, wrong


def _at(said: float, known: float, either_half: bool) -> bool:
    """Whether a time is the record's; one without its half of the day may be in either."""
    gap = (said - known) % (720 if either_half else 1440)
    return min(gap, (720 if either_half else 1440) - gap) < 1e-6
