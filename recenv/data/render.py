"""Records as text: the one rendering that agents, scorers and reports share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from recenv.data import CACHES
from recenv.data.constraints import SLOTS
from recenv.records import Item, User, Value

_LABELS = {
    "address": ("地址", "address"), "phone": ("电话", "phone"), "hours": ("营业时间", "hours"), "subway": ("地铁", "subway"),
    "city": ("城市", "city"), "age": ("年龄", "age"), "budget": ("预算", "budget"), "household": ("家庭", "household"),
    "occupation": ("职业", "occupation"), "likes": ("喜好", "likes"), "time": ("时间", "time"),
    "weather": ("天气", "weather"), "day": ("日期", "day"), "gender": ("性别", "gender"),
    "shop": ("商家", "shop"), "shop_tags": ("商家特色", "shop features"), "products": ("商品", "products"),
    "options": ("规格", "options"), "stock": ("库存", "in stock"), "temper": ("性格", "temper"), "diet": ("忌口", "diet"),
    "home": ("家庭住址", "home"), "work": ("工作地址", "work"), "position": ("所在地", "position"), "habits": ("习惯", "habits"),
}
_CATEGORY = {
    "dining": "餐饮", "lifestyle": "生活服务", "shopping": "购物", "accommodation": "住宿",
    "healthcare": "医疗健康", "tourism": "旅游",
}
_UNTOLD = ("phone", "address", "hours", "subway", "longitude", "latitude")  # of no use to a scorer, and long
_MAX_MEMBERS = 40
_MAX_NEARBY = 12  # lists of neighbours are long and rarely asked for in full


def label(slot: str, locale: str) -> str:
    """A slot's name in a language; the slot itself where it has none."""
    if slot in SLOTS:
        return SLOTS[slot].zh if locale == "zh" else SLOTS[slot].en
    pair = _LABELS.get(slot)
    return slot if pair is None else pair[0 if locale == "zh" else 1]


def category_name(category: str, locale: str) -> str:
    return _CATEGORY.get(category, category) if locale == "zh" else category


def value_text(slot: str, value: Value, locale: str) -> str:
    """A value with its unit: 4.5分, 58 yuan; sets are joined and cut at forty members, neighbours at twelve."""
    if isinstance(value, (tuple, list)):
        most = _MAX_NEARBY if slot == "nearby" else _MAX_MEMBERS
        return ("、" if locale == "zh" else ", ").join(str(v) for v in value[:most])
    if isinstance(value, (int, float)):
        unit = "" if slot not in SLOTS else SLOTS[slot].unit_zh if locale == "zh" else SLOTS[slot].unit_en
        return f"{value:g}{unit}" if locale == "zh" or not unit else f"{value:g} {unit}"
    return str(value)


def item_text(item: Item) -> str:
    """An item for a scorer: name; category; slots, in one fixed order."""
    pairs = [item.name, category_name(item.category, item.locale)]
    pairs += [f"{name}: {value_text(slot, item.attributes[slot], item.locale)}"
              for slot, name in _told(tuple(item.attributes), item.locale)]
    return ("；" if item.locale == "zh" else "; ").join(pairs)


@CACHES.keep(4_096)
def _told(slots: tuple[str, ...], locale: str) -> tuple[tuple[str, str], ...]:
    """What is told of an item that has these slots, in order, each with its name: most items have what others have."""
    order = sorted(slots, key=lambda s: (s == "nearby", s not in SLOTS, s))
    return tuple((slot, label(slot, locale)) for slot in order if slot not in _UNTOLD)


def mapping_text(fields: Mapping[str, str], locale: str) -> str:
    """A profile or a context as ``label: value`` pairs."""
    return ("；" if locale == "zh" else "; ").join(f"{label(k, locale)}: {v}" for k, v in fields.items())


def user_text(user: User) -> str:
    return mapping_text(user.profile, user.locale)


def evidence_text(items: Sequence[Item], text: Callable[[Item], str] = item_text) -> str:
    """What an answer about these items may be checked against: one record a line. text: of an item, for callers
    that keep them."""
    return "\n".join(map(text, items))


def plain_response(
    items: Sequence[Item], locale: str, slots: Sequence[str] = ("rating", "price", "area"), *,
    lines: bool = False, closing: bool = False, greeting: bool = False,
) -> str:
    """A recommendation in one plain sentence, as slate environments phrase it.

    Names each item in order with the given slots. Where a record lacks a number, the text says so; other slots that it
    lacks are left out, and areas go without their label. Empty for no items. lines: an item a line; closing: ends with a
    question; greeting: begins with one.
    """
    if not items:
        return ""
    zh = locale == "zh"
    entries = []
    for number, item in enumerate(items, 1):
        told = [text for slot in slots if (text := _said(slot, item.attributes.get(slot), locale))]
        detail = ("，" if zh else ", ").join(told)
        entries.append(f"{number}. {item.name}" + ((f"（{detail}）" if zh else f" ({detail})") if detail else ""))
    head, tail = ("为您推荐：", "您看可以吗？") if zh else ("I recommend: ", "Would that suit you?")
    if greeting:
        head = f"您好，{head}" if zh else f"Hello, {head}"
    if lines:
        return "\n".join([head.rstrip(), *entries, *([tail] if closing else [])])
    text = f"{head}{'；'.join(entries)}。" if zh else f"{head}{'; '.join(entries)}."
    return text if not closing else f"{text}{tail}" if zh else f"{text} {tail}"


def _said(slot: str, value: Value | None, locale: str) -> str:
    if value is None or value in ("", ()):
        number = slot in SLOTS and SLOTS[slot].kind == "number"
        return "" if not number else f"暂无{label(slot, locale)}" if locale == "zh" else f"no {label(slot, locale)} on record"
    text = value_text(slot, value, locale)
    return text if slot == "area" else f"{label(slot, locale)}{text}" if locale == "zh" else f"{label(slot, locale)} {text}"
