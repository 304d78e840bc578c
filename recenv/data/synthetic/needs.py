"""Needs and candidate lists.

A need is read off a target item that the user would like (the best of eight by utility and popularity), so at least one
candidate meets it. Several sets of constraints are tried and the one whose number of satisfiers in the catalogue
is nearest to what the spec asks for is kept. Candidates mix satisfiers, near misses (all constraints but one), items of
the same subcategory, and others of the category.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recenv.data.synthetic.catalogue import Pool, tidy_price
from recenv.data.synthetic.draws import Draws
from recenv.data.synthetic.geography import DISTRICTS
from recenv.data.synthetic.phrasing import constraint_text
from recenv.data.synthetic.spec import SynthSpec
from recenv.data.synthetic.taxonomy import SUBCATEGORIES
from recenv.data.synthetic.utility import gold_utility
from recenv.records import Constraint, Disclosure

_TRIES = 8
_ORDER: tuple[Disclosure, ...] = ("volunteered", "on_ask", "hidden")


class Condition(NamedTuple):
    """A constraint before it is put into words. row: index of a subcategory, district, tag or dish; -1 for numbers."""

    slot: str
    op: str
    value: float | str | tuple[float, float]
    row: int = -1


class Wish(NamedTuple):
    """constraints in the order of their telling; meets (I, M): which items of the pool meet which of them."""

    constraints: tuple[Constraint, ...]
    meets: NDArray[np.bool_]


def draw_wish(draws: Draws, spec: SynthSpec, pool: Pool, locale: str, category: str,
              preferences: dict[str, float], context: dict[str, str]) -> Wish:
    """A need within the pool that at least one item meets in full."""
    tried = draws.sample(range(len(pool.items)), 8)
    utility = gold_utility(preferences, [pool.traits[i] for i in tried], context, np.zeros((len(tried), 0), np.int8))
    score = [u + math.log(pool.draw[i]) + draws.gumbel() for u, i in zip(utility.tolist(), tried, strict=True)]
    target = tried[int(np.argmax(score))]
    best: tuple[int, list[Condition], NDArray[np.bool_]] | None = None
    low, high = spec.satisfiers
    for _ in range(_TRIES):
        conditions = _conditions(draws, spec, pool, locale, category, target)
        meets = np.stack([_meets(pool, c) for c in conditions], 1)  # (I, M)
        count = int(meets.all(1).sum())
        miss = max(low - count, 0) * 2 + max(count - 2 * high, 0)
        if best is None or miss < best[0]:
            best = miss, conditions, meets
        if not miss:
            break
    if best is None:  # _TRIES is positive
        raise AssertionError("unreachable")
    return _disclosed(draws, spec, locale, category, best[1], best[2])


def _conditions(draws: Draws, spec: SynthSpec, pool: Pool, locale: str, category: str, target: int) -> list[Condition]:
    """Conditions that the target meets, as many as drawn, the subcategory usually among them."""
    count = draws.integer(*spec.constraints)
    kinds = ["price", "rating", "area", "tags", "tags2"] + (["dishes", "dishes"] if category == "dining" else [])
    weights = {"price": 1.0, "rating": 0.8, "area": 0.6, "tags": 1.1, "tags2": 0.6, "dishes": 0.4}
    out: list[Condition] = []
    if draws.chance(0.85) or count > 4:
        sub = int(pool.subcategory[target])
        out.append(Condition("subcategory", "eq", SUBCATEGORIES[category][sub].name(locale), sub))
    kinds = sorted(set(kinds), key=kinds.index)
    while len(out) < count and kinds:
        kind = draws.weighted(kinds, [weights[k] for k in kinds])
        kinds.remove(kind)
        drawn = _condition(draws, pool, locale, kind, target)
        if drawn is not None and drawn not in out:
            out.append(drawn)
    return out


def _condition(draws: Draws, pool: Pool, locale: str, kind: str, target: int) -> Condition | None:
    if kind == "price":
        price = float(pool.price[target])
        top = _rounded_up(price * draws.uniform(1.02, 1.5))
        if draws.chance(0.25):
            return Condition("price", "between", (_rounded_down(price * draws.uniform(0.5, 0.95)), top))
        return Condition("price", "le", top)
    if kind == "rating":
        rating = float(pool.rating[target])
        steps = [r for r in (3.8, 4.0, 4.2, 4.3, 4.5, 4.6, 4.8) if r <= rating + 1e-9]
        return Condition("rating", "ge", draws.pick(steps[-3:])) if steps else None
    if kind == "area":
        area = int(pool.area[target])
        return Condition("area", "eq", DISTRICTS[area].zh if locale == "zh" else DISTRICTS[area].en, area)
    member, names = (pool.dishes, pool.dish_names) if kind == "dishes" else (pool.tags, pool.tag_names)
    held = np.flatnonzero(member[target]).tolist()
    if not held:
        return None
    row = draws.pick(held)
    return Condition("dishes" if kind == "dishes" else "tags", "has", names[row], row)


def _meets(pool: Pool, c: Condition) -> NDArray[np.bool_]:
    """(I,) which items meet a condition; agrees with ``recenv.data.constraints.status``."""
    if c.slot == "price":
        low, high = c.value if isinstance(c.value, tuple) else (-math.inf, float(c.value))
        return np.asarray((pool.price >= low) & (pool.price <= high))
    if c.slot == "rating":
        return np.asarray(pool.rating >= float(str(c.value)))
    if c.slot == "area":
        return np.asarray(pool.area == c.row)
    if c.slot == "subcategory":
        return np.asarray(pool.subcategory == c.row)
    return np.asarray((pool.tags if c.slot == "tags" else pool.dishes)[:, c.row])


def _disclosed(draws: Draws, spec: SynthSpec, locale: str, category: str, conditions: list[Condition],
               meets: NDArray[np.bool_]) -> Wish:
    """Conditions with words and disclosures, told ones first. The subcategory is mostly volunteered."""
    shares = (spec.volunteered, spec.on_ask, spec.hidden)
    drawn: list[tuple[int, int, Constraint]] = []
    for column, c in enumerate(conditions):
        told = draws.weighted(_ORDER, shares)
        if c.slot == "subcategory" and draws.chance(0.85):
            told = "volunteered"
        text = constraint_text(draws, locale, category, c.slot, c.value, c.row)
        drawn.append((_ORDER.index(told), column, Constraint(
            slot=c.slot, op=c.op, value=c.value, text=text, disclosure=told)))  # type: ignore[arg-type]  # ops are literals
    drawn.sort(key=lambda entry: entry[:2])
    return Wish(tuple(c for _, _, c in drawn), meets[:, [column for _, column, _ in drawn]])


def draw_candidates(draws: Draws, spec: SynthSpec, pool: Pool, wish: Wish) -> list[int]:
    """Rows of ``spec.candidates`` different items, at least one of which meets the wish; order without meaning."""
    met = wish.meets.sum(1)
    full = wish.meets.shape[1]
    chosen: dict[int, None] = {}
    satisfiers = np.flatnonzero(met == full).tolist()
    wanted = draws.integer(*spec.satisfiers)
    _take(draws, pool, satisfiers, max(1, wanted), chosen)
    _take(draws, pool, np.flatnonzero(met == full - 1).tolist(), round(0.35 * spec.candidates), chosen)
    target_sub = int(pool.subcategory[next(iter(chosen))])
    alike = np.flatnonzero((pool.subcategory == target_sub) & (met < full)).tolist()
    _take(draws, pool, alike, round(0.25 * spec.candidates), chosen)
    _take(draws, pool, np.flatnonzero(met < full).tolist(), spec.candidates - len(chosen), chosen)
    _take(draws, pool, satisfiers, spec.candidates - len(chosen), chosen)  # where nearly everything satisfies
    return list(chosen)[: spec.candidates]


def _take(draws: Draws, pool: Pool, rows: list[int], count: int, chosen: dict[int, None]) -> None:
    """Add up to ``count`` further rows, the often seen ones more likely (Gumbel top-k)."""
    free = [r for r in rows if r not in chosen]
    keyed = sorted(free, key=lambda r: -_key(draws, float(pool.draw[r])))
    for row in keyed[: max(count, 0)]:
        chosen[row] = None


def _key(draws: Draws, weight: float) -> float:
    return math.log(weight) + draws.gumbel()


def _rounded_up(price: float) -> float:
    step = 5.0 if price < 100 else 10.0 if price < 300 else 50.0
    return math.ceil(price / step) * step


def _rounded_down(price: float) -> float:
    step = 5.0 if price < 100 else 10.0 if price < 300 else 50.0
    return max(0.0, math.floor(tidy_price(price) / step) * step)
