"""What a text states: numeric limits in a request, things asked for, and the fields of a rendered item."""

from __future__ import annotations

import math
import re
from itertools import islice
from typing import NamedTuple

from recenv.data.constraints import SLOTS
from recenv.rewards.reading import CACHES
from recenv.rewards.reading.lexical import MOST_NUMBERS, grams, norm, squeeze
from recenv.rewards.reading.quantities import cue_before
from recenv.rewards.reading.records import in_one_layout

INF = math.inf


class Limit(NamedTuple):
    """A bound on a number: low <= value <= high. slot: rating, price, distance (km) or duration (hours)."""

    slot: str
    low: float
    high: float


class Mention(NamedTuple):
    """A number in a text. value: in the slot's unit; upper: end of a range, equal to value otherwise; slot "" where unclear."""

    slot: str
    value: float
    upper: float
    start: int
    end: int
    plus: bool = False  # written "4.5+"


class Record(NamedTuple):
    """A rendered item taken apart again. numbers: slot -> (low, high); members: slot -> squeezed values; named: those of all
    slots that are longer than a character; text: all, squeezed."""

    name: str
    category: str
    numbers: dict[str, tuple[float, float]]
    members: dict[str, tuple[str, ...]]
    named: tuple[str, ...]
    text: str
    grams: frozenset[str]


_UNITS = {
    "rating": r"分(?![钟之店])|颗?星(?!期|级)|-?\s?stars?\b|points?\b",
    "price": r"元|块钱?|人民币|rmb\b|yuan\b|cny\b|dollars?\b|usd\b",
    "distance": r"公里|千米|km\b|kilomet(?:er|re)s?\b|米(?!饭|粉|线)|met(?:er|re)s?\b|m\b",
    "duration": r"个?小时(?!热|营|服|前|便)|hours?\b|hrs?\b|h\b|分钟|minutes?\b|mins?\b|天|days?\b",
}
_SCALE = {"米": 0.001, "m": 0.001, "分钟": 1 / 60, "min": 1 / 60, "天": 24.0, "day": 24.0}
_UNIT = "|".join(f"(?P<{s}%d>{p})" for s, p in _UNITS.items())
_S = r"\s{0,2}"  # normalised text has single spaces
_NUMBER = re.compile(
    rf"(?P<cur>[¥$]{_S})?(?<![\d.])(?P<a>\d+(?:\.\d+)?)(?P<plus>\+)?{_S}(?:{_UNIT.replace('%d', '1')})?"
    rf"(?:{_S}(?:-|~|–|—|到|至|to\b|and\b){_S}[¥$]?{_S}(?P<b>\d+(?:\.\d+)?){_S}(?:{_UNIT.replace('%d', '2')})?)?")
_LEFT_CUES = {  # the nearest cue before a number without a unit says what it is
    "rating": r"评分|口碑|打分|评价|rating|rated|scor(?:e|ing)",
    "price": r"价格|价位|预算|人均|消费|票价|门票|花费|房价|价钱|price|budget|spend|cost|ticket|fee|pay",
    "distance": r"距离|距|distance|away",
    "duration": r"游玩时间|游玩时长|时长|duration|time needed",
}
_CUE = re.compile("|".join(f"(?P<{s}>{p})" for s, p in _LEFT_CUES.items()))
_LE_LEFT = re.compile(
    r"(?:不超过|不高于|不大于|不多于|别超过|不要超过|至多|最多|(?<!不)低于|(?<!不)小于|(?<!不)少于|不到|"
    r"控制在|以内|上限|预算(?:是|为|在|有)?:?|under|below|at most|up to|"
    r"(?<!no )(?<!not )less than|no more than|not more than|not over|within|max(?:imum)?(?: of)?|"
    r"cheaper than|budget(?: is| of)?:?|not exceed(?:ing)?|"
    r"(?<!no )(?<!not )(?:lower|closer|nearer|shorter) than|no (?:higher|farther|further) than|"
    r"cap(?:ped)? at|<=?)\s{0,2}(?:约|about|around)?\s{0,2}[¥$]?\s{0,2}$")
_GE_LEFT = re.compile(
    r"(?:不低于|不少于|不小于|至少|最少|起码|(?<!不)高于|(?<!不)大于|(?<!不)多于|"
    r"(?<![不别要])超过|(?<!不)超出|满|at least|above|(?<!not )over|"
    r"(?<!no )(?<!not )more than|min(?:imum)?(?: of)?|no less than|"
    r"not (?:less|lower) than|(?<!no )(?<!not )(?:better|higher|greater) than|no (?:lower|fewer) than|from|>=?)"
    r"\s{0,2}[¥$]?\s{0,2}$")
_ABOUT_LEFT = re.compile(r"(?:大概|大约|约|差不多|about|around|roughly|approximately)\s{0,2}[¥$]?\s{0,2}$")
_GE_RIGHT = re.compile(
    r"\s{0,2}(?:及|或|或者)?(?:以上|起|\+|之上|or (?:more|higher|above|better|up|over)|and (?:up|above|over|higher)|"
    r"(?:stars? )?minimum|at (?:the )?least|at a minimum|plus\b)")
_LE_RIGHT = re.compile(
    r"\s{0,2}(?:及|或|或者)?(?:以下|以内|之内|之下|内|封顶|or (?:less|lower|below|under|cheaper|closer|fewer)|"
    r"and (?:under|below)|"
    r"(?:at )?max(?:imum)?\b|at (?:the )?most|tops\b)")
_ABOUT_RIGHT = re.compile(r"\s{0,2}(?:左右|上下|or so\b)")
_FREE = re.compile(
    r"(?:门票|票价|价格|入场|ticket|admission|entry|entrance|price)[^,。;]{0,8}?(?:免费|free\b)|免费(?:的)?(?:景点|公园|入场|参观|地方|门票|进)|"
    r"不要钱|不收费|不用买票|free (?:entry|admission|entrance|of charge|to enter|attraction|place|spot|"
    r"ticket|park\b|sight)|for free\b")


@CACHES.keep(16_384)
def mentions(text: str) -> tuple[Mention, ...]:
    """Every number of a text with what it measures, in order."""
    text = norm(text)
    found = []
    for match in islice(_NUMBER.finditer(text), MOST_NUMBERS):
        unit, slot = "", ""
        for kind in _UNITS:
            unit = match.group(f"{kind}2") or match.group(f"{kind}1") or unit
            if unit:
                slot = kind
                break
        if not slot and match.group("cur"):
            slot = "price"
        if not slot:
            slot = cue_before(_CUE, text, match.start(), 24)
        scale = next((v for k, v in _SCALE.items() if unit.startswith(k)), 1.0) if slot in ("distance", "duration") else 1.0
        low = float(match.group("a")) * scale
        high = float(match.group("b")) * scale if match.group("b") else low
        if high < low:
            low, high = high, low
        found.append(Mention(slot, low, high, match.start(), match.end(), bool(match.group("plus"))))
    return tuple(found)


@CACHES.keep(16_384)
def limits(text: str) -> tuple[Limit, ...]:
    """The bounds that a request states: "评分4.5分以上", "20-50元", "under 50 yuan", "免费"; the last of a slot counts.

    A bare rating is a lower bound, a bare distance an upper one, a bare price means within 30 %, a bare duration itself.
    """
    plain = norm(text)
    last = {m.slot: m for m in mentions(text) if m.slot}
    found = {slot: _bound(m, plain[max(0, m.start - 22):m.start], plain[m.end:m.end + 14]) for slot, m in last.items()}
    if "price" not in found and _FREE.search(plain):
        found["price"] = Limit("price", -INF, 0.0)
    return tuple(found.values())


def _bound(m: Mention, left: str, right: str) -> Limit:
    if m.upper > m.value:
        return Limit(m.slot, m.value, m.upper)
    if _ABOUT_LEFT.search(left) or _ABOUT_RIGHT.match(right):
        return Limit(m.slot, 0.7 * m.value, 1.3 * m.value)
    if _LE_LEFT.search(left) or _LE_RIGHT.match(right):
        return Limit(m.slot, -INF, m.value)
    if m.plus or _GE_LEFT.search(left) or _GE_RIGHT.match(right):
        return Limit(m.slot, m.value, INF)
    if m.slot == "rating":
        return Limit(m.slot, m.value, INF)
    if m.slot == "distance":
        return Limit(m.slot, -INF, m.value)
    if m.slot == "duration":
        return Limit(m.slot, m.value, m.value)
    return Limit(m.slot, 0.7 * m.value, 1.3 * m.value)


_ZH_ASK = re.compile(
    r"(?:提供|具有|具备|配有|配备|带有|设有|拥有|支持|含有|包含|要有|需要有|最好有|能有|可以有|有|带|吃到|想吃|吃|尝尝|品尝|喝|做|特色是|推荐菜是)"
    r"(?P<x>[^,。!?;:的]{2,30}?)(?=的|这道菜|这个菜|这样|那种|服务的|,|。|!|\?|;|吗|吧|呢|就|$)")
_ZH_KIND = re.compile(
    r"[\u4e00-\u9fff]{2}型|[\u4e00-\u9fff]{2}(?:区|县)(?![域别])|在(?P<x>[\u4e00-\u9fff]{2,4})(?:附近|周边|旁边)")
_EN_ASK = re.compile(
    r"\b(?:with|has|have|having|offers?|offering|serves?|serving|provides?|providing|includes?|including|featuring|features|"
    r"must have|eat|try|near|close to|next to)\s{1,2}(?:a |an |the |some |good )?(?P<x>[a-z][a-z0-9' /-]{2,60}?)"
    r"(?=[,.;!?]|\s(?:with|that|which|for|in|at|near|under|below|above|rated|please|if|but|within|where|around)\b|$)")
_EN_AREA = re.compile(
    r"\bin (?:the )?(?P<x>[a-z][a-z' -]{2,24}?)(?: district| area| county)?(?=[,.;!?]|\s(?:with|that|which|for|under|"
    r"near|rated)\b|$)")
_SPLIT_ZH = re.compile(r"[、和及与跟]|以及|还有|并且|或者")
_SPLIT_EN = re.compile(r",|/|\band\b|\bor\b|\bplus\b")
_CHAT = re.compile(
    r"推荐|什么|哪些|没有|帮我|一家|一个|景点|餐馆|酒店|餐厅|地方|评分|价格|票价|人均|我想|想要|时间|附近|意思|合适|"
    r"您好|你好|给我|哪|东西|亲戚|朋友|家人|这样")


@CACHES.keep(16_384)
def requests(text: str) -> tuple[str, ...]:
    """Things asked for in words: dishes, services, kinds, districts, as squeezed phrases; heuristic, high precision first."""
    plain = norm(text)
    found: dict[str, None] = {}
    for match in _ZH_ASK.finditer(plain):
        for part in _SPLIT_ZH.split(match.group("x")):
            word = re.sub(r"^(?:一些|一点|一下|能|可以|个|份|点|有|提供)|(?:这道菜|这个菜|等|服务的)$", "", part.strip())
            if 2 <= len(squeeze(word)) <= 12 and not _CHAT.search(word):
                found[squeeze(word)] = None
    for match in _ZH_KIND.finditer(plain):
        found[squeeze(match.group("x") or match.group())] = None
    for match in (*_EN_ASK.finditer(plain), *_EN_AREA.finditer(plain)):
        for part in _SPLIT_EN.split(match.group("x")):
            if 3 <= len(squeeze(part)) <= 40 and grams(part) and not any(c.isdigit() for c in part):
                found[squeeze(part)] = None
    return tuple(found)


LABELS = {norm(name): slot for slot, s in SLOTS.items() for name in (s.zh, s.en)}
LABELS |= {"门票": "price", "票价": "price", "人均消费": "price", "人均": "price"}
"""What a slot is called in either language -> the slot."""


@CACHES.keep(16_384)
def record(item_text: str) -> Record:
    """The fields of an item's text, as recenv.data.render.item_text writes it or laid out otherwise; ``text`` holds all of it."""
    parts = [p.strip() for p in norm(in_one_layout(item_text)).split(";")]
    numbers: dict[str, tuple[float, float]] = {}
    members: dict[str, tuple[str, ...]] = {}
    for part in parts[2:]:
        name, colon, value = part.partition(":")
        slot = LABELS.get(name.strip(), "")
        if not colon or not slot or not value.strip():
            continue
        if SLOTS[slot].kind == "number" or slot == "duration":
            number = mentions(f"{name}:{value}")
            if number:
                numbers[slot] = (number[0].value, number[-1].upper)
        if SLOTS[slot].kind != "number":
            members[slot] = tuple(s for s in (squeeze(v) for v in re.split(r"[、,]", value)) if s)
    named = tuple(m for own in members.values() for m in own if len(m) > 1)
    return Record(parts[0], parts[1] if len(parts) > 1 else "", numbers, members, named, squeeze(item_text), grams(item_text))


def within(limit: Limit, value: tuple[float, float]) -> bool:
    """Whether a record's number (or range) lies inside a limit; ranges need only touch an exact one."""
    if limit.slot == "duration":
        return value[0] <= limit.high + 1e-9 and value[1] >= limit.low - 1e-9
    return limit.low - 1e-9 <= value[0] and value[1] <= limit.high + 1e-9
