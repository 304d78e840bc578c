"""Which parts of a response its evidence or its question account for, and what is left over."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

from recenv.rewards.reading import CACHES
from recenv.rewards.reading.lexical import norm
from recenv.rewards.reading.words import FILLERS, is_han, stem

TOKEN = re.compile(r"[a-z]+(?:'[a-z]+)?|\d+(?:\.\d+)?|[\u3400-\u9fff]|\S")
"""A word, number, Chinese character or sign of a normalised text."""
_BREAK = "\n"
_MOST = 64
"""Limits to the work on repetitive texts: places tried for a token, tokens of a match."""
FILL_HAN = frozenset(
    "的了是在有和也就都还吧呢吗啊哦呀哈嗯呦哟您你我他她它们这那哪家个店去来到不很挺好可以能会要想给为帮与及跟把被让对于从向说看请"
    "谢问找再又更最多少几点些下上中里后前过得着地之其此该每另只才没无非常当然行嘛噢哎唉么什怎样吃住玩走用做知道先生客气"
    "处价座位次位便宜贵长短远近高低大小比较觉得感"
)
_FILL_WORDS = re.compile(
    r"您好|你好|推荐|建议|请问|稍等|为您|没问题|不客气|祝您|愉快|满意|选择|考虑|附近|周边|这里|那里|这个|那个|这家|那家|可以|查到|查询|"
    r"查了|帮您|名字|叫做|叫|名为|分别|以及|还有|另外|同时|而且|但是|不过|所以|因为|如果|大概|大约|左右|以上|以下|之间|提供|拥有|包括|"
    r"例如|比如|等等|地方|时候|时间|电话|号码|地址|评分|价格|人均|消费|门票|票价|营业|开放|地铁|菜品|推荐菜|招牌菜|特色|美食|设施|服务|"
    r"类型|酒店|餐馆|餐厅|饭店|景点|游玩|位于|位置|坐落|乘坐|免费|收费|需要|应该|记录|信息|显示|资料|根据|确认|经过|方便|口味|不错|喜欢|"
    r"适合|肯定|绝对|已经|现在|今天|明天|晚上|中午|早上|白天|休息|入住|预订|预定|参观|欣赏|品尝|尝尝|联系|致电|拨打|系统|告诉|告知|回复|"
    r"回答|答复|问题|记得|注意|小时|分钟|块钱|公里|元|分|起|整|号"
)


class Residue(NamedTuple):
    """Counts over content tokens, those that say something: Chinese characters and Latin words that are no fillers.

    content: all; evidence: found in the evidence, two Chinese characters or one word at a time; echoed: only in the question;
    left: in neither; longest: the longest stretch of these, which fillers do not end.
    """

    content: int
    evidence: int
    echoed: int
    left: int
    longest: int


@CACHES.keep(16_384)
def tokens(text: str) -> tuple[str, ...]:
    """Words (stemmed), numbers, single Chinese characters; punctuation as a break, though not the end of a line."""
    plain = norm(text)
    return tuple(chain.from_iterable(map(_tokens, plain.split("\n")))) if "\n" in plain else _tokens(plain)


@CACHES.keep(16_384)
def _tokens(line: str) -> tuple[str, ...]:
    return tuple(filter(None, map(_token, TOKEN.findall(line.replace("’", "'")))))


@CACHES.keep(65_536)
def _token(said: str) -> str:
    """What a word, number or sign counts as, "" for nothing."""
    if "a" <= said[0] <= "z":
        return stem(said)
    if said[0].isdigit() or is_han(said):
        return said
    return "" if said in "-'·" else _BREAK


@CACHES.keep(8_192)
def _places(text: str) -> dict[str, list[int]]:
    """Where each token of a text stands."""
    found: dict[str, list[int]] = {}
    for n, token in enumerate(tokens(text)):
        if token in found:
            found[token].append(n)
        else:
            found[token] = [n]
    found.pop(_BREAK, None)
    return found


def follows(first: str, second: str, source: str) -> bool:
    """Whether a token, no break, stands right behind another in a text."""
    known = tokens(source)
    return any(known[n + 1:n + 2] == (second,) for n in _places(source).get(first, ()))


@CACHES.keep(16_384)
def _filler(text: str) -> tuple[bool, ...]:
    """For each token of a text whether it is a filler."""
    plain = norm(text).replace("’", "'")
    if plain.isascii():
        return tuple(token in FILLERS or not "a" <= token[0] <= "z" for token in TOKEN.findall(plain) if token not in "-'")
    flags: list[bool] = []
    spans = [m.span() for m in _FILL_WORDS.finditer(plain)]
    at = 0
    for match in TOKEN.finditer(plain):
        token, start = match.group(), match.start()
        while at < len(spans) and spans[at][1] <= start:
            at += 1
        inside = at < len(spans) and spans[at][0] <= start
        if "a" <= token[0] <= "z":
            beside = (plain[start - 1:start] + plain[match.end():match.end() + 1]).strip()
            flags.append(token in FILLERS and not (len(token) == 1 and any(map(is_han, beside))))
        elif token[0].isdigit():
            flags.append(True)  # numbers are compared with their unit, elsewhere
        elif is_han(token):
            flags.append(inside or token in FILL_HAN)
        elif token not in "-'·":
            flags.append(True)
    return tuple(flags)


@CACHES.keep(16_384)
def matches(text: str, source: str) -> tuple[tuple[int, int], ...]:
    """The stretches of a text's tokens that stand in a source, longest first from the left; Chinese ones of two characters on."""
    said, known, places = tokens(text), tokens(source), _places(source)
    found, end = [], 0
    for at in [n for n, token in enumerate(said) if token in places]:
        if at >= end:
            end = at + _longest(said, at, known, places[said[at]])
            if end - at > 1 or not is_han(said[at]):
                found.append((at, end))
    return tuple(found)


def _longest(said: tuple[str, ...], at: int, known: tuple[str, ...], places: Sequence[int]) -> int:
    """How many tokens two texts share at most, from a place in one and any of some in the other on, up to the next break."""
    longest = 0
    for place in places[:_MOST]:
        most = min(len(said) - at, len(known) - place, _MOST)
        if longest >= most or said[at + longest] != known[place + longest]:
            continue  # not longer than one that was found
        size = 1
        while size < most and said[at + size] == known[place + size] != _BREAK:
            size += 1
        longest = max(longest, size)
    return longest


@CACHES.keep(16_384)
def residue(response: str, evidence: str, query: str) -> Residue:
    """What a response says that its evidence, then its question, do not account for."""
    said = tokens(response)
    held = [0] * len(said)  # 1 evidence, 2 question
    for mark, source in ((2, query), (1, evidence)):
        for start, end in matches(response, source) if source else ():
            held[start:end] = [mark] * (end - start)
    counts, longest, run = [0, 0, 0], 0, 0
    for token, mark, fill in zip(said, held, _filler(response), strict=True):
        if mark:
            run = 0
        if token == _BREAK:
            run = 0
        elif not fill:
            counts[mark] += 1
            if not mark:
                run += 1
                if run > longest:
                    longest = run
    return Residue(sum(counts), counts[1], counts[2], counts[0], longest)
