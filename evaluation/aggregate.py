"""Many sessions at once: value and pay by turn, turn by dimension, how returns are spread, and where they were lost."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from recenv.evaluation.losses import SMALL
from recenv.evaluation.rows import RunReader, SessionRow
from recenv.measures.intervals import Interval, student_interval
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rollouts.trace import TurnTrace

BINS = 20
"""Of the histogram of returns."""
_MOST_CONSTRAINTS = 8  # more are counted together


class ByTurn(NamedTuple):
    """Of the n sessions that came to turn number ``turn`` (from 1): value of the turn, what was paid up to it in all sessions
    (those that ended keep what they had), and means of the dimensions (D,), NaN where none has a value."""

    turn: int
    n: int
    value: Interval
    paid: Interval
    dimensions: tuple[float, ...]


class Group(NamedTuple):
    """Sessions that share something: what of (category, locale, constraints, goals), which, how many, their mean return, and the
    ceiling's."""

    what: str
    name: str
    n: int
    total: Interval
    ceiling: float


class Share(NamedTuple):
    """A step of a waterfall: what is lost for a cause, a session on average, and the share of sessions that lost ``SMALL``
    or more by it."""

    cause: str
    lost: float
    sessions: float


class AgentSummary(NamedTuple):
    """One agent. place: among the agents of the run, from 0. ceiling, total: mean returns a session, the first NaN where unknown.
    lost: from the ceiling down, biggest first. histogram: sessions in ``BINS`` bins of the run's common range of returns."""

    agent: str
    place: int
    n: int
    ceiling: float
    total: float
    lost: tuple[Share, ...]
    turns: tuple[ByTurn, ...]
    histogram: tuple[int, ...]
    groups: tuple[Group, ...]


class Summary(NamedTuple):
    """A run. low, high: range of the histograms. users: fewest that a mean rests on."""

    agents: tuple[AgentSummary, ...]
    low: float
    high: float


class SessionTurns(NamedTuple):
    """Of one session: values, pays, (T,) each, and components (T, D)."""

    values: tuple[float, ...]
    pays: tuple[float, ...]
    components: tuple[tuple[float | None, ...], ...]

    @classmethod
    def of(cls, turns: Sequence[TurnTrace]) -> SessionTurns:
        """Of the turns of a trace."""
        return cls(tuple(t.value for t in turns), tuple(t.reward for t in turns), tuple(t.components for t in turns))


def summarise(reader: RunReader, agents: Sequence[str] | None = None) -> Summary:
    """The summary of a run, finished or not; ``agents``: only these, in this order."""
    rows: dict[str, list[SessionRow]] = {e.name: [] for e in reader.plan.agents}
    turns: dict[str, list[SessionTurns]] = {name: [] for name in rows}
    for told in reader.told():
        row = reader.row(told)
        rows[row.agent].append(row)
        turns[row.agent].append(SessionTurns.of(told.trace.turns))
    return of_rows({a: rows[a] for a in agents or rows if rows[a]}, turns, tuple(rows))


def of_rows(
    rows: Mapping[str, Sequence[SessionRow]], turns: Mapping[str, Sequence[SessionTurns]], agents: Sequence[str],
) -> Summary:
    """The summary of session rows by agent; agents: all of the run, in its order."""
    totals = [r.total for side in rows.values() for r in side]
    low, high = min([0.0, *totals]), max([1.0, *totals])
    return Summary(tuple(_agent(a, agents.index(a), side, turns[a], low, high) for a, side in rows.items()), low, high)


def _agent(
    agent: str, place: int, rows: Sequence[SessionRow], turns: Sequence[SessionTurns], low: float, high: float,
) -> AgentSummary:
    lost: dict[str, list[float]] = {}
    for row in rows:
        for cause, value in row.lost.items():
            lost.setdefault(cause, []).append(value)
    shares = [Share(c, sum(v) / len(rows), sum(x >= SMALL for x in v) / len(rows)) for c, v in lost.items()]
    histogram = np.histogram([r.total for r in rows], BINS, (low, high))[0]
    return AgentSummary(
        agent=agent, place=place, n=len(rows),
        ceiling=sum(r.ceiling for r in rows) / len(rows), total=sum(r.total for r in rows) / len(rows),
        lost=tuple(sorted(shares, key=lambda s: (-abs(s.lost), s.cause))), turns=tuple(_by_turn(rows, turns)),
        histogram=tuple(histogram.tolist()), groups=tuple(_groups(rows)))


def _by_turn(rows: Sequence[SessionRow], turns: Sequence[SessionTurns]) -> Iterable[ByTurn]:
    users = [r.user for r in rows]
    paid = [0.0] * len(rows)
    for t in range(max((len(s.values) for s in turns), default=0)):
        here = [i for i, s in enumerate(turns) if len(s.values) > t]
        for i in here:
            paid[i] += turns[i].pays[t]
        columns = [[c for i in here if (c := turns[i].components[t][d]) is not None] for d in range(len(DIMENSIONS))]
        yield ByTurn(
            turn=t + 1, n=len(here), value=student_interval([turns[i].values[t] for i in here], [users[i] for i in here]),
            paid=student_interval(paid, users), dimensions=tuple(sum(c) / len(c) if c else math.nan for c in columns))


def _groups(rows: Sequence[SessionRow]) -> Iterable[Group]:
    for what, of in (("category", lambda r: r.category), ("locale", lambda r: r.locale), ("constraints", _constraints),
                     ("goals", lambda r: str(r.goals))):
        groups: dict[str, list[SessionRow]] = {}
        for row in rows:
            groups.setdefault(of(row), []).append(row)
        if len(groups) > 1:
            for name in sorted(groups):
                mine = groups[name]
                yield Group(what, name, len(mine), student_interval([r.total for r in mine], [r.user for r in mine]),
                            sum(r.ceiling for r in mine) / len(mine))


def _constraints(row: SessionRow) -> str:
    if row.constraints < 0:
        return "unknown"
    return str(row.constraints) if row.constraints <= _MOST_CONSTRAINTS else f"more than {_MOST_CONSTRAINTS}"
