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
from recenv.rewards.features.prose.clauses import MASK
from recenv.rewards.features.prose.clocks import clocks
from recenv.rewards.features.prose.figures import spelled
from recenv.rewards.features.prose.sentences import Sentence, read
from recenv.rewards.features.prose.tally import COUNTED, NAMES, RIGHT, WRONG
from recenv.rewards.reading.cover import residue
from recenv.rewards.reading.lexical import norm

__all__ = ["NAMES", "Reading", "Sentence", "plain", "prose"]

_MOST_CHARACTERS = 6_000
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
_MARKUP = re.compile(r"[①-⑳❶-❿]|\*\*|__|`")


class Reading(NamedTuple):
    """What is read of a response. totals: the NAMES features; sentences: for ``models.reader`` to weigh."""

    totals: tuple[float, ...]
    sentences: tuple[Sentence, ...]


@CACHES.keep(16_384)
def prose(evidence: str, query: str, response: str) -> Reading:
    """A response read against its evidence."""
    text = plain(response)
    sentences, tallies, clauses, left = read(evidence, norm(query), text)
    tally = Counter(name for own in tallies for name in own.elements())
    over = residue(_CHAT.sub(" ", " , ".join(left).replace(MASK, " ")), evidence, query)
    right, wrong = sum(tally[n] for n in RIGHT), sum(tally[n] for n in WRONG)
    named = len(clauses[-1].seen) if clauses else 0
    totals = (
        *(min(tally[name], 6) / 6 for name in COUNTED), min(named, 5) / 5, min(over.left, 16) / 16, min(over.longest, 8) / 8,
        min(right, 16) / 16, min(wrong, 6) / 6, wrong / (right + wrong) if right + wrong else 0.0,
    )
    return Reading(totals, tuple(sentences))


def plain(response: str) -> str:
    """A response as it is read: normalised, without markup, with numbers and times of day as digits."""
    return spelled(clocks(norm(_MARKUP.sub("", response[:_MOST_CHARACTERS])))).replace("vs.", "vs")[:_MOST_CHARACTERS]
