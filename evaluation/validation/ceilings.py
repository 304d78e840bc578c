"""The ceiling, and how near to it agents come."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recenv.evaluation.validation.line import NAN, Examination, Line, Result, at_least, measured, numbered
from recenv.evaluation.validation.subject import Subject
from recenv.measures.intervals import group_intervals, mean_interval
from recenv.rollouts.ceiling import reachable, returns

LEAST = 0.99


def run(subject: Subject) -> Result:
    n = subject.n
    can = reachable(subject.engine.tables, subject.rows[:n].tolist())
    paid = returns(subject.engine, subject.rows[:n].tolist(), subject.seeds[:n])
    lines = [
        Line(name="goals that no candidate meets", value=can.unwinnable, n=int(can.goals.sum())),
        measured("ceiling of needs met", mean_interval(can.needs_met, subject.resampled_by(), subject.seed)),
        measured("ceiling of the return", mean_interval(paid, subject.resampled_by(), subject.seed))]
    for name in subject.honest[::-1]:
        played = subject.play(subject.agent(name))
        for what, own, top in (("needs met", played.needs_met, can.needs_met), ("return", played.returns, paid)):
            bounded = name == subject.best and what == "needs met"
            lines.append(_share(f"{what} of {name} over the ceiling", own, top, subject, bounded))
    return Result(lines)


def _share(name: str, own: NDArray[np.float64], top: NDArray[np.float64], subject: Subject, bounded: bool) -> Line:
    def share(rows: NDArray[np.int64]) -> list[float]:
        most = float(top[rows].sum())
        return [float(own[rows].sum()) / most if most > 0 else NAN]

    value = share(np.arange(subject.n))[0]
    ends = group_intervals(numbered(subject.resampled_by()), share, subject.sizes.draws // 4, "ceilings")
    return Line(name=name, value=value, n=subject.n, low=float(ends.low[0]), high=float(ends.high[0]),
                bound=f"at least {LEAST}" if bounded else "", passed=at_least(value, LEAST) if bounded else None)


EXAMINATION = Examination("ceilings", "can the sessions be won, and does who knows what users want win them?", run)
