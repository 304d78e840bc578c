"""How many are left of what is sold: "only 2 left in stock", "仅剩5份"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from recenv.rewards.features.prose.catalogue import Entry

NAMES = ("stock_right", "stock_wrong")

_LABEL = re.compile(r"\b(?:in )?stock\b|\bremaining\b|库存|余量")
_SAID = re.compile(
    r"(?<![\d.])(\d{1,4}) (?:[^\s.,;\d]{1,60} ){0,5}?(?:left|in stock|remaining|still available)\b|"
    r"\b(?:stock|inventory)\b[^.;\d]{0,24}?(?<![\d.])(\d{1,4})\b|"
    r"(?:库存|[仅只还]剩|剩余)[^。;\d]{0,8}?(\d{1,4})(?![\d.元])")


def stock(text: str, about: Sequence[int], entries: Sequence[Entry]) -> dict[str, int]:
    """Of how many records a clause rightly tells what is left, and of how many wrongly."""
    match = _SAID.search(text)
    if match is None:
        return {}
    said = match.group(match.lastindex or 0)
    known = [f.value.strip() for n in about for f in entries[n].fields if _LABEL.search(f.label)]
    right = sum(value == said for value in known)
    return {"stock_right": right, "stock_wrong": len(known) - right}
