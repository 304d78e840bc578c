"""Prices, ratings, distances and times of day that an answer tells, with sums and gaps of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import combinations, pairwise

from recenv.rewards.features import CACHES
from recenv.rewards.features.prose.clauses import Clause
from recenv.rewards.features.prose.places import CLOCK, DISTANCE, MONEY, RATING, Place, every
from recenv.rewards.features.prose.scope import counted, says_all, scope_of
from recenv.rewards.features.prose.tally import Tally
from recenv.rewards.features.prose.wording import EACH_ITS, NO, NONE
from recenv.rewards.reading import concepts
from recenv.rewards.reading.quantities import Quantity, quantities

_MOST_NUMBERS = 24
_FREE = re.compile(
    r"不(?:收|要|用买)门票|免门票|免票|门票(?:是|全|都)?免费|免费(?:开放|入场|参观|入园|游览|景点|的)|(?:全部|都|均)(?:是)?免费|免费(?=[,。;!)]|$)|"
    r"\bfree (?:entry|admission|of charge|to (?:enter|visit))\b|\b(?:is|are|all) free(?=[,.;!)]|$)"
)
_FREE_OF = re.compile(r"取消|退[订换]|停车|配送|送货|cancel|park|deliver|return")
"""What else may be free."""
_DIFFERS = re.compile(
    r"余|剩|还有|差距|\bgap\b|\bleft over\b|\bspare\b|\bkeep\b|\bpocket|\bremain|\bcushion\b|"
    r"\bmargin\b|\bbelow\b|\babove\b|贵|便宜|高|低|[相只]?差|省|少|远|近|多(?!的)|晚|早|\bmore\b|\bless\b|cheap|higher|lower|farther|further|closer|"
    r"nearer|save|difference|apart|later|earlier|extra|\bby\b"
)
_TOGETHER = re.compile(
    r"一共|合计|加起来|加在一起|总共|together|in total|in all\b|altogether|combined|\bdoing both|"
    r"\bfor (?:both|the pair)|\d晚|\bnights\b")
_LOW = re.compile(
    r"(?:不到|不足|不超过|没有?超过|低于|少于|小于|至多|最多|\bunder|\bbelow|\bless than|\bat most|\bup to|\bno more than|"
    r"\bwithin)\s{0,2}[¥$]?\s?0|0\s?(?:元|公里|km|yuan)?\s?(?:以内|以下|之内|or less)"
)
_HIGH = re.compile(
    r"(?:(?<!不)(?<!没)(?<!没有)超过|不低于|高于|至少|\bover|\babove|(?<!no )\bmore than|\bat least)\s{0,2}[¥$]?\s?0|"
    r"0\s?(?:元|分|公里|km|yuan|stars?)?\s?(?:以上|or (?:better|more|higher|above))"
)
_COUNTS, _MARKS = re.compile("[个家款种寸层折%]"), re.compile(r"[.)、]")
_WISHED = re.compile(r"\b(?:your|minimum|maximum|cap|limit|budget|threshold|bar)\b|要求|预算|[上下]限|标准|您要|你要|线")
_MEETS = re.compile(
    r"\b(?:clears?|meets?|reach(?:es)?|satisf\w{1,5}|qualif\w{1,5}|keeps? (?:to|within)|makes?)\b|(?<!超)过(?=\d)|"
    r"达到|达标|满足|符合|够")
_HIGHEST = 5.0
_NO_MORE = re.compile(r"\bnot (?:more|less) than")
_ONE = re.compile(r"\s?(?:is|that|which|of|with)\b")
_BETWEEN = re.compile(
    r"[\s,(]{0,3}(?:vs|versus|against|compared (?:to|with)|rather than|not|to|and|or|对|比|和|与|、|而不是)?"
    r"[\s(]{0,2}[¥$£€]?\s{0,1}")
_AGAINST = re.compile(
    r"\d\s?(?:分|元|星|公里|km|yuan|stars?)?\s{0,2}(?:,|\()?\s?(?:\b(?:against|vs|versus|rather than|instead of|"
    r"compared (?:to|with)|not)|对|比|而不是)\s{0,2}[¥$£€]?$")
"""One number set against another place's."""
_ABOUT = re.compile(
    r"约|大概|左右|上下|接近|将近|近(?=0|\d)|不到|出头|多(?=[元块米公千分]|$)|0多|"
    r"\b(?:about|around|roughly|approximately|some|nearly|almost|just (?:under|over)|"
    r"(?:bit|little|touch|shade) (?:under|over))\b")


_FOR_SO_MANY = re.compile(
    r"(?P<zh>[2-9]|1[0-9])\s?(?:个人|人|位|晚|份|天|杯|张)(?!均)|"
    r"\b(?P<en>[2-9]|1[0-9]) (?:people|nights|tickets|guests|adults|of you|persons)\b")


def numbers(
    clause: Clause, places: Sequence[Place], asked: frozenset[float], tally: Tally, limits: Sequence[tuple[int, int]] = ()
) -> None:
    """Count what the numbers of a clause are. limits: where some stand that were held against places elsewhere."""
    if _one_by_one(clause, places, tally):
        return
    told = quantities(clause.text)[:_MOST_NUMBERS]
    paired = _paired(told, clause, places)
    if paired:
        tally.add("compared_right")
    for q in told:
        if q.start in paired or any(start < q.end and q.start < end for start, end in limits):
            continue
        if q.kind not in (MONEY, RATING, DISTANCE, CLOCK, "") or (q.kind == "" and (q.value < 10 and q.value % 1 == 0)):
            continue
        if q.value == 1 and _ONE.match(clause.text, q.end):
            continue
        behind = clause.text[q.end:q.end + 1]
        if q.kind == "" and (_COUNTS.match(behind) or (_MARKS.match(behind) and not clause.text[:q.start].strip())):
            continue
        _number(q, clause, places, asked, tally)


def _one_by_one(clause: Clause, places: Sequence[Place], tally: Tally) -> bool:
    """Numbers that are said of several places in turn; False where it is no such clause."""
    if not EACH_ITS.search(clause.text) or len(clause.about) < 2:
        return False
    told = [q for q in quantities(clause.text) if q.kind in (MONEY, RATING, DISTANCE, CLOCK, "")]
    if len(told) != len(clause.about):
        return False
    for n, q in zip(clause.about, told, strict=True):
        tally.add("values_own" if _has(places[n], q) else "values_others")
    return True


def _paired(told: Sequence[Quantity], clause: Clause, places: Sequence[Place]) -> frozenset[int]:
    """Where numbers stand that are set side by side, each of them another place's ("4.2 vs 4.5"), where that is so."""
    for a, b in pairwise(told):
        if a.value == b.value or not _BETWEEN.fullmatch(clause.text, a.end, b.start):
            continue
        kind = a.kind or b.kind
        owners = [{n for n, p in enumerate(places) if _has(p, q._replace(kind=kind))} for q in (a, b)]
        if all(owners) and len(owners[0] | owners[1]) > 1:
            return frozenset((a.start, b.start))
    return frozenset()


@CACHES.keep(8_192)
def _finds(pattern: re.Pattern[str], text: str) -> bool:
    """Whether a clause has something: asked anew for each of its numbers."""
    return pattern.search(text) is not None


def _number(q: Quantity, clause: Clause, places: Sequence[Place], asked: frozenset[float], tally: Tally) -> None:
    scope = scope_of(clause, places) if says_all(clause) and not clause.own else clause.about
    about = scope or clause.seen or tuple(range(len(places)))
    near = clause.text[max(0, q.start - 14):q.end + 4]
    loose = 0.08 * q.value if q.kind in (MONEY, DISTANCE) and _ABOUT.search(near) else 0.0
    if q.value in asked and not clause.open and (_finds(_WISHED, clause.text) or _finds(_MEETS, clause.text)):
        _met(q, clause, places, about, tally)
        return
    own = [_has(places[n], q, loose) for n in about]
    if _sold(q, clause, places, about) is False:
        tally.add("values_nobodys")
        return
    if any(own) and not (says_all(clause) and _bounded(q, clause)):
        good = all(own) or not says_all(clause) or len(about) == 1
        tally.add("clocks_right" if q.kind == CLOCK else "values_own" if good else "all_wrong")
        return
    if q.value in asked and clause.open:
        return
    if any(_has(places[n], q) for n in clause.beside):
        tally.add("values_own")
        return
    kinds = (q.kind,) if q.kind else (MONEY, RATING, DISTANCE)
    if _AGAINST.search(clause.text, max(0, q.start - 18), q.start) and any(_has(p, q) for p in places):
        tally.add("compared_right")
        return
    near = f"{clause.text[max(0, q.start - 14):q.start]}0{clause.text[q.end:q.end + 16]}"
    below, above = _LOW.search(near), _HIGH.search(near)
    if below or above:
        order = 1 if below or _finds(NONE, clause.text) or _NO_MORE.search(near) else -1
        held = [places[n].own[kind] for n in about for kind in kinds if kind in places[n].own]
        if _finds(_DIFFERS, clause.text) and not all((v - q.value) * order <= 0 for v in held):
            apart = [abs(a - b) for kind in kinds for a, b in combinations(every(places, kind), 2)]
            tally.add("sums_right" if any((gap - q.value) * order <= 1e-6 for gap in apart) else "values_nobodys")
        elif held and not counted(clause.text):
            tally.add("values_own" if all((v - q.value) * order <= 0 for v in held) else "values_nobodys")
    elif _finds(_DIFFERS, clause.text) and len(places) > 1:
        gaps = {round(abs(a - b), 3) for kind in kinds for a, b in combinations(every(places, kind), 2)}
        gaps |= {round(abs(a - v), 3) for kind in kinds for n in about for v in places[n].values.get(kind, ()) for a in asked}
        over = 1.0 if re.match(r"\s?多", clause.text[q.end:]) else 0.0
        fits = any(0 <= gap - q.value <= over or abs(gap - q.value) <= loose for gap in gaps)
        tally.add("sums_right" if fits or round(q.value, 3) in gaps else "sums_wrong")
    elif _finds(_TOGETHER, clause.text):
        values = every(places, q.kind or MONEY)[:8]
        sums = {round(sum(c), 3) for size in (2, 3) for c in combinations(values, size)} | {
            round(n * v, 3) for n in (2, 3, 4) for v in values}
        tally.add("sums_right" if round(q.value, 3) in sums else "sums_wrong")
    elif q.value in asked:
        return
    elif q.kind == CLOCK:
        if any(CLOCK in p.values for p in places):
            tally.add("clocks_wrong")
    elif any(_has(p, q) for p in places):
        tally.add("values_others")
    elif q.kind == MONEY and (many := _FOR_SO_MANY.search(clause.text)):
        each = [places[n].own[MONEY] for n in about if MONEY in places[n].own]
        count = float(many.group(many.lastgroup or 0))
        tally.add("sums_right" if any(abs(v * count - q.value) <= max(loose, 1e-6) for v in each) else "sums_wrong")
    else:
        tally.add("values_nobodys")


def _met(q: Quantity, clause: Clause, places: Sequence[Place], about: Sequence[int], tally: Tally) -> None:
    """A bound that was asked for, said to be met: prices and distances keep below it, ratings reach it."""
    kind = q.kind or (RATING if q.value <= _HIGHEST else MONEY)
    held = [places[n].own[kind] for n in about if kind in places[n].own]
    if not held or not _MEETS.search(clause.text):
        return
    met = all(v >= q.value - 1e-6 if kind == RATING else v <= q.value + 1e-6 for v in held)
    denied = NO.search(clause.text) or NONE.search(clause.text)
    tally.add("values_own" if met != bool(denied) else "values_nobodys")


def _sold(q: Quantity, clause: Clause, places: Sequence[Place], about: Sequence[int]) -> bool | None:
    """Whether an amount behind a product's name is its price; None where no product stands there."""
    if q.kind != MONEY:
        return None
    head = clause.text[max(0, q.start - 60):q.start]
    for n in about:
        found = [(head.rfind(name) + len(name), price) for name, price in places[n].sold.items() if name in head]
        if found and len(head) - max(found)[0] < 16:
            return abs(max(found)[1] - q.value) < 1e-6
    return None


def free(clause: Clause, places: Sequence[Place], tally: Tally) -> None:
    match = _FREE.search(clause.text)
    about = scope_of(clause, places) if says_all(clause) and not clause.own else clause.about
    prices = [places[n].own[MONEY] for n in about if MONEY in places[n].own]
    if match is None or clause.open or not prices or concepts.told(clause.text) or _FREE_OF.search(clause.text):
        return
    wrong = any(prices) != bool(NO.search(clause.text[: match.start()]))
    tally.add("values_nobodys" if wrong else "values_own")


def _bounded(q: Quantity, clause: Clause) -> bool:
    """Whether a number is said to be the least or the most."""
    near = f"{clause.text[max(0, q.start - 14):q.start]}0{clause.text[q.end:q.end + 16]}"
    return bool(_LOW.search(near) or _HIGH.search(near))


def _has(place: Place, q: Quantity, loose: float = 0.0) -> bool:
    """Whether a record has a number, or one that is as near as ``loose``."""
    kinds = (q.kind, "") if q.kind else tuple(place.values)
    for kind in kinds:
        for value in place.values.get(kind, ()):
            if abs(value - q.value) <= loose + 1e-6 or (q.loose and kind == CLOCK and (value - q.value) % 720 == 0):
                return True
    return False
