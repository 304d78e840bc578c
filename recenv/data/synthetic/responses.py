"""Assistant answers in many phrasings, and what may be wrong with them.

An answer only repeats what its items say. A wrong answer is a right one about altered copies of the items, so that
right and wrong ones share every phrasing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from recenv.data.render import plain_response
from recenv.data.synthetic.catalogue import Pool, tidy_price
from recenv.data.synthetic.draws import Draws
from recenv.records import Item, Value

PLAIN_SLOTS = ("rating", "price", "area")
_SLOT_SETS: tuple[tuple[str, ...], ...] = (
    PLAIN_SLOTS, ("price", "rating"), ("area", "tags"), ("rating", "tags", "price"), ("subcategory", "area", "price"),
    ("dishes", "rating"), ("area", "price", "dishes"), ("rating", "area"),
)
_SHAPES, _OPENINGS, _CLOSINGS, _WORDINGS = 6, 5, 5, 3
N_STYLES = 1 + _SHAPES * len(_SLOT_SETS) * _OPENINGS * _CLOSINGS * _WORDINGS
"""Styles of ``compose_response`` are 0 (plain) to N_STYLES - 1."""

_OPEN = {
    "zh": ("", "您好，根据您的需求，推荐如下：", "为您找到以下选择：", "可以看看这几家：", "好的！下面是我的推荐："),
    "en": ("", "Hello, here is what I found for you: ", "These match your request: ", "You could have a look at: ",
           "Sure! My suggestions: "),
}
_CLOSE = {
    "zh": ("", "希望对您有帮助。", "需要我再帮您看看别的吗？", "祝您愉快！", "您更喜欢哪一家？"),
    "en": ("", " Hope this helps.", " Shall I look for anything else?", " Enjoy!", " Which one do you prefer?"),
}
_SAID: dict[str, dict[str, tuple[str, str, str]]] = {
    "zh": {
        "rating": ("评分{v}分", "口碑{v}分", "用户打分{v}分"), "price": ("价格{v}元", "花费{v}元", "消费在{v}元"),
        "area": ("位于{v}", "在{v}", "地处{v}"), "tags": ("特色是{v}", "提供{v}", "服务有{v}"),
        "dishes": ("招牌菜有{v}", "推荐菜{v}", "可以吃到{v}"), "subcategory": ("属于{v}", "主营{v}", "类型是{v}"),
    },
    "en": {
        "rating": ("rated {v} stars", "rating {v}", "scored {v} by visitors"),
        "price": ("price {v} yuan", "costing {v} yuan", "at {v} yuan"),
        "area": ("in {v}", "located in {v}", "{v} district"), "tags": ("offering {v}", "known for {v}", "features: {v}"),
        "dishes": ("serving {v}", "try the {v}", "dishes include {v}"),
        "subcategory": ("type: {v}", "category {v}", "a {v} place"),
    },
}
_ORDINAL = {
    "zh": ("首先是", "其次是", "再次是", "另外还有", "最后是"),
    "en": ("First, ", "Second, ", "Third, ", "Also, ", "Finally, "),
}


class Manner(NamedTuple):
    """How an answer is put: shape of the list, slots told, opening, closing and wording by index."""

    shape: int = 0
    slots: tuple[str, ...] = PLAIN_SLOTS
    opening: int = 0
    closing: int = 0
    wording: int = 0


def manner(style: int) -> Manner | None:
    """The manner of a style; None for style 0, the plain template."""
    if style == 0:
        return None
    rest, wording = divmod((style - 1) % (N_STYLES - 1), _WORDINGS)
    rest, closing = divmod(rest, _CLOSINGS)
    rest, opening = divmod(rest, _OPENINGS)
    slots, shape = divmod(rest, _SHAPES)
    return Manner(shape, _SLOT_SETS[slots], opening, closing, wording)


def stated_slots(style: int) -> tuple[str, ...]:
    """The slots that a style tells of each item, where the item has them."""
    put = manner(style)
    return PLAIN_SLOTS if put is None else put.slots


def compose_response(items: Sequence[Item], locale: str, *, style: int) -> str:
    """An answer that recommends the items in order. style: 0 plain (``render.plain_response``), else up to N_STYLES - 1."""
    put = manner(style)
    return plain_response(items, locale) if put is None else put_in_words(items, locale, put)


def put_in_words(items: Sequence[Item], locale: str, put: Manner) -> str:
    """An answer in a given manner."""
    zh = locale == "zh"
    comma, stop = ("，", "。") if zh else (", ", ". ")
    told = [(item.name, _clauses(item, locale, put)) for item in items]
    if put.shape == 0:
        entries = [f"{n}. {name}" + (("：" if zh else ": ") + comma.join(t) if t else "") for n, (name, t) in enumerate(told, 1)]
        body = ("；" if zh else "; ").join(entries) + stop
    elif put.shape == 1:
        body = "".join(f"\n- {name}" + _bracketed(comma.join(t), zh) for name, t in told) + "\n"
    elif put.shape == 2:
        body = "".join(comma.join([name, *t]) + stop for name, t in told)
    elif put.shape == 3:
        body = "".join(_ORDINAL[locale][min(n, 4)] + comma.join([name, *t]) + stop for n, (name, t) in enumerate(told))
    elif put.shape == 4 and zh:
        body = "".join("；".join(t) + ("的" if t else "") + f"{name}值得一去。" for name, t in told)
    elif put.shape == 4:
        body = "".join(f"{name} is worth a visit" + _bracketed("; ".join(t), zh) + stop for name, t in told)
    else:
        body = "".join(f"\n**{name}**" + "".join(f" | {clause}" for clause in t) for name, t in told) + "\n"
    return (_OPEN[locale][put.opening] + body.rstrip(" ") + _CLOSE[locale][put.closing]).strip()


def _bracketed(text: str, zh: bool) -> str:
    return "" if not text else f"（{text}）" if zh else f" ({text})"


def _clauses(item: Item, locale: str, put: Manner) -> list[str]:
    """What is told of one item, slot by slot; of sets the first two members."""
    out = []
    for slot in put.slots:
        value = item.attributes.get(slot)
        if value in (None, "", ()):
            continue
        if isinstance(value, tuple):
            said = ("和" if locale == "zh" else " and ").join(value[:2])
        else:
            said = f"{value:g}" if isinstance(value, float) else str(value)
        out.append(_SAID[locale][slot][put.wording].format(v=said))
    return out


def corrupted(
    draws: Draws, shown: Sequence[Item], evidence: Sequence[Item], pool: Pool, slots: Sequence[str]
) -> list[Item] | None:
    """Copies of the shown items with one claim made wrong, or one item from outside the evidence; None if nothing can be.

    Numbers move a little, a lot, or to a neighbour's value; texts and set members are swapped with a neighbour's or
    taken from the category. The wrong claim is always one that the given slots state.
    """
    items = list(shown)
    for _ in range(8):
        at = draws.integer(0, len(items) - 1)
        if draws.chance(0.15):
            known = {item.id for item in evidence}
            stranger = pool.items[draws.integer(0, len(pool.items) - 1)]
            if stranger.id not in known:
                items[at] = stranger
                return items
            continue
        slot = draws.pick(slots)
        have = items[at].attributes.get(slot)
        if have in (None, "", ()):
            continue
        wrong = _wrong(draws, slot, items[at], evidence, pool)
        if wrong is not None:
            items[at] = msgspec.structs.replace(items[at], attributes={**items[at].attributes, slot: wrong})
            return items
    return None


def _wrong(draws: Draws, slot: str, item: Item, evidence: Sequence[Item], pool: Pool) -> Value | None:
    """A value of the slot that the item does not have."""
    have = item.attributes[slot]
    others = [e for e in evidence if e.id != item.id]
    source = draws.pick(others) if others and draws.chance(0.5) else draws.pick(pool.items)
    value = source.attributes.get(slot)
    if isinstance(have, tuple):
        terms = value if isinstance(value, tuple) else ()
        new = [t for t in terms if t not in have]
        return (draws.pick(new), *have[1:]) if new else None
    if isinstance(have, float):
        if draws.chance(0.5) or not isinstance(value, float):
            value = _moved(draws, slot, have)
        return None if value == have else value
    return None if value == have or value is None else value


def _moved(draws: Draws, slot: str, have: float) -> float:
    """A number near the true one: a rating 0.1 to 0.9 away, a price 5 to 80 % away."""
    if slot == "rating":
        shift = draws.integer(1, 9) / 10
        return round(have - shift if have + shift > 5.0 or draws.chance(0.4) else have + shift, 1)
    factor = 1.0 + draws.uniform(0.05, 0.8)
    return tidy_price(have / factor if draws.chance(0.5) else have * factor)
