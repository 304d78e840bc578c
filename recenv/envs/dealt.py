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
from recenv.rewards.dimensions import DIMENSIONS


class Dealt(NamedTuple):
    """there (N,): turns of which all is known by the S slate dimensions of the deck. values (N, S), items (N, K, S), left_out (by
    row): as in ``TurnScores``; what stands elsewhere means nothing."""

    there: NDArray[np.bool_]
    values: NDArray[np.float32]
    items: NDArray[np.float32]
    left_out: Mapping[int, dict[str, Item]]


def deal(deck: Deck, state: State, facts: Facts, playing: NDArray[np.bool_]) -> Dealt | None:
    """playing (N,): rows that recommend. None where scorers have to be asked about each turn: those that cost something or answer
    otherwise another time, that say what their values are due to, and dimensions with a rule of their own.

    A turn is left to the scorers too where it shows what is no candidate, or where they have no value for all of it.
    """
    if not deck.names or deck.fickle.any() or deck.talks or any(DIMENSIONS[name].rule is not None for name in deck.names):
        return None
    there = playing & facts.some & ((facts.at >= 0) == facts.there).all(1)
    held = there[:, None]
    block = deck.block(state)
    own = facts._replace(
        there=facts.there & held, at=np.where(held, facts.at, -1), rank=np.where(held, facts.rank, 0),
        total=np.where(there, facts.total, 0))
    scores = deck.scores(block, own, there)
    there &= scores.present.all(1)
    if not deck.whole:
        there &= ~(own.there[:, :, None] & np.isnan(scores.cell)).any((1, 2))
    if deck.talks:  # as was found out just now
        return None
    items = np.where(own.there[:, :, None], deck.items(block, scores.cell), np.float32(np.nan))
    return Dealt(there, scores.values.astype(np.float32), items, _left_out(deck, block, items, there))


def _left_out(
    deck: Deck, block: NDArray[np.int64], items: NDArray[np.float32], there: NDArray[np.bool_]
) -> dict[int, dict[str, Item]]:
    """Of each list the candidate that its scorer puts first, where it was not shown: what was shown is all worth less than 1."""
    found: dict[int, dict[str, Item]] = {}
    for s, name in enumerate(deck.names):
        if DIMENSIONS[name].listwise:
            for r in np.flatnonzero(there & ~(items[:, :, s] >= 1.0).any(1)).tolist():
                found.setdefault(r, {})[name] = deck.first(s, int(block[r]))
    return found
