"""The one exit to a terminal: whatever data hold, no text drives it, and none fails on what it cannot show."""

from __future__ import annotations

import codecs
import io
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

_PLAIN = {"–": "-", "—": "-", "…": "...", "×": "x", "≤": "<=", "≥": ">=", "→": "->", "←": "<-", "“": '"', "”": '"',
          "‘": "'", "’": "'", "·": ".", "•": "*", "±": "+-", "│": "|", "─": "-", "█": "#", "\N{REPLACEMENT CHARACTER}": "?"}
_FALLBACK = "recenv.plain"


def clean(text: str, kept: str = "") -> str:
    """Text without control, direction and other invisible characters, save for those that are kept: escape sequences, which move
    cursors and write clipboards, begin with one."""
    if text.isprintable():
        return text
    return "".join(c if c in kept or not _hidden(c) else "\N{REPLACEMENT CHARACTER}" for c in text)


def _hidden(c: str) -> bool:
    category = unicodedata.category(c)
    return category[0] == "C" or category in ("Zl", "Zp")


def _without(error: UnicodeError) -> tuple[str, int]:
    """In place of what an encoding does not have: something like it in ASCII."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(_PLAIN.get(c) or unicodedata.normalize("NFKD", c).encode("ascii", "ignore").decode() or "?"
                   for c in error.object[error.start:error.end]), error.end


codecs.register_error(_FALLBACK, _without)


class _Cleaned(io.TextIOWrapper):
    """Another stream's bytes, written through ``clean``. bare: that stream, for what draws on purpose."""

    def __init__(self, bare: io.TextIOWrapper, kept: str) -> None:
        self.bare, self._kept = bare, kept
        super().__init__(bare.buffer, encoding=bare.encoding, errors=_FALLBACK, line_buffering=True)

    @property
    def buffer(self) -> Any:
        """None: nobody writes past what is cleaned."""
        return None

    def write(self, text: str) -> int:
        super().write(clean(text, self._kept))
        return len(text)


@contextmanager
def cleaned_streams() -> Iterator[None]:
    """Standard output and error cleaned while the block runs. Error keeps carriage returns, by which progress is drawn."""
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = _cleaned(before[0], "\n\t"), _cleaned(before[1], "\n\t\r")
    try:
        yield
    finally:
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, _Cleaned):
                try:
                    stream.flush()
                finally:
                    stream.detach()  # or its bytes' stream would be closed with it
        sys.stdout, sys.stderr = before


def _cleaned(stream: TextIO, kept: str) -> TextIO:
    return _Cleaned(stream, kept) if isinstance(stream, io.TextIOWrapper) else stream


def bare(stream: TextIO) -> TextIO:
    """The stream behind a cleaned one, for a progress bar at a terminal."""
    return stream.bare if isinstance(stream, _Cleaned) else stream
