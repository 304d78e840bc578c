"""What a language model thinks aloud before it answers, in the spellings of the models, and the text without it.

A thought stands between two tags, or before a closing tag alone (the chat template has opened it), or behind an opening tag that
is never closed (the answer was cut off). A tag inside of an answer that is JSON from its first to its last character is a part
of it.
"""

from __future__ import annotations

import json
import re

_NAMES = r"(?:seed:)?(?:think(?:ing)?|thoughts?|reasoning|reflection|scratchpad)"
_TAG = re.compile(
    rf"(?P<open><\s{{0,4}}{_NAMES}(?:\s[^<>/]{{0,100}})?>|\[think(?:ing)?\]|<\|(?:begin_of_thought|start_thinking|thinking|think)\|>|◁think▷"
    r"|<\|channel\|>(?:analysis|commentary)[^<>|]{0,100}<\|message\|>|<\|channel>thought)"
    rf"|<\s{{0,4}}/\s{{0,4}}{_NAMES}\s{{0,4}}>|\[/think(?:ing)?\]|<\|(?:end_of_thought|end_thinking|/thinking|/think)\|>|◁/think▷"
    r"|<\|channel\|>final[^<>|]{0,100}<\|message\|>|<channel\|>",
    re.IGNORECASE,
)
_BRACKETS = ("[t", "[T", "[/t", "[/T")
_TRIES = 8  # places where the rest may be one JSON object: each may cost a pass over the text


def without_thoughts(text: str, *, blank: bool = False) -> str:
    """A text without what was thought; blank: with as many spaces instead, so that places stay."""
    spans = _thoughts(text) if _marked(text) else []
    if not spans:
        return text
    parts, at = list[str](), 0
    for start, end in spans:
        parts += [text[at:start], " " * (end - start) if blank else ""]
        at = end
    return "".join([*parts, text[at:]])


def _marked(text: str) -> bool:
    """Whether a text has what every tag begins with: far cheaper to find than a pattern."""
    return "<" in text or "◁" in text or ("[" in text and any(mark in text for mark in _BRACKETS))


def _thoughts(text: str) -> list[tuple[int, int]]:
    """Where thoughts stand, in order."""
    spans, at, tries = list[tuple[int, int]](), 0, _TRIES
    while True:
        if tries and _is_object(text, at):
            return spans
        tries -= tries > 0
        tag = _TAG.search(text, at)
        if tag is None:
            return spans
        if tag["open"] is None:  # nobody opened it here: all before it was thought
            spans, at = [(0, tag.end())], tag.end()
            continue
        end = next((t.end() for t in _TAG.finditer(text, tag.end()) if t["open"] is None), len(text))
        spans.append((tag.start(), end))
        at = end
        if end == len(text):
            return spans


def _is_object(text: str, at: int) -> bool:
    """Whether what is left from ``at`` on is one JSON object."""
    start = at + len(text[at : at + 1000]) - len(text[at : at + 1000].lstrip())
    if not text.startswith("{", start):
        return False
    try:
        _, end = _DECODER.raw_decode(text, start)
    except (ValueError, RecursionError):
        return False
    return not text[end:].strip()


_DECODER = json.JSONDecoder()
