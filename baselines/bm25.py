"""BM25: word overlap between what the user has said so far and the item records.

Robertson & Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009. It reads the user's words and
nothing else, but reads on as the user says more.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from recenv.baselines.runtime import Runtime
from recenv.baselines.slate import recommend
from recenv.data.search import index_of
from recenv.data.world import World
from recenv.records import Action, AgentView


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing to set: k1 and b are those of the catalogue's index."""


class Bm25Agent:
    """Recommends by BM25 of ``view.query``."""

    def __init__(self, world: World) -> None:
        self.name = "bm25"
        self._world = world

    def act(self, views: Sequence[AgentView]) -> list[Action]:
        """One recommendation a view."""
        index = index_of(self._world)
        return [
            recommend(view, index.score(view.query, [self._world.item_row(item.id) for item in view.candidates]))
            for view in views
        ]


def build(config: Config, runtime: Runtime) -> Bm25Agent:
    """The agent of a run."""
    return Bm25Agent(runtime.world)
