"""One word for one concept, in Chinese and in English: what places offer, what kind of place they are, how requests put it.

The tables (``tables/synonyms_*.txt``) cover the ordinary vocabulary of dining, lodging, sights, shopping, health and everyday
services. The first form of a line is the one that stands for all; a form that is part of a longer one gives way to it. Forms are
lower case, spaces single.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from recenv.rewards.reading import table


def _forms(name: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in table(name):
        first, _, others = line.partition("=")
        found[first] = first
        for form in others.split("/"):
            found.setdefault(form, first)
    return found


ZH, EN = _forms("synonyms_zh.txt"), _forms("synonyms_en.txt")
"""Form -> the form that stands for its concept; that one is among the keys."""


def any_of(words: Iterable[str]) -> str:
    """A pattern for words that shares their beginnings, longest first: the time of a match does not grow with their number."""
    heads: dict[str, list[str]] = {}
    for word in words:
        heads.setdefault(word[:1], []).append(word[1:])
    parts = [re.escape(head) + any_of(rest) for head, rest in heads.items() if head]
    if not parts:
        return ""
    joined = parts[0] if len(parts) == 1 else "(?:" + "|".join(parts) + ")"
    return f"(?:{joined})?" if "" in heads else joined
