"""Fields of an action that are not quite the grammar but have one reading, as the grammar wants them."""

from __future__ import annotations

from typing import Any

FIELDS: dict[str, frozenset[str]] = {
    "recommend": frozenset({"items", "text"}),
    "ask": frozenset({"text"}),
    "search": frozenset({"query", "filters", "text"}),
    "end": frozenset({"text"}),
}
"""Act -> fields beside ``act``."""
_WHOLE = {act: fields | {"act"} for act, fields in FIELDS.items()}

_MOST_NAMED = 5
_EXACT = 1e16  # from here on a float has no fraction to write


def mend(fields: dict[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The fields of an object that names an act, and what was mended; fields of no known act are given back as they are.

    The act may be written with capitals and spaces; a key that the act does not have is left out, and so is one that is null;
    ids may be numbers, 12 or 12.0 for "12".
    """
    act, slips = fields.get("act"), list[str]()
    if isinstance(act, str) and act not in FIELDS and act.strip().lower() in FIELDS:
        act = act.strip().lower()
        slips.append("spelling of the act")
    if not isinstance(act, str) or act not in FIELDS:
        return fields, ()
    if not slips and fields.keys() <= _WHOLE[act] and not _mendable(fields):
        return fields, ()
    kept = {key: value for key, value in fields.items() if key in FIELDS[act]}
    extra = sorted(key for key in fields if key != "act" and key not in kept)
    slips += [f"key {_short(key)} left out" for key in extra[:_MOST_NAMED]]
    slips += [f"{len(extra) - _MOST_NAMED} more keys left out"] if len(extra) > _MOST_NAMED else []
    slips += [f"null {key}" for key, value in kept.items() if value is None]
    kept = {key: value for key, value in kept.items() if value is not None}
    items, filters = kept.get("items"), kept.get("filters")
    if isinstance(items, list) and any(_is_number(i) for i in items):
        kept["items"] = [_digits(i) if _is_number(i) else i for i in items]
        slips.append("number as id")
    if isinstance(filters, dict) and None in filters.values():
        kept["filters"] = {name: value for name, value in filters.items() if value is not None}
        slips.append("null filter")
    return {"act": act, **kept}, tuple(slips)


def _mendable(fields: dict[str, Any]) -> bool:
    """Whether one of the values is what may be mended, or of a kind to look into."""
    items = fields.get("items")
    if isinstance(items, list) and not all(isinstance(i, str) for i in items):
        return True
    return None in fields.values() or bool(fields.get("filters"))


def _is_number(value: Any) -> bool:
    """Whether a value is a finite number."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value - value == 0


def _digits(number: float) -> str:
    whole = isinstance(number, float) and number.is_integer() and abs(number) < _EXACT
    return str(int(number) if whole else number)


def _short(key: str) -> str:
    text = repr(key.encode(errors="replace").decode())
    return text if len(text) <= 40 else text[:37] + "..."
