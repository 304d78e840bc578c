"""How far two places are said to be apart ("38 yuan dearer", "差了0.3分"), or one from what was asked for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import combinations

from recenv.rewards.features.prose.bearing import Sums
from recenv.rewards.features.prose.bounds import GAP_AHEAD, GAP_BEHIND, HIGHEST, SLOTS, Known, is_count
from recenv.rewards.features.prose.clauses import Clause
from recenv.rewards.features.prose.figures import Figure

NAMES = ("apart_right", "apart_wrong")

_TIMES = re.compile(r"\s?(?:times\b|倍)")
_LESS = re.compile(r"less|cheaper|lower|below|closer|nearer|behind|saves?|saving|undercuts|便宜|低|省|少|近|落后")
_MORE = re.compile(r"more|dearer|pricier|higher|above|farther|further|ahead|贵|高|多|远|领先")


def apart(
    clause: Clause, said: Sequence[Figure], limits: Sequence[bool], known: Known, edges: Sequence[tuple[str, float]], sums: Sums,
) -> dict[str, int]:
    """Counts by NAMES. said: numbers of a clause; limits: which of them are limits and no gaps; edges: where the limits of the
    request lie; sums: what follows from numbers that were told before."""
    found = dict.fromkeys(NAMES, 0)
    for figure, limit in zip(said, limits, strict=True):
        fits = None if limit else _apart(clause, figure, said, known, edges, sums)
        if fits is not None:
            found["apart_right" if fits else "apart_wrong"] += 1
    return found


def _apart(
    clause: Clause, figure: Figure, said: Sequence[Figure], known: Known, edges: Sequence[tuple[str, float]], sums: Sums,
) -> bool | None:
    """Whether a number that is said to be a gap is that of the places which are compared, the right way round; None where it
    is no gap, or may be one of other numbers."""
    gap = GAP_BEHIND.match(clause.text, figure.end) or GAP_AHEAD.search(clause.text[max(0, figure.start - 40):figure.start])
    if gap is None or _TIMES.match(clause.text, figure.end):
        return None
    if figure.kind not in ("money", "rating", "distance", "") or (not figure.kind and is_count(figure, known)):
        return None
    slot = SLOTS.get(figure.kind, "")
    slots = (slot,) if slot else ("price", "distance", "rating") if figure.value <= HIGHEST else ("price",)
    if figure.value == 0 or any(abs(known[n].get(s, -1.0) - figure.value) < 1e-6 for s in slots for n in clause.about):
        return None
    own, every = clause.about, tuple(range(len(known)))
    if clause.beside and own:
        pairs = [(a, b) for a in own for b in clause.beside]
    elif len(own) == 2:
        pairs = [(own[0], own[1])]
    elif len(own) == 1:
        others = [n for n in clause.seen if n not in own] or [n for n in every if n not in own]
        pairs = [(own[0], n) for n in others]
    else:
        pairs = list(combinations(every, 2))
    way = -1.0 if _LESS.search(gap.group()) else 1.0 if _MORE.search(gap.group()) else 0.0
    if len(pairs) > 1 or len(own) != 1:
        way = 0.0  # which of them is the subject cannot be told
    apart = [known[a][s] - known[b][s] for s in slots for a, b in pairs if s in known[a] and s in known[b] and a != b]
    gaps = [abs(v) if not way else v * way for v in apart]
    gaps += [abs(known[n][s] - edge) for s, edge in edges if s in slots for n in own or every if s in known[n]]
    if not gaps:
        return None
    if any(_about(figure, round(gap, 6)) for gap in gaps):
        return True
    turned = way and any(_about(figure, round(-gap, 6)) for gap in gaps)
    return None if not turned and (sums.gap(figure, own or every) or sums.follows(figure, own, said)) else False


def _about(said: Figure, gap: float) -> bool:
    """Whether a gap is as large as it is said to be, as loosely as that is said."""
    if said.loose < 0:
        return 0 < gap <= said.value + 1e-6
    high = said.value * (1.3 if said.loose == 1 else 1.12 if said.loose == 2 else 1.0) + 1e-6
    return said.value * (0.88 if said.loose == 2 else 1.0) - 1e-6 <= gap <= high
