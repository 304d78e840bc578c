"""The places that an answer may speak of, from the records of its evidence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

from recenv.rewards.features import CACHES
from recenv.rewards.features.prose.catalogue import Entry
from recenv.rewards.features.prose.measures import measures
from recenv.rewards.features.prose.wording import CLAUSE, denies
from recenv.rewards.reading import concepts
from recenv.rewards.reading.quantities import quantities
from recenv.rewards.reading.records import Field

MONEY, RATING, DISTANCE, CLOCK = "money", "rating", "distance", "clock"
_MEASURED = {"price": MONEY, "rating": RATING, "distance": DISTANCE}
_SLOT = {"price": MONEY, "rating": RATING}
_MEMBER = re.compile(r"[、,;()]")
_LACKS = re.compile(
    r"\b(?:no|none|not|without|never|n/a)\b(?! (?:appointment|membership|reservation))|"
    r"(?:^|[\s:])(?:无(?!障碍|线|烟|糖|理由)|没有?|不(?!打烊|限)|暂无)")


_SELLERS = frozenset(("商家", "店铺", "shop", "store", "merchant", "seller", "vendor"))
_PRICED = re.compile(r"\((\d{1,7}(?:\.\d{1,2})?)\s?(?:元|yuan)")


class Place(NamedTuple):
    """One record. values: by kind; own: the price, rating and distance that comparisons are about; has, lacks: concepts."""

    name: str
    text: str
    values: dict[str, tuple[float, ...]]
    own: dict[str, float]
    has: frozenset[str]
    lacks: frozenset[str]
    area: str
    kind: str
    members: tuple[str, ...]
    sold: dict[str, float]
    seller: str = ""  # the shop, where the record is of what it sells


@CACHES.keep(8_192)
def place_of(entry: Entry) -> Place:
    """One record as a place."""
    found = _place(entry.fields) if entry.fields else _told(entry.text)
    told = measures(entry)
    own = {kind: told[slot] for slot, kind in _MEASURED.items() if slot in told}
    return found._replace(name=entry.name, text=entry.text, own=own)


def _told(text: str) -> Place:
    """A place that is told of in sentences."""
    has: set[str] = set()
    lacks: set[str] = set()
    for clause in CLAUSE.split(text):
        for concept in concepts.told(clause):
            (lacks if denies(clause, concept) else has).add(concept.name)
    return Place("", text, _values(text, ()), {}, frozenset(has), frozenset(lacks), "", "", (), {})


_IMPLIED = {"playground": "children"}
"""What a place has that has another thing."""


def _place(record: Sequence[Field]) -> Place:
    name = next((f.value for f in record if f.role == "name"), "") or (record[0].value if not record[0].label else "")
    text = " ; ".join(f"{f.label} {f.value}" for f in record)
    rest = " ; ".join(f"{f.label} {f.value}" for f in record if f.value != name)
    area = next((f.value for f in record if f.role == "area"), "")
    members = tuple(
        m
        for f in record
        if len(f.members) > 1 or f.role in ("dishes", "kind") or f.label in ("商品", "products")
        for m in map(_bare, f.members)
        if len(m) > 1 and f.role not in ("hours", "phone", "address", "nearby")
    )
    kind = next((f.value for f in reversed(record) if f.role == "kind"), "")  # the narrower one stands last
    sold = {_bare(m): float(price.group(1)) for f in record for m in f.members if (price := _PRICED.search(m))}
    parts = (part for f in record if f.value != name for part in _MEMBER.split(f"{f.label} {f.value}"))
    lacks = frozenset(c.name for part in parts if _LACKS.search(part) for c in concepts.told(part))
    has = frozenset(c.name for c in concepts.told(rest)) - lacks
    has |= {more for one, more in _IMPLIED.items() if one in has} - lacks
    seller = next((f.value for f in record[1:] if f.label in _SELLERS and f.value != name), "")
    return Place(name, text, _values(rest, record), {}, has, lacks, area, kind, members, sold, seller)


def _bare(member: str) -> str:
    return member[: member.rfind("(")].rstrip() if member.endswith(")") and "(" in member else member


def _values(text: str, record: Sequence[Field]) -> dict[str, tuple[float, ...]]:
    found: dict[str, list[float]] = {}
    for q in quantities(text):
        found.setdefault(q.kind, []).append(q.value)
    for field in record:
        if field.role in _SLOT and len(field.value) < 24:
            found.setdefault(_SLOT[field.role], []).extend(q.value for q in quantities(field.value))
    return {kind: tuple(values) for kind, values in found.items()}


def every(places: Sequence[Place], kind: str) -> list[float]:
    every = (dict.fromkeys((*p.values.get(kind, ()), *((p.own[kind],) if kind in p.own else ()))) for p in places)
    return list(chain.from_iterable(every))[:40]
