"""From turns to the reward vector: rules first, then every scorer once over the whole batch.

    instruction_following   rules (format, ids, length, language); then the scorer on (instruction, query, response)
    factual_consistency     rules (claimed values against the records); then the scorer on (evidence, query, response)
    query_item_relevance    position-discounted mean of the scorer over the slate
    behavior_prediction     the same
    item_ranking            nDCG of the slate under the scorer's probabilities over slate and candidates

Discounts are 1 / log2(k + 2), k = 0, 1, ... (Järvelin & Kekäläinen, TOIS 2002), normalised to sum 1 in the means.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recenv.data.render import evidence_text, item_text, mapping_text, user_text
from recenv.records import DIMENSIONS, FC, IF, IR, QIR, UBP, Action, AgentView, D, Item, ScorerRow
from recenv.rewards.protocol import Cost, Scorer, Scores
from recenv.rewards.rules.verdicts import factual_verdict, instruction_verdict

NOT_RECOMMENDED = "no recommendation in this turn"
NO_TEXT = "the turn has no text"
NO_ITEM = "no known item in the slate"


class TurnScores(NamedTuple):
    """components (N, D) float32, NaN = missing; sources and reasons N x D strings; unjudged (N, D): missing because the scorer
    that was asked gave no value, and not because there is nothing to judge.

    items (N, K, D): what each item shown is worth by itself, NaN for dimensions of the text; a list scorer's probability over the
    most probable candidate's.
    costs: for each turn, by dimension, what its scorer spent on it (``protocol.Cost``), where that is known; N, or none at all.
    """

    components: NDArray[np.float32]
    sources: tuple[tuple[str, ...], ...]
    reasons: tuple[tuple[str, ...], ...]
    unjudged: NDArray[np.bool_]
    items: NDArray[np.float32]
    costs: tuple[dict[str, Cost], ...] = ()


class _Sheet:
    """The growing result: cells, and the rows that wait for each scorer."""

    def __init__(self, n: int, most: int) -> None:
        self.items = np.full((n, most, D), np.nan, np.float32)
        self.values = np.full((n, D), np.nan, np.float32)
        self.sources = [["none"] * D for _ in range(n)]
        self.reasons = [[""] * D for _ in range(n)]
        self.unjudged = np.zeros((n, D), np.bool_)
        self.costs: list[dict[str, Cost]] = [{} for _ in range(n)]
        self.rows: dict[int, list[ScorerRow]] = {d: [] for d in range(D)}
        self.owners: dict[int, list[int]] = {d: [] for d in range(D)}

    def put(self, n: int, d: int, value: float, source: str, reason: str = "") -> None:
        self.values[n, d], self.sources[n][d], self.reasons[n][d] = value, source, reason

    def ask(self, n: int, d: int, row: ScorerRow) -> None:
        self.rows[d].append(row)
        self.owners[d].append(n)


class TurnScorer:
    """Scores batches of turns of one world. scorers: by dimension; a dimension without one is NaN with that reason."""

    def __init__(self, scorers: Mapping[str, Scorer]) -> None:
        self.scorers = dict(scorers)
        self._texts: dict[str, str] = {}  # item id -> text; a scorer of turns serves one world

    def __call__(
        self, views: Sequence[AgentView], actions: Sequence[Action], items: Sequence[Sequence[Item | None]]
    ) -> TurnScores:
        """views, actions, items: N each; items[n][k] is the record of actions[n].items[k], None for an unknown id."""
        sheet = _Sheet(len(views), max((view.slate_size for view in views), default=0))
        for n, (view, action, slate) in enumerate(zip(views, actions, items, strict=True)):
            self._instruction(sheet, n, view, action, slate)
            self._facts(sheet, n, view, action, slate)
            self._items(sheet, n, view, action, slate)
        for d in range(D):
            self._score(sheet, d)
        return TurnScores(
            sheet.values, tuple(map(tuple, sheet.sources)), tuple(map(tuple, sheet.reasons)), sheet.unjudged, sheet.items,
            tuple(sheet.costs)
        )

    def _instruction(self, sheet: _Sheet, n: int, view: AgentView, action: Action, slate: Sequence[Item | None]) -> None:
        verdict = instruction_verdict(view, action, slate)
        if verdict.failed:
            sheet.put(n, IF, 0.0, "rule", verdict.reason)
        elif action.act != "recommend" or not action.text.strip() or not view.instruction.strip():
            sheet.put(n, IF, 1.0, "rule")  # nothing left to judge: every rule that applies has passed
        else:
            sheet.ask(n, IF, ScorerRow(
                dimension=DIMENSIONS[IF], locale=view.locale, instruction=view.instruction, query=view.query,
                response=action.text))

    def _facts(self, sheet: _Sheet, n: int, view: AgentView, action: Action, slate: Sequence[Item | None]) -> None:
        known = [item for item in slate if item is not None]
        if action.act != "recommend":
            return sheet.put(n, FC, np.nan, "none", NOT_RECOMMENDED)
        if not action.text.strip():
            return sheet.put(n, FC, np.nan, "none", NO_TEXT)
        if not known:
            return sheet.put(n, FC, np.nan, "none", NO_ITEM)
        verdict = factual_verdict(view, action, slate)
        if verdict is not None and verdict.failed:
            return sheet.put(n, FC, 0.0, "rule", verdict.reason)
        sheet.ask(n, FC, ScorerRow(
            dimension=DIMENSIONS[FC], locale=view.locale, evidence=evidence_text(known), query=view.query,
            response=action.text))

    def _items(self, sheet: _Sheet, n: int, view: AgentView, action: Action, slate: Sequence[Item | None]) -> None:
        known = list({item.id: self._text(item) for item in slate if item is not None}.values())[: view.slate_size]
        if action.act != "recommend" or not known:
            reason = NOT_RECOMMENDED if action.act != "recommend" else NO_ITEM
            for d in (QIR, UBP, IR):
                sheet.put(n, d, np.nan, "none", reason)
            return
        user, context = user_text(view.user), mapping_text(view.context, view.locale)
        for text in known:
            sheet.ask(n, QIR, ScorerRow(dimension=DIMENSIONS[QIR], locale=view.locale, query=view.query, item=text))
            sheet.ask(n, UBP, ScorerRow(
                dimension=DIMENSIONS[UBP], locale=view.locale, user=user, context=context, query=view.query, item=text))
        rest = tuple(t for t in map(self._text, view.candidates) if t not in known)
        sheet.ask(n, IR, ScorerRow(
            dimension=DIMENSIONS[IR], locale=view.locale, user=user, context=context, query=view.query,
            items=(*known, *rest), shown=len(known)))

    def _text(self, item: Item) -> str:
        if item.id not in self._texts:
            self._texts[item.id] = item_text(item)
        return self._texts[item.id]

    def _score(self, sheet: _Sheet, d: int) -> None:
        """One call of the dimension's scorer; several rows of a turn (its slate) become their discounted mean."""
        owners = np.array(sheet.owners[d], np.int64)
        if not len(owners):
            return
        scorer = self.scorers.get(DIMENSIONS[d])
        if scorer is None:
            for n in dict.fromkeys(owners.tolist()):
                sheet.put(n, d, np.nan, "none", "no scorer for this dimension")
            return
        scores: Scores = scorer.score(sheet.rows[d])
        for n in dict.fromkeys(owners.tolist()):
            at = np.flatnonzero(owners == n)
            values, reasons = scores.values[at], [scores.reasons[a] for a in at]
            spent = [cost for a in at if scores.costs and (cost := scores.costs[a]) is not None]
            if spent:
                sheet.costs[n][DIMENSIONS[d]] = sum(spent[1:], spent[0])
            weights = 1.0 / np.log2(np.arange(len(at)) + 2.0)
            kept = ~np.isnan(values)
            if not kept.any():
                sheet.put(n, d, np.nan, "none", next((r for r in reasons if r), "the scorer gave no value"))
                sheet.unjudged[n, d] = True
            else:
                mean = float(np.sum(values[kept] * weights[kept]) / np.sum(weights[kept]))
                sheet.put(n, d, mean, "scorer", next((r for r in reasons if r), ""))
                if d == IR and scores.lists:
                    p, shown = scores.lists[at[0]], sheet.rows[d][at[0]].shown
                    sheet.items[n, :shown, d] = p[:shown] / p.max()
                elif d in (QIR, UBP):
                    sheet.items[n, : len(at), d] = values
