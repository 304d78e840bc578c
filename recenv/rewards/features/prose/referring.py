"""Places that an answer calls by their kind or their area: "the museum", "the one in Haidian", "海淀那家"."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from recenv.rewards.features.prose.places import Place
from recenv.rewards.reading.aliases import Named

_DEFINITE = re.compile(
    r"\b(?:the|this|that|only|and|than) (?P<word>[a-z]{4,20})\b|(?:^|[:,.;!?\n] )(?P<bare>[a-z]{4,20})(?="
    r"'s\b|,? (?:is|has|are|costs?|at|sits|lies|comes|scores?|opens|closes|offers|lets|takes|does|wins|only|lists)\b|"
    r"\s?[:(\u2013\u2014]| -)")
_ONE = "one|place|spot|shop|option|branch|restaurant|hotel|clinic|salon|guesthouse|cafe"
_IN_AREA = re.compile(
    rf"\bthe (?:{_ONE}) (?:over |out |up |down )?in "
    rf"(?P<a>[a-z]{{3,20}})\b|\bthe (?P<b>[a-z]{{3,20}}) (?:{_ONE})\b|"
    r"(?P<c>[\u4e00-\u9fff]{2,3}?)区?的?[那这](?:边的?)?[1一]?[家个处间款座店]")
_WORD = re.compile(r"[a-z]{4,20}")
_PLAIN = frozenset((
    "city", "street", "road", "area", "price", "center", "subway", "best", "first", "second", "third", "last", "former", "latter",
    "family", "other", "open", "only", "same", "lowest", "highest", "cheapest", "closest", "nearest", "rating", "whole",
    "services", "night", "evening", "morning", "most", "more", "record", "records", "listing", "district", "features", "distance",
    "hours"))
_BRANCH = re.compile(r"[(\[（].{0,40}$")
_BEGINS = re.compile(r"(?:^|(?<=[,。;、!?:\n\s和与跟去到就比只且但过选住挑看荐从给让及而则论])|"
                     r"(?<=的是)|(?<=[那这][家个处座]))")
_MOST = 24


def by_kind_or_area(text: str, named: Sequence[Named], places: Sequence[Place]) -> list[Named]:
    """Where a word of one place's kind, name or area stands for it, since no other place has that word."""
    if not 1 < len(places) <= _MOST:
        return []
    taken = bytearray(len(text) + 1)
    for m in named:
        taken[m.start:m.end] = b"\x01" * (m.end - m.start)
    kept: list[Named] = []
    for m in sorted([*_english(text, places), *_areas(text, places), *_chinese(text, places)]):
        if taken.find(1, m.start, m.end) < 0:
            taken[m.start:m.end] = b"\x01" * (m.end - m.start)
            kept.append(m)
    return kept


def _owners(words: Iterable[Iterable[str]]) -> dict[str, int]:
    """The words that one place alone has."""
    every = [set(own) for own in words]
    counts = Counter(word for own in every for word in own)
    return {word: n for n, own in enumerate(every) for word in own if counts[word] == 1}


def _english(text: str, places: Sequence[Place]) -> Iterable[Named]:
    owners = _owners(_WORD.findall(f"{_BRANCH.sub('', p.name)} {p.kind}") for p in places)
    for m in _DEFINITE.finditer(text):
        word = m.group(m.lastgroup or 0)
        if word in owners and word not in _PLAIN:
            yield Named(*m.span(m.lastgroup or 0), (owners[word],))


def _areas(text: str, places: Sequence[Place]) -> Iterable[Named]:
    owners = _owners([p.area.removesuffix("区")] if len(p.area) > 1 else [] for p in places)
    for m in _IN_AREA.finditer(text) if owners else ():
        group = m.lastgroup or "a"
        if m.group(group) in owners:
            yield Named(m.end() - 1, m.end(), (owners[m.group(group)],))


def _chinese(text: str, places: Sequence[Place]) -> Iterable[Named]:
    if text.isascii():
        return
    bare = [_BRANCH.sub("", p.name) for p in places]
    words = [{name[-size:] for size in (2, 3, 4) if len(name) > size} | ({p.kind} if len(p.kind) > 1 else set())
             for name, p in zip(bare, places, strict=True)]
    for word, n in sorted(_owners(words).items(), key=lambda item: -len(item[0])):
        if word.isascii() or any(word in f"{bare[k]} {places[k].kind}" for k in range(len(places)) if k != n):
            continue
        at = text.find(word)
        while at >= 0:
            if _BEGINS.match(text, at):
                yield Named(at, at + len(word), (n,))
            at = text.find(word, at + len(word))
