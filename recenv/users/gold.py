"""The gold user: the synthetic world's own utility, the one its logs were drawn from.

An upper bound on user models, and the yardstick for learned ones. Worlds without preferences have no gold user.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from recenv.data.synthetic.utility import Traits, gold_utility, gold_value, traits
from recenv.data.world import World
from recenv.errors import InputError
from recenv.users.protocol import Appeal, Temper

__all__ = ["GoldUser", "gold_value"]


class GoldUser:
    """Utilities of any items, inside or outside the candidate list, from their attributes.

    For candidates they equal the world's ``candidate_utility`` column. Raises InputError for a world whose needs carry
    no preferences (real logs, or rows without a ``gold`` field).
    """

    name = "gold"

    def __init__(self, world: World) -> None:
        self._world = world
        first = _preferences(world, 0, 0)
        self.temper = Temper(first["position_decay"], first["leave_hazard"])
        self._traits = lru_cache(maxsize=65_536)(self._read_traits)

    def _read_traits(self, item: int) -> Traits:
        return traits(self._world.item(item))

    def appeal(
        self,
        sessions: NDArray[np.int64],  # (R,)
        goals: NDArray[np.int64],  # (R,)
        items: NDArray[np.int64],  # (R,)
        satisfaction: NDArray[np.int8],  # (R, M)
    ) -> Appeal:
        """See ``UserModel.appeal``. A row's value depends on nothing but that row."""
        utility = np.zeros(len(sessions), np.float64)
        rows: dict[tuple[int, int], list[int]] = {}
        for row, key in enumerate(zip(sessions.tolist(), goals.tolist(), strict=True)):
            rows.setdefault(key, []).append(row)
        for (session, goal), at in rows.items():
            who = _preferences(self._world, session, goal)
            context = self._world.session(session).context
            utility[at] = gold_utility(who, [self._traits(int(items[r])) for r in at], context, satisfaction[at])
        return Appeal(utility, np.zeros(len(utility)), np.zeros(len(utility), np.bool_))


def _preferences(world: World, session: int, goal: int) -> dict[str, float]:
    found = world.privileged(session).needs[goal].preferences
    if "base" not in found:
        raise InputError(
            f"user model 'gold' needs a synthetic world, but session {world.session(session).id!r} of {world.path} has no gold "
            "preferences; use the replay or the learned user model, or a world built by: recenv synth, then recenv ingest recrm"
        )
    return found
