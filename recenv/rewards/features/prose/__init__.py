"""What an answer in prose says of the places of its evidence, claim by claim: what they have, how many of them have it, which is
the cheapest, when they close; each held against the records of those that it speaks of.

A clause speaks of the places that it names, else of those named last; "both", "the latter", "two of the three" are read. Wishes,
conditions, questions and offers claim nothing. A claim that no record bears out is counted, not refuted: trees weigh it.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple

from recenv.rewards.features import CACHES
from recenv.rewards.features.prose.figures import written
from recenv.rewards.features.prose.leftover import unaccounted
from recenv.rewards.features.prose.sentences import Sentence, read
from recenv.rewards.features.prose.tally import COUNTED, NAMES, RIGHT, WRONG
from recenv.rewards.features.prose.wording import ASKED
from recenv.rewards.reading.lexical import norm

__all__ = ["MOST_CHARACTERS", "NAMES", "Reading", "Sentence", "plain", "prose"]

MOST_CHARACTERS = 4_000
"""Of an answer so many characters are read; ``rules`` let none be longer."""
_NUMBERED = re.compile(r"(?<=[:;]\d)\. (?=\d)")
"""The mark of a list before a name that begins with a number."""
_MARKUP = re.compile(r"[①-⑳❶-❿]|\*\*|__|`")
_EMOJI = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf\ufe0f\u200d]+")
"""A sentence ends where one stands, in chats that set no stops."""
_RUN = re.compile(r"[^\s;；:：,，|]{2,120}")
_MOST_EVIDENCE, _MOST_DRAWN = 20_000, 64
_DOTTED = re.compile(r"(?<=\d)\.(?=[0-5]\d\s?[ap]\.?m\b)")
"""Of a time of day: "6.30 am"."""


class Reading(NamedTuple):
    """What is read of a response. totals: the NAMES features; sentences: for ``models.reader`` to weigh; whole: whether all of it
    was read. What was not is borne out by nothing."""

    totals: tuple[float, ...]
    sentences: tuple[Sentence, ...]
    whole: bool


@CACHES.keep(16_384)
def prose(evidence: str, query: str, response: str) -> Reading:
    """A response read against its evidence."""
    said = response[:2 * MOST_CHARACTERS]
    for drawn, bare in _drawn(evidence):
        said = said.replace(drawn, bare)
    text = plain(said)
    sentences, tallies, clauses, left, whole = read(evidence, norm(query), text)
    tally = Counter(name for own in tallies for name in own.elements())
    over = unaccounted(left, evidence, query)
    right, wrong = sum(tally[n] for n in RIGHT), sum(tally[n] for n in WRONG)
    named = len(clauses[-1].seen) if clauses else 0
    totals = (
        *(min(tally[name], 6) / 6 for name in COUNTED), min(named, 5) / 5, min(over.left, 16) / 16, min(over.longest, 8) / 8,
        min(right, 16) / 16, min(wrong, 6) / 6, wrong / (right + wrong) if right + wrong else 0.0,
    )
    return Reading(totals, tuple(sentences), whole and len(response) <= MOST_CHARACTERS)


@CACHES.keep(4_096)
def _drawn(evidence: str) -> tuple[tuple[str, str], ...]:
    """What has pictures inside in an evidence, as a name may, and the same without: a sentence does not end there."""
    runs = dict.fromkeys(_RUN.findall(evidence[:_MOST_EVIDENCE])) if _EMOJI.search(evidence[:_MOST_EVIDENCE]) else ()
    return tuple((run, bare) for run in runs if (bare := _EMOJI.sub("", run)) and bare != run)[:_MOST_DRAWN]


def plain(response: str) -> str:
    """A response as it is read: normalised, without markup, with numbers and times of day as digits."""
    said = _NUMBERED.sub("、", norm(_DOTTED.sub(":", _EMOJI.sub("\n", _MARKUP.sub("", response[:MOST_CHARACTERS])))))
    return ASKED.sub(r"\1: ", norm(written(said).replace("vs.", "vs")))[:MOST_CHARACTERS]
