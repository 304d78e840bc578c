"""What a record must be before it is stored: checked for all readers at one place, so that a row is taken whole or not at all."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from typing import Any

import msgspec

from recenv.data.constraints import SLOTS
from recenv.errors import RowError
from recenv.records import Constraint, Item, Need, Privileged, Session, User, Value

MOST_PATIENCE = 1000
"""Turns; no log has longer sessions."""
RANGES = {"price": (0.0, 1e9), "rating": (0.0, 100.0), "distance": (0.0, 1e5)}
"""Numbers outside of these are no prices, ratings (of any scale) or distances in km."""
MOST_UTILITY = 1e6
STRANGE = (ArithmeticError, ValueError, TypeError, LookupError, RecursionError)
"""What a row that nobody thought of may raise: it is set aside like any bad row, and no other row with it."""


MOST_DEEP = 100
"""Levels that a row may be nested in."""
_MOST_MARKS = 1_000_000
_NO_MARKS = bytes(c for c in range(256) if c not in b"[]{}")


def check_depth(data: bytes) -> None:
    """Raise RowError for JSON that is nested too deeply: readers would refuse it sooner or later by where they are called from.

    Brackets in texts count, too; far cheaper than to tell them apart.
    """
    marks = data.translate(None, _NO_MARKS)
    if len(marks) > _MOST_MARKS:
        raise RowError(f"more than {_MOST_MARKS:,} brackets")
    for _ in range(MOST_DEEP):  # each pass takes away the innermost level
        left = marks.replace(b"[]", b"").replace(b"{}", b"")
        if len(left) == len(marks):
            return
        marks = left
    if b"[]" in marks or b"{}" in marks:
        raise RowError(f"nested more than {MOST_DEEP} levels deep")


def strangely(error: BaseException) -> str:
    """Why a row cannot be used: a RowError says it, and of what nobody thought the kind is named."""
    if isinstance(error, RowError):
        return str(error)
    return f"cannot be read ({'too deep' if isinstance(error, RecursionError) else f'{type(error).__name__}: {error}'})"


def check_item(item: Item) -> None:
    """Raise RowError for an item without an id, a name or a category, or with a number that cannot be what its slot says."""
    if not item.id:
        raise RowError("a record of items has an empty id")
    if not item.name.strip():
        raise RowError(f"item {item.id!r}: the name is empty")
    if not item.category.strip():
        raise RowError(f"item {item.id!r}: the category is empty")
    for slot, (low, high) in RANGES.items():
        if slot in item.attributes and not in_range(slot, item.attributes[slot]):
            raise RowError(f"item {item.id!r}: {slot} must be in [{low:g}, {high:g}]; got {item.attributes[slot]!r}")


def check_user(user: User) -> None:
    """Raise RowError for a user without an id."""
    if not user.id:
        raise RowError("a record of users has an empty id")


def check_session(session: Session, privileged: Privileged, utilities: Sequence[Sequence[float]] | None) -> None:
    """Raise RowError for a session that cannot be played, or whose parts do not belong together."""
    if not session.id:
        raise RowError("a record of sessions has an empty id")
    if not session.goals or len(session.goals) != len(privileged.needs) or len(privileged.needs) != len(privileged.outcomes):
        raise RowError(f"session {session.id!r}: goals, needs and outcomes must be equally many and at least one")
    if not 1 <= privileged.patience <= MOST_PATIENCE:
        raise RowError(f"session {session.id!r}: patience must be in [1, {MOST_PATIENCE}] turns; got {privileged.patience}")
    for goal in session.goals:
        if not goal.category.strip():
            raise RowError(f"session {session.id!r}: the category of a goal is empty")
    for need in privileged.needs:
        check_need(need)
    for goal, values in zip(session.goals, utilities or (), strict=False):
        if len(values) != len(goal.candidates):
            raise RowError(f"session {session.id!r}: {len(values)} utilities for {len(goal.candidates)} candidates")
        if not all(math.isnan(v) or abs(v) <= MOST_UTILITY for v in values):
            raise RowError(f"session {session.id!r}: utilities must be in [-{MOST_UTILITY:g}, {MOST_UTILITY:g}]")


def check_need(need: Need) -> None:
    """Raise RowError for a constraint that no item could be compared with."""
    for one in need.constraints:
        what = f"constraint {one.slot} {one.op}"
        if one.op == "told":
            continue
        if one.slot not in SLOTS:
            raise RowError(f"{what}: the slot must be one of {', '.join(SLOTS)}")
        _check_value(one, what)


def _check_value(one: Constraint, what: str) -> None:
    value = one.value
    if one.op in ("ge", "le") and not isinstance(value, (int, float)):
        raise RowError(f"{what}: expected a number, got {_said(value)}")
    if one.op == "between" and not (isinstance(value, tuple) and value[0] <= value[1]):
        raise RowError(f"{what}: expected two numbers, the lower one first; got {_said(value)}")
    if one.op in ("eq", "has") and isinstance(value, tuple):
        raise RowError(f"{what}: expected one value, got {_said(value)}")
    if isinstance(value, str) and not value.strip():
        raise RowError(f"{what}: the value is empty")


def in_range(slot: str, value: Value) -> bool:
    """Whether a number can be what its slot says; other values can."""
    low, high = RANGES.get(slot, (-math.inf, math.inf))
    return not isinstance(value, (int, float)) or low <= value <= high


# -- JSON ----------------------------------------------------------------------------------------------------------


def decode_once(data: bytes) -> Any:
    """A JSON value no object of which names a key twice; raises RowError for one that does, and msgspec's errors."""
    value = _DECODER.decode(data)
    # a key that was said twice, or what looks like one in a text
    if b"{" in data and not _written(value, data.strip()) and len(_NAMED.findall(data)) != _keys(value):
        _ONCE.decode(data.decode())
    return value


def _written(value: Any, data: bytes) -> bool:
    """Whether a value is written just so, without or with spaces: what was said twice would be missing. Far cheaper than
    counting, and no more than a hint where it is not."""
    own = msgspec.json.encode(value)
    return len(own) <= len(data) and (own == data or msgspec.json.format(own, indent=0) == data)


_DECODER = msgspec.json.Decoder()


_NAMED = re.compile(rb'"\s*:')


def _keys(value: Any) -> int:
    if isinstance(value, dict):
        return len(value) + sum(map(_keys, value.values()))
    return sum(map(_keys, value)) if isinstance(value, list) else 0


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise RowError(f"the key {twice[:60]!r} is named twice")
    return made


_ONCE = json.JSONDecoder(object_pairs_hook=_once, parse_int=str, parse_float=str)


def _said(value: object) -> str:
    return repr(value)[:60]
