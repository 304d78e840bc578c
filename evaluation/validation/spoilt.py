"""First turns of an agent that knows what users want, and the same turns with one thing spoilt."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from recenv.data.render import plain_response
from recenv.data.take_up import take_up_chances
from recenv.envs.engine import Engine
from recenv.envs.speaker import SLOTS, speak
from recenv.envs.state import State
from recenv.envs.tables import fitting
from recenv.evaluation.validation.subject import Subject
from recenv.records import Action, AgentView, Item
from recenv.rewards.dimensions import DIMENSIONS, Dimension
from recenv.rewards.rules.verdicts import demanded_language, text_broken


class Opening(NamedTuple):
    """A first turn. chance (C,): that the user takes each candidate up when it is shown alone; missed (C,): wishes it misses."""

    view: AgentView
    action: Action
    chance: NDArray[np.float64]
    missed: NDArray[np.int64]


class Openings(NamedTuple):
    """First turns with the state that they are played in, a row a turn, and their users."""

    turns: list[Opening]
    state: State
    users: list[str]


Spoil = Callable[[Opening], Action]
"""The same turn with one thing spoilt; the action as it was where that cannot be done."""


def openings(subject: Subject) -> Openings:
    """The first turns of the agent that knows what users want, of sessions in which it recommends something."""
    engine, tables, state = subject.engine, subject.engine.tables, subject.opening()
    views = engine.views(state, engine.log(len(state), words=True), range(len(state)))
    actions = subject.agent(subject.best).act(views)
    place = tables.at(tables.goal_row(state.session, state.goal))
    rows = tables.rows
    fits = fitting(rows.missed[place], rows.unknown[place], rows.logged[place])
    chance = take_up_chances(rows.appeal[place], fits)
    missed = np.bitwise_count(rows.missed[place] | rows.unknown[place]).astype(np.int64)
    kept = np.array([r for r, a in enumerate(actions) if a.act == "recommend" and a.items], np.int64)
    turns = [Opening(views[r], actions[r], chance[r, : len(views[r].candidates)], missed[r, : len(views[r].candidates)])
             for r in kept.tolist()]
    return Openings(turns, engine.begin(subject.rows[kept], subject.seeds[kept]), [subject.users[r] for r in kept.tolist()])


def judged(engine: Engine, state: State, actions: Sequence[Action]) -> NDArray[np.float64]:
    """(N, D) components of one turn of sessions at their start, NaN where missing."""
    _, step = engine.step(state, engine.log(len(state), words=True), actions)
    return np.where(step.applicable, step.components, np.nan).astype(np.float64)


def spoils() -> list[tuple[str, str, Spoil]]:
    """What is done to spoil a dimension and as little else as can be: its name, what is done in words, and the function.
    Dimensions that nothing is known to spoil are left out."""
    return [(name, *way) for name in DIMENSIONS for way in _ways(DIMENSIONS[name])]


def _ways(dimension: Dimension) -> list[tuple[str, Spoil]]:
    if dimension.spoken == "obeys":
        return [("another form", disobedient), ("another language", in_another_language)]
    if dimension.spoken == "true":
        return [("false claims", untrue)]
    if dimension.of == "text":
        return []
    if dimension.listwise:
        return [("worst first", worst_first)]
    return [("items he would leave", unwanted) if "user" in dimension.reads else ("items beside the point", irrelevant)]


def disobedient(turn: Opening) -> Action:
    """The same records in a sentence of another form that breaks the instruction; as it was where nothing here breaks it."""
    view, items = turn.view, _shown(turn)
    language = _language(turn)
    slots = (SLOTS, *(tuple(s for s in SLOTS if s != left_out) for left_out in SLOTS), ())
    for told, lines, closing, greeting in product(slots, (False, True), (False, True), (False, True)):
        text = plain_response(items, language, told, lines=lines, closing=closing, greeting=greeting)
        if text_broken(view.instruction, view.locale, text, items, ()):
            return msgspec.structs.replace(turn.action, text=text)
    return turn.action


def in_another_language(turn: Opening) -> Action:
    """The same records in a language that was not asked for."""
    text = plain_response(_shown(turn), "zh" if _language(turn) == "en" else "en")
    return msgspec.structs.replace(turn.action, text=text)


def untrue(turn: Opening) -> Action:
    """The same sentence about records whose numbers are others."""
    false = [_falsified(item) for item in _shown(turn)]
    return msgspec.structs.replace(turn.action, text=speak(turn.view.instruction, turn.view.locale, false))


def irrelevant(turn: Opening) -> Action:
    """As many items, those that miss most of what he wants."""
    return _with(turn, [turn.view.candidates[i] for i in np.argsort(-turn.missed, kind="stable")])


def unwanted(turn: Opening) -> Action:
    """As many items, those that are least likely to be taken up, and of these such as meet most of what he wants."""
    return _with(turn, [turn.view.candidates[i] for i in np.lexsort((turn.missed, turn.chance))])


def worst_first(turn: Opening) -> Action:
    """The same items in the opposite order."""
    return _with(turn, _shown(turn)[::-1])


def _language(turn: Opening) -> str:
    return demanded_language(turn.view.instruction) or turn.view.locale


def _with(turn: Opening, items: Sequence[Item]) -> Action:
    slate = items[: len(turn.action.items)]
    text = speak(turn.view.instruction, turn.view.locale, slate)
    return msgspec.structs.replace(turn.action, items=tuple(item.id for item in slate), text=text)


def _shown(turn: Opening) -> list[Item]:
    by_id = {item.id: item for item in turn.view.candidates}
    return [by_id[i] for i in turn.action.items]


def _falsified(item: Item) -> Item:
    """Another rating and half the price: the numbers that the environment's sentence may name."""
    changed = {slot: _other(slot, value) for slot in SLOTS if isinstance(value := item.attributes.get(slot), (int, float))}
    return msgspec.structs.replace(item, attributes={**item.attributes, **changed})


def _other(slot: str, value: float) -> float:
    return round(value - 1.5 if value > 3 else value + 1.5, 1) if slot == "rating" else float(max(1, round(value / 2)))
