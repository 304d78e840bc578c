"""The users of a synthetic world: latent preferences, a profile that hints at them, and a past drawn from them.

    level_u ~ N(income(occupation), 0.25)    what is dear and what is cheap to u, in log price
    price_u = low + (high - low) * sigmoid(-(3 level_u + 0.7 e))    the well-off mind prices less
    distance_u, rating_u ~ U(low, high)
    likes_u[k] ~ N(0, taste_scale) over subcategories, N(0, taste_scale / 2) over tags; parents like child-friendly places
    history_u: each the best of 30 items come across, by U + ln draw + Gumbel noise, the need left out

The profile names the budget (from price_u), the household, the occupation, and the strongest likes; distance and
rating show up in ``likes`` where they are strong. Preferences do not depend on the category that is asked for.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from recenv.data.synthetic.catalogue import Catalogue
from recenv.data.synthetic.draws import Draws
from recenv.data.synthetic.geography import DISTRICTS, area_name
from recenv.data.synthetic.service_terms import TAGS
from recenv.data.synthetic.spec import SynthSpec
from recenv.data.synthetic.taxonomy import SUBCATEGORIES
from recenv.data.synthetic.utility import gold_utility
from recenv.records import CATEGORIES, LOCALES, User

_WORK = (
    ("学生", "student", -0.45), ("退休", "retired", -0.20), ("公司职员", "office worker", 0.0), ("教师", "teacher", -0.05),
    ("司机", "driver", -0.25), ("护士", "nurse", -0.10), ("自由职业", "freelancer", 0.0), ("工程师", "engineer", 0.25),
    ("律师", "lawyer", 0.40), ("企业主", "business owner", 0.55),
)
_HOUSEHOLDS = (("单身", "single"), ("情侣", "couple"), ("有小孩", "family with children"), ("与父母同住", "living with parents"))
_BUDGETS = (("精打细算", "very tight"), ("偏紧", "careful"), ("适中", "moderate"), ("宽裕", "generous"))
_GENDERS = (("女", "female"), ("男", "male"))
_COME_ACROSS = 30


class Person(NamedTuple):
    """A user with what is latent about them. taste: ``likes:<name>`` -> logits, over all categories; home: district row."""

    user: User
    level: float
    price: float
    distance: float
    rating: float
    taste: dict[str, float]
    home: int


def build_person(spec: SynthSpec, seed: int, index: int, catalogue: Catalogue) -> Person:
    """The index-th user of a world."""
    draws = Draws(seed, "user", index)
    locales = [name for name in LOCALES if spec.locales.get(name)]
    locale = draws.weighted(locales, [spec.locales[name] for name in locales])
    at = 0 if locale == "zh" else 1
    zh, en, income = draws.pick(_WORK)
    level = draws.normal(income, 0.25)
    ease = 1.0 / (1.0 + math.exp(3.0 * level + 0.7 * draws.normal()))
    price = _between(spec.price_sensitivity, ease)
    distance = draws.uniform(*spec.distance_sensitivity)
    rating = draws.uniform(*spec.rating_sensitivity)
    household = 1 if en == "student" and draws.chance(0.3) else 0 if en == "student" else draws.integer(0, 3)
    taste = _tastes(draws, spec, locale, household == 2)
    age = draws.integer(18, 25) if en == "student" else draws.integer(58, 75) if en == "retired" else draws.integer(23, 57)
    profile: dict[str, str] = {
        "age": str(age), "gender": draws.pick(_GENDERS)[at], "occupation": (zh, en)[at], "household": _HOUSEHOLDS[household][at],
        "budget": _BUDGETS[min(3, int(4 * (1.0 - ease)))][at],
        "likes": _likes(spec, locale, taste, distance, rating),
    }
    home = draws.weighted(range(len(DISTRICTS)), [d.weight for d in DISTRICTS])
    person = Person(User(id=f"u-{index:06d}", locale=locale, profile=profile), level, price, distance, rating, taste, home)
    return person._replace(user=User(id=person.user.id, locale=locale, profile=profile,
                                     history=_history(draws, spec, person, catalogue)))


def preferences(spec: SynthSpec, person: Person, category: str) -> dict[str, float]:
    """The preferences that a need in ``category`` carries: everything ``utility.gold_utility`` reads."""
    locale = person.user.locale
    names = [s.name(locale) for s in SUBCATEGORIES[category]] + [t.name(locale) for t in TAGS[category]]
    return {
        "base": spec.base, "no_choice": spec.no_choice, "miss": spec.miss_penalty, "mismatch": spec.mismatch_penalty,
        "price": round(person.price, 6), "price_level": round(person.level, 6), "distance": round(person.distance, 6),
        "rating": round(person.rating, 6), "position_decay": spec.position_decay, "leave_hazard": spec.leave_hazard,
        f"category:{category}": 1.0, **{f"likes:{n}": person.taste[f"likes:{n}"] for n in names},
    }


def _between(ends: tuple[float, float], share: float) -> float:
    return ends[0] + (ends[1] - ends[0]) * share


def _tastes(draws: Draws, spec: SynthSpec, locale: str, children: bool) -> dict[str, float]:
    taste: dict[str, float] = {}
    for category in CATEGORIES:
        for sub in SUBCATEGORIES[category]:
            taste[f"likes:{sub.name(locale)}"] = round(draws.normal(0.0, spec.taste_scale), 6)
    for category in CATEGORIES:
        for tag in TAGS[category]:
            key = f"likes:{tag.name(locale)}"
            if key not in taste:
                lift = 0.8 * spec.taste_scale if children and tag.en == "child friendly" else 0.0
                taste[key] = round(draws.normal(lift, 0.5 * spec.taste_scale), 6)
    return taste


def _likes(spec: SynthSpec, locale: str, taste: dict[str, float], distance: float, rating: float) -> str:
    """The best liked subcategory of each category, the three best liked tags, and whether near or well-rated places matter."""
    zh = locale == "zh"
    words = []
    for category in (c for c in CATEGORIES if spec.categories.get(c)):
        words.append(max((s.name(locale) for s in SUBCATEGORIES[category]), key=lambda name: taste[f"likes:{name}"]))
    tags = dict.fromkeys(t.name(locale) for c in CATEGORIES if spec.categories.get(c) for t in TAGS[c])
    words += sorted(tags, key=lambda name: -taste[f"likes:{name}"])[:3]
    if distance > _between(spec.distance_sensitivity, 0.6):
        words.append("离得近" if zh else "places close by")
    if rating > _between(spec.rating_sensitivity, 0.6):
        words.append("口碑好" if zh else "high ratings")
    return ("、" if zh else ", ").join(words)


def _history(draws: Draws, spec: SynthSpec, person: Person, catalogue: Catalogue) -> tuple[str, ...]:
    """Ids of items taken before any session, without the need's part of the utility."""
    count = draws.integer(*spec.history)
    locale, ids = person.user.locale, []
    categories = [name for name in CATEGORIES if spec.categories.get(name)]
    context = {"area": area_name(person.home, locale)}
    for category in sorted(draws.weighted(categories, [spec.categories[c] for c in categories]) for _ in range(count)):
        pool = catalogue[locale, category]
        met = draws.sample(range(len(pool.items)), _COME_ACROSS)
        utility = gold_utility(
            preferences(spec, person, category), [pool.traits[i] for i in met], context, np.zeros((len(met), 0), np.int8))
        noisy = [u + math.log(pool.draw[i]) + draws.gumbel() for u, i in zip(utility.tolist(), met, strict=True)]
        ids.append(pool.items[met[int(np.argmax(noisy))]].id)
    return tuple(dict.fromkeys(ids))
