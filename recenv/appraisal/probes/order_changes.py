"""Changes of order: attributes, records, fields of a profile, items of a list."""

from __future__ import annotations

import re

import msgspec

from recenv.appraisal.probes.changes import PERSON, RECORDS, Change
from recenv.records import ScorerRow

LISTED = "items of the list reversed"
"""The one change of a row's list itself; the items keep their texts."""

_PAIR = re.compile(r"^[^:：;；]{1,20}[:：] ?\S")


def reversed_list(row: ScorerRow) -> ScorerRow | None:
    """The row with its items in reverse; None where there is nothing to reverse."""
    if len(row.items) < 2:
        return None
    label = row.label[::-1] if isinstance(row.label, tuple) else row.label
    return msgspec.structs.replace(row, items=row.items[::-1], label=label)


def _attributes(text: str, locale: str) -> str:
    """Each record (a line) with its ``label: value`` pairs in reverse; what comes before them stays in front."""
    return "\n".join(map(_reversed_pairs, text.split("\n")))


def _reversed_pairs(line: str) -> str:
    mark = "；" if "；" in line else "; "
    parts = line.split(mark)
    pairs = [p for p in parts if _PAIR.match(p)]
    if len(pairs) < 2:
        return line
    return mark.join([*(p for p in parts if not _PAIR.match(p)), *reversed(pairs)])


def _records(text: str, locale: str) -> str:
    """Lines reversed, if all of them look like records."""
    lines = text.split("\n")
    return "\n".join(reversed(lines)) if len(lines) > 1 and all(";" in n or "；" in n for n in lines) else text


ORDER: tuple[Change, ...] = (
    Change("attributes in another order", _attributes, RECORDS),
    Change("records in another order", _records, ("evidence",)),
    Change("profile and context in another order", lambda t, _: _reversed_pairs(t), PERSON),
)
