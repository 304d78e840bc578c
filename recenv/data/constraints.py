"""Slots and constraints: what a need can ask for, and whether an item meets it."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal, NamedTuple

from recenv.data import CACHES
from recenv.records import Constraint, Item, Need

MET, MISSED, UNKNOWN = 1, 0, -1
"""Status of an item against a constraint, as stored in int8 columns."""


class Slot(NamedTuple):
    """An attribute that needs can name. cues: words that show a question is about it, by locale."""

    kind: Literal["number", "text", "set"]
    zh: str
    en: str
    cues: tuple[str, ...]
    unit_zh: str = ""
    unit_en: str = ""


SLOTS: dict[str, Slot] = {
    "name": Slot("text", "名称", "name", ("名称", "名字", "哪一家", "哪家店", "name")),
    "rating": Slot("number", "评分", "rating", ("评分", "口碑", "评价", "rating", "rated", "score", "stars"), "分", "stars"),
    "price": Slot("number", "价格", "price",
                  ("价格", "价位", "预算", "人均", "消费", "多少钱", "票价", "门票", "price", "budget", "spend", "cost", "cheap"),
                  "元", "yuan"),
    "distance": Slot("number", "距离", "distance", ("距离", "多远", "远近", "distance", "far", "close"), "公里", "km"),
    "area": Slot("text", "区域", "area", ("区域", "位置", "哪个区", "商圈", "area", "district", "where", "location")),
    "subcategory": Slot("text", "类型", "type", ("类型", "种类", "哪一类", "什么样的", "type", "kind", "sort of")),
    "hotel_type": Slot("text", "酒店类型", "hotel type", ("酒店类型", "档次", "星级", "hotel type", "class of hotel")),
    "tags": Slot("set", "特色", "features", ("特色", "服务", "要求", "feature", "service", "amenit", "offer")),
    "dishes": Slot("set", "推荐菜", "dishes", ("推荐菜", "菜", "口味", "吃什么", "dish", "food", "cuisine", "taste")),
    "facilities": Slot("set", "设施", "facilities", ("设施", "服务", "facilit", "amenit")),
    "duration": Slot("text", "游玩时间", "time needed", ("游玩时间", "玩多久", "多长时间", "how long", "duration")),
    "nearby": Slot("set", "周边", "nearby", ("周边", "附近", "靠近", "旁边", "nearby", "near", "close to", "next to")),
}
"""Slots that constraints may use. Other attributes (phone, address, hours ...) are told but not constrained."""


@CACHES.keep(65_536)
def fold(text: str) -> str:
    """Text for comparison: NFKC, case folded, without spaces or punctuation."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text).casefold())


def status(item: Item, constraint: Constraint) -> int:
    """MET, MISSED, or UNKNOWN where the item does not carry the attribute, or no attribute decides."""
    if constraint.op == "told":
        return UNKNOWN
    have: object = item.name if constraint.slot == "name" else item.attributes.get(constraint.slot)
    if have is None or have == "":
        return UNKNOWN
    want, op = constraint.value, constraint.op
    if op in ("ge", "le", "between"):
        if not isinstance(have, (int, float)):
            return UNKNOWN
        if isinstance(want, tuple):
            return int(want[0] <= have <= want[1])
        bound = float(want)
        return int(have >= bound if op == "ge" else have <= bound)
    folded = fold(str(want))
    if op == "has":
        members = have if isinstance(have, (tuple, list)) else (str(have),)
        return int(any(folded == fold(str(m)) for m in members))
    return int(folded == fold(str(have)))


def statuses(item: Item, need: Need) -> list[int]:
    """(M,) status of an item against each constraint of a need; by the need's label where that is all that is known of it."""
    if need.meets:
        return [MET if item.id in need.meets else MISSED] * len(need.constraints)
    return [status(item, c) for c in need.constraints]


def asked_slots(question: str) -> tuple[str, ...]:
    """The slots that a question is about, by the cues of either language; empty when none is recognised."""
    text = unicodedata.normalize("NFKC", question).casefold()
    return tuple(name for name, slot in SLOTS.items() if any(cue in text for cue in slot.cues))
