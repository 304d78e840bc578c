"""What an instruction demands of a recommendation, by name: a view of what ``recenv.rewards.rules.checks`` reads."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from recenv.rewards.rules import checks


class Demands(NamedTuple):
    """Limits that an instruction states; None (language: "") where it states none. Maxima are inclusive."""

    language: str = ""
    min_items: int | None = None
    max_items: int | None = None
    max_words: int | None = None
    max_characters: int | None = None


@lru_cache(maxsize=4096)
def read(instruction: str) -> Demands:
    """The demands of an instruction; of several limits of one kind the tightest. Contradictory languages count as none."""
    found = checks.read(instruction)
    language = next((c.words[0] for c in found if c.kind == "language"), "")
    items = next((c for c in found if c.kind == "items"), None)
    return Demands(
        language, items.least if items else None, items.most if items else None,
        _tightest(found, "words"), _tightest(found, "characters", "hanzi"))


def _tightest(found: tuple[checks.Check, ...], *kinds: str) -> int | None:
    return min((c.most for c in found if c.kind in kinds and c.most is not None), default=None)
