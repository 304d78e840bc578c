"""Filling a world's decks in advance: what every scorer says of every candidate, whatever was told."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple

from recenv.envs.blocks import ROOM
from recenv.envs.engine import Engine
from recenv.errors import InputError
from recenv.evaluation.cluster import Cluster
from recenv.evaluation.filling import fill
from recenv.evaluation.runner import Chunk
from recenv.evaluation.work import Job
from recenv.evaluation.workers import gathered
from recenv.scenarios import load_scenario
from recenv.scenarios.entry import deck_home, open_engine

GOALS_A_TASK = 8


class Prepared(NamedTuple):
    """blocks and cells that the deck holds; of these, cells that were new."""

    blocks: int
    cells: int
    fresh: int


def prepare(
    scenario: str, *, store: str | Path | None = None, scorers: str = "", goals: int | None = None,
    progress: Callable[[int, int], None] | None = None, workers: int = 0, on: str = "process",
) -> Prepared:
    """Fill the deck of a scenario and keep it beside the world. goals: only so many of them, from the first. workers: how many
    tasks run at once, on processes of this machine or, ``on`` "ray", on Ray; up to one process is this one. What is kept has the
    same bytes wherever it was filled.

    Raises InputError for scorers that judge no items. Warns where a deck has no room for all goals; the rest are left.
    """
    options = {"scorers": scorers} if scorers else {}
    engine = open_engine(scenario, store, **options)
    if not engine.deck.names:
        raise InputError(f"the scorers {engine.config.scorers!r} judge no items, so there is nothing to prepare")
    engine.deck.drop()  # what was played before in this process and does not last
    before = engine.deck.cells
    total = engine.world.n_goals if goals is None else min(goals, engine.world.n_goals)
    tasks = [tuple(range(start, min(start + GOALS_A_TASK, total))) for start in range(0, total, GOALS_A_TASK)]
    job = Job(
        scenario=load_scenario(scenario), changes=dict(options), agents={}, configs={}, seed=0, world=engine.world.fingerprint)
    made = _done(engine, job, tasks, gathered(engine.world, on, workers))
    done = 0
    for task in made:
        done = task[-1] + 1
        if progress is not None:
            progress(done, total)
    if done < total:
        warnings.warn(
            f"the deck is full: stopped after {done:,} of {total:,} goals, and scorers are asked about the others in play; "
            f"a deck has room for {engine.deck.room:,} blocks and keeps three quarters, {ROOM} makes more room", stacklevel=2)
        engine.deck.drop()
    engine.deck.open(deck_home())
    engine.deck.keep(anew=True)
    return Prepared(len(engine.deck), engine.deck.cells, engine.deck.cells - before)


def _done(
    engine: Engine, job: Job, tasks: list[tuple[int, ...]], workers: AbstractContextManager[Cluster | None]
) -> Iterator[tuple[int, ...]]:
    """Task by task, as long as there is room; what has come is kept where workers cannot bear the rest."""
    with workers as cluster:
        if cluster is None:
            for task in tasks:
                fill(engine, task)
                if len(engine.deck) > engine.deck.lasting:
                    return
                yield task
            return
        far, chunks = cluster.preparing(job), [Chunk("", goals, goals[0]) for goals in tasks]
        far.coming(chunks)
        try:
            for chunk in chunks:
                engine.deck.take(far.result(chunk))
                if len(engine.deck) > engine.deck.lasting:
                    return
                yield chunk.rows
        finally:
            engine.deck.keep()
