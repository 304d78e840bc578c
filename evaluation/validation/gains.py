"""Changes that serve nobody better must not be paid more: quitting, silence, padding, flattery and the like."""

from __future__ import annotations

from recenv.evaluation.validation.altered import CHANGES, AlteredAgent
from recenv.evaluation.validation.line import Examination, Line, Result, at_most, measured
from recenv.evaluation.validation.subject import Subject
from recenv.measures.intervals import paired_difference

MOST = 0.01


def run(subject: Subject) -> Result:
    lines = [gain(subject, name, change) for name in subject.changed for change in CHANGES]
    return Result(lines, "return of the changed agent less that of the honest one, same sessions")


def gain(subject: Subject, name: str, change: str) -> Line:
    """What an agent gains by a change."""
    honest = subject.play(subject.agent(name))
    changed = subject.play(AlteredAgent(subject.agent(name), change))
    found = paired_difference(
        changed.returns, honest.returns, subject.resampled_by(), subject.seed, resamples=subject.sizes.draws)
    bound = f"upper end at most {MOST}" + (f"; no interval: {found.reason}" if found.reason else "")
    return measured(f"{name}: {change}", found, bound, at_most(found.high, MOST))


EXAMINATION = Examination("gains", "does an agent gain by a change that serves nobody better?", run)
