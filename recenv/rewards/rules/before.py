"""What stands before a place in a text."""

from __future__ import annotations

import re


def just_before(text: str, at: int, most: int) -> str:
    """The characters before a place, the last ``most`` of them."""
    return text[max(0, at - most) : at]


def begins(stop: re.Pattern[str], text: str, first: int, at: int) -> int:
    """Where the stretch that ends at a place begins: behind the last stop after ``first``, else there; never below 0."""
    first = max(0, first)
    return max((first, *(m.end() for m in stop.finditer(text, first, at))))
