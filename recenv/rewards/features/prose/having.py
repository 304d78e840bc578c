"""What places are said to have, which kinds and dishes, and where they are said to be."""

from __future__ import annotations

import re
from collections.abc import Sequence

from recenv.rewards.features.prose.clauses import Clause
from recenv.rewards.features.prose.genres import genres
from recenv.rewards.features.prose.places import Place
from recenv.rewards.features.prose.scope import TWO, counted, says_all, scope_of
from recenv.rewards.features.prose.tally import Tally
from recenv.rewards.features.prose.wording import ALL, EACH_ITS, NO, NONE, NOT_THERE, ONLY, denies
from recenv.rewards.reading import concepts
from recenv.rewards.rules.kinds import DISTRICT_EN, DISTRICT_ZH

_PRAISE = frozenset(("award", "famous"))
GAP = re.compile(
    r"没(?:有)?(?:写|提|说|标|注明)|未(?:提|写|标|注明|说明)|不清楚|不确定|\bwhether\b|"
    r"\bnot (?:state|say|mention|list|specify|see|know|sure)|"
    r"\bnot (?:stated|listed|mentioned|specified|given|shown)\b|\bno (?:word|mention|note) (?:of|on|about)\b|"
    r"\bnothing (?:on|about)\b|"
    r"\bnot (?:on record|in the record)|\bnobody mentions\b|\b(?:un(?:listed|stated|known))\b|没标|看不出|查不到")
"""Says that records are silent."""
_DISTRICT = re.compile(rf"(?:{DISTRICT_ZH})(?=区|县|的|[,。;]|$)|\b(?:{DISTRICT_EN})\b")
_IS = re.compile(
    r"\b(?:is|are|as|being|both|only|another|your)\b|是|为|属|算|做|卖|主打|当|[:·|]|^\s?(?:an?|the)\b|(?:^|[,，])\s?$")
_LEVEL = re.compile(r"(?:\byour|\bthe|\bthis|\d)(?: \d(?:\.\d)?)?(?: stars?)? $")
"""Before a bar that is no place to drink at: "your 3.8 bar"."""
_HAS = re.compile(r"(?:有|带|配|\bwith|\bha[sd]|\bhave)(?: an?)?\s?$")
_NONE_OF = re.compile(r"\b(?:neither|none of (?:the|these|those))\s$")
_NOT_ONE = re.compile(r"[1一]家也?都?[没不]|没有?[1一]家|\d家[都均]不|\bnot one\b|\bno\b")
_SO_MANY = re.compile(r"(?<![\d.第前后])([1-9])(?:[家个间款]是?|\s(?:(?!are\b|of\b|is\b|were\b)[a-z]{2,12} )?)$")
_SO_MANY_BEHIND = re.compile(r"[^\d,。;]{1,12}?(?<![第前后\d.])([1-9])家")
_ONE_IN = re.compile(r"1[家个]?在.{1,12}1[家个]?在|\b(?:one|1)(?: is)? in\b.{1,24}\b(?:(?:one|1)|the other)(?: is)? in\b")
"""One here and one there, whichever is which."""
_NEITHER_NOR = re.compile(r"\bneither\b[^,.;]{1,60}\bnor\b")
_THEY_ALL = re.compile(r"(?<![家者个店])都(?:有|是|能|可以|在|不错)")
"""Says of the things that a clause lists, and not of places, that all of them are so."""


_WHOLE = re.compile(
    r"无一例外|全部|所有|家家|每[一1]?[家个]|\ball of (?:them|these)\b|\bevery (?:single )?(?:1|one) of (?:them|these|the)\b")
OF_ALL = ("whole_right", "whole_wrong")


def of_all(clause: Clause, places: Sequence[Place]) -> dict[str, int]:
    """Counts by OF_ALL of what every place there is, so many as there are, is said to have or to lack."""
    found = dict.fromkeys(OF_ALL, 0)
    match = ALL.search(clause.text)
    if match is None or clause.open or len(places) < 2 or GAP.search(clause.text) or not says_all(clause):
        return found
    two = len(places) == 2 and TWO.match(match.group()) is not None
    if not (two or counted(clause.text) == len(places) or match.group("n") == str(len(places)) or _WHOLE.search(clause.text)):
        return found
    for concept in concepts.told(clause.text):
        have = sum(concept.name in p.has for p in places)
        found["whole_right" if have == (0 if denies(clause.text, concept) else len(places)) else "whole_wrong"] += 1
    return found


def of_its_kind(clause: Clause, places: Sequence[Place], every: tuple[int, ...]) -> tuple[int, ...]:
    """Those of some places that are of the kind which a clause about no place in particular names: "none of the hotels"."""
    kinds = {kind for kind, _ in genres(clause.text)}
    if len(kinds) != 1 or clause.own:
        return every
    return tuple(n for n in every if kinds & {kind for kind, _ in genres(f"{places[n].name} ; {places[n].kind}")}) or every


def having(clause: Clause, places: Sequence[Place], tally: Tally) -> str:
    """What places are said to have; returns the clause without it."""
    text = clause.text
    said_of = [c for c in concepts.told(text) if c.name != "bar" or not _LEVEL.search(text, max(0, c.start - 20), c.start)]
    if not said_of:
        return text
    things = len(said_of) > 1 and len(clause.about) == 1 and _THEY_ALL.search(text) is not None
    gap, only, every, said = GAP.search(text), ONLY.search(text), says_all(clause), counted(text)
    none = NONE.search(text) and not (len(clause.about) == 1 and _NEITHER_NOR.search(text))
    for concept in said_of:
        text = text[: concept.start] + " " * (concept.end - concept.start) + text[concept.end :]
        if clause.open:
            continue
        denied = denies(clause.text, concept)
        if gap:
            silent = all(concept.name not in places[n].has for n in clause.about)
            tally.add("denied_rightly" if silent else "denied_wrongly")
            continue
        holders = [n for n, p in enumerate(places) if concept.name in p.has]
        if none:
            scope = of_its_kind(clause, places, scope_of(clause, places) or tuple(range(len(places))))
            tally.add("all_wrong" if set(scope) & set(holders) else "all_right")
        elif only and not denied and clause.about:
            right = set(clause.about) <= set(holders) and not set(holders) - set(clause.about)
            told = set(clause.seen) if set(clause.seen) - set(clause.about) else set(holders)
            loose = set(clause.about) <= set(holders) and not (set(holders) & told) - set(clause.about)
            tally.add("only_right" if right or loose else "only_wrong")
        elif every and not (said and said < 2) and not things:
            scope = scope_of(clause, places)
            if scope:
                wrong = bool(set(scope) & set(holders)) if denied else bool(set(scope) - set(holders))
                tally.add("all_wrong" if wrong else "all_right")
        elif said and said <= len(places) and len(places) > 1 and not clause.own:
            tally.add("counted_right" if said == len(holders) else "counted_wrong")
        else:
            _of_each(concept.name, denied, clause, places, holders, tally)
    return text


def _of_each(name: str, denied: bool, clause: Clause, places: Sequence[Place], holders: Sequence[int], tally: Tally) -> None:
    about = clause.about or clause.seen
    if not about:
        tally.add("held" if holders else "praised" if name in _PRAISE else "unheld")
        return
    have = [n for n in about if n in holders]
    if denied:
        tally.add("denied_wrongly" if have and len(have) == len(about) else "denied_rightly")
    elif len(have) == len(about):
        tally.add("held")
    elif any(name in places[n].lacks for n in about):
        tally.add("denied_wrongly")
    else:
        tally.add("praised" if name in _PRAISE else "borrowed" if holders else "unheld")


def areas(clause: Clause, places: Sequence[Place], tally: Tally) -> None:
    if clause.open:
        return
    said = {m.group() for m in _DISTRICT.finditer(clause.text)} | {
        p.area for p in places if len(p.area) > 1 and p.area in clause.text
    }
    said = {a for a in said if not any(a != other and a in other for other in said)}
    if not said:
        return
    none = NONE.search(clause.text) is not None
    about = scope_of(clause, places) if says_all(clause) else clause.about or (tuple(range(len(places))) if none else ())
    own = [n for n in about if places[n].area]
    so_many = 0 if clause.own else counted(clause.text)
    if len(said) == 1 and so_many and so_many <= len(places) and all(p.area for p in places):
        (area,) = said
        number = sum(area in p.text for p in places)
        tally.add("areas_right" if number == (0 if none else so_many) else "areas_wrong")
        return
    if len(said) == len(own) > 1:
        in_turn = all(a in places[n].text for a, n in zip(sorted(said, key=clause.text.find), own, strict=True))
        if in_turn or EACH_ITS.search(clause.text):
            tally.add("areas_right" if in_turn else "areas_wrong")
            return
    if len(own) > 1 and _ONE_IN.search(clause.text) and len(said) > 1:
        tally.add("areas_right" if {a.removesuffix("区") for a in said} == {places[n].area.removesuffix("区") for n in own}
                  else "areas_wrong")
        return
    for area in sorted(said) if own else ():
        at = clause.text.find(area)
        denied = none or NOT_THERE.search(clause.text, max(0, at - 24), at)
        there = [area in places[n].text for n in own]
        tally.add("areas_right" if (not any(there) if denied else all(there)) else "areas_wrong")


def listed(clause: Clause, text: str, places: Sequence[Place], tally: Tally) -> str:
    """Members of the records' lists, in the words of the record; returns the clause without them."""
    listed = sum(member in text for p in places for member in p.members)
    every = says_all(clause) and not clause.own and not (listed > 1 and _THEY_ALL.search(clause.text))
    about = scope_of(clause, places) if every else clause.about
    for member in dict.fromkeys(m for p in places for m in sorted(p.members, key=lambda m: -len(m))):
        if member not in text:
            continue
        text = text.replace(member, " ")
        if clause.open or not about or concepts.told(member):
            continue
        has = [member in places[n].text for n in about]
        if not all(has) and any(member == p.kind for p in places):
            continue  # a kind of place or food, spoken of by the way
        if not NO.search(clause.text):
            tally.add("members_own" if all(has) else "members_others")
    return text


def _count_of(text: str, at: int, kinds: int) -> int | None:
    """How many places of the kind that stands somewhere a clause tells of; None where it tells of no number."""
    if _HAS.search(text, max(0, at - 6), at) or _NONE_OF.search(text, max(0, at - 16), at):
        return None
    if NONE.search(text) or _NOT_ONE.search(text):
        return 0
    match = _SO_MANY.search(text, max(0, at - 16), at) or _SO_MANY_BEHIND.match(text, at)
    said = int(match.group(1)) if match is not None else counted(text) if kinds == 1 else 0
    return said if said and not NO.search(text) else None


def called(clause: Clause, places: Sequence[Place]) -> dict[str, int]:
    """Of the kinds that a clause says its places are of, how many they are, and how many they are not; and how often it counts
    the places of a kind rightly."""
    found = {"kinds_right": 0, "kinds_wrong": 0, "kinds_other": 0, "kinds_counted_right": 0, "kinds_counted_wrong": 0}
    said = genres(clause.text)
    if said and not clause.open and not clause.own:
        every = [{kind for kind, _ in genres(f"{p.name} ; {p.kind}")} for p in places]
        for kind, at in said if all(every) else ():
            count = _count_of(clause.text, at, len(said))
            if count is not None:
                found["kinds_counted_right" if count == sum(kind in own for own in every) else "kinds_counted_wrong"] += 1
    about = clause.about or (scope_of(clause, places) if says_all(clause) else ())
    if not said or clause.open or not about:
        return found
    denied = bool(NO.search(clause.text) or NONE.search(clause.text))
    if len(about) > 1 and len({kind for kind, _ in said}) > 1 and not denied and not clause.own:
        own = [{kind for kind, _ in genres(f"{places[n].name} ; {places[n].kind}")} for n in about]
        told = {kind for kind, _ in said}
        if all(own):  # "the others sell clothes and tea": each of them one, and each one said of some
            found["kinds_right" if all(kinds & told for kinds in own) and told <= set().union(*own) else "kinds_wrong"] += 1
            return found
    for kind, at in said:
        fits = [any(kind == own for own, _ in genres(f"{places[n].name} ; {places[n].text}")) for n in about]
        known = all(genres(f"{places[n].name} ; {places[n].kind}") for n in about)
        if not known or denied or NOT_THERE.search(clause.text, max(0, at - 24), at):
            found["kinds_other"] += not all(fits)
        elif all(fits):
            found["kinds_right"] += 1
        else:
            found["kinds_wrong" if clause.own or _IS.search(clause.text, max(0, at - 16), at) else "kinds_other"] += 1
    return found
