"""Whether the return ranks agents, and the sessions of an agent, as service does."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recenv.evaluation.validation.altered import CHANGES, AlteredAgent
from recenv.evaluation.validation.line import NAN, Examination, Line, Result, at_least, numbered
from recenv.evaluation.validation.subject import RUNGS, Subject
from recenv.measures.intervals import group_intervals
from recenv.measures.metrics import pearson, spearman

_ORDER, _VALUE, _WITHIN = 0.95, 0.9, 0.6


def run(subject: Subject) -> Result:
    _let_all_play(subject)
    everyone = subject.everyone()
    returns, met, taken = (np.stack([getattr(p, what) for p in everyone.values()]) for what in ("returns", "needs_met", "taken"))
    users = numbered(subject.resampled_by())

    def ranks(rows: NDArray[np.int64]) -> list[float]:
        r, m, t = (values[:, rows].mean(1) for values in (returns, met, taken))
        return [spearman(m, r), spearman(t, r) if subject.has_gold else NAN]

    found = ranks(np.arange(subject.n))
    ends = group_intervals(users, ranks, subject.sizes.draws // 4, "agreement")
    lines = [Line(
        name=f"Spearman of return with {what}, {len(everyone)} agents", value=found[m], n=subject.n, low=float(ends.low[m]),
        high=float(ends.high[m]), bound=f"at least {least}", passed=at_least(found[m], least))
        for m, (what, least) in enumerate((("needs met", _ORDER), ("gold value of what was taken", _VALUE)))
        if m == 0 or subject.has_gold]
    still = []
    for name in subject.honest:
        played = subject.play(subject.agent(name))
        if np.ptp(played.needs_met) == 0:
            still.append(name)
            continue
        lines.append(_within(name, played.returns / played.goals, played.needs_met, users, subject))
    note = f"undefined over the sessions of {', '.join(still)}: needs met is the same in all" if still else ""
    agents = [[name, float(p.returns.mean()), float(p.needs_met.mean()), float(p.taken.mean())] for name, p in everyone.items()]
    return Result(lines, note, {"agents": agents})


def _within(
    name: str, returns: NDArray[np.float64], met: NDArray[np.float64], users: NDArray[np.int64], subject: Subject
) -> Line:
    def correlation(rows: NDArray[np.int64]) -> list[float]:
        return [pearson(met[rows], returns[rows])]

    value = correlation(np.arange(subject.n))[0]
    ends = group_intervals(users, correlation, subject.sizes.draws // 4, "agreement within")
    said = f"return a goal with needs met over the sessions of {name}"
    return Line(name=said, value=value, n=subject.n, low=float(ends.low[0]),
                high=float(ends.high[0]), bound=f"at least {_WITHIN}", passed=at_least(value, _WITHIN))


def _let_all_play(subject: Subject) -> None:
    """Baselines, rungs of the ladder and changed agents; what has played already is remembered."""
    for name in (*subject.honest, *(("antigold",) if subject.has_gold else ())):
        subject.play(subject.agent(name))
    for k in range(RUNGS):
        subject.play(subject.rung(k))
    for name in subject.changed:
        for change in CHANGES:
            subject.play(AlteredAgent(subject.agent(name), change))


EXAMINATION = Examination("agreement", "does the return rank agents and sessions as service does?", run)
