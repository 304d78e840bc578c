"""Asking the scorers about goals: all candidates, with everything that may have been told."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from recenv.envs.engine import Engine

MOST_TOLD = 6
"""A goal with more constraints to tell is prepared for what is told one after the other in the need's order, not for any."""


def fill(engine: Engine, goals: tuple[int, ...]) -> None:
    """Ask the scorers for all candidates of some goals, with everything that may have been told."""
    pairs = [(goal, told) for goal in goals for told in sorted(states(engine, goal))]
    goal, mask = np.array([g for g, _ in pairs], np.int64), np.array([m for _, m in pairs], np.uint64)
    block = engine.deck.blocks(goal, mask)
    size = engine.tables.rows.size[engine.tables.at(goal)]
    cells = np.array([(b, c) for b, n in zip(block.tolist(), size.tolist(), strict=True) for c in range(n)], np.int64)
    cells = cells.reshape(-1, 2)
    engine.deck.fill(cells[~engine.deck.asked(cells)])


def states(engine: Engine, goal: int) -> list[int]:
    """Masks of what may have been told of a goal."""
    place = engine.tables.at(np.array([goal]))[0]
    always, sayable = int(engine.tables.rows.volunteered[place]), int(engine.tables.rows.sayable[place])
    bits = [1 << m for m in range(64) if sayable >> m & 1]
    if len(bits) > MOST_TOLD:
        return [always | sum(bits[:n]) for n in range(len(bits) + 1)]
    return [always | sum(some) for n in range(len(bits) + 1) for some in combinations(bits, n)]

