"""Whole turns of a synthetic world, made and spoilt: rows of all dimensions about one slate and one answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
import numpy as np

from recenv.data.constraints import MET, status
from recenv.data.render import mapping_text, user_text
from recenv.data.synthetic.draws import Draws
from recenv.data.synthetic.episodes import Episode
from recenv.data.synthetic.instructions import Demand, holds
from recenv.data.synthetic.responses import Manner, put_in_words
from recenv.data.synthetic.utility import gold_utility, traits
from recenv.measures.metrics import Array
from recenv.records import Item, ScorerRow
from recenv.rewards import rows
from recenv.rewards.dimensions import DIMENSIONS

SLOTS = ("rating", "price", "area", "tags", "dishes", "subcategory")
_TRIES = 60
_FILLED = ("rating", "price", "area", "tags", "subcategory")


class Turn(NamedTuple):
    """A slate (best first), the answer that presents it, and how that is put."""

    items: tuple[Item, ...]
    response: str
    language: str
    manner: Manner


def turn_rows(e: Episode, items: Sequence[Item], response: str) -> dict[str, tuple[ScorerRow, ...]]:
    """The rows that a turn is judged by, as at run time: one a slate item for relevance and behaviour, else one."""
    told = rows.of_slate(
        locale=e.locale, query=e.query, instruction=e.instruction, user=user_text(e.person.user),
        context=mapping_text(e.context, e.locale), items=items,
        response=response, candidates=e.texts)
    return {d.name: tuple(msgspec.structs.replace(r, id=f"turn/{e.id}", group=e.person.user.id) for r in rows.rows(d, told))
            for d in DIMENSIONS.values()}


def stated_met(e: Episode, items: Sequence[Item]) -> Array:
    """(I,) how many of the constraints that the query states each item meets, as a share; 1 where it states none."""
    stated = [c for c in e.wish.constraints if c.disclosure == "volunteered"]
    return np.array([np.mean([status(i, c) == MET for c in stated]) if stated else 1.0 for i in items])


def taste(e: Episode, items: Sequence[Item]) -> Array:
    """(I,) gold utilities without the need's part: price, distance, rating, likes."""
    return gold_utility(e.need.preferences, [traits(i) for i in items], e.context, np.zeros((len(items), 0), np.int8))


def compliant(draws: Draws, e: Episode, items: Sequence[Item]) -> Turn | None:
    """A truthful answer about the items that keeps to the session's instruction; None where none was found."""
    language = str(next((d.value for d in e.demands if d.kind == "language"), e.locale))
    for _ in range(_TRIES):
        manner = _manner(draws, draws.sample(_FILLED, draws.integer(2, 4)))
        response = put_in_words(items, language, manner)
        if all(holds(d, response, items) for d in e.demands):
            return Turn(tuple(items), response, language, manner)
    return None


def disobedient(draws: Draws, e: Episode, turn: Turn) -> Turn | None:
    """The same claims about the same items in an answer that breaks exactly one demand; None where none was found."""
    told = {"rating", "price", "area"} & {d.kind for d in e.demands}
    for _ in range(_TRIES):
        off = draws.pick([d for d in e.demands if d.kind not in ("places", "avoid")] or [Demand("")])
        slots = tuple(s for s in turn.manner.slots if s != off.kind) if off.kind in told else turn.manner.slots
        language = {"zh": "en", "en": "zh"}[turn.language] if off.kind == "language" else turn.language
        manner = _manner(draws, slots)._replace(slots=slots)
        response = put_in_words(turn.items, language, manner)
        if [d for d in e.demands if not holds(d, response, turn.items)] == [off]:
            return Turn(turn.items, response, language, manner)
    return None


def untrue(draws: Draws, e: Episode, turn: Turn) -> Turn | None:
    """The same answer with one claimed value swapped with that of another item of the category."""
    for _ in range(_TRIES):
        at, slot = draws.integer(0, len(turn.items) - 1), draws.pick(turn.manner.slots)
        have, other = turn.items[at].attributes.get(slot), draws.pick(e.pool.items).attributes.get(slot)
        if have in (None, "", ()) or other in (None, "", ()) or other == have:
            continue
        if isinstance(have, tuple) and isinstance(other, tuple):
            new = [v for v in other if v not in have]
            if not new:
                continue
            other = (draws.pick(new), *have[1:])
        claimed = msgspec.structs.replace(turn.items[at], attributes={**turn.items[at].attributes, slot: other})
        told = (*turn.items[:at], claimed, *turn.items[at + 1:])
        response = put_in_words(told, turn.language, turn.manner)
        if response != turn.response and all(holds(d, response, told) for d in e.demands):
            return turn._replace(response=response)
    return None


def with_items(e: Episode, turn: Turn, items: Sequence[Item]) -> Turn | None:
    """The same answer about other items; None where that breaks the instruction."""
    response = put_in_words(items, turn.language, turn.manner)
    if not all(holds(d, response, items) for d in e.demands):
        return None
    return turn._replace(items=tuple(items), response=response)


def _manner(draws: Draws, slots: Sequence[str]) -> Manner:
    return Manner(draws.integer(0, 5), tuple(slots), draws.integer(0, 4), draws.integer(0, 4), draws.integer(0, 2))
