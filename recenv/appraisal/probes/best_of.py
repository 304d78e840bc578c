"""Probe: is more choice by the scorer better, or does it find its mistakes?

For each session, 64 candidates are drawn at random: an item of the category and an answer about it, in any manner, as often
false as true. The scorer picks the best of n; the gold value of its pick must not fall up to n = 64. Gold values: the
instruction kept (0 or 1), the claims true (0 or 1), and for items the synthetic world's own utility on [0, 1]; for all five
shipped dimensions together their mean against the mean of the three. The value of best-of-n is exact: the expectation over all
subsets of n of the candidates, ties shared.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recenv.appraisal.probes.finding import Finding, Measure, Probe, verdict
from recenv.appraisal.probes.subject import Subject
from recenv.appraisal.probes.turns import SLOTS
from recenv.data.constraints import status
from recenv.data.render import item_text, mapping_text, user_text
from recenv.data.synthetic.draws import Draws
from recenv.data.synthetic.episodes import Episode
from recenv.data.synthetic.instructions import holds
from recenv.data.synthetic.responses import Manner, corrupted, put_in_words
from recenv.data.synthetic.utility import gold_utility, gold_value, traits
from recenv.measures.intervals import group_intervals
from recenv.measures.metrics import Array
from recenv.records import ScorerRow
from recenv.rewards import rows
from recenv.rewards.dimensions import DIMENSIONS, SHIPPED, factual_consistency, instruction_following
from recenv.rewards.ranking import shown_ndcg

JOINT = "all five, mean"
_TINY = 1e-9


class Choices(NamedTuple):
    """The candidates of a session. rows: by dimension, one a candidate (one list in all for ranking). gold: (3, n) whether
    the answer follows, is true, and what the item is worth."""

    group: str
    rows: dict[str, tuple[ScorerRow, ...]]
    gold: Array


def run(subject: Subject) -> Finding:
    """Curves of the gold value over n, and whether any of them falls."""
    sizes = [2**k for k in range(int(math.log2(max(subject.sizes.most, 2))) + 1)]
    made = [choices(subject.seed, n, e, sizes[-1])
            for n, e in enumerate(subject.material.episodes[:subject.sizes.choices])]
    known = [d.name for d in SHIPPED if d.name in subject.scorers]
    if len(made) < 2 or not known:
        return Finding(probe=PROBE.name, rows=subject.material.name, passed=None, sentence="fewer than two sessions")
    groups = np.unique([c.group for c in made], return_inverse=True)[1].astype(np.int64)
    measures: list[Measure] = []
    curves: dict[str, dict[str, list[float]]] = {}
    scored = [_scores(subject, c) for c in made]
    for name in (*known, *([JOINT] if len(known) == len(SHIPPED) else [])):
        values = np.array([[best_of(s[name], _gold(c, name), n) for n in sizes] for s, c in zip(scored, made, strict=True)])
        found, curve = _curve(subject, name, sizes, values, groups)
        measures += found
        ideal = [float(np.mean([best_of(_gold(c, name), _gold(c, name), n) for c in made])) for n in sizes]
        curves[name] = {**curve, "ideal": ideal}
    failed = [m.name for m in measures if m.passed is False]
    sentence = f"falls: {'; '.join(failed)}" if failed else f"no curve falls up to n = {sizes[-1]}"
    return Finding(probe=PROBE.name, rows=subject.material.name, passed=verdict(measures), sentence=sentence,
                   measures=tuple(measures), data={"n": sizes, "curves": curves})


def best_of(scores: Array, gold: Array, n: int) -> float:
    """Expected gold value of the best scored of n candidates drawn without replacement; equal scores share, NaN never wins."""
    order = np.argsort(-np.nan_to_num(scores, nan=-1.0), kind="stable")
    ranked, worth = np.nan_to_num(scores, nan=-1.0)[order], gold[order]
    tie, size = np.unique(ranked, return_inverse=True, return_counts=True)[1:]
    shared = (np.bincount(tie, worth) / size)[tie]
    total = len(scores)
    weights = np.array([math.comb(total - 1 - r, n - 1) / math.comb(total, n) for r in range(total)])
    return float((weights * shared).sum())


def choices(seed: int, index: int, e: Episode, count: int) -> Choices:
    """Random candidates for one session."""
    draws = Draws(seed, "probe/choices", index)
    alone = [d for d in SHIPPED if not d.listwise]
    made: dict[str, list[ScorerRow]] = {d.name: [] for d in alone}
    gold = np.zeros((3, count))
    items = draws.sample(e.pool.items, count)
    while len(items) < count:
        items.append(draws.pick(e.pool.items))
    met = np.array([[status(i, c) for c in e.wish.constraints] for i in items], np.int8)
    gold[2] = gold_value(gold_utility(e.need.preferences, [traits(i) for i in items], e.context, met))
    for n, item in enumerate(items):
        slots = tuple(s for s in SLOTS if draws.chance(0.6)) or SLOTS[:1]
        language = e.locale if draws.chance(0.85) else {"zh": "en", "en": "zh"}[e.locale]
        wrong = corrupted(draws, [item], [item], e.pool, slots) if draws.chance(0.5) else None
        manner = Manner(draws.integer(0, 5), slots, draws.integer(0, 4), draws.integer(0, 4), draws.integer(0, 2))
        told = wrong or [item]
        response = put_in_words(told, language, manner)
        gold[:2, n] = all(holds(d, response, told) for d in e.demands), wrong is None
        one = rows.of_slate(
            locale=e.locale, query=e.query, instruction=e.instruction, user=user_text(e.person.user),
        context=mapping_text(e.context, e.locale), items=[item],
            response=response, candidates=())
        for d in alone:
            made[d.name] += rows.rows(d, one)
    whole = one._replace(items=tuple(map(item_text, items)), shown=0)
    made |= {d.name: rows.rows(d, whole) for d in SHIPPED if d.listwise}
    return Choices(e.person.user.id, {d: tuple(own) for d, own in made.items()}, gold)


def _scores(subject: Subject, c: Choices) -> dict[str, Array]:
    """(n,) scores of a session's candidates by dimension, and their mean; ranking: nDCG of a slate of the candidate alone."""
    out: dict[str, Array] = {}
    for d in (d for d in c.rows if d in subject.scorers):
        if DIMENSIONS[d].listwise:
            p = subject.lists(c.rows[d])[0]
            out[d] = np.array([shown_ndcg(np.array([v, *np.delete(p, n)]), 1) for n, v in enumerate(p)])
        else:
            out[d] = subject.values(c.rows[d])
    out[JOINT] = np.mean(list(out.values()), 0)
    return out


def _gold(c: Choices, name: str) -> Array:
    if name == JOINT:
        return np.asarray(c.gold.mean(0), np.float64)
    texts = (instruction_following.DIMENSION.name, factual_consistency.DIMENSION.name)
    return np.asarray(c.gold[texts.index(name) if name in texts else 2], np.float64)


def _curve(
    subject: Subject, name: str, sizes: list[int], values: Array, groups: NDArray[np.int64]
) -> tuple[list[Measure], dict[str, list[float]]]:
    """values: (sessions, sizes). A step falls where its paired interval lies below 0; the end where it is under an earlier value
    by more than the standard error of two values, or by a paired interval below 0."""

    def statistic(i: NDArray[np.int64]) -> list[float]:
        v = values[i]
        return [*v.mean(0), *np.diff(v, axis=1).mean(0), *(v[:, -1:] - v[:, :-1]).mean(0)]

    low, high = group_intervals(groups, statistic, subject.sizes.draws, "probes/best-of")
    mean = values.mean(0)
    steps = len(sizes) - 1
    step = slice(len(sizes), len(sizes) + steps)
    worst = len(sizes) + int(np.argmin(high[step]))
    error = values.std(0, ddof=1) / math.sqrt(len(values))  # (sizes,)
    slack = mean[-1] - mean[:-1] + np.hypot(error[-1], error[:-1])
    holds_up = bool((slack >= -_TINY).all() and (high[len(sizes) + steps:] >= -_TINY).all())
    measures = [
        Measure(name=f"{name}: gold value at n = 1", value=float(mean[0]), n=len(values), low=float(low[0]), high=float(high[0])),
        Measure(name=f"{name}: gold value at n = {sizes[-1]}", value=float(mean[-1]), n=len(values), low=float(low[steps]),
                high=float(high[steps]), bound="no less than at any smaller n, but for its error", passed=holds_up),
        Measure(name=f"{name}: least step, to n = {sizes[worst - len(sizes) + 1]}", n=len(values),
                value=float(np.diff(mean)[worst - len(sizes)]), low=float(low[worst]), high=float(high[worst]),
                bound="interval not below 0", passed=bool(high[worst] >= -_TINY)),
    ]
    ends = slice(0, len(sizes))
    return measures, {"value": mean.tolist(), "low": low[ends].tolist(), "high": high[ends].tolist()}


PROBE = Probe(
    "best-of-n", "is more choice by the scorer better?",
    "the gold value of its pick does not fall up to n = 64", True, run)
