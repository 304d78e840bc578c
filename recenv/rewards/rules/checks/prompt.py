"""The words of an instruction, made ready for reading: one form of every character, quotations set aside."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from recenv.rewards.reading.hanzi import simplified

MAX_READ = 8_000
"""Of a longer instruction only the first and the last half of this many characters are read."""

_ONE_FORM = str.maketrans(
    dict.fromkeys("“”„‟«»「」『』〝〞", '"') | dict.fromkeys("‘’‛`´", "'") | dict.fromkeys("‐‑‒–—", "-")
)
_DOUBLE = (re.compile(r'"([^"\n]{1,2000})"'), re.compile(r'"([^"]{1,4000})"'))
_SINGLE = re.compile(r"(?<![\w'])'([^'\n]{1,80})'(?!\w)")
_BLANKS = re.compile(r"[^\S\n]+")
_END = re.compile(r"[.!?](?=\s)|[。;\n]|[!?](?=[\u3400-\u9fff])")

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
        last = _END.search(self.text, end)
        return _start(self.text, start), last.start() if last else len(self.text)

    def before(self, start: int) -> str:
        """The part of a sentence before text[start]."""
        return self.text[_start(self.text, start) : start]


def prepare(instruction: str) -> Prompt:
    if len(instruction) > MAX_READ:
        instruction = f"{instruction[: MAX_READ // 2]}\n{instruction[-MAX_READ // 2 :]}"
    plain = unicodedata.normalize("NFKC", instruction.translate(_ONE_FORM)).translate(_ONE_FORM).replace("\r\n", "\n")
    plain = simplified(plain)
    plain = _BLANKS.sub(" ", plain).strip()
    quotes: list[str] = []

    def aside(match: re.Match[str]) -> str:
        if len(quotes) > 9_999:
            return match.group()
        quotes.append(match.group(1))
        return f"«{len(quotes) - 1}»"

    text = plain
    for pattern in (*_DOUBLE, _SINGLE):
        text = pattern.sub(aside, text)
    return Prompt(plain, text, tuple(quotes))


def _start(text: str, start: int) -> int:
    first = max(0, start - 600)
    for mark in _END.finditer(text, first, start):
        first = mark.end()
    return first
