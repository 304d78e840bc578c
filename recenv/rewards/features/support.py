"""How each sentence of a response is supported by its evidence, and what kind of thing and whose name it speaks of."""

from __future__ import annotations

import math
import re
from itertools import pairwise
from typing import NamedTuple

from recenv.rewards.features import CACHES
from recenv.rewards.features.bounded import share
from recenv.rewards.reading.cover import follows, matches, tokens
from recenv.rewards.reading.lexical import norm
from recenv.rewards.reading.polarity import claims, content, sentences, weight
from recenv.rewards.reading.words import FILLERS

_FIRST_PERSON = re.compile(r"\b(?:i|i'm|i've|i'd|my|me|we|our|haha|lol|wow)\b|我(?!们)|哈哈")
_PLACES = {
    "hotel": "hotel", "inn": "hotel", "hostel": "hotel", "guesthouse": "hotel", "motel": "hotel", "lodge": "hotel",
    "restaurant": "restaurant", "cafe": "restaurant", "bistro": "restaurant", "bar": "restaurant", "diner": "restaurant",
    "museum": "attraction", "park": "attraction", "attraction": "attraction", "gallery": "attraction", "theatre": "attraction",
    "train": "train", "station": "train", "taxi": "taxi", "driver": "taxi", "cab": "taxi",
    "酒店": "hotel", "宾馆": "hotel", "餐馆": "restaurant", "餐厅": "restaurant", "饭店": "restaurant", "景点": "attraction",
}
_PLACE = re.compile(r"\b(?:the|this|our|that)\s{1,2}(" + "|".join(k for k in _PLACES if k.isascii()) + r")\b")
_ANY_PLACE = re.compile("|".join(rf"\b{k}\b" if k.isascii() else k for k in _PLACES))
_LIST = re.compile(r",\s*(?:and |or )?|\s(?:and|or|&)\s|、|和|及")


class Support(NamedTuple):
    """Weights are word lengths. NaN where there is nothing to measure.

    worst, mean: share of a claiming sentence found in the evidence; pairs: share of neighbouring pairs of words copied;
    copied: longest copied stretch, as a share of the claims; place: -1 where the response calls the place a thing that its
    evidence does not; personal: words of the one who answers, over 3; list_recall: share told of the parts of the evidence's
    enumeration;
    silent: 1 where nothing is claimed.
    """

    worst: float
    mean: float
    pairs: float
    copied: float
    place: float
    personal: float
    list_recall: float
    silent: float


def support(response: str, evidence: str) -> Support:
    nan = math.nan
    told = claims(response)
    known = content(evidence)
    shares = []
    for sentence in told:
        total = weight(content(sentence))
        shares.append(weight(content(sentence) & known) / total if total else 0.0)
    body = " ".join(told)
    said = tokens(body)
    pairs = [(a, b) for a, b in pairwise(said) if "\n" not in (a, b) and not {a, b} <= FILLERS]
    spans = [end - start for start, end in matches(body, evidence)]
    head = norm(response)
    return Support(
        min(shares, default=nan), sum(shares) / len(shares) if shares else nan,
        sum(follows(*pair, evidence) for pair in pairs) / len(pairs) if pairs else nan,
        max(spans, default=0) / len(said) if said else nan,
        _place(body or head, evidence), share(len(_FIRST_PERSON.findall(head)), 3),
        _list_recall(body, evidence), float(not told),
    )


def _place(response: str, evidence: str) -> float:
    """1 where the kind of place a response speaks of is the evidence's, -1 where it is another, 0 where either is not said."""
    said = {_PLACES[m] for m in _PLACE.findall(response)}
    known = frozenset[str]().union(*map(_kinds, norm(evidence).split("\n"))) if said else ()
    if not said or not known:
        return 0.0
    return -1.0 if said.isdisjoint(known) else 1.0


@CACHES.keep(16_384)
def _kinds(line: str) -> frozenset[str]:
    return frozenset(_PLACES[m] for m in _ANY_PLACE.findall(line))


@CACHES.keep(8_192)
def _enumerated(evidence: str) -> tuple[frozenset[str], ...]:
    """The parts of the longest enumeration of a text, as content words."""
    best: tuple[frozenset[str], ...] = ()
    for sentence in sentences(evidence):
        parts = _listed(sentence)
        if len(parts) > max(len(best), 1):
            best = parts
    return best


@CACHES.keep(16_384)
def _listed(sentence: str) -> tuple[frozenset[str], ...]:
    return tuple(c for c in map(content, _LIST.split(sentence)) if c)


def _list_recall(response: str, evidence: str) -> float:
    parts = _enumerated(evidence)
    if len(parts) < 2:
        return math.nan
    words = content(response)
    return sum(bool(words & part) for part in parts) / len(parts)
