"""Raw values as records: items, users, texts and labels in whatever form a row has them."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from recenv.data import CACHES
from recenv.data.constraints import SLOTS, fold
from recenv.data.detect import LABEL_KEYS
from recenv.data.fieldmap import Source
from recenv.data.listing import LONGEST, read_entry
from recenv.data.sound import RANGES, in_range
from recenv.errors import RowError
from recenv.records import CATEGORIES, Item, User, Value

_CATEGORY_WORDS = {
    "dining": "餐饮 美食 餐厅 餐馆 外卖 饮品 咖啡 火锅 小吃 食品 dining food restaurant restaurants cafe catering",
    "lifestyle": "生活服务 生活 休闲娱乐 娱乐 丽人 美容 美发 健身 运动健身 亲子 家政 宠物 "
                 "lifestyle life entertainment leisure beauty services",
    "shopping": "购物 商场 零售 超市 便利店 商店 服饰 shopping retail mall supermarket store",
    "accommodation": "住宿 酒店 宾馆 民宿 旅馆 accommodation hotel hotels lodging hostel",
    "healthcare": "医疗健康 医疗 健康 医院 药店 诊所 口腔 体检 healthcare health medical hospital clinic pharmacy",
    "tourism": "旅游 景点 景区 旅行 门票 周边游 tourism travel attraction attractions sightseeing",
}
_CATEGORY = {fold(word): category for category, words in _CATEGORY_WORDS.items() for word in words.split()}
_SLOT_WORDS = {
    "rating": "评分 星级评分 stars avg_score shop_score",
    "price": "人均 人均消费 人均价格 价格 均价 avg_price average_price price_avg",
    "distance": "距离 distance_km",
    "area": "商圈 区域 行政区 district business_area region",
    "tags": "标签 特色 tag features",
    "subcategory": "子类 子类目 二级类目 类型 sub_category subcate",
    "dishes": "推荐菜 菜品 signature_dishes",
    "facilities": "设施 服务设施 amenities",
    "hotel_type": "酒店类型",
    "address": "地址 addr",
    "phone": "电话 tel telephone",
    "hours": "营业时间 business_hours opening_hours",
}
_SLOT = {fold(word): slot for slot, words in _SLOT_WORDS.items() for word in f"{words} {slot}".split()}
_IDS = ("id", "item_id", "poi_id", "shop_id", "product_id", "merchant_id", "sku_id", "doc_id")
_NAMES = ("name", "title", "poi_name", "shop_name", "item_name", "product_name", "merchant_name", "名称", "店名", "商户名")
_CATEGORIES = ("category", "cate", "category_name", "service_category", "类目", "品类", "类别")
_USER_IDS = ("id", "user_id", "uid", "userid")
_HISTORIES = ("history", "click_history", "behaviors", "behavior_history", "user_history", "past_items")
NUMBERED = 'ids that came as numbers (100, 100.0 and "100" are one id)'
_MOST_DIGITS = 100
_LONGEST_CATEGORY = 60
_EXACT = 1e16  # from here on a float has no fraction to write
_QUANTITY = re.compile(r"[¥￥$]?\s{0,8}(\d+(?:\.\d+)?)\s{0,8}(?:元|元/人|/人|分|星|公里|千米|km|yuan|stars?)?")
_METRES = re.compile(r"(?<![\d.])(\d+(?:\.\d+)?)\s{0,8}(?:米|m)")
_CJK = re.compile(r"[\u3400-\u9fff]")
ASSUMED = "category assumed to be lifestyle"
"""How the note begins that an item named no category."""
UNPARSED = "names that look like more than a name; cut them by a regex of the field map"
_LONGEST_NAME = 60
OWN = "category of its own"
"""How the note begins that an item's category is none of those that scorers know."""
READ = "items read from texts"
_MEMBERS = re.compile(r"[、,，;；/|]")


def text_of(value: Any, what: str) -> str:
    """A text: strings as they are, numbers written out, lists one member a line, mappings as ``key: value`` lines."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, list):
        return "\n".join(text_of(member, what) for member in value)
    if isinstance(value, dict):
        return "\n".join(f"{key}: {text_of(inner, what)}" for key, inner in value.items())
    raise RowError(f"{what}: expected text, got {type(value).__name__}")


def stripped(value: Any, what: str) -> str:
    """A text without spaces around it, "" for none."""
    return value.strip() if isinstance(value, str) else "" if value is None else text_of(value, what).strip()


def id_of(value: Any, assumed: list[str]) -> str:
    """An id as text, "" where there is none. One that is a number is its digits, so that 100, 100.0 and "100" are one id: a table
    with a gap in a column of whole numbers is written with fractions."""
    if isinstance(value, str):  # as most are
        told = value.strip()
        return told if told.isascii() else unicodedata.normalize("NFC", told)
    if _numeric(value):
        assumed.append(NUMBERED)
        if isinstance(value, int) and abs(value) > 10**_MOST_DIGITS:
            raise RowError(f"id: a number of more than {_MOST_DIGITS} digits")
        whole = isinstance(value, float) and value.is_integer() and abs(value) < _EXACT
        return str(int(value) if whole else value)
    if isinstance(value, (bool, list, dict)):
        raise RowError(f"id: expected a text or a number, got {type(value).__name__}")
    return stripped(value, "id")


def _numeric(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def context_of(value: Any) -> dict[str, str]:
    """A context as label -> text; a bare text becomes the label ``context``."""
    if value is None:
        return {}
    if isinstance(value, dict):
        return {str(k): v if isinstance(v, str) else text_of(v, "context") for k, v in value.items() if v not in (None, "", [])}
    text = text_of(value, "context").strip()
    return {"context": text} if text else {}


def label_of(value: Any, source: Source, what: str = "label") -> float:
    """A label in [0, 1]: looked up in ``source.values``, or a number on the source's scale."""
    key = value.strip() if isinstance(value, str) else f"{value:g}" if source.values and isinstance(value, (int, float)) else ""
    found = source.values.get(key, source.values.get(key.casefold())) if source.values else None
    if found is not None:
        return _unit(found, what)
    if isinstance(value, str):
        try:
            value = float(key)
        except ValueError:
            raise RowError(f"{what}: no number and not among the values of the map: {value[:60]!r}") from None
    if not isinstance(value, (int, float)):
        raise RowError(f"{what}: expected a number in [0, 1], got {'nothing' if value is None else type(value).__name__}")
    if isinstance(value, int) and abs(value) > 10**15:
        raise RowError(f"{what}: a number of {len(hex(abs(value))) - 2} hexadecimal digits is outside of any scale")
    return _unit((float(value) - source.min) / (source.max - source.min), what)


def _unit(value: float, what: str) -> float:
    if not 0.0 <= value <= 1.0:
        raise RowError(f"{what}: {value:g} is outside [0, 1]")
    return value


def labels_of(value: Any, source: Source, items: tuple[Item, ...]) -> tuple[float, ...]:
    """One label an item, from a list, or from the places or ids of those that were taken."""
    if source.listing == "list":
        if not isinstance(value, list) or len(value) != len(items):
            found = f"{len(value)} of them" if isinstance(value, list) else type(value).__name__
            raise RowError(f"labels: expected a list of {len(items)} numbers, one an item; got {found}")
        return tuple(label_of(v, source, "labels") for v in value)
    named = value if isinstance(value, list) else re.findall(r"[^\s,，、;；]+", value) if isinstance(value, str) else [value]
    rows = [_place(n, source, items) for n in named if n is not None]
    return tuple(float(i in rows) for i in range(len(items)))


def _place(name: Any, source: Source, items: tuple[Item, ...]) -> int:
    told = id_of(name, [])
    if source.listing == "ids":
        digits = re.fullmatch(r"(?<!\d)(-?\d++)\.0++", told)  # a number in a text that lists ids
        wanted = (told, digits[1]) if digits else (told,)
        place = next((i for i, item in enumerate(items) if item.id in wanted), -1)
    else:
        digits = re.fullmatch(r"\D{0,3}(\d{1,6})\D?", told)
        place = int(digits[1]) - (source.listing == "index1") if digits else -1
    if not 0 <= place < len(items):
        raise RowError(f"labels: {str(name)[:40]!r} names none of the {len(items)} items (as {source.listing!r})")
    return place


def category_of(raw: Any) -> str | None:
    """Our category for a category's name, None where it is not known."""
    if not isinstance(raw, str):
        return None
    if raw in CATEGORIES:
        return raw
    parts = [raw, *re.split(r"[/>|,，、\-\s]+", raw)]
    return next((_CATEGORY[fold(p)] for p in parts if fold(p) in _CATEGORY), None)


ItemMaker = Callable[[Any, str, str | None, list[str]], Item]
"""What has the arguments and the value of ``item_of``."""


def item_of(raw: Any, locale: str, category: str | None, assumed: list[str]) -> Item:
    """An item from our own object, a foreign object, or a text (``listing``).

    category: that of the row, for items that name none. Notes for the report are appended to ``assumed``. Of a text
    what has a label or a unit becomes an attribute and the rest the attribute ``text``, so that nothing is lost.
    """
    if isinstance(raw, str):
        return _text_item(raw, locale, category, assumed)
    if not isinstance(raw, Mapping):
        raise RowError(f"item: expected an object or a text, got {'nothing' if raw is None else type(raw).__name__}")
    if {"id", "category", "name"} <= raw.keys() <= {"id", "category", "name", "locale", "attributes"} \
            and raw["category"] in CATEGORIES:
        try:
            return _plausible(msgspec.convert({**raw, "id": id_of(raw["id"], assumed)}, Item), assumed)
        except msgspec.ValidationError as error:
            raise RowError(f"item: {error}") from None
    known = dict(raw)
    id_, name, own = _take(known, _IDS), _take(known, _NAMES), _take(known, _CATEGORIES)
    if name is None or not str(name).strip():
        raise RowError(f"item: no name among the keys {', '.join(map(str, raw))}")
    told = id_of(id_, assumed)
    if not told:
        assumed.append("item ids made from a hash of the item")
    attributes = dict(_attributes(known))
    return _plausible(Item(
        id=told or f"item/{_hash(raw)}", category=_category(own, category, assumed),
        name=str(name).strip(), locale=locale, attributes=attributes,
    ), assumed)


def _plausible(item: Item, assumed: list[str]) -> Item:
    """An item without numbers that cannot be what their slots say; raises RowError where it has no name."""
    if not item.name.strip():
        raise RowError(f"item {item.id!r}: the name is empty")
    odd = [slot for slot in RANGES if slot in item.attributes and not in_range(slot, item.attributes[slot])]
    if not odd:
        return item
    assumed += [f"{slot} outside of {RANGES[slot][0]:g} to {RANGES[slot][1]:g}, left out" for slot in odd]
    return msgspec.structs.replace(item, attributes={s: v for s, v in item.attributes.items() if s not in odd})


def _text_item(raw: str, locale: str, category: str | None, assumed: list[str]) -> Item:
    text = raw.strip()
    if not text:
        raise RowError("item: the text is empty")
    assumed.append("item ids made from a hash of the item")
    entry = read_entry(text)
    assumed.append(READ)
    if entry.unparsed:
        assumed.append(UNPARSED)
    name = entry.name[:_LONGEST_NAME].strip() or text[:_LONGEST_NAME].strip()
    told = {**entry.told, **({"text": text} if len(text) > LONGEST or len(entry.name) > _LONGEST_NAME else {})}
    own = _take(told, _CATEGORIES)
    return _plausible(Item(id=f"item/{_hash(text)}", category=_category(own, category, assumed), name=name, locale=locale,
                           attributes=dict(_attributes(told))), assumed)


def _category(own: Any, row: str | None, assumed: list[str]) -> str:
    found = category_of(own) or row
    if found is None and (found := own_category(own)) is not None:
        assumed.append(f"{OWN}: {found[:30]}")
    if found is None:
        assumed.append(f"{ASSUMED} ({str(own)[:30] if own else 'none given'})")
    return found or "lifestyle"


def own_category(raw: Any) -> str | None:
    """A category's name that is none of ours, as it stands; None for what names none, such as a number."""
    name = raw.strip() if isinstance(raw, str) else ""
    return name if name and len(name) <= _LONGEST_CATEGORY and any(c.isalpha() for c in name) else None


def _attributes(raw: Mapping[str, Any]) -> Iterator[tuple[str, Value]]:
    for key, value in _flat(raw):
        slot = _slot(key)
        if slot is not None:
            made = _value(slot, value)
            if made is not None:
                yield slot, made


@CACHES.keep(4096)
def _slot(key: str) -> str | None:
    """The attribute that a key is, None for a label."""
    return None if fold(key) in LABEL_KEYS or key in LABEL_KEYS else _SLOT.get(fold(key.rpartition(".")[2]), key)


def _flat(raw: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """Members of an object and of those in it, three deep, by their keys joined by dots."""
    found: list[tuple[str, Any]] = []
    for key, value in raw.items():
        if isinstance(value, dict) and prefix.count(".") < 3:
            found += _flat(value, "" if key == "attributes" else f"{prefix}{key}.")
        else:
            found.append((prefix + key, value))
    return found


def _value(slot: str, value: Any) -> Value | None:
    if isinstance(value, str):
        kind = SLOTS[slot].kind if value and slot in SLOTS else ""
        if kind == "number":
            return _number(slot, value.strip())
        if kind == "set":
            return tuple(part.strip() for part in _MEMBERS.split(value) if part.strip())
        return value or None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return float(value)
    return tuple(text_of(v, slot) for v in value) if isinstance(value, list) and value else None


def _number(slot: str, text: str) -> Value:
    found, metres = _QUANTITY.fullmatch(text), _METRES.fullmatch(text)
    if slot == "distance" and metres:
        return float(metres[1]) / 1000
    return float(found[1]) if found else text


def user_of(
    raw: Any, history: Any, locale: str, id_: str, assumed: list[str], make: ItemMaker
) -> tuple[User, tuple[Item, ...]]:
    """A user, and the past items that came as objects. id_: the row's user id, "" for none. make: ``item_of`` or what
    remembers its items."""
    if isinstance(raw, Mapping) and _is_written(raw):
        try:
            return msgspec.convert(_written(raw, assumed), User), ()
        except msgspec.ValidationError as error:
            raise RowError(f"user: {error}") from None
    profile: dict[str, str] = {}
    if isinstance(raw, Mapping):
        known = dict(raw)
        own = _take(known, _USER_IDS)
        id_ = id_ or id_of(own, assumed)
        locale = stated_locale(known.pop("locale", None)) or locale
        inner = _take(known, _HISTORIES)
        history = inner if history is None else history
        profile = {key: text_of(value, "user") for key, value in _flat(known) if value not in (None, "", [])}
        profile = {key.removeprefix("profile."): value for key, value in profile.items()}
    elif text := text_of(raw, "user").strip():
        profile = {"profile": text}
    past, told = _past(history, locale, make)
    if told:
        profile["history"] = told
    if not id_ and profile:
        assumed.append("user ids made from a hash of the profile")
        id_ = f"user/{_hash(profile)}"
    return User(id=id_, locale=locale, profile=profile, history=tuple(item.id for item in past)), past


def _is_written(raw: Mapping[str, Any]) -> bool:
    """Whether an object has the fields of a user, and his past by ids alone."""
    past = raw.get("history")
    return (
        raw.keys() <= {"id", "locale", "profile", "history"} and "id" in raw and "profile" in raw
        and not (isinstance(past, list) and any(isinstance(entry, dict) for entry in past)))


def _written(raw: Mapping[str, Any], assumed: list[str]) -> dict[str, Any]:
    """A user's object with ids in their one form, and what is told of him as texts."""
    out = {key: value for key, value in raw.items() if value is not None}
    out["id"] = id_of(raw["id"], assumed)
    told = {"profile": raw["profile"]} if isinstance(raw["profile"], str) else raw["profile"]
    if isinstance(told, dict):
        out["profile"] = {key: text_of(value, f"user.profile.{key}") for key, value in _flat(told) if value not in (None, [])}
    if isinstance(past := out.get("history"), list):
        out["history"] = [id_of(i, assumed) for i in past]
    return out


def _past(history: Any, locale: str, make: ItemMaker) -> tuple[tuple[Item, ...], str]:
    """Past items that are objects with a name, and the rest of the history as text."""
    if not isinstance(history, list):
        return (), text_of(history, "history").strip()
    objects, rest = list[Any](), list[Any]()
    for entry in history:
        named = isinstance(entry, Mapping) and any(k in entry for k in _NAMES)
        (objects if named else rest).append(entry)
    return tuple(make(entry, locale, None, []) for entry in objects), "; ".join(text_of(entry, "history") for entry in rest)


def stated_locale(raw: Any) -> str:
    """zh or en as a row states it, "" where it does not."""
    stated = str(raw or "").casefold()[:2]
    return stated if stated in ("zh", "en") else ""


def locale_of(texts: Sequence[str]) -> str:
    """zh where any of the texts has Chinese characters near its beginning, otherwise en."""
    return "zh" if any(_CJK.search(text[:2000]) for text in texts) else "en"


def _take(raw: dict[str, Any], names: tuple[str, ...]) -> Any:
    """Remove and return the value of the first name that is there."""
    for name in names:
        if raw.get(name) not in (None, ""):
            return raw.pop(name)
    return None


def _hash(raw: Any) -> str:
    return hashlib.blake2b(msgspec.json.encode(raw, order="deterministic"), digest_size=8).hexdigest()
