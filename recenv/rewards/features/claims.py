"""What a response claims about the items of its evidence, and whether the records say so."""

from __future__ import annotations

import re
from typing import NamedTuple

from recenv.rewards.features import CACHES
from recenv.rewards.reading.lexical import coverage, grams, norm, squeeze
from recenv.rewards.reading.limits import LABELS, Mention, Record, mentions, record
from recenv.rewards.reading.records import in_one_layout

_LISTED = re.compile(r"(?:^|[\s,;:。])\d{1,2}[.、)]\s{0,2}(?!\d)(?P<x>[^(;:,。\n]{2,40})")
_BULLETED = re.compile(r"(?:(?:^|\n)\s{0,2}[-•·]\s{0,2}|\*\*)(?P<x>[^(;:,。\n*|]{2,40})")
_QUOTED = re.compile(r"[「『“\"《](?P<x>[^「」『』”\"《》\n]{2,40})[」』”\"》]")
_PIECES = re.compile(r"[,、;。!?\n()|]|\.(?=\s|$)")
_AND = re.compile(r"\band\b|和|及|与")
_LEAD = re.compile(
    r"^(?:它|这家)?的?(?:特色|服务|招牌菜|推荐菜|类型|区域|位置|设施|种类)?(?:是|为|有|:)?(?:提供|位于|地处|属于|主营|可以吃到|能吃到|配有|含有|在)?|"
    r"^(?:it |which )?(?:is |are |has |have )?(?:located in|in|offering|offers|known for|features?|serving|serves|try the|"
    r"dishes include|type|category|with|near|a|an)?\s{0,2}:?\s{1,2}")
_CHAT = re.compile(
    r"暂无|on record|希望|需要|祝|您|吗|哪|推荐|首先|其次|再次|另外|最后|值得|可以看|这是|"
    r"hope|shall|enjoy|which|prefer|anything|worth|first|second|third|also|finally|recommend|suggest|you\b|here")
_AREA = re.compile(r"[\u4e00-\u9fff]{2}(?:区(?![域别])|县)|\b[a-z]{3,}(?= district)")
_ABSENT = re.compile(
    r"(?:暂无|没有)(?P<zh>[\u4e00-\u9fff]{2,4}?)(?:信息|数据|$|(?=[,。;)]))|"
    r"\bno (?P<en>[a-z ]{3,12}?) (?:on record|listed|available)")
_TOLERANCE = {"rating": 0.049, "price": 0.51, "distance": 0.051, "duration": 0.051}
_ENTRY = re.compile(r"[.、)]\s{0,2}(?:\D|$)")
_MARK = "\x00"


class ClaimCounts(NamedTuple):
    """Counts over a response. numbers: claims with a known slot, by verdict; words: short phrases, by verdict.

    borrowed: values that another record has and the item named does not. invented: listed names not in the evidence.
    """

    named: int
    invented: int
    numbers_right: int
    numbers_wrong: int
    numbers_unknown: int
    stray: int
    words_right: int
    words_loose: int
    words_wrong: int
    borrowed: int
    area_wrong: int
    worst_gap: float


class _Segment(NamedTuple):
    record: Record | None
    text: str


@CACHES.keep(8_192)
def records(evidence: str) -> tuple[Record, ...]:
    """The records of an evidence text, one a line unless its layout says otherwise."""
    return tuple(record(line) for line in in_one_layout(evidence).split("\n") if line.strip())


@CACHES.keep(8_192)
def count_claims(evidence: str, response: str) -> ClaimCounts:
    """Compare each claim of a response with the record of its item.

    Claims may stand after an item's name ("X, rated 4.5") or before it ("the 4.5 star X"): where more of them precede the
    first name than follow the last, they are read as standing before.
    """
    known = records(evidence)
    after, before = _segments(known, norm(response))
    plain = _MARK.join(s.text for s in after)
    names = sorted({squeeze(r.name) for r in known})
    heads = (m.group("x") for p in (_LISTED, _BULLETED, _QUOTED) for m in p.finditer(plain))
    listed = [squeeze(head) for head in heads if _MARK not in head]
    invented = sum(1 for x in listed if x and not any(x in n or n in x for n in names))
    everywhere = "|".join(r.text for r in known)
    first, last = _claims_in(after[0].text, everywhere), _claims_in(after[-1].text, everywhere)
    return _judge(known, before if first > last else after, everywhere)._replace(invented=invented)


def _claims_in(text: str, everywhere: str) -> int:
    """How many claims a stretch seems to make."""
    return sum(bool(m.slot) for m in mentions(text)) + sum(p in everywhere for p in _pieces(text, everywhere))


def _judge(known: tuple[Record, ...], segments: list[_Segment], everywhere: str) -> ClaimCounts:
    right = wrong = unknown = stray = words_right = words_loose = words_wrong = borrowed = area = 0
    gap = 0.0
    for segment in segments:
        for m in mentions(segment.text):
            verdict, distance = _number(m, segment.record, known, segment.text)
            right, wrong, unknown = right + (verdict == 1), wrong + (verdict == -1), unknown + (verdict == 0)
            stray += verdict == 2
            gap = max(gap, distance)
        if segment.record is None:
            continue
        own = segment.record.text
        for match in _ABSENT.finditer(segment.text):
            slot = LABELS.get((match.group("zh") or match.group("en")).strip(), "")
            words_wrong += slot in segment.record.numbers
            words_right += bool(slot) and slot not in segment.record.numbers
        for piece in _pieces(segment.text, own):
            if piece in own:
                words_right += 1
            elif piece in everywhere:
                borrowed += 1
            elif coverage(grams(piece), segment.record.grams) >= 0.5:
                words_loose += 1
            else:
                words_wrong += 1
        area += sum(1 for a in _AREA.findall(segment.text) if squeeze(a)[-3:] not in own)
    return ClaimCounts(sum(s.record is not None for s in segments), 0, right, wrong, unknown, stray,
                       words_right, words_loose, words_wrong, borrowed, area, min(gap, 4.0))


def _segments(known: tuple[Record, ...], text: str) -> tuple[list[_Segment], list[_Segment]]:
    """The response cut at item names: each stretch with the item before it, and each with the item after it."""
    by_name = {r.name: r for r in known if len(r.name) > 1}
    if not by_name:
        return [_Segment(None, text)], [_Segment(None, text)]
    stretches, owners, at = [], [], 0
    ahead = [(text.find(n), -len(n), n) for n in by_name]
    while ahead := [f if f[0] >= at else (text.find(f[2], at), *f[1:]) for f in ahead if f[0] >= 0]:
        place = min((f for f in ahead if f[0] >= 0), default=None)  # the leftmost name, the longest of those
        if place is None:
            break
        stretches.append(text[at:place[0]])
        owners.append(by_name[place[2]])
        at = place[0] + len(place[2])
    stretches.append(text[at:])
    after = [_Segment(o, s) for o, s in zip([None, *owners], stretches, strict=True)]
    before = [_Segment(o, s) for o, s in zip([*owners, None], stretches, strict=True)]
    return after, before


def _number(m: Mention, own: Record | None, known: tuple[Record, ...], text: str) -> tuple[int, float]:
    """1 right, -1 wrong, 0 the record has no such slot, 2 a number of no slot; with the relative error."""
    before = text[max(0, m.start - 16):m.start].rstrip(" *")[-1:]
    if not m.slot and _ENTRY.match(text[m.end:m.end + 3]) and before in ("", "\n", ";", ":", ".", "。", ","):
        return 3, 0.0  # the number of a list entry
    if not m.slot:
        return 2, 0.0
    pool = [own] if own is not None else list(known)
    values = [r.numbers[m.slot] for r in pool if m.slot in r.numbers]
    if not values:
        return 0, 0.0
    tolerance = _TOLERANCE[m.slot]
    misses = [max(abs(m.value - low), abs(m.upper - high)) for low, high in values]
    if min(misses) <= tolerance:
        return 1, 0.0
    return -1, min(misses) / max(1e-6, max(abs(m.value), 0.05))


def _pieces(text: str, own: str) -> list[str]:
    """Short phrases without numbers, freed of verbs and labels; pairs joined by "and" only where the record has no such pair."""
    found = []
    for part in _PIECES.split(text.replace(_MARK, "")):
        part = _LEAD.sub("", part.strip(" *|-\n")).removesuffix(" district").removesuffix(" place").strip()
        if not part or _CHAT.search(part) or any(c.isdigit() for c in part):
            continue
        whole = squeeze(part)
        found += [whole] if whole in own else [squeeze(p) for p in _AND.split(part)]
    return [s for s in found if 2 <= len(s) <= 40]
