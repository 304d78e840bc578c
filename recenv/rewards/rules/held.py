"""Whether records keep what an instruction demands of the items, and which of an evidence's records an answer recommends.

A demand is broken where a record holds the field and the field breaks it, kept where every record's field keeps it, and
undecided otherwise: a record without the field breaks nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from recenv.data.constraints import MET, MISSED, UNKNOWN
from recenv.data.render import value_text
from recenv.records import Item, Value
from recenv.rewards.reading.lexical import norm, squeeze
from recenv.rewards.reading.records import Field, read_records
from recenv.rewards.rules import CACHES, kinds
from recenv.rewards.rules.assertions import find_names
from recenv.rewards.rules.before import begins
from recenv.rewards.rules.checks.check import short
from recenv.rewards.rules.offers import concept_of, offered
from recenv.rewards.rules.opening import closes
from recenv.rewards.rules.wish import INF, Wish
from recenv.rewards.rules.wishes import read_wishes

_TYPES = ("subcategory", "hotel_type", "cuisine", "type")
_FEATURES = ("tags",)


class Kept(NamedTuple):
    """A decided wish. reason: "" where it is kept, else what was expected and what the first record that breaks it holds.

    item: id of that record.
    """

    wish: Wish
    reason: str = ""
    item: str = ""


def decided(instruction: str, items: Sequence[Item], others: tuple[Item, ...] = ()) -> tuple[Kept, ...]:
    """What an instruction demands of items, as far as their records decide it. others: further records whose areas are known."""
    wishes = read_wishes(instruction) if items else ()
    if not wishes:
        return ()
    areas = _areas(items) | _areas_of_list(others) if any(w.slot == "area" for w in wishes) else frozenset()
    types = _all_types(items) | _types_of_list(others) if any(w.slot == "kind" for w in wishes) else frozenset()
    found = []
    for wish in wishes:
        states = [status(wish, item, areas, types) for item in items]
        if MISSED in states:
            item = items[states.index(MISSED)]
            found.append(Kept(wish, f"expected {_expected(wish)}, came {_came(wish, item)}", item.id))
        elif all(state == MET for state in states):
            found.append(Kept(wish))
    return tuple(found)


def ruled_out(instruction: str, items: tuple[Item, ...]) -> list[bool]:
    """Of each item, whether its record breaks what an instruction demands of items; the records of all are at hand."""
    wishes = read_wishes(instruction)
    areas = _areas_of_list(items) if any(w.slot == "area" for w in wishes) else frozenset()
    types = _types_of_list(items) if any(w.slot == "kind" for w in wishes) else frozenset()
    return [any(status(wish, item, areas, types) == MISSED for wish in wishes) for item in items]


def decided_in_row(instruction: str, evidence: str, response: str) -> tuple[Kept, ...]:
    """The same of a row: of the evidence's records that the response recommends."""
    return decided(instruction, recommended(evidence, response), _items(evidence)) if read_wishes(instruction) else ()


def status(wish: Wish, item: Item, areas: frozenset[str], types: frozenset[str]) -> int:
    """MET, MISSED or UNKNOWN. areas, types: those of all records at hand; areas without what says that they are districts."""
    if wish.slot == "kind":
        return _kind(wish, item, types)
    if wish.slot == "area":
        return _area(wish, item, areas)
    if wish.slot == "offer":
        return offered(wish, item)
    have = item.attributes.get(wish.slot)
    if wish.slot == "hours" and isinstance(have, str):
        have = closes(norm(have))
    if isinstance(have, bool) or not isinstance(have, (int, float)):
        return UNKNOWN
    if wish.slot == "rating" and max(wish.low, wish.high if wish.high < 1e9 else 0.0) > 5 >= have:
        return UNKNOWN  # of another scale
    return MET if wish.low - 1e-9 <= have <= wish.high + 1e-9 else MISSED


# -- areas -------------------------------------------------------------------------------------------------------------


def _areas(items: Iterable[Item]) -> frozenset[str]:
    return frozenset(_one_form(str(area)) for item in items if (area := item.attributes.get("area")))


_areas_of_list = CACHES.keep_same(4_096)(_areas)


def _one_form(area: str) -> str:
    return kinds.district(area) or kinds.bare(area)


def _area(wish: Wish, item: Item, areas: frozenset[str]) -> int:
    have = item.attributes.get("area")
    if not isinstance(have, str) or not have.strip():
        return UNKNOWN
    own, named = _one_form(have), [_one_form(name) for name in wish.names]
    address = norm(str(item.attributes.get("address", "")))
    if any(name in own or own in name or name in address for name in named):
        return MISSED if wish.forbids and own in named else UNKNOWN if wish.forbids else MET
    # of one kind: two districts, or two areas of the records at hand
    alike = (bool(kinds.district(own)) and all(map(kinds.district, named))) or (own in areas and all(n in areas for n in named))
    return UNKNOWN if not alike else MET if wish.forbids else MISSED


# -- kinds -------------------------------------------------------------------------------------------------------------

_GENERIC_EN = re.compile(
    r"(?: (?:restaurants?|places?|shops?|houses?|stores?|food|cuisine|dishes|spots?|joints?|bars?|brand)){1,8}$")
_GENERIC_ZH = re.compile(r"(?:店|馆|餐厅|餐馆|饭店|类|料理|品牌|自助){1,8}$")
_WITHOUT = re.compile(r"\b(?:no|non|not|without|free)\b|-free|无|非|不|没|免")


def _all_types(items: Iterable[Item]) -> frozenset[str]:
    return frozenset(norm(value) for item in items for value in _values(item, _TYPES))


_types_of_list = CACHES.keep_same(4_096)(_all_types)


def _kind(wish: Wish, item: Item, at_hand: frozenset[str]) -> int:
    names = frozenset().union(*map(kinds.kind_names, wish.names))
    types, features = _values(item, _TYPES), _values(item, _FEATURES)
    matches = [_is(value, names) for value in types]
    if wish.wide or kinds.kind_names("chain") & names:
        matches += [m for value in features if (m := _is(value, names)) == MISSED]
    if any(norm(dish) in names for dish in _values(item, ("dishes",))):
        matches.append(MISSED)
    if not types and names & kinds.BY_NAME and _is(item.name, names) == MISSED:
        matches.append(MISSED)
    if _called(item.name, wish.names[0]):
        matches.append(MISSED)
    if MISSED in matches:
        return MISSED
    if not types or UNKNOWN in matches or not (kinds.excludable(wish.names[0]) or names & at_hand):
        return UNKNOWN
    return UNKNOWN if any(norm(value) in kinds.COARSE for value in types) else MET


def _called(name: str, kind: str) -> bool:
    """Whether a place is called by a name that begins so, like a chain: not a kind, but what is to be left out."""
    own = norm(name)
    return len(kind) > 2 and own.startswith(kind) and not own[len(kind):len(kind) + 1].isalnum()


@CACHES.keep(16_384)
def _is(value: str, names: frozenset[str]) -> int:
    """MISSED where a value names the kind, UNKNOWN where the kind is only a part of it, MET where it is no part."""
    own = norm(re.sub(r"[(（][^()（）]{0,20}[)）]\s{0,4}$", "", value)).strip()
    if _WITHOUT.search(own):
        return UNKNOWN
    forms = {own, own.removesuffix("s")}
    if not names & kinds.VENUES:
        forms |= {_GENERIC_EN.sub("", own), _GENERIC_ZH.sub("", own)}
    for name in names:
        for form in forms:
            if form == name or (form.endswith(name) and (not name[0].isascii() or form[-len(name) - 1] in " -·")):
                return MISSED
    flat = squeeze(own)
    return UNKNOWN if any(squeeze(name) in flat for name in names) else MET


def _values(item: Item, slots: Sequence[str]) -> list[str]:
    found: list[str] = []
    for slot in slots:
        have: Value | None = item.attributes.get(slot)
        if isinstance(have, (tuple, list)):
            found += [str(v) for v in have]
        elif isinstance(have, str) and have.strip():
            found += _parts(have)
    return found


@CACHES.keep(16_384)
def _parts(value: str) -> tuple[str, ...]:
    """The several values that one text gives."""
    return tuple(part for part in re.split(r"[、,/，|]", value) if part.strip())


# -- in words ----------------------------------------------------------------------------------------------------------

_UNITS = {"price": " yuan", "fee": " yuan", "minimum": " yuan", "hours": " o'clock", "distance": " km", "rating": ""}


def _expected(wish: Wish) -> str:
    if wish.slot == "kind":
        return f"no {short(wish.names[0])}"
    if wish.slot == "area":
        return f"items {'not ' if wish.forbids else ''}in {short(' or '.join(wish.names))}"
    if wish.slot == "offer":
        return f"items with {short(wish.said)}"
    unit = _UNITS[wish.slot]
    if wish.low == -INF:
        return f"{wish.slot} at most {wish.high:g}{unit}"
    if wish.high == INF:
        return f"{wish.slot} at least {wish.low:g}{unit}"
    return f"{wish.slot} {wish.low:g} to {wish.high:g}{unit}"


def _came(wish: Wish, item: Item) -> str:
    if wish.slot == "kind":
        names = frozenset().union(*map(kinds.kind_names, wish.names))
        every = [*_values(item, _TYPES), *_values(item, _FEATURES), *_values(item, ("dishes",)), item.name]
        held = next((value for value in every if _is(value, names) == MISSED), item.name)
    elif wish.slot == "offer":
        return f"{short(item.name)} without"
    else:
        held = value_text(wish.slot, item.attributes[wish.slot], "en")
    return f"{short(item.name)} with {short(held)}"


# -- the records of an evidence ----------------------------------------------------------------------------------------

_LABELS = {
    "rating": ("评分", "口碑评分", "rating", "stars", "score", "user rating", "average rating"),
    "price": ("价格", "人均", "人均消费", "票价", "门票", "price", "average price", "price per person",
              "cost per person", "cost"),
    "distance": ("距离", "distance"),
    "area": ("区域", "行政区", "所在区", "area", "district"),
    "subcategory": ("类型", "菜系", "品类", "类别", "type", "subcategory", "cuisine", "kind", "category"),
    "hotel_type": ("酒店类型", "hotel type", "hotel_type"),
    "tags": ("特色", "标签", "features", "tags", "tag"),
    "facilities": ("设施", "酒店设施", "facilities", "amenities"),
    "fee": ("配送费", "delivery fee", "delivery_fee", "shipping fee"),
    "minimum": ("起送价", "minimum order", "min order", "min_order"),
    "hours": ("营业时间", "开放时间", "opening hours", "hours"),
    "dishes": ("推荐菜", "招牌菜", "dishes", "recommended dishes"),
    "address": ("地址", "address"),
}
_SLOT = {norm(label): slot for slot, labels in _LABELS.items() for label in labels}
_NUMBER = re.compile(r"(?:¥|约)?\s{0,4}(\d{1,9}(?:\.\d{1,6})?)\s{0,4}(分|星|stars?|/\s{0,4}5|元|yuan|rmb|cny|公里|千米|km|米|"
    r"m)?(?:/人|每人| per person)?")
_FREE = re.compile(r"免费|free")
_YUAN = ("", "元", "yuan", "rmb", "cny")
_UNITS_READ = {"rating": ("", "分", "星", "star", "stars", "/5", "/ 5"), "price": _YUAN, "fee": _YUAN, "minimum": _YUAN,
               "distance": ("公里", "千米", "km", "米", "m")}
_NONE = re.compile(r"^(?:no|none|not|without|n/a|-)\b|^(?:无|没|不|否)|\bnot (?:allowed|included|offered|available)\b")
"""A field about one thing that a place may have says that it has not."""
_MOST_RECORDS, _MOST_READ = 64, 8_000


@CACHES.keep(8_192)
def _items(evidence: str) -> tuple[Item, ...]:
    """The records of an evidence as items, as far as they can be read for sure; ids are their places."""
    found = []
    for place, fields in enumerate(read_records(evidence)[:_MOST_RECORDS]):
        attributes: dict[str, Value] = {}
        told: list[str] = []
        for field in fields:
            slot = _SLOT.get(field.label, "")
            value = _value(slot, field) if slot and slot not in attributes else None
            if value is not None:
                attributes[slot] = value
            elif (offer := concept_of(field.label)):
                told.append("" if _NONE.search(field.value) else offer)
        if told:
            have = attributes.get("tags", ())
            attributes["tags"] = (*(have if isinstance(have, tuple) else ()), *told)
        name = next((f.value for f in fields if f.role == "name"), fields[0].value if not fields[0].label else "")
        found.append(Item(id=str(place), category="", name=name[:200], attributes=attributes))
    return tuple(found)


def _value(slot: str, field: Field) -> Value | None:
    if slot in ("tags", "facilities", "dishes"):
        return tuple(field.members)
    if slot not in _UNITS_READ:
        return field.value
    if slot in ("price", "fee", "minimum") and _FREE.fullmatch(field.value):
        return 0.0
    match = _NUMBER.fullmatch(field.value)
    if match is None:
        return None
    unit = match.group(2) or ""
    if unit not in _UNITS_READ[slot]:
        return None
    return float(match.group(1)) / (1000 if unit in ("米", "m") else 1)


_LEFT_OUT = re.compile(
    r"\b(?:left out|leave out|leaving out|skip\w*|avoid\w*|exclud\w+|except|not (?:recommend|includ|suggest)\w*|"
    r"without|ruled out|not|no)\b|没有|排除|不推荐|没推荐|避开|避免|跳过|而不是|除了|除外|不是|"
    r"不符合|不|略过|去掉")
_BESIDE = re.compile(r"(?:\b(?:near|next to|than|unlike|instead of|rather than|from)(?: the)?|比|不如|离|距|距离)\s{0,2}$")
_BESIDE_AFTER = re.compile(r"\s{0,2}(?:的)?(?:附近|旁边|周边|对面|隔壁)")
_STAYS = re.compile(
    r"\b(?:not (?:only|far|bad|more than)|no (?:more than|tickets?|entrance fee|membership|charge|fees?)|near the|"
    r"more than|less than)\b|不(?:收|贵|错|远|用|超过|到|大|吵|限|需要?|仅|但|只)")
"""Words of leaving out that leave nothing out."""
_CLAUSE_END = re.compile(r"[,;。!?\n]|\.(?=\s|$)|\b(?:but|so|and)\b|但")


def named(evidence: str, response: str) -> frozenset[str]:
    """Ids of the records that a response names."""
    items = _items(evidence)
    return frozenset(item.id for mention in find_names(norm(response[:_MOST_READ]), items) for item in mention.items)


def recommended(evidence: str, response: str) -> tuple[Item, ...]:
    """The records that a response recommends: those it names, but for names in a clause that may leave them out; all where it
    names none."""
    items, text = _items(evidence), norm(response[:_MOST_READ])
    mentions = find_names(text, items)
    if not mentions:
        return items
    named: dict[str, Item] = {}
    for mention in mentions:
        before = text[begins(_CLAUSE_END, text, mention.start - 200, mention.start) : mention.start]
        if _BESIDE.search(before) or _BESIDE_AFTER.match(text, mention.end):
            continue
        around = f"{before} {_CLAUSE_END.split(text[mention.end : mention.end + 200])[0]}"
        if not _LEFT_OUT.search(_STAYS.sub(" ", around)):
            named |= {item.id: item for item in mention.items}
    return tuple(named.values())
