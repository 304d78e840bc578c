"""Small worlds whose answers are known by construction.

Every catalogue is a checkerboard: item number n in [0, 16) spells four yes/no attributes in its bits, and the
parity of the bits gives a fifth.

    bit 0  rating 4.6 or more (else 4.0 at most)        threshold 4.5
    bit 1  price 45 or less (else 90 or more)           threshold 50
    bit 2  the first area of the locale                 areas of AREAS
    bit 3  the first subcategory                        subcategories of SUBCATEGORIES
    parity even: tags[0], odd: tags[1]                  tags of TAGS

Item 16 of every catalogue lacks rating and price, so its status against those is UNKNOWN.

    session  locale  user  source of need, per goal
    zh-1     zh      zh-u1  dining: rating (volunteered), price (on_ask), area (hidden), all 16 items   -> items 7, 15
    zh-2     zh      zh-u2  dining: price (volunteered), tag 0 (on_ask), items 0-5                       -> item 3
                            tourism: area (volunteered), rating (hidden), items 0-7                      -> items 5, 7
    zh-3     zh      zh-u3  dining: subcategory (volunteered), rating (on_ask), items 8-11 and 16        -> items 9, 11
    en-1     en      en-u1  dining: rating (volunteered), tag 0 (on_ask), area (hidden), items 0-11      -> item 5
    en-2     en      en-u2  dining: price (volunteered), area (on_ask), items 4-7                        -> items 6, 7
                            tourism: rating (volunteered), subcategory (hidden), all 16 items            -> 9, 11, 13, 15

Gold utility of a candidate: 2 x (constraints met) - 2 x (constraints not met) - 0.001 x item number, so that the best
candidate is the first satisfying one, and no two are equal. Logged: the best item was ordered at position 0,
one other was clicked at position 1 where there are other candidates.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from recenv.data.constraints import MET, status
from recenv.data.store import StoreWriter
from recenv.data.world import World
from recenv.records import AgentView, Constraint, Disclosure, Goal, Item, Message, Need, Outcome, Privileged, Session, User, Value

AREAS = {"zh": ("朝阳区", "海淀区"), "en": ("Riverside", "Old Town")}
SUBCATEGORIES = {
    ("zh", "dining"): ("火锅", "川菜"), ("en", "dining"): ("noodle bar", "steakhouse"),
    ("zh", "tourism"): ("公园", "博物馆"), ("en", "tourism"): ("park", "museum"),
}
TAGS = {"zh": ("包间", "停车场"), "en": ("private room", "parking")}
PLACES = {
    ("zh", "dining"): "小馆", ("en", "dining"): "Kitchen", ("zh", "tourism"): "景区", ("en", "tourism"): "Gardens",
}
FULL = tuple(range(16))

VOLUNTEERED: Disclosure = "volunteered"
ON_ASK: Disclosure = "on_ask"
HIDDEN: Disclosure = "hidden"


class GoalPlan(NamedTuple):
    """A goal of the tiny world. wants: (slot, disclosure) in order of telling; candidates and satisfying: item numbers."""

    category: str
    query: str
    wants: tuple[tuple[str, Disclosure], ...]
    candidates: tuple[int, ...]
    satisfying: tuple[int, ...]


SESSIONS: dict[str, tuple[str, tuple[GoalPlan, ...]]] = {
    "zh-1": ("zh-u1", (
        GoalPlan(
            "dining", "想找一家评分4.5分以上的餐馆", (("rating", VOLUNTEERED), ("price", ON_ASK), ("area", HIDDEN)),
            candidates=FULL, satisfying=(7, 15)),
    )),
    "zh-2": ("zh-u2", (
        GoalPlan(
            "dining", "有没有人均50元以下的餐馆？", (("price", VOLUNTEERED), ("tags", ON_ASK)),
            candidates=FULL[:6], satisfying=(3,)),
        GoalPlan(
            "tourism", "再推荐一个朝阳区的景点", (("area", VOLUNTEERED), ("rating", HIDDEN)),
            candidates=FULL[:8], satisfying=(5, 7)),
    )),
    "zh-3": ("zh-u3", (
        GoalPlan(
            "dining", "今天想吃火锅", (("subcategory", VOLUNTEERED), ("rating", ON_ASK)),
            candidates=(8, 9, 10, 11, 16), satisfying=(9, 11)),
    )),
    "en-1": ("en-u1", (
        GoalPlan(
            "dining", "Looking for a restaurant rated 4.5 or higher",
            (("rating", VOLUNTEERED), ("tags", ON_ASK), ("area", HIDDEN)),
            candidates=FULL[:12], satisfying=(5,)),
    )),
    "en-2": ("en-u2", (
        GoalPlan(
            "dining", "Somewhere to eat for at most 50 yuan", (("price", VOLUNTEERED), ("area", ON_ASK)),
            candidates=(4, 5, 6, 7), satisfying=(6, 7)),
        GoalPlan(
            "tourism", "And a well rated sight, please", (("rating", VOLUNTEERED), ("subcategory", HIDDEN)),
            candidates=FULL, satisfying=(9, 11, 13, 15)),
    )),
}
"""Session id -> (user id, goals). The locale is the first two letters of either."""


def item_id(locale: str, category: str, number: int) -> str:
    return f"{locale}-{category}-{number:02d}"


def tiny_item(locale: str, category: str, number: int) -> Item:
    """Item ``number`` in [0, 17) of a catalogue, by the table at the head of this module."""
    bits = [number >> b & 1 for b in range(4)]
    kinds, places = SUBCATEGORIES[locale, category], PLACES[locale, category]
    names = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午"
    attributes: dict[str, Value] = {
        "rating": 4.6 if bits[0] else 4.0,
        "price": float(30 + number if bits[1] else 90 + number),
        "area": AREAS[locale][0 if bits[2] else 1],
        "subcategory": kinds[0 if bits[3] else 1],
        "tags": (TAGS[locale][sum(bits) % 2],),
    }
    if number == 16:
        attributes = {"area": AREAS[locale][0], "subcategory": kinds[0], "tags": (TAGS[locale][0],)}
    name = f"{names[number]}字{places}" if locale == "zh" else f"{places} No {number}"
    return Item(id=item_id(locale, category, number), category=category, name=name, locale=locale, attributes=attributes)


def tiny_constraint(locale: str, category: str, slot: str, disclosure: Disclosure) -> Constraint:
    """The one constraint that a slot of the tiny world has in a locale and category."""
    zh, area, kind, tag = locale == "zh", AREAS[locale][0], SUBCATEGORIES[locale, category][0], TAGS[locale][0]
    match slot:
        case "rating":
            text = "评分要4.5分以上" if zh else "it should be rated 4.5 or higher"
            return Constraint(slot=slot, op="ge", value=4.5, text=text, disclosure=disclosure)
        case "price":
            text = "人均不超过50元" if zh else "at most 50 yuan"
            return Constraint(slot=slot, op="le", value=50.0, text=text, disclosure=disclosure)
        case "area":
            return Constraint(slot=slot, op="eq", value=area, text=f"要在{area}" if zh else f"in {area}", disclosure=disclosure)
        case "subcategory":
            return Constraint(slot=slot, op="eq", value=kind, text=f"想要{kind}" if zh else f"a {kind}", disclosure=disclosure)
        case "tags":
            return Constraint(slot=slot, op="has", value=tag, text=f"要有{tag}" if zh else f"with {tag}", disclosure=disclosure)
    raise ValueError(f"the tiny world has no constraint on {slot!r}")


def tiny_need(locale: str, plan: GoalPlan) -> Need:
    constraints = tuple(tiny_constraint(locale, plan.category, slot, told) for slot, told in plan.wants)
    return Need(constraints=constraints, preferences={"rating": 0.5, "price": -0.5})


def tiny_utility(item: Item, need: Need, number: int) -> float:
    """2 a met constraint, -2 any other, less 0.001 x the item number."""
    return sum(2.0 if status(item, c) == MET else -2.0 for c in need.constraints) - 0.001 * number


INSTRUCTIONS = {"zh": "请推荐不超过3个地点。", "en": "Recommend at most 3 places."}


def build_tiny_world(out: Path, *, gold: bool = True, instructions: Mapping[str, str] = INSTRUCTIONS) -> Path:
    """Write the tiny world's store to ``out``. gold False: the same sessions as if logged, without utilities or preferences.
    instructions: by locale."""
    with StoreWriter(out, kind="synthetic" if gold else "logged") as store:
        for locale, category in SUBCATEGORIES:
            for number in range(17):
                store.add_item(tiny_item(locale, category, number))
        for session_id, (user_id, plans) in SESSIONS.items():
            locale = session_id[:2]
            zh = locale == "zh"
            store.add_user(User(
                id=user_id, locale=locale, profile={"age": "35岁" if zh else "35", "budget": "实惠" if zh else "tight"},
                history=(item_id(locale, "dining", 12), item_id(locale, "tourism", 14)),
            ))
            session = Session(
                id=session_id, user_id=user_id, locale=locale, source="synthetic" if gold else "logged",
                instruction=instructions[locale],
                context={"time": "傍晚" if zh else "evening", "weather": "晴" if zh else "sunny"},
                goals=tuple(
                    Goal(
                        category=p.category, query=p.query,
                        candidates=tuple(item_id(locale, p.category, n) for n in p.candidates),
                    )
                    for p in plans
                ),
            )
            needs = tuple(tiny_need(locale, plan) for plan in plans)
            utilities = [
                [tiny_utility(tiny_item(locale, p.category, n), need, n) for n in p.candidates]
                for p, need in zip(plans, needs, strict=True)
            ]
            privileged = Privileged(
                needs=needs if gold else tuple(Need(constraints=n.constraints) for n in needs),
                outcomes=tuple(_outcomes(locale, plan) for plan in plans), patience=4, left=False,
            )
            store.add_session(session, privileged, utilities if gold else None)
        return store.finish(source={"tests/worlds.py": ""}, notes={"made": "by construction"})


def _outcomes(locale: str, plan: GoalPlan) -> tuple[Outcome, ...]:
    ordered = plan.satisfying[0]
    clicked = next(n for n in plan.candidates if n != ordered)
    return (
        Outcome(item_id=item_id(locale, plan.category, ordered), event="order", position=0),
        Outcome(item_id=item_id(locale, plan.category, clicked), event="click", position=1),
    )


def tiny_view(
    world: World, session_id: str, *, goal: int = 0, turn: int = 0, slate_size: int = 3,
    shown: tuple[str, ...] = (), candidates: tuple[str, ...] | None = None, query: str = "",
) -> AgentView:
    """The view an agent gets of a goal of a session, made without an environment.

    candidates: ids in place of the goal's own; query: what was said, the opening query by default.
    """
    row = world.session_row(session_id)
    session = world.session(row)
    target = session.goals[goal]
    ids = target.candidates if candidates is None else candidates
    said = query or target.query
    items = tuple(world.item(world.item_row(i)) for i in ids)
    rows = np.array([world.item_row(i) for i in ids], np.int32)
    return AgentView(
        session_id=session_id, locale=session.locale, category=target.category, turn=turn, horizon=8, slate_size=slate_size,
        instruction=session.instruction, user=world.user(int(world.column("session_user")[row])), context=session.context,
        query=said, messages=(Message("system", session.instruction), Message("user", said)), candidates=items,
        popularity=tuple(float(p) for p in world.popularity(rows, row)) if len(rows) else (), shown=shown,
    )
