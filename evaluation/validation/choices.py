"""The learned user against what people chose in logs that it was not fitted on, beside popularity."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recenv.data.store import FOLDS
from recenv.evaluation.validation.line import Examination, Result, at_least, measured
from recenv.evaluation.validation.subject import Subject
from recenv.measures.intervals import mean_interval, paired_difference
from recenv.users.choice import maximise
from recenv.users.features import FEATURES
from recenv.users.learned import PRIOR_DECAY, read_logs

_RIDGE = 1.0


def run(subject: Subject) -> Result:
    world = subject.engine.world
    if world.session(0).source != "logged":
        return Result([], "this world has no logs of people")
    logs = read_logs(world)
    choices, popular = logs.choices, FEATURES.index("popular")
    there = np.arange(choices.features.shape[1]) < choices.length[:, None]
    hits = np.full((2, len(logs.fold)), np.nan)
    for fold in range(FOLDS):
        out = logs.fold == fold
        if not out.any() or out.all():
            continue
        fitted = maximise(choices.take(~out), _RIDGE, PRIOR_DECAY)
        for m, value in enumerate((choices.features @ fitted.beta, choices.features[:, :, popular])):
            hits[m, out] = _hits(np.where(there, value, -np.inf), choices.chosen)[out]
    chose = (choices.chosen >= 0) & ~np.isnan(hits[0])
    users = [world.session(row).user_id for row in logs.session[chose].tolist()]
    learned, popularity = hits[0, chose], hits[1, chose]
    gained = paired_difference(learned, popularity, users, subject.seed, resamples=subject.sizes.draws)
    return Result([
        measured("first choice found by the learned user", mean_interval(learned, users, subject.seed)),
        measured("first choice found by popularity", mean_interval(popularity, users, subject.seed)),
        measured("learned user over popularity", gained, "interval above 0", at_least(gained.low, 1e-9))],
        f"share of {int(chose.sum()):,} logged choices that each puts first, fitted on the other {FOLDS - 1} folds of users")


def _hits(value: NDArray[np.float64], chosen: NDArray[np.int64]) -> NDArray[np.float64]:
    """(G,) chance of drawing the chosen item among those of highest value."""
    best = value >= value.max(1, keepdims=True)
    at = np.maximum(chosen, 0)
    return np.asarray(best[np.arange(len(value)), at] / best.sum(1))


EXAMINATION = Examination("choices", "does the learned user choose as people did whose choices it has not seen?", run)
