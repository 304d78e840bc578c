"""Training boosted trees: features once, then trees a dimension; no epochs."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from recenv.appraisal.sheet import source
from recenv.data.written import by_id
from recenv.records import ScorerRow
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rewards.features import terms, vector
from recenv.rewards.features.terms import Rarity
from recenv.rewards.models.boosted.checkpoint import READER, BoostedArchitecture, BoostedConfig, stored
from recenv.rewards.models.boosted.ensemble import Ensemble
from recenv.rewards.models.boosted.inputs import Inputs, beside, claims, labelled, matches, names, prior
from recenv.rewards.models.boosted.reader import LINE
from recenv.rewards.models.calibration import Calibration
from recenv.rewards.models.checkpoint import Written
from recenv.rewards.models.described import SCHEMA
from recenv.training.errands import errands
from recenv.training.examples import Progress, Split, labels_of
from recenv.training.fits.boosting import grow, together
from recenv.training.fits.reader import FOLDS, answers, fit_reader, fold
from recenv.training.learner import against_a_constant
from recenv.training.settings import BoostedSettings

_RARE = 0.003  # share of a source's texts below which all words weigh alike
_LEFT = 0.7  # what trees of probabilities count behind those of the order: in full, they order sources never seen worse
_FEW_TEXTS = 50  # a source with fewer says nothing of how common a word is
_PAIR_SHARE, _MOST_PAIRS = 0.01, 300  # of the rows of a dimension, for a "label: value" to be a feature

Array = NDArray[np.float64]


class Grown(NamedTuple):
    """Rows of one dimension and part: row r owns units start[r] to start[r + 1] of features (U, E) and labels (U,)."""

    rows: list[ScorerRow]
    start: NDArray[np.int64]
    features: Array
    labels: Array


class BoostedLearner:
    """Rows as features, and the trees that are grown on them. ``data``: dimension -> part -> Grown."""

    name = "boosted"

    def __init__(self, splits: Split, dimensions: Sequence[str], settings: BoostedSettings, tell: Progress) -> None:
        self.settings = settings
        train = splits["train"]
        known = rarity([row for d in dimensions if matches(d) for row in train[d]])
        pairs = {d: _pairs(train[d]) for d in dimensions if "user" in DIMENSIONS[d].reads}
        told = answers(row for d in dimensions if claims(d) for row in train[d])
        self.inputs = Inputs(known, pairs, fit_reader(told, settings.seed))
        kept_out = {f: [answer for answer in told if fold(answer.group) != f] for f in range(FOLDS)}
        self.crossed = {f: Inputs(known, pairs, fit_reader(own, settings.seed)) for f, own in kept_out.items()} if told else {}
        self.told = {answer.id for answer in told} | by_id().keys()
        self.data: dict[str, dict[str, Grown]] = {}
        for n, d in enumerate(dimensions):
            tell(f"reading {d}", n, len(dimensions))
            added = errands(train[d], settings.errands, settings.seed) if DIMENSIONS[d].overlapping else []
            self.data[d] = {"train": self._read([*train[d], *added]), "validation": self._read(splits["validation"][d])}
        self.ensembles: dict[str, Ensemble] = {}

    def identity(self) -> dict[str, Any]:
        """What else a run depends on."""
        return {}

    def fit(self, tell: Progress) -> list[dict[str, Any]]:
        """Grow the trees; the curve has one point, as there are no epochs."""
        losses = {}
        for n, d in enumerate(self.data):
            tell(f"growing {d}", n, len(self.data))
            self.ensembles[d] = self._grow(d, self.data[d]["train"])
            held = self.data[d]["validation"]
            losses[d] = against_a_constant(d, np.split(held.labels, held.start[1:-1]), self.unseen(d))
        return [{"epoch": 0, "train": {}, "validation": float(np.mean(list(losses.values()))), "by_dimension": losses}]

    def unseen(self, dimension: str) -> list[Array]:
        """The logits of validation rows, one array a row; written answers as readers see them that do not know their voice."""
        held = self.data[dimension]["validation"]
        logits = self.ensembles[dimension].logits(held.features) + beside(dimension, held.features)
        return [self.inputs.in_list(row, own) for row, own in zip(held.rows, np.split(logits, held.start[1:-1]), strict=True)]

    def settle(self, tell: Progress) -> None:
        """Nothing is left to fit before calibration."""

    def complete(self, tell: Progress) -> None:
        """Nor after it."""

    def described(
        self, name: str, calibration: Mapping[str, Calibration], training_data: str, trained: dict[str, Any]
    ) -> BoostedConfig:
        pairs = self.inputs.pairs
        return BoostedConfig(
            schema=SCHEMA, name=name, features_version=vector.VERSION, calibration=dict(calibration), training_data=training_data,
            architecture=BoostedArchitecture(dimensions=tuple(self.data), pairs=dict(pairs)), trained=trained,
            features={**{d: names(d, pairs.get(d, ())) for d in self.data}, **({READER: LINE} if self.inputs.reader else {})})

    def written(self) -> Written:
        found = stored(self.ensembles, self.inputs.overlaps.rarity, self.inputs.reader)
        return Written(found.arrays, None, {"words.json": found.words})

    def _read(self, rows: list[ScorerRow]) -> Grown:
        found = self.inputs(rows)
        for own, inputs in self.crossed.items():  # no answer is read by whoever learned from its voice
            learned = [n for n, row in enumerate(rows) if row.id in self.told and fold(row.group) == own]
            for n, line in zip(learned, inputs([rows[n] for n in learned]), strict=True):
                found[n] = line
        labels = np.array([v for row in rows for v in labels_of(row)], np.float64)
        return Grown(rows, np.cumsum([0, *(len(f) for f in found)]), np.concatenate(found), labels)

    def _grow(self, dimension: str, data: Grown) -> Ensemble:
        s, listwise = self.settings, DIMENSIONS[dimension].listwise
        columns = names(dimension, self.inputs.pairs.get(dimension, ()))
        owner = np.repeat(np.arange(len(data.rows)), np.diff(data.start))
        weights = _balanced([source(row) for row in data.rows], s.balance)[owner]
        if claims(dimension):
            weights = weights * np.array([s.written if row.id in by_id() else 1.0 for row in data.rows])[owner]
        begin = prior(dimension, data.features) if DIMENSIONS[dimension].overlapping else np.zeros(len(owner))
        common: dict[str, Any] = {"names": columns, "rate": s.rate, "leaves": s.leaves, "least": s.least, "share": s.share,
                                  "seed": s.seed}
        if not DIMENSIONS[dimension].overlapping:
            trees = s.claims if claims(dimension) else 2 * s.trees
            return grow(data.features, data.labels, weights, begin, trees=trees, **{**common, "leaves": 2 * s.leaves},
                        monotone=matches(dimension))
        order, sizes = _lists(data.rows, owner)
        ranked = grow(data.features[order], data.labels[order], weights[order], begin[order], trees=s.ranking, lists=sizes,
                      **{**common, "rate": 0.8 * s.rate, "leaves": max(2, s.leaves - 2)})
        if listwise:
            return ranked
        left = grow(data.features, data.labels, weights, begin + ranked.logits(data.features), trees=s.trees, **common)
        return together(left, ranked, _LEFT)


def rarity(rows: Sequence[ScorerRow]) -> Rarity:
    """-ln of the mean share of items that have a word, over the sources, so that no catalogue decides alone."""
    texts: dict[str, dict[str, None]] = defaultdict(dict)
    for row in rows:
        texts[source(row)].update(dict.fromkeys(row.items or (row.item,)))
    large = [list(own) for _, own in sorted(texts.items()) if len(own) >= _FEW_TEXTS]
    shares: dict[str, float] = defaultdict(float)
    for own in large:
        for word, n in Counter(word for text in own for word in set(terms.words(text))).items():
            shares[word] += n / len(own) / len(large)
    known = {word: -math.log(min(share, 1.0)) for word, share in sorted(shares.items()) if share >= _RARE}
    return Rarity({word: float(np.float32(weight)) for word, weight in known.items()}, float(np.float32(-math.log(_RARE))))


def _pairs(rows: Sequence[ScorerRow]) -> tuple[str, ...]:
    """The commonest "field|label: value" of rows about one item; none of lists, whose items differ in what they say."""
    if not rows or DIMENSIONS[rows[0].dimension].listwise:
        return ()
    counts = Counter(pair for row in rows for pair in labelled(row, row.item))
    common = [(n, pair) for pair, n in counts.items() if _PAIR_SHARE * len(rows) <= n < len(rows)]
    return tuple(sorted(pair for _, pair in sorted(common, key=lambda c: (-c[0], c[1]))[:_MOST_PAIRS]))


def _balanced(sources: Sequence[str], balance: float) -> Array:
    """(N,) weights with mean 1: each row counts as its source's number of rows to the power of -balance."""
    counts = Counter(sources)
    weights = np.array([counts[s] ** -balance for s in sources])
    found: Array = weights / weights.mean()
    return found


def _lists(rows: Sequence[ScorerRow], owner: NDArray[np.int64]) -> tuple[NDArray[np.int64], list[int]]:
    """Units in an order in which those that compete stand together, and how many of each: the items of a list, else all that one
    request is held against, else all of a group."""
    if DIMENSIONS[rows[0].dimension].listwise:
        return np.arange(len(owner)), np.bincount(owner).tolist()
    asked = Counter((source(row), row.query) for row in rows)
    found: dict[object, list[int]] = {}
    for n, row in enumerate(rows):
        key = (source(row), row.query)
        found.setdefault(key if asked[key] > 1 else row.group or row.id, []).append(n)
    return np.array([n for own in found.values() for n in own]), [len(own) for own in found.values()]
