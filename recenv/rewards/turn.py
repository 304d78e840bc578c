"""From turns to the reward vector: rules first, then every scorer once over the whole batch.

A dimension applies to a recommendation that has what its rows read: a text to judge, known items to judge or to check it by.
Its rule, if any, comes first; what the rule leaves goes to the scorer. Where items are judged one by one, a turn is worth their
position-discounted mean; where a list is judged as one, the value of that list (nDCG of the slate against all candidates).

Discounts are 1 / log2(k + 2), k = 0, 1, ... (Järvelin & Kekäläinen, TOIS 2002), normalised to sum 1 in the means.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recenv.data.render import item_text, mapping_text, user_text
from recenv.records import Action, AgentView, Item, ScorerRow
from recenv.rewards import rows
from recenv.rewards.dimensions import DIMENSIONS, Dimension
from recenv.rewards.protocol import SOURCES, Cost, Scorer, scores_of
from recenv.rewards.rules.scorer import ChecksScorer
from recenv.rewards.rulings import Rulings

NOT_RECOMMENDED = "no recommendation in this turn"
NO_TEXT = "the turn has no text"
NO_INSTRUCTION = "the session has no instruction"
NO_ITEM = "no known item in the slate"
NO_SCORER = "no scorer for this dimension"
NO_VALUE = "the scorer gave no value"
_MOST_PEOPLE, _MOST_LISTS = 65_536, 4_096
_OF_ITEMS = {"evidence", "item", "items"}
"""Fields of a row that are made of a turn's items."""
_CHECKS = ChecksScorer()
_RULE, _SCORER, _NONE = SOURCES.index("rule"), SOURCES.index("scorer"), SOURCES.index("none")


class TurnScores(NamedTuple):
    """components (N, D) float32, NaN = missing; sources (N, D): index into ``SOURCES``; reasons: (turn, dimension) -> why one is
    missing or a rule failed, or what a value is due to; unjudged (N, D): missing because the scorer that was asked gave no value,
    and not because there is nothing to judge.

    items (N, K, D): what each item shown is worth by itself, NaN for dimensions of the text; of lists its probability over the
    most probable one's.
    costs: for each turn, by dimension, what its scorer spent on it (``protocol.Cost``), where that is known; N, or none at all.
    left_out: for each turn, by dimension of lists, the candidate that its scorer puts first, where that was not shown.
    """

    components: NDArray[np.float32]
    sources: NDArray[np.int8]
    reasons: dict[tuple[int, int], str]
    unjudged: NDArray[np.bool_]
    items: NDArray[np.float32]
    costs: tuple[dict[str, Cost], ...] = ()
    left_out: tuple[dict[str, Item], ...] = ()


class _Sheet:
    """The growing result: cells, and the rows that wait for each scorer, those of a turn together."""

    def __init__(self, n: int, d: int, most: int) -> None:
        self.values = np.full((n, d), np.nan, np.float32)
        self.unjudged = np.zeros((n, d), np.bool_)
        self.items = np.full((n, most, d), np.nan, np.float32)
        self.sources = np.full((n, d), _NONE, np.int8)
        self.reasons: dict[tuple[int, int], str] = {}
        self.costs: list[dict[str, Cost]] = [{} for _ in range(n)]
        self.left_out: list[dict[str, Item]] = [{} for _ in range(n)]
        self.rows: list[list[ScorerRow]] = [[] for _ in range(d)]
        self.owners: list[list[int]] = [[] for _ in range(d)]  # turns, in order
        self.counts: list[list[int]] = [[] for _ in range(d)]  # how many rows each has

    def put(self, n: int, d: int, value: float, source: int, reason: str = "") -> None:
        self.values[n, d], self.sources[n, d] = value, source
        self.why(n, d, reason)

    def why(self, n: int, d: int, reason: str) -> None:
        if reason:
            self.reasons[n, d] = reason

    def ask(self, n: int, d: int, made: Sequence[ScorerRow]) -> None:
        if made:
            self.rows[d] += made
            self.owners[d].append(n)
            self.counts[d].append(len(made))


class TurnScorer:
    """Scores batches of turns of one world. scorers: by dimension; a dimension without one is NaN with that reason, but for what
    rules can check. dealt: the dimensions that are not asked about where a turn says so. dimensions: those registered when this
    was made, the columns of its results."""

    def __init__(self, scorers: Mapping[str, Scorer], dealt: Collection[str] = ()) -> None:
        self.scorers, self.dimensions = dict(scorers), DIMENSIONS.values()
        self._dealt = {d for d, own in enumerate(self.dimensions) if own.name in dealt}
        self._listing = any("items" in own.reads for d, own in enumerate(self.dimensions) if d not in self._dealt)
        self._texts: dict[str, str] = {}  # item id -> text; a scorer of turns serves one world
        self._people: dict[str, tuple[str, str]] = {}  # session id -> profile and context in words
        self._lists: dict[int, tuple[Sequence[Item], tuple[str, ...]]] = {}  # by identity, candidates and their texts

    def __call__(self, turns: Sequence[Rulings], dealt: Sequence[bool] | None = None) -> TurnScores:
        """N turns, with what the rules say of them. dealt (N,): turns of which the dimensions that may be dealt are left out,
        since their values are known."""
        sheet = _Sheet(len(turns), len(self.dimensions), max((turn.view.slate_size for turn in turns), default=0))
        for n, turn in enumerate(turns):
            self._enter(sheet, n, turn, dealt is not None and dealt[n])
        for d in range(len(self.dimensions)):
            self._score(sheet, d, turns)
        return TurnScores(
            sheet.values, sheet.sources, dict(sorted(sheet.reasons.items())), sheet.unjudged, sheet.items, tuple(sheet.costs),
            tuple(sheet.left_out))

    def _enter(self, sheet: _Sheet, n: int, turn: Rulings, dealt: bool) -> None:
        """What rules decide of a turn, and the rows that are left to the scorers."""
        view, action, known = turn.view, turn.action, [item for item in turn.items if item is not None]
        told: rows.Told | None = None
        listed = self._listed(view.candidates) if self._listing or not dealt else ()
        for d, dimension in enumerate(self.dimensions):
            if dealt and d in self._dealt:
                continue
            lack = _lack(dimension, view, action, known)
            if dimension.rule is not None and (dimension.always or not lack):
                verdict = turn(dimension.rule)
                if verdict is not None and verdict.failed:
                    sheet.put(n, d, 0.0, _RULE, verdict.reason)
                    continue
            if not lack:
                told = told or rows.of_turn(view, action, known, self._text, self._person(view), listed)
                sheet.ask(n, d, rows.rows(dimension, told))
            elif dimension.always:
                sheet.put(n, d, 1.0, _RULE)  # nothing left to judge: every rule that applies has passed
            else:
                sheet.why(n, d, lack)

    def _person(self, view: AgentView) -> tuple[str, str]:
        if view.session_id not in self._people:
            if len(self._people) > _MOST_PEOPLE:
                self._people.clear()
            self._people[view.session_id] = user_text(view.user), mapping_text(view.context, view.locale)
        return self._people[view.session_id]

    def _listed(self, candidates: Sequence[Item]) -> tuple[str, ...]:
        """The texts of candidates; views of one goal share the list, so that it is known by itself."""
        held, texts = self._lists.get(id(candidates), (None, ()))
        if held is not candidates:
            if len(self._lists) > _MOST_LISTS:
                self._lists.clear()
            texts = tuple(map(self._text, candidates))
            self._lists[id(candidates)] = candidates, texts
        return texts

    def _text(self, item: Item) -> str:
        if item.id not in self._texts:
            self._texts[item.id] = item_text(item)
        return self._texts[item.id]

    def _score(self, sheet: _Sheet, d: int, turns: Sequence[Rulings]) -> None:
        """One call of the dimension's scorer; several rows of a turn (its slate) become their discounted mean."""
        name = self.dimensions[d].name
        if not sheet.owners[d]:
            return
        scorer, source = self.scorers.get(name), _SCORER
        if scorer is None and name == _CHECKS.spec.dimension:  # else only breaches had a value
            scorer, source = _CHECKS, _RULE
        if scorer is None:
            for n in sheet.owners[d]:
                sheet.why(n, d, NO_SCORER)
            return
        scores = scores_of(scorer, sheet.rows[d])
        told, speaks, start = scores.values.tolist(), any(scores.reasons), 0
        for n, count in zip(sheet.owners[d], sheet.counts[d], strict=True):
            at, start = start, start + count
            mean = discounted_mean(told[at:start])
            reason = next(filter(None, scores.reasons[at:start]), "") if speaks else ""
            spent = [cost for cost in scores.costs[at:start] if cost is not None] if scores.costs else []
            if spent:
                sheet.costs[n][name] = sum(spent[1:], spent[0])
            if math.isnan(mean):
                sheet.why(n, d, reason or NO_VALUE)
                sheet.unjudged[n, d] = source == _SCORER
                continue
            sheet.put(n, d, mean, source, reason)
            row = sheet.rows[d][at]
            if row.items and scores.lists:
                p = scores.lists[at]
                sheet.items[n, : row.shown, d] = p[: row.shown] / p.max()
                if (first := int(p.argmax())) >= row.shown:
                    text = row.items[first]
                    sheet.left_out[n][name] = next(i for i in turns[n].view.candidates if self._text(i) == text)
            elif row.item:
                sheet.items[n, :count, d] = scores.values[at:start]


_DISCOUNTS = tuple(1.0 / math.log2(place + 2) for place in range(50))


def discounted_mean(values: Sequence[float]) -> float:
    """The mean of a slate's values (K,) by position, best first; of those that are there, NaN where none is."""
    if len(values) == 1:
        return values[0]
    total = mass = 0.0
    for place, value in enumerate(values):  # slates are short: added up one by one
        if not math.isnan(value):
            weight = _DISCOUNTS[place] if place < len(_DISCOUNTS) else 1.0 / math.log2(place + 2)
            total, mass = total + value * weight, mass + weight
    return total / mass if mass else math.nan


def _lack(dimension: Dimension, view: AgentView, action: Action, known: Sequence[Item]) -> str:
    """Why a turn gives a dimension nothing to judge, "" where it does."""
    if action.act != "recommend":
        return NOT_RECOMMENDED
    if "response" in dimension.reads and not action.text.strip():
        return NO_TEXT
    if "instruction" in dimension.needs and not view.instruction.strip():
        return NO_INSTRUCTION
    return NO_ITEM if not known and not _OF_ITEMS.isdisjoint(dimension.reads) else ""
