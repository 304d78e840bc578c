"""CrossWOZ entities as items, and CrossWOZ goal entries as constraints."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from recenv.records import Constraint, Item, Value


class Domain(NamedTuple):
    """A CrossWOZ domain: our category, the word in ids and file names, the price slot, and how one counts its places."""

    category: str
    stem: str
    price: str
    one: str


DOMAINS: dict[str, Domain] = {
    "餐馆": Domain("dining", "restaurant", "人均消费", "一家餐馆"),
    "酒店": Domain("accommodation", "hotel", "价格", "一家酒店"),
    "景点": Domain("tourism", "attraction", "门票", "一个景点"),
}
NEIGHBOURS = {"周边餐馆": "餐馆", "周边酒店": "酒店", "周边景点": "景点"}

_DISTRICTS = ("东城", "西城", "朝阳", "海淀", "丰台", "石景山", "门头沟", "房山", "通州", "顺义", "昌平", "大兴", "怀柔",
              "平谷", "密云", "延庆")
_MERGED = {"崇文": "东城", "宣武": "西城"}  # joined in 2010, still found in addresses
_DISTRICT = re.compile(f"({'|'.join((*_DISTRICTS, *_MERGED))})[区县]")
_TEXTS = {"地址": "address", "电话": "phone", "营业时间": "hours", "地铁": "subway",
          "酒店类型": "hotel_type", "游玩时间": "duration"}
_SETS = {"推荐菜": "dishes", "酒店设施": "facilities"}
_NUMBER = r"(?<!\d)(\d++(?:\.\d++)?)"
_RANGE = re.compile(rf"{_NUMBER}\s{{0,4}}-\s{{0,4}}{_NUMBER}元?$")
_FROM = re.compile(rf"{_NUMBER}[元分]以上$")
_TO = re.compile(rf"{_NUMBER}[元分]以下$")
_EXACT = re.compile(rf"{_NUMBER}[元分]$")
REFERENCE = re.compile(r"出现在id=(\d+)的周边(餐馆|酒店|景点)里$")
FACILITY = "酒店设施-"


def district(address: str) -> str | None:
    """The Beijing district (one of sixteen) that an address names, None where it names none."""
    found = _DISTRICT.search(address)
    return None if found is None else _MERGED.get(found[1], found[1]) + "区"


def attributes(domain: str, raw: Mapping[str, Any]) -> dict[str, Value]:
    """A CrossWOZ entity record by our slots, without ``nearby``; absent values are left out."""
    out: dict[str, Value] = {}
    for key, slot in (("评分", "rating"), (DOMAINS[domain].price, "price")):
        value = raw.get(key)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            out[slot] = float(value)
    for key, slot in _TEXTS.items():
        value = raw.get(key)
        if isinstance(value, str) and value.strip():
            out[slot] = value.strip()
    for key, slot in _SETS.items():
        members = tuple(dict.fromkeys(m.strip() for m in raw.get(key) or () if isinstance(m, str) and m.strip()))
        if members:
            out[slot] = members
    area = district(str(raw.get("地址") or ""))
    if area is not None:
        out["area"] = area
    return out


def neighbourhood(records: Sequence[tuple[str, Mapping[str, Any]]]) -> dict[str, tuple[str, ...]]:
    """Name -> names nearby: the three published lists, then the inverse relation, so that it is symmetric."""
    known = {name for name, _ in records}
    near: dict[str, dict[str, None]] = {name: {} for name, _ in records}
    for name, raw in records:
        for slot in NEIGHBOURS:
            near[name].update(dict.fromkeys(n for n in raw.get(slot) or () if n in known and n != name))
    for name, _ in records:
        for other in list(near[name]):
            near[other].setdefault(name)
    return {name: tuple(names) for name, names in near.items()}


def entities(tables: Mapping[str, Sequence[tuple[str, Mapping[str, Any]]]]) -> dict[str, list[Item]]:
    """Items by domain from the entity tables by domain."""
    near = neighbourhood([record for domain in DOMAINS for record in tables[domain]])
    out: dict[str, list[Item]] = {}
    for domain, (category, stem, _, _) in DOMAINS.items():
        out[domain] = []
        for n, (name, raw) in enumerate(tables[domain]):
            told = attributes(domain, raw)
            if near[name]:
                told["nearby"] = near[name]
            out[domain].append(Item(id=f"crosswoz/{stem}/{n}", category=category, name=name, locale="zh", attributes=told))
    return out


def constraints_of(slot: str, value: str | Sequence[str], taken: Mapping[int, str]) -> tuple[Constraint, ...] | None:
    """The constraints that a goal entry states; empty for a request (no value), None where it cannot be mapped.

    taken: goal id -> name of the entity that the logged user took up, for "near id=1".
    """
    if not value:
        return ()
    if slot == "推荐菜" and not isinstance(value, str):
        return tuple(Constraint(slot="dishes", op="has", value=dish, text=f"想吃{dish}") for dish in value)
    if not isinstance(value, str):
        return None
    if slot == "名称":
        return _name(value, taken)
    if slot.startswith(FACILITY):
        facility = slot.removeprefix(FACILITY)
        said = facility if "提供" in facility else f"提供{facility}"
        return (Constraint(slot="facilities", op="has", value=facility, text=said),) if value == "是" else None
    if slot == "酒店类型":
        return (Constraint(slot="hotel_type", op="eq", value=value, text=f"要{value}酒店"),)
    if slot == "游玩时间":
        return (Constraint(slot="duration", op="eq", value=value, text=f"游玩时间{value}"),)
    if slot in ("评分", "人均消费", "价格", "门票"):
        bound = _bound("rating" if slot == "评分" else "price", value, f"{slot}{value}")
        return None if bound is None else (bound,)
    return None


def _name(value: str, taken: Mapping[int, str]) -> tuple[Constraint, ...] | None:
    reference = REFERENCE.match(value)
    if reference is None:
        return (Constraint(slot="name", op="eq", value=value, text=f"就要{value}"),)
    anchor = taken.get(int(reference[1]))
    return None if anchor is None else (Constraint(slot="nearby", op="has", value=anchor, text=f"在{anchor}附近"),)


def _bound(slot: str, value: str, text: str) -> Constraint | None:
    if value in ("免费", "不免费"):  # prices are whole yuan
        free = value == "免费"
        return Constraint(slot=slot, op="le" if free else "ge", value=0.0 if free else 1.0, text=text)
    if found := _RANGE.match(value):
        return Constraint(slot=slot, op="between", value=(float(found[1]), float(found[2])), text=text)
    if found := _FROM.match(value):
        return Constraint(slot=slot, op="ge", value=float(found[1]), text=text)
    if found := _TO.match(value):
        return Constraint(slot=slot, op="le", value=float(found[1]), text=text)
    if found := _EXACT.match(value):
        number = float(found[1])
        return Constraint(slot=slot, op="between", value=(number, number), text=text)
    return None
