"""The replaying user: answers from the log where the log knows the item, and from the learned model elsewhere."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from recenv.data.world import World
from recenv.users.learned import ChoiceParams, LearnedUser
from recenv.users.protocol import Appeal

CERTAIN = 12.0
"""Logits above or below taking nothing that stand for "the log says so": taste noise reverses that about once in 160,000."""


class ReplayUser:
    """A ``UserModel`` over logged sessions.

    An item that the user ordered in this goal is wanted, whatever its record says (``taken``); one that was offered and not
    taken up is not. Where a goal has a click and no order, the click counts. Any other item is judged by the learned model
    and flagged ``extrapolated``, so a goal without outcomes is all extrapolation.
    """

    name = "replay"

    def __init__(self, world: World, params: ChoiceParams | None = None) -> None:
        self._world = world
        self._learned = LearnedUser(world, params)
        self.temper = self._learned.temper
        self._logged = lru_cache(maxsize=65_536)(self._read_logged)

    def _read_logged(self, session: int, goal: int) -> dict[int, bool]:
        """Item row -> whether it was taken up, for the items that the log knows in this goal."""
        outcomes = self._world.privileged(session).outcomes[goal]
        events = {outcome.event for outcome in outcomes}
        taken = "order" if "order" in events else "click"
        rows = {self._world.item_row(o.item_id): False for o in outcomes}
        rows.update({self._world.item_row(o.item_id): True for o in outcomes if o.event == taken})
        return {row: was for row, was in rows.items() if row >= 0}

    def appeal(
        self,
        sessions: NDArray[np.int64],  # (R,)
        goals: NDArray[np.int64],  # (R,)
        items: NDArray[np.int64],  # (R,)
        satisfaction: NDArray[np.int8],  # (R, M)
    ) -> Appeal:
        """See ``UserModel.appeal``. A row's value depends on nothing but that row."""
        guess = self._learned.appeal(sessions, goals, items, satisfaction)
        rows = zip(sessions.tolist(), goals.tolist(), items.tolist(), strict=True)
        known = [self._logged(session, goal).get(item) for session, goal, item in rows]
        taken = np.array([k is True for k in known], np.bool_)
        refused = np.array([k is False for k in known], np.bool_)
        utility = np.where(taken, CERTAIN, np.where(refused, -CERTAIN, guess.utility))
        return Appeal(utility, guess.outside, ~(taken | refused), taken, refused)
