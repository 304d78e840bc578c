"""Numbers of answers and records in one scale: minutes of the day, kilometers, thousands written out, words as digits."""

from __future__ import annotations

import re
from typing import NamedTuple

from recenv.rewards.features import CACHES
from recenv.rewards.features.prose.clocks import clocks
from recenv.rewards.reading.lexical import norm
from recenv.rewards.reading.numerals import ENGLISH, number
from recenv.rewards.reading.quantities import quantities

_TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_UNITS = "two|three|four|five|six|seven|eight|nine"
_TEENS = "ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen"
_SPELLED = re.compile(
    rf"\b(?:(?P<h>a|one|{_UNITS}|\d) hundred(?: and)?"
    rf"(?: (?P<r>(?:{_TENS})(?:[- ](?:one|{_UNITS}|\d))?|{_TEENS}|{_UNITS}|\d{{1,2}}))?|"
    rf"(?P<t>{_TENS})(?:[- ](?P<u>one|{_UNITS}|\d))?|(?P<n>{_TEENS}|{_UNITS}|a dozen))\b")
_POINT = re.compile(
    rf"\b(zero|one|{_UNITS}|\d{{1,2}}) point (zero|one|{_UNITS}|\d)\b|"
    r"(?<![上下中早晚里晨到至0-9])([零一二两三四五六七八九])点([零一二三四五六七八九]|[0-9](?![0-9:]))(?![十点刻])(?=[分星公元块千的,。;!?呢了啊吧~\n]|$)")
_HAN = re.compile(
    "[一二两三四五六七八九十百千零]{2,9}|(?<![0-9])[一二两三四五六七八九十](?=[块元楼层站位折晚天岁家个间条款张折杯份小公米倍]|分钟|多)")
_THOUSANDS = re.compile(r"(?<![\d.])(\d{1,6}(?:\.\d{1,3})?)\s?(?:万|w\b|k\b(?! (?:away|from|off|out|down)\b))")
_THOUSAND = re.compile(r"\b(\d{1,3}) thousand\b(?:(?: and)? (\d{1,3})\b)?")
_HALVES = tuple((re.compile(pattern), told) for pattern, told in (
    (r"(\d{1,2})个半(?=小时|钟头)", r"\1.5个"), (r"(\d{1,2})(公里|小时|星)半", r"\1.5\2"),
    (r"(?<![个\d])半个?(?:小时|钟头)", "30分钟"), (r"\bhalf an hour\b", "30 minutes"),
    (r"\ban hour and a half\b", "1.5 hours"), (r"\b(\d{1,2}) and a half(?= (?:hours|stars|km|points))", r"\1.5"),
    (r"\ban hour\b", "1 hour"), (r"\bhalf a (?=star|point)", "0.5 "),
    (r"\b(?:a|one) (?=kilometer\b)", "1 "),
    (r"\ba (?:whole|full) (?=star|point)", "1 "), (r"\b(\d) tenths? of a(?= (?:star|point))", r"0.\1"),
    (r"\bby (\d) tenths?\b", r"by 0.\1")))
_OF_HALVES = ("half", "半", "hour", "tenth", "whole", "full", "kilometer")
_KM_HAN = re.compile(r"(?<![\d.])(\d{1,2})公里([一二三四五六七八九])(?![百千米])")
_COINS = re.compile(r"(?<![\d.])(\d{1,5})块([\d一二三四五六七八九])毛?(\d(?![\d.]))?(?!\d|[家个人份位种样条款张碗杯.])")
"""Yuan with tenths behind them: 22块9, 20块7毛9."""
_METERS = re.compile(r"[\d.]{1,12}\s?-?(?:米|m\b|met(?:er|re)s?\b)")
_HOURS = re.compile(r"小时|h")
_OVER = re.compile(r"(?:超过|逾|over|more than|above|just over|upwards of|north of|"
                   r"(?:a (?:bit|shade|little)) over|past)\s?[¥$£€]?$")
_OVER_AFTER = re.compile(r"\s?(?:(?:公里|米|块|元|分钟|个?小时)?多(?![久少远])|"
                         r"出头|来(?=[元块分条个米])|余|有余|开外|\+|-?odd\b|or so\b|and (?:a bit|change)\b)")
_UNDER = re.compile(r"(?:不到|不足|少于|低于|将近|接近|近|差不多|快|under|below|less than|nearly|almost|just (?:under|short of)|"
                    r"close to|a shade under|not quite|approaching|short of)\s?[¥$£€]?$")
_ABOUT = re.compile(r"(?:大概|大约|约|差不多|about|around|roughly|approximately|some|circa|or so|~)\s?[¥$£€]?$")
_ABOUT_AFTER = re.compile(r"\s?(?:元|块|分钟|米|公里|km|yuan|minutes?)?\s?(?:左右|上下|or so\b|ish\b|-ish\b|or thereabouts)")
_BY_LABEL = re.compile(
    r"(?:(?:[ _(]|(?<=[\u4e00-\u9fff]))(?:(?P<km>km|kms)|(?P<m>m|meters?)|(?P<hours>h|hrs?|hours?)|"
    r"(?P<minutes>mins?|minutes?)|(?P<money>usd|eur|gbp|cny|rmb|yuan))|(?:距离|[_(])(?P<mi>米))\)?[:=]?\s?$")
"""A unit that stands in the label: "distance_m: 820"."""
_AND_MINUTES = re.compile(r"\s?(?:and|,|零|又)?\s?$")
_LISTED = re.compile(r"[.、)]\s?(?!\d)")
_MARKER = re.compile(r"(?:^|\n)\s{0,2}$")
_NOUN = re.compile(r"\s?-?([a-z]{3,16}|[\u4e00-\u9fff])")
_EACH = ("晚", "位", "人", "个", "份", "天", "次")
_MOST = 120
_KINDS = frozenset(("clock", "distance", "money", "rating", "minutes", "hours", "percent", "days"))


class Figure(NamedTuple):
    """kind: what it measures, "" where unknown; loose: -1 said to be less than the value, 1 more, 2 about, 0 just that."""

    kind: str
    value: float
    start: int
    end: int
    loose: int
    either_half: bool = False
    noun: str = ""  # what it counts


@CACHES.keep(16_384)
def spelled(text: str) -> str:
    """A normalised text with numbers in words as digits."""
    pointed = "point" in text or "点" in text
    text = _SPELLED.sub(_english, _POINT.sub(_decimal, text) if pointed else text)
    if pointed:
        text = _POINT.sub(_decimal, text)
    if "thousand" in text:
        text = _THOUSAND.sub(lambda m: str(1_000 * int(m.group(1)) + int(m.group(2) or 0)), text)
    if not text.isascii():
        text = _KM_HAN.sub(lambda m: f"{m.group(1)}.{number(m.group(2))}公里", _HAN.sub(_han, text))
        if "块" in text:
            text = _COINS.sub(lambda m: f"{m.group(1)}.{number(m.group(2))}{m.group(3) or ''}元", text)
    text = text.replace("仨", "3家")
    for pattern, told in _HALVES if any(word in text for word in _OF_HALVES) else ():
        text = pattern.sub(told, text)
    return _THOUSANDS.sub(_thousands, text)


def _decimal(match: re.Match[str]) -> str:
    whole, part = ((number(g) if not g.isdigit() else int(g)) for g in match.groups() if g)
    return match.group() if whole is None or part is None or not 0 <= part <= 9 else f"{whole}.{part}"


def _thousands(match: re.Match[str]) -> str:
    count = float(match.group(1))
    return f"{count * (10_000 if match.group()[-1] in '万w' else 1_000):.0f}" if count < 1e4 else match.group()


def _english(match: re.Match[str]) -> str:
    if match.group("h"):
        head, rest = match.group("h"), match.group("r") or ""
        hundreds = 1 if head in ("a", "one") else number(head) or 1
        return str(100 * hundreds + _small(rest))
    if match.group("t"):
        return str(ENGLISH[match.group("t")] + _small(match.group("u") or ""))
    word = match.group("n")
    return str(ENGLISH.get(word, 12))


def _small(text: str) -> int:
    return sum(int(part) if part.isdigit() else number(part) or 0 for part in re.split("[- ]", text) if part)


def _han(match: re.Match[str]) -> str:
    said = match.group()
    if said[-1] == "一" and len(said) > 2 and said[-2] not in "十百千零" and match.string[match.end():match.end() + 1] in _EACH:
        return f"{_han_value(said[:-1])} 1"  # 五百三一晚: 530 a night
    return _han_value(said)


def _han_value(said: str) -> str:
    if len(said) > 1 and not set(said) & set("十百千"):
        return said  # digits in a row are a name or a guess ("三四")
    value = number(said)
    if value is None:
        return said
    if len(said) > 2 and said[-2] in "百千" and said[-1] in "一二两三四五六七八九":  # 四百三 is 430
        value += (number(said[-1]) or 0) * (9 if said[-2] == "百" else 99)
    return str(value)


@CACHES.keep(16_384)
def figures(text: str) -> tuple[Figure, ...]:
    """The numbers of a text that is normalised and ``spelled``, but for marks of lists."""
    found: list[Figure] = []
    text = norm(text)
    for q in quantities(text)[:_MOST]:
        if q.kind in ("phone", "date", "ordinal", "place"):
            continue
        ahead, behind = text[max(0, q.start - 18):q.start], text[q.end:q.end + 12]
        if not q.kind and _LISTED.match(behind) and _MARKER.search(ahead):
            continue
        value, kind = q.value, q.kind if q.kind in _KINDS else ""
        if kind in ("", "distance") and _METERS.match(text, q.start, q.end + 8):
            kind, value = "distance", value / 1000.0
        elif kind == "hours":
            kind, value = "minutes", value * 60.0
        elif kind == "minutes" and found and found[-1].kind == kind and _hours_and(text, found[-1], q.start):
            found[-1] = found[-1]._replace(value=found[-1].value + value, end=q.end)
            continue
        elif not kind:
            kind, value = _labelled(ahead, value)
        after = text[q.start:q.start + 24].lstrip("0123456789.")
        loose = 0
        if _UNDER.search(ahead):
            loose = -1
        elif _OVER.search(ahead) or _OVER_AFTER.match(after):
            loose = 1
        elif _ABOUT.search(ahead) or _ABOUT_AFTER.match(after):
            loose = 2
        noun = _NOUN.match(after)
        found.append(Figure(kind, value, q.start, q.end, loose, q.loose, noun.group(1).rstrip("s") if noun is not None else ""))
    return tuple(found)


def _hours_and(text: str, hours: Figure, at: int) -> bool:
    """Whether minutes behind hours are more of the same time: "1 hour 15 minutes"."""
    return hours.value % 60 == 0 and bool(_HOURS.search(text, hours.start, hours.end)) and bool(
        _AND_MINUTES.fullmatch(text, hours.end, at))


def _labelled(ahead: str, value: float) -> tuple[str, float]:
    """The kind that a label's unit tells, and the value in its scale."""
    match = _BY_LABEL.search(ahead)
    unit = match.lastgroup if match is not None else None
    if unit in ("m", "mi"):
        return "distance", value / 1000.0
    if unit == "hours":
        return "minutes", value * 60.0
    return {"km": "distance", "minutes": "minutes", "money": "money"}.get(unit or "", ""), value


def written(text: str) -> str:
    """A normalised text as answers are read: with numbers and times of day as digits."""
    return spelled(clocks(text))


def figures_of(text: str) -> tuple[Figure, ...]:
    """The numbers of a normalised text."""
    return figures(written(text))


def same(said: Figure, known: Figure) -> bool:
    """Whether a record bears a number out, as loosely as it is said."""
    if said.kind and known.kind and said.kind != known.kind:
        return False
    a, b = said.value, known.value
    if said.kind == "clock" or known.kind == "clock":
        if said.kind != known.kind:  # "closes at 9" of 21:00
            hour = b / 60 if known.kind == "clock" else b
            return known.kind == "clock" and a == int(a) and a <= 24 and (hour - a) % 12 == 0
        near = 0 if not said.loose else 30
        gap = (a - b) % 720 if said.either_half or known.either_half else (a - b) % 1440
        return min(gap, 720 - gap if said.either_half else 1440 - gap) <= near + 1e-6
    if abs(a - b) <= 1e-6:
        return True
    if not b or not a:
        return False
    ratio = b / a
    if said.loose == 1:
        return 1.0 <= ratio <= 1.2 or (a >= 100 and a % 100 == 0 and 1.0 <= ratio < 1.0 + 100 / a)
    if said.loose == -1:
        return 0.8 <= ratio <= 1.0
    if said.loose == 2:
        return 0.92 <= ratio <= 1.08
    return False


def rounded(said: Figure, known: Figure) -> bool:
    """Whether a number is a record's, rounded as people do who do not say so."""
    if (said.kind and known.kind and said.kind != known.kind) or said.kind == "clock" or known.kind == "clock":
        return False
    a, b = said.value, known.value
    return a != b and b > 0 and a >= 1 and abs(a - b) / b <= 0.06 and (a % 5 == 0 or a == round(b))
