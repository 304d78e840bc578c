"""What the deck says of slates that agents chose in words: what it holds is not asked again, by whatever turn or agent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recenv.envs.deck import Deck
from recenv.envs.facts import Facts
from recenv.envs.state import State
from recenv.records import Item
from recenv.rewards.turn import NO_VALUE


class Dealt(NamedTuple):
    """Of N turns, by the S slate dimensions of the deck. there (N,): turns that the deck knows all about. values (N, S), NaN
    where missing, items (N, K, S), left_out (by row), reasons (by row and dimension at S): as in ``TurnScores``; what stands in
    other turns means nothing."""

    there: NDArray[np.bool_]
    values: NDArray[np.float32]
    items: NDArray[np.float32]
    left_out: Mapping[int, dict[str, Item]]
    reasons: Mapping[tuple[int, int], str]

    def put(
        self, columns: NDArray[np.int64], components: NDArray[np.float32], items: NDArray[np.float32], unjudged: NDArray[np.bool_]
    ) -> None:
        """Write what is known into arrays of all D dimensions, (N, D), (N, K, D) and (N, D). columns (S,): where in D."""
        rows = np.flatnonzero(self.there)[:, None]
        components[rows, columns] = self.values[self.there]
        unjudged[rows, columns] = np.isnan(self.values[self.there])
        items[rows, :, columns] = self.items[self.there].swapaxes(1, 2)


def deal(deck: Deck, state: State, facts: Facts, playing: NDArray[np.bool_]) -> Dealt | None:
    """playing (N,): rows that recommend. None where each turn has to be looked at: by scorers that cost something or answer
    otherwise another time, or by a rule. A turn that shows what is no candidate is left to them, too."""
    if not deck.names or deck.ruled or deck.fickle.any():
        return None
    there = playing & facts.some & ((facts.at >= 0) == facts.there).all(1)
    held, block = there[:, None], deck.block(state)
    own = facts._replace(
        there=facts.there & held, at=np.where(held, facts.at, -1), rank=np.where(held, facts.rank, 0),
        total=np.where(there, facts.total, 0))
    scores = deck.scores(block, own, there)
    values = np.where(scores.present, scores.values, np.nan).astype(np.float32)
    items = np.where(own.there[:, :, None], deck.items(block, scores.cell), np.float32(np.nan))
    reasons: dict[tuple[int, int], str] = {}
    if deck.talkative or not scores.present[there].all():
        said = deck.said
        for r in np.flatnonzero(there).tolist():
            shown = facts.at[r, facts.there[r]].tolist()
            for s in range(len(deck.names)):
                if why := said(int(block[r]), s, shown) or ("" if scores.present[r, s] else NO_VALUE):
                    reasons[r, s] = why
    left_out: dict[int, dict[str, Item]] = {}
    for s in np.flatnonzero(deck.listed).tolist():
        best = (items[:, :, s] >= 1.0).any(1)  # where the best one is not shown, all that is shown is worth less
        for r in np.flatnonzero(there & scores.present[:, s] & ~best).tolist():
            left_out.setdefault(r, {})[deck.names[s]] = deck.first(s, int(block[r]))
    return Dealt(there, values, items, left_out, reasons)
