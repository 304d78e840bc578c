"""How the numbers, listed values and asked fields of a response agree with the evidence."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import NamedTuple

from recenv.rewards.features import CACHES
from recenv.rewards.reading.cover import matches, tokens
from recenv.rewards.reading.lexical import norm, squeeze
from recenv.rewards.reading.quantities import Quantity, quantities, same, same_end
from recenv.rewards.reading.records import Field, read_records, roles_in
from recenv.rewards.reading.words import is_han

_FREE = re.compile(r"免费|不要钱|不收费|\bfree\b(?! wifi| wi-fi| parking)|no (?:charge|cost|fee)")
_UNITLESS = {"rating": "rating", "price": "money"}  # roles whose numbers often stand without a unit -> kind of quantity


class Numbers(NamedTuple):
    """Counts of a response's numbers. wrong: the evidence has others of the kind; stray: it has none; echoed: the question's."""

    right: int
    wrong: int
    stray: int
    echoed: int
    half: int  # the right value, in a range with another end


@CACHES.keep(8_192)
def _known(evidence: str) -> tuple[Quantity, ...]:
    """The evidence's numbers; those of labelled fields that lack a unit take the kind of the label."""
    found = list(quantities(evidence))
    for record in read_records(evidence):
        for field in record:
            if field.role in _UNITLESS and len(field.value) < 12:
                found += [q._replace(kind=_UNITLESS[field.role]) for q in quantities(field.value) if not q.kind]
    return tuple(found)


def numbers(response: str, evidence: str, query: str) -> Numbers:
    """Compare the numbers of a response with those of the evidence, then with those of the question."""
    known, asked = _known(evidence), quantities(query)
    kinds = {q.kind for q in known}
    right = wrong = stray = echoed = half = 0
    for q in quantities(response):
        if q.kind == "count" and q.value <= 10 and q.kind not in kinds:
            continue
        rivals = [k for k in known if same(q, k) and (k.kind == q.kind or not q.kind or q.kind not in kinds)]
        if any(same_end(q, k) for k in rivals):
            right += 1
        elif rivals:
            half += 1
        elif any(same(q, k) for k in asked):
            echoed += 1
        elif q.kind in kinds:
            wrong += 1
        else:
            stray += 1
    if _FREE.search(norm(response)) and "money" in kinds and not _FREE.search(norm(evidence)):
        free = any(k.kind == "money" and k.value == 0 for k in known)
        right, wrong = right + free, wrong + (not free)
    return Numbers(right, wrong, stray, echoed, half)


class Members(NamedTuple):
    """Members of the evidence's lists: whole ones in the response, parts of others; wrong: things listed that are no members."""

    whole: int
    part: int
    wrong: int


_LISTS = re.compile(
    r"(?:推荐菜|招牌菜|特色菜|菜品|美食|设施|服务|周边|附近)[^,。;!?]{0,6}?(?:有|是|为|包括|含|:)(?P<x>[^。;!?\n]{2,120})|"
    r"(?:dishes|menu|facilities|amenities|features|nearby)[^.;!?]{0,12}?(?:are|is|include[sd]?|including|:)\s(?P<y>[^.;!?\n]{2,160})")
_PARTS = re.compile(r"[、,]|以及|还有|和|\band\b")
_TAIL = re.compile(r"(?:等等?|的?(?:餐馆|酒店|景点|服务|菜)?|哦|呢|啊|呀)$")


@CACHES.keep(8_192)
def _members(evidence: str) -> tuple[str, ...]:
    """The members of the evidence's lists, squeezed."""
    found: dict[str, None] = {}
    for record in read_records(evidence):
        for field in record:
            if len(field.members) > 1 and field.role not in ("phone", "hours", "address", "time"):
                found.update((squeeze(m), None) for m in field.members)
    found.pop("", None)
    return tuple(found)


def members(response: str, evidence: str) -> Members:
    """Which members of the evidence's lists a response gives."""
    known = _members(evidence)
    if not known:
        return Members(0, 0, 0)
    flat = squeeze(response)
    whole = [m for m in known if len(m) > 1 and m in flat]
    said, joined, inside = tokens(response), " ".join(known), " ".join(whole)
    part = 0
    for start, end in matches(response, evidence):
        text = "".join(said[start:end])
        part += end - start > 1 and is_han(said[start]) and text in joined and text not in inside
    wrong = 0
    for match in _LISTS.finditer(norm(response)):
        for chunk in _PARTS.split(match.group("x") or match.group("y") or ""):
            word = squeeze(_TAIL.sub("", chunk.strip()))
            if 2 <= len(word) <= 12:
                wrong += not any(word in m or m in word for m in known)
    return Members(len(whole), part, wrong)


class Asked(NamedTuple):
    """The share of a field's value that the response gives: best and worst over the fields it speaks of, or is asked for.

    NaN where the evidence has no such field.
    """

    best: float
    worst: float


def asked(response: str, evidence: str, query: str) -> Asked:
    """How far the values of the fields that an answer, or else the question, speaks of stand in the answer."""
    nan = float("nan")
    records = read_records(evidence)
    labelled = {f.role or f.label for record in records for f in record if f.label}
    if not labelled:
        return Asked(nan, nan)
    spoken = [r for r in roles_in(response) if r in labelled]
    wanted = spoken or [r for r in roles_in(query.split("\n", 1)[0]) if r in labelled]
    if not wanted:
        return Asked(nan, nan)
    shares = []
    for role in wanted:
        values = [_recall(response, f) for record in records for f in record if (f.role or f.label) == role]
        shares.append(max(values))
    return Asked(max(shares), min(shares))


@CACHES.keep(16_384)
def _pairs(text: str) -> frozenset[tuple[str, ...]]:
    """Neighbouring pairs of tokens; for fewer than two, the token."""
    said = [t for t in tokens(text) if t != "\n"]
    return frozenset(pairwise(said)) if len(said) > 1 else frozenset((t,) for t in said)


@CACHES.keep(16_384)
def _digits(text: str) -> str:
    return re.sub(r"\D+", "", text)


def _recall(response: str, field: Field) -> float:
    if field.role in ("rating", "price"):
        told = quantities(field.value)
        if told:
            said = quantities(response)
            free = told[0].value == 0 and bool(_FREE.search(norm(response)))
            return float(free or any(abs(q.value - told[0].value) < 1e-6 for q in said))
    if field.role == "phone":
        digits = _digits(norm(response))
        return float(any(len(d) >= 7 and d[-8:] in digits for d in map(_digits, field.members)))
    if len(field.members) > 1:
        flat = squeeze(response)
        return float(any(squeeze(m) in flat for m in field.members))
    pairs = _pairs(field.value)
    if not pairs:
        return 0.0
    if len(next(iter(pairs))) == 1:
        return float(squeeze(field.value) in squeeze(response))
    return len(pairs & _pairs(response)) / len(pairs)
