"""What an answer asserts about its items' ratings, prices, distances and areas, each with the item that it is about.

A claim belongs to the item whose name stands last before it: its neighbourhood ends at the next name. With nothing but
words between them, or at the head of a sentence, it may also belong to the name after it ("rated 4.6, Golden Fork ...");
a name that is only a landmark ("near the Old Gate") shares its claims with the item before it. A claim that may belong to
several is wrong only if it is wrong for all. What the user asked for, ranges, averages, discounts and fees are not
read: only what a record can refute is.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import Literal, NamedTuple

from recenv.data.constraints import fold
from recenv.data.render import value_text
from recenv.records import Item
from recenv.rewards.reading import aliases
from recenv.rewards.reading.quantities import quantities
from recenv.rewards.rules import CACHES
from recenv.rewards.rules.before import begins, just_before
from recenv.rewards.rules.references import Named, behind_colon, comparisons, group, in_brackets, no_value, one_by_one, references

Slot = Literal["rating", "price", "distance", "area"]

_MOST_CHARACTERS = 6_000
"""Of a longer text only the head is read; no answer may be that long."""
_MOST_CLAIMS = 128
"""Of the values that an answer says only so many are checked, from its beginning."""
_RATING_STEP = 0.05
"""Ratings carry a decimal: "rated 5" is no rounding of 4.6."""


class Claim(NamedTuple):
    """said: the claimed value as written; value: as a number, 0.0 for areas.

    tolerance: half a unit of the last digit written (at most 0.05 for ratings), more for "about".
    owners: the items of which it may be said; never empty.
    order: 0 for "is", -1 for "is below" another item's value, 1 for "is above" it.
    """

    slot: Slot
    said: str
    value: float
    tolerance: float
    owners: tuple[Item, ...]
    order: int = 0


class _Mention(NamedTuple):
    start: int
    end: int
    items: tuple[Item, ...]  # recommended items of this name, none for others
    landmark: bool


class _Found(NamedTuple):
    slot: Slot
    said: str
    value: float
    tolerance: float
    start: int
    end: int


_N = r"(?P<n>(?:\d{1,3}(?:,\d{3}){1,6}|\d+)(?:\.\d+)?(?:e[+-]?\d+)?)"
_IS_ZH = r"(?:评分|价格|的|是|为|约|大约|大概|高达|达到|达|有|在|只要|仅需|仅|才|也|:|=|\s|¥){0,8}"
_IS_EN = r"(?:\s|:|=|is|of|at|about|around|approximately|roughly|a|an|just|only|¥){0,10}"
_DIGIT = re.compile(r"\d")
_MAY_CLAIM = re.compile(r"\d|免|free| than|比")
"""What every claim but those of areas has in it."""
_PATTERNS: tuple[tuple[Slot, re.Pattern[str]], ...] = (
    ("rating", re.compile(rf"(?:评分|口碑分?|打分){_IS_ZH}{_N}(?:\s{{0,4}}(?:分|星|/\s{{0,4}}5))?")),
    ("rating", re.compile(r"(?<![\d.])(?P<n>\d\.\d{1,2})\s{0,4}分(?!钟|店|之|公里|米)")),
    ("rating", re.compile(rf"\b(?:rated|ratings?|scored?|scores)\b{_IS_EN}{_N}(?:\s{{0,4}}(?:stars?|/\s{{0,4}}5|out of 5))?")),
    ("rating", re.compile(r"(?<![\d.])(?P<n>\d(?:\.\d+)?)\s{0,4}(?:stars\b|/\s{0,4}5(?![\d.])|out of 5\b)")),
    ("rating", re.compile(r"(?<![\d.])(?P<n>\d\.\d+)[\s-]stars?\b")),
    ("price", re.compile(
        rf"(?:人均消费|人均|均价|价格|价位|票价|门票|房价|售价|消费|花费){_IS_ZH}{_N}"
        r"(?!\s{0,4}(?:分|星|公里|%|折))(?:\s{0,4}(?:元|块))?")),
    ("price", re.compile(rf"(?<![\d.,]){_N}\s{{0,4}}(?:元|块钱|块|yuan\b|rmb\b|cny\b)")),
    ("price", re.compile(rf"¥\s{{0,4}}{_N}")),
    ("price", re.compile(
        rf"\b(?:prices?|priced|costs?|costing)\b{_IS_EN}{_N}"
        r"(?!\s{0,4}(?:stars?|km|%))(?:\s{0,4}(?:yuan|rmb|cny))?")),
    ("distance", re.compile(rf"距离(?:您|你)?(?:是|为|约|大约|有|仅|:|\s){{0,8}}{_N}\s{{0,4}}(?:公里|千米|km)")),
    ("distance", re.compile(rf"\bdistance\b{_IS_EN}{_N}\s{{0,4}}km\b")),
    ("distance", re.compile(rf"(?<![\d.]){_N}\s{{0,4}}km away(?! from)\b")),
)
_FREE = re.compile(
    r"(?:门票|票价|价格|入场)(?:是|为|全|:|\s){0,4}免费|免门票|免票|免费(?:入场|参观|开放|游览|入园)"
    r"|(?<=[,，、;(])\s{0,4}(?:免费|free)\s{0,4}(?=[,，、;).。]|$)"
    r"|\bfree (?:entry|admission|entrance)\b|\b(?:entry|admission|entrance|price)(?: is|:)? free\b"
)
_AREA_ZH = r"(?:位于|地处|坐落于|坐落在)(?:北京市|北京|上海市|上海)?\s{0,4}{area}(?!附近|旁|边|周边)|在{area}的(?=\ufffc)"
_AREA_EN = r"\b(?:located|situated) in\s{1,4}(?:the\s{1,4})?{area}\b"
_AREA_FIELD = (  # a clause that says nothing else
    r"(?<=[,、(;:|。\n])\s{0,4}(?:(?:区域|area)\s{0,4}:?\s{0,4}|在|in (?:the )?)?{area}(?: district)?"
    r"\s{0,4}(?=[,、;)|。\n]|\.(?:\s|$)|$)"
)

_RANGE_AFTER = re.compile(
    r"\s{0,4}(?:/人|每人|per person)?\s{0,4}(?:以上|以下|以内|之内|之间|起|及以上|及以下|\+|-|~|–|—|至|到|多"
    r"|or (?:more|above|higher|less|below|lower|under|better)|and (?:above|up|below|under)|to\b)")
_RANGE_BEFORE = re.compile(
    r"(?:不低于|不少于|不高于|不超过|高于|低于|超过|至少|最多|小于|大于|[<>≥≤+~–—-]|\d\s{0,4}(?:分|元|块|yuan|stars?)?\s{0,4}(?:到|至|to)|\bbetween|"
    r"\bat least|\bat most|\bunder|\bover|\babove|\bbelow|\bup to|\bmore than|\bless than|\bwithin|\bfrom)\s{0,4}¥?\s{0,4}$")
_APPROXIMATE = re.compile(r"(?:约|大约|大概|about|around|approximately|roughly)\s{0,4}¥?\s{0,4}$|左右")
_ABOUT_USER = re.compile(
    r"您|你(?!好)|用户的?(?=要求|希望|想|需要|说)|要求|希望|想要|预算|平均|这几|这些|几家|都在"
    r"|\byou(?:r)?\b|\bas requested\b|\bbudget\b|\baverage\b|\ball of\b|\bboth\b|\bthese\b")
_WISHED = re.compile(r"\s{0,4}(?:分|元|块)?\s{0,4}的?\s{0,4}(?:预算|要求|标准|条件|\bbudget\b)")
_OTHER_MONEY = re.compile(
    r"(?:满|减|优惠|立省|省|返|券|停车费?|押金|起送|配送费?|红包|服务费|加|儿童|学生|老人|deposit|parking|discount|save|off)"
    r"\D{0,4}$")
_OTHER_MONEY_AFTER = re.compile(r"\s{0,4}(?:代金券|优惠|红包|折|券|押金|off\b|discount|voucher|deposit|parking)")
_SET_AGAINST = r"(?:vs\.?|versus|against|compared (?:to|with)|对|比)"
_PAIR_BEFORE = re.compile(
    rf"\d\s{{0,2}}(?:分|元|块|yuan|stars?|km|公里)?\s{{0,2}}{_SET_AGAINST}\s{{0,2}}¥?$|"
    r"[(（]\s{0,2}\d+(?:\.\d+)?\s{0,2}(?:分|元|块|yuan|stars?)?\s{0,2}(?:和|与|、|and|,)\s{0,2}¥?$")
_PAIR_AFTER = re.compile(
    rf"\s{{0,2}}(?:分|元|块|yuan|stars?|km|公里)?\s{{0,2}}{_SET_AGAINST}\s{{0,2}}¥?\d|"
    r"\s{0,2}(?:分|元|块|yuan|stars?)?\s{0,2}(?:和|与|、|and|,)\s{0,2}¥?\d+(?:\.\d+)?\s{0,2}(?:分|元|块|yuan|stars?)?\s{0,2}[)）]")
_GAP_BEFORE = re.compile(r"(?:差距?|差价|相差|\b(?:gap|difference)\b)[^,.;。;!?()\n]{0,40}$")
_LANDMARK_BEFORE = re.compile(
    r"(?:靠近|临近|邻近|毗邻|紧邻|紧挨|附近|周边|周围|旁边|离|距|\b(?:near(?:by)?|close to|next to|beside|opposite|around)\b)"
    r"[^,.;。;!?()\n]{0,24}$"
    r"|(?:像|比|不如|类似|\b(?:like|unlike|than|compared (?:with|to)|similar to|against|over|versus))[ *_]{0,4}$")
_LANDMARK_AFTER = re.compile(r"\s{0,4}(?:附近|周边|旁|边上|周围|对面|nearby)")
_PUNCTUATION = re.compile(r"[,.;:!?。、;\n()\[\]{}|/]")
_SENTENCE = re.compile(r"[!?。\n]|(?<!\d)\.\s")
_CLAUSE_LENGTH = 200
_CLAUSE = re.compile(r"[,;!?。\n()]|\.(?!\d)")


def read_assertions(text: str, items: Sequence[Item], others: tuple[Item, ...], areas: Iterable[str]) -> list[Claim]:
    """The checkable claims in an answer about ``items``, in the order of the text.

    others: further items whose names end a neighbourhood. areas: the names of areas that may be claimed.
    """
    plain = _normal(text)
    areas = [area for area in areas if (name := _called(area)) and (name in plain or "\ufffc" in name)]
    if not (areas or _MAY_CLAIM.search(plain)):
        return []
    mentions = _mentions(plain, items, others)
    masked = list(plain)
    for m in mentions:  # digits of names are not claims
        masked[m.start:m.end] = "\ufffc" * (m.end - m.start)
    masked_text = "".join(masked)
    named = [Named(m.start, m.end, m.items) for m in mentions]
    referring = references(masked_text, named)
    known = sorted((*mentions, *(_Mention(*r, False) for r in referring)), key=lambda m: m.start)
    claims = []
    every = _numbers(masked_text) + _free(masked_text) + _areas(masked_text, areas)
    if len(every) > _MOST_CLAIMS:
        every = sorted(every, key=lambda f: f.start)[:_MOST_CLAIMS]
    starts: dict[str, list[int]] = {}
    for found in sorted(every, key=lambda f: f.start):
        starts.setdefault(found.slot, []).append(found.start)
    for found in every:
        for owners in _said_of(found, starts[found.slot], masked_text, named, referring, known):
            claims.append((found.start, Claim(*found[:4], owners)))
    for c in comparisons(masked_text, named):
        beside = c.other.attributes.get(c.slot)
        if isinstance(beside, (int, float)):
            claims.append((c.start, Claim(c.slot, c.said, float(beside), 1e-9, (c.item,), c.order)))  # type: ignore[arg-type]
    return [claim for _, claim in sorted(claims, key=lambda pair: pair[0])]


def agrees(claim: Claim, item: Item) -> bool:
    """Whether a record bears out a claim, or has nothing to say on it."""
    have = item.attributes.get(claim.slot)
    if have is None or have == "":
        return True
    if claim.slot == "area":
        said, area = fold(claim.said), fold(str(have))
        return said in area or area in said or said in fold(str(item.attributes.get("address", "")))
    if claim.slot == "price" and not claim.order and claim.value in _amounts(_words(item)):
        return True  # what something there costs
    if claim.order and isinstance(have, (int, float)):
        return (float(have) - claim.value) * claim.order >= -claim.tolerance
    return not isinstance(have, (int, float)) or abs(float(have) - claim.value) <= claim.tolerance


def _words(item: Item) -> str:
    values = (v if isinstance(v, tuple) else (v,) for v in item.attributes.values())
    return "; ".join(v for several in values for v in several if isinstance(v, str) and any(c.isdigit() for c in v))


@CACHES.keep(16_384)
def _amounts(words: str) -> frozenset[float]:
    """Sums of money that a record names beside its price: of dishes, rooms, packages."""
    return frozenset(q.value for q in quantities(words) if q.kind == "money")


def record(claim: Claim, item: Item) -> str:
    """What the record holds instead, as text without a unit."""
    have = item.attributes.get(claim.slot, "")
    return f"{have:g}" if isinstance(have, (int, float)) else value_text(claim.slot, have, item.locale)


# -- names -------------------------------------------------------------------------------------------------------------


def find_names(text: str, items: Sequence[Item]) -> list[_Mention]:
    """Where a text that is normalised already names items, longest name first where they overlap, in order."""
    return _mentions(text, items, ())


@CACHES.keep(65_536)
def _normal(text: str) -> str:
    return unicodedata.normalize("NFKC", text[:_MOST_CHARACTERS])[:_MOST_CHARACTERS].casefold()


@CACHES.keep(65_536)
def _called(name: str) -> str:
    return _normal(name).strip()


def _mentions(text: str, items: Sequence[Item], others: tuple[Item, ...]) -> list[_Mention]:
    """Where names stand, longest first where they overlap, in order of the text: whole ones, and such short forms of recommended
    items' as can mean nothing else at hand (``reading.aliases``)."""
    every = {**_names(items), **_names_of_list(others)}
    joined = "\n".join(every)
    named: dict[str, list[Item]] = {name: [] for name in every if name in text}
    for item in items:
        name = _called(item.name)
        if name in named:
            named[name].append(item)
        for form in _short(name):
            if form in text and not _elsewhere(form, name, every, joined):
                named.setdefault(form, []).append(item)
    found: list[_Mention] = []
    taken = bytearray(len(text))  # 1 where a name stands
    for name in sorted(sorted(named), key=len, reverse=True):  # of equal length by the alphabet
        if len(name) < 2:
            continue
        at = text.find(name)
        while at >= 0:
            end = at + len(name)
            if taken.find(1, at, end) < 0 and _whole(text, at, end):
                found.append(_Mention(at, end, tuple(named[name]), _landmark(text, at, end)))
                taken[at:end] = b"\x01" * (end - at)
            at = text.find(name, end)
    return sorted(found, key=lambda m: m.start)


def _names(items: Sequence[Item]) -> dict[str, None]:
    return {name: None for item in items if (name := _called(item.name))}


_names_of_list: Callable[[tuple[Item, ...]], dict[str, None]] = CACHES.keep_same(4_096)(_names)


@CACHES.keep(65_536)
def _short(name: str) -> tuple[str, ...]:
    """The short forms of a name that are hardly ever words of their own."""
    return tuple(form for form in aliases.forms(name)[1:] if aliases.sure(form)) if name else ()


def _elsewhere(form: str, name: str, every: Iterable[str], joined: str) -> bool:
    """Whether a short form of a name is a part of another name. joined: all names, a line each."""
    if "\n" in form:
        return any(form in other for other in every if other != name)
    return joined.count(form) > name.count(form)


def _whole(text: str, start: int, end: int) -> bool:
    """A Latin name must not be part of a longer word."""
    return not (_inside(text, start) or _inside(text, end))


def _inside(text: str, at: int) -> bool:
    pair = text[at - 1:at + 1] if 0 < at < len(text) else ""
    return pair.isascii() and pair.isalnum()


def _landmark(text: str, start: int, end: int) -> bool:
    return bool(_LANDMARK_BEFORE.search(just_before(text, start, 40)) or _LANDMARK_AFTER.match(text, end))


def _said_of(
    found: _Found, alike: Sequence[int], text: str, named: Sequence[Named], referring: Sequence[Named],
    known: Sequence[_Mention],
) -> list[tuple[Item, ...]]:
    """The owners of each claim that something found makes: one claim, one an item of "both", none where it cannot be told. alike:
    where values of the same slot stand, in order."""
    clause = begins(_CLAUSE, text, found.start - _CLAUSE_LENGTH, found.start)
    digits = text.find(found.said, found.start) if found.slot != "area" else found.start
    if no_value(found.slot, text, clause, found.start, max(digits, found.start), found.end):
        return []
    bracketed = in_brackets(text, named, found.end)
    if bracketed is not None:
        return [bracketed.items] if bracketed.items else []
    several = (
        one_by_one(text, named, referring, found.start, alike) or group(text, named, referring, clause, found.start)
        or behind_colon(text, named, referring, clause, found.start, found.end))
    if several is not None:
        return [(item,) for item in several.items]
    owners = _owners(found, text, known)
    return [owners] if owners else []


def _owners(found: _Found, text: str, mentions: Sequence[_Mention]) -> tuple[Item, ...]:
    """The recommended items that a claim may be about; none where it is about something else or about nobody knows what."""
    earlier = [m for m in mentions if m.end <= found.start]
    after = next((m for m in mentions if m.start >= found.end), None)
    start = max(earlier[-1].end if earlier else 0, found.start - _CLAUSE_LENGTH)
    clause = begins(_CLAUSE, text, start, found.start)
    if _ABOUT_USER.search(text, clause, found.start) or _WISHED.match(text, found.end):
        return ()
    near: list[_Mention] = []
    if earlier:
        near.append(earlier[-1])
        if earlier[-1].landmark and (anchor := next((m for m in reversed(earlier) if not m.landmark), None)):
            near.append(anchor)
    if after is not None:
        fresh = not earlier or _SENTENCE.search(text, earlier[-1].end, found.start)  # a sentence that has named nothing yet
        if not (_SENTENCE if fresh else _PUNCTUATION).search(text, found.end, after.start):
            near.append(after)
    if any(not m.items for m in near):  # perhaps about an item that is not recommended
        return ()
    return tuple({item.id: item for m in near for item in m.items}.values())


# -- values ------------------------------------------------------------------------------------------------------------


_LARGEST = 30
"""Exponent of the largest number that is read."""


def _numbers(text: str) -> list[_Found]:
    found: dict[tuple[int, int], _Found] = {}
    for slot, pattern in _PATTERNS if _DIGIT.search(text) else ():
        for match in pattern.finditer(text):
            start, end = match.span("n")
            if (start, end) in found or not _exact(slot, text, match):
                continue
            digits = match.group("n").replace(",", "")
            mantissa, _, exponent = digits.partition("e")
            decimals = max(len(mantissa.partition(".")[2]) - int(exponent or 0), -_LARGEST)
            value = min(float(digits), 10.0**_LARGEST)  # what is larger is no record's either, and 1e400 is infinite
            tolerance = min(0.5 * 10.0**-decimals, _RATING_STEP if slot == "rating" else math.inf) + 1e-9
            if _APPROXIMATE.search(just_before(text, start, 16)) or _APPROXIMATE.match(text, match.end()):
                tolerance = max(tolerance, 0.25 if slot == "rating" else 0.15 * value)
            found[start, end] = _Found(slot, match.group("n"), value, tolerance, match.start(), match.end())
    return list(found.values())


def _exact(slot: Slot, text: str, match: re.Match[str]) -> bool:
    """Not a range, a bound, a discount, a fee, a difference, or one of two that are set side by side."""
    start, end = match.span("n")
    if len(match.group("n")) > 15 or text[end:end + 1].isdigit():
        return False
    if any(_RANGE_AFTER.match(text, at) for at in (end, match.end())) or _RANGE_BEFORE.search(just_before(text, start, 16)):
        return False
    if _PAIR_BEFORE.search(just_before(text, start, 24)) or _PAIR_AFTER.match(text, end):
        return False  # one for each of two places
    if _GAP_BEFORE.search(just_before(text, start, 56)):
        return False
    return slot != "price" or not (
        _OTHER_MONEY.search(just_before(text, match.start(), 10)) or _OTHER_MONEY_AFTER.match(text, match.end()))


def _free(text: str) -> list[_Found]:
    said = _FREE.finditer(text) if "免" in text or "free" in text else ()
    return [_Found("price", m.group().strip(), 0.0, 1e-9, *m.span()) for m in said]


def _areas(text: str, areas: Sequence[str]) -> list[_Found]:
    found = []
    for area in areas:
        if (name := _called(area)) and name in text:
            for pattern in _area_patterns(name, area.isascii()):
                found += [_Found("area", area, 0.0, 0.0, *m.span()) for m in pattern.finditer(text)]
    return found


@CACHES.keep(4_096)
def _area_patterns(name: str, latin: bool) -> tuple[re.Pattern[str], ...]:
    """How a text says that something lies in an area."""
    return tuple(
        re.compile(pattern.replace("{area}", re.escape(name))) for pattern in (_AREA_FIELD, _AREA_EN if latin else _AREA_ZH))
