"""From turns to the reward vector: rules first, then every scorer once over the whole batch.

A dimension applies to a recommendation that has what its rows read: a text to judge, known items to judge or to check it by.
Its rule, if any, comes first; what the rule leaves goes to the scorer. Where items are judged one by one, a turn is worth their
position-discounted mean; where a list is judged as one, the value of that list (nDCG of the slate against all candidates).

Discounts are 1 / log2(k + 2), k = 0, 1, ... (Järvelin & Kekäläinen, TOIS 2002), normalised to sum 1 in the means.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recenv.data.render import item_text, mapping_text, user_text
from recenv.records import Action, AgentView, Item, ScorerRow
from recenv.rewards import rows
from recenv.rewards.dimensions import DIMENSIONS, Dimension
from recenv.rewards.protocol import SOURCES, Cost, Scorer, Scores, scores_of
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

    def rule(self, n: int, d: int, value: float, reason: str = "") -> None:
        self.values[n, d], self.sources[n, d] = value, _RULE
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
    """Scores batches of turns of one world. scorers: by dimension; a dimension without one is NaN with that reason.

    dimensions: those registered when this was made, the columns of its results.
    """

    def __init__(self, scorers: Mapping[str, Scorer]) -> None:
        self.scorers, self.dimensions = dict(scorers), DIMENSIONS.values()
        self._texts: dict[str, str] = {}  # item id -> text; a scorer of turns serves one world
        self._people: dict[str, tuple[str, str]] = {}  # session id -> profile and context in words
        self._lists: dict[int, tuple[Sequence[Item], tuple[str, ...]]] = {}  # by identity, candidates and their texts

    def __call__(self, turns: Sequence[Rulings]) -> TurnScores:
        """N turns, with what the rules say of them."""
        sheet = _Sheet(len(turns), len(self.dimensions), max((turn.view.slate_size for turn in turns), default=0))
        for n, turn in enumerate(turns):
            self._enter(sheet, n, turn)
        for d in range(len(self.dimensions)):
            self._score(sheet, d, turns)
        return TurnScores(
            sheet.values, sheet.sources, dict(sorted(sheet.reasons.items())), sheet.unjudged, sheet.items, tuple(sheet.costs),
            tuple(sheet.left_out))

    def _enter(self, sheet: _Sheet, n: int, turn: Rulings) -> None:
        """What rules decide of a turn, and the rows that are left to the scorers."""
        view, action, known = turn.view, turn.action, [item for item in turn.items if item is not None]
        told: rows.Told | None = None
        for d, dimension in enumerate(self.dimensions):
            lack = _lack(dimension, view, action, known)
            if dimension.rule is not None and (dimension.always or not lack):
                verdict = turn(dimension.rule)
                if verdict is not None and verdict.failed:
                    sheet.rule(n, d, 0.0, verdict.reason)
                    continue
            if not lack:
                told = told or rows.of_turn(view, action, known, self._text, self._person(view), self._listed(view.candidates))
                sheet.ask(n, d, rows.rows(dimension, told))
            elif dimension.always:
                sheet.rule(n, d, 1.0)  # nothing left to judge: every rule that applies has passed
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
        if not sheet.owners[d]:
            return
        scorer = self.scorers.get(self.dimensions[d].name)
        if scorer is None:
            for n in sheet.owners[d]:
                sheet.why(n, d, NO_SCORER)
            return
        owners, counts = np.array(sheet.owners[d]), np.array(sheet.counts[d])  # (M,) turns that ask
        scores = scores_of(scorer, sheet.rows[d])
        start = np.cumsum(counts) - counts
        place = np.arange(len(scores.values)) - start.repeat(counts)  # (R,) of each row in its turn
        means = discounted_means(scores.values, counts)
        judged = ~np.isnan(means)
        sheet.values[owners, d] = means
        sheet.sources[owners, d] = np.where(judged, _SCORER, _NONE)
        sheet.unjudged[owners, d] = ~judged
        self._say_why(sheet, d, scores, judged.tolist(), start.tolist())
        first = [sheet.rows[d][at] for at in start.tolist()]
        listed = [m for m in np.flatnonzero(judged).tolist() if first[m].items] if scores.lists else []
        if listed:
            lists = [scores.lists[start[m]] for m in listed]
            self._put_lists(sheet, d, turns, owners[listed], [first[m] for m in listed], lists)
        alone = (judged & np.array([bool(row.item) and not (row.items and scores.lists) for row in first])).repeat(counts)
        sheet.items[owners.repeat(counts)[alone], place[alone], d] = scores.values[alone]

    def _say_why(self, sheet: _Sheet, d: int, scores: Scores, judged: list[bool], start: list[int]) -> None:
        """The first reason of each turn, and what its rows cost."""
        name, speaks = self.dimensions[d].name, any(scores.reasons)
        if not speaks and all(judged) and not scores.costs:
            return
        for n, there, at, count in zip(sheet.owners[d], judged, start, sheet.counts[d], strict=True):
            reason = next(filter(None, scores.reasons[at : at + count]), "") if speaks else ""
            sheet.why(n, d, reason if there else reason or NO_VALUE)
            spent = [cost for cost in scores.costs[at : at + count] if cost is not None]
            if spent:
                sheet.costs[n][name] = sum(spent[1:], spent[0])

    def _put_lists(
        self, sheet: _Sheet, d: int, turns: Sequence[Rulings], owners: NDArray[np.int64], asked: Sequence[ScorerRow],
        lists: Sequence[NDArray[np.float32]],
    ) -> None:
        """Of lists that were judged as one: the shares of the items shown, and the best item where that was left out."""
        length, shown = np.array([len(p) for p in lists]), np.array([row.shown for row in asked])
        p = np.full((len(lists), int(length.max())), -np.inf)
        p[np.arange(p.shape[1]) < length[:, None]] = np.concatenate(lists)
        share, best = p / p.max(1)[:, None], p.argmax(1)
        there = np.arange(sheet.items.shape[1]) < shown[:, None]
        at, place = np.nonzero(there)
        sheet.items[owners[at], place, d] = share[at, place]
        for m in np.flatnonzero(best >= shown).tolist():
            n, text = int(owners[m]), asked[m].items[best[m]]
            sheet.left_out[n][self.dimensions[d].name] = next(
                i for i in turns[n].view.candidates if self._text(i) == text)


def discounted_means(values: NDArray[np.floating], counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """(M,) means of slates' values by position, best first; of those that are there, NaN where none is. values (R,): of M slates,
    one behind the other; counts (M,): how many each has."""
    if (counts == 1).all():
        return values.astype(np.float64)
    place = np.arange(len(values)) - (np.cumsum(counts) - counts).repeat(counts)
    each = np.full((len(counts), int(counts.max())), np.nan)
    each[np.arange(len(counts)).repeat(counts), place] = values
    total, mass = np.zeros(len(counts)), np.zeros(len(counts))
    for k in range(each.shape[1]):  # place by place, so that the order of additions is one
        there, weight = ~np.isnan(each[:, k]), 1.0 / math.log2(k + 2)
        total = np.where(there, total + each[:, k] * weight, total)
        mass = np.where(there, mass + weight, mass)
    return np.asarray(np.where(mass > 0, total / np.where(mass > 0, mass, 1.0), np.nan))


def _lack(dimension: Dimension, view: AgentView, action: Action, known: Sequence[Item]) -> str:
    """Why a turn gives a dimension nothing to judge, "" where it does."""
    if action.act != "recommend":
        return NOT_RECOMMENDED
    if "response" in dimension.reads and not action.text.strip():
        return NO_TEXT
    if "instruction" in dimension.needs and not view.instruction.strip():
        return NO_INSTRUCTION
    return NO_ITEM if not known and not _OF_ITEMS.isdisjoint(dimension.reads) else ""
