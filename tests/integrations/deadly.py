"""An agent and a scorer that kill the process that they work in."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence

import numpy as np

from recenv.records import Action, AgentView, ScorerRow
from recenv.rewards.protocol import ScorerSpec, Scores


def die_once() -> None:
    """Kill this process where ``DEADLY`` names a file that it can take away, or "always"."""
    mark = os.environ.get("DEADLY")
    if mark == "always":
        os.kill(os.getpid(), signal.SIGKILL)
    if mark:
        try:
            os.unlink(mark)  # one worker can
            os.kill(os.getpid(), signal.SIGKILL)
        except FileNotFoundError:
            pass


class Fatal:
    """Relevance by the length of texts."""

    spec = ScorerSpec(
        name="fatal", dimension="query_item_relevance", kind="encoder", reads=("query", "item"), fingerprint="fatal")

    def score(self, rows: Sequence[ScorerRow]) -> Scores:
        die_once()
        values = [(len(row.query) * len(row.item) % 17) / 17 for row in rows]
        return Scores(np.array(values, np.float32), ("",) * len(rows))


def scorers() -> dict[str, Fatal]:
    """By dimension, as ``--scorers deadly:scorers`` takes them."""
    return {Fatal.spec.dimension: Fatal()}


class Deadly:
    """Recommends the first candidates, and dies once in the second turn."""

    name = "deadly"

    def act(self, views: Sequence[AgentView]) -> list[Action]:
        if any(view.turn == 1 for view in views):
            die_once()
        return [Action(act="recommend", items=tuple(i.id for i in view.candidates[:3]), text="OK") for view in views]
