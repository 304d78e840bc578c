"""What is counted in an answer. Every measure is linear in the length of the answer.

Where a demand is one of IFEval (Zhou et al., 2023, arXiv 2311.07911) the count is that of its strict evaluation.
"""

from __future__ import annotations

import json
import re
import unicodedata

from recenv.rewards.rules import CACHES

_EMOJI = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf]")
HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]+")
_STOP = re.compile(r"(?<![.!?])[.!?]++[\"'”’)\]*_]*(?=\s)|[。！？]+[\"'”’）」』]*")
_ABBREVIATED = (
    "mr mrs ms dr prof st jr sr vs etc e.g i.e no vol fig al inc ltd co corp dept est gen gov sen rep u.s u.k a.m p.m p.s "
    "p.p.s jan feb mar apr jun jul aug sep sept oct nov dec")
_ABBREVIATIONS = frozenset(_ABBREVIATED.split())
_BULLET = re.compile(r"(?m)^[ \t]*(?:\*(?!\*)(?=.)|-)")
_DOT = re.compile(r"(?m)^[ \t]*[•·●]")
_HIGHLIGHT = re.compile(r"\*\*[^\n*]+\*\*|\*[^\n*]+\*")
_TITLE = re.compile(r"<<(?=[^\n]{0,2000}>>)[^\n]{0,2000}?[^\s<>]")
_PLACEHOLDER = re.compile(r"\[[^\[\]\n]{0,2000}\]")
_MARKER = re.compile(r"(?m)(?:^|(?<=[\s:;：；]))(\d{1,4})(?:[.)、．](?!\d)|）)")
_TOKEN = re.compile(r"[^\W\d_]+(?:[-'’.&][^\W_]+)*")
_PART = re.compile(r"\w+")
_FENCE = re.compile(r"\A```[A-Za-z]*\s*|(?<!\s)\s*+```\Z")


def is_chinese(text: str) -> bool:
    """More Chinese characters than Latin words."""
    return len(HAN.findall(text)) > len(LATIN.findall(text))


def words(text: str, parts: bool = False) -> int:
    """``runs``; Chinese has no spaces: its characters are counted.

    parts: "it's" and "well-known" are two words each, as in IFEval. Both ways of counting are common.
    """
    if is_chinese(text):
        return characters(text)
    if parts:
        return len(_PART.findall(text))
    return runs(text)


def runs(text: str) -> int:
    """Stretches between spaces that hold a letter or a digit."""
    return sum(any(c.isalnum() for c in part) for part in text.split())


def characters(text: str) -> int:
    """Characters without white space."""
    return sum(map(len, text.split()))


def hanzi(text: str) -> int:
    """字: characters of a Chinese text, words of any other."""
    return characters(text) if is_chinese(text) or not LATIN.search(text) else words(text)


def sentences(text: str) -> int:
    """Stretches closed by . ! ? before white space, or by 。！？, or by the end; titles and initials close none."""
    count, start = 0, 0
    for stop in _STOP.finditer(text):
        if stop.group()[0] == "." and _abbreviated(text, start, stop.start(), stop.end()):
            continue
        count += any(c.isalnum() for c in text[start : stop.end()])
        start = stop.end()
    return count + any(c.isalnum() for c in text[start:])


def _abbreviated(text: str, start: int, dot: int, end: int) -> bool:
    head = text[max(start, dot - 12) : dot].split()
    last = head[-1].lstrip("(\"'*") if head else ""
    if last.casefold() in _ABBREVIATIONS:
        return True
    if len(last) == 1 and last.isupper() and last != "I":
        return True
    following = text[end : end + 40].lstrip()
    return last.isdigit() and following[:1].islower()


def paragraphs(text: str, separator: str = "") -> int:
    """Parts between separators ("***", a blank line); without one: blocks between blank lines, else lines.

    An empty part in the middle makes the count 0: it is then no separated list of paragraphs.
    """
    if separator == "***":
        parts = [p.strip() for p in text.split("***")]
        parts = parts[1:] if parts and not parts[0] else parts
        parts = parts[:-1] if parts and not parts[-1] else parts
        return len(parts) if all(parts) else 0
    parts = [p for p in re.split(r"\n\n", text) if p.strip()]
    if not separator and len(parts) < 2:
        parts = [p for p in text.split("\n") if p.strip()]
    return len(parts)


def starts_paragraph(text: str, ordinal: int, word: str) -> int:
    """Whether the given paragraph (1-based, parts between blank lines) has ``word`` first."""
    parts = [p.strip() for p in text.split("\n\n") if p.strip()]
    if not 1 <= ordinal <= len(parts):
        return 0
    first = parts[ordinal - 1].split()[0].strip("\"'“”‘’*_#(").rstrip(".,?!;:\"'”’)*_")
    if is_chinese(parts[ordinal - 1]):
        return int(parts[ordinal - 1].startswith(word))
    return int(first.casefold() == word.casefold())


def bullets(text: str, markdown: bool) -> int:
    """Lines that begin with one "*" or "-"; unless they are to be Markdown, "•" as well."""
    return len(_BULLET.findall(text)) + (0 if markdown else len(_DOT.findall(text)))


def highlights(text: str) -> int:
    """Stretches of a line between single or double asterisks."""
    return sum(bool(part.strip("* ")) for part in _HIGHLIGHT.findall(text))


def titles(text: str) -> int:
    return len(_TITLE.findall(text))


def placeholders(text: str) -> int:
    return len(_PLACEHOLDER.findall(text))


def sections(text: str, splitter: str) -> int:
    """Times that the splitter stands before a number."""
    return len(re.findall(rf"{re.escape(splitter)}\s?\d", text))


def postscripts(text: str, marker: str) -> int:
    """marker: letters without dots, "ps" or "pps"."""
    pattern = r"p\.\s?p\.\s?s" if marker == "pps" else r"p\.\s?s\."
    return len(re.findall(pattern, text, re.IGNORECASE))


def capital_words(text: str) -> int:
    """Words without a small letter, among them "I" and "A"."""
    return sum(word.isupper() for word in _TOKEN.findall(text))


def is_json(text: str) -> int:
    """Whether all of a text, code fence aside, is one JSON value."""
    try:
        json.loads(_FENCE.sub("", _FENCE.sub("", text.strip())).strip())
    except (ValueError, RecursionError):
        return 0
    return 1


def numbered(text: str) -> int:
    """Length of the list 1. 2. 3. ... that a text holds."""
    present = {int(n) for n in _MARKER.findall(text)}
    count = 0
    while count + 1 in present:
        count += 1
    return count


def occurrences(text: str, wanted: str, whole: bool) -> int:
    """Times that a word or phrase stands in a text, whatever its case; whole: not inside a longer Latin word."""
    text, wanted = _plain(text), _plain(wanted).strip()
    if not wanted:
        return 0
    if not whole:
        return text.count(wanted)
    before, after = r"(?<!\w)" if _joins(wanted[0]) else "", r"(?!\w)" if _joins(wanted[-1]) else ""
    return len(re.findall(before + re.escape(wanted) + after, text))


def _joins(char: str) -> bool:
    return char.isalnum() and not HAN.match(char)


@CACHES.keep(256)
def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).translate(_QUOTES).casefold()


_QUOTES = str.maketrans("“”‘’", "\"\"''")


def ends_with(text: str, phrase: str) -> int:
    """Whether a text, closing quotation marks aside, ends with a phrase, whatever the case."""
    wanted = _plain(phrase).strip().strip('"').strip()
    return int(bool(wanted) and _plain(text).strip().strip('"').strip().endswith(wanted))


def begins_with(text: str, phrase: str) -> int:
    """Whether a text begins with a phrase, whatever the case and the kind of white space."""
    wanted = " ".join(_plain(phrase).split())
    head = " ".join(_plain(text[: 4 * len(phrase) + 400]).split())
    return int(bool(wanted) and head.startswith(wanted))


def responses(text: str) -> int:
    """Different answers between rows of six asterisks; 0 where two of them are the same or one in the middle is empty."""
    parts = [p.strip() for p in text.split("******")]
    parts = parts[1:] if parts and not parts[0] else parts
    parts = parts[:-1] if parts and not parts[-1] else parts
    return len(parts) if all(parts) and len(set(parts)) == len(parts) else 0


def quoted(text: str, marks: str) -> int:
    """Whether the first and the last character are quotation marks."""
    text = text.strip()
    return int(len(text) > 1 and text[0] in marks and text[-1] in marks)


def emoji(text: str) -> int:
    """Characters that are pictures."""
    return len(_EMOJI.findall(text))
