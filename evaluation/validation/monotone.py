"""Slates with one item more at the end: under the same noise none of them loses an order."""

from __future__ import annotations

import numpy as np

from recenv import rng
from recenv.evaluation.validation.line import Examination, Line, Result, at_most
from recenv.evaluation.validation.subject import Subject

_SLATES = rng.word("validation slates")


def run(subject: Subject) -> Result:
    engine, k = subject.engine, subject.engine.config.slate_size
    state = subject.opening()
    n, everyone = len(state), np.ones(len(state), np.bool_)
    lost = tried = 0
    for draw in range(subject.sizes.slates):
        key = rng.uniform(subject.seed, draw, _SLATES, np.arange(n)[:, None], np.arange(engine.config.candidates)[None, :])
        slate = np.argsort(key, axis=1)[:, :k].astype(np.int64)
        ordered = np.zeros(n, np.bool_)
        for shown in range(1, k + 1):
            part = np.where(np.arange(k) < shown, slate, -1)
            _, step = engine.step_slates(state, engine.log(n, words=False), part, everyone)
            lost += int((ordered & ~step.met).sum())
            ordered, tried = np.asarray(step.met), tried + n * (shown > 1)
    line = Line(name="orders lost by an item added at the end", value=float(lost), n=tried, bound="0", passed=at_most(lost, 0))
    return Result([line], "random slates of each session, an item at a time")


EXAMINATION = Examination("monotone", "does an item added at the end of a slate ever cost an order?", run)
