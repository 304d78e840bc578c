"""The shorter names that answers call places by: without a branch in brackets, without the city before it, by its first words.

A short name counts only where it can mean one place of those at hand. Texts are normalised alike, names and answers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from recenv.rewards.reading import CACHES

_BRANCH = re.compile(r"\s{0,2}[(\[][^()\[\]]{0,120}[)\]]?\s{0,2}$")
_CITY = re.compile(r"^(?:北京市?|上海市?|广州市?|深圳市?|成都市?|杭州市?|中国)(?=.{3})")
_HOUSE = re.compile("^[\u3400-\u9fff][记家氏]")
_HAN = re.compile("[\u3400-\u9fff]")
_PLAIN = frozenset((
    "the", "a", "an", "old", "new", "golden", "blue", "red", "green", "grand", "royal", "little", "big", "hotel", "home",
    "house", "city", "park", "family", "fresh", "happy", "city's", "north", "south", "east", "west", "central", "sunny",
    "quiet", "maple"))
_MOST = 64  # names that are held against each other


class Named(NamedTuple):
    """A name in a text. places: the names, by number, that it may stand for."""

    start: int
    end: int
    places: tuple[int, ...]


@CACHES.keep(32_768)
def forms(name: str) -> tuple[str, ...]:
    """What a name may be shortened to, longest first, the name itself first of all."""
    bare = _BRANCH.sub("", name).strip() or name
    found = [name, bare]
    if _HAN.search(bare):
        own = _CITY.sub("", bare)
        if len(own) >= 2:
            found += [own[:size] for size in range(len(own), 1, -1)]
        found += [rest for rest in (_HOUSE.sub("", own, count=1),) if rest != own and len(rest) > 3]
    else:
        words = bare.split()
        found += [" ".join(words[:size]) for size in range(len(words) - 1, 0, -1) if _speaks(words[:size], words[size])]
    return tuple(dict.fromkeys(f for f in found if len(f) > 1))


def sure(form: str) -> bool:
    """Whether a short form is hardly ever a word of its own, so that a claim about it may be refuted."""
    if _HAN.search(form):
        return len(form) > 2 or (form[-1] in "记家" and form not in _HOUSEHOLDS)
    return " " in form or "'" in form


_HOUSEHOLDS = frozenset((
    "全家", "大家", "一家", "我家", "人家", "国家", "专家", "私家", "独家", "商家", "自家", "居家", "玩家", "买家", "卖家",
    "老家", "东家"))


def _speaks(words: Sequence[str], following: str) -> bool:
    """Whether the first words of an English name can stand for it."""
    if words[-1] in ("&", "and", "of", "the", "-", "·") or following == "&":
        return False
    return len(words) > 1 or ("'" in words[0] and len(words[0]) > 3) or (len(words[0]) > 4 and words[0] not in _PLAIN)


def mentions(text: str, names: Sequence[str], context: str = "", kinds: Sequence[str] = ()) -> list[Named]:
    """Where names stand in a text, in order; longer forms first. context: words of the records and the question, in which a short
    form that is part of a word there stands for nobody. kinds: what kind of place each is, "" where that is not known: "the tea
    shop" is one where no other is."""
    owners: dict[str, list[int]] = {}
    called: set[str] = set()
    for n, kind in enumerate(kinds[:_MOST]):
        form = kind if len(kind) > 2 and kind[-1] in "馆园院厅店" else f"the {kind}" if kind.isascii() and kind else ""
        single = form and form in text and list(kinds).count(kind) == 1
        if single and not any(form in name for name in names if name != names[n]):
            owners.setdefault(form, []).append(n)
            called.add(form)
    for n, name in enumerate(names[:_MOST]):
        for form in forms(name):
            if form in text:
                owners.setdefault(form, []).append(n)
    whole = set(names)
    clear: dict[str, tuple[int, ...]] = {}
    for form, own in owners.items():
        exact = [n for n in own if names[n] == form]
        unclear = len({names[n] for n in own}) > 1 and not _branches([names[n] for n in own], form)
        if form in whole or not (unclear or (len(form) < 4 and form in context and form not in called)):
            clear[form] = tuple(exact or own)
    return sorted(standing(text, clear, ()))


def standing(text: str, owners: Mapping[str, tuple[int, ...]], named: Sequence[Named]) -> list[Named]:
    """Where forms stand in a text for their places: the longest first, each where nothing of ``named`` and no longer one does."""
    found: list[Named] = []
    taken = bytearray(len(text))
    for m in named if owners else ():
        taken[m.start:m.end] = b"\x01" * (m.end - m.start)
    for form in sorted(owners, key=lambda f: (-len(f), f)):
        at = text.find(form)
        while at >= 0:
            end = at + len(form)
            if _stands(text, at, end) and taken.find(1, at, end) < 0:
                found.append(Named(at, end, owners[form]))
                taken[at:end] = b"\x01" * (end - at)
            at = text.find(form, end)
    return found


def _branches(names: Sequence[str], form: str) -> bool:
    """Whether names differ in their branch alone: what stands for one stands for all of them."""
    return all((_BRANCH.sub("", name).strip() or name) == form for name in names)


def _stands(text: str, start: int, end: int) -> bool:
    """A Latin name is no part of a longer word."""
    inside = (text[at - 1:at + 1] for at in (start, end) if 0 < at < len(text))
    return not any(pair.isascii() and pair.isalnum() for pair in inside)
