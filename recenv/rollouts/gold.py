"""The gold value of a slate: what the synthetic world itself thinks of it. For traces only, never for agents."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from recenv.data.constraints import MET
from recenv.data.world import World
from recenv.errors import InputError


class GoldMeter:
    """Gold utilities of slates in a world that has them."""

    def __init__(self, world: World) -> None:
        from recenv.users.gold import GoldUser

        self.world, self.user = world, GoldUser(world)

    @classmethod
    def of(cls, world: World) -> GoldMeter | None:
        """None for worlds without a gold utility."""
        try:
            return cls(world)
        except InputError:
            return None

    def value(self, session: int, goal: int, items: Sequence[int]) -> float | None:
        """Position-discounted mean of the items' gold values in [0, 1]; None for an empty slate."""
        from recenv.users.gold import gold_value

        rows = np.array(list(dict.fromkeys(items)), np.int64)
        if not len(rows):
            return None
        status = np.stack([self.world.satisfaction(session, goal, int(i)) for i in rows])
        if not status.shape[1]:
            status = np.full((len(rows), 1), MET, np.int8)
        n = len(rows)
        appeal = self.user.appeal(np.full(n, session, np.int64), np.full(n, goal, np.int64), rows, status)
        weights = 1.0 / np.log2(np.arange(n) + 2.0)
        return float(np.sum(gold_value(appeal.utility - appeal.outside) * weights) / weights.sum())
