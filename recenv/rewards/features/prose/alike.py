"""Places that are said to be alike, or to differ, in rating, price, distance, area or kind: "both are rated the same", "tied
at the top", "评分一样", "在同一个区", "prices differ"."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from recenv.rewards.features.prose.clauses import MASK, Clause
from recenv.rewards.features.prose.genres import genres
from recenv.rewards.features.prose.places import Place
from recenv.rewards.features.prose.scope import says_all, scope_of

_SLOTS = tuple((re.compile(pattern), slot) for pattern, slot in (
    (r"\b(?:rat(?:ed|ings?)|scor(?:ed?|es)|stars?)\b|评分|口碑|分数|同分|高分|分[都也完全]{0,2}[一相]", "rating"),
    (r"\bpric(?:ed?|es|ey|ing)\b|\bcost(?:s|ing)?\b|\b(?:cheap|dear|expensive)\w{0,3}\b|人均|价|消费|[贵便宜]", "price"),
    (r"\bdistances?\b|\b(?:far|close|near)\b|距离|[远近]", "distance"),
    (r"\b(?:districts?|areas?|neighborhoods?|parts? of town)\b|[区圈]", "area"),
    (r"\b(?:types?|kinds?|sorts?)\b|类型|种类", "kind")))
_WORD_EN = (
    r"(?:ratings?|scores?|number of stars|stars?|prices?|cost|districts?|areas?|neighborhoods?|parts? of town|types?|kinds?|"
    r"sorts?|distances?)")
_OF_ZH = r"(?:评分|口碑|分数?|人均|价格|价位|价钱|消费|距离|类型)"
_SAME = re.compile(
    rf"\b(?:the |an? )?(?:(?:very |exact )?same|identical|equal) (?:\w{{1,12}} )?{_WORD_EN}\b|"
    r"\b(?:rated|priced|scored) (?:exactly |just )?the same\b|"
    rf"\b(?:the same|identical|level|tied|equal|on (?:a )?par) (?:on|for|in|at) (?:the )?(?:\w{{1,12}} )?{_WORD_EN}\b|"
    r"\b(?:equally|identically|just as|as) (?:well |highly )?(?:rated|priced|scored|cheap|expensive|dear|close|near|far)\b|"
    r"\b(?:rated|priced) (?:just )?as (?:well|high|highly|low|good)\b|"
    rf"\b(?:shar(?:e|es|ing)|match(?:es|ing)?) (?:the (?:same )?|an? (?:identical )?|its |each other's )?{_WORD_EN}\b|"
    rf"{_OF_ZH}(?:上|方面)?[也都是完全均]{{0,4}}(?:[和跟与同]{MASK}{{1,40}}的?)?[也都是完全均]{{0,3}}"
    r"(?:一样|1样|相同|相等|持平|不相上下|一致|同样)(?:[高低多远近])?|"
    rf"同分|同价|(?:一样|1样)(?:贵|便宜|高分)|(?:[同]|相同)的?{_OF_ZH}|"
    r"(?:同在|同属|同处|在?同[一1]?个?|相同的?)(?:城?区|商圈|片区)|同类型?")
_TIED = re.compile(
    rf"\b(?:tied?|joint|level|share)\b[^,.;]{{0,60}}\b(?:top|first|best|highest)\b(?: (?:on|for|in) {_WORD_EN})?|"
    r"并列(?:第[1一]|最高|榜首|首位)|(?:评分|分数)[也都]?并列")
_DIFFER = re.compile(
    rf"\bdifferent {_WORD_EN}|\b{_WORD_EN} (?:all )?(?:differ|vary)\b|{_OF_ZH}[也都均各]{{0,2}}(?:不同|不1样|不一样|不1|各异)|"
    r"不(?:同在|在同)[一1]?个?(?:城?区|商圈)|不同的?(?:城?区|商圈)")
_HINTS = (
    "same", "identical", "equal", "level", "tie", "par", "as ", "shar", "match", "joint", "differ", "vary", "同", "一样", "1样",
    "相等", "持平", "不相上下", "一致", "并列", "不1", "各异")
"""What every such claim has one of: far cheaper to look for."""
_NEARLY = re.compile(r"(?:almost|nearly|roughly|about|virtually|practically|more or less|差不多|几乎|大致|基本)[^,.;。]{0,8}$")
_NOT = re.compile(r"(?:\bnot|n't|\bno longer|不|并非|没有?)\s{0,2}(?:quite |exactly |all |both |完全|都|是)?$")


def alike(clause: Clause, rest: str, places: Sequence[Place], known: Sequence[Mapping[str, float]]) -> tuple[bool | None, str]:
    """Whether what a clause says of places being alike is so, None where it says nothing of the kind or records do not tell; and
    its rest without that. known: what places may be ordered by."""
    if clause.open or len(places) < 2 or not any(hint in clause.text for hint in _HINTS):
        return None, rest
    tied = _TIED.search(clause.text)
    match = tied or _SAME.search(clause.text) or _DIFFER.search(clause.text)
    if match is None:
        return None, rest
    slot = next((slot for pattern, slot in _SLOTS if pattern.search(match.group())), "rating" if tied else "")
    group = tuple(dict.fromkeys((*clause.about, *clause.beside))) if clause.own else (
        scope_of(clause, places) if says_all(clause) else clause.about)
    differ = match.re is _DIFFER
    if _NOT.search(clause.text, max(0, match.start() - 14), match.start()):
        differ = not differ
    if not slot or _NEARLY.search(clause.text, max(0, match.start() - 16), match.start()) or len(group) < (1 if tied else 2):
        return None, rest
    every = [_value(n, slot, places, known) for n in range(len(places))]
    values = [every[n] for n in group]
    if any(v is None for v in values):
        return None, rest
    left = rest[:match.start()] + " " * (match.end() - match.start()) + rest[match.end():]
    if tied:
        told = [v for v in every if isinstance(v, float)]
        return (not differ) == (bool(told) and all(v == max(told) for v in values) and told.count(max(told)) > 1), left
    distinct = len({str(v) for v in values})
    return (distinct == len(values) if differ else distinct == 1), left


def _value(n: int, slot: str, places: Sequence[Place], known: Sequence[Mapping[str, float]]) -> float | str | None:
    if slot == "area":
        return places[n].area.removesuffix("区") or None
    if slot == "kind":
        found = genres(places[n].kind)
        return str(found[0][0]) if found else places[n].kind or None
    return known[n].get(slot)
