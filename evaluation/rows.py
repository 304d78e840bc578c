"""A run as tables: a row a session of an agent, a row a turn. What data frames, the viewer and the aggregates are made of."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from recenv.evaluation.demands import gate_cause
from recenv.evaluation.losses import main_cause
from recenv.evaluation.plan import RunPlan
from recenv.evaluation.session_values import session_values
from recenv.evaluation.traces import run_traces
from recenv.evaluation.why import Teller, Told
from recenv.rewards.dimensions import DIMENSIONS

NAN = float("nan")


class SessionRow(NamedTuple):
    """One session of one agent. constraints: of all its goals, -1 where unknown. total: the return; ceiling: NaN where unknown.
    gates: causes of failed gates, each once. cause: what cost it most (``main_cause``); lost: cause -> return.
    components: (D,) means over the turns that have a value, NaN where none has."""

    session: str
    agent: str
    user: str
    order: int
    locale: str
    category: str
    source: str
    goals: int
    goals_met: int
    constraints: int
    ending: str
    turns: int
    total: float
    ceiling: float
    gates: tuple[str, ...]
    cause: str
    lost: Mapping[str, float]
    components: tuple[float, ...]
    gold: float
    extrapolated: float
    malformed: int


class RunReader:
    """Reads a run once through: traces explained, and their rows."""

    def __init__(self, run: str | Path, plan: RunPlan) -> None:
        self.run, self.plan, self.tell = Path(run), plan, Teller(run, plan)

    def told(self) -> Iterator[Told]:
        """Every finished trace explained, in the order of playing."""
        return map(self.tell, run_traces(self.run, self.plan))

    def row(self, told: Told) -> SessionRow:
        """The row of a session."""
        trace, values = told.trace, session_values(told.trace)
        ceilings = self.tell.ceilings
        top = None if ceilings is None else ceilings.returns[trace.order]
        return SessionRow(
            session=trace.session_id, agent=trace.agent, user=trace.user_id, order=trace.order, locale=trace.locale,
            category=trace.category, source=trace.source, goals=trace.goals, goals_met=trace.goals_met,
            constraints=sum(map(len, told.needs)) if told.story else -1, ending=trace.ending, turns=len(trace.turns),
            total=trace.total, ceiling=NAN if top is None else top,
            gates=tuple(dict.fromkeys(c for t in trace.turns if (c := gate_cause(t)))), cause=main_cause(told.lost),
            lost=told.lost or {},
            components=values.components, gold=values.gold, extrapolated=values.extrapolated, malformed=values.malformed)


Columns = dict[str, list[object]]
"""Column name -> values, all of one length."""


def session_columns(rows: Iterable[SessionRow]) -> Columns:
    """Rows of sessions as columns: ``return`` for the total, a column a dimension, and ``lost: CAUSE`` for each cause."""
    rows = list(rows)
    causes = sorted({cause for r in rows for cause in r.lost})
    plain = [f for f in SessionRow._fields if f not in ("total", "gates", "lost", "components")]
    columns: Columns = {name: [getattr(r, name) for r in rows] for name in plain}
    columns["return"] = [r.total for r in rows]
    columns["gates"] = ["; ".join(r.gates) for r in rows]
    for d, name in enumerate(DIMENSIONS):
        columns[name] = [r.components[d] for r in rows]
    for cause in causes:
        columns[f"lost: {cause}"] = [NAN if math.isnan(r.ceiling) else r.lost.get(cause, 0.0) for r in rows]
    return columns


def turn_columns(told: Iterable[Told]) -> Columns:
    """A row a turn: what was done and said, value and pay, a column a dimension, and why in words."""
    columns: Columns = {name: [] for name in (
        "session", "agent", "turn", "goal", "act", "text", "items", "fitting", "reaction", "answer", "value", "reward", "paid",
        "outcome", "gate", *DIMENSIONS, "gold", "told", "why", "pay")}
    for one in told:
        for why in one.turns:
            t = why.turn
            row = (
                one.trace.session_id, one.trace.agent, t.turn, t.goal, t.action.act, t.action.text, len(t.items),
                sum(s.fits for s in t.shown) if t.shown else (0 if not t.items else -1), t.reaction.kind, t.reaction.text,
                t.value, t.reward, t.paid, t.outcome, gate_cause(t), *(NAN if v is None else v for v in t.components),
                NAN if t.gold is None else t.gold, "; ".join(why.said),
                "; ".join(f"{n.short}: {n.text}" for n in why.notes if n.text), why.pay)
            for values, value in zip(columns.values(), row, strict=True):
                values.append(value)
    return columns
