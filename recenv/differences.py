"""Where two records first differ, so that a refusal can name it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec


class Difference(NamedTuple):
    """path: of the first value that differs, as ``turns[0].reward``; before, now: both, as ``repr`` gives them, shortened."""

    path: str
    before: str
    now: str


def first_difference(before: object, now: object) -> Difference | None:
    """The first difference between two values as JSON has them (structs, dicts, sequences, plain values); None if there is none.

    Of mappings the keys are gone through in order, one that is missing on one side is absent there; of sequences of unequal
    lengths the number is what differs. 1, 1.0 and true differ.
    """
    a, b = (msgspec.json.decode(msgspec.json.encode(value)) for value in (before, now))  # tuples equal the lists they become
    return _first(a, b, "")


_ABSENT = object()
_LONG, _AHEAD = 80, 20  # characters that are shown of a value, and of what two texts have in common before they part


def _first(a: Any, b: Any, path: str) -> Difference | None:
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        pairs = [(f"{path}.{k}" if path else str(k), a.get(k, _ABSENT), b.get(k, _ABSENT)) for k in sorted({**a, **b})]
    elif isinstance(a, Sequence) and isinstance(b, Sequence) and not isinstance(a, str) and not isinstance(b, str):
        if len(a) != len(b):
            return Difference(f"the number of {path}", str(len(a)), str(len(b)))
        pairs = [(f"{path}[{i}]", x, y) for i, (x, y) in enumerate(zip(a, b, strict=True))]
    else:
        return None if a == b and type(a) is type(b) else Difference(path, *_from_where_they_part(a, b))
    return next((d for p, x, y in pairs if (d := _first(x, y, p))), None)


def _from_where_they_part(a: Any, b: Any) -> tuple[str, str]:
    """Both as ``repr`` gives them, of long texts that begin alike from just before they part."""
    if isinstance(a, str) and isinstance(b, str) and max(len(a), len(b)) > _LONG:
        alike = next((n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
        if alike > _AHEAD:
            a, b = f"...{a[alike - _AHEAD:]}", f"...{b[alike - _AHEAD:]}"
    return _brief(a), _brief(b)


def _brief(value: Any) -> str:
    text = "absent" if value is _ABSENT else repr(value)
    return text if len(text) <= _LONG else text[:_LONG - 3] + "..."
