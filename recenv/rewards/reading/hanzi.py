"""Traditional Chinese characters and the simplified ones for them: one script for everything that is compared.

The pairs (``tables/traditional.txt``, a line of traditional characters over the line of those for them) are the single characters
of the dictionary TSCharacters of OpenCC (Open Chinese Convert, Carbo Kuo and contributors, https://github.com/BYVoid/OpenCC,
Apache License 2.0), as opencc-python-reimplemented 0.1.7 (Yichen Huang, Apache License 2.0) carries it. Changed: only pairs
within the basic plane, the first simplified form where it lists several, chains followed to their end. Folding is by character;
it keeps the length of a text and is its own repetition.
"""

from __future__ import annotations

import re

from recenv.rewards.reading import table

_LINES = table("traditional.txt")
_TABLE = str.maketrans("".join(_LINES[::2]), "".join(_LINES[1::2]))
_TRADITIONAL = re.compile("[" + "".join(map(chr, _TABLE)) + "]")


def simplified(text: str) -> str:
    """The text with every traditional character that has a simplified form replaced by it."""
    return text.translate(_TABLE) if _TRADITIONAL.search(text) else text
