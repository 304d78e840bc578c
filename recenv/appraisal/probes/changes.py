"""Changes of a row that leave its meaning, and so its label, as it is: how one is described, and the list of all."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

import msgspec

from recenv.records import ScorerRow
from recenv.rewards.dimensions import DIMENSIONS

ASKED = ("query",)
ORDERED = ("instruction",)
ANSWERED = ("response",)
TOLD = (*ASKED, *ANSWERED)
RECORDS = ("item", "items", "evidence")
PERSON = ("user", "context")
EVERYTHING = (*ASKED, *ORDERED, *ANSWERED, *RECORDS, *PERSON)

# What an instruction may demand of an answer's form: a change that touches it is not made to that answer.
NOTHING = ""
COUNT = r"word|character|letter|sentence|paragraph|line\b|short|long|brief|concise|length|字|词|句|段|行|简[短洁]"
CASE = r"case|capital|大写|小写"
ENDS = (r"\b(?:start|begin|end|finish|greet|close|open|last|first)\w*|question|P\.S|postscript|"
        r"开头|结尾|结束|提问|问句|您|敬称|问候")
MARKS = r"comma|punctuation|quot|json|xml|html|latex|bracket|wrap|标点|逗号|引号|句号|括号|格式"
LAYOUT = r"bullet|list|number|format|markdown|section|highlight|title|\*|编号|列|标题|格式"
WORDS = r"keyword|include|contain|mention|exact|repeat|phrase|word|关键词|包含|出现|词语"


class Change(NamedTuple):
    """A named change of some fields of a row.

    alter(text, locale): the changed text, the same where there is nothing to change. locales: languages it is for.
    dimensions: () for all. breaks: pattern of instructions that the change of an answer might break.
    """

    name: str
    alter: Callable[[str, str], str]
    fields: tuple[str, ...] = TOLD
    locales: tuple[str, ...] = ("zh", "en")
    dimensions: tuple[str, ...] = ()
    breaks: str = NOTHING


def changed(change: Change, row: ScorerRow) -> ScorerRow | None:
    """The row with the change made; None where it does not apply or changes nothing."""
    if (row.locale or "en") not in change.locales or (change.dimensions and row.dimension not in change.dimensions):
        return None
    new: dict[str, object] = {}
    for field in DIMENSIONS[row.dimension].reads:
        if field not in change.fields or (field == "response" and not allowed(change, row)):
            continue
        old = getattr(row, field)
        made = tuple(change.alter(t, row.locale) for t in old) if isinstance(old, tuple) else change.alter(old, row.locale)
        if made != old:
            new[field] = made
    return msgspec.structs.replace(row, **new) if new else None


def allowed(change: Change, row: ScorerRow) -> bool:
    """Whether the row's answer may be changed: no instruction, or one that says nothing of what the change touches."""
    return not (change.breaks and re.search(change.breaks, row.instruction, re.IGNORECASE))


def replacing(pairs: Iterable[tuple[str, str]], *, words: bool = False) -> Callable[[str, str], str]:
    """A change that replaces phrases, longest first. words: only whole words (for languages that have spaces)."""
    found = sorted(dict(pairs).items(), key=lambda pair: -len(pair[0]))
    new = dict(found)
    edge = r"\b" if words else ""
    pattern = re.compile(edge + "(?:" + "|".join(re.escape(old) for old, _ in found) + ")" + edge)
    return lambda text, locale: pattern.sub(lambda m: new[m.group()], text)
