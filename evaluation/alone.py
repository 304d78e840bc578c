"""Candidates shown alone: whether the user takes each up. It is what behaviour prediction means, and what it is trained on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from recenv.envs.engine import Engine
from recenv.envs.facts import Facts, by_item
from recenv.envs.state import State
from recenv.envs.tables import fitting
from recenv.records import ScorerRow
from recenv.rewards.dimensions.behavior_prediction import DIMENSION

_AT_ONCE = 256  # sessions whose facts are held


class Alone(NamedTuple):
    """The next K candidates of N sessions' goals. items: rows of the world, a list a session, of which facts tells, (N, K);
    there (N, K): which are candidates; taken (N, K): whether the user takes one that is shown to him alone."""

    items: list[list[int]]
    facts: Facts
    there: NDArray[np.bool_]
    taken: NDArray[np.bool_]


def shown_alone(engine: Engine, state: State) -> Iterator[Alone]:
    """All candidates of the goals that sessions are at, K of them at a time."""
    tables, k = engine.tables, engine.config.slate_size
    candidates = [engine.world.goal(goal).candidates.tolist() for goal in tables.goal_row(state.session, state.goal).tolist()]
    for start in range(0, max(map(len, candidates), default=0), k):
        items = [own[start:start + k] for own in candidates]
        facts = by_item(tables, state, items)
        taken = fitting(facts.missed, facts.unknown, facts.logged) & (facts.value >= state.bar[:, None])
        yield Alone(items, facts, facts.there & (facts.at >= 0), taken)


def take_up_rows(engine: Engine, name: str, sessions: Sequence[int], times: int, seed: int) -> Iterator[ScorerRow]:
    """Rows of behaviour prediction, a candidate of a first goal each, labelled by whether the session's user takes it up alone.

    Each session is opened ``times`` times, with other noise; every second time the user has told all that he tells when asked.
    name: of the world; rows are "take-ups-NAME/...", in groups by user.
    """
    for first in range(0, len(sessions), _AT_ONCE):
        own = np.asarray(sessions[first:first + _AT_ONCE], np.int64)
        for time in range(times):
            state = engine.begin(own, np.full(len(own), seed + time, np.uint64))
            goals = engine.tables.goal_row(state.session, state.goal)
            told = state.told | (engine.tables.rows.sayable[engine.tables.at(goals)] if time % 2 else np.uint64(0))
            block = engine.deck.blocks(goals, told)
            for part in shown_alone(engine, state):
                for r, place in np.argwhere(part.there).tolist():
                    session, at = engine.world.session(int(own[r])), int(part.facts.at[r, place])
                    row, = engine.deck.rows(DIMENSION, int(block[r]), [at])
                    yield msgspec.structs.replace(
                        row, id=f"take-ups-{name}/{session.id}:{time}:{at}", group=f"take-ups-{name}/{session.user_id}",
                        label=float(part.taken[r, place]))
