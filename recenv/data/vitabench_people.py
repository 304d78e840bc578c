"""Who asks in a VitaBench task: profile, habits by section, and the moment, as texts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from recenv.data.render import value_text
from recenv.data.vitabench_items import product_id, shop_id
from recenv.data.vitabench_tasks import Task
from recenv.records import User

_PROFILE = {
    "occupation": ("职业", "occupation"), "gender": ("性别", "gender"), "age": ("年龄段", "age group"),
    "city": ("常住地", "residence"), "home": ("家庭住址", "home address"), "work": ("工作地址", "work address"),
    "diet": ("饮食禁忌", "dietary restrictions"), "household": ("家庭情况", "family status"), "temper": ("性格", "personality"),
}
_KEYS = {told: key for key, names in _PROFILE.items() for told in names}
_NUMBERS = re.compile(r"(?<!\s)\s*+[（(](?=[^（()）\d]*+\d)[^（()）]*+[)）]")
_LIKES = 40


class Habits(NamedTuple):
    """One section of a user's past (breakfast, desserts). told: label -> text; words: categories and searches; recent: what was
    ordered lately, product and shop."""

    told: dict[str, str]
    words: tuple[str, ...]
    recent: tuple[str, ...]


def profile_of(task: Task) -> dict[str, str]:
    """The profile by our keys; what has none keeps its own."""
    return {_KEYS.get(key.casefold(), key): value for key, value in task.profile.items()}


def temper_of(task: Task) -> str:
    return profile_of(task).get("temper", "")


def habits_of(task: Task) -> dict[str, Habits]:
    """Habits by section, in the order of the file; a section within another is named by both."""
    return dict(_sections(task.habits, "", task.locale))


def user_of(task: Task) -> User:
    """The user: profile, habits as text by section, words of the habits as likes, earlier orders as history."""
    profile, habits = profile_of(task), habits_of(task)
    words = dict.fromkeys(w for section in habits.values() for w in section.words)
    if words:
        profile["likes"] = ("、" if task.locale == "zh" else ", ").join(list(words)[:_LIKES])
    for name, section in habits.items():
        profile[name] = habits_text(section, task.locale)
    shops = {s.id: s for s in task.shops}
    history = []
    for order in task.past:
        shop = shops[order.shop]
        bought = [product_id(shop, p, task.locale) for p in shop.products if p.id in order.products]
        history += bought or [shop_id(shop, task.locale)]
    return User(id=f"vitabench/{task.locale}/user/{task.user_id or task.id}", locale=task.locale,
                profile=profile, history=tuple(dict.fromkeys(history)))


def habits_text(section: Habits, locale: str, *, recent: bool = True) -> str:
    """A section in words. recent: with what was ordered lately."""
    stop, colon = ("；", "：") if locale == "zh" else ("; ", ": ")
    told = [f"{key}{colon}{text}" for key, text in section.told.items()]
    last = [("近期订单" if locale == "zh" else "recent orders") + colon + ("、" if locale == "zh" else ", ").join(section.recent)]
    return stop.join(told + (last if recent and section.recent else []))


def context_of(task: Task) -> dict[str, str]:
    """The moment: time, weather, city, and where the user is."""
    environment = task.environment
    out = {"time": str(environment.get("time") or "")}
    days = [d for d in _listed(environment.get("weather")) if isinstance(d, Mapping)]
    weather = [" ".join(_flat(d.get(k)) for k in ("datetime", "city", "category", "temperature") if d.get(k)) for d in days]
    out["weather"] = ("；" if task.locale == "zh" else "; ").join(weather)
    places = [p for p in _listed(environment.get("location")) if isinstance(p, Mapping)]
    out["position"] = ("；" if task.locale == "zh" else "; ").join(str(p["address"]) for p in places if p.get("address"))
    out["city"] = city_of(task)
    return {key: text for key, text in out.items() if text}


def city_of(task: Task) -> str:
    """The city that a task plays in, by its weather or the user's home, without 市 or City; "" where neither tells."""
    days = [d for d in _listed(task.environment.get("weather")) if isinstance(d, Mapping)]
    told = next((str(d["city"]) for d in days if d.get("city")), "") or profile_of(task).get("city", "")
    return re.sub(r"市$|(?<!\s)\s++city$", "", told.strip(), flags=re.IGNORECASE)


def _sections(habits: Mapping[str, object], path: str, locale: str) -> Iterator[tuple[str, Habits]]:
    for name, section in habits.items():
        if not isinstance(section, Mapping) or not section:
            continue  # the profile over again
        title = f"{path}/{name}" if path else str(name)
        if all(isinstance(inner, Mapping) for inner in section.values()):
            yield from _sections(section, title, locale)
        else:
            yield title, _section(section, locale)


def _section(section: Mapping[str, object], locale: str) -> Habits:
    told: dict[str, str] = {}
    words: list[str] = []
    recent: list[str] = []
    for key, value in section.items():
        members = _listed(value)
        if members and all(isinstance(m, Mapping) for m in members):
            recent += [" ".join(reversed([str(v) for v in m.values()])) for m in members if isinstance(m, Mapping)]
        elif members:
            words += [_leaf(str(m)) for m in members]
            told[str(key)] = value_text(str(key), tuple(str(m) for m in members), locale)
        elif value not in (None, ""):
            told[str(key)] = _flat(value)
            words += [_leaf(str(k)) for k in value] if isinstance(value, Mapping) else []
    return Habits(told, tuple(w for w in words if w), tuple(recent))


def _leaf(text: str) -> str:
    """The last part of a category path, without its numbers in brackets."""
    return _NUMBERS.sub("", text).rsplit("/", 1)[-1].strip()


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _flat(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{k}: {_flat(v)}" for k, v in value.items())
    return "~".join(map(str, value)) if isinstance(value, list) else str(value)
