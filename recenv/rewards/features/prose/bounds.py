"""Limits that places are said to keep: all of them, none, so many, or one alone ("all three are under 200", "two of the
four clear 4.6", "within budget")."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from recenv.rewards.features.prose.clauses import Clause
from recenv.rewards.features.prose.figures import Figure
from recenv.rewards.features.prose.having import of_its_kind
from recenv.rewards.features.prose.places import Place
from recenv.rewards.features.prose.scope import counted, says_all, scope_of
from recenv.rewards.features.prose.wording import NONE, ONLY
from recenv.rewards.reading.limits import INF, Limit

NAMES = ("limits_right", "limits_wrong")
SLOTS = {"money": "price", "rating": "rating", "distance": "distance", "minutes": "minutes"}
"""What places may be ordered by, of the kinds of numbers."""
UNIT = r"\s?(?:yuan|stars?|points?|km|kilometers?|m\b|minutes?|元|块钱?|分(?!钟)|星|公里|米|分钟)?\s?"
_UNIT = re.compile(UNIT + r"(?:away\b)?")
HIGHEST = 5.0
"""Of ratings."""

Known = Sequence[Mapping[str, float]]
"""By place: what it may be ordered by, as far as records tell it."""

_MOST_BEHIND = re.compile(
    UNIT + r"(?:(?:一[位人晚]|a (?:head|person|night) )?(?:以内|以下|之内|之下|内(?!容)|封顶)|"
    r"or (?:less|lower|under|below|cheaper|closer|nearer)\b|(?:at )?(?:the )?most\b|max)")
_LEAST_BEHIND = re.compile(UNIT + r"(?:及?以上|之上|or (?:more|better|higher|above|up)\b|and (?:up|above|over)\b|\+|plus\b)")
_OWN = r"\s{0,2}(?:your |the |a |an |its |您要?的?|你要?的?|要求的)?(?:limit of |budget of |cap of |bar of )?[¥$£€]?\s{0,2}$"
_MOST_AHEAD = re.compile(
    r"(?:\bunder|\bbelow|(?:less|lower|cheaper|no more|not more|no higher) than|\bwithin|\binside|\bat most|"
    r"(?<!tallies )(?<!adds )(?<!comes )(?<!sums )\bup to|"
    r"(?:keeps?|sticks?) to|不超过|没有?超过|不到|(?<!不)低于|少于|不足|不高于|至多|最多|"
    r"够不[着上到]|达不到|[没未]到|[没未]达到?|不及|misses|short of|shy of)" + _OWN)
_LEAST_AHEAD = re.compile(
    r"(?:\bover|\babove|(?<!no )(?<!not )(?:more|higher|better) than|\bat least|(?:no|not) (?:less|lower) than|"
    r"\bclears?|\bclearing|\breach(?:es|ing)?|\bpast|\bbeyond|\bexceeds?|(?<!不)(?<!没)(?<!没有)超过|(?<!不)高于|不低于|不少于|至少|达到了?|达|"
    r"过了|上了|够得[着上到])" + _OWN)
_BEYOND_AHEAD = re.compile(r"超出?了?" + _OWN)
_MEETS_AHEAD = re.compile(r"\b(?:meets?|meeting|makes?|hits?|satisf\w{1,5}|fits?)" + _OWN)
_FAILS = re.compile(
    r"(?:[没未]有?|够不|达不|\bnot|\bfails? to|\bnever|\bcannot|\bnor|不)\s{0,2}(?:能|曾|quite |even )?$")
GAP_BEHIND = re.compile(
    UNIT + r"(?:of )?(?:more|less|cheaper|dearer|pricier|higher|lower|farther|further|closer|nearer|above|below|apart|difference|"
    r"ahead|behind|to spare|left\b|(?:over|under|inside|past|short of) (?:your|the|budget)|的?差[距价额]|之差)")
GAP_AHEAD = re.compile(
    r"(?:相?差着?了?|便宜了?|贵了?|(?<!最)[高超]出?了?|(?<!最)低了?|[多少]花?了?|[近远]了|省下?了?|领先|落后|"
    r"saves?(?: you)?|saving(?: you)?|"
    r"\bby|(?:gap|difference|margin) (?:of|is)|undercuts? it by)\s{0,2}"
    r"(?:just |only |about |around |roughly |nearly |almost |over |under |just over |just under |a full |a good |"
    r"足足|整整|只|仅|约|将近|近|大概|大约|不到|不足|超过|还不到)?[¥$£€]?\s{0,2}$")
_AT_LEAST = re.compile(r"(?:at least|at most|up to|more than|至少|最多|不止)\s{0,2}$")
_NOTHING = re.compile(
    r"\b(?:nothing|nobody)\b|的[^,。;]{0,8}?(?:这里|这边)?[也都]?没有(?=$|[,:;。])|\bno place\b|"
    r"没有?[1一]家|没有?哪家|[1一]家也?都?[没不]|无[1一]")
_ALL_FAIL = re.compile(r"[都均][没未不]有?[到达超过够及足满低高少多]")
_BARE_WISH = re.compile(r"\s?(?:and |but |so )?(?:within|under|over|in|on) (?:your |the )?(?:budget|price)\s?[,:]?\s?")
_COUNTED = re.compile(
    r"(?:review|rating|people|guest|seat|minute|night|day|hour|item|product|word|write|vote|customer|owner|buyer|user|gram|year|"
    r"time|[条人位席个张贯平次片天晚岁克号辆单件名份只本课节年周月页层间])")
"""What stands behind a number that is no price and no rating."""
_NO_UNIT_FROM = 10.0
ANYTHING = Limit("", -INF, INF)
"""What the second end of a range leaves to be kept."""
_TO = re.compile(UNIT + r"(?:-|~|–|—|到|至|to|and)\s?[¥$£€]?\s?")
_OUTSIDE = re.compile(r"outside|over|above|beyond|under|below|not|超|不|低于|高于|没")
_BEYOND_RANGE = re.compile(UNIT + r"(?:之外|以外|的?范围(?:之?外|以外))")
_OF_SO_MANY = re.compile(r"(?P<zh>[2-9])[家个][里中]|\b(?:of|between) (?:these|those|the) (?P<en>[2-9])\b")
_ABOVE = re.compile(r"over|above|exceed|超")
_WISHES = tuple((re.compile(pattern), slot) for pattern, slot in (
    (r"\bbudget\b|\bprice\b|\bcost\b|预算|价格|人均|价位", "price"), (r"\brating\b|\bscore\b|\bstars\b|评分|口碑|分数", "rating"),
    (r"\bdistance\b|距离", "distance")))
_MET = re.compile(
    r"\b(?:met|ok(?:ay)?|fine|passes|pass|within|satisfied|fits|yes|works|under|inside|meets?|in)\b|达标|满足|符合|没问题|"
    r"合格|够|[√✓✅]|以内|之内|内(?=[,。;!]|$)|达到|过关|过线")
_MISSED = re.compile(
    r"\b(?:not met|unmet|missed|misses|fails?|over|above|exceed\w{0,3}|short|outside|too (?:high|low|dear|expensive|far)|"
    r"beyond|not|no)\b|不达标|不满足|不符|不够|不合|未达|没达|超|没到|未满足|不行|差[一点了\d]|[×✗❌]")


class Kept(NamedTuple):
    """counts: by NAMES. limits: of each number of a clause whether it is a limit. spans: where those stand that places were found
    to keep, or not to."""

    counts: dict[str, int]
    limits: list[bool]
    spans: tuple[tuple[int, int], ...]

    def judged(self, figure: Figure) -> bool:
        """Whether a number is a limit that places were held against."""
        return any(start <= figure.start < end for start, end in self.spans)


NOTHING = Kept(dict.fromkeys(NAMES, 0), [], ())


def without(clause: Clause, rest: str, said: Sequence[Figure], kept: Kept) -> str:
    """The rest of a clause without the limits that were judged and the words that make them limits."""
    for figure in filter(kept.judged, said):
        at = max(0, figure.start - 40)
        ahead = clause.text[at:figure.start]
        cues = [m.start() for p in (_MOST_AHEAD, _LEAST_AHEAD, _MEETS_AHEAD) if (m := p.search(ahead))]
        behind = _MOST_BEHIND.match(clause.text, figure.end) or _LEAST_BEHIND.match(clause.text, figure.end) or _UNIT.match(
            clause.text, figure.end)
        start, end = at + min(cues, default=len(ahead)), behind.end() if behind else figure.end
        rest = rest[:start] + " " * (end - start) + rest[end:]
    return rest


def limits_kept(
    clause: Clause, said: Sequence[Figure], places: Sequence[Place], known: Known, wished: Sequence[Limit],
) -> Kept:
    """What one clause says. said: its numbers; wished: limits of the request."""
    found = dict.fromkeys(NAMES, 0)
    held = [_limit(clause, figure, known, edges_of(wished)) for figure in said]
    for n, (low, high) in enumerate(pairwise(said)):
        if _TO.fullmatch(clause.text, low.end, high.start) and low.value < high.value and (held[n] or held[n + 1]):
            held[n] = _between(clause, low, high, known)
            held[n + 1] = held[n] and ANYTHING
    limits = [limit for limit in held if limit is not None and limit is not ANYTHING] or _wishes(clause, wished, said)
    who = _who(clause, places) if limits else None
    if who is not None and not (who.many and len(limits) > 1):
        for limit in limits:
            verdict = _kept(limit, who, known)
            if verdict is not None:
                found["limits_right" if verdict else "limits_wrong"] += 1
    judged = zip(said, held, strict=True) if any(found.values()) else ()
    spans = tuple((f.start, f.end) for f, limit in judged if limit is not None)
    return Kept(found, [limit is not None for limit in held], spans)


def edges_of(wished: Sequence[Limit]) -> list[tuple[str, float]]:
    """Where the limits of a request lie, by slot."""
    return [(limit.slot, edge) for limit in wished for edge in (limit.low, limit.high) if abs(edge) < INF]


class _Who(NamedTuple):
    """Of whom a limit is said: group: the places; many: how many of them keep it, 0 for all; none: that nobody does;
    only: that nobody else does."""

    group: tuple[int, ...]
    many: int = 0
    none: bool = False
    only: bool = False


def _who(clause: Clause, places: Sequence[Place]) -> _Who | None:
    every = of_its_kind(clause, places, tuple(range(len(places))))
    some = _OF_SO_MANY.search(clause.text)
    if some is not None and int(some.group(some.lastgroup or 0)) < len(places):
        return None
    named = clause.about if clause.own or len(clause.about) < len(places) or len(places) == 1 else ()
    if (NONE.search(clause.text) and not _ALL_FAIL.search(clause.text)) or _NOTHING.search(clause.text):
        return _Who(scope_of(clause, places) or named or every, none=True)
    if says_all(clause):
        group = scope_of(clause, places)
        return _Who(group) if group else None
    if named and ONLY.search(clause.text):
        return _Who(named, only=True)
    count = counted(clause.text)
    if count and not clause.own and len(places) > 1:
        at = clause.text.find(str(count))
        return None if count > len(places) or _AT_LEAST.search(clause.text, 0, max(at, 0)) else _Who(every, count)
    return _Who(named) if named else None


def _limit(clause: Clause, figure: Figure, known: Known, edges: Sequence[tuple[str, float]]) -> Limit | None:
    """The limit that a number of a clause is, if it is one; edges: those of the request."""
    if figure.kind not in ("money", "rating", "distance", "minutes", "") or (not figure.kind and is_count(figure, known)):
        return None
    ahead = clause.text[max(0, figure.start - 40):figure.start]
    least, most = _LEAST_AHEAD.search(ahead), _MOST_AHEAD.search(ahead)
    if least is None and any(figure.value == edge for _, edge in edges):
        least = _BEYOND_AHEAD.search(ahead)
    if least and most:
        least, most = (None, most) if most.start() <= least.start() else (least, None)
    meets = _MEETS_AHEAD.search(ahead)
    behind = 1 if _LEAST_BEHIND.match(clause.text, figure.end) else -1 if _MOST_BEHIND.match(clause.text, figure.end) else 0
    if not (least or most or meets or behind) or (GAP_BEHIND.match(clause.text, figure.end) and not behind):
        return None
    start = min(m.start() for m in (least, most, meets) if m) if least or most or meets else len(ahead)
    if GAP_AHEAD.search(ahead[:start]):
        return None
    slot = SLOTS.get(figure.kind) or ("rating" if figure.value <= HIGHEST else "price" if figure.value >= _NO_UNIT_FROM else "")
    if not any(slot in own for own in known):
        return None
    way = behind or (1 if least else -1 if most else 1 if slot == "rating" else -1)
    if _FAILS.search(ahead[:start]):
        way = -way
    return Limit(slot, figure.value, INF) if way > 0 else Limit(slot, -INF, figure.value)


def _between(clause: Clause, low: Figure, high: Figure, known: Known) -> Limit | None:
    """The range that two numbers are the ends of."""
    slot = SLOTS.get(high.kind or low.kind) or ("rating" if high.value <= HIGHEST else "price")
    outside = _OUTSIDE.search(clause.text[max(0, low.start - 24):low.start]) or _BEYOND_RANGE.match(clause.text, high.end)
    return None if outside or not any(slot in own for own in known) else Limit(slot, low.value, high.value)


def is_count(figure: Figure, known: Known) -> bool:
    """Whether a number without a unit counts things, or the places themselves."""
    return _COUNTED.match(figure.noun) is not None or (figure.value % 1 == 0 and figure.value <= len(known))


def _wishes(clause: Clause, wished: Sequence[Limit], said: Sequence[Figure]) -> list[Limit]:
    """The limits of the request that a clause without numbers of its own says to be kept, or turned round where it says not."""
    slots = {slot for pattern, slot in _WISHES if pattern.search(clause.text)}
    own = [limit for limit in wished if limit.slot in slots and (limit.low == -INF) != (limit.high == INF)]
    missed, met = _MISSED.search(clause.text), _MET.search(clause.text)
    if len(own) != 1 or said or not (missed or met) or _BARE_WISH.fullmatch(clause.text):
        return []
    limit = own[0]
    if missed is None or (limit.high == INF and _ABOVE.match(missed.group())):
        return [limit]
    return [Limit(limit.slot, limit.high + 1e-6, INF) if limit.high < INF else Limit(limit.slot, -INF, limit.low - 1e-6)]


def _kept(limit: Limit, who: _Who, known: Known) -> bool | None:
    """Whether those of whom it is said keep a limit; a value that is just the limit may keep it or not."""
    values = [known[n].get(limit.slot) for n in who.group]
    told = [value for value in values if value is not None]
    surely = sum(limit.low + 1e-6 < v < limit.high - 1e-6 for v in told)
    maybe = sum(limit.low - 1e-6 <= v <= limit.high + 1e-6 for v in told)
    if not told:
        return None
    if who.none:
        return False if surely else True if len(told) == len(values) else None
    if who.only:
        others = [own[limit.slot] for n, own in enumerate(known) if n not in who.group and limit.slot in own]
        if any(limit.low + 1e-6 < v < limit.high - 1e-6 for v in others):
            return False
    if who.many:
        return surely <= who.many <= maybe if len(told) == len(values) else None
    return False if maybe < len(told) else True if len(told) == len(values) else None
