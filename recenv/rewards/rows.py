"""How the canonical rows of a dimension are made of a turn: the one owner, for play, agents and probes alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import msgspec

from recenv.data.render import evidence_text, item_text, mapping_text, user_text
from recenv.records import Action, AgentView, Item, ScorerRow
from recenv.rewards.dimensions import Dimension


class Told(NamedTuple):
    """A turn in the words of rows; a field feeds the field of a row that has its name.

    slate: texts of the items that are judged one by one. items: texts of the list that is judged as one, best first, of which
    the first ``shown`` were shown (0: all).
    """

    locale: str
    query: str
    instruction: str = ""
    response: str = ""
    evidence: str = ""
    user: str = ""
    context: str = ""
    slate: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    shown: int = 0


def rows(dimension: Dimension, told: Told) -> list[ScorerRow]:
    """The rows of a dimension about a turn: one an item of the slate where it reads an ``item``, else one."""
    own: dict[str, Any] = {field: getattr(told, field) for field in (*dimension.reads, *dimension.checked) if field != "item"}
    if "items" in own:
        own["shown"] = told.shown
    row = ScorerRow(dimension=dimension.name, locale=told.locale, **own)
    return [msgspec.structs.replace(row, item=text) for text in told.slate] if "item" in dimension.reads else [row]


def of_slate(
    *, locale: str, query: str, instruction: str, user: str, context: str, items: Sequence[Item], response: str,
    candidates: Iterable[str], most: int | None = None, text: Callable[[Item], str] = item_text,
) -> Told:
    """A turn that shows items, best first: each once, at most ``most``; in its list the other candidates follow.

    user, context: in words. candidates: their texts. text: of an item, for callers that keep them.
    """
    slate = tuple({item.id: text(item) for item in items}.values())[:most]
    return Told(
        locale, query, instruction, response, evidence_text(items, text), user, context,
        slate, (*slate, *[t for t in candidates if t not in slate]), len(slate))


def of_turn(
    view: AgentView, action: Action, items: Sequence[Item], text: Callable[[Item], str] = item_text,
    person: tuple[str, str] | None = None, listed: Sequence[str] | None = None,
) -> Told:
    """An agent's recommendation. items: the records of its known items; text: as for ``of_slate``; person: profile and context in
    words, listed: texts of the candidates, for callers that keep them or need no list."""
    user, context = person or (user_text(view.user), mapping_text(view.context, view.locale))
    candidates = map(text, view.candidates) if listed is None else listed
    return of_slate(
        locale=view.locale, query=view.query, instruction=view.instruction, user=user, context=context, items=items,
        response=action.text, candidates=candidates, most=view.slate_size, text=text)


def of_candidates(view: AgentView, text: Callable[[Item], str] = item_text) -> Told:
    """All candidates of a view, before any is chosen: each alone, and as one list without an order."""
    texts = tuple(map(text, view.candidates))
    return Told(
        view.locale, view.query, view.instruction, user=user_text(view.user), context=mapping_text(view.context, view.locale),
        slate=texts, items=texts)
