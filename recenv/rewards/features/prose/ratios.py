"""How many times as much one place is said to ask, or to be away, as another: "half the price of A", "不到B的四分之一"."""

from __future__ import annotations

import re

from recenv.rewards.features.prose.bounds import Known
from recenv.rewards.features.prose.clauses import MASK, Clause

NAMES = ("ratios_right", "ratios_wrong")

_PARTS = {"half": 1 / 2, "third": 1 / 3, "quarter": 1 / 4, "fifth": 1 / 5, "tenth": 1 / 10, "twice": 2.0, "double": 2.0}
_SAID = re.compile(
    r"(?:\b(?P<part>half|(?<!the )third|quarter|fifth|tenth|twice|double)\b|"
    r"(?<![\d.])(?P<times>\d{1,2}(?:\.\d)?)\s?(?:times\b|倍)|"
    r"(?<![\d.])(?P<nth>[2-9二三四五六])分之(?P<n>[1-9一二三四])|(?P<half>1半|一半|半价)|(?<![\d.])(?P<tenths>[1-9])成(?!员))")
_OF = re.compile(
    rf"\s?(?:the (?:price|cost|rate|distance|money)|as (?:much|far|expensive|dear)|of what|what|(?:of )?(?:that of |the )?{MASK}|"
    r"(?:over|more|多|还多|以上|左右|出头|不到)?\s?$|[,。;])")
_THAT = rf"\s{{0,2}}(?:an? )?(?:{MASK}{{1,40}}|[前后]者|它)?(?:价[格钱位])?的?\s?$"
_OTHERS = re.compile(r"\bthe others?\b|另[外1]|其[他余它]")
_LESS = re.compile(
    r"(?:less than|under|below|barely|not (?:even|quite)|short of|nearly|almost|just under|"
    r"不到|不足|不及|还没有?|将近|近|差不多到)" + _THAT)
_MORE = re.compile(r"(?:more than|over|above|just over|at least|超过|不止|多于|至少)" + _THAT)
_MORE_BEHIND = re.compile(r"\s?(?:还?多|有余|以上|出头|or more|and more)")
_ABOUT = re.compile(r"(?:about|around|roughly|nearly|almost|just under|将近|近|约|大约|差不多)" + _THAT)
_DEARER = re.compile(r"(?:贵|[高多]出)\s{0,2}(?:了|出|上)?(?:将近|近|约|大约)?$")
_CHEAPER = re.compile(r"(?:便宜|省[下却了]?|少花?)\s{0,2}$")
_FAR = re.compile(r"\bfar\b|distance|\baway\b|远|近|路程|距离")
_PRICE = re.compile(r"pric|cost|money|much|charg|dear|expensive|cheap|价|贵|便宜|花|元|钱|费|消费|人均")


_TURNED = re.compile(
    r"(?P<both>\bformer\b.{1,80}\blatter\b|\blatter\b.{1,80}\bformer\b|前者.{1,80}后者|后者.{1,80}前者)|"
    r"[前后]者(?:价[格钱位])?的|(?:of|as|than) the (?:former|latter)")
"""The one that is spoken of is held against by the one before."""


def ratios(clause: Clause, topic: str, known: Known) -> dict[str, int]:
    """Counts by NAMES, where a clause holds one place against one other. topic: what its sentence compares."""
    found = dict.fromkeys(NAMES, 0)
    if clause.open or len(clause.about) not in (1, 2):
        return found
    one = clause.about[0]
    others = clause.beside or clause.about[1:] or tuple(n for n in clause.seen if n != one)
    if len(set(others)) != 1 or _OTHERS.search(clause.text):
        return found
    turned = _TURNED.search(clause.text)
    if turned is not None and turned.group("both") is not None:
        return found
    far, price = _FAR.search(clause.text), _PRICE.search(clause.text)
    slot = "price" if price else "distance" if far else topic
    if turned is not None and not clause.beside:
        one, others = others[0], (one,)
    values = [known[n].get(slot, 0.0) for n in (one, others[0])]
    for match in _SAID.finditer(clause.text) if slot and all(values) else ():
        told = _value(match)
        behind = _MORE_BEHIND.match(clause.text, match.end())
        if told and (match.group("part") is None or _OF.match(clause.text, match.end())):
            ahead = clause.text[max(0, match.start() - 20):match.start()]
            if _DEARER.search(ahead) and (match.group("times") or match.group("half")):
                told += 1.0
            if match.group("half") and behind and _CHEAPER.search(ahead):
                ahead, behind = "不到", None
            right = _holds(values[0] / values[1], told, ahead, behind is not None)
            found["ratios_right" if right else "ratios_wrong"] += 1
    return found


def _value(match: re.Match[str]) -> float:
    if match.group("part"):
        return _PARTS[match.group("part")]
    if match.group("times"):
        return float(match.group("times"))
    if match.group("tenths"):
        return float(match.group("tenths")) / 10
    if match.group("half"):
        return 0.5
    whole, part = (("一二三四五六".find(g) + 1) or (int(g) if g.isdigit() else 0) for g in match.group("nth", "n"))
    return part / whole if whole > part > 0 else 0.0


def _holds(ratio: float, told: float, ahead: str, more: bool) -> bool:
    if _ABOUT.search(ahead):
        return abs(ratio / told - 1.0) < 0.15
    if _LESS.search(ahead):
        return ratio < told
    if more or _MORE.search(ahead):
        return told <= ratio < max(1.8 * told, told + 0.9)
    return abs(ratio / told - 1.0) < 0.08
