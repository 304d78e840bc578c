"""The environment examined: by agents whose order is known beforehand, and by what must hold of any session.

Each examination is a module with an ``EXAMINATION``: what it asks, and ``run(subject)``, which gives lines with bounds. That
scorers are good is for ``recenv.appraisal`` to say; here it is asked whether a return means service.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from recenv.envs.engine import Engine
from recenv.evaluation.validation import (
    agreement,
    ceilings,
    choices,
    dead,
    gains,
    ladder,
    monotone,
    spoiling,
    take_ups,
)
from recenv.evaluation.validation.line import Examination, Finding, Line
from recenv.evaluation.validation.remembered import remembered
from recenv.evaluation.validation.subject import Sizes, Subject
from recenv.registry import Registry

__all__ = ["EXAMINATIONS", "Examination", "Finding", "Line", "Sizes", "Subject", "validate"]

EXAMINATIONS: Registry[Examination] = Registry("examination")
for _module in (ladder, gains, spoiling, monotone, ceilings, take_ups, choices, agreement, dead):
    EXAMINATIONS.add(_module.EXAMINATION.name, _module.EXAMINATION)


def validate(
    engine: Engine, seed: int = 0, *, sizes: Sizes | None = None, names: Iterable[str] = (),
    progress: Callable[[str], None] | None = None,
) -> list[Finding]:
    """Examine an environment, wholly or by the examinations named; the same engine, seed and sizes give the same findings.

    progress: called with the name of each agent that begins to play. Raises UnknownName for an examination that is none.
    """
    chosen = [EXAMINATIONS[name] for name in (names or EXAMINATIONS)]
    own = Engine(engine.world, engine.config, scorers=remembered(engine.scorers), reward=engine.reward.spec, user=engine.user)
    subject = Subject(own, seed, sizes, progress)
    found = []
    for examination in chosen:
        result = examination.run(subject)
        found.append(Finding(
            examination=examination.name, asks=examination.asks, lines=tuple(result.lines), note=result.note, data=result.data))
    return found
