"""Sessions in which nothing can be earned, whatever is shown."""

from __future__ import annotations

import numpy as np

from recenv.evaluation.validation.line import Examination, Line, Result, at_most
from recenv.evaluation.validation.subject import Subject
from recenv.rollouts.ceiling import reachable


def run(subject: Subject) -> Result:
    tables = subject.engine.tables
    rows = np.unique(subject.rows)
    place = tables.at(tables.goal_row(rows, np.zeros(len(rows), np.int64)))
    speechless = ~tables.rows.speaks[place]
    can = reachable(tables, rows.tolist())
    return Result([
        Line(name="sessions whose instruction no slate of the environment keeps", value=float(speechless.sum()), n=len(rows),
             bound="0", passed=at_most(float(speechless.sum()), 0)),
        Line(name="sessions in which no candidate would be ordered", value=float((can.met == 0).sum()), n=len(rows), bound="0",
             passed=at_most(float((can.met == 0).sum()), 0))])


EXAMINATION = Examination("dead", "is there a session in which nothing can be earned?", run)
