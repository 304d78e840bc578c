"""Candidate lists for logged needs: what was logged, what fits, what nearly fits, and the rest of the catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from recenv import rng
from recenv.data.constraints import SLOTS, fold
from recenv.records import Constraint, Item

C = 20
"""Candidates of a goal."""

_NEAR = 8
_PICK, _ORDER, _AIM = (rng.word(w) for w in ("candidates/pick", "candidates/order", "candidates/aim"))


class Pool:
    """The items of one category, indexed so that a constraint is checked against all of them at once.

    ``met`` agrees with ``constraints.status(item, constraint) == MET`` for every item (a test holds it to that).
    """

    def __init__(self, items: Sequence[Item]) -> None:
        self.items = tuple(items)
        self.row = {item.id: r for r, item in enumerate(self.items)}
        self._numbers = lru_cache(maxsize=len(SLOTS))(self._number_column)
        self._members = lru_cache(maxsize=len(SLOTS))(self._member_index)

    def met(self, constraint: Constraint) -> NDArray[np.bool_]:
        """(I,) whether each item meets the constraint; an item that does not carry the attribute does not."""
        want = constraint.value
        if constraint.op in ("ge", "le", "between"):
            have = self._numbers(constraint.slot)
            if isinstance(want, tuple):
                return (have >= want[0]) & (have <= want[1])
            return have >= float(want) if constraint.op == "ge" else have <= float(want)
        out = np.zeros(len(self.items), bool)
        out[self._members(constraint.slot).get(fold(str(want)), [])] = True
        return out

    def _number_column(self, slot: str) -> NDArray[np.float64]:
        values = [item.attributes.get(slot) for item in self.items]
        return np.array([v if isinstance(v, (int, float)) else np.nan for v in values], np.float64)

    def _member_index(self, slot: str) -> dict[str, list[int]]:
        index: dict[str, list[int]] = {}
        for r, item in enumerate(self.items):
            have = item.name if slot == "name" else item.attributes.get(slot)
            members = have if isinstance(have, tuple) else () if have is None or have == "" else (str(have),)
            for member in dict.fromkeys(fold(m) for m in members):
                index.setdefault(member, []).append(r)
        return index


def missed(pool: Pool, constraints: Sequence[Constraint]) -> NDArray[np.int64]:
    """(I,) number of constraints that each item does not meet."""
    out = np.zeros(len(pool.items), np.int64)
    for constraint in constraints:
        out += ~pool.met(constraint)
    return out


def candidate_list(pool: Pool, constraints: Sequence[Constraint], logged: Sequence[str], session_id: str, goal: int) -> list[str]:
    """Ids of ``C`` candidates (fewer only where the pool is smaller), in an order that carries no meaning.

    Logged ids come in whole. Items that meet every constraint are added up to two to four in all, so that one is there
    wherever the catalogue has one and a random slate does not find it at once; then items that miss a single
    constraint, then others. The choice and the order are pure functions of session id, goal and catalogue.
    """
    key = rng.word(session_id)
    misses = missed(pool, constraints)
    shuffled = rng.permutation(len(pool.items), key, goal, _PICK)
    chosen = dict.fromkeys(pool.row[i] for i in logged[:C])
    aim = 2 + int(rng.integers(3, key, goal, _AIM))
    fitting = sum(misses[r] == 0 for r in chosen)
    groups = (
        (shuffled[misses[shuffled] == 0], max(0, aim - int(fitting))),
        (shuffled[misses[shuffled] == 1], _NEAR),
        (shuffled[misses[shuffled] > 0], C),
        (shuffled, C),  # where nearly everything fits
    )
    for rows, room in groups:
        fresh = [int(r) for r in rows if int(r) not in chosen]
        chosen.update(dict.fromkeys(fresh[: min(room, C - len(chosen))]))
    rows_chosen = sorted(chosen)
    return [pool.items[rows_chosen[j]].id for j in rng.permutation(len(rows_chosen), key, goal, _ORDER)]
