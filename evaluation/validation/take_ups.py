"""Behaviour prediction against what it means: whether the user takes the item when it is shown to him alone."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recenv.evaluation.alone import shown_alone
from recenv.evaluation.validation.line import NAN, Examination, Line, Result, at_most, numbered
from recenv.evaluation.validation.subject import Subject
from recenv.measures.intervals import group_intervals
from recenv.measures.metrics import auc, ece
from recenv.rewards.dimensions.behavior_prediction import DIMENSION

MOST = 0.02


def run(subject: Subject) -> Result:
    if DIMENSION.name not in subject.engine.scorers:
        return Result([], f"these scorers do not judge {DIMENSION.name}")
    shown = _shown(subject)
    first = {name: _first_slates(subject, name) for name in ("greedy", "bm25") if name in subject.honest}
    lines = _lines(subject, shown, np.ones(len(shown.taken), np.bool_), "", bounded=True)
    for name, slates in first.items():
        places = zip(shown.owner.tolist(), shown.item.tolist(), strict=True)
        chosen = np.array([item in slates[r] for r, item in places], np.bool_)
        lines += _lines(subject, shown, chosen, f", first slates of {name}", bounded=False)
    return Result(lines, "every candidate of a first goal, shown alone; an agent that chooses by more than this score finds "
                         "items that are taken up more often than it says, so that its slates have no bound")


class Shown(NamedTuple):
    """Candidates of the first goals, each once. predicted: chance said; taken: whether he would take it; owner: the session;
    item: row of the world; all (R,)."""

    predicted: NDArray[np.float64]
    taken: NDArray[np.bool_]
    owner: NDArray[np.int64]
    item: NDArray[np.int64]


def _lines(subject: Subject, shown: Shown, chosen: NDArray[np.bool_], where: str, *, bounded: bool) -> list[Line]:
    predicted, taken = shown.predicted[chosen], shown.taken[chosen].astype(np.float64)
    if not len(taken):
        return []
    users = numbered([subject.users[r] for r in shown.owner[chosen].tolist()])

    def measures(rows: NDArray[np.int64]) -> list[float]:
        labels, said = taken[rows], predicted[rows]
        return [ece(labels, said), float(said.mean()), float(labels.mean()), auc(labels, said) if labels.any() else NAN]

    found = measures(np.arange(len(taken)))
    ends = group_intervals(users, measures, subject.sizes.draws // 4, f"take-ups{where}")
    names = ("calibration error (ECE)", "predicted share of take-ups", "share of take-ups", "AUC")
    lines: list[Line] = []
    for m, name in enumerate(names):
        bound, passed = (f"at most {MOST}", at_most(found[m], MOST)) if bounded and m == 0 else ("", None)
        lines.append(Line(name=name + where, value=found[m], n=len(taken), low=float(ends.low[m]), high=float(ends.high[m]),
                          bound=bound, passed=passed))
    return lines


def _first_slates(subject: Subject, name: str) -> list[set[int]]:
    """By session, the items (rows of the world) that an agent recommends first."""
    row = subject.engine.world.item_row
    first = [trace.turns[0].action if trace.turns else None for trace in subject.play(subject.agent(name)).traces]
    return [{row(i) for i in act.items} if act is not None and act.act == "recommend" else set() for act in first]


def _shown(subject: Subject) -> Shown:
    engine, state = subject.engine, subject.opening()
    block = engine.deck.block(state)
    column = engine.deck.names.index(DIMENSION.name)
    parts: list[Shown] = []
    for part in shown_alone(engine, state):
        scores = engine.deck.scores(block, part.facts, np.ones(len(block), np.bool_))
        said = engine.deck.items(block, scores.cell)[:, :, column]
        row, place = np.nonzero(part.there & ~np.isnan(said))
        item = np.array([part.items[r][p] for r, p in zip(row.tolist(), place.tolist(), strict=True)], np.int64)
        parts.append(Shown(said[row, place].astype(np.float64), part.taken[row, place], row.astype(np.int64), item))
    return Shown(*(np.concatenate(column) for column in zip(*parts, strict=True)))


EXAMINATION = Examination("take-ups", "does predicted behaviour say how often items are taken up?", run)
