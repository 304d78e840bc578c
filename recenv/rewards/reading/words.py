"""The words of a text: which of them say nothing, and what is left of one without its ending.

Readers leave out what says nothing to them, and cut words as finely as they need; weights were learned with just these lists.
"""

from __future__ import annotations

import re
from collections.abc import Container

from recenv.rewards.reading import CACHES


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_COMMON = _set(
    "a an the of to in on at for with and or is are be it its i me my we you your that this there some any can could would "
    "please want need like give something one have has get")
REQUESTED = _COMMON | _set(
    "looking look find help recommend recommendation suggest show place places ones hi hello thanks thank im id")
"""Said in any request."""

FILLERS = _COMMON | _set(
    "was were been being am it's i'm we're us our they them their he she his her him these those here will shall should may "
    "might must do does did done doing had having not no yes yeah yep sure ok okay well so then than but if as by from up "
    "out about into over after before also just very too more most much many such what which who whom whose when where why "
    "how all each both other another anything else help know let got offer offers offered offering provide provides "
    "available currently certainly absolutely however located place service services guest guests s t re ve ll d m don "
    "doesn isn aren sorry thank thanks welcome think really oh hi hello great good nice ones hotel restaurant n't 's lol "
    "haha")
"""Said in any answer."""

FUNCTION_WORDS = _COMMON | _set(
    "us our he she these those am was were been wants had make making do does did looking look anything what which who how "
    "when where here so just very really also but if then than as by from about into more tell show find needs let got i'm "
    "it's i'd s t m d re ve ll")
"""Tokens without content, with the ends of contractions."""

IN_KEYS = _set("a an the of to in on at for with and or per out")
"""Said in any name of a column."""

_WORD = re.compile(r"[a-z]+|\d+(?:\.\d+)?")
_HAN_RUN = re.compile("[\u3400-\u9fff]+")
_ENDINGS = ("ations", "ation", "ings", "ing", "ments", "ment", "edly", "ies", "ied", "ers", "ed", "es", "er", "ly", "s", "e", "y")
_INFLECTED = re.compile(r"(?:(?<=[a-z]{3})(?:ing|ed)|(?<=[sxzo])es|(?<![su])s)$")


def is_han(token: str) -> bool:
    return "\u3400" <= token[0] <= "\u9fff"


def singular(word: str) -> str:
    """A word without the ending of a plural, crudely."""
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def uninflected(word: str) -> str:
    """A Latin word without the ending of a plural, a past or a gerund."""
    return _INFLECTED.sub("", word) if len(word) > 3 and word.isascii() else word


@CACHES.keep(32_768)
def stem(word: str) -> str:
    """A word without its ending, crudely, so that "cancelled" and "cancellation" agree."""
    word = word.removesuffix("'s")
    if word in FILLERS or len(word) <= 3:
        return word
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word.removesuffix(ending)
            break
    return word[:-1] if len(word) > 3 and word[-1] == word[-2] else word


def units(text: str, without: Container[str]) -> set[str]:
    """Latin words in the singular, but for some, numbers, pairs of Chinese characters (single ones where they stand alone)."""
    found = {w for w in map(singular, _WORD.findall(text)) if w not in without}
    for run in _HAN_RUN.findall(text):
        found.update(run[i:i + 2] for i in range(max(len(run) - 1, 1)))
    return found
