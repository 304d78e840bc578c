"""The words of an instruction, made ready for reading: one form of every character, quotations set aside."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from typing import NamedTuple

from recenv.rewards.reading.hanzi import simplified
from recenv.rewards.rules import CACHES

MAX_READ = 8_000
"""Of a longer instruction only the first and the last half of this many characters are read."""

MOST_QUOTES = 256
"""Of the quotations of an instruction only so many are set aside."""

_ONE_FORM = str.maketrans(dict.fromkeys("“”„‟«»「」『』〝〞", '"') | dict.fromkeys("‘’‛`´", "'") | dict.fromkeys("‐‑‒–—", "-"))
_DOUBLE = (re.compile(r'"([^"\n]{1,2000})"'), re.compile(r'"([^"]{1,4000})"'))
_SINGLE = re.compile(r"(?<![\w'])'([^'\n]{1,80})'(?!\w)")
_BLANKS = re.compile(r"[^\S\n]+")
_END = re.compile(r"[。;\n]")
_END_BEFORE = re.compile(r"[.!?](?=\s)|[!?](?=[\u3400-\u9fff])")

_SENTENCE = 600
"""Characters of a sentence that are looked at on either side of a word."""

QUOTED = r"«\d{1,4}»"
"""Pattern of a quotation in ``Prompt.text``."""


class Prompt(NamedTuple):
    """plain: the instruction with one form of quotes, dashes, widths; text: the same with every quotation as «its index»."""

    plain: str
    text: str
    quotes: tuple[str, ...]

    def quote(self, token: str) -> str:
        """What «index» stands for; any other text is itself."""
        return self.quotes[int(token[1:-1])] if token.startswith("«") else token

    def restored(self, text: str) -> str:
        """A piece of ``text`` with its quotations back in place."""
        for _ in range(2):  # a quotation of several lines may hold another
            text = re.sub(QUOTED, lambda m: f'"{self.quotes[int(m.group()[1:-1])]}"', text)
        return text

    def sentence(self, start: int, end: int) -> tuple[int, int]:
        """Where the sentence around text[start:end] begins and ends."""
        ends, before = _sentence_ends(self.text)
        marks = (places[n] for places in (ends, before) if (n := bisect_left(places, end)) < len(places))
        return _start(self.text, start), min((*marks, end + _SENTENCE, len(self.text)))

    def before(self, start: int) -> str:
        """The part of a sentence before text[start]."""
        return self.text[_start(self.text, start) : start]


def prepare(instruction: str) -> Prompt:
    plain = unicodedata.normalize("NFKC", _ends(instruction).translate(_ONE_FORM)).translate(_ONE_FORM).replace("\r\n", "\n")
    plain = simplified(_ends(plain))
    plain = _BLANKS.sub(" ", plain).strip()
    quotes: list[str] = []

    def aside(match: re.Match[str]) -> str:
        if len(quotes) >= MOST_QUOTES:
            return match.group()
        quotes.append(match.group(1))
        return f"«{len(quotes) - 1}»"

    text = plain
    for pattern in (*_DOUBLE, _SINGLE):
        text = pattern.sub(aside, text)
    return Prompt(plain, text, tuple(quotes))


def _ends(text: str) -> str:
    """A text without the middle that is too much; once more where normalising has made it longer."""
    return text if len(text) <= MAX_READ else f"{text[: MAX_READ // 2]}\n{text[-MAX_READ // 2 :]}"


def _start(text: str, start: int) -> int:
    ends, before = _sentence_ends(text)
    marks = (places[n - 1] + 1 for places, at in ((ends, start), (before, start - 1)) if (n := bisect_left(places, at)))
    return max((0, start - _SENTENCE, *marks))


@CACHES.keep(64)
def _sentence_ends(text: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Where the marks stand that end a sentence, and those that do because of what follows them."""
    return tuple(m.start() for m in _END.finditer(text)), tuple(m.start() for m in _END_BEFORE.finditer(text))
