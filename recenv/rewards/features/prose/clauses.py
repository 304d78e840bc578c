"""An answer cut into clauses, each with the places that it speaks of."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from recenv.rewards.features.prose.figures import written
from recenv.rewards.features.prose.genres import of_kind
from recenv.rewards.features.prose.naming import shops, things
from recenv.rewards.features.prose.places import Place
from recenv.rewards.features.prose.referring import by_kind_or_area
from recenv.rewards.features.prose.wording import ALL, CLAUSE, ENDS, EXCEPT, JOIN, ONLY_THERE, OPEN, THAN, THAN_BEHIND, THAN_IT
from recenv.rewards.reading.aliases import Named, mentions

MOST_CLAUSES = 320
_LONGEST_CLAUSE = 300
MASK = "\ufffc"
_LATTER = re.compile(r"(?<!than )\bthe latter\b|(?<!比)后者")
_FORMER = re.compile(r"(?<!than )\bthe former\b|(?<!比)前者")
_LAST = re.compile(r"\bthe (?:last|final|third) (?:one)?|最后一?[家个]|第3[家个]")
_FIRST = re.compile(r"\bthe first (?:one)?|第1[家个]")
_SECOND = re.compile(r"\bthe second (?:one)?|第2[家个]")
_OTHERS = re.compile(
    r"(?:另外|其余|剩下的?)\d?(?:[家个款](?!条件|要求|月|小时|问题)|都)|其[他它](?:\d?[家个款]|的?都)|"
    r"\bthe (?:others?|rest)\b(?! hand| of the (?:list|day|time))")
_AS_WELL = re.compile(r"[^。;!?]{0,8}?[还也]")
"""Behind a name in "除了A，还有B": no exception."""
_WHICH_ONE = re.compile(r"\s{0,2}(?:which|who|whose|that)\b")
_SAYS = re.compile(r"\w")
_BEHIND_COLON = re.compile(
    r"(?<!小结)(?<!总结)(?<!结论)(?<!注意)(?<!提醒)(?<!对比)(?<!建议)(?<!推荐)(?<!首选)(?<!line)(?<!-up)(?<!verdict)(?<!summary)(?<!note)"
    r"(?<!tip)(?<!for)(?<!pick)(?<!choice)(?<!off):[\s*-]{0,4}(?:the )?$")


class Clause(NamedTuple):
    """text: without names, as ``norm`` leaves it, so that places in it are those of ``quantities``; about: the places that it
    speaks of; beside: those it compares with; seen: named so far, in order."""

    text: str
    about: tuple[int, ...]
    beside: tuple[int, ...]
    seen: tuple[int, ...]
    own: bool  # whether it names them itself
    open: bool  # a wish, a condition, a question
    start: int  # where it begins in the text
    among: tuple[int, ...] = ()  # those of whom it says something of some: "of the two gyms, A is cheaper"
    made: tuple[bool, ...] = ()  # of things that it says a shop sells, whether they are that shop's


def clauses_of(text: str, places: Sequence[Place], query: str) -> list[Clause]:
    named = mentions(
        text, [written(p.name) for p in places if p.name], " ".join(p.text.replace(p.name, " ") for p in places) + query,
        [p.kind for p in places if p.name],
    )
    held = [n for n, p in enumerate(places) if p.name]
    named = [m._replace(places=tuple(held[k] for k in m.places)) for m in named]
    for others in (things, _by_a_word, by_kind_or_area):
        named = sorted([*named, *others(text, named, places)])
    sellers, made = shops(text, named, places)
    named = sorted([*named, *sellers])
    masked = list(text)
    for m in named:
        masked[m.start:m.end] = MASK * (m.end - m.start)
    plain = "".join(masked)
    cuts = sorted({0, len(text), *(m.end() for m in CLAUSE.finditer(plain))})
    cuts = sorted({*cuts, *(at for a, b in pairwise(cuts) for at in range(a, b, _LONGEST_CLAUSE))})
    found: list[Clause] = []
    about: tuple[int, ...] = tuple(range(len(places))) if len(places) == 1 else ()
    seen: list[int] = []
    together: list[int] = []  # places of this sentence, in order
    group: tuple[int, ...] = ()  # of a kind, that this sentence speaks of
    pair: tuple[int, int] | None = None  # of the last sentence that speaks of two
    asks = ENDS.search(plain)  # the end of the sentence
    here: tuple[int, ...]
    for start, end in pairwise(cuts):
        if len(found) >= MOST_CLAUSES:
            break
        if asks is not None and asks.start() < end - 1:
            asks = ENDS.search(plain, end - 1)
        if len(together) == 2:
            pair = (together[0], together[1])
        question, stops = asks is not None and asks.group() == "?", ENDS.search(plain, end - 1, end) is not None
        if start and ENDS.search(plain, start - 1, start):
            together, group = [], ()
        inside = [m for m in named if start <= m.start < end]
        ahead = next((m for m in named if m.start >= end), None)
        alone = not inside and plain[end - 1] == ":" and not ALL.search(plain[start:end])
        if alone and ahead is not None and not plain[end:ahead.start].strip(" *-"):
            inside = _run(plain, [m for m in named if m.start >= end])  # a heading belongs to the names behind it
        elif not inside and not together and ahead is not None and _told_of(plain, end, ahead.start):
            inside = _run(plain, [m for m in named if m.start >= end])  # "parking, wifi: the Temple"
        elif not inside and ahead is not None and (question or not stops) and ONLY_THERE.fullmatch(plain, end, ahead.start):
            inside = _run(plain, [m for m in named if m.start >= end])  # "home visits, only at"
        told = tuple(right for at, right in made if start <= at < end)
        for part, names in _parts(plain, start, end, inside):
            beside = tuple(p for m in names if _compared(plain, start, m) for p in m.places)
            own = tuple(dict.fromkeys(p for m in names for p in m.places if p not in beside))
            spared = own and EXCEPT.search(plain[max(start, names[0].start - 16):names[0].start])
            if spared and len(own) < len(places) and not _AS_WELL.match(plain, names[-1].end):
                own = tuple(n for n in range(len(places)) if n not in own)
            recent, here = list(dict.fromkeys(reversed(seen))), ()
            if own and not beside and len(about) == 1 and THAN_IT.search(part):
                beside = about
            rest = [n for n in recent if n not in beside]
            if own:
                about = own
            elif beside and set(about) <= set(beside) and rest:
                about = (rest[0],)  # held against the one spoken of last: the one before is spoken of again
            elif kind := of_kind(part, places):
                about = group = kind
            elif seen and _WHICH_ONE.match(part):
                about = (seen[-1],)
            elif _LATTER.search(part) and (len(recent) > 1 or (not recent and len(places) == 2)):
                about = (pair[1] if pair else recent[0] if recent else 1,)
            elif _FORMER.search(part) and (len(recent) > 1 or (not recent and len(places) == 2)):
                about = (pair[0] if pair else recent[1] if recent else 0,)
            elif _LAST.search(part) and len(set(seen)) > 2:
                about = (list(dict.fromkeys(seen))[-1],)
            elif about and len(about) < len(places) and _OTHERS.search(part):
                every = range(len(places))
                here = tuple(n for n in every if n not in seen) or tuple(n for n in every if n not in about)
            elif _FIRST.search(part) and len(set(seen)) > 1:
                about = (seen[0],)
            elif _SECOND.search(part) and len(set(seen)) > 1:
                about = (list(dict.fromkeys(seen))[1],)
            seen += [p for m in names for p in m.places]
            together = list(dict.fromkeys([*together, *(p for m in names for p in m.places)]))
            if not own and not _SAYS.search(part):
                continue
            wish = bool(OPEN.search(part)) and not own
            known = tuple(dict.fromkeys(seen))
            among = group if set(here or about) < set(group) else ()
            found.append(Clause(part.strip(), here or about, beside, known, bool(own), question or wish, start, among, told))
            told = ()
    return found


def _told_of(text: str, end: int, name: int) -> bool:
    """Whether a name in the same sentence stands right behind a colon, so that what comes before is said of it."""
    between = text[end - 1:name] if name - end < _LONGEST_CLAUSE else "."
    return _BEHIND_COLON.search(between) is not None and ENDS.search(between) is None


def _compared(text: str, start: int, m: Named) -> bool:
    """Whether a name is that of a place that another one is held against."""
    return THAN.search(text[max(start, m.start - 32):m.start]) is not None or THAN_BEHIND.match(text, m.end) is not None


def _run(text: str, names: Sequence[Named]) -> list[Named]:
    """The first of some names and those that are listed with it."""
    found = list(names[:1])
    for m in names[1:]:
        if JOIN.fullmatch(text, found[-1].end, m.start) is None:
            break
        found.append(m)
    return found


_WORD = re.compile(r"(?<![a-z'])[a-z']{4,}(?![a-z'])")
_GENERIC = frozenset((
    "hotel", "house", "cafe", "restaurant", "kitchen", "garden", "gardens", "park", "museum", "clinic", "studio", "suites",
    "rooms", "center", "street", "road", "market", "city", "family", "coffee", "pizza", "dental", "shop", "shops", "with",
    "hall", "gallery", "home", "fitness", "club", "theater", "cinema", "live", "show", "loft", "apartment", "flat", "outdoor",
    "seats", "free", "food", "place", "best", "from", "near", "temple", "hostel", "inn", "palace", "plaza", "salon"))


def _by_a_word(text: str, named: Sequence[Named], places: Sequence[Place]) -> list[Named]:
    """Where one word of an English name stands for the place: it is no word of another record, nor a plain one."""
    counts = Counter(word for place in places for word in set(_WORD.findall(place.name)))
    owners = {
        word: n for n, place in enumerate(places) for word in _WORD.findall(place.name)
        if counts[word] == 1 and word not in _GENERIC and word not in place.kind
        and not any(word in p.text for k, p in enumerate(places) if k != n)
    }
    taken = [(m.start, m.end) for m in named]
    return [
        Named(m.start(), m.end(), (owners[m.group().removesuffix("'s")],)) for m in _WORD.finditer(text)
        if m.group().removesuffix("'s") in owners and not any(a < m.end() and m.start() < b for a, b in taken)
        and not text[max(0, m.start() - 3):m.start()].endswith((" a ", " an "[1:]))
    ]


def _parts(text: str, start: int, end: int, inside: Sequence[Named]) -> Iterable[tuple[str, list[Named]]]:
    """A clause cut before each name but the first and those of a list; names that something is compared with cut nothing."""
    groups: list[list[Named]] = []
    for m in inside:
        joined = groups and (
            JOIN.fullmatch(text, groups[-1][-1].end, m.start) is not None
            or _compared(text, start, m)
        )
        if joined:
            groups[-1].append(m)
        else:
            groups.append([m])
    if len(groups) < 2:
        return [(text[start:end], list(inside))]
    bounds = [start, *(g[0].start for g in groups[1:]), end]
    return [(text[a:b], g) for a, b, g in zip(bounds, bounds[1:], groups, strict=False)]
