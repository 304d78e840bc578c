"""What the environment says where the agent gives item numbers alone: a sentence that tells the truth and keeps the instruction.

It repeats the records, so nothing in it is false. Of several ways to put it, from the fullest to the barest, the first is
taken that keeps every demand of the instruction that can be checked exactly (``recenv.rewards.rules``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from recenv.data.render import plain_response
from recenv.records import Item
from recenv.rewards.rules.checks import read_checks
from recenv.rewards.rules.verdicts import demanded_language, text_broken

SLOTS = ("rating", "price", "area")
_FEWER: tuple[tuple[str, ...], ...] = (
    SLOTS, ("rating", "price"), ("rating", "area"), ("price", "area"), ("rating",), ("price",), ("area",), ())
_GREETS = re.compile(r"\bgreet|问候|打招呼", re.IGNORECASE)


class Leave(NamedTuple):
    """What an instruction lets the environment say. allowed: most items of a slate; least: fewest, 0 where it does not say.

    speaks: whether a sentence about as many items can keep the instruction; where it cannot, ``allowed`` is what the
    instruction itself permits.
    """

    allowed: int
    least: int
    speaks: bool


def speak(instruction: str, locale: str, items: Sequence[Item]) -> str:
    """The sentence that recommends the items, best first; "" for none. If no way to put it keeps the instruction, the fullest."""
    first = ""
    for text in _ways(instruction, locale, items):
        if not text_broken(instruction, locale, text, items, ()):
            return text
        first = first or text
    return first


def leave_to_speak(instruction: str, locale: str, items: Sequence[Item], slate_size: int) -> Leave:
    """How many of the candidates the environment can name in one sentence, judged by the longest and the shortest of them."""
    counted = next((c for c in read_checks(instruction) if c.kind == "items"), None)
    most = slate_size if counted is None or counted.most is None else min(slate_size, counted.most)
    least = 0 if counted is None or counted.least is None else min(counted.least, slate_size)
    by_length = sorted(items, key=lambda item: (len(item.name), item.id))
    for n in range(min(most, max(1, len(items))), max(0, least - 1), -1):
        tried = (by_length[-n:], by_length[:n], items[:n])
        if all(not text_broken(instruction, locale, speak(instruction, locale, some), some, ())
               for some in tried if some):
            return Leave(n, least, True)
    return Leave(most, least, False)


def _ways(instruction: str, locale: str, items: Sequence[Item]) -> Iterator[str]:
    demands = {c.kind for c in read_checks(instruction)}
    language = demanded_language(instruction) or locale
    listed = bool(demands & {"numbered", "bullets"})
    for lines in ((True, False) if listed else (False, True)):
        for slots in _FEWER:
            yield plain_response(
                items, language, slots, lines=lines, closing="question" in demands, greeting=bool(_GREETS.search(instruction)))
