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
        self._known: dict[tuple[int, int, int], float] = {}

    @classmethod
    def of(cls, world: World) -> GoldMeter | None:
        """None for worlds without a gold utility."""
        try:
            return cls(world)
        except InputError:
            return None

    def value(self, session: int, goal: int, items: Sequence[int]) -> float | None:
        """Position-discounted mean of the items' gold values in [0, 1]; None for an empty slate."""
        keys = [(session, goal, item) for item in dict.fromkeys(items)]
        if fresh := [key for key in keys if key not in self._known]:
            self._known.update(zip(fresh, self._values(session, goal, [item for _, _, item in fresh]), strict=True))
        values = [self._known[key] for key in keys]
        if len(values) < 2:
            return values[0] if values else None
        weights = 1.0 / np.log2(np.arange(len(values)) + 2.0)
        return float(np.sum(np.array(values) * weights) / weights.sum())

    def _values(self, session: int, goal: int, items: Sequence[int]) -> list[float]:
        """Of each item alone."""
        from recenv.users.gold import gold_value

        status = np.stack([self.world.satisfaction(session, goal, i) for i in items])
        if not status.shape[1]:
            status = np.full((len(items), 1), MET, np.int8)
        n = len(items)
        appeal = self.user.appeal(np.full(n, session, np.int64), np.full(n, goal, np.int64), np.array(items, np.int64), status)
        values: list[float] = gold_value(appeal.utility - appeal.outside).tolist()
        return values
