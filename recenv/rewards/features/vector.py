"""Explicit text features: what a reader would check first, computed from a row's text alone.

Every feature is bounded and a function of the row only, so that scores need no world; NaN where the text
does not say. Names and order are versioned: a checkpoint lists those that it was trained on, and refuses others.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recenv.rewards.dimensions import DIMENSIONS
from recenv.rewards.features import CACHES, grounding, replying, wants
from recenv.rewards.features.bounded import share, size
from recenv.rewards.features.claims import count_claims
from recenv.rewards.features.orders import ORDERS, check, listed_items, refuses, word_count
from recenv.rewards.reading.lexical import coverage, grams, han_share, norm, squeeze
from recenv.rewards.reading.limits import INF, limits, record, requests, within
from recenv.rewards.rules.checks import compliance

VERSION = 3

_LIMIT_SLOTS = {"rating": "rating", "price": "price", "distance": "other", "duration": "other"}
_MEMBER_SLOTS = {
    "subcategory": "kind", "hotel_type": "kind", "area": "place", "nearby": "place",
    "tags": "offer", "dishes": "offer", "facilities": "offer",
}
"""Slots are pooled by role, so that what is learned on one catalogue's slots carries over to another's."""

QUERY_ITEM = (
    "rating_limit_met", "price_limit_met", "other_limit_met",  # 1 met, -1 missed, 0 not stated or not known
    "rating_excess", "price_excess", "other_excess",  # how far beyond the limit, relative, in [0, 1]
    "limits_stated", "limits_missed", "limits_unknown", "all_limits_met",
    "requests", "requests_found", "requests_missing", "requests_near",
    "kind_named", "place_named", "offer_named",  # values that the query names, up to 3, over 3; the name is a kind
    "members_named", "category_agrees",
    "query_coverage", "item_coverage", "jaccard", "query_length", "item_length",
    "rating", "rating_missing", "price", "price_missing", "distance", "distance_missing",
)
"""Features of a query and an item."""

PERSON_ITEM = (
    "profile_coverage", "profile_members", "budget_stated", "over_budget", "budget_gap",
    "context_coverage", "context_members", "thrift", "thrift_price", "rating_wanted", "near_wanted",
)
"""Features of a user with context and an item."""

RESPONSE = (
    "response_length", "response_words", "han_share", "language_as_query", "listed_items", "empty", "refuses",
    "asks", "exclaims", "lines", "numbers", "query_coverage", "response_coverage", "repeats",
)
"""Features of a query and a response."""

INSTRUCTION = (
    *(f"{o}_kept" for o in ORDERS), *(f"{o}_ordered" for o in ORDERS),
    "orders", "orders_broken", "worst_order", "instruction_length", "instruction_coverage", "instruction_han",
)
"""Features of an instruction and a response."""

EVIDENCE = (
    "items_named", "none_named", "invented", "numbers_right", "numbers_wrong", "numbers_unknown", "numbers_stray",
    "any_wrong", "wrong_share", "worst_gap", "words_right", "words_loose", "words_wrong", "words_wrong_share", "borrowed",
    "area_wrong", "response_in_evidence", "numbers_in_evidence", "evidence_records", "evidence_length",
)
"""Features of evidence and a response."""

FOLLOWING = ("demands_score", "demands_share", "demands_all_held", "demands_read", "demands_broken")
"""Features of an instruction and a response from exactly checkable demands (``recenv.rewards.rules.checks``)."""

_CATEGORY_CUES = {
    "餐饮": r"餐|饭|吃|菜|美食|咖啡|甜品|小吃|火锅|面馆|烤鸭", "dining": (
        r"restaurant|eat|food|meal|dinner|lunch|breakfast place|cafe|coffee|dish|hotpot|noodle|snack"
    ),
    "住宿": r"酒店|住|宾馆|民宿|旅馆|旅舍", "accommodation": r"hotel|hostel|stay|room|inn\b|guesthouse|night",
    "旅游": r"景点|玩|游|参观|公园|博物馆|门票|古迹", "tourism": r"attraction|visit|sight|museum|park\b|temple|tour|show|hike",
    "购物": r"购物|商场|买|超市|书店|花店", "shopping": r"shop|store|mall|buy|market",
    "医疗健康": r"医|药|诊所|体检|牙|眼科|看病", "healthcare": r"clinic|doctor|pharmacy|dentist|health|medicine|optic",
    "生活服务": r"美发|理发|美甲|健身|洗车|洗衣|按摩|家政|宠物|保洁", "lifestyle": (
        r"salon|gym|wash|laundry|massage|cleaning|pet\b|nail|hair"
    ),
}
_CUES = {name: re.compile(pattern) for name, pattern in _CATEGORY_CUES.items()}
_THRIFTY = re.compile(r"精打细算|偏紧|紧张|节俭|省钱|便宜|实惠|性价比|tight|careful|cheap|thrifty|frugal|low budget|saving")
_GENEROUS = re.compile(r"宽裕|充裕|不限|高端|奢|generous|luxur|high budget|no limit|unlimited")
_RATING_WANTED = re.compile(r"口碑|评分|评价|high rating|well.rated|rating", re.IGNORECASE)
_NEAR_WANTED = re.compile(r"离得近|就近|附近|方便|close by|nearby|near", re.IGNORECASE)
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


@CACHES.keep(65_536)
def query_item(query: str, item: str) -> tuple[float, ...]:
    """QUERY_ITEM features of one pair."""
    it, stated, asked = record(item), limits(query), requests(query)
    met = dict.fromkeys(("rating", "price", "other"), 0.0)
    excess = dict(met)
    unknown = missed = 0
    for limit in stated:
        have = it.numbers.get(limit.slot)
        if have is None:
            unknown += 1
            continue
        slot, fits = _LIMIT_SLOTS[limit.slot], within(limit, have)
        met[slot] = -1.0 if not fits or met[slot] < 0 else 1.0
        missed += not fits
        over, under = have[0] - limit.high, limit.low - have[1]
        scale = 1.0 if limit.slot == "rating" else max(abs(limit.high if over > 0 else limit.low), 1e-3)
        excess[slot] = max(excess[slot], min(max(over, under, 0.0) / (scale if scale < INF else 1.0), 1.0))
    found = sum(a in it.text for a in asked)
    near = sum(coverage(grams(a), it.grams) for a in asked)
    flat, told = squeeze(query), _named(item)
    kind = int(told.name is not None and told.name in flat) + sum(m in flat for m in told.kind)
    place, offer = sum(m in flat for m in told.place), sum(m in flat for m in told.offer)
    gq = grams(query)
    shared = len(gq & it.grams)
    either = len(gq) + len(it.grams) - shared
    return (
        *met.values(), *excess.values(),
        share(len(stated), 4), share(missed, 3), share(unknown, 3), float(bool(stated) and missed == 0 and unknown == 0),
        share(len(asked), 4), found / max(len(asked), 1), share(len(asked) - found, 3), near / max(len(asked), 1),
        share(kind, 3), share(place, 3), share(offer, 3), share(kind + place + offer, 4),
        _agrees(it.category, _categories(query)),
        shared / len(gq) if gq else 0.0, shared / len(it.grams) if it.grams else 0.0, shared / either if either else 0.0,
        size(query, 200), size(item, 400),
        *_value(it.numbers.get("rating"), 5.0), *_log_value(it.numbers.get("price"), 1000.0),
        *_log_value(it.numbers.get("distance"), 20.0),
    )


class _Named(NamedTuple):
    """What a query may name of an item, squeezed, of more than a character: its name, or None, and members by role."""

    name: str | None
    kind: tuple[str, ...]
    place: tuple[str, ...]
    offer: tuple[str, ...]


@CACHES.keep(16_384)
def _named(item: str) -> _Named:
    it = record(item)
    of = {role: tuple(m for slot, own in _MEMBER_SLOTS.items() if own == role for m in it.members.get(slot, ()) if len(m) > 1)
          for role in ("kind", "place", "offer")}
    return _Named(squeeze(it.name) if len(it.name) > 1 else None, **of)


@CACHES.keep(16_384)
def _categories(query: str) -> frozenset[str]:
    """The categories of which a query uses a word."""
    text = norm(query)
    return frozenset(name for name, cue in _CUES.items() if cue.search(text))


def _agrees(category: str, named: frozenset[str]) -> float:
    """1 if an item's category is among those named, -1 if only others are, 0 if none."""
    return (1.0 if category in named else -1.0) if named else 0.0


def _value(pair: tuple[float, float] | None, top: float) -> tuple[float, float]:
    return (math.nan, 1.0) if pair is None else (min(pair[0] / top, 1.5), 0.0)


def _log_value(pair: tuple[float, float] | None, top: float) -> tuple[float, float]:
    return (math.nan, 1.0) if pair is None else (min(math.log1p(max(pair[0], 0.0)) / math.log1p(top), 1.5), 0.0)


@CACHES.keep(65_536)
def person_item(user: str, context: str, item: str) -> tuple[float, ...]:
    """PERSON_ITEM features of one triple."""
    it, person, flat_context = record(item), _person(user), squeeze(context)
    price, rating = it.numbers.get("price"), it.numbers.get("rating")
    gap = 0.0 if person.budget is None or price is None else math.log((price[0] + 1.0) / (person.budget + 1.0))
    return (
        coverage(it.grams, grams(user)), share(sum(m in person.text for m in it.named), 4),
        float(person.budget is not None), float(gap > 0.0), max(-2.0, min(2.0, gap)) / 2.0,
        coverage(it.grams, grams(context)), share(sum(m in flat_context for m in it.named), 4),
        person.thrift, person.thrift * (math.nan if price is None else _log_value(price, 1000.0)[0]),
        person.rating_wanted * (math.nan if rating is None else rating[0] / 5.0),
        float(person.near_wanted and any(m in flat_context for m in it.members.get("area", ()))),
    )


class _Person(NamedTuple):
    """text: the profile, squeezed; budget: the most he would pay, or None; thrift: 1 if it is tight, -1 if generous, 0 if it is
    neither; rating_wanted: 0 or 1."""

    text: str
    budget: float | None
    thrift: float
    rating_wanted: float
    near_wanted: bool


@CACHES.keep(16_384)
def _person(user: str) -> _Person:
    plain = norm(user)
    return _Person(
        squeeze(user), next((x.high if x.high < INF else x.low for x in limits(user) if x.slot == "price"), None),
        1.0 if _THRIFTY.search(plain) else -1.0 if _GENEROUS.search(plain) else 0.0,
        float(bool(_RATING_WANTED.search(user))), bool(_NEAR_WANTED.search(user)))


@CACHES.keep(16_384)
def query_response(query: str, response: str) -> tuple[float, ...]:
    """RESPONSE features of one pair."""
    text, gq, gr = norm(response), grams(query), grams(response)
    zh_query, zh_response = han_share(norm(query)), han_share(text)
    units = re.findall(r"[^,。;!?.\n]{6,}", text)
    return (
        size(response, 600), share(math.log1p(word_count(text)), 7.0), zh_response, 1.0 - abs(zh_query - zh_response),
        share(listed_items(response), 6),
        float(not squeeze(response)), float(refuses(response)), float(text.rstrip().endswith("?")), share(text.count("!"), 3),
        share(text.strip().count("\n"), 6), share(len(_NUMBER.findall(text)), 12), coverage(gq, gr), coverage(gr, gq),
        1.0 - len(set(units)) / len(units) if units else 0.0,
    )


def instruction_response(instruction: str, response: str) -> tuple[float, ...]:
    """INSTRUCTION features of one pair."""
    verdict = check(instruction, response)
    broken = sum(v < 1.0 for v in verdict.values())
    return (
        *(verdict.get(o, 0.0) for o in ORDERS), *(float(o in verdict) for o in ORDERS),
        share(len(verdict), 5), share(broken, 3), min(verdict.values(), default=0.0), size(instruction, 400),
        coverage(grams(instruction), grams(response)), han_share(norm(instruction)),
    )


def following(instruction: str, query: str, response: str) -> tuple[float, ...]:
    """FOLLOWING features, in [0, 1]; the first three are NaN where nothing checkable is demanded."""
    found = compliance("\n".join(t for t in (instruction, query) if t), response)
    if not found.read:
        return math.nan, math.nan, math.nan, 0.0, 0.0
    broken = found.read - found.held
    return found.score, found.share, float(not broken), share(found.read, 6.0), share(broken, 6.0)


def evidence_response(evidence: str, response: str) -> tuple[float, ...]:
    """EVIDENCE features of one pair."""
    c = count_claims(evidence, response)
    numbers, words = c.numbers_right + c.numbers_wrong, c.words_right + c.words_loose + c.words_wrong + c.borrowed
    ge, gr = grams(evidence), grams(response)
    digits = _NUMBER.findall(norm(response))
    known = frozenset(_NUMBER.findall(norm(evidence)))
    return (
        share(c.named, 5), float(c.named == 0), share(c.invented, 2), share(c.numbers_right, 10), share(c.numbers_wrong, 3),
        share(c.numbers_unknown, 3), share(c.stray, 4), float(c.numbers_wrong > 0), c.numbers_wrong / numbers if numbers else 0.0,
        c.worst_gap / 4.0, share(c.words_right, 10), share(c.words_loose, 5), share(c.words_wrong, 5),
        c.words_wrong / words if words else 0.0, share(c.borrowed, 3), share(c.area_wrong, 2), coverage(gr, ge),
        sum(d in known for d in digits) / len(digits) if digits else 1.0,
        share(sum(1 for line in evidence.split("\n") if line.strip()), 6), size(evidence, 2000),
    )


class Group(NamedTuple):
    """Features that are made together. names: in order; make(texts): their values, from the texts of a unit by field."""

    names: tuple[str, ...]
    make: Callable[[Mapping[str, str]], Iterable[float]]


GROUPS: dict[str, Group] = {
    "query_item": Group(QUERY_ITEM, lambda t: query_item(t["query"], t["item"])),
    "person_item": Group(PERSON_ITEM, lambda t: person_item(t["user"], t["context"], t["item"])),
    "instruction_response": Group(INSTRUCTION, lambda t: instruction_response(t["instruction"], t["response"])),
    "evidence_response": Group(EVIDENCE, lambda t: evidence_response(t["evidence"], t["response"])),
    "query_response": Group(RESPONSE, lambda t: query_response(t["query"], t["response"])),
    # these read any layout of evidence and items
    "wants": Group(wants.NAMES, lambda t: wants.wants(t["query"], t["item"])),
    "replying": Group(replying.NAMES, lambda t: replying.replying(t["query"], t["item"])),
    "grounding": Group(grounding.NAMES, lambda t: grounding.grounding(t["evidence"], t["query"], t["response"])),
    "following": Group(FOLLOWING, lambda t: following(t["instruction"], t["query"], t["response"])),
}
"""Groups by the names that ``Dimension.features`` gives them."""


def names(dimension: str) -> tuple[str, ...]:
    """Names of the features of a dimension, in the order of the vector."""
    return tuple(name for group in DIMENSIONS[dimension].features for name in GROUPS[group].names)


def vector(dimension: str, texts: Mapping[str, str]) -> NDArray[np.float32]:
    """The (E,) features of one unit of a dimension. texts: field name -> text, as ``models.compact.segments`` lays them out."""
    return np.array([v for group in DIMENSIONS[dimension].features for v in GROUPS[group].make(texts)], np.float32)
