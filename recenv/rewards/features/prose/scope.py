"""Of which places "all", "both" or a number of them is said."""

from __future__ import annotations

import re
from collections.abc import Sequence

from recenv.rewards.features import CACHES
from recenv.rewards.features.prose.clauses import MASK, Clause
from recenv.rewards.features.prose.places import Place
from recenv.rewards.features.prose.wording import ALL, EXCEPT

_NUMBER_OF = re.compile(
    r"(?<!every )(?<!each )(?<!not )(?P<a>\d) (?:of|out of) (?:the|these|those|them|\d)\b|"
    r"(?<![每这前后第])(?P<b>\d)[家个款](?![月小])|\b(?P<c>[2-9]) (?:places?|spots?|hotels?|shops?|options?)\b|"
    r"^\s?(?:the )?(?P<d>[2-9]) (?:are|have|list|lists|offer|take|allow|include|come|sit|do|can|"
    r"mention|let|welcome|serve|accept|stay|provide)\b"
)
TWO = re.compile(r"both\b|either\b|at either\b|两者")
_AMONG = re.compile(r"(?:地方|景点|酒店|店|选择)?(?:里|中|当中|之中)")


_OF_PLACES = re.compile(r"\d[家个处款间]|全部|所有|[每各][家个]|两者")


@CACHES.keep(4_096)
def says_all(clause: Clause) -> bool:
    """Whether something is said of all places; "都" of a single one is said of the things that it has."""
    match = ALL.search(clause.text)
    if match is None or EXCEPT.search(clause.text[:max(0, clause.text.find(MASK))]):
        return False
    return not (match.group() == "都" and len(clause.about) == 1 and clause.own and not _OF_PLACES.search(clause.text))


def scope_of(clause: Clause, places: Sequence[Place]) -> tuple[int, ...]:
    """Whom "all", "both" or a number of places is said of; () where it cannot be told."""
    match = ALL.search(clause.text)
    every = tuple(range(len(places)))
    if len(clause.about) > 1 and clause.own:
        return clause.about
    said = match.group("n") if match is not None else None
    wanted = 2 if match is not None and TWO.match(match.group()) else int(said) if said else 0
    counted = re.search(r"(?<![前后])(?P<n>\d)[家个款]", clause.text)
    wanted = wanted or (int(counted.group("n")) if counted else 0)
    if wanted:
        if len(places) == wanted:
            return every
        if len(clause.about) == wanted:
            return clause.about
        return clause.seen[-wanted:] if len(clause.seen) == wanted else ()
    if len(clause.about) > 1:
        return clause.about
    if len(places) == 2 or not clause.seen or len(clause.seen) == len(places):
        return every
    return clause.seen if len(clause.seen) > 1 else ()


def counted(text: str) -> int:
    """How many places something is said of, 0 where no number says so."""
    found = [m for m in _NUMBER_OF.finditer(text) if not _AMONG.match(text, m.end())]
    for group in ("a", "b", "c", "d"):
        said = [int(m.group(group)) for m in found if m.group(group)]
        if said:
            return said[-1]
    return 0
