"""The shipped font: Latin and Chinese in one file, so that pictures and reports look alike on every machine.

What it takes to set text in it: which characters it has, how wide they are, where a line may break.
"""

from __future__ import annotations

import base64
import io
import unicodedata
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.font_manager import FontProperties

FONT = Path(__file__).with_name("fonts") / "recenv-sans.otf"
FAMILY = "Recenv Sans"
SUBSTITUTE = "□"
_NO_LINE_START = "，。、；：？！）》」』”’…,.;:?!)]}%"
_NO_LINE_END = "（《「『“‘([{"


class Face:
    """A font file, read when first asked for. What it has read goes when it goes."""

    def __init__(self, file: Path) -> None:
        self.file = file

    @cached_property
    def advances(self) -> dict[int, float]:
        """Characters that the font has, with their advance in ems."""
        from fontTools.ttLib import TTFont

        with TTFont(self.file, lazy=True) as face:
            units, metrics = face["head"].unitsPerEm, face["hmtx"].metrics
            return {code: metrics[glyph][0] / units for code, glyph in face.getBestCmap().items()}

    def at(self, size: float) -> FontProperties:
        """The font in a size in points, for matplotlib."""
        from matplotlib.font_manager import FontProperties

        return FontProperties(fname=str(self.file), size=size)


FACE = Face(FONT)
"""The font of every picture and page."""


def drawable(text: str) -> str:
    """Text of characters that the font has, on one line.

    White space becomes one space, format characters (joiners, direction marks, variation selectors) vanish, whatever
    else is missing becomes a box: rendering never fails and never warns.
    """
    known = FACE.advances
    shown = []
    for c in unicodedata.normalize("NFC", " ".join(text.split())):
        if unicodedata.category(c) in ("Cf", "Mn", "Me", "Cc"):
            continue
        shown.append(c if ord(c) in known else SUBSTITUTE)
    return "".join(shown)


def text_width(text: str, size: float) -> float:
    """Width in inches of drawable text at a size in points (kerning left out)."""
    known = FACE.advances
    return sum(known.get(ord(c), 1.0) for c in text) * size / 72


def wrap(text: str, width: float, size: float, lines: int) -> list[str]:
    """Text broken into at most ``lines`` lines of ``width`` inches at a size in points; a cut is marked by an ellipsis.

    Chinese breaks anywhere but before closing and after opening punctuation, Latin between words (within them only
    where a word is wider than a line).
    """
    rest, broken = drawable(text), list[str]()
    while rest and len(broken) < lines:
        cut = _break(rest, width, size)
        broken.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    if rest:
        broken[-1] = _shorten(broken[-1], width, size)
    return broken


def fit_text(text: str, width: float, size: float) -> str:
    """Text on one line of ``width`` inches, cut with an ellipsis where it is longer."""
    shown = drawable(text)
    return shown if text_width(shown, size) <= width else _shorten(shown, width, size)


def _break(text: str, width: float, size: float) -> int:
    """How many characters go on the first line (at least one)."""
    used, last = 0.0, 0
    for i, c in enumerate(text):
        used += text_width(c, size)
        if used > width and i:
            return last or i
        if i + 1 < len(text) and _may_break(c, text[i + 1]):
            last = i + 1
    return len(text)


def _may_break(before: str, after: str) -> bool:
    if after in _NO_LINE_START or before in _NO_LINE_END:
        return False
    if '"' in (before, after) and " " not in (before, after):  # straight quotes stay with what they quote
        return False
    return before == " " or after == " " or _wide(before) or _wide(after) or before == "-"


def _wide(c: str) -> bool:
    return unicodedata.east_asian_width(c) in ("W", "F")


def _shorten(text: str, width: float, size: float) -> str:
    while text and text_width(text + "…", size) > width:
        text = text[:-1]
    return text.rstrip() + "…"


def embedded_font(texts: Iterable[str]) -> str:
    """The font as a base64 WOFF data URI with no more than the characters of the texts. Equal texts give equal bytes."""
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont

    used = sorted({ord(c) for text in texts for c in text} & FACE.advances.keys())
    options: Any = Options()
    options.flavor, options.layout_features, options.desubroutinize = "woff", ["kern"], False
    with TTFont(FONT, lazy=True, recalcTimestamp=False) as face:
        subsetter: Any = Subsetter(options)
        subsetter.populate(unicodes=used)
        subsetter.subset(face)
        face.flavor = "woff"
        out = io.BytesIO()
        face.save(out)
    return "data:font/woff;base64," + base64.b64encode(out.getvalue()).decode()
