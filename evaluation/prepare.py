"""Filling a world's decks in advance, in parallel processes: what every scorer says of every candidate, whatever was told."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import numpy as np

from recenv.envs.engine import Engine
from recenv.errors import InputError
from recenv.scenarios.entry import deck_home, open_engine

MOST_TOLD = 6
"""A goal with more constraints to tell is prepared for what is told one after the other in the need's order, not for any."""

GOALS_A_TASK = 8


class Prepared(NamedTuple):
    """blocks and cells that the deck holds; of these, cells that were new."""

    blocks: int
    cells: int
    fresh: int


def prepare(
    scenario: str, *, store: str | Path | None = None, scorers: str = "", processes: int = 1, goals: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Prepared:
    """Fill the deck of a scenario and keep it beside the world. goals: only so many of them, from the first.

    Raises InputError for scorers that judge no items, and for a number of processes below 1.
    """
    if processes < 1:
        raise InputError(f"processes must be at least 1; got {processes}")
    options = {"scorers": scorers} if scorers else {}
    engine = open_engine(scenario, store, **options)
    if not engine.deck.names:
        raise InputError(f"the scorers {engine.config.scorers!r} judge no items, so there is nothing to prepare")
    before = engine.deck.cells
    total = engine.world.n_goals if goals is None else min(goals, engine.world.n_goals)
    tasks = [tuple(range(start, min(start + GOALS_A_TASK, total))) for start in range(0, total, GOALS_A_TASK)]
    for done, _ in enumerate(_done(engine, tasks, processes), 1):
        if progress is not None:
            progress(min(done * GOALS_A_TASK, total), total)
    engine.deck.open(deck_home())
    engine.deck.keep(anew=True)
    return Prepared(len(engine.deck), engine.deck.cells, engine.deck.cells - before)


def _done(engine: Engine, tasks: list[tuple[int, ...]], processes: int) -> Iterator[None]:
    if processes == 1:
        for task in tasks:
            fill(engine, task)
            yield
        return
    with multiprocessing.get_context("spawn").Pool(processes, _start, (engine,)) as pool:
        for _ in pool.imap_unordered(_fill, tasks):
            yield


_ENGINES: list[Engine] = []
"""The engine of a worker process."""


def _start(engine: Engine) -> None:
    import torch

    torch.set_num_threads(1)
    _ENGINES[:] = [engine]


def _fill(goals: tuple[int, ...]) -> None:
    fill(_ENGINES[0], goals)
    _ENGINES[0].deck.keep()


def fill(engine: Engine, goals: tuple[int, ...]) -> None:
    """Ask the scorers for all candidates of some goals, with everything that may have been told."""
    pairs = [(goal, told) for goal in goals for told in states(engine, goal)]
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

