"""Probe: do decisions survive changes that mean nothing?

A decision is which side of 0.5 a score lies on, for a list which item comes first. Each change is made to rows it applies to
(an answer is left alone where its instruction speaks of what the change touches) and the share of flipped decisions counted.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

from recenv.appraisal.probes.changes import changed
from recenv.appraisal.probes.finding import Example, Finding, Measure, Probe, within
from recenv.appraisal.probes.material import cut
from recenv.appraisal.probes.order_changes import LISTED, ORDER, reversed_list
from recenv.appraisal.probes.subject import Subject
from recenv.appraisal.probes.typing_changes import TYPING
from recenv.appraisal.probes.wording_changes import WORDING
from recenv.measures.intervals import group_intervals
from recenv.measures.metrics import Array
from recenv.records import ScorerRow
from recenv.rewards.dimensions import DIMENSIONS

BOUND = 0.05
_EXAMPLES = 3  # a change and dimension
_FROM = 8  # pool rows looked through for each row wanted, at most

CHANGES: dict[str, Callable[[ScorerRow], ScorerRow | None]] = {
    **{c.name: partial(changed, c) for c in (*TYPING, *WORDING, *ORDER)}, LISTED: reversed_list,
}
"""Every change by name: the changed row, None where it does not apply."""


class Trial(NamedTuple):
    """One change made to one row."""

    change: str
    row: ScorerRow
    made: ScorerRow
    before: float
    after: float
    flipped: bool


def run(subject: Subject) -> Finding:
    """Shares of flipped decisions: overall, by dimension, by change."""
    trials = [t for d in subject.dimensions() for t in _trials(subject, d)]
    if not trials:
        return Finding(probe=PROBE.name, rows=subject.material.name, passed=None, sentence="no row that a change applies to")
    flips = np.array([t.flipped for t in trials], float)
    overall = _share(subject, "all", trials, flips, bound=f"<= {BOUND:.2f}")
    measures = [overall]
    for d in dict.fromkeys(t.row.dimension for t in trials):
        measures.append(_share(subject, d, trials, flips, np.array([t.row.dimension == d for t in trials])))
    for change in dict.fromkeys(t.change for t in trials):
        measures.append(_share(subject, change, trials, flips, np.array([t.change == change for t in trials])))
    by_change = measures[1 + len({t.row.dimension for t in trials}):]
    worst = max(by_change, key=lambda m: m.value)
    table = {d: {c: [sum(t.flipped for t in own), len(own)] for c in CHANGES
                 if (own := [t for t in trials if t.change == c and t.row.dimension == d])} for d in subject.dimensions()}
    return Finding(
        probe=PROBE.name, rows=subject.material.name, passed=overall.passed, measures=tuple(measures),
        sentence=f"{len(by_change)} changes flip {overall.value:.1%} of {len(trials):,} decisions; "
                 f"most: {worst.name}, {worst.value:.0%}",
        examples=tuple(_examples(trials)), data={"flips": table})


def _trials(subject: Subject, dimension: str) -> list[Trial]:
    listed = DIMENSIONS[dimension].listwise
    most = subject.sizes.changed_lists if listed else subject.sizes.changed
    rows = [cut(r, subject.sizes.list_items) for r in subject.rows(dimension, _FROM * 2 * most)]
    pairs: list[tuple[str, ScorerRow, ScorerRow]] = []
    for n, (name, alter) in enumerate(CHANGES.items()):
        found = 0
        for k in range(len(rows)):
            row = rows[(k + n * most // 2) % len(rows)]  # not the same few rows for every change
            made = alter(row) if found < most else None
            if made is not None:
                pairs.append((name, row, made))
                found += 1
    own, new = [row for _, row, _ in pairs], [made for _, _, made in pairs]
    if listed:
        return [_list_trial(*pair, p, q) for pair, p, q in zip(pairs, subject.lists(own), subject.lists(new), strict=True)]
    values = zip(pairs, subject.values(own), subject.values(new), strict=True)
    return [Trial(*pair, float(a), float(b), _side(a) != _side(b)) for pair, a, b in values]


def _side(value: float) -> int:
    """The decision; an unscored row is one of its own."""
    return -1 if np.isnan(value) else int(value >= 0.5)


def _list_trial(change: str, row: ScorerRow, made: ScorerRow, p: Array, q: Array) -> Trial:
    """Whether the first item of the list stays first; before and after are its probabilities."""
    q = q[::-1] if change == LISTED else q
    if np.isnan(p).any() or np.isnan(q).any():
        return Trial(change, row, made, float("nan"), float("nan"), bool(np.isnan(p).any() != np.isnan(q).any()))
    first = int(np.argmax(p))
    return Trial(change, row, made, float(p[first]), float(q[first]), bool(q[first] < q.max()))


def _share(subject: Subject, name: str, trials: list[Trial], flips: Array, of: Array | None = None, bound: str = "") -> Measure:
    at = np.arange(len(trials)) if of is None else np.flatnonzero(of)
    groups = np.unique([trials[n].row.group or trials[n].row.id for n in at], return_inverse=True)[1].astype(np.int64)
    low, high = group_intervals(groups, lambda i: [float(flips[at][i].mean())], subject.sizes.draws, "probes/invariance")
    value = float(flips[at].mean())
    return Measure(name=name, value=value, n=len(at), low=float(low[0]), high=float(high[0]), bound=bound,
                   passed=within(value, BOUND) if bound else None)


def _examples(trials: list[Trial]) -> list[Example]:
    """The widest flips of each change and dimension."""
    kept: dict[tuple[str, str], list[Trial]] = {}
    for t in sorted((t for t in trials if t.flipped), key=lambda t: -abs(np.nan_to_num(t.after) - np.nan_to_num(t.before))):
        kept.setdefault((t.change, t.row.dimension), []).append(t)
    return [_example(t) for some in kept.values() for t in some[:_EXAMPLES]]


def _example(t: Trial) -> Example:
    field = next(f for f in DIMENSIONS[t.row.dimension].reads if getattr(t.row, f) != getattr(t.made, f))
    old, new = getattr(t.row, field), getattr(t.made, field)
    if isinstance(old, tuple):
        old, new = "\n".join(old), "\n".join(new)
    return Example(dimension=t.row.dimension, what=t.change, row=t.row.id, field=field, text=old, changed=new,
                   before=t.before, after=t.after)


PROBE = Probe(
    "invariance", "do decisions survive changes that mean nothing?",
    f"at most {BOUND:.0%} of decisions flip, over all changes", False, run)
