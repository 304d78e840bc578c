"""The ladder: agents that play ever more of their sessions well earn ever more, and meet ever more needs."""

from __future__ import annotations

from recenv.evaluation.validation.line import Examination, Line, Result, measured
from recenv.evaluation.validation.subject import RUNGS, Subject
from recenv.measures.intervals import mean_interval, paired_difference


def run(subject: Subject) -> Result:
    n, top, draws = subject.sizes.ladder, RUNGS - 1, subject.sizes.draws
    users = subject.resampled_by(n)
    rungs = [subject.play(subject.rung(k), n) for k in range(RUNGS)]
    lines: list[Line] = []
    data: dict[str, list[list[float]]] = {}
    for what, values in (("return", [p.returns for p in rungs]), ("needs met", [p.needs_met for p in rungs])):
        levels = [mean_interval(v, users, subject.seed, resamples=draws) for v in values]
        data[what] = [[level.mean, level.low, level.high] for level in levels]
        for k in range(1, RUNGS):
            gained = paired_difference(values[k], values[k - 1], users, subject.seed, resamples=draws)
            name = f"{what} of {k}/{top} over {k - 1}/{top}: {levels[k].mean:.3f} over {levels[k - 1].mean:.3f}"
            lines.append(measured(name, gained, "interval above 0", gained.low > 0))
    return Result(lines, f"k/{top}: {subject.best} in so many of {n:,} sessions, random in the rest", data)


EXAMINATION = Examination("ladder", "does an agent that serves better in more of its sessions earn more, step by step?", run)
