"""What a turn's worth falls short of: a candidate that a scorer of lists puts higher, and the item that the ceiling serves.

Whoever judges lists goes by what the user has said; which item the ceiling serves is hidden from agents.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from recenv.evaluation.ceiling import BestItem
from recenv.evaluation.session_values import shorts
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rewards.hybrid import RewardSpec, shares
from recenv.rollouts.trace import TurnTrace

_SEEN = 0.005  # what is less does not show in two decimals
_ORDERED = 0.95  # lists from it on are in order enough


def of_order(d: int, turn: TurnTrace) -> str:
    """Why a list is not in the best order, by what its scorer says of each item; "" where it is nearly so, or nobody says."""
    own = [(v, k) for k, s in enumerate(turn.shown) if s.values and (v := s.values[d]) is not None]
    value = turn.components[d]
    if not own or value is None or value >= _ORDERED:
        return ""
    top, rank = max(own, key=lambda o: (o[0], -o[1]))
    best, first = f"{rank + 1} {turn.items[rank]}", own[0][1]
    if top < 1 - _SEEN:
        left = turn.left_out.get(tuple(DIMENSIONS)[d]) if isinstance(turn.left_out, dict) else None
        name = left.name if left is not None else "a better candidate"
        return f"left out: {name}, put first by the scorer; of those shown, {best} comes nearest ({top:.2f} of it)"
    if rank != first:
        return f"{best}, put first by the scorer, stands below {first + 1} {turn.items[first]} ({own[0][0]:.2f} of it)"
    for (above, k), (below, n) in pairwise(own):
        if below > above:
            return f"{n + 1} {turn.items[n]} ({below:.2f}) stands below {k + 1} {turn.items[k]} ({above:.2f})"
    return f"the best candidate stands first; better ones than {own[-1][1] + 1} {turn.items[own[-1][1]]} were left out"


def best_to_serve(turn: TurnTrace, best: BestItem, spec: RewardSpec | None, opening: bool) -> str:
    """Which item the ceiling serves at this goal, what it is worth, and by which dimension most of what was served less; "" where
    it was taken, where nothing was recommended, or where no more was to be had. opening: whether the user has said no more than
    at once: the ceiling's item is valued by that, unless it was shown in this turn."""
    if spec is None or turn.action.act != "recommend":
        return ""
    worth, values, place, said = best.worth, _row(best.values), "left out", "" if opening else " by what was said at first"
    if best.id in turn.action.items:
        rank = turn.action.items.index(best.id)
        place = f"shown at {rank + 1}"
        if rank < len(turn.shown) and (own := turn.shown[rank].worth) is not None:
            worth, values, said = own, _row(turn.shown[rank].values), ""
    wanted = best.met and not turn.outcome and best.id not in turn.action.items
    more = worth - (0.0 if turn.gate else turn.value) >= _SEEN
    if not (more or wanted):
        return ""
    by = _most(turn, values, spec) if more and not turn.gate and spec.aggregation == "mean" else ""
    ordered = "; it would have been ordered" if wanted else ""
    return f"best to serve: {best.name}, worth {worth:.2f}{said}{by}, {place}{ordered}"


def _most(turn: TurnTrace, values: NDArray[np.float64], spec: RewardSpec) -> str:
    """The dimension in which the item that a turn's worth is of has most less than one of these values (D,)."""
    mine = served_values(turn)
    if len(values) != len(mine):
        return ""
    gaps = np.where(np.isnan(mine) | np.isnan(values), 0.0, shares(spec, values[None])[0] - shares(spec, mine[None])[0])
    d = int(gaps.argmax())
    return f" ({shorts()[d]} {values[d]:.2f} instead of {mine[d]:.2f})" if gaps[d] > 0 else ""


def served_values(turn: TurnTrace) -> NDArray[np.float64]:
    """(D,) values of the item whose worth a turn's is: the one taken, else the best one shown; of the turn where it has none."""
    row = _row(turn.components)
    valued = [(s.worth, -rank) for rank, s in enumerate(turn.shown) if s.worth is not None]
    if not valued:
        return row
    taken = [-rank for _, rank in valued if turn.outcome and turn.action.items[-rank] == turn.reaction.item_id]
    own = _row(turn.shown[taken[0] if taken else -max(valued)[1]].values or (None,) * len(row))
    return np.where(np.isnan(own), row, own)


def _row(values: tuple[float | None, ...]) -> NDArray[np.float64]:
    return np.array([np.nan if v is None else v for v in values])
