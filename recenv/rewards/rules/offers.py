"""What an instruction demands that every item has ("must have parking", "要能带宠物", "no entrance fee"), and whether it has.

A record that lists what a place offers is taken to list all of it, as needs are decided (``data.constraints``); one that lists
nothing decides nothing. Clauses come normalised (``lexical.norm``).
"""

from __future__ import annotations

import re

from recenv.data.constraints import MET, MISSED, UNKNOWN
from recenv.records import Item
from recenv.rewards.reading.concepts import concepts
from recenv.rewards.reading.lexical import norm
from recenv.rewards.rules import CACHES
from recenv.rewards.rules.wish import Wish

_NAMES = (
    "wifi parking cards children pets step-free all-day bookable metro quiet private-room outdoor takeaway vegetarian birthday "
    "home-visits no-membership staff returns genuine member-discount gift-wrap breakfast pickup pool gym free-cancel insurance "
    "experts english audio students photos indoors evening aircon lift luggage laundry-service wake-up meeting spa sauna bar "
    "business-centre car-hire smoke-free hot-water foreigners low-sugar dairy-cream invoice playground")
OFFERS = frozenset(_NAMES.split())
"""Concepts that records list."""

_LISTS = ("tags", "facilities")
_ALSO = ("subcategory", "hotel_type", "type")
_MUST = re.compile(
    r"\b(?:must|should|shall|has to|have to|would like|want|looking for|needs?|requires?|required|only|"
    r"with|has|have|offers?|allows?|accepts?|"
    r"provides?|speaks?)\b|\bpets allowed\b|必须|一定|务必|[得需要带有能]|可以|可|支持|提供|只|方便")
_NOT = re.compile(
    r"\b(?:no|not|never|avoid|skip|exclud\w+|without|nothing|none|neither|nor|cannot|outside|unless|already|instead)\b|"
    r"[不别避勿除无没免]|排除|拒绝")
_FREE = re.compile(
    r"(?:不要|不用|不收|不需要?|无需|没有|免)(?:买)?(?:门票|入场费|票)|门票(?:全部?|都|得|要|必须)?免费|"
    r"免费(?:的)?(?:景点|公园|博物馆|地方|入场|入园|开放|参观)|"
    r"\bfree (?:entry|entrance|admission|to enter)\b|\bfree of charge\b|\bno tickets?(?: needed| required)?\b|"
    r"\b(?:no|without(?: an?| any)?) (?:entrance|entry|admission|ticket) (?:fees?|charges?|costs?)\b|"
    r"\bfree(?: -?of -?charge)? (?:attractions?|sights?|places?|parks?|museums?|spots?)\b")
_FREE_DELIVERY = re.compile(
    r"(?:免|不要|不收|无需|没有)(?:送货|配送|外送|运)费|包邮|\bfree (?:delivery|shipping)\b|"
    r"\bno (?:delivery|shipping) (?:fees?|charges?|costs?)\b")


def free(clause: str) -> list[Wish]:
    """Demands that entry, or delivery, costs nothing."""
    found = [Wish("price", match.group(), high=0.0) for match in _FREE.finditer(clause)]
    return found + [Wish("fee", match.group(), high=0.0) for match in _FREE_DELIVERY.finditer(clause)]


def offers(clause: str) -> list[Wish]:
    """Demands that every item has something; none where the clause says what is not wanted."""
    asked = [c for c in concepts(clause) if c.name in OFFERS and clause[c.start:c.end] != "english"]
    if not asked:
        return []
    rest = "".join(clause[before:c.start] + "_" for before, c in zip([0, *(c.end for c in asked)], asked, strict=False))
    rest += clause[asked[-1].end:]
    within = any(_MUST.search(clause[c.start:c.end]) for c in asked)
    if _NOT.search(rest) or not (within or _MUST.search(rest)):
        return []
    return [Wish("offer", clause[c.start:c.end], names=(c.name,)) for c in asked]


def concept_of(label: str) -> str:
    """What a field of this label is about, in words that ``offered`` knows; "" for other fields."""
    return label if any(c.name in OFFERS for c in concepts(label)) else ""


def offered(wish: Wish, item: Item) -> int:
    """MET, MISSED or UNKNOWN."""
    listed = [v for slot in _LISTS for v in _members(item, slot)]
    if wish.names[0] in _had("; ".join([item.name, *(v for slot in _ALSO for v in _members(item, slot)), *listed])):
        return MET
    return MISSED if listed else UNKNOWN


@CACHES.keep(16_384)
def _had(text: str) -> frozenset[str]:
    return frozenset(c.name for c in concepts(norm(text)))


def _members(item: Item, slot: str) -> tuple[str, ...]:
    have = item.attributes.get(slot)
    if isinstance(have, (tuple, list)):
        return tuple(map(str, have))
    return (have,) if isinstance(have, str) and have.strip() else ()
