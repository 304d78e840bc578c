"""The records that everything else is written in: frozen, typed, JSON-able.

Axis letters used across the code: N sessions in a batch, C candidates, K slate positions,
M constraints of a need, D reward dimensions, T turns, E features, G goals.
"""

from __future__ import annotations

from typing import Literal

import msgspec

CATEGORIES: tuple[str, ...] = ("dining", "lifestyle", "shopping", "accommodation", "healthcare", "tourism")
"""The six service categories (LocalSearchBench)."""

LOCALES: tuple[str, ...] = ("zh", "en")

Value = float | str | tuple[str, ...]
"""An attribute's value: a number, a text, or a set of texts."""

Disclosure = Literal["volunteered", "on_ask", "hidden"]
Event = Literal["offered", "click", "order"]
Act = Literal["recommend", "ask", "search", "end", "malformed"]
ReactionKind = Literal[
    "order", "inquire", "refine", "reject", "object", "answer", "indifferent", "results", "repeat", "leave", "farewell"
]


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """A place or product: everything here is visible to agents."""

    id: str
    category: str
    name: str
    locale: str = "zh"
    attributes: dict[str, Value] = {}


class User(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks: a profile and past item ids (earlier than any session of the world), visible to agents."""

    id: str
    locale: str = "zh"
    profile: dict[str, str] = {}
    history: tuple[str, ...] = ()


class Constraint(msgspec.Struct, frozen=True, kw_only=True):
    """One condition of a need.

    op: ``ge``, ``le`` (numbers), ``between`` (inclusive pair), ``eq`` (text), ``has`` (member of a set); ``told``: a wish in the
    user's words, which no attribute decides, only the need's ``meets``.
    text: how the user says it, in the session's language.
    """

    slot: str
    op: Literal["ge", "le", "between", "eq", "has", "told"]
    value: float | str | tuple[float, float]
    text: str
    disclosure: Disclosure = "on_ask"


class Need(msgspec.Struct, frozen=True, kw_only=True):
    """What the user wants in one goal. Privileged.

    constraints: in the order in which the user reveals them (volunteered ones first).
    preferences: soft weights of the gold utility; empty where the world has none.
    meets: ids of the items that meet the need, where it is known by its label alone: any other item misses every constraint.
    """

    constraints: tuple[Constraint, ...] = ()
    preferences: dict[str, float] = {}
    meets: tuple[str, ...] = ()


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """A logged event of one item in one goal. Privileged. position is 0-based, -1 where unknown."""

    item_id: str
    event: Event
    position: int = -1


class Goal(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to find within a session: what the user says first about it, and the candidate list."""

    category: str
    query: str
    candidates: tuple[str, ...]


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """One episode, without anything privileged. Goals are met one after the other.

    source: ``logged`` (a real dialogue), ``synthetic``, or ``constructed`` (joined from independent rows).
    """

    id: str
    user_id: str
    locale: str
    instruction: str
    context: dict[str, str]
    goals: tuple[Goal, ...]
    source: Literal["logged", "synthetic", "constructed"]


class Privileged(msgspec.Struct, frozen=True, kw_only=True):
    """What no agent may see of a session: needs and outcomes per goal (length G), patience in turns.

    left: whether the logged user left without taking anything up; None where the log does not say.
    """

    needs: tuple[Need, ...]
    outcomes: tuple[tuple[Outcome, ...], ...]
    patience: int = 4
    left: bool | None = None


class Action(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an agent does in a turn: ``recommend`` items, ``ask`` a question, ``search`` the catalogue or ``end`` the session.
    ``malformed`` is what a parser makes of unusable text.

    text: what the user reads. items: recommended item ids, best first. query, filters: for ``search``. error: why it is
    malformed. raw: the agent's own words where the action was parsed from text. mended: what in them was not quite the grammar.
    """

    act: Act
    items: tuple[str, ...] = ()
    text: str = ""
    query: str = ""
    filters: dict[str, str] = {}
    error: str = ""
    raw: str = ""
    mended: tuple[str, ...] = ()


class Reaction(msgspec.Struct, frozen=True, kw_only=True):
    """What the user does in answer. item_id: the item concerned ("" for none).

    extrapolated: the answer rests on a model outside what was logged for this session.
    """

    kind: ReactionKind
    text: str
    item_id: str = ""
    extrapolated: bool = False


class Message(msgspec.Struct, frozen=True):
    """A dialogue line in the OpenAI format."""

    role: Literal["system", "user", "assistant", "tool"]
    content: str


class AgentView(msgspec.Struct, frozen=True, kw_only=True):
    """All that an agent sees of one session before its turn. Holds nothing privileged, by type.

    turn: 0-based; horizon: turns at most; slate_size: items at most in a recommendation. instruction: how to answer.
    query: what the user has said about the current goal so far (opening, then later statements).
    messages: the dialogue so far. candidates: (C,) the current goal's candidate list, in an order without meaning.
    popularity: (C,) log1p of orders in other users' logs.  retrieved: ids that ``search`` brought up so far.
    shown: ids recommended in this goal already.
    """

    session_id: str
    locale: str
    category: str
    turn: int
    horizon: int
    slate_size: int
    instruction: str
    user: User
    context: dict[str, str]
    query: str
    messages: tuple[Message, ...]
    candidates: tuple[Item, ...]
    popularity: tuple[float, ...]
    retrieved: tuple[Item, ...] = ()
    shown: tuple[str, ...] = ()


class ScorerRow(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The canonical row, the only thing that scorers train on and score.

    Which fields a dimension reads, its record says (``rewards.dimensions``); the others are empty.
    items: best-first as shown, of which the first ``shown`` were shown (0: all).
    label: in [0, 1], one number a row (a tuple over items where those are the row); None where unlabelled.
    group: what a split must not cut (user, prompt, conversation).
    order: (C,) the place of each item in the source, from 0, where the source's order says which items are right and the row's is
    another; empty: the same. No scorer reads it.
    """

    dimension: str
    id: str = ""
    group: str = ""
    locale: str = ""
    instruction: str = ""
    query: str = ""
    response: str = ""
    evidence: str = ""
    user: str = ""
    context: str = ""
    item: str = ""
    items: tuple[str, ...] = ()
    shown: int = 0
    label: float | tuple[float, ...] | None = None
    order: tuple[int, ...] = ()
