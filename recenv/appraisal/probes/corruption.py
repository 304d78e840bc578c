"""Probe: does each score move for its own fault, and not for the others'?

Turns that are right in all five dimensions are spoilt in one way at a time, and the mean drop of every score is read:

    instruction   the answer breaks one demand; the same claims about the same items
    facts         one claimed value is swapped with that of another item
    relevance     the slate's items are replaced by ones that miss what the query states
    behaviour     by ones that meet it too, but that this user likes least (price, distance, rating, tastes)
    ranking       the slate is shown worst first; the answer follows

Related pairs, where a drop is right: what misses the need is also less likely taken up (relevance -> behaviour, ranking);
what the user dislikes is also less likely the one ordered (behaviour -> ranking); and a slate shown worst first has its
disliked items where behaviour weighs most, by 1 / log2(place + 1) (ranking -> behaviour). All other pairs are unrelated.
"""

from __future__ import annotations

from itertools import islice

import numpy as np
from numpy.typing import NDArray

from recenv.appraisal.probes import turns
from recenv.appraisal.probes.finding import Example, Finding, Measure, Probe, verdict
from recenv.appraisal.probes.subject import Subject
from recenv.appraisal.probes.turns import Turn
from recenv.data.synthetic.draws import Draws
from recenv.data.synthetic.episodes import Episode
from recenv.measures.intervals import group_intervals
from recenv.measures.metrics import Array
from recenv.records import Item, ScorerRow
from recenv.rewards.dimensions import (
    behavior_prediction,
    factual_consistency,
    instruction_following,
    item_ranking,
    query_item_relevance,
)
from recenv.rewards.turn import discounted_mean

FACTOR = 5.0
_FAULTS = {
    "instruction": instruction_following.DIMENSION.name, "facts": factual_consistency.DIMENSION.name,
    "relevance": query_item_relevance.DIMENSION.name, "behaviour": behavior_prediction.DIMENSION.name,
    "ranking": item_ranking.DIMENSION.name,
}
"""What is spoilt, and the dimension whose fault that is, in the order of rows and columns."""

_NAMES, _SCORES = tuple(_FAULTS), tuple(_FAULTS.values())
_D = len(_FAULTS)
_FACTS, _RELEVANCE, _BEHAVIOUR, _RANKING = range(1, _D)
RELATED = ((_RELEVANCE, _BEHAVIOUR), (_RELEVANCE, _RANKING), (_BEHAVIOUR, _RANKING), (_RANKING, _BEHAVIOUR))
"""(spoilt, moved) pairs that may move together."""

_PLACES = (0.0, 0.1, 0.3, 0.8)  # of the stated-need satisfiers by taste, best first: the slate's items
_SHOWN = 3


def run(subject: Subject) -> Finding:
    """The 5 x 5 matrix of mean drops: rows what was spoilt, columns the scores."""
    every = (spoilt_turns(subject.seed, n, e) for n, e in enumerate(subject.material.episodes))
    made = list(islice((versions for versions in every if versions is not None), subject.sizes.turns))
    if not made:
        return Finding(probe=PROBE.name, rows=subject.material.name, passed=None, sentence="no turn could be made")
    scores = np.stack([_scores(subject, [versions[k] for versions in made]) for k in range(_D + 1)], 1)  # (N, 1 + D, D)
    drops = scores[:, :1] - scores[:, 1:]  # (N, D spoilt, D moved)
    groups = np.unique([v[0][_SCORES[0]][0].group for v in made], return_inverse=True)[1].astype(np.int64)

    def means(i: NDArray[np.int64]) -> list[float]:
        known = ~np.isnan(drops[i])
        with np.errstate(invalid="ignore"):  # a dimension without a scorer is NaN throughout
            return np.asarray(np.where(known, drops[i], 0.0).sum(0) / known.sum(0)).ravel().tolist()

    matrix = np.array(means(np.arange(len(made)))).reshape(_D, _D)
    low, high = (b.reshape(_D, _D) for b in group_intervals(groups, means, subject.sizes.draws, "probes/corruption"))
    measures: list[Measure] = []
    for d in range(_D):
        if _SCORES[d] in subject.scorers:
            measures += _row(d, matrix, low, high, len(made), subject)
    examples = [x for d in range(_D) if _SCORES[d] in subject.scorers for x in _examples(made, scores, drops, d)]
    worst = [m.name for m in measures if m.passed is False]
    sentence = (f"not {FACTOR:.0f} times as much: {'; '.join(worst)}" if worst
                else f"every dimension moves {FACTOR:.0f} times as much as unrelated ones")
    return Finding(probe=PROBE.name, rows=subject.material.name, passed=verdict(measures), sentence=sentence,
                   measures=tuple(measures), examples=tuple(examples),
                   data={"matrix": matrix.tolist(), "low": low.tolist(), "high": high.tolist(),
                         "related": [list(pair) for pair in RELATED], "names": list(_NAMES), "turns": len(made)})


def _row(d: int, matrix: Array, low: Array, high: Array, n: int, subject: Subject) -> list[Measure]:
    others = [k for k in range(_D) if k != d and (d, k) not in RELATED and _SCORES[k] in subject.scorers]
    moved = {k: abs(float(matrix[d, k])) for k in others}
    most = max(moved.values(), default=0.0)
    own = float(matrix[d, d])
    passed = own > 0 and all(own >= FACTOR * v for v in moved.values())
    out = [Measure(name=f"{_NAMES[d]} spoilt: own drop", value=own, n=n, low=float(low[d, d]), high=float(high[d, d]),
                   bound=f">= {FACTOR:.0f} x {most:.3f}", passed=passed)]
    return out + [Measure(name=f"{_NAMES[d]} spoilt: {_NAMES[k]}" + (" (related)" if (d, k) in RELATED else ""),
                          value=float(matrix[d, k]), n=n, low=float(low[d, k]), high=float(high[d, k]))
                  for k in range(_D) if k != d]


def spoilt_turns(seed: int, index: int, e: Episode) -> list[dict[str, tuple[ScorerRow, ...]]] | None:
    """Rows of the turn as it should be, then spoilt in each dimension; None where a session does not allow all of it."""
    draws = Draws(seed, "probe/turn", index)
    slate = _slate(draws, e)
    base = turns.compliant(draws, e, slate) if slate else None
    if base is None:
        return None
    versions: list[Turn | None] = [base, turns.disobedient(draws, e, base), turns.untrue(draws, e, base)]
    for items in (_irrelevant(draws, e, len(slate)), _disliked(e, slate), slate[::-1]):
        versions.append(turns.with_items(e, base, items) if len(items) == len(slate) else None)
    made = []
    for n, v in enumerate(versions):
        if v is None:
            return None
        made.append(turns.turn_rows(e, base.items if n == 1 + _FACTS else v.items, v.response))
    return made


def _satisfying(e: Episode) -> list[Item]:
    """Items of the category that meet what the query states, best liked first."""
    fine = [i for i, share in zip(e.pool.items, turns.stated_met(e, e.pool.items), strict=True) if share == 1.0]
    worth = turns.taste(e, fine)
    return [fine[n] for n in np.argsort(-worth, kind="stable").tolist()]


def _slate(draws: Draws, e: Episode) -> list[Item]:
    """Three or four satisfying items, well liked to less liked, as many as the instruction allows; empty without enough."""
    most = next((int(d.value) for d in e.demands if d.kind == "places"), len(_PLACES))
    fine = _satisfying(e)
    places = _PLACES if most >= len(_PLACES) else (_PLACES[0], _PLACES[2], _PLACES[3])
    if most < 3 or len(fine) < 12:
        return []
    return [fine[int(p * (len(fine) - 1))] for p in places]


def _irrelevant(draws: Draws, e: Episode, count: int) -> list[Item]:
    """Items of the category that miss as much as possible of what the query states."""
    share = turns.stated_met(e, e.pool.items)
    missing = [e.pool.items[n] for n in np.flatnonzero((share < 1.0) & (share <= share.min() + 1e-9)).tolist()]
    return draws.sample(missing, count)


def _disliked(e: Episode, slate: list[Item]) -> list[Item]:
    """The satisfying items that the user likes least, best of them first."""
    known = {i.id for i in slate[:-1]}
    return [i for i in _satisfying(e) if i.id not in known][-len(slate):]


def _scores(subject: Subject, versions: list[dict[str, tuple[ScorerRow, ...]]]) -> Array:
    """(N, D) the reward vector of turns, by scorers alone."""
    out = np.full((len(versions), _D), np.nan)
    for d, name in enumerate(_SCORES):
        if name not in subject.scorers:
            continue
        flat = [row for version in versions for row in version[name]]
        ends = np.cumsum([len(version[name]) for version in versions])[:-1]
        for n, own in enumerate(np.split(subject.values(flat), ends)):
            out[n, d] = discounted_mean(own.tolist())
    return out


def _examples(made: list[list[dict[str, tuple[ScorerRow, ...]]]], scores: Array, drops: Array, d: int) -> list[Example]:
    """The turns in which the own score moved least, then those in which an unrelated one moved most."""
    unrelated = [k for k in range(_D) if k != d and (d, k) not in RELATED]
    cases = [(n, d) for n in np.argsort(drops[:, d, d], kind="stable")[:_SHOWN].tolist()]
    for k in unrelated:
        moved = np.nan_to_num(np.abs(drops[:, d, k]))
        cases += [(n, k) for n in np.argsort(-moved, kind="stable")[:2].tolist() if moved[n] > 0.05]
    out = []
    for n, k in cases:
        base, bad = made[n][0][_SCORES[k]][0], made[n][1 + d][_SCORES[k]][0]
        field = next((f for f in ("response", "evidence", "item", "items") if getattr(base, f) != getattr(bad, f)), "response")
        old, new = ("\n".join(v) if isinstance(v, tuple) else v for v in (getattr(base, field), getattr(bad, field)))
        asked = f" | {base.instruction}" if base.instruction else f" | {base.query}"
        out.append(Example(dimension=_SCORES[k], what=f"{_NAMES[d]} spoilt{asked}", row=base.id, field=field, text=old,
                           changed=new, before=float(scores[n, 0, k]), after=float(scores[n, 1 + d, k])))
    return out


PROBE = Probe(
    "corruption", "does each score move for its own fault, and not for the others'?",
    f"own drop at least {FACTOR:.0f} times any unrelated one", True, run)
