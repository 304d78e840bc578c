"""What a user's words give away: names of candidates that he was not shown, and wishes that he never says."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

from recenv.users.protocol import Situation

_SHORTEST = 2  # characters of a name; a single one is in too many sentences
_SPACES = re.compile(r"\s+")


def leaks(words: str, tells: int, situation: Situation) -> Literal["", "item", "wish"]:
    """What words that tell these constraints give away; "" for nothing. What the user has heard, or may say, is no secret."""
    if named(words, situation):
        return "item"
    return "wish" if tells & situation.secret else ""


def named(words: str, situation: Situation) -> list[str]:
    """Names of candidates not shown that stand in the words, and neither in the dialogue nor in a wish that may be told."""
    free = [m.content for m in situation.dialogue] + [situation.text] + [i.name for i in situation.items]
    free += [c.text for m, c in enumerate(situation.need.constraints) if not situation.secret >> m & 1]
    heard, said = _folded("\n".join(free)), _folded(words)
    return [name for name in situation.unshown if _holds(said, name) and not _holds(heard, name)]


def told_in(words: str, situation: Situation) -> int:
    """Mask of the constraints whose text stands in the words."""
    said = _folded(words)
    return sum(1 << m for m, c in enumerate(situation.need.constraints) if _holds(said, c.text.rstrip("。.；;，,!！")))


def _holds(folded: str, text: str) -> bool:
    """Whether a text stands in a folded one; where it begins or ends with a Latin letter or digit, as whole words."""
    sought = _folded(text)
    if len(sought) < _SHORTEST:
        return False
    at = folded.find(sought)
    while at >= 0:
        before, after = folded[at - 1 : at] if at else "", folded[at + len(sought) : at + len(sought) + 1]
        if not (_joins(before, sought[0]) or _joins(sought[-1], after)):
            return True
        at = folded.find(sought, at + 1)
    return False


def _joins(left: str, right: str) -> bool:
    return left.isascii() and right.isascii() and left.isalnum() and right.isalnum()


def _folded(text: str) -> str:
    return _SPACES.sub(" ", unicodedata.normalize("NFKC", text).casefold()).strip()
