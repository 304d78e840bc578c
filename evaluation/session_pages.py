"""The session part of a report: which sessions get a page, and what stands above and below the cells of a turn."""

from __future__ import annotations

from itertools import accumulate
from typing import NamedTuple

from recenv.evaluation.session_values import SessionValues
from recenv.evaluation.why import Told
from recenv.measures.drawing import INK, dimension_colours
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rollouts.trace import SessionTrace


class Pick(NamedTuple):
    """A session chosen for the report: its place in the allotment, and why it was chosen."""

    order: int
    why: str


def pick_sessions(values: dict[str, list[SessionValues]], most: int) -> list[Pick]:
    """A spread of sessions by return: evenly spaced from best to worst, the median among them.

    Sessions are ranked by their mean return over all agents; only those that every agent finished take part.
    """
    returns: dict[int, list[float]] = {}
    for side in values.values():
        for v in side:
            returns.setdefault(v.order, []).append(v.total)
    whole = [order for order, r in returns.items() if len(r) == len(values)]
    ranked = sorted(whole, key=lambda o: (-sum(returns[o]), o))
    last = len(ranked) - 1
    count = min(most, len(ranked))
    places = [round(i * last / max(count - 1, 1)) for i in range(count)]
    if count > 2:
        places[(count - 1) // 2] = last // 2
    named = {last: "worst", last // 2: "median"} if last > 1 else {last: "worst"}
    named[0] = "best"
    return [Pick(ranked[p], named.get(p, f"rank {p + 1} of {last + 1}")) for p in places]


class SessionPart(NamedTuple):
    """A chosen session as each agent played it."""

    pick: Pick
    told: tuple[Told, ...]


class Head(NamedTuple):
    """Above a column of cells: short name, what it is, colour."""

    short: str
    title: str
    colour: str


def turn_heads() -> list[Head]:
    """The heads of ``turn_cells``."""
    value = Head("value", "hybrid scalar of the turn, and what was paid for it", INK)
    return [value, *(Head(DIMENSIONS[d].short, d.replace("_", " "), colour) for d, colour in dimension_colours().items())]


def paid_line(trace: SessionTrace, width: float = 240.0, height: float = 40.0) -> str:
    """What was paid up to each turn as the points of an SVG polyline; 0 lies at the bottom unless more was taken than given."""
    sums = [0.0, *accumulate(t.reward for t in trace.turns)]
    low, high = min(0.0, *sums), max(1.0, *sums)
    step = width / max(len(sums) - 1, 1)
    return " ".join(f"{i * step:.1f},{2 + (height - 4) * (high - v) / (high - low):.1f}" for i, v in enumerate(sums))
