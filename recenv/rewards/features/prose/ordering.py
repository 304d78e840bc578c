"""Which place an answer calls the cheapest, the nearest, the most reviewed, in records with fields of any name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from recenv.rewards.features import CACHES
from recenv.rewards.features.prose.catalogue import Entry
from recenv.rewards.features.prose.clauses import Clause
from recenv.rewards.features.prose.figures import figures_of

_LABELS = {
    "price": re.compile(r"price|\bavg\b|average|rate\b|cost|from|ticket|rent|spend|per_night|adult|人均|均价|价|票|起$|fee"),
    "rating": re.compile(r"rating|score|\bstars?$|评分|口碑|guest"),
    "reviews": re.compile(r"review|评价|点评|评论|条数|月售|sold|销量"),
    "distance": re.compile(r"dist|距|walk|miles|km\b|away"),
    "minutes": re.compile(r"duration|eta|minutes|min\b|时长|送达|分钟|length|配送时间"),
    "size": re.compile(r"sqm|size|rooms|capacity|平|㎡|screen|weight|seats"),
}
_NO_PRICE = re.compile(r"deliver|配送|起送|min|押金|deposit")
_HOURS = re.compile("open|hours|营业|开放")
_REVIEWS = re.compile(
    r"(\d{1,9}) ?(?:reviews|ratings|条评价|条点评|条|评价)|(?:评价|评论|点评|月售|reviews)[^\d;]{0,3}(\d{1,9})|\((\d{2,6})\)")
_OF_KIND = {"money": "price", "rating": "rating", "distance": "distance", "minutes": "minutes"}
_HIGHEST_RATING = 10.0
_NIGHT = 420.0  # minutes of the day until which closing counts as late

_WORDS = tuple((re.compile(pattern), slot, order) for pattern, slot, order in (
    (r"cheap(?:er|est)|(?:less|least) expensive|lowest[- ]pric|more affordable|most affordable|lower (?:price|rate|rent)|"
     r"[最更]?(?:便宜|实惠|省钱|划算)|costs? less|saves? you", "price", -1),
    (r"(?:more|most) expensive|pric(?:ier|iest)|dear(?:er|est)|costs? more|higher price|[最更]?贵", "price", 1),
    (r"clos(?:er|est)\b|near(?:er|est)|[最更]?近(?!\d)", "distance", -1), (r"f[au]r?th(?:er|est)|[最更]?远", "distance", 1),
    (r"(?:high|better|best|top)(?:er|est)?[- ]?(?:rat|scor|review(?:ed|s? score))|"
     r"(?:scores?|rat(?:ed|es|ing)) (?:\w{1,12} ){0,3}(?:higher|highest|better|best|more)|highest guest|"
     r"(?:评分|分数?|口碑)[也都是略稍更最还]{0,3}高|[最更]高(?:分)?|higher score|outscores|分[更最]高", "rating", 1),
    (r"low(?:er|est)[- ]?(?:rat|scor)|(?:scores?|rat(?:ed|es|ing)) (?:\w{1,12} ){0,3}(?:lower|lowest|less|worse)|"
     r"(?:评分|分数?|口碑)[也都是略稍更最还]{0,3}低", "rating", -1),
    (r"later|latest|open(?:s|ed)? (?:the )?longest|[最更]晚|晚些", "closes", 1), (r"earl(?:ier|iest)|[最更]早", "opens", -1),
    (r"fast(?:er|est)|quick(?:er|est)|short(?:er|est)|soonest|[最更][快短]", "minutes", -1),
    (r"slow(?:er|est)|longest (?!open)|[最更][慢久长]", "minutes", 1),
    (r"(?:most|more) (?:\w{1,12} ){0,2}(?:reviews|ratings)|most[- ]reviewed|(?:评价|点评|评论|月售|销量).{0,3}[最更]?[多高]",
     "reviews", 1),
    (r"(?:fewest|fewer|least) (?:\w{1,12} ){0,2}(?:reviews|ratings)|(?:评价|点评|评论|月售|销量).{0,3}[最更]少", "reviews", -1),
    (r"larg(?:er|est)|big(?:ger|gest)|[最更]大", "size", 1), (r"small(?:er|est)|[最更]小", "size", -1)))
_ANY = re.compile("|".join(f"(?:{pattern.pattern})" for pattern, _, _ in _WORDS))
_TOP = re.compile(r"est\b|most|least|最|best|top|数一|第1")


@CACHES.keep(8_192)
def measures(entry: Entry) -> Mapping[str, float]:
    """What places may be ordered by, as far as a record tells it."""
    own: dict[str, float] = {}
    for field in entry.fields:
        told = figures_of(field.value)
        if told and _HOURS.search(field.label):
            _hours(own, [f.value for f in told if f.kind == "clock"])
        for slot, label in _LABELS.items():
            if not told or slot in own or not label.search(field.label):
                continue
            if (slot == "price" and _NO_PRICE.search(field.label)) or (slot == "rating" and told[0].value > _HIGHEST_RATING):
                continue
            own[slot] = told[0].value
    every = figures_of(entry.text)
    for figure in every:
        slot = _OF_KIND.get(figure.kind, "")
        if slot and not (slot == "rating" and figure.value > _HIGHEST_RATING):
            own.setdefault(slot, figure.value)
    match = _REVIEWS.search(entry.text)
    if match is not None:
        own.setdefault("reviews", float(next(g for g in match.groups() if g)))
    _hours(own, [f.value for f in every if f.kind == "clock"])
    return own


def _hours(own: dict[str, float], clocks: Sequence[float]) -> None:
    if len(clocks) > 1 and "opens" not in own:
        own["opens"], own["closes"] = clocks[0], clocks[1] + (1440.0 if clocks[1] <= _NIGHT else 0.0)


def ordered(clause: Clause, known: Sequence[Mapping[str, float]]) -> dict[str, int]:
    """How many comparisons and superlatives of a clause are right, wrong, or cannot be told; {} where it has none."""
    if not _ANY.search(clause.text):
        return {}
    found = {"compared_right": 0, "compared_wrong": 0, "top_right": 0, "top_wrong": 0, "compared_unknown": 0}
    for pattern, slot, order in _WORDS:
        match = pattern.search(clause.text)
        if match is None:
            continue
        values = {n: own[slot] * order for n, own in enumerate(known) if slot in own}
        one = clause.about[0] if len(clause.about) == 1 else -1
        others = {n: value for n, value in values.items() if n != one}
        if one not in values or not others:
            found["compared_unknown"] += 1
        elif _TOP.search(clause.text, max(0, match.start() - 4), match.end()):
            found["top_right" if all(values[one] >= v for v in others.values()) else "top_wrong"] += 1
        else:
            beside = [n for n in clause.beside if n in others] or [n for n in clause.seen if n in others]
            against = [others[beside[0]]] if len(beside) == 1 else list(others.values())
            better = sum(values[one] > v for v in against)
            verdict = "right" if better == len(against) else "unknown" if better else "wrong"
            found[f"compared_{verdict}"] += 1
    return found
