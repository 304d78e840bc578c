"""The items of a synthetic world.

    quality_i ~ N(0, 1)
    rating_i  = clip(4.2 + 0.35 quality_i + 0.15 e, 3.0, 5.0)
    price_i   = median(subcategory) * exp(0.40 e + 0.10 quality_i)
    area_i    ~ the districts' weights;  tags_i: 3 to 6 of the category's terms;  dishes_i: 2 to 4 of the subcategory's
    draw_i    = exp(0.5 quality_i + 0.6 e), how often the item comes up (popularity)
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recenv.data.render import item_text
from recenv.data.synthetic.draws import Draws
from recenv.data.synthetic.geography import DISTRICTS
from recenv.data.synthetic.service_terms import TAGS
from recenv.data.synthetic.spec import SynthSpec
from recenv.data.synthetic.taxonomy import SUBCATEGORIES
from recenv.data.synthetic.utility import Traits, traits
from recenv.records import CATEGORIES, LOCALES, Item, Value

_BRANDS_ZH = (
    "老胡同", "云间", "半亩", "巷子里", "福满", "聚德", "同和", "御景", "小满", "知味", "青禾", "鼎泰", "麦田", "悦来",
    "四季", "北平", "拾光", "南山", "清风", "锦程", "万家", "橙子", "朝露", "京华", "听雨", "花间", "长乐", "星河",
    "木子", "百草",
)
_BRANDS_EN = (
    "Lantern", "Courtyard", "Jade", "Golden Gate", "Willow", "Red Door", "Maple", "Silver Bridge", "Panda", "Harmony",
    "Old Hutong", "Drum Tower", "Bamboo", "Lotus", "Morning", "North Star", "Orchid", "Peach Garden", "Blue Roof",
    "Sunny",
)
_HOURS = ("09:00-21:00", "10:00-22:00", "08:30-20:30", "11:00-23:00", "07:00-19:00")


class Pool(NamedTuple):
    """The items of one locale and category as arrays over its I items, for drawing and for testing constraints.

    texts: the items as ``render.item_text``.  quality, draw: (I,).
    tags, dishes: (I, terms) membership, columns as in ``tag_names`` and ``dish_names``.
    """

    items: tuple[Item, ...]
    texts: tuple[str, ...]
    traits: tuple[Traits, ...]
    rating: NDArray[np.float64]
    price: NDArray[np.float64]
    area: NDArray[np.int64]
    subcategory: NDArray[np.int64]
    quality: NDArray[np.float64]
    draw: NDArray[np.float64]
    tags: NDArray[np.bool_]
    dishes: NDArray[np.bool_]
    tag_names: tuple[str, ...]
    dish_names: tuple[str, ...]


Catalogue = dict[tuple[str, str], Pool]
"""(locale, category) -> pool."""


class Surface(NamedTuple):
    """Names made by Faker from an explicit seed: brands, streets."""

    brands: tuple[str, ...]
    streets: tuple[str, ...]


def surface(locale: str, seed: int) -> Surface:
    """Brand and street names of a locale. Nothing but the wording of names and addresses depends on Faker."""
    from faker import Faker  # only needed to generate, not to play

    fake = Faker("zh_CN" if locale == "zh" else "en_US")
    fake.seed_instance(seed)
    if locale == "zh":
        families = [fake.last_name() for _ in range(80)]
        brands = [f"{name}{'记' if n % 2 else '家'}" for n, name in enumerate(families)]
        brands += [name for name in (fake.company_prefix() for _ in range(120)) if len(name) <= 3]
        return Surface((*_BRANDS_ZH, *dict.fromkeys(brands)), tuple(fake.street_name() for _ in range(120)))
    families = [fake.last_name() for _ in range(120)]
    brands = [f"{name}'s" if n % 2 else f"{name} & {families[n - 1]}" for n, name in enumerate(families)]
    return Surface((*_BRANDS_EN, *dict.fromkeys(brands)), tuple(fake.street_name() for _ in range(120)))


def build_catalogue(spec: SynthSpec, seed: int) -> Catalogue:
    """All pools with a positive share, each of at least twice the candidate list's length."""
    catalogue: Catalogue = {}
    languages, kinds = sum(spec.locales.values()), sum(spec.categories.values())
    for locale in LOCALES:
        if not spec.locales.get(locale):
            continue
        names = surface(locale, seed)
        taken: set[str] = set()
        for category in CATEGORIES:
            if share := spec.categories.get(category):
                wanted = spec.n_items * spec.locales[locale] / languages * share / kinds
                size = max(2 * spec.candidates, round(wanted))
                catalogue[locale, category] = _pool(locale, category, size, seed, names, taken)
    return catalogue


def _pool(locale: str, category: str, size: int, seed: int, names: Surface, taken: set[str]) -> Pool:
    subs, terms = SUBCATEGORIES[category], TAGS[category]
    dish_names = tuple(dict.fromkeys(d[0 if locale == "zh" else 1] for s in subs for d in s.dishes))
    tag_names = tuple(t.name(locale) for t in terms)
    items: list[Item] = []
    rows: list[tuple[float, float, int, int, float, float]] = []
    for i in range(size):
        draws = Draws(seed, f"item/{locale}/{category}", i)
        sub = i % len(subs)
        kind = subs[sub]
        quality = draws.normal()
        rating = round(min(5.0, max(3.0, 4.2 + 0.35 * quality + 0.15 * draws.normal())), 1)
        price = tidy_price(kind.price * math.exp(0.40 * draws.normal() + 0.10 * quality))
        area = draws.weighted(range(len(DISTRICTS)), [d.weight for d in DISTRICTS])
        attributes: dict[str, Value] = {
            "subcategory": kind.name(locale), "rating": rating, "price": price,
            "area": DISTRICTS[area].zh if locale == "zh" else DISTRICTS[area].en,
            "tags": tuple(t.name(locale) for t in draws.sample(terms, draws.integer(3, 6))),
        }
        if kind.dishes:
            attributes["dishes"] = tuple(d[0 if locale == "zh" else 1] for d in draws.sample(kind.dishes, draws.integer(2, 4)))
        street, number = draws.pick(names.streets), draws.integer(1, 199)
        attributes["address"] = f"{attributes['area']}{street}{number}号" if locale == "zh" else f"{number} {street}"
        attributes["hours"] = draws.pick(_HOURS)
        name = _name(draws, locale, category, sub, area, names, taken)
        items.append(Item(id=f"{locale}-{category}-{i:05d}", category=category, name=name, locale=locale, attributes=attributes))
        rows.append((rating, price, area, sub, quality, math.exp(0.5 * quality + 0.6 * draws.normal())))
    rating_, price_, area_, sub_, quality_, draw_ = (np.array(column) for column in zip(*rows, strict=True))
    return Pool(
        tuple(items), tuple(map(item_text, items)), tuple(map(traits, items)),
        rating_, price_, area_.astype(int), sub_.astype(int), quality_, draw_,
        _members(items, "tags", tag_names), _members(items, "dishes", dish_names), tag_names, dish_names,
    )


def _members(items: list[Item], slot: str, names: tuple[str, ...]) -> NDArray[np.bool_]:
    held = [item.attributes.get(slot, ()) for item in items]
    return np.array([[isinstance(h, tuple) and name in h for name in names] for h in held], bool).reshape(len(items), len(names))


def _name(draws: Draws, locale: str, category: str, sub: int, area: int, names: Surface, taken: set[str]) -> str:
    """A name no other item of the locale has: brand + kind, often with the branch."""
    kind = SUBCATEGORIES[category][sub]
    while True:
        quarter = draws.pick(DISTRICTS[area].quarters)
        if locale == "zh":
            name = draws.pick(names.brands) + draws.pick(kind.heads_zh)
            name += f"（{quarter[0]}店）" if category not in ("tourism", "accommodation") and draws.chance(0.5) else ""
        else:
            name = f"{draws.pick(names.brands)} {draws.pick(kind.heads_en)}"
            name += f" ({quarter[1]})" if category != "tourism" and draws.chance(0.5) else ""
        if name not in taken:
            taken.add(name)
            return name


def tidy_price(price: float) -> float:
    """A price as shops write it: whole yuan, tens above 300; at least 1."""
    return float(max(1, round(price))) if price < 300 else float(round(price / 10) * 10)
