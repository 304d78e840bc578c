"""What places may be ordered by: price, rating, distance, reviews, hours, in records with fields of any name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from recenv.rewards.features import CACHES
from recenv.rewards.features.prose.catalogue import Entry
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
