"""Search filters: slot -> value text, as agents write them.

    slot kind   value text                                    an item passes when its attribute
    number      "<= 50", "50以下", "at most 50", "20-50"        lies in the range (bounds included)
                "50"                                          is at most 50 (price, distance) or at least 50 (rating)
    text, set   "朝阳", "private room"                         contains the text (any member does), spaces and case aside
    category    "dining", "餐饮"                               is that category

Slots go by their name in ``constraints.SLOTS`` or by its Chinese or English label; ``min_<slot>`` and ``max_<slot>`` bound a
number. An item without the attribute does not pass: what is not known is not promised. A filter that cannot be
read is ignored and named, with the reason: agent input never raises.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from recenv.data.constraints import SLOTS, fold
from recenv.data.render import category_name
from recenv.records import CATEGORIES, Item

MAX_FILTERS = 16
_MAX_CHARS = 200
_NUMBER = re.compile(r"\d{1,12}(?:\.\d{1,6})?")
_AT_MOST = re.compile(
    r"<|≤|以下|以内|最多|最高|(?<!不)(?:低于|小于|少于)|不(?:超过|高于|大于|多于)"
    r"|\bat most\b|(?<!not )\b(?:under|below)\b|\bup to\b|(?<!no )(?<!not )\bless than\b|\bnot? (?:more than|over|above)\b|\bmax"
)
_AT_LEAST = re.compile(
    r">|≥|以上|至少|最低|(?<!不)(?:超过|高于|大于|多于)|不(?:低于|小于|少于)"
    r"|\bat least\b|(?<!no )(?<!not )\b(?:more than|over|above)\b|\bnot? (?:less than|under|below)\b|\bmin"
)
_RANGE = re.compile(r"\d\D{0,6}?(?:-|–|—|~|～|到|至|\bto\b|\band\b)\s{0,4}\d")


class Check(NamedTuple):
    """One readable filter: a range for numbers, a folded text for everything else."""

    slot: str
    low: float = -math.inf
    high: float = math.inf
    text: str = ""


def parse_filters(
    filters: Mapping[str, str], categories: Sequence[str] = CATEGORIES
) -> tuple[tuple[Check, ...], tuple[str, ...]]:
    """The checks that filters ask for, and a line for each one that is ignored. categories: those that there are."""
    checks: list[Check] = []
    ignored: list[str] = []
    for number, (key, value) in enumerate(filters.items()):
        shown = repr(str(key)[:40])
        if number >= MAX_FILTERS:
            ignored.append(f"more than {MAX_FILTERS} filters: {shown} and later ones")
            break
        slot, side = _slot(str(key)[:_MAX_CHARS])
        if not slot:
            ignored.append(f"{shown}: not a slot; known: category, {', '.join(SLOTS)}")
            continue
        check = _check(slot, side, str(value)[:_MAX_CHARS], categories)
        if check is None:
            ignored.append(f"{shown}: cannot read the value {str(value)[:40]!r}")
        else:
            checks.append(check)
    return tuple(checks), tuple(ignored)


def passes(item: Item, checks: Sequence[Check]) -> bool:
    """Whether an item passes all checks."""
    return all(_passes(item, check) for check in checks)


def _passes(item: Item, check: Check) -> bool:
    if check.slot == "category":
        return item.category == check.text
    have = item.name if check.slot == "name" else item.attributes.get(check.slot)
    if have is None:
        return False
    if SLOTS[check.slot].kind == "number":
        return isinstance(have, (int, float)) and check.low <= have <= check.high
    members = have if isinstance(have, (tuple, list)) else (str(have),)
    return any(check.text in fold(str(m)) for m in members)


_NAMES = {fold(name): slot for slot, spec in SLOTS.items() for name in (spec.en, spec.zh, slot)}
_NAMES |= {fold("category"): "category", fold("类别"): "category", fold("分类"): "category"}
_CATEGORY_NAMES = {fold(name): c for c in CATEGORIES for name in (category_name(c, "zh"), c)}


def _slot(key: str) -> tuple[str, str]:
    """Slot and side ("min", "max" or "") of a filter's key; an empty slot where it names none."""
    folded = fold(key)
    for side in ("min", "max"):
        if folded.startswith(side) and (slot := _NAMES.get(folded[3:])) and slot in SLOTS and SLOTS[slot].kind == "number":
            return slot, side
    return _NAMES.get(folded, ""), ""


def _check(slot: str, side: str, value: str, categories: Sequence[str]) -> Check | None:
    if slot == "category":
        own = (c for c in categories[len(CATEGORIES):] if fold(c) == fold(value))
        category = _CATEGORY_NAMES.get(fold(value)) or next(own, None)
        return None if category is None else Check(slot, text=category)
    if SLOTS[slot].kind != "number":
        text = fold(value)
        return Check(slot, text=text) if text else None
    numbers = [float(n) for n in _NUMBER.findall(value)]
    if not numbers:
        return None
    text = value.casefold()
    if len(numbers) == 2 and not side and _RANGE.search(text):
        return Check(slot, min(numbers), max(numbers))
    if len(numbers) != 1:
        return None
    at_most = side == "max" or (not side and _AT_MOST.search(text) is not None)
    at_least = side == "min" or (not side and _AT_LEAST.search(text) is not None)
    if at_most == at_least:  # neither is said, or both are
        at_least = slot == "rating"
    return Check(slot, low=numbers[0]) if at_least else Check(slot, high=numbers[0])
