"""CrossWOZ (Zhu et al., TACL 2020): rows made from human dialogues and the entity database; texts in Chinese.

Two kinds, both from utterances whose published dialogue acts say exactly what was said:

    :need:TURN:DOMAIN:itemN  query_item_relevance. query: a user utterance that states constraints on one kind of place;
        item: a place of that kind as scorers see it at run time. label: 1 where it satisfies all the stated constraints, else 0.
        Up to two places of either label; of the others one that misses a single constraint, where there is one.
    :fact:TURN:N  factual_consistency. query: the user's utterance; response: the wizard's answer with values of one place;
        evidence: that place's record. N = 1: as said, label 1; N = 2: one value replaced by that of a neighbour, label 0.

An utterance makes rows only where its acts can be checked against the database: no reference to another place, every value said
word for word and (for facts) the record's. A place whose record, as rendered, does not show whether it satisfies is not drawn.
Draws depend on the dialogue's key alone. INDEX is the place of a dialogue in its file. group: the dialogue.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recenv import rng
from recenv.data.candidates import Pool, missed
from recenv.data.constraints import fold
from recenv.data.crosswoz import Catalogue, dialogue_files, load_catalogue
from recenv.data.crosswoz_dialogue import Dialogue, Message, parse
from recenv.data.crosswoz_needs import DOMAINS, FACILITY, constraints_of
from recenv.data.jsonl import members
from recenv.data.render import item_text, label, value_text
from recenv.data.rowsets.entry import RowSet
from recenv.data.rowsets.reading import Aside, Record, made_of, refuse, unpacked
from recenv.errors import InputError
from recenv.records import Constraint, Item, ScorerRow, Value

_EACH = 2
_NEED, _FACT = rng.word("rowsets/crosswoz/need"), rng.word("rowsets/crosswoz/fact")
_SLOTS = {
    "评分": "rating", "人均消费": "price", "价格": "price", "门票": "price", "地址": "address", "电话": "phone", "地铁": "subway",
    "营业时间": "hours", "酒店类型": "hotel_type", "游玩时间": "duration", "推荐菜": "dishes", "酒店设施": "facilities",
}
_UNSHOWN = ("address", "phone", "hours", "subway")  # left out by item_text; facts are about them too
_NAMING = ("Inform", "Recommend")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


class _Claim(NamedTuple):
    """A value of a slot, as said in an utterance."""

    slot: str
    said: str


def convert(folder: Path, aside: Aside = refuse) -> Iterator[ScorerRow]:
    catalogue = load_catalogue(folder)
    seen: dict[str, Path] = {}
    for file in dialogue_files(folder):
        stem = re.sub(r"\.json(\.gz|\.zip)?$", "", file.name)
        if seen.setdefault(stem, file) != file:
            raise InputError(f"{seen[stem]} and {file} would give rows the same ids; leave only one of them in the folder")
        with unpacked(file) as stream:
            for index, (key, raw, _) in enumerate(members(stream, str(file))):
                record = Record(f"crosswoz/{stem}:{index}", f"{file}, record {index} (dialogue {key})", raw)
                yield from made_of(record, partial(_rows_of, group=f"crosswoz/{key}", catalogue=catalogue), aside) or ()


def _rows_of(record: Record[object], group: str, catalogue: Catalogue) -> list[ScorerRow]:
    return list(_rows(parse(record.value), record.id, group, catalogue))


def _rows(dialogue: Dialogue, id_: str, group: str, catalogue: Catalogue) -> Iterator[ScorerRow]:
    named: dict[str, str] = {}  # domain -> the place last named
    query = ""
    for turn, message in enumerate(dialogue.messages):
        for domain in DOMAINS:
            names = [v for act, d, slot, v in message.dialog_act if d == domain and slot == "名称" and act in _NAMING]
            if names:
                named[domain] = names[0] if len(set(names)) == 1 else ""
            if message.role == "usr":
                yield from _need_rows(message, domain, f"{id_}:need:{turn}", group, catalogue.pools[domain])
        if message.role == "usr":
            query = message.content
        else:
            yield from _fact_rows(message, query, named, f"{id_}:fact:{turn}", group, catalogue)


# -- does a place satisfy what was stated ------------------------------------------------------------------------------


def _need_rows(message: Message, domain: str, id_: str, group: str, pool: Pool) -> Iterator[ScorerRow]:
    constraints = _stated(message, domain)
    if not constraints:
        return
    misses = missed(pool, constraints)
    order = rng.permutation(len(pool.items), rng.word(group), rng.word(id_), _NEED)

    def drawn(wanted: NDArray[np.bool_], most: int) -> list[Item]:
        places = (pool.items[n] for n in order if wanted[n])
        return list(islice((item for item in places if _visible(item, constraints)), most))

    fits = drawn(misses == 0, _EACH)
    near = drawn(misses == 1, _EACH)
    far = drawn(misses > 1, _EACH)
    fails = [*near[:1], *far, *near[1:]][:len(fits)]
    for n, item in enumerate((*fits, *fails)):
        yield ScorerRow(
            dimension="query_item_relevance", id=f"{id_}:{DOMAINS[domain].stem}:item{n}", group=group, locale="zh",
            query=message.content, item=item_text(item), label=float(n < len(fits)))


def _stated(message: Message, domain: str) -> list[Constraint]:
    """The constraints on a kind of place that an utterance states; none where a part of them cannot be checked."""
    out: list[Constraint] = []
    for act, d, slot, value in message.dialog_act:
        if d != domain:
            continue
        if act == "Select" or (act == "Inform" and slot == "名称"):
            return []
        if act == "Inform":
            made = constraints_of(slot, [value] if slot == "推荐菜" else value, {})
            if not made:
                return []
            out += made
    return out


def _visible(item: Item, constraints: Sequence[Constraint]) -> bool:
    """Whether the members that constraints ask for, if the place has them, are among those that its text shows."""
    for c in (c for c in constraints if c.op == "has"):
        have = item.attributes.get(c.slot)
        members = have if isinstance(have, tuple) else ()
        text = fold(value_text(c.slot, members, item.locale))
        if any(fold(str(c.value)) == fold(str(m)) for m in members) and fold(str(c.value)) not in text:
            return False
    return True


# -- is what was said of a place true ----------------------------------------------------------------------------------


def _fact_rows(
    message: Message, query: str, named: dict[str, str], id_: str, group: str, catalogue: Catalogue
) -> Iterator[ScorerRow]:
    domains = {d for act, d, slot, _ in message.dialog_act if act != "General"}
    domain = next(iter(domains)) if len(domains) == 1 else ""
    place = catalogue.ids.get(domain, {}).get(named.get(domain, ""))
    if place is None:
        return
    pool = catalogue.pools[domain]
    item = pool.items[pool.row[place]]
    claims = _claims(message, domain)
    if not claims or not all(_true(item, claim) for claim in claims):
        return
    told = [claims[n] for n in rng.permutation(len(claims), rng.word(id_), rng.word(group), _FACT)]
    others = _neighbours(item, pool, id_)
    swapped = next((text for claim in told for other in others if (text := _swap(message.content, claim, item, other))), "")
    if not swapped:
        return
    for n, (response, truth) in enumerate(((message.content, 1.0), (swapped, 0.0)), 1):
        yield ScorerRow(
            dimension="factual_consistency", id=f"{id_}:{n}", group=group, locale="zh", evidence=_record_text(item), query=query,
            response=response, label=truth)


def _claims(message: Message, domain: str) -> list[_Claim]:
    """What an utterance claims of a place, empty where a part of it cannot be checked word for word."""
    out: list[_Claim] = []
    for act, d, slot, value in message.dialog_act:
        if d != domain or (slot == "名称" and act in _NAMING):
            continue
        facility = slot.startswith(FACILITY)
        claim = _Claim(_SLOTS.get(slot.split("-")[0], ""), slot.removeprefix(FACILITY) if facility else value)
        if act != "Inform" or not claim.slot or (facility and value != "是") or message.content.count(claim.said) != 1:
            return []
        out.append(claim)
    return out


def _true(item: Item, claim: _Claim) -> bool:
    have = item.attributes.get(claim.slot)
    if have is None:
        return False
    if isinstance(have, tuple):
        return any(fold(str(m)) == fold(claim.said) for m in have)
    if isinstance(have, (int, float)):
        number = _NUMBER.search(claim.said)
        return have == (float(number[0]) if number else 0.0 if claim.said == "免费" else None)
    return fold(str(have)) == fold(claim.said)


def _neighbours(item: Item, pool: Pool, id_: str) -> list[Item]:
    """The other places of the kind: those near this one first, then the rest, each part in a drawn order."""
    near = item.attributes.get("nearby")
    names = set(near) if isinstance(near, tuple) else set()
    drawn = [pool.items[n] for n in rng.permutation(len(pool.items), rng.word(id_), _FACT)]
    return sorted((other for other in drawn if other.name != item.name), key=lambda other: other.name not in names)


def _swap(text: str, claim: _Claim, item: Item, other: Item) -> str:
    """The text with a claimed value replaced by another place's; "" where that would not make it false."""
    have, value = item.attributes[claim.slot], other.attributes.get(claim.slot)
    if value is None:
        return ""
    own = {fold(str(m)) for m in have} if isinstance(have, tuple) else {fold(str(have))}
    new = next((str(m) for m in value if fold(str(m)) not in own), "") if isinstance(value, tuple) else _like(claim.said, value)
    if not new or fold(new) in own or fold(new) == fold(claim.said) or value == have:
        return ""
    if any(fold(new) in o or o in fold(new) for o in own) and not isinstance(value, float):
        return ""  # a part of the true value, or all of it and more, is not clearly false
    return text.replace(claim.said, new)


def _like(said: str, value: Value) -> str:
    """Another value in the way in which one was said: with its unit."""
    if not isinstance(value, (int, float)):
        return str(value)
    return _NUMBER.sub(f"{value:g}", said, count=1) if _NUMBER.search(said) else f"{value:g}元"


def _record_text(item: Item) -> str:
    """A place's record with everything that is claimed of places, sets in full; places nearby are left out."""
    told = {s: v for s, v in item.attributes.items() if s != "nearby"}
    sets = {s: v for s, v in told.items() if isinstance(v, tuple)}
    brief = {s: v for s, v in told.items() if s not in sets and s not in _UNSHOWN}
    head = item_text(Item(id=item.id, category=item.category, name=item.name, locale=item.locale, attributes=brief))
    lines = [f"{label(s, item.locale)}: {told[s]}" for s in _UNSHOWN if s in told]
    lines += [f"{label(s, item.locale)}: {'、'.join(map(str, v))}" for s, v in sets.items()]
    return "；".join((head, *lines))


ENTRY = RowSet("does a place satisfy what a user states; is a value claimed of a place its record's (Chinese)",
               ("query_item_relevance", "factual_consistency"), convert,
               licence="Apache-2.0", origin="thu-coai/CrossWOZ @ df82c9f (Zhu et al., TACL 2020)")
