"""Random: candidates in a random order, those not shown yet first.

The floor that any agent has to clear. Draws are keyed on (seed, session, turn), so an agent's slate does not depend on
what else is in the batch.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from recenv import rng
from recenv.baselines.runtime import Runtime
from recenv.baselines.slate import recommend
from recenv.records import Action, AgentView

_ORDER = rng.word("baselines.random")


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing to set."""


class RandomAgent:
    """Recommends candidates drawn without replacement."""

    def __init__(self, seed: int) -> None:
        self.name = "random"
        self._seed = seed

    def act(self, views: Sequence[AgentView]) -> list[Action]:
        """One recommendation a view."""
        return [recommend(view, self._draws(view)) for view in views]

    def _draws(self, view: AgentView) -> list[float]:
        """(C,) one uniform draw an item, whatever its place in the list."""
        key = (self._seed, rng.word(view.session_id), view.turn, _ORDER)
        return [float(rng.uniform(*key, rng.word(item.id))) for item in view.candidates]


def build(config: Config, runtime: Runtime) -> RandomAgent:
    """The agent of a run."""
    return RandomAgent(runtime.seed)
