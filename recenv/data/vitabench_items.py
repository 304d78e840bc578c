"""Shops and products of VitaBench tasks as items, with every field that their records hold, and the category each is of.

A shop's products are items of their own and no part of its record: right shops have more of them, so their number would tell
which shop is right. For the same reason ids are hashes: those of the files count the right shops first.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from recenv import rng
from recenv.data.render import value_text
from recenv.data.vitabench_tasks import Product, Shop
from recenv.records import Item, Value

_SLOTS = {"score": "rating", "location": "address", "business_hours": "hours", "opening_hours": "hours", "ticket_price": "price",
          "category": "subcategory", "attributes": "options", "quantity": "stock"}
"""Field -> slot, where they differ."""

_IN_NAME = ("name", "shop_name", "store_name", "hotel_name", "attraction_name")
_OF_MEMBER = {"hotels": "accommodation", "attractions": "tourism", "flights": "tourism", "trains": "tourism"}
"""Environment member -> category, where the member says it."""

_WORDS: dict[str, str] = {
    "healthcare": r"医院|诊所|口腔|牙科|洗牙|体检|药房|药店|感冒药|中医馆|hospital|clinic|dental|dentist|teeth|pharmac\w*"
                  r"|medicine|medical|check-?up",
    "accommodation": r"酒店|宾馆|民宿|客栈|旅馆|hotel|homestay|hostel|guesthouse|resort",
    "tourism": r"景区|景点|门票|博物馆|动物园|植物园|水族馆|海洋馆|乐园|游乐|旅行社|scenic|attraction|museum|zoo|aquarium"
               r"|amusement|theme park|sightseeing|admission",
    "shopping": r"超市|便利店|鲜花|花店|花束|水果店|文具|数码|服装|百货|母婴|零售|商城|supermarket|convenience store|florist"
                r"|bouquet|flower shop|fruit shop|stationery|clothing|toy store|bookstore",
    "lifestyle": r"健身|瑜伽|游泳|按摩|足疗|养生|推拿|spa|ktv|桌游|密室|剧本杀|美容|美发|美甲|宠物|猫咖|洗车|保洁|摄影|影院|台球"
                 r"|培训|舞蹈|陶艺|花艺|球馆|gym|fitness|yoga|swimming|massage|foot therapy|wellness|karaoke|escape room|script"
                 r"|board game|salon|barber|hair\w*|manicure|nail|pet|cat caf\w+|car wash|cleaning|photo\w*|cinema|movie"
                 r"|billiard|training|class|course|dance|pottery|flower arrangement|club|studio|diy",
    "dining": r"餐|饭|菜|面|粥|粉|饺|锅|烧烤|烤|小吃|甜品|蛋糕|奶茶|咖啡|饮品|汤|虾|鱼|鸡|肉|寿司|披萨|汉堡|restaurant|meal|food"
              r"|cuisine|dish\w*|noodle\w*|rice|porridge|soup|dumpling\w*|hot ?pot|barbecue|bbq|grill\w*|snack\w*|dessert\w*"
              r"|cake\w*|tea|coffee|caf\w+|drink\w*|chicken|beef|pork|fish|shrimp|sushi|pizza|burger\w*|bak\w+|kitchen|dining",
}
_CATEGORY = {name: re.compile(rf"(?<![a-z])(?:{words})(?![a-z])") for name, words in _WORDS.items()}
_NAME, _OWN, _SOLD = 4, 2, 1  # what a word counts: in the name, in the other fields, in the products' names


def shop_id(shop: Shop, locale: str) -> str:
    """The id of a shop's item; languages have their own."""
    return f"vitabench/{locale}/{rng.word(shop.id):016x}"


def product_id(shop: Shop, product: Product, locale: str) -> str:
    """The id of a product's item; a product of two shops is two items."""
    return f"vitabench/{locale}/{rng.word(f'{shop.id}/{product.id}'):016x}"


def shop_item(shop: Shop, locale: str) -> Item:
    """A shop as an item: all its fields, without its products."""
    return Item(id=shop_id(shop, locale), category=category(shop), name=shop.name, locale=locale,
                attributes=attributes(shop.fields, shop.name, locale))


def product_item(shop: Shop, product: Product, locale: str) -> Item:
    """A product as an item: its fields, and the shop's name, rating, features and place, which decide as much."""
    own, of = attributes(product.fields, product.name, locale), attributes(shop.fields, shop.name, locale)
    shops: dict[str, Value] = {slot: of[slot] for slot in ("rating", "address", "longitude", "latitude", "hours") if slot in of}
    features: dict[str, Value] = {"shop_tags": of["tags"]} if "tags" in of else {}
    return Item(id=product_id(shop, product, locale), category=category(shop), name=product.name, locale=locale,
                attributes={**shops, **features, **own, "shop": shop.name})


def product_text(product: Product, locale: str) -> str:
    """A product in brief, as it stands in its shop's record: name, price, features, options."""
    have = attributes(product.fields, product.name, locale)
    told = [value_text(slot, have[slot], locale) for slot in ("price", "tags", "options") if slot in have]
    return product.name + (f"（{'，'.join(told)}）" if locale == "zh" else f" ({'; '.join(told)})") if told else product.name


def category(shop: Shop) -> str:
    """One of ``records.CATEGORIES``: as its kind says, else by the words of its name, fields and products."""
    if shop.kind in _OF_MEMBER:
        return _OF_MEMBER[shop.kind]
    filed = str(shop.fields.get("category", "")).casefold()
    fields = " ".join([filed, *_texts(shop.fields.get("tags"))]).casefold()
    sold = " ".join(p.name for p in shop.products).casefold()
    votes = {name: _NAME * len(pattern.findall(shop.name.casefold())) + _OWN * len(pattern.findall(fields))
             + _SOLD * len(pattern.findall(sold)) for name, pattern in _CATEGORY.items()}
    if "other" in filed or "其他" in filed:  # of in-store services: those that are no meals
        votes["dining"] = 0
    best = max(votes, key=votes.__getitem__)
    return best if votes[best] else "lifestyle" if shop.kind == "shops" else "dining"


def attributes(fields: Mapping[str, Any], name: str, locale: str) -> dict[str, Value]:
    """Fields by our slots: numbers, texts and sets of texts; ids, empty values and repeated names are left out."""
    out: dict[str, Value] = {}
    for key, value in fields.items():
        if key.endswith("_id") or key in _IN_NAME or value in (None, "", [], {}) or value == name:
            continue
        slot = _SLOTS.get(key, key)
        if isinstance(value, Mapping):
            out |= _place(slot.removesuffix("_location"), value)
        elif isinstance(value, bool):
            out[slot] = ("是" if value else "否") if locale == "zh" else "yes" if value else "no"
        elif isinstance(value, (int, float)):
            out[slot] = float(value)
        elif isinstance(value, list):
            out[slot] = tuple(_texts(value))
        else:
            out[slot] = str(value)
    return out


def _place(slot: str, value: Mapping[str, Any]) -> dict[str, Value]:
    """An address; of a shop's own also where it lies. Other mappings as text."""
    if not value.get("address"):
        return {slot: ", ".join(f"{k}: {v}" for k, v in value.items())}
    out: dict[str, Value] = {slot: str(value["address"])}
    if slot == "address":
        out |= {k: float(value[k]) for k in ("longitude", "latitude") if isinstance(value.get(k), (int, float))}
    return out


def _texts(value: object) -> list[str]:
    return [str(v) for v in value if v not in (None, "")] if isinstance(value, list) else []
