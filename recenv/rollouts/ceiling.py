"""What an agent that knows everything reaches: the measure that needs met and returns are read against.

A need can be met where a candidate fits, and then by showing the right one alone: a user who has nothing else before him looks
at it, and does not hold out for more than his list has (``envs.dynamics``). Goals are met one after the other, so the first that
cannot be met ends what can be reached.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recenv.data.world import World
from recenv.envs.config import EnvConfig
from recenv.envs.engine import Engine, user_model
from recenv.envs.facts import by_number
from recenv.envs.state import RUNNING, State
from recenv.envs.tables import Tables, fitting, masks
from recenv.rewards.hybrid import shares

MOST_SUMMED = 5000
"""Sessions that a summary reads."""


class Reachable(NamedTuple):
    """Of N sessions: goals (N,), how many of them can be met one after the other (met), and how many have a candidate that
    fits at all (winnable)."""

    goals: NDArray[np.int64]
    met: NDArray[np.int64]
    winnable: NDArray[np.int64]

    @property
    def needs_met(self) -> NDArray[np.float64]:
        """(N,) share of the goals that can be met."""
        return np.asarray(self.met / self.goals)

    @property
    def unwinnable(self) -> float:
        """Share of the goals, over all sessions, that no candidate meets."""
        return 1.0 - float(self.winnable.sum() / self.goals.sum())


def reachable(tables: Tables, sessions: Sequence[int]) -> Reachable:
    """What can be met in sessions (world rows), whatever the users' noise. No scorer is asked."""
    rows = np.asarray(sessions, np.int64)
    goals = tables.n_goals[rows]
    every = np.concatenate([np.arange(tables.first_goal[s], tables.first_goal[s] + n) for s, n in zip(rows, goals, strict=True)])
    start = np.concatenate([[0], np.cumsum(goals)[:-1]])
    fits = np.asarray(_fits(tables, every).any(1))
    met = [int(np.logical_and.accumulate(own).sum()) for own in np.split(fits, start[1:])]
    return Reachable(goals, np.minimum(met, tables.config.horizon), np.add.reduceat(fits, start, dtype=np.int64))


def reachable_in(world: World, rules: EnvConfig) -> Reachable | None:
    """What can be met in a world under its rules; of a large one in its first ``MOST_SUMMED`` sessions. None where it has no
    session."""
    rows = range(min(world.n_sessions, MOST_SUMMED))
    return reachable(Tables(world, user_model(world, rules), rules), rows) if rows else None


def unwinnable(world: World, candidates: int) -> float:
    """Share of the goals of a world without logs that none of so many candidates meets: what ``reachable`` finds, from the
    store's own columns, in no time."""
    met = 0
    goals: int = world.n_goals
    for row in range(goals):
        missed, unknown = masks(world.goal(row).satisfaction[:candidates])
        met += bool(fitting(missed, unknown, np.zeros(len(missed), np.uint8)).any())
    return 1.0 - met / goals


def summary(world: World, rules: EnvConfig) -> str:
    """What can be met in a world, in two lines."""
    found = reachable_in(world, rules)
    if found is None:
        return "no session to meet a need in"
    of = "" if len(found.goals) == world.n_sessions else f" (of the first {len(found.goals):,} sessions)"
    return (f"goals that a candidate meets: {1 - found.unwinnable:.1%}{of}, answered by the {rules.user} user\n"
            f"ceiling of needs met: {found.needs_met.mean():.1%}")


class Served(NamedTuple):
    """What is served at a goal. item: world row; met: whether the user orders it. worth: of it, in [0, 1]; values (D,): of it by
    dimension, NaN where nobody says; both as they are before the user is asked anything."""

    item: int
    met: bool
    worth: float
    values: NDArray[np.float32]


class Best(NamedTuple):
    """total (N,): returns, NaN where a reward has no ceiling. quality (N, D): what each dimension pays of them; (N, 0) where
    quality is no weighted sum of dimensions. served: for each of N sessions, its goals in order as far as they are played."""

    total: NDArray[np.float64]
    quality: NDArray[np.float64]
    served: list[list[Served]]


def returns(engine: Engine, sessions: Sequence[int], seeds: NDArray[np.uint64]) -> NDArray[np.float64]:
    """(N,) ``best_returns`` alone."""
    return best_returns(engine, sessions, seeds).total


def best_returns(engine: Engine, sessions: Sequence[int], seeds: NDArray[np.uint64]) -> Best:
    """What it pays to show, at each goal, the item of highest worth among those that the user would order, alone (or ahead of
    as many others as the instruction asks for); where there is none, the best that can be shown. seeds (N,) key the users' noise.

    The environment itself pays. Worth grows with what the user has said, and nothing is asked here: an agent that asks first may
    gain a little on it in the quality of what it serves. NaN under a reward that does not pay by outcome and quality, where more
    turns may pay more.
    """
    spec = engine.reward.spec
    if spec.credit != "service":
        return Best(np.full(len(sessions), np.nan), np.zeros((len(sessions), 0)), [[] for _ in sessions])
    state, log = engine.begin(np.asarray(sessions, np.int64), seeds), engine.log(len(sessions), words=False)
    paid, quality = np.zeros(len(sessions)), np.zeros((len(sessions), len(engine.dimensions)))
    playing, found = np.ones(len(sessions), np.bool_), list[list[Served]]([] for _ in sessions)
    while playing.any():
        slates = best_slates(engine, state, playing)
        values = engine.item_values(state, slates)
        parts = shares(spec, values)
        state, step = engine.step_slates(state, log, slates, playing)
        paid += step.rewards
        for r in np.flatnonzero(playing & step.facts.there[:, 0]).tolist():
            found[r].append(Served(int(step.facts.item[r, 0]), bool(step.met[r]), float(step.values[r]), values[r]))
        served = playing & (step.values > 0)
        quality[served] += (1.0 - spec.outcome) * parts[served]
        playing &= step.met & (state.ending == RUNNING)
    return Best(paid, quality if spec.aggregation == "mean" else np.zeros((len(sessions), 0)), found)


def best_slates(engine: Engine, state: State, playing: NDArray[np.bool_]) -> NDArray[np.int64]:
    """(N, K) candidate numbers, -1 beyond the last: what one who knows everything shows; nothing where ``playing`` is false."""
    tables, n = engine.tables, len(state)
    place = tables.at(tables.goal_row(state.session, state.goal))
    size, least = tables.rows.size[place], tables.rows.least[place]
    number = np.arange(tables.config.candidates)
    listed = (number < size[:, None]) & playing[:, None]  # (N, C)
    fits = listed & _fits(tables, tables.goal_row(state.session, state.goal))
    value = np.stack([by_number(tables, state, np.full((n, 1), c)).value[:, 0] for c in number], 1)
    wanted = fits & (value >= state.bar[:, None])
    asked = np.where(np.asarray(wanted.any(1))[:, None], wanted, listed)
    worth = np.full(asked.shape, -1.0)
    others = np.argsort(fits, axis=1, kind="stable")  # those that he puts aside first
    row, first = np.nonzero(asked)
    if len(row):
        worth[row, first] = engine.worth(state.take(row), _filled(first, others[row], size[row], least[row], engine))
    return _filled(np.where(asked.any(1), worth.argmax(1), -1), others, size, least, engine)


def _filled(
    first: NDArray[np.int64], others: NDArray[np.int64], size: NDArray[np.int64], least: NDArray[np.int64], engine: Engine
) -> NDArray[np.int64]:
    """Slates (N, K) of one item and, where an instruction wants more, others behind it."""
    out = np.full((len(first), engine.config.slate_size), -1)
    out[:, 0] = first
    for r in np.flatnonzero((least > 1) & (first >= 0)).tolist():
        more = [c for c in others[r].tolist() if c != first[r] and c < size[r]][: least[r] - 1]
        out[r, 1 : 1 + len(more)] = more
    return out


def _fits(tables: Tables, goals: NDArray[np.int64]) -> NDArray[np.bool_]:
    """(N, C) whether candidates of goal rows may be ordered."""
    place = tables.at(goals)
    rows = tables.rows
    found = fitting(rows.missed[place], rows.unknown[place], rows.logged[place])
    return np.asarray(found & (rows.item[place] >= 0))
