"""Behaviour prediction against what it means: whether the user takes the item when it is shown to him alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recenv.envs.facts import by_item
from recenv.envs.tables import fitting
from recenv.evaluation.validation.line import NAN, Examination, Line, Result, at_most, numbered
from recenv.evaluation.validation.subject import Subject
from recenv.measures.intervals import group_intervals
from recenv.measures.metrics import auc, ece
from recenv.rewards.dimensions.behavior_prediction import DIMENSION

MOST = 0.02


def run(subject: Subject) -> Result:
    if DIMENSION.name not in subject.engine.scorers:
        return Result([], f"these scorers do not judge {DIMENSION.name}")
    predicted, taken, owner = _shown(subject)
    users = numbered([subject.users[r] for r in owner.tolist()])

    def measures(rows: NDArray[np.int64]) -> list[float]:
        labels, said = taken[rows].astype(np.float64), predicted[rows]
        return [ece(labels, said), float(said.mean()), float(labels.mean()), auc(labels, said) if labels.any() else NAN]

    found = measures(np.arange(len(taken)))
    ends = group_intervals(users, measures, subject.sizes.draws // 4, "take-ups")
    names = ("calibration error (ECE)", "predicted share of take-ups", "share of take-ups", "AUC")
    return Result([
        Line(name=name, value=found[m], n=len(taken), low=float(ends.low[m]), high=float(ends.high[m]),
             bound=f"at most {MOST}" if m == 0 else "", passed=at_most(found[m], MOST) if m == 0 else None)
        for m, name in enumerate(names)], "items of the first slates of honest agents, each once a session")


def _shown(subject: Subject) -> tuple[NDArray[np.float64], NDArray[np.bool_], NDArray[np.int64]]:
    """Of each item shown in a first turn, once a session: predicted chance, whether he would take it, and the session."""
    engine, tables, state = subject.engine, subject.engine.tables, subject.opening()
    shown: list[dict[int, None]] = [{} for _ in range(subject.n)]
    for name in subject.honest:
        for r, trace in enumerate(subject.play(subject.agent(name)).traces):
            first = trace.turns[0].action if trace.turns else None
            if first is not None and first.act == "recommend":
                shown[r].update(dict.fromkeys(engine.world.item_row(i) for i in first.items))
    block = engine.deck.blocks(tables.goal_row(state.session, state.goal), state.told)
    column, k = engine.deck.names.index(DIMENSION.name), engine.config.slate_size
    predicted: list[float] = []
    taken: list[bool] = []
    owner: list[int] = []
    most = max((len(s) for s in shown), default=0)
    for start in range(0, most, k):
        facts = by_item(tables, state, [list(s)[start : start + k] for s in shown])
        said = engine.deck.items(block, engine.deck.scores(block, facts).cell)[:, :, column]
        fits = fitting(facts.missed, facts.unknown, facts.logged) & (facts.value >= state.bar[:, None])
        row, place = np.nonzero(facts.there & (facts.at >= 0) & ~np.isnan(said))
        predicted += said[row, place].tolist()
        taken += fits[row, place].tolist()
        owner += row.tolist()
    return np.array(predicted, np.float64), np.array(taken, np.bool_), np.array(owner, np.int64)


EXAMINATION = Examination("take-ups", "does predicted behaviour say how often items are taken up?", run)
