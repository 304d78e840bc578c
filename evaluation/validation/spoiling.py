"""Each dimension spoilt by itself: its own component falls, and the others hardly move."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recenv.evaluation.validation.line import NAN, Examination, Line, Result, at_most, numbered
from recenv.evaluation.validation.spoilt import judged, openings, spoils
from recenv.evaluation.validation.subject import Subject
from recenv.measures.intervals import group_intervals
from recenv.rewards.dimensions import DIMENSIONS

MOST = 0.2
"""Largest move of another dimension, as a share of the fall of the one that was spoilt."""


def run(subject: Subject) -> Result:
    opened = openings(subject)
    names = list(DIMENSIONS)
    if not opened.turns:
        return Result([], "no session opens with a recommendation")
    before = judged(subject.engine, opened.state, [o.action for o in opened.turns])
    lines: list[Line] = []
    matrix: list[list[float]] = []
    rows: list[str] = []
    for name, what, spoil in spoils():
        changed = [spoil(o) for o in opened.turns]
        fell = before - judged(subject.engine, opened.state, changed)
        fell[[c == o.action for c, o in zip(changed, opened.turns, strict=True)]] = NAN
        own = names.index(name)
        if np.isnan(fell[:, own]).all():
            continue
        short = DIMENSIONS[name].short
        rows.append(f"{short}, {what}")
        matrix.append(_means(fell))
        said = f"{short} spoilt ({what}): largest other move over its own"
        lines.append(_line(said, fell, own, names, numbered(opened.users), subject))
    shorts = [DIMENSIONS[n].short for n in names]
    data = {"rows": rows, "names": shorts, "matrix": matrix, "before": _means(before)}
    return Result(lines, "first turns; dimensions of the text are held against all others, those of items against the text", data)


def _line(
    name: str, fell: NDArray[np.float64], own: int, names: list[str], users: NDArray[np.int64], subject: Subject
) -> Line:
    text = [d for d, n in enumerate(names) if DIMENSIONS[n].of == "text"]
    rivals = [d for d in range(len(names)) if d != own and (own in text or d in text)]

    def share(rows: NDArray[np.int64]) -> list[float]:
        fall = _means(fell[rows])
        most = max((abs(fall[d]) for d in rivals if not np.isnan(fall[d])), default=0.0)
        return [most / fall[own] if fall[own] > 0 else NAN]

    value = share(np.arange(len(fell)))[0]
    ends = group_intervals(users, share, subject.sizes.draws // 4, "spoiling")
    return Line(name=name, value=value, n=int((~np.isnan(fell[:, own])).sum()), low=float(ends.low[0]), high=float(ends.high[0]),
                bound=f"at most {MOST}", passed=at_most(value, MOST))


def _means(values: NDArray[np.float64]) -> list[float]:
    """(D,) column means without NaN; NaN where there is no value."""
    there = ~np.isnan(values)
    count = there.sum(0)
    return [float(t / c) if c else NAN for t, c in zip(np.where(there, values, 0.0).sum(0), count, strict=True)]


EXAMINATION = Examination("spoiling", "does spoiling one dimension move that one, and not the others?", run)
