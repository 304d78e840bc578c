"""Agents whose order is known: one that knows what users want, and mixtures of it with one that knows nothing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from recenv import rng
from recenv.baselines.gold import goal_of
from recenv.baselines.slate import present
from recenv.envs.tables import Tables, draws, fitting
from recenv.records import Action, AgentView
from recenv.rollouts.agent import Agent

_SHARE = rng.word("validation share")


class OracleAgent:
    """Shows what the user would order first: what fits, by its value to him, taste included. For worlds without a gold utility.

    seed: keys the taste of the users that it knows best; of others it still knows what fits.
    """

    def __init__(self, tables: Tables, seed: int) -> None:
        self.name = "oracle"
        self._tables, self._seed = tables, seed

    def act(self, views: Sequence[AgentView]) -> list[Action]:
        """One recommendation a view."""
        return [self._show(view) for view in views]

    def _show(self, view: AgentView) -> Action:
        tables = self._tables
        session = tables.world.session_row(view.session_id)
        goal, at = goal_of(tables.world, view, self.name)
        place = int(tables.at(np.array([int(tables.first_goal[session]) + goal]))[0])
        rows = tables.rows
        fits = fitting(rows.missed[place, at], rows.unknown[place, at], rows.logged[place, at])
        key = rng.bits(goal, start=rng.bits(np.uint64(self._seed), tables.world.session_keys(np.array([session]))))
        value = rows.appeal[place, at] + draws(key, rows.key[place, at]).taste
        return present(view, [view.candidates[i] for i in np.lexsort((-value, ~fits))])


class MixedAgent:
    """Plays a share of the sessions as one agent and the rest as another. A session that goes to the first at one share goes to
    it at every higher one, so that two shares differ only where it matters."""

    def __init__(self, first: Agent, second: Agent, share: float, name: str) -> None:
        self.name = name
        self._first, self._second, self._share = first, second, share

    def act(self, views: Sequence[AgentView]) -> list[Action]:
        """One action a view."""
        mine = [float(rng.uniform(rng.word(view.session_id), _SHARE)) < self._share for view in views]
        ours = iter(self._first.act([v for v, m in zip(views, mine, strict=True) if m]))
        theirs = iter(self._second.act([v for v, m in zip(views, mine, strict=True) if not m]))
        return [next(ours if m else theirs) for m in mine]
