"""Gold and antigold: rank by what the user would order and by the synthetic world's own utility, or by the opposite.

Upper and lower bound for anything that ranks: no agent can know more, and none can do worse on purpose. Gold shows what meets
the whole need first, by utility, and what is still to be seen before what was seen; of what fits, once all was shown, each is put
on top in its turn. Antigold ranks the other way round. They read what
is privileged, by session id, and so exist in worlds with a gold utility only.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from recenv.baselines.runtime import Runtime
from recenv.baselines.slate import present, recommend
from recenv.data.constraints import MET
from recenv.data.world import World
from recenv.errors import InputError
from recenv.records import Action, AgentView


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing to set."""


class GoldAgent:
    """Recommends what fits by gold utility, best first (sign 1), or what does not, worst first (sign -1)."""

    def __init__(self, world: World, *, name: str, sign: int) -> None:
        self.name = name
        self._world, self._sign = world, sign

    def act(self, views: Sequence[AgentView]) -> list[Action]:
        """One recommendation a view. Raises UnknownName or InputError for views of another world."""
        return [self._show(view) for view in views]

    def _show(self, view: AgentView) -> Action:
        if not view.candidates:
            return recommend(view, [])
        utility, fits = self._known(view)
        seen = np.isin([item.id for item in view.candidates], view.shown)
        order = np.lexsort((-self._sign * utility, seen, -self._sign * fits.astype(np.int64)))
        if self._sign > 0 and (first := int(fits.sum())) and seen[order[0]]:  # he may not have looked at all that fits
            order[:first] = np.roll(order[:first], -view.turn)
        return present(view, [view.candidates[i] for i in order])

    def _known(self, view: AgentView) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """(C,) gold utility of the candidates in the goal that the view is about, and whether each meets the whole need."""
        session = self._world.session_row(view.session_id)
        goal, at = goal_of(self._world, view, self.name)
        arrays = self._world.goal(self._world.goal_rows(session)[goal])
        return arrays.utility[at].astype(np.float64), np.asarray((arrays.satisfaction[at] == MET).all(1))


def goal_of(world: World, view: AgentView, agent: str) -> tuple[int, list[int]]:
    """The number of the goal that a view is about, and the places of its candidates in the world's list. Privileged.

    Raises UnknownName or InputError for a view of another world; agent: whom to name then.
    """
    session = world.session_row(view.session_id)
    wanted = [world.item_row(item.id) for item in view.candidates]
    for number, (row, goal) in enumerate(zip(world.goal_rows(session), world.session(session).goals, strict=True)):
        place = {int(item): at for at, item in enumerate(world.goal(row).candidates)}
        if view.query.startswith(goal.query) and all(item in place for item in wanted):
            return number, [place[item] for item in wanted]
    raise InputError(
        f"{agent}: session {view.session_id!r} has no goal with this query and these candidates in {world.path}; "
        "build the agent on the world that is played")


def build_gold(config: Config, runtime: Runtime) -> GoldAgent:
    """The upper bound. Raises InputError for a world without gold utilities."""
    return GoldAgent(_with_gold(runtime.world, "gold"), name="gold", sign=1)


def build_antigold(config: Config, runtime: Runtime) -> GoldAgent:
    """The lower bound. Raises InputError for a world without gold utilities."""
    return GoldAgent(_with_gold(runtime.world, "antigold"), name="antigold", sign=-1)


def _with_gold(world: World, name: str) -> World:
    missing = int(np.isnan(world.column("candidate_utility")).sum())
    if missing:
        raise InputError(
            f"{name} needs a gold utility for every candidate, which only synthetic worlds have; "
            f"{world.path} ({world.kind}) lacks {missing}. Leave {name} out, or play a synthetic scenario")
    return world
