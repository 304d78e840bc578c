"""What an answer in prose says of the places of its evidence, claim by claim: what they have, how many of them have it, which is
the cheapest, when they close; each held against the records of those that it speaks of.

A clause speaks of the places that it names, else of those named last; "both", "the latter", "two of the three" are read. Wishes,
conditions, questions and offers claim nothing. A claim that no record bears out is counted, not refuted: trees weigh it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import chain, combinations, pairwise
from typing import NamedTuple

from recenv.rewards.features import CACHES
from recenv.rewards.reading.aliases import Named, mentions
from recenv.rewards.reading.concepts import Concept, concepts
from recenv.rewards.reading.cover import residue
from recenv.rewards.reading.lexical import norm
from recenv.rewards.reading.quantities import Quantity, quantities
from recenv.rewards.reading.records import Field, read_records
from recenv.rewards.rules.kinds import DISTRICT_EN, DISTRICT_ZH

NAMES = (
    "held", "unheld", "denied_wrongly", "denied_rightly", "borrowed", "praised",  # what places have
    "all_right", "all_wrong", "counted_right", "counted_wrong", "only_right", "only_wrong",
    "values_own", "values_others", "values_nobodys", "sums_right", "sums_wrong", "clocks_right", "clocks_wrong",
    "compared_right", "compared_wrong", "areas_right", "areas_wrong", "members_own", "members_others",
    "places_named", "unaccounted", "longest_unaccounted", "right", "wrong", "wrong_share",
)
"""Names of the features, counts within [0, 1]."""

_MOST_CHARACTERS = 6_000
_MOST_CLAUSES, _LONGEST_CLAUSE, _MOST_NUMBERS = 160, 300, 12
_MASK = "\ufffc"
_MONEY, _RATING, _DISTANCE, _CLOCK = "money", "rating", "distance", "clock"
_SLOT = {"price": _MONEY, "rating": _RATING}


class _Place(NamedTuple):
    """One record. values: by kind; own: the price, rating and distance that comparisons are about; has, lacks: concepts."""

    name: str
    text: str
    values: dict[str, tuple[float, ...]]
    own: dict[str, float]
    has: frozenset[str]
    lacks: frozenset[str]
    area: str
    kind: str
    members: tuple[str, ...]
    sold: dict[str, float]


@CACHES.keep(8_192)
def _places(evidence: str) -> tuple[_Place, ...]:
    records = read_records(evidence)
    if not any(sum(bool(f.label) for f in record) > 1 for record in records):
        return tuple(_told(text) for text in _each_told(norm(evidence)))
    return tuple(_place(record) for record in records if any(f.label for f in record))


_HEADED = re.compile(r"(?P<name>[^;:。!?\n]{2,60})(?P<mark>[;:])(?P<body>.{12,})")
_HEADING = re.compile(r"[^;:。!?\n]{2,60};[^。!?\n]{1,80}")


def _each_told(text: str) -> list[str]:
    """Places that are told of in sentences: a line each, or a heading each with the lines behind it."""
    lines = [line for line in text.split("\n") if line.strip()]
    headed = [_HEADED.fullmatch(line) for line in lines]
    if len(lines) > 1 and all(headed) and len({m["name"] for m in headed if m}) == len(lines):
        return [f"{m['name']};\n{m['body']}" for m in headed if m]
    starts = [n for n, line in enumerate(lines) if _HEADING.fullmatch(line)]
    if len(starts) < 2 or starts[0] or any(b - a < 2 for a, b in pairwise([*starts, len(lines)])):
        return [text]
    return ["\n".join(lines[a:b]) for a, b in pairwise([*starts, len(lines)])]


def _told(text: str) -> _Place:
    """A place that is told of in sentences, under a heading."""
    head, _, body = text.partition("\n")
    if ";" not in head:
        head, body = "", text
    has: set[str] = set()
    lacks: set[str] = set()
    for clause in _CLAUSE.split(body):
        for concept in concepts(clause):
            (lacks if _denied(clause, concept) else has).add(concept.name)
    return _Place(head.partition(";")[0].strip(), text, _values(text, ()), {}, frozenset(has), frozenset(lacks), "", "", (), {})


def _place(record: Sequence[Field]) -> _Place:
    name = next((f.value for f in record if f.role == "name"), "") or (record[0].value if not record[0].label else "")
    text = " ; ".join(f"{f.label} {f.value}" for f in record)
    rest = " ; ".join(f"{f.label} {f.value}" for f in record if f.value != name)
    own = {}
    for field in record:
        kind = _SLOT.get(field.role, _DISTANCE if field.label in ("距离", "distance") else "")
        told = quantities(field.value) if kind and len(field.value) < 24 else ()
        if told and kind not in own and not any(word in field.label for word in ("配送", "起送", "fee")):
            own[kind] = told[0].value / (1000.0 if kind == _DISTANCE and re.search(r"\d\s?(?:米|m\b)", field.value) else 1.0)
        hours = [q.value for q in quantities(field.value) if q.kind == _CLOCK] if field.role == "hours" else []
        if len(hours) > 1:
            own["opens"], own["closes"] = hours[0], hours[-1] + (1440 if hours[-1] <= 360 else 0)
    area = next((f.value for f in record if f.role == "area"), "")
    members = tuple(
        m
        for f in record
        if len(f.members) > 1 or f.role in ("dishes", "kind") or f.label in ("商品", "products")
        for m in map(_bare, f.members)
        if len(m) > 1 and f.role not in ("hours", "phone", "address", "nearby")
    )
    kind = next((f.value for f in record if f.role == "kind"), "")
    sold = {_bare(m): float(price.group(1)) for f in record for m in f.members if (price := _PRICED.search(m))}
    parts = (part for f in record if f.value != name for part in _MEMBER.split(f"{f.label} {f.value}"))
    lacks = frozenset(c.name for part in parts if _LACKS.search(part) for c in concepts(part))
    has = frozenset(c.name for c in concepts(rest)) - lacks
    return _Place(name, text, _values(rest, record), own, has, lacks, area, kind, members, sold)


_MEMBER = re.compile(r"[、,;()]")
_LACKS = re.compile(
    r"\b(?:no|none|not|without|never|n/a)\b(?! (?:appointment|membership|reservation))|"
    r"(?:^|[\s:])(?:无(?!障碍|线|烟|糖|理由)|没有?|不(?!打烊|限)|暂无)")


_PRICED = re.compile(r"\((\d{1,7}(?:\.\d{1,2})?)\s?(?:元|yuan)")


def _bare(member: str) -> str:
    return member[: member.rfind("(")].rstrip() if member.endswith(")") and "(" in member else member


def _values(text: str, record: Sequence[Field]) -> dict[str, tuple[float, ...]]:
    found: dict[str, list[float]] = {}
    for q in quantities(text):
        found.setdefault(q.kind, []).append(q.value)
    for field in record:
        if field.role in _SLOT and len(field.value) < 24:
            found.setdefault(_SLOT[field.role], []).extend(q.value for q in quantities(field.value))
    return {kind: tuple(values) for kind, values in found.items()}


# -- clauses ------------------------------------------------------------------------------------------------------------

_CLAUSE = re.compile(
    r"[,;|()\[\]!?。\n]|:(?!\d)|\.(?=\s|$)|\s-\s|--?(?=\s)|\b(?:but|while|whereas|although|though|"
    r"because)\b|"
    r"\band (?=(?:it |they )?(?:is|are|was|has|have|does|do|can|will|offers?|allows?|takes?|serves?|"
    r"accepts?|provides?|comes?|costs?|gets?|"
    r"says?|lies|sits|stays?|makes?|needs?|scores?|rates?|closes?|opens?)\b)|"
    r"\band (?=the (?:first|second|third|last|former|latter|other)\b)"
)
_ENDS = re.compile(r"[!?。\n]|\.(?=\s|$)")
_OPEN = re.compile(
    r"如果|提到了|既然|看重|要是|若[是想]|的话|想要|希望|吗\b|是否|确认|需要我|帮您再|要我|您(?:更|看重|在意|想|要|需要|是)|建议|提醒|记得|不妨|提前(?!\d)|"
    r"\bif\b|\bshould i\b|\bshall i\b|\bwould you\b|\bdo you\b|\bwant (?:me|the)\b|"
    r"\byou (?:would )?(?:want|need|prefer|like|asked|mentioned)\b|"
    r"\bmatters\b|\byour (?:request|budget|wish|requirement)|\blooking for\b|\bring ahead\b|"
    r"\b(?:call|book|email|ask|check)(?: them)? (?:ahead|before|first|in advance)\b|\bin case\b|\bremember to\b|"
    r"\bdo not forget\b|"
    r"\bmake sure\b|\bi would (?:call|book|email|ask|check)\b|\bworth (?:booking|calling|checking)\b|"
    r"\bi cannot (?:promise|confirm)\b|\bfeel like\b"
)
_NO = re.compile(
    r"\b(?:no|not|nothing|without|never|none|neither|nor|cannot|lacks?|unavailable)\b|没有?|"
    r"(?:(?<![\u4e00-\u9fff])|(?<=[口店内里边房]))无(?!线|需|理|论)|"
    r"不(?![错过少仅只光])|未|缺|暂无|免不了"
)
_NO_NO = re.compile(
    r"\bno (?:problem|worries|doubt|more than|less than|need|rush)\b|\bnot (?:only|just|bad)\b|没问题|"
    r"没关系|不怕|不用|不算|不超过|不低于|"
    r"不高|不远|不贵|没超过|never clos\w+|不打烊|无需"
)
_JOIN = re.compile(r"[\s,、]{0,3}(?:和|与|及|以及|跟|还有|或者?|&|and|or|nor|,)?(?: the)?[\s,、]{0,2}")
_ALL = re.compile(
    r"(?<![一-龥]的)都(?![市])|(?<!人)均(?!价|消费)|全部|每[一1]?[家个款]|两者|所有|无论哪|随便哪|\bboth\b|\ball (?P<n>[2-9])\b|"
    r"\ball (?:of )?(?:them|these|the|are)\b|"
    r"\beach\b|\bevery(?: one)?\b|\bwhichever\b|\bany of (?:them|these)\b|^ ?all\b"
)
_NUMBER_OF = re.compile(
    r"(?P<a>\d) (?:of|out of) (?:the|these|those|them)\b|(?<![每这前后第])(?P<b>\d)[家个款](?![月小])|"
    r"\b(?P<c>[2-9]) (?:places?|spots?|hotels?|shops?|options?)\b"
)
_AMONG = re.compile(r"(?:地方|景点|酒店|店|选择)?(?:里|中|当中|之中)")
_NONE = re.compile(r"\bnone of\b|\bneither\b|都没有?|都不(?!错)|都未|没有[一1][家个]|\bno (?:one )?of\b")
_ONLY = re.compile(r"\bonly(?! \d| about| around|[^,.]{0,12}\d)|\bthe sole\b|唯一|只有(?!\d)|仅有(?!\d)")
_LATTER = re.compile(r"(?<!than )\bthe latter\b|(?<!比)后者")
_FORMER = re.compile(r"(?<!than )\bthe former\b|(?<!比)前者")
_LAST = re.compile(r"\bthe (?:last|final|third) (?:one)?|最后一?[家个]|第3[家个]")
_FIRST = re.compile(r"\bthe first (?:one)?|第1[家个]")
_SECOND = re.compile(r"\bthe second (?:one)?|第2[家个]")
_OTHERS = re.compile(r"(?:另外|其余|剩下的?)\d?(?:[家个款]|都)|其[他它](?:\d?[家个款]|的?都)|\bthe others?\b(?! hand)")
_THAN = re.compile(
    r"(?:比|较|\b(?:than|against|over|versus|vs\.?|skip|instead of|unlike|"
    r"(?:much|cheap|expensive|close|near|far|high|good) as)(?: (?:half|twice|the|price|of|at|"
    r"for|in|what)){0,6}|跟|相比|不如|别去)\s{0,2}$"
)


class _Clause(NamedTuple):
    """text: without names, as ``norm`` leaves it, so that places in it are those of ``quantities``; about: the places that it
    speaks of; beside: those it compares with; seen: named so far, in order."""

    text: str
    about: tuple[int, ...]
    beside: tuple[int, ...]
    seen: tuple[int, ...]
    own: bool  # whether it names them itself
    open: bool  # a wish, a condition, a question


def _clauses(text: str, places: Sequence[_Place], query: str) -> list[_Clause]:
    named = mentions(
        text, [p.name for p in places if p.name], " ".join(p.text.replace(p.name, " ") for p in places) + query,
        [p.kind for p in places if p.name],
    )
    held = [n for n, p in enumerate(places) if p.name]
    named = [m._replace(places=tuple(held[k] for k in m.places)) for m in named]
    masked = list(text)
    for m in named:
        masked[m.start:m.end] = _MASK * (m.end - m.start)
    plain = "".join(masked)
    cuts = sorted({0, len(text), *(m.end() for m in _CLAUSE.finditer(plain))})
    cuts = sorted({*cuts, *(at for a, b in pairwise(cuts) for at in range(a, b, _LONGEST_CLAUSE))})
    found: list[_Clause] = []
    about: tuple[int, ...] = tuple(range(len(places))) if len(places) == 1 else ()
    seen: list[int] = []
    for start, end in pairwise(cuts):
        if len(found) >= _MOST_CLAUSES:
            break
        asks = _ENDS.search(plain, end - 1)
        question = asks is not None and asks.group() == "?"
        inside = [m for m in named if start <= m.start < end]
        ahead = next((m for m in named if m.start >= end), None)
        alone = not inside and plain[end - 1] == ":" and not _ALL.search(plain[start:end])
        if alone and ahead is not None and not plain[end:ahead.start].strip(" *-"):
            inside = [ahead]  # a heading belongs to the name behind it
        for part, names in _parts(plain, start, end, inside):
            beside = tuple(p for m in names if _THAN.search(plain[max(start, m.start - 32):m.start]) for p in m.places)
            own = tuple(dict.fromkeys(p for m in names for p in m.places if p not in beside))
            recent = list(dict.fromkeys(reversed(seen)))
            if own:
                about = own
            elif seen and _WHICH_ONE.match(part):
                about = (seen[-1],)
            elif _LATTER.search(part) and len(recent) > 1:
                about = (recent[0],)
            elif _FORMER.search(part) and len(recent) > 1:
                about = (recent[1],)
            elif _LAST.search(part) and len(set(seen)) > 2:
                about = (list(dict.fromkeys(seen))[-1],)
            elif about and len(about) < len(places) and _OTHERS.search(part):
                about = tuple(n for n in range(len(places)) if n not in about)
            elif _FIRST.search(part) and len(set(seen)) > 1:
                about = (seen[0],)
            elif _SECOND.search(part) and len(set(seen)) > 1:
                about = (list(dict.fromkeys(seen))[1],)
            seen += [p for m in names for p in m.places]
            if not own and not _SAYS.search(part):
                continue
            wish = bool(_OPEN.search(part)) and not own
            found.append(_Clause(part.strip(), about, beside, tuple(dict.fromkeys(seen)), bool(own), question or wish))
    return found


_WHICH_ONE = re.compile(r"\s{0,2}(?:which|who|whose|that)\b")
_SAYS = re.compile(r"\w")


def _parts(text: str, start: int, end: int, inside: Sequence[Named]) -> Iterable[tuple[str, list[Named]]]:
    """A clause cut before each name but the first and those of a list; names that something is compared with cut nothing."""
    groups: list[list[Named]] = []
    for m in inside:
        joined = groups and (
            _JOIN.fullmatch(text, groups[-1][-1].end, m.start) is not None
            or _THAN.search(text[max(start, m.start - 32):m.start]) is not None
        )
        if joined:
            groups[-1].append(m)
        else:
            groups.append([m])
    if len(groups) < 2:
        return [(text[start:end], list(inside))]
    bounds = [start, *(g[0].start for g in groups[1:]), end]
    return [(text[a:b], g) for a, b, g in zip(bounds, bounds[1:], groups, strict=False)]


def _denied(clause: str, concept: Concept) -> bool:
    """Whether a clause denies something: a negation before it, or behind it."""
    text = _NO_NO.sub(
        lambda m: " " * len(m.group()), clause[: concept.start] + " " * (concept.end - concept.start) + clause[concept.end :]
    )
    before = list(_NO.finditer(text, max(0, concept.start - 40), concept.start))
    if before:
        return not re.search(r"不是没|并非", text)
    behind = _NO.search(text, concept.end, concept.end + 40)
    return behind is not None and not _AND.search(text, concept.end, behind.start())


_AND = re.compile(r"\band\b|\bor\b|,|、|和")


# -- verdicts -----------------------------------------------------------------------------------------------------------

_FREE = re.compile(
    r"不(?:收|要|用买)门票|免门票|免票|门票(?:是|全|都)?免费|免费(?:开放|入场|参观|入园|游览|景点|的)|(?:全部|都|均)(?:是)?免费|免费(?=[,。;!)]|$)|"
    r"\bfree (?:entry|admission|of charge|to (?:enter|visit))\b|\b(?:is|are|all) free(?=[,.;!)]|$)"
)


class _Tally(dict[str, int]):
    def add(self, name: str, n: int = 1) -> None:
        self[name] = self.get(name, 0) + n


_PRAISE = frozenset(("award", "famous"))


def _scope(clause: _Clause, places: Sequence[_Place]) -> tuple[int, ...]:
    """Whom "all", "both" or a number of places is said of; () where it cannot be told."""
    match = _ALL.search(clause.text)
    every = tuple(range(len(places)))
    if len(clause.about) > 1 and clause.own:
        return clause.about
    said = match.group("n") if match is not None else None
    wanted = 2 if match is not None and match.group() in ("both", "两者") else int(said) if said else 0
    counted = re.search(r"(?<![前后])(?P<n>\d)[家个款]", clause.text)
    wanted = wanted or (int(counted.group("n")) if counted else 0)
    if wanted:
        if len(places) == wanted:
            return every
        return clause.seen[-wanted:] if len(clause.seen) == wanted else ()
    if len(clause.about) > 1:
        return clause.about
    if len(places) == 2 or not clause.seen or len(clause.seen) == len(places):
        return every
    return clause.seen if len(clause.seen) > 1 else ()


def _counted(text: str) -> int:
    """How many places something is said of, 0 where no number says so."""
    found = [m for m in _NUMBER_OF.finditer(text) if not _AMONG.match(text, m.end())]
    for group in ("a", "b", "c"):
        said = [int(m.group(group)) for m in found if m.group(group)]
        if said:
            return said[-1]
    return 0


def _having(clause: _Clause, places: Sequence[_Place], tally: _Tally) -> str:
    """What places are said to have; returns the clause without it."""
    text = clause.text
    for concept in concepts(text):
        text = text[: concept.start] + " " * (concept.end - concept.start) + text[concept.end :]
        if clause.open:
            continue
        denied = _denied(clause.text, concept)
        if _GAP.search(clause.text):
            silent = all(concept.name not in places[n].has for n in clause.about)
            tally.add("denied_rightly" if silent else "denied_wrongly")
            continue
        holders = [n for n, p in enumerate(places) if concept.name in p.has]
        said = _counted(clause.text)
        if _NONE.search(clause.text):
            scope = _scope(clause, places) or tuple(range(len(places)))
            tally.add("all_wrong" if set(scope) & set(holders) else "all_right")
        elif _ONLY.search(clause.text) and not denied and clause.about:
            right = set(clause.about) <= set(holders) and not set(holders) - set(clause.about)
            told = set(clause.seen) if set(clause.seen) - set(clause.about) else set(holders)
            loose = set(clause.about) <= set(holders) and not (set(holders) & told) - set(clause.about)
            tally.add("only_right" if right or loose else "only_wrong")
        elif _ALL.search(clause.text) and not (said and said < 2):
            scope = _scope(clause, places)
            if scope:
                wrong = bool(set(scope) & set(holders)) if denied else bool(set(scope) - set(holders))
                tally.add("all_wrong" if wrong else "all_right")
        elif said and said <= len(places) and len(places) > 1 and not clause.own:
            tally.add("counted_right" if said == len(holders) else "counted_wrong")
        else:
            _of_each(concept.name, denied, clause, places, holders, tally)
    return text


def _of_each(name: str, denied: bool, clause: _Clause, places: Sequence[_Place], holders: Sequence[int], tally: _Tally) -> None:
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


_GAP = re.compile(
    r"没(?:有)?(?:写|提|说|标|注明)|未(?:提|写|标|注明|说明)|不清楚|不确定|\bwhether\b|"
    r"\bnot (?:state|say|mention|list|specify|see|know|sure)|"
    r"\bnot (?:stated|listed|mentioned|specified)\b")
"""Says that records are silent."""
_DIFFERS = re.compile(
    r"余地|剩|还有|差距|\bgap\b|\bleft over\b|\bto spare\b|"
    r"贵|便宜|高|低|[相只]?差|省|少|远|近|多(?!的)|晚|早|\bmore\b|\bless\b|cheap|higher|lower|farther|further|closer|"
    r"nearer|save|difference|apart|later|earlier|extra|\bby\b"
)
_TOGETHER = re.compile(r"一共|合计|加起来|总共|together|in total|in all\b|altogether|combined|\d晚|\bnights\b")
_LOW = re.compile(
    r"(?:不到|不足|不超过|没有?超过|低于|少于|小于|至多|最多|\bunder|\bbelow|\bless than|\bat most|\bup to|\bno more than|"
    r"\bwithin)\s{0,2}[¥$]?\s?0|"
    r"0\s?(?:元|公里|km|yuan)?\s?(?:以内|以下|之内|or less)"
)
_HIGH = re.compile(
    r"(?:(?<!不)(?<!没)(?<!没有)超过|不低于|高于|至少|\bover|\babove|(?<!no )\bmore than|\bat least)\s{0,2}[¥$]?\s?0|"
    r"0\s?(?:元|分|公里|km|yuan|stars?)?\s?(?:以上|or (?:better|more|higher|above))"
)
_NO_MORE = re.compile(r"\bnot (?:more|less) than")
_ONE = re.compile(r"\s?(?:is|that|which|of|with)\b")
_EACH_ITS = re.compile(r"\brespectively\b|分别")


def _one_by_one(clause: _Clause, places: Sequence[_Place], tally: _Tally) -> bool:
    """Numbers that are said of several places in turn; False where it is no such clause."""
    if not _EACH_ITS.search(clause.text) or len(clause.about) < 2:
        return False
    told = [q for q in quantities(clause.text) if q.kind in (_MONEY, _RATING, _DISTANCE, _CLOCK, "")]
    if len(told) != len(clause.about):
        return False
    for n, q in zip(clause.about, told, strict=True):
        tally.add("values_own" if _has(places[n], q) else "values_others")
    return True


def _numbers(clause: _Clause, places: Sequence[_Place], asked: frozenset[float], tally: _Tally) -> None:
    if _one_by_one(clause, places, tally):
        return
    told = quantities(clause.text)[:_MOST_NUMBERS]
    paired = _paired(told, clause, places)
    if paired:
        tally.add("compared_right")
    for q in told:
        if q.start in paired:
            continue
        if q.kind not in (_MONEY, _RATING, _DISTANCE, _CLOCK, "") or (q.kind == "" and (q.value < 10 and q.value % 1 == 0)):
            continue
        if q.value == 1 and _ONE.match(clause.text, q.end):
            continue
        if q.kind == "" and re.match(r"[.)、]|[个家款种寸层折%]", clause.text[q.end:q.end + 1]):
            continue
        _number(q, clause, places, asked, tally)


def _paired(told: Sequence[Quantity], clause: _Clause, places: Sequence[_Place]) -> frozenset[int]:
    """Where numbers stand that are set side by side, each of them another place's ("4.2 vs 4.5"), where that is so."""
    for a, b in pairwise(told):
        if a.value == b.value or not _BETWEEN.fullmatch(clause.text, a.end, b.start):
            continue
        kind = a.kind or b.kind
        owners = [{n for n, p in enumerate(places) if _has(p, q._replace(kind=kind))} for q in (a, b)]
        if all(owners) and len(owners[0] | owners[1]) > 1:
            return frozenset((a.start, b.start))
    return frozenset()


_BETWEEN = re.compile(
    r"[\s,(]{0,3}(?:vs|versus|against|compared (?:to|with)|rather than|not|to|and|or|对|比|和|与|、|而不是)?"
    r"[\s(]{0,2}[¥$£€]?\s{0,1}")


def _free(clause: _Clause, places: Sequence[_Place], tally: _Tally) -> None:
    match = _FREE.search(clause.text)
    about = _scope(clause, places) if _ALL.search(clause.text) and not clause.own else clause.about
    prices = [places[n].own[_MONEY] for n in about if _MONEY in places[n].own]
    if match is None or clause.open or not prices or concepts(clause.text):
        return
    wrong = any(prices) != bool(_NO.search(clause.text[: match.start()]))
    tally.add("values_nobodys" if wrong else "values_own")


def _sold(q: Quantity, clause: _Clause, places: Sequence[_Place], about: Sequence[int]) -> bool | None:
    """Whether an amount behind a product's name is its price; None where no product stands there."""
    if q.kind != _MONEY:
        return None
    head = clause.text[max(0, q.start - 60):q.start]
    for n in about:
        found = [(head.rfind(name) + len(name), price) for name, price in places[n].sold.items() if name in head]
        if found and len(head) - max(found)[0] < 16:
            return abs(max(found)[1] - q.value) < 1e-6
    return None


def _number(q: Quantity, clause: _Clause, places: Sequence[_Place], asked: frozenset[float], tally: _Tally) -> None:
    scope = _scope(clause, places) if _ALL.search(clause.text) and not clause.own else clause.about
    about = scope or clause.seen or tuple(range(len(places)))
    near = clause.text[max(0, q.start - 14):q.end + 4]
    loose = 0.08 * q.value if q.kind in (_MONEY, _DISTANCE) and _ABOUT.search(near) else 0.0
    own = [_has(places[n], q, loose) for n in about]
    if _sold(q, clause, places, about) is False:
        tally.add("values_nobodys")
        return
    if any(own) and not (_ALL.search(clause.text) and _bounded(q, clause)):
        good = all(own) or not _ALL.search(clause.text) or len(about) == 1
        tally.add("clocks_right" if q.kind == _CLOCK else "values_own" if good else "all_wrong")
        return
    if q.value in asked and clause.open:
        return
    kinds = (q.kind,) if q.kind else (_MONEY, _RATING, _DISTANCE)
    if _AGAINST.search(clause.text, max(0, q.start - 18), q.start) and any(_has(p, q) for p in places):
        tally.add("compared_right")
        return
    near = f"{clause.text[max(0, q.start - 14):q.start]}0{clause.text[q.end:q.end + 16]}"
    below, above = _LOW.search(near), _HIGH.search(near)
    if below or above:
        order = 1 if below or _NONE.search(clause.text) or _NO_MORE.search(near) else -1
        held = [places[n].own[kind] for n in about for kind in kinds if kind in places[n].own]
        if _DIFFERS.search(clause.text) and not all((v - q.value) * order <= 0 for v in held):
            apart = [abs(a - b) for kind in kinds for a, b in combinations(_all(places, kind), 2)]
            tally.add("sums_right" if any((gap - q.value) * order <= 1e-6 for gap in apart) else "values_nobodys")
        elif held and not _counted(clause.text):
            tally.add("values_own" if all((v - q.value) * order <= 0 for v in held) else "values_nobodys")
    elif _DIFFERS.search(clause.text) and len(places) > 1:
        gaps = {round(abs(a - b), 3) for kind in kinds for a, b in combinations(_all(places, kind), 2)}
        gaps |= {round(abs(a - v), 3) for kind in kinds for n in about for v in places[n].values.get(kind, ()) for a in asked}
        over = 1.0 if re.match(r"\s?多", clause.text[q.end:]) else 0.0
        fits = any(0 <= gap - q.value <= over or abs(gap - q.value) <= loose for gap in gaps)
        tally.add("sums_right" if fits or round(q.value, 3) in gaps else "sums_wrong")
    elif _TOGETHER.search(clause.text):
        values = _all(places, q.kind or _MONEY)[:8]
        sums = {round(sum(c), 3) for size in (2, 3) for c in combinations(values, size)} | {
            round(n * v, 3) for n in (2, 3, 4) for v in values}
        tally.add("sums_right" if round(q.value, 3) in sums else "sums_wrong")
    elif q.value in asked:
        return
    elif q.kind == _CLOCK:
        if any(_CLOCK in p.values for p in places):
            tally.add("clocks_wrong")
    elif any(_has(p, q) for p in places):
        tally.add("values_others")
    else:
        tally.add("values_nobodys")


_AGAINST = re.compile(
    r"\d\s?(?:分|元|星|公里|km|yuan|stars?)?\s{0,2}(?:,|\()?\s?(?:\b(?:against|vs|versus|rather than|instead of|"
    r"compared (?:to|with)|not)|对|比|而不是)\s{0,2}[¥$£€]?$")
"""One number set against another place's."""


def _bounded(q: Quantity, clause: _Clause) -> bool:
    """Whether a number is said to be the least or the most."""
    near = f"{clause.text[max(0, q.start - 14):q.start]}0{clause.text[q.end:q.end + 16]}"
    return bool(_LOW.search(near) or _HIGH.search(near))


_ABOUT = re.compile(
    r"约|大概|左右|上下|接近|将近|近(?=0|\d)|不到|出头|多(?=[元块米公千分]|$)|0多|"
    r"\b(?:about|around|roughly|approximately|some|nearly|almost|just (?:under|over)|"
    r"(?:bit|little|touch|shade) (?:under|over))\b")


def _has(place: _Place, q: Quantity, loose: float = 0.0) -> bool:
    """Whether a record has a number, or one that is as near as ``loose``."""
    kinds = (q.kind, "") if q.kind else tuple(place.values)
    for kind in kinds:
        for value in place.values.get(kind, ()):
            if abs(value - q.value) <= loose + 1e-6 or (q.loose and kind == _CLOCK and (value - q.value) % 720 == 0):
                return True
    return False


def _all(places: Sequence[_Place], kind: str) -> list[float]:
    every = (dict.fromkeys((*p.values.get(kind, ()), *((p.own[kind],) if kind in p.own else ()))) for p in places)
    return list(chain.from_iterable(every))[:40]


_HOW = re.compile(
    r"(?P<top>最)(?P<t>便宜|实惠|划算|省钱|贵|近|远|高|低|好|晚)|(?<![不别太挺很最远提])(?P<m>更|比较|略|稍|还|也|相对)?(?P<c>便宜|实惠|划算|"
    r"贵|近|远|高|低|晚)(?![铁跟来级档峰达大])|"
    r"\b(?P<s>cheapest|least expensive|lowest[- ]priced|most expensive|priciest|dearest|closest|"
    r"nearest|farthest|furthest|"
    r"(?:best|highest|top)[- ](?:rated|rating|scored?)|lowest[- ]rat(?:ed|ing))\b|"
    r"\b(?P<e>cheaper|less expensive|more expensive|pricier|dearer|costs more(?! than \d)|closer|"
    r"nearer|farther|further|better[- ]rated|"
    r"higher rating|rates? (?:a (?:touch|bit|little) )?higher|rated higher|scores? higher|"
    r"open(?:s)? later|closes later|open longer)\b"
)
_WHICH = {
    "便宜": (_MONEY, -1), "cheap": (_MONEY, -1), "实惠": (_MONEY, -1), "划算": (_MONEY, -1), "省钱": (_MONEY, -1),
    "贵": (_MONEY, 1), "近": (_DISTANCE, -1), "远": (_DISTANCE, 1), "高": (_RATING, 1), "低": (_RATING, -1),
    "晚": ("closes", 1), "好": ("", 0),
}


def _which(word: str, text: str, at: int) -> tuple[str, int]:
    if word in _WHICH:
        slot, order = _WHICH[word]
        if slot == _RATING and re.search(r"价|费|消费|贵|钱", text[max(0, at - 8):at]):
            slot = _MONEY
        elif slot == _RATING and not re.search(r"分|口碑|评|星", text[max(0, at - 12):at + 12]):
            return "", 0
        if slot == "closes" and not re.search(r"关门|打烊|营业|开到", text):
            return "", 0
        return slot, order
    if re.search(r"rat|scor", word):
        return _RATING, -1 if "lowest" in word else 1
    if re.search(r"clos(?:er|est)\b|near", word):
        return _DISTANCE, -1
    if re.search(r"far|fur", word):
        return _DISTANCE, 1
    if re.search(r"later|longer", word):
        return "closes", 1
    return _MONEY, -1 if re.search(r"cheap|less|least|lowest", word) else 1


def _compares(clause: _Clause, places: Sequence[_Place], tally: _Tally) -> None:
    if clause.open or len(clause.about) != 1:
        return
    one = clause.about[0]
    for match in _HOW.finditer(clause.text):
        word = next(g for g in (match.group("t"), match.group("c"), match.group("s"), match.group("e")) if g)
        if _NO.search(clause.text, max(0, match.start() - 10), match.start()):
            continue
        slot, order = _which(word, clause.text, match.start())
        own = places[one].own.get(slot)
        others = {n: p.own[slot] for n, p in enumerate(places) if n != one and slot in p.own}
        if own is None or not others:
            continue
        if match.group("top") or match.group("s"):
            narrowed = {c.name for c in concepts(clause.text)}
            kept = {n: v for n, v in others.items() if not narrowed or narrowed & places[n].has} if narrowed else others
            _compared(own, kept.values(), order, tally)
            continue
        behind = re.match(r"\s{0,2}(?:一些|一点|点|些|不少|得多|了?\d)", clause.text[match.end():])
        if not (match.group("m") or clause.beside or match.group("e") or behind):
            continue
        beside = [n for n in clause.beside if n in others] or [n for n in clause.seen if n != one and n in others]
        if len(beside) == 1 or len(others) == 1:
            _compared(own, [others[beside[0]] if len(beside) == 1 else next(iter(others.values()))], order, tally)
        elif all((own - v) * order >= 0 for v in others.values()):
            tally.add("compared_right")
        elif all((own - v) * order < 0 for v in others.values()):
            tally.add("compared_wrong")


def _compared(own: float, others: Iterable[float], order: int, tally: _Tally) -> None:
    tally.add("compared_right" if all((own - v) * order >= -1e-9 for v in others) else "compared_wrong")


_DISTRICT = re.compile(rf"(?:{DISTRICT_ZH})(?=区|县|的|[,。;]|$)|\b(?:{DISTRICT_EN})\b")


def _areas(clause: _Clause, places: Sequence[_Place], tally: _Tally) -> None:
    about = _scope(clause, places) if _ALL.search(clause.text) else clause.about
    if clause.open or not about:
        return
    said = {m.group() for m in _DISTRICT.finditer(clause.text)} | {
        p.area for p in places if len(p.area) > 1 and p.area in clause.text
    }
    own = [n for n in about if places[n].area]
    for area in sorted(said) if own else ():
        if not any(area != other and area in other for other in said):
            tally.add("areas_right" if all(area in places[n].text for n in own) else "areas_wrong")


def _listed(clause: _Clause, text: str, places: Sequence[_Place], tally: _Tally) -> str:
    """Members of the records' lists, in the words of the record; returns the clause without them."""
    listed = sum(member in text for p in places for member in p.members)
    every = _ALL.search(clause.text) and not clause.own and not (listed > 1 and _THEY_ALL.search(clause.text))
    about = _scope(clause, places) if every else clause.about
    for member in dict.fromkeys(m for p in places for m in sorted(p.members, key=lambda m: -len(m))):
        if member not in text:
            continue
        text = text.replace(member, " ")
        if clause.open or not about or concepts(member):
            continue
        has = [member in places[n].text for n in about]
        if not all(has) and any(member == p.kind for p in places):
            continue  # a kind of place or food, spoken of by the way
        if not _NO.search(clause.text):
            tally.add("members_own" if all(has) else "members_others")
    return text


_THEY_ALL = re.compile(r"(?<![家者个店])都(?:有|是|能|可以|在|不错)")
"""Says of the things that a clause lists, and not of places, that all of them are so."""
_CHAT = re.compile(
    r"您好|你好|亲|整理|性价比|口碑|预算|考虑|备选|优先|首选|倾向|适合|合适|符合|要求|顺便|出发|电话|祝|放心|下单|闭眼|差别|区别|主要|掂量|图|讲究|"
    r"享受|有限|周末|孩子|带娃|妈妈|阿姨|生日快乐|别拖|靠谱|直接|具体|其次|一来|2来|3来|话说|其实|总的来说|如上|稍高|稍低|整体|不错|"
    r"\b(?:quick|rundown|options?|best|bet|probably|honestly|promise|pick|choice|solid|decent|lean|"
    r"towards|suggest|recommend|would|"
    r"happy|enjoy|perfect|perfectly|nicely|fits?|works?|handy|simply|together|around|about|budget|"
    r"listing|listed|lists?|mention(?:s|ed)?|"
    r"details?|rating|rated|stars?|price|prices?|costs?|yuan|area|district|night|person|note|unfortunately|afraid|"
    r"definitely|consider|comes?|gets?|start|finish|head|try|go|going|choose|see|looks?|seems?|might|"
    r"could|maybe|perhaps|though|"
    r"since|so|wanted|asked|matters?|reason|reasons|first|second|third|last|former|latter|both|"
    r"neither|none|each|every|only|just|"
    r"another|else|anything|hope|helps?|way|bit|little|touch|lot|plenty|less|more|than|rather|instead|"
    r"still|even|quite|"
    r"cheaper|cheapest|higher|lower|closer|nearer|nearest|closest|farther|pricier|expensive|visit|"
    r"worth|detour|spots?|places?|stay)\b"
)


_HOURS_ZH = {word: n for n, words in enumerate(("", "一", "二两", "三", "四", "五", "六", "七", "八", "九")) for word in words}
_HOURS_ZH |= {"十": 10, "十一": 11, "十二": 12}
_TO_TWELVE = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_HOURS_EN = {word: n for n, word in enumerate(_TO_TWELVE, 1)}
_CLOCK_ZH = re.compile(
    r"(?:(?<=凌晨)|(?<=早上)|(?<=上午)|(?<=中午)|(?<=下午)|(?<=晚上)|(?<=夜里)|(?<=到)|(?<=至))(?:十[一二]|"
    r"[一二两三四五六七八九十])(?=点)|"
    r"(?:十[一二]|[二两三四五六七八九十])(?=点(?:半|钟|整|关|打烊|开|营业|才))"
)
_RUN_ON = re.compile(r"(\d:\d{2})(?=[\u4e00-\u9fff])")
_CLOCK_EN = re.compile(
    r"\bhalf past (\w{1,7})\b|\b(\d{1,2})(?: o'clock)? (?:in the (morning|afternoon|evening)|"
    r"at (night))\b|\b(midnight)\b|\b(noon)\b"
)


def _clocks(text: str) -> str:
    """Times of day in words as digits."""
    if "点" in text:
        text = _CLOCK_ZH.sub(lambda m: str(_HOURS_ZH[m.group()]), text)
    return _CLOCK_EN.sub(_clock, _RUN_ON.sub(r"\1,", text))


def _clock(match: re.Match[str]) -> str:
    half, hour, part, _, midnight, _ = match.groups()
    if half:
        own = _HOURS_EN.get(half, int(half) if half.isdigit() and len(half) < 3 else 0)
        return f"{own}:30" if own else match.group()
    if hour:
        return f"{hour} {'am' if part == 'morning' else 'pm'}"
    return "0:00" if midnight else "12:00"


_MARKUP = re.compile(r"[①-⑳❶-❿]|\*\*|__|`")


def _read(evidence: str, query: str, response: str) -> tuple[_Tally, int, int, int]:
    places = _places(evidence)
    text = _clocks(norm(_MARKUP.sub("", response[:_MOST_CHARACTERS]))).replace("vs.", "vs")[:_MOST_CHARACTERS]
    asked = frozenset(q.value for q in quantities(query))
    tally = _Tally()
    left: list[str] = []
    clauses = _clauses(text, places, norm(query))
    for clause in clauses:
        rest = _having(clause, places, tally)
        rest = _listed(clause, rest, places, tally)
        _numbers(clause, places, asked, tally)
        _free(clause, places, tally)
        _compares(clause, places, tally)
        _areas(clause, places, tally)
        if not clause.open:
            left.append(rest)
    over = residue(_CHAT.sub(" ", " , ".join(left).replace(_MASK, " ")), evidence, query)
    return tally, len(clauses[-1].seen) if clauses else 0, over.left, over.longest


_RIGHT = (
    "held", "denied_rightly", "all_right", "counted_right", "only_right", "values_own", "sums_right", "clocks_right",
    "compared_right", "areas_right", "members_own",
)
_WRONG = (
    "unheld", "denied_wrongly", "borrowed", "praised", "all_wrong", "counted_wrong", "only_wrong", "values_others",
    "values_nobodys", "sums_wrong", "clocks_wrong", "compared_wrong", "areas_wrong", "members_others",
)


@CACHES.keep(16_384)
def prose(evidence: str, query: str, response: str) -> tuple[float, ...]:
    """The NAMES features of one triple."""
    tally, named, left, longest = _read(evidence, query, response)
    right, wrong = sum(tally.get(n, 0) for n in _RIGHT), sum(tally.get(n, 0) for n in _WRONG)
    counts = [min(tally.get(name, 0), 6) / 6 for name in NAMES[:25]]
    return (
        *counts, min(named, 5) / 5, min(left, 16) / 16, min(longest, 8) / 8, min(right, 16) / 16, min(wrong, 6) / 6,
        wrong / (right + wrong) if right + wrong else 0.0,
    )
