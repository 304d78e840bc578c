"""Whom a claim is about where no name stands beside it: the former, the latter, the second; both, all three, respectively.

What can be told apart is resolved, everything else ("the other", "two of them") is about nobody that could be checked. Texts
are normalised, names in them masked by U+FFFC.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from recenv.records import Item
from recenv.rewards.rules.before import begins


class Named(NamedTuple):
    """A stretch of text that stands for items; none for others than those at hand, or for nobody knows which."""

    start: int
    end: int
    items: tuple[Item, ...]


class Compared(NamedTuple):
    """One item is said to be below (-1) or above (1) another in a slot."""

    start: int
    said: str
    slot: str
    order: int
    item: Item
    other: Item


_SENTENCE_END = re.compile(r"[!?。\n]|(?<!\d)\.\s")
_ORDINAL = {"first": 0, "second": 1, "third": 2, "1": 0, "2": 1, "3": 2, "一": 0, "二": 1, "三": 2}
_REFERENCE = re.compile(
    r"(?P<pair>\bthe (?:former|latter)\b|前者|后者)"
    r"|\bthe (?P<en>first|second|third)(?: (?:one|place|option|pick|choice|restaurant|hotel))?"
    r"(?=\s{1,4}(?:is|costs?|has|offers?|lies|asks?|charges?|rated|\d[\d.,]* ?(?:yuan|rmb|stars?|km))\b|'s\b|\s{0,4}\ufffc)"
    r"|第(?P<zh>[一二三123])(?:家|个|间|处)"
    r"|(?P<unknown>\bthe other(?! hand| side| day)(?: one)?\b|\banother\b|\b(?:one|two|three|some|most|none|neither|either) of\b"
    r"|\bone (?=costs?\b|is\b|has\b|asks?\b|charges?\b)|另外?一?(?:家|个|间)|[一1]个(?=\s{0,4}\d)|"
    r"(?<![第另外每这那同])一家(?=人均|评分|"
    r"价格|是|在|\d)|其中|前[两二三]家"
    r"|后[两二三]家|有[两三一]家)")
_REFERS = re.compile("former|latter|first|second|third|o(?:ther|f|ne )|[者第另个家其]")
"""What every one of these has in it."""
_DEFINES = re.compile(
    r"(?: (?:one|place|option|pick|choice|restaurant|hotel))?\s{0,4}(?:is|was|would be|是|为|:|,)?\s{0,4}(?=\ufffc)")


def references(text: str, named: Sequence[Named]) -> list[Named]:
    """Where a text refers to names (in its order) by other words, with what these stand for."""
    found: list[Named] = []
    defined: dict[int, tuple[Item, ...]] = {}
    for match in _REFERENCE.finditer(text) if _REFERS.search(text) else ():
        ordinal = match.group("en") or match.group("zh")
        items: tuple[Item, ...] = ()
        if ordinal:
            place = _ORDINAL[ordinal]
            told = _DEFINES.match(text, match.end())
            name = next((n for n in named if told is not None and n.start == told.end()), None)
            if name is not None:
                defined[place] = name.items
                continue
            listed = _listed(text, named, match.start())
            items = defined.get(place) or (listed[place] if place < len(listed) > 1 and not defined else ())
        elif match.group("pair"):
            listed = _listed(text, named, match.start())
            if len(listed) == 2:
                items = listed[1 if match.group("pair") in ("the latter", "后者") else 0]
        found.append(Named(match.start(), match.end(), items))
    return found


def _listed(text: str, named: Sequence[Named], at: int) -> list[tuple[Item, ...]]:
    """The names of the last sentence before a place that has any, each once."""
    before = [n for n in named if n.end <= at]
    if not before:
        return []
    start = max([0, *(m.end() for m in _SENTENCE_END.finditer(text, 0, before[-1].start))])
    return _distinct(n for n in before if n.start >= start)


def _distinct(named: Iterable[Named]) -> list[tuple[Item, ...]]:
    found: dict[tuple[str, ...], tuple[Item, ...]] = {}
    for n, name in enumerate(named):
        found.setdefault(tuple(i.id for i in name.items) or (f"\0{n}",), name.items)
    return list(found.values())


# -- what is said of several -------------------------------------------------------------------------------------------

_ALL = re.compile(
    r"\bboth\b|\ball (?P<en>two|three|four|five|2|3|4|5)\b|\ball of (?:them|these|the)\b|\beach\b|"
    r"(?<![前后中有第])(?P<zh>[两二三四五2-5])家|都|均(?!价)|全部")
_COUNT = {"two": 2, "three": 3, "four": 4, "five": 5, "两": 2, "二": 2, "三": 3, "四": 4, "五": 5}
_USER = re.compile(r"您|你(?!好)|要求|希望|想要|预算|平均|\byour?\b|\brequested\b|\bbudget\b|\baverage\b")
_EACH_ITS_OWN = re.compile(r"\brespectively\b|分别")


_JOINED = re.compile(r"[\s、,，和与及跟&]*(?:and|or)?\s{0,4}")
_BRACKET = re.compile(r"\s{0,4}(?:元|块|yuan|rmb|分|stars?|km|公里)?\s{0,4}(?:at|for|-|:)?\s{0,4}\((?:at|for)?\s{0,4}(?=\ufffc)")

_COLON = re.compile(r"\s{0,4}(?:元|块|yuan|rmb|分|stars?|km|公里)?\s{0,4}:\s{0,4}(?=\ufffc)")


class Group(NamedTuple):
    """items: each of which a claim is about, each by itself; none where it is about several, but nobody knows which."""

    items: tuple[Item, ...]


def group(text: str, named: Sequence[Named], referring: Sequence[Named], clause: int, start: int) -> Group | None:
    """The items of which text[start:] says one thing each, by words like "both" in the clause before; None where it has none."""
    words = list(_ALL.finditer(text, clause, start))
    if not words or any(words[-1].end() <= n.start < start for n in (*named, *referring)):
        return None
    if _USER.search(text, clause, start):
        return Group(())
    said = next((m.group("en") or m.group("zh") for m in words if m.group("en") or m.group("zh")), "")
    count = 2 if any(m.group() == "both" for m in words) else _COUNT.get(said, int(said) if said.isdigit() else 0)
    begin, end = sentence(text, start)
    listed = _distinct(_chain(text, [n for n in named if begin <= n.start < words[-1].start()]))
    if not listed:
        listed = _distinct(n for n in named if begin <= n.start < end) or _distinct(named)
    if len(listed) < 2 or (count and len(listed) != count) or any(len(items) != 1 for items in listed):
        return Group(())
    return Group(tuple(items[0] for items in listed))


def _chain(text: str, named: Sequence[Named]) -> list[Named]:
    """The last names, as far as they are one list."""
    last = list(named[-1:])
    for name in reversed(named[:-1]):
        if not _JOINED.fullmatch(text, name.end, last[0].start):
            return last
        last.insert(0, name)
    return last


def one_by_one(
    text: str, named: Sequence[Named], referring: Sequence[Named], start: int, numbers: Sequence[int]
) -> Group | None:
    """The item that a number is about where a list of names is followed by one of numbers, or by "respectively"; None where it
    is no such. numbers: where those of its kind stand."""
    begin, end = sentence(text, start)
    own = [n for n in numbers if begin <= n < end]
    names = [n for n in named if begin <= n.start < end]
    if not _EACH_ITS_OWN.search(text, begin, end):
        told = any(begin <= r.start < end for r in referring)
        if told or len(own) < 2 or len(names) < 2 or names[-1].end > own[0] or len(_chain(text, names)) < 2:
            return None
    listed = _distinct(names)
    if len(own) != len(listed) or len(own) < 2:
        return Group(())
    return Group(listed[own.index(start)])


def in_brackets(text: str, named: Sequence[Named], end: int) -> Group | None:
    """The item whose name stands in brackets behind a number; None where none does."""
    return _at(_BRACKET.match(text, end), named)


def behind_colon(
    text: str, named: Sequence[Named], referring: Sequence[Named], clause: int, start: int, end: int
) -> Group | None:
    """The item whose name stands behind a number and a colon, where nothing before it is named or referred to; None else."""
    told = any(clause <= n.start < start for n in (*named, *referring))
    return None if told else _at(_COLON.match(text, end), named)


def _at(match: re.Match[str] | None, named: Sequence[Named]) -> Group | None:
    return next((Group(n.items) for n in named if match is not None and n.start == match.end()), None)


def sentence(text: str, at: int) -> tuple[int, int]:
    """Where the sentence around a place begins and ends."""
    last = _SENTENCE_END.search(text, at, at + 600)
    return begins(_SENTENCE_END, text, at - 600, at), last.start() if last else min(len(text), at + 600)


# -- what is no value of an item's ----------------------------------------------------------------------------------------

_DIFFERS_AFTER = re.compile(
    r"\s{0,4}(?:元|块|yuan|rmb|分|stars?|km|公里)?\s{0,4}(?:cheaper|more\b|less\b|higher|lower|farther|further|closer|nearer|"
    r"dearer|pricier|extra|apart)")
_DIFFERS_BEFORE = re.compile(
    r"(?:便宜|贵|(?<!评分)高|低|远|近|多|少|差|差价|相差|差距|省|difference[a-z ]{0,20}|\bdiffers? by|"
    r"\bsaves?(?: you)?|\bby)\s{0,4}(?:了|出|是|为|约|大约)?\s{0,4}[¥:]?\s{0,4}$")
_BOUND_BEFORE = re.compile(
    r"(?:不到|不足|没到|没有?超过|不会超过|不超|少于|多于|将近|接近|上限|起价|(?<=[分元块里])[对比]|"
    r"\b(?:rather than|instead of|versus|vs\.?|against|compared (?:with|to)|almost|nearly|not quite|"
    r"just (?:under|over)|starts? (?:at|from)|starting (?:at|from)"
    r"|no (?:more|less) than|fewer than))\s{0,4}¥?\s{0,4}$")
_SUM_BEFORE = re.compile(r"加起来|一共|合计|总共|总计|共计|\btogether\b|\bin total\b|\baltogether\b|\bcombined\b|\bsum\b")
_SUM_AFTER = re.compile(
    r"\s{0,4}(?:元|块|yuan|rmb)?\s{0,4}(?:altogether|in total|in all|together|"
    r"combined|for (?:both|all|the two|two)|一共|总共|合计|左右一共)")
_NIGHTS = re.compile(r"[两2-9二三四五六七](?:晚|个人|天)|\b(?:two|three|four|[2-9]) (?:nights|people|days)\b")
_PART_BEFORE = re.compile(
    r"(?:口味|味道|环境|服务|卫生|食材|性价比|\b(?:taste|food|service|ambien[ct]e|atmosphere|location|cleanliness|decor|value))"
    r"(?:\s|的|is|are|评分|得分|打分|评|rated|rating|scored?|scores|:|为|是|at|of){0,6}$")
_PORTION = re.compile(
    r"主菜|人份|一道|每道|\b(?:main|first|second) course|\b(?:lunch|breakfast|starter|dessert|drinks?|beer|"
    r"cocktails?)\b|套餐|一份|每份|/份|单人餐|双人餐|一杯|一碗|一壶|一瓶|一只|套房|招牌|\bset (?:menu|meal)|\bcombo\b|\bsuite\b|"
    r"\bsignature\b|\bdish(?:es)?\b"
    r"|\b(?:a|per) (?:bowl|cup|glass|pot|bottle|plate|portion)\b|\bwine\b")
_ELSEWHERE = re.compile(r"站|机场|景区|地铁|学校|公园|商场|\bstation\b|\bairport\b|\bsubway\b|\bmetro\b|\bcenter\b|\bcentre\b")
_ELSEWHERE_AFTER = re.compile(r"\s{0,4}(?:km|公里)?\s{0,4}(?:away )?from (?!you\b|here\b)")


def no_value(slot: str, text: str, clause: int, start: int, number: int, end: int) -> bool:
    """Whether a number is a difference, a sum, a bound, the price of a dish, a rating of one side, or a distance to elsewhere."""
    before = text[clause:number]
    if _DIFFERS_AFTER.match(text, end) or _DIFFERS_BEFORE.search(before):
        return True
    if slot == "price" and (_SUM_AFTER.match(text, end) or _NIGHTS.search(before)):
        return True
    if _SUM_BEFORE.search(before) or _BOUND_BEFORE.search(before):
        return True
    if slot == "rating":
        return bool(_PART_BEFORE.search(text[clause:start]) or _PART_BEFORE.search(before))
    if slot == "price":
        return bool(_PORTION.search(before) or _PORTION.search(re.split(r"[,.;。、()]", text[end:end + 12])[0]))
    return slot == "distance" and bool(_ELSEWHERE.search(before) or _ELSEWHERE_AFTER.match(text, end))


# -- comparisons -------------------------------------------------------------------------------------------------------

_AMOUNT = r"(?:\d[\d.,]*\s{0,4}(?:yuan|rmb|km|stars?)\s{1,4})?"
_COMPARES = (
    re.compile(rf"\ufffc\s{{0,4}},? is (?:also )?{_AMOUNT}(?:a bit |a little |much |far |slightly |even )?"
               r"(?P<word>cheaper|less expensive|more expensive|pricier|dearer|farther away|farther|further away|"
    r"closer|nearer|better rated|rated higher|rated lower)"
               r" than\s{1,4}(?=\ufffc)"),
    re.compile(r"\ufffc(?:的?(?:价格|人均|评分))?比(?P<other>\ufffc+)的?(?:更|要|还)?(?:稍微|稍|略)?(?P<word>便宜|贵|"
    r"远|近|评分高|评分低)"),
)
_ORDER = {
    "cheaper": ("price", -1), "less expensive": ("price", -1), "more expensive": ("price", 1), "pricier": ("price", 1),
    "dearer": ("price", 1), "farther away": ("distance", 1), "farther": ("distance", 1), "further away": ("distance", 1),
    "closer": ("distance", -1), "nearer": ("distance", -1), "better rated": ("rating", 1), "rated higher": ("rating", 1),
    "rated lower": ("rating", -1), "便宜": ("price", -1), "贵": ("price", 1), "远": ("distance", 1), "近": ("distance", -1),
    "评分高": ("rating", 1), "评分低": ("rating", -1),
}
_OPEN = re.compile(r"\bif\b|\bwhether\b|如果|要是|是否|吗|不是说|\?")


def comparisons(text: str, named: Sequence[Named]) -> list[Compared]:
    """What a text says of one named item beside another, in so many words."""
    if " than" not in text and "比" not in text:
        return []
    ends, starts = {n.end: n for n in named}, {n.start: n for n in named}
    found = []
    for pattern in _COMPARES:
        for match in pattern.finditer(text):
            one = ends.get(match.start() + 1)
            other = starts.get(match.start("other") if "other" in pattern.groupindex else match.end())
            begin, end = sentence(text, match.start())
            if one is None or other is None or len(one.items) != 1 or len(other.items) != 1 or _OPEN.search(text, begin, end + 1):
                continue
            slot, order = _ORDER[match.group("word")]
            found.append(Compared(match.start(), match.group("word"), slot, order, one.items[0], other.items[0]))
    return found
