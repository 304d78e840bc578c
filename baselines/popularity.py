"""Popularity: what other users took up most, whoever asks for whatever.

The baseline that personalised methods are most often found not to beat: Dacrema, Cremonesi & Jannach, "Are we really
making much progress?", RecSys 2019. Counts leave out the user's own fold.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from recenv.baselines.runtime import Runtime
from recenv.baselines.slate import recommend
from recenv.records import Action, AgentView


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing to set."""


class PopularityAgent:
    """Recommends by ``view.popularity``, log1p of logged orders."""

    def __init__(self) -> None:
        self.name = "popularity"

    def act(self, views: Sequence[AgentView]) -> list[Action]:
        """One recommendation a view."""
        return [recommend(view, view.popularity) for view in views]


def build(config: Config, runtime: Runtime) -> PopularityAgent:
    """The agent of a run."""
    return PopularityAgent()
