"""Features of an answer within a dialogue: whether it moves on, repeats itself, asks, recommends.

The query of a dialogue row is the user's last utterance, then what was said before it, a line an utterance ("user: ...",
"assistant: ..."), newest first. A query of one line is a dialogue of one turn.
"""

from __future__ import annotations

import math
import re
from typing import NamedTuple

from recenv.rewards.features import CACHES
from recenv.rewards.features.bounded import share, size
from recenv.rewards.reading.lexical import MOST_CHARACTERS, coverage, jaccard, norm

NAMES = (
    "reply_length", "utterance_length", "turns_before", "reply_in_utterance", "utterance_in_reply", "reply_in_history",
    "repeats_earlier", "same_as_earlier", "reply_asks", "utterance_asks", "ends_asking", "reply_exclaims", "titles",
    "titles_known", "titles_said", "numbered_lines", "reply_refuses", "reply_suggests", "utterance_wants",
    "utterance_names_kind", "thanks", "parting", "greets", "distinct_words",
    "reply_words",
    "earlier_alike_mean", "history_length",
)
_TITLE = re.compile(
    r"(?=[A-Z0-9][^(]{1,120}\(\d{4}\))(?:[A-Z0-9][\w'’:&.-]*+\s++(?:(?:of|the|and|in|a|to|for|on)\s++)*+)++\(\d{4}\)|"
    r"[\"“《]([^\"”》]{2,60})[\"”》]")
_REFUSES = re.compile(r"sorry|cannot|can't|can not|not sure|don't know|unable|抱歉|对不起|不知道|无法")
_SUGGESTS = re.compile(
    r"recommend|suggest|would you like|have you (?:seen|tried|heard|watched)|how about|you (?:might|should|could|may)|"
    r"推荐|建议|不妨|试试|怎么样")
_WANTS = re.compile(r"recommend|suggest|looking for|find|want|like|need|any\b.*\?|推荐|想|找|要|有没有")
_NAMES_KIND = re.compile(
    r"recommend|suggest|find|movie|film|show|song|music|book|game|recipe|restaurant|hotel|place|推荐|电影|歌|书|餐|酒店|景点")
_THANKS = re.compile(r"thank|谢")
_PARTING = re.compile(r"bye|have a (?:good|nice|great)|再见|慢走")
_GREETS = re.compile(r"^\W*(?:hi|hello|hey|good (?:morning|evening|afternoon)|你好|您好)\b")
_NUMBERED = re.compile(r"(?m)^[^\S\n]*+(?:\d++\s{0,4}[.:)、]|[-*•])")
_WORD = re.compile(r"[a-z0-9'’]+|[\u3400-\u9fff]")
_SPEAKER = re.compile(r"^(user|assistant):\s*", re.IGNORECASE)


class _Dialogue(NamedTuple):
    utterance: str
    history: str
    answers: tuple[str, ...]
    turns: int


@CACHES.keep(4_096)
def _dialogue(query: str) -> _Dialogue:
    first, *before = query.split("\n")
    answers = tuple(_SPEAKER.sub("", line) for line in before if line.lower().startswith("assistant:"))
    return _Dialogue(first, " ".join(_SPEAKER.sub("", line) for line in before), answers, len(before))


def replying(query: str, reply: str) -> list[float]:
    """Values in [0, 1] in the order of NAMES; NaN where there is nothing earlier to compare with."""
    said = _dialogue(query)
    own, asked, before = _words(reply), _words(said.utterance), _words(said.history)
    alike = [jaccard(own, _words(a)) for a in said.answers]
    titles, known = _titles(reply), _titles(f"{said.utterance}\n{said.history}")
    folded, uttered = norm(reply), norm(said.utterance)
    words = folded.split()
    return [
        size(reply, 400, 1.0), size(said.utterance, 200, 1.0), share(said.turns, 12), coverage(own, asked), coverage(asked, own),
        coverage(own, before) if before else math.nan, max(alike, default=math.nan),
        float(any(norm(a).strip() == folded.strip() for a in said.answers)), min(reply.count("?") + reply.count("？"), 3) / 3,
        float("?" in uttered or "？" in said.utterance), float(reply.rstrip().endswith(("?", "？"))),
        min(reply.count("!") + reply.count("！"), 3) / 3,
        share(len(titles), 6), len(titles & known) / len(titles) if titles else math.nan,
        float(bool(known)), share(len(_NUMBERED.findall(reply)), 6), float(bool(_REFUSES.search(folded))),
        float(bool(_SUGGESTS.search(folded))), float(bool(_WANTS.search(uttered))),
        float(bool(_NAMES_KIND.search(uttered))),
        float(bool(_THANKS.search(uttered))), float(bool(_PARTING.search(f"{folded} {uttered}"))),
        float(bool(_GREETS.search(uttered))), len(set(words)) / len(words) if words else 0.0,
        share(len(own), 80), sum(alike) / len(alike) if alike else math.nan, size(said.history, 2_000, 1.0),
    ]


@CACHES.keep(16_384)
def _words(text: str) -> frozenset[str]:
    """All words, also those without content: the manner of an answer shows in them."""
    return frozenset(_WORD.findall(norm(text)))


def _titles(text: str) -> set[str]:
    return {norm(m.group(1) or m.group()).strip() for m in _TITLE.finditer(text[:MOST_CHARACTERS])}
