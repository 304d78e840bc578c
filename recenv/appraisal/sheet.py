"""How good scores are: measures of scored, labelled rows of one dimension, each with an interval clustered by group."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from recenv import rng
from recenv.errors import InputError
from recenv.measures import metrics
from recenv.measures.intervals import group_intervals
from recenv.measures.metrics import Array
from recenv.measures.reliability import Reliability, of_lists, of_points
from recenv.records import ScorerRow
from recenv.rewards.dimensions import DIMENSIONS

_DRAWS, _FEWEST, _WORK = 1000, 100, 20_000_000  # resamples; at least; rows resampled in all before their number is cut
_PART = re.compile(r"^([^:]+)(?::.*)?$", re.S)
_KIND = re.compile(r":([a-z]+)(?=:|$)")
_PAIR = re.compile(r"^(.+:\d+(?::.+)?):([12])$", re.S)
_NAN = float("nan")
_TIES = rng.word("evaluate/ties")


class Measure(msgspec.Struct, frozen=True):
    """A figure and its 95 % interval (cluster bootstrap, expanded percentiles); NaN where undefined.

    "ECE excess" is the ECE less the median of what a perfect model shows on these rows, and its interval is the ECE less the
    2.5 and 97.5 % points of that: one that holds 0 is as good as perfect at this number of rows.
    """

    name: str
    value: float
    low: float = _NAN
    high: float = _NAN


class Evaluation(msgspec.Struct, frozen=True, kw_only=True):
    """Measures of the labelled rows that have a score.

    part: "" for all rows, else what their ids begin with (``SET/FILE``, and the kind where ids name one).
    rows, labelled, scored: how many rows there are, have a label, have a label and a score. groups: clusters of the scored.
    positives: share of labels above 0.5 (of items with a positive label, for lists). reasons: why scores are missing, counted.
    """

    part: str
    rows: int
    labelled: int
    scored: int
    groups: int
    positives: float
    measures: tuple[Measure, ...]
    reasons: dict[str, int] = {}

    def __getitem__(self, name: str) -> Measure:
        """The measure of a name; NaN if it was not taken."""
        return next((m for m in self.measures if m.name == name), Measure(name, _NAN))


class Sheet:
    """Collects labels and scores of one dimension, row by row; texts are not kept.

    The items of a list are put in an order drawn from its id first, so that equal scores do not take the order of the file.
    plain: they stay as they are, labels of 0.5 count as positive, and pairs do not lead: as in the table at a glance.
    """

    def __init__(self, dimension: str, *, plain: bool = False) -> None:
        self.dimension, self.plain = dimension, plain
        self._parts: dict[str, int] = {}
        self._groups: dict[str, int] = {}
        self._all: Counter[int] = Counter()
        self._labelled: Counter[int] = Counter()
        self._reasons: dict[int, Counter[str]] = {}
        self._part: list[int] = []
        self._group: list[int] = []
        self._labels: list[float | Array] = []
        self._scores: list[float | Array] = []
        self._pair_right: list[float] = []
        self._waiting: dict[str, tuple[float, float]] = {}

    def add(self, row: ScorerRow, score: float | tuple[float, ...] | None, reason: str = "") -> None:
        """Raises InputError for a label that does not belong to the dimension."""
        part = self._parts.setdefault(part_of_id(row.id), len(self._parts))
        self._all[part] += 1
        if score is None:
            self._reasons.setdefault(part, Counter())[reason] += 1
        if row.label is None:
            return
        label = checked_label(row)
        self._labelled[part] += 1
        if score is None:
            return
        self._part.append(part)
        self._group.append(self._groups.setdefault(row.group or row.id, len(self._groups)))
        if isinstance(label, tuple):
            order = np.arange(len(label))
            if not self.plain:
                order = rng.permutation(len(label), rng.word(row.id), _TIES)  # sets exist whose right item is always the first
            self._labels.append(np.array(label)[order])
            self._scores.append(np.array(score, np.float64)[order])
            self._pair_right.append(_NAN)
        else:
            self._labels.append(label)
            self._scores.append(float(score) if not isinstance(score, tuple) else _NAN)
            self._pair_right.append(self._paired(row.id, label, float(self._scores[-1])))

    def _paired(self, id_: str, label: float, score: float) -> float:
        """At the second row of a pair (ids that differ in their last ``:1`` and ``:2``, unequal labels): 1 if the better one
        scored higher, 0.5 for a tie, 0 if not. NaN elsewhere."""
        found = _PAIR.match(id_)
        if found is None:
            return _NAN
        other = self._waiting.pop(found[1], None)
        if other is None:
            self._waiting[found[1]] = (label, score)
            return _NAN
        return _NAN if label == other[0] else 0.5 + 0.5 * float(np.sign(score - other[1]) * np.sign(label - other[0]))

    @property
    def groups(self) -> int:
        """Groups among the rows that have a label and a score."""
        return len(self._groups)

    @property
    def positives(self) -> float:
        """See ``Evaluation``."""
        return self._taken(np.arange(len(self._part))).positives

    def values(self) -> dict[str, float]:
        """The measures of all rows together by name, without intervals and without "ECE excess"."""
        rows = np.arange(len(self._part))
        return self._taken(rows).measures(rows)

    def evaluate(self) -> Evaluation:
        """All rows together."""
        return self._evaluate("", np.arange(len(self._part)), None)

    def parts(self) -> tuple[Evaluation, ...]:
        """Each part of the rows alone, in order of arrival; empty where there is only one."""
        part = np.array(self._part, np.int64)
        if len(self._parts) < 2:
            return ()
        return tuple(self._evaluate(name, np.flatnonzero(part == n), n) for name, n in self._parts.items())

    def reliability(self) -> Reliability:
        """How probabilities agree with labels, over all rows."""
        return self._taken(np.arange(len(self._part))).reliability()

    def margin(self, other: Sheet) -> tuple[Measure, Measure, Measure]:
        """The leading measure (pairs right where most rows are of pairs, else AUC; nDCG of lists): of this sheet, of another that
        holds scores of the same rows, and the difference, resampled together."""
        rows = np.arange(len(self._part))
        own, base, groups = self._taken(rows), other._taken(rows), np.array(self._group, np.int64)

        def both(chosen: NDArray[np.int64]) -> tuple[float, float, float]:
            a, b = own.lead(chosen), base.lead(chosen)
            return a, b, a - b

        low, high = (np.full(3, _NAN),) * 2
        if len(self._groups) > 1:
            draws = int(np.clip(_WORK // len(rows), _FEWEST, _DRAWS))
            low, high = group_intervals(np.unique(groups, return_inverse=True)[1], both, draws, "evaluate")
        names = (own.leading, own.leading, f"{own.leading} margin")
        values = both(rows) if len(rows) else (_NAN,) * 3
        found = [Measure(n, v, float(a), float(b)) for n, v, a, b in zip(names, values, low, high, strict=True)]
        return found[0], found[1], found[2]

    def _taken(self, rows: NDArray[np.int64]) -> _Points | _Lists:
        measure = _MEASURES[DIMENSIONS[self.dimension].measure]
        labels, scores = [self._labels[n] for n in rows], [self._scores[n] for n in rows]
        return measure(labels, scores, np.array(self._pair_right)[rows], self.plain)

    def _evaluate(self, name: str, rows: NDArray[np.int64], part: int | None) -> Evaluation:
        taken = self._taken(rows)
        values = taken.measures(np.arange(len(rows)))
        measures = tuple(Measure(n, v) for n, v in values.items())
        groups = np.unique(np.array(self._group, np.int64)[rows], return_inverse=True)[1]
        number = int(groups.max()) + 1 if len(groups) else 0
        if number > 1:
            draws = int(np.clip(_WORK // len(rows), _FEWEST, _DRAWS))
            low, high = group_intervals(groups, lambda i: list(taken.measures(i).values()), draws, "evaluate")
            measures = tuple(Measure(m.name, m.value, float(a), float(b)) for m, a, b in zip(measures, low, high, strict=True))
        r = taken.reliability()
        measures += (Measure("ECE excess", r.excess, r.ece - r.high, r.ece - r.low),)
        reasons = sum((c for p, c in self._reasons.items() if part in (None, p)), Counter[str]())
        return Evaluation(
            part=name, rows=self._all.total() if part is None else self._all[part],
            labelled=self._labelled.total() if part is None else self._labelled[part], scored=len(rows), groups=number,
            positives=taken.positives, measures=measures, reasons=dict(reasons.most_common()))


class _Points:
    """Rows with one number each. A graded label counts as positive above 0.5 (a rating of 3 of 5 does not), plainly from 0.5."""

    def __init__(
        self, labels: Sequence[float | Array], scores: Sequence[float | Array], pair_right: Array, plain: bool
    ) -> None:
        self.labels, self.scores = np.array(labels, np.float64), np.array(scores, np.float64)
        self.truth = (self.labels >= 0.5 if plain else self.labels > 0.5).astype(np.float64)
        self.pair_right = pair_right
        self.graded = bool(((self.labels > 0) & (self.labels < 1)).any())
        pairs = int((~np.isnan(pair_right)).sum())
        self.paired = pairs > 0
        self.mostly_paired = not plain and 4 * pairs >= len(pair_right) > 0  # a pair is of two rows
        self.positives = float(self.truth.mean()) if len(self.truth) else _NAN

    def measures(self, rows: NDArray[np.int64]) -> dict[str, float]:
        labels, scores, truth = self.labels[rows], self.scores[rows], self.truth[rows]
        out = {
            "AUC": metrics.auc(truth, scores), "accuracy": metrics.accuracy(truth, scores),
            "F1": metrics.f1(truth, scores), "F1 of class 0": metrics.f1(truth, scores, positive=0),
            "balanced accuracy": metrics.balanced_accuracy(truth, scores),
        }
        if self.graded:
            out |= {"Pearson": metrics.pearson(labels, scores), "Spearman": metrics.spearman(labels, scores)}
        if self.paired:
            out["pairs right"] = mean_known(self.pair_right[rows])
        return out | {"NLL": metrics.nll(labels, scores), "ECE": metrics.ece(labels, scores)}

    @property
    def leading(self) -> str:
        return "pairs right" if self.mostly_paired else "AUC"

    def lead(self, rows: NDArray[np.int64]) -> float:
        return mean_known(self.pair_right[rows]) if self.mostly_paired else metrics.auc(self.truth[rows], self.scores[rows])

    def reliability(self) -> Reliability:
        return of_points(self.labels, self.scores)


class _Lists:
    """Rows with a number for each item; lists without a positive item are left out of every measure."""

    def __init__(
        self, labels: Sequence[float | Array], scores: Sequence[float | Array], pair_right: Array, plain: bool
    ) -> None:
        self.gains, self.given = [np.asarray(g) for g in labels], [np.asarray(p) for p in scores]
        self.positives = mean_known(np.array([(g > 0).mean() for g in self.gains]))
        self.table = np.array([
            (metrics.ndcg(g, p), metrics.reciprocal_rank(g, p), metrics.top1(g, p), metrics.list_auc(g, p),
             metrics.list_nll([g], [p]))
            for g, p in zip(self.gains, self.given, strict=True)], np.float64).reshape(-1, 5)

    def measures(self, rows: NDArray[np.int64]) -> dict[str, float]:
        means = [mean_known(column) for column in self.table[rows].T]
        kept = [n for n in rows.tolist() if self.gains[n].sum() > 0]
        ece = metrics.list_ece([self.gains[n] for n in kept], [self.given[n] for n in kept])
        return dict(zip(("nDCG", "MRR", "top-1", "AUC in lists", "NLL"), means, strict=True)) | {"ECE": ece}

    leading = "nDCG"

    def lead(self, rows: NDArray[np.int64]) -> float:
        return mean_known(self.table[rows, 0])

    def reliability(self) -> Reliability:
        return of_lists(self.gains, self.given)


_MEASURES: dict[str, type[_Points] | type[_Lists]] = {"pairs or AUC": _Points, "nDCG": _Lists}
"""What measures the rows of a dimension, by its leading measure."""


def part_of_id(id_: str) -> str:
    """What an id begins with: ``SET/FILE``, followed by the kinds that it names in small letters (``ci_tod/x_dev:kbi``)."""
    found = _PART.match(id_)
    head = id_ if found is None else found[1]
    return ":".join([head, *_KIND.findall(id_[len(head):])[:1]])


def source(row: ScorerRow) -> str:
    """What stands before the first "/" of a row's id; "" for ids without one."""
    head, slash, _ = row.id.partition("/")
    return head if slash else ""


def checked_label(row: ScorerRow) -> float | tuple[float, ...]:
    """The label of a labelled row. Raises InputError where it is not what the dimension has."""
    label = row.label
    values = label if isinstance(label, tuple) else (label,)
    listed = DIMENSIONS[row.dimension].listwise
    inside = all(v is not None and 0.0 <= v <= 1.0 for v in values)
    if label is None or isinstance(label, tuple) != listed or not inside or (listed and len(values) != len(row.items)):
        expected = f"{len(row.items)} numbers, one an item," if listed else "one number"
        raise InputError(f"row {row.id or '(no id)'}: a label of {row.dimension} is {expected} in [0, 1]; got {label!r}")
    return label


def mean_known(values: Array) -> float:
    """Mean of (N,) values, NaN ones left out."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else _NAN
