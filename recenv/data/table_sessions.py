"""From what users liked to sessions: whom to serve, what to list, and what he says he wants.

Of each user the last visits with something liked become sessions; what he liked before them is his history. A list holds what was
liked, what the user turned down, and other items of the same category that he never met, drawn alike: these count as passed over,
which is an assumption. Where a table has shown lists, those are the lists. What the user says is made up of the record of what he
liked: a wish is opened with, others are told on asking. All draws are pure in the session's id.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from recenv import rng
from recenv.data.candidates import C
from recenv.data.constraints import SLOTS
from recenv.data.render import category_name, label, value_text
from recenv.records import Constraint, Goal, Item, Need, Outcome, Privileged, Session

INSTRUCTION = {
    "zh": "请根据用户的需求和喜好推荐，每次最多推荐3个，用中文回答。",
    "en": "Recommend what suits the user, at most 3 at a time, and answer in English.",
}
PATIENCE = 4
_WISHES, _PICK, _ORDER = (rng.word(w) for w in ("table/wishes", "table/pick", "table/order"))
_MOST_LIKED = C // 2


class Visit(NamedTuple):
    """What a user did at one time. session: its id, "" where the table has none; liked, passed: items, in order; query: his own
    words, "" for none. listed: ``passed`` is all else that he was shown."""

    session: str
    query: str
    liked: tuple[str, ...]
    passed: tuple[str, ...]
    listed: bool


class Kept(NamedTuple):
    """The visits of a user that become sessions, and what he liked before them."""

    visits: list[Visit]
    history: tuple[str, ...]


def keep(visits: Sequence[Visit], most: int) -> Kept:
    """The last ``most`` visits with something liked, of all in order of time."""
    good = [n for n, visit in enumerate(visits) if visit.liked]
    first = good[-most:][0] if good else len(visits)
    return Kept([visits[n] for n in good[-most:]], tuple(dict.fromkeys(i for v in visits[:first] for i in v.liked)))


class Pools:
    """The items of a catalogue by category, for lists."""

    def __init__(self, items: Mapping[str, Item]) -> None:
        self._items = items
        self._by: dict[str, list[str]] = {}
        for item in items.values():
            self._by.setdefault(item.category, []).append(item.id)

    def others(self, category: str, without: set[str], most: int, key: int) -> list[str]:
        """Up to ``most`` items of a category that are not in ``without``, drawn alike."""
        pool = self._by[category]
        if len(pool) <= 8 * C:
            drawn = rng.permutation(len(pool), key, _PICK).tolist()
        else:
            drawn = rng.integers(len(pool), key, _PICK, np.arange(8 * C, dtype=np.uint64)).tolist()
        found = dict.fromkeys(pool[n] for n in drawn if pool[n] not in without)
        return list(found)[:most]


class Made(NamedTuple):
    """A session with what is hidden of it."""

    session: Session
    privileged: Privileged


def session_of(
    visit: Visit, user: str, number: int, met: set[str], items: Mapping[str, Item], pools: Pools, locale: str, wishes: int
) -> Made:
    """A visit as a session of one goal. number: of the visit, for its id; met: all that the user ever rated."""
    id_ = visit.session or f"{user}/{number}"
    key = rng.word(id_)
    liked = visit.liked[:_MOST_LIKED]
    category = items[liked[0]].category
    passed = [i for i in dict.fromkeys(visit.passed) if i not in liked and (visit.listed or items[i].category == category)]
    passed = passed[: C - len(liked)] if visit.listed else passed[: C // 4]
    listed = [*liked, *passed]
    if not (visit.listed and passed):
        listed += pools.others(category, {*met, *listed}, C - len(listed), key)
    order = sorted(listed)
    candidates = tuple(order[n] for n in rng.permutation(len(order), key, _ORDER))
    wanted = () if visit.query else wishes_of(items[liked[0]], locale, wishes, key)
    query = visit.query or opening(category, wanted, locale)
    return Made(
        Session(id=id_, user_id=user, locale=locale, instruction=INSTRUCTION[locale], context={}, source="constructed",
                goals=(Goal(category=category, query=query, candidates=candidates),)),
        Privileged(needs=(Need(constraints=wanted),), patience=PATIENCE, left=False, outcomes=(tuple(
            Outcome(item_id=i, event="order" if i in liked else "offered") for i in listed),)))


def wishes_of(item: Item, locale: str, most: int, key: int) -> tuple[Constraint, ...]:
    """Up to ``most`` conditions that the item meets, of different slots, the first of them volunteered."""
    slots = [slot for slot in SLOTS if slot != "name" and item.attributes.get(slot) not in (None, "", ())]
    drawn = [slots[n] for n in rng.permutation(len(slots), key, _WISHES)]
    made = [one for slot in drawn if (one := _wish(item, slot, locale, key)) is not None][:most]
    return tuple(Constraint(slot=c.slot, op=c.op, value=c.value, text=c.text, disclosure="on_ask" if n else "volunteered")
                 for n, c in enumerate(made))


def _wish(item: Item, slot: str, locale: str, key: int) -> Constraint | None:
    value, zh, kind = item.attributes[slot], locale == "zh", SLOTS[slot].kind
    name = f"{label(slot, locale)}：" if zh else f"{label(slot, locale)}: "
    if kind == "number":
        if not isinstance(value, (int, float)) or not math.isfinite(value) or value <= 0:
            return None
        least = slot == "rating"
        bound = _rounded(float(value), up=not least)
        words = ("至少" if least else "不超过") if zh else ("at least " if least else "at most ")
        return Constraint(slot=slot, op="ge" if least else "le", value=bound, text=name + words + value_text(slot, bound, locale))
    if kind == "set":
        members = value if isinstance(value, tuple) else (str(value),)
        member = members[int(rng.integers(len(members), key, rng.word(slot)))]
        return Constraint(slot=slot, op="has", value=member, text=name + member)
    return Constraint(slot=slot, op="eq", value=str(value), text=f"{name}{value}")


def _rounded(value: float, up: bool) -> float:
    """A number as people say it, with two digits, on the side on which the value lies."""
    step = 10.0 ** (math.floor(math.log10(value)) - 1) * (5 if up else 1)
    return round((math.ceil(value / step - 1e-9) if up else math.floor(value / step + 1e-9)) * step, 6)


def opening(category: str, wanted: Sequence[Constraint], locale: str) -> str:
    """What the user says first: the category and the wish that he opens with."""
    told = [c.text for c in wanted if c.disclosure == "volunteered"]
    if locale == "zh":
        return f"想找{category_name(category, locale)}" + "".join(f"，{text}" for text in told) + "。"
    return f"I am looking for something in {category}" + "".join(f"; {text}" for text in told) + "."
