"""Items that are written out in a text, in Chinese or English: where a list is cut, and what of an entry is name, what attribute.

    1. 兰州拉面（评分：3.9，人均：120元，距离500米）          ->  兰州拉面; 评分 3.9, 人均 120元, distance 500米
    2. Noodle Bar (4.6 stars, $12, open late)                ->  Noodle Bar; rating 4.6 stars, price $12, text open late
    商户名：老王面馆；评分：4.5；人均：30元                    ->  老王面馆; ...

A part with a label is that attribute; one with a unit is the attribute that has such units; others stay as ``text``, so that
nothing is lost. Every pattern is linear in an entry, of which 4,000 characters are read.
"""

from __future__ import annotations

import re
from typing import NamedTuple

LONGEST = 4000
_NUMBER = r"(?:\d{1,3}[.、．:：)）]|[(（\[【]\d{1,3}[)）\]】]|[①-⑳]|[-*•·])"
_MARK = re.compile(rf"\s{{0,8}}{_NUMBER}\s{{0,8}}(?=[^\d\s])|\s{{0,8}}{_NUMBER}\s{{1,8}}")
_LINES = re.compile(r"\n+")
_INLINE = re.compile(rf"(?<=[\s；;。，,]){_NUMBER}\s{{0,4}}(?=\D)|(?<=[\s；;。，,])(?:\d{{1,3}}[.、．)）])\s{{1,4}}")
_OPEN = "（(【[{｛"
_CLOSE = "）)】]}｝"
_PART = re.compile(r"[；;，,|｜\n\t]")
_LABEL = re.compile(r"[^:：=\d]{1,20}[:：=]")
_UNITS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("rating", re.compile(
        r"(?:评分|rated|rating)\s?\d(?:\.\d{1,2})?(?:\s?(?:分|星|stars?))?|\d(?:\.\d{1,2})?\s?(?:分|星|stars?)", re.I)),
    ("price", re.compile(
        r"人均\s?[¥￥]?\d{1,7}(?:\.\d{1,2})?(?:\s?元(?:/人)?)?|约?\s?(?:[¥￥$€]\s?\d{1,7}(?:\.\d{1,2})?"
        r"|\d{1,7}(?:\.\d{1,2})?\s?(?:元(?:/人)?|yuan))", re.I)),
    ("distance", re.compile(r"(?:距离|距您)?\s?\d{1,6}(?:\.\d{1,3})?\s?(?:公里|千米|km|米|m)(?: away)?", re.I)),
)
_QUANTITY = re.compile(r"[¥￥$€]?\s?\d{1,7}(?:\.\d{1,3})?\s?(?:分|星|stars?|元(?:/人)?|yuan|公里|千米|km|米|m)?", re.I)
_NAME_LABELS = {"name", "title", "名称", "店名", "商户", "商户名", "商户名称", "商家", "商品", "商品名", "item", "shop", "place"}
_ODD = re.compile(r"[:：=|｜]|\d\s?(?:分|元|星|km|公里|stars|yuan)")
_LONG_NAME = 40


class Entry(NamedTuple):
    """An item as its text has it. told: label -> value, in order; what has no label is under ``text``."""

    name: str
    told: dict[str, str]

    @property
    def unparsed(self) -> bool:
        """Whether the name looks like more than a name."""
        return len(self.name) > _LONG_NAME or _ODD.search(self.name) is not None


def split_list(text: str) -> list[str]:
    """The entries of a list in a text: its numbered lines where it has any, else all its lines; of one line, its numbers."""
    lines = [line.strip() for line in _LINES.split(text) if line.strip()]
    marked = [line for line in lines if _MARK.match(line)]
    if len(marked) > 1:
        return marked
    if len(lines) == 1:
        cuts = [found.start() for found in _INLINE.finditer(lines[0])]
        parts = [lines[0][a:b].strip(" ；;，,。") for a, b in zip([0, *cuts], [*cuts, None], strict=True)]
        parts = [part for part in parts if part]
        return [p for p in parts if _MARK.match(p)] if len(parts) > 1 else parts
    return lines


def read_entry(text: str) -> Entry:
    """The name and attributes of one entry; the name is "" for an empty one."""
    text = text[:LONGEST].strip()
    mark = _MARK.match(text)
    if mark is not None:
        text = text[mark.end():]
    head, rest = _head(text)
    told: dict[str, str] = {}
    loose = [part for part in rest if not _take(part, told)]
    if not head and loose:
        head = loose.pop(0)
    named = next((key for key in told if key.casefold() in _NAME_LABELS), None)
    if named is not None:
        loose = [*([head] if head else []), *loose]
        head = told.pop(named)
    if loose:
        told["text"] = "，".join(loose) if any("\u3400" <= c <= "\u9fff" for c in "".join(loose)) else ", ".join(loose)
    return Entry(head.strip(), told)


def _head(text: str) -> tuple[str, list[str]]:
    """What stands before the attributes, and the attributes: those in brackets, then those behind separators. Brackets without
    any attribute belong to the name: 海底捞（国贸店）."""
    start = 0
    while (at := next((n for n in range(start, len(text)) if text[n] in _OPEN or _PART.match(text[n])), -1)) >= 0:
        if text[at] not in _OPEN:
            parts = [part.strip() for part in _PART.split(text[at + 1:])]
            return _labelled_head([text[:at].strip(), *parts])
        close = next((n for n in range(at, len(text)) if text[n] in _CLOSE), len(text))
        inner = [part.strip() for part in _PART.split(text[at + 1:close])]
        if any(_labelled(part)[0] or any(unit.fullmatch(part) for _, unit in _UNITS) for part in inner):
            return text[:at].strip(), _unwrapped([*inner, *_PART.split(text[close + 1:])])
        start = close
        if close == len(text):
            break
    return (text, []) if not _labelled(text)[0] else _labelled_head([text])


def _labelled_head(parts: list[str]) -> tuple[str, list[str]]:
    label, value = _labelled(parts[0])
    if not label:
        return parts[0], _unwrapped(parts[1:])
    if label.casefold() in _NAME_LABELS:
        return value, _unwrapped(parts[1:])
    named = any(_labelled(part)[0].casefold() in _NAME_LABELS for part in parts[1:])
    return ("", _unwrapped(parts)) if named else (label, _unwrapped([value, *parts[1:]]))


def _unwrapped(parts: list[str]) -> list[str]:
    return [p for p in (part.strip(f"{_OPEN}{_CLOSE}。 ") for part in parts) if p]


def _labelled(part: str) -> tuple[str, str]:
    """Label and value of a part; ("", part) where it has no label."""
    found = _LABEL.match(part)
    value = part[found.end():].strip() if found else ""
    return (part[: found.end() - 1].strip(), value) if found and value else ("", part)


def _take(part: str, told: dict[str, str]) -> bool:
    """Put a part into ``told``, under its label or by its unit; False for one that has neither."""
    label, value = _labelled(part)
    if not label:
        slot = next((slot for slot, unit in _UNITS if unit.fullmatch(part)), "")
        found = _QUANTITY.search(part) if slot else None
        label, value = (slot, found[0].strip()) if found else ("", "")
    if not label or label in told:
        return False
    told[label] = value
    return True
