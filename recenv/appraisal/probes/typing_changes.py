"""Changes of how a text is typed: case, spaces, widths, marks."""

from __future__ import annotations

import re

from recenv.appraisal.probes.changes import ANSWERED, CASE, COUNT, ENDS, EVERYTHING, LAYOUT, MARKS, RECORDS, TOLD, Change
from recenv.appraisal.probes.traditional import traditional

_WIDE = str.maketrans({chr(c): chr(c + 0xFEE0) for c in (*range(48, 58), *range(65, 91), *range(97, 123))})
_WIDE_DIGITS = str.maketrans({chr(c): chr(c + 0xFEE0) for c in range(48, 58)})
_WIDE_MARKS = str.maketrans(",;:()!?", "，；：（）！？")
_NARROW_MARKS = str.maketrans({"，": ", ", "；": "; ", "：": ": ", "（": " (", "）": ") ", "！": "! ", "？": "? ", "。": ". "})
_CORNERS = str.maketrans("“”‘’", "「」『』")
_CURLY = str.maketrans({"'": "’"})


def _stop(text: str, locale: str) -> str:
    """Without a final full stop where there is one, with one where the text ends in a word."""
    bare = text.rstrip()
    if bare.endswith((".", "。")):
        return bare[:-1]
    return bare + ("。" if locale == "zh" else ".") if bare and bare[-1].isalnum() else text


def _lines(text: str, locale: str) -> str:
    return re.sub(r"。(?=[^\n])", "。\n", text) if locale == "zh" else re.sub(r"(?<!\d)\. (?=[A-Z])", ".\n", text)


def _dashes(text: str, locale: str) -> str:
    return re.sub(r"(?<=[A-Za-z])-(?=[A-Za-z])", "\u2010", re.sub(r"(?<=\d)-(?=\d)", "–", text))


def _numbers(text: str, locale: str) -> str:
    """A numbered list with (1) (2) in place of 1. 2."""
    at, n = 0, 1
    while (found := re.compile(rf"(?<![\d.]){n}\. (?=\D)").search(text, at)) is not None:
        text = f"{text[:found.start()]}({n}) {text[found.end():]}"
        at, n = found.end(), n + 1
    return text


def _pangu(text: str, locale: str) -> str:
    """A space between Chinese characters and numbers or Latin words, as many style guides ask for."""
    text = re.sub(r"(?<=[\u4e00-\u9fff])(?=[A-Za-z0-9])", " ", text)
    return re.sub(r"(?<=[A-Za-z0-9])(?=[\u4e00-\u9fff])", " ", text)


TYPING: tuple[Change, ...] = (
    Change("upper case", lambda t, _: t.upper(), TOLD, ("en",), breaks=CASE),
    Change("lower case", lambda t, _: t.lower(), TOLD, ("en",), breaks=CASE),
    Change("upper case records", lambda t, _: t.upper(), RECORDS, ("en",)),
    Change("newline at the end", lambda t, _: f"{t}\n" if t else t, EVERYTHING),
    Change("spaces around", lambda t, _: f"  {t} " if t else t, EVERYTHING),
    Change("doubled spaces", lambda t, _: t.replace(" ", "  "), TOLD, ("en",)),
    Change("no-break spaces", lambda t, _: t.replace(" ", "\u00a0"), TOLD, ("en",)),
    Change("a line a sentence", _lines, TOLD, breaks=f"{COUNT}|{LAYOUT}"),
    Change("spaces at numbers and Latin words", _pangu, TOLD, ("zh",), breaks=COUNT),
    Change("full-width letters and digits", lambda t, _: t.translate(_WIDE), TOLD, breaks=CASE),
    Change("full-width digits in records", lambda t, _: t.translate(_WIDE_DIGITS), RECORDS),
    Change("full-width marks", lambda t, _: t.translate(_WIDE_MARKS), TOLD, ("en",), breaks=MARKS),
    Change("half-width marks", lambda t, _: t.translate(_NARROW_MARKS), TOLD, ("zh",), breaks=MARKS),
    Change("half-width marks in records", lambda t, _: t.translate(_NARROW_MARKS), RECORDS, ("zh",)),
    Change("final stop dropped or added", _stop, TOLD, breaks=f"{MARKS}|{ENDS}"),
    Change("traditional characters", lambda t, _: traditional(t), TOLD, ("zh",)),
    Change("traditional characters throughout", lambda t, _: traditional(t), EVERYTHING, ("zh",)),
    Change("other quotation marks", lambda t, loc: t.translate(_CORNERS if loc == "zh" else _CURLY), EVERYTHING, breaks=MARKS),
    Change("other dashes", _dashes, EVERYTHING),
    Change("other bullets", lambda t, _: re.sub(r"(?m)^- ", "• ", t), TOLD, breaks=LAYOUT),
    Change("other list numbers", _numbers, ANSWERED, breaks=LAYOUT),
    Change("no bold", lambda t, _: t.replace("**", ""), TOLD, breaks=LAYOUT),
)
