"""Whose turn it is in an order: "the second cheapest", "20 yuan, the lowest of the four"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from recenv.rewards.features.prose.bounds import SLOTS, Known
from recenv.rewards.features.prose.clauses import Clause

NAMES = ("ranks_right", "ranks_wrong")

_ORDER = (
    (re.compile(r"cheap|least expensive|affordable|便宜|实惠"), "price", 1),
    (re.compile(r"dear|expensive|pric(?:ey|iest)|贵"), "price", -1),
    (re.compile(r"near|clos(?!es)|近"), "distance", 1), (re.compile(r"f[au]r?th|远"), "distance", -1),
    (re.compile(r"(?:high|best)[- ]?(?:est)?[- ]?(?:rat|scor)|(?:评分|分数?|口碑)[^,。;]{0,4}高|高分"), "rating", -1),
    (re.compile(r"low(?:est)?[- ]?(?:rat|scor)|(?:评分|分数?|口碑)[^,。;]{0,4}低|低分"), "rating", 1))
_NTH = re.compile(r"\b(?P<en>second|third|fourth|2nd|3rd)[- ](?=[a-z])|第(?P<zh>[二三四2-4])(?=[便实贵高低近远])")
_NTHS = {"second": 2, "third": 3, "fourth": 4, "2nd": 2, "3rd": 3, "二": 2, "三": 3, "四": 4, "2": 2, "3": 3, "4": 4}
_END = re.compile(
    r"\bthe (?P<low>lowest|smallest|least|shortest)\b(?![- ](?:pric|rat|scor|expens))|"
    r"\bthe (?P<high>highest|most)\b(?=$|[,.;!]| (?:of|among|here|on|in) )|(?P<top>\btop of the (?:\d|list|lot|bunch|table))|"
    r"(?:\d家|全场|这里|[三几]者|其中|当中|名单)[里中]?最(?:(?P<less>[低少])|(?P<more>[高多]))")


def ranked(clause: Clause, kinds: Sequence[str], known: Known) -> dict[str, int]:
    """Counts by NAMES. kinds: what the numbers of the sentence measure so far."""
    found = dict.fromkeys(NAMES, 0)
    right = _ranked(clause, kinds, known)
    if right is not None:
        found["ranks_right" if right else "ranks_wrong"] += 1
    return found


def _ranked(clause: Clause, kinds: Sequence[str], known: Known) -> bool | None:
    """Whether a place is where it is said to be in an order; None where nothing is said of that."""
    if len(clause.about) != 1:
        return None
    one = clause.about[0]
    nth, end = _NTH.search(clause.text), _END.search(clause.text)
    if nth is not None:
        span = nth.end() - 1, nth.end() + 24
        order = next(((slot, way) for pattern, slot, way in _ORDER if pattern.search(clause.text, *span)), None)
        place = _NTHS[nth.group("en") or nth.group("zh")]
    elif end is not None:
        slot = next((SLOTS[kind] for kind in reversed(kinds) if kind in SLOTS), "")
        way = 1 if end.group("low") or end.group("less") else -1
        order = (slot, way) if slot and (slot != "price" or not end.group("top")) else None
        place = 1
    else:
        return None
    if order is None or any(order[0] not in own for own in known):
        return None
    ranks = [own[order[0]] * order[1] for own in known]
    before, same = sum(v < ranks[one] for v in ranks), sum(v == ranks[one] for v in ranks)
    return before + 1 <= place <= before + same
