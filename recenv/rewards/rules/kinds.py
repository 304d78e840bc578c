"""What kinds of places and districts are called in Chinese and English: the names that an instruction and a record may share."""

from __future__ import annotations

from recenv.rewards.reading import table
from recenv.rewards.reading.lexical import norm
from recenv.rewards.rules import CACHES

BY_NAME = frozenset(norm(k) for k in ("火锅", "hotpot", "海鲜", "seafood", "烧烤", "barbecue", "自助餐", "buffet"))
"""Kinds that a place is called by only where it is one."""

SPOKEN = frozenset(norm(k) for k in ("japanese", "korean"))
"""Kinds that are languages, too."""

VENUES = frozenset(norm(k) for k in (
    "酒店", "hotel", "民宿", "hostel", "博物馆", "museum", "公园", "park",
    "商场", "mall", "超市", "supermarket", "动物园", "zoo", "乐园"))
"""Kinds that other places stand in: a hotel restaurant is no hotel."""

COARSE = frozenset(norm(k) for k in (
    "餐厅", "餐馆", "中餐", "中餐馆", "美食", "restaurant", "restaurants",
    "chinese", "dining", "food"))
"""Kinds that say too little to rule another out."""

_OPEN = frozenset(norm(k) for k in ("海鲜", "连锁", "素食", "小吃", "自助餐"))
"""Kinds that a place of another kind may be as well: no type rules them out."""


def _groups() -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for line in table("kinds.txt"):
        names = frozenset(norm(name) for name in line.split("/"))
        for name in names:
            found[name] = names
    return found


_GROUPS = _groups()
_PLACES = dict(pair.split("=") for line in table("districts.txt") for pair in line.split("/"))
_PINYIN = {latin: zh for zh, latin in _PLACES.items()} | {"jingan": "静安", "baoan": "宝安"}
DISTRICT_ZH = "|".join(sorted(sorted(_PLACES), key=len, reverse=True))
DISTRICT_EN = "|".join(sorted(sorted(_PINYIN), key=len, reverse=True))
_TAILS = (" new district", " district", " area", "新区", "区", "县")


@CACHES.keep(4_096)
def kind_names(kind: str) -> frozenset[str]:
    """All names of a kind, normalised; the kind alone where the table has none."""
    own = norm(kind)
    for name in (own, own.removesuffix("s"), own.removesuffix("es")):
        if name in _GROUPS:
            return _GROUPS[name]
    return frozenset((own, own.removesuffix("s")) if own.isascii() and len(own) > 4 else (own,))


def is_kind(kind: str) -> bool:
    """Whether the table has it, in the singular or plural."""
    own = norm(kind)
    return any(name in _GROUPS for name in (own, own.removesuffix("s"), own.removesuffix("es")))


def excludable(kind: str) -> bool:
    """Whether a place of another type is surely not of this kind."""
    return is_kind(kind) and not kind_names(kind) & _OPEN


@CACHES.keep(4_096)
def district(name: str) -> str:
    """The one form of a district's name, Chinese where the table knows it; "" for an area that is not known as a district."""
    own = bare(name)
    own = _PINYIN.get(own, own)
    return own if own in _PLACES else ""


def bare(area: str) -> str:
    """An area's name without what says that it is one."""
    own = norm(area).strip()
    for city in ("北京市", "北京", "上海市", "上海", "广州市", "深圳市", "成都市", "杭州市"):
        own = own.removeprefix(city) or own
    for tail in _TAILS:
        if own.endswith(tail) and len(own) > len(tail) + 1:
            return own.removesuffix(tail)
    return own
