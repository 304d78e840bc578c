"""The golden run: the tiny world, stand-in scorers, a scripted agent. ``python tests/golden/golden_run.py`` records it anew."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from fakes import ScriptedUser, overlap_scorers

from recenv.data.render import plain_response
from recenv.data.world import World
from recenv.envs.config import EnvConfig
from recenv.envs.engine import Engine
from recenv.records import Action, AgentView
from recenv.rollouts.collect import collect
from recenv.rollouts.trace import encode
from recenv.testing.tiny import build_tiny_world

FILE = Path(__file__).with_name("tiny.jsonl")


class Scripted:
    """Searches, asks, recommends and errs, by the turn."""

    name = "scripted"

    def act(self, views: Sequence[AgentView]) -> list[Action]:
        return [self._one(v) for v in views]

    def _one(self, view: AgentView) -> Action:
        match view.turn:
            case 0:
                return Action(act="ask", text="您的预算是多少？" if view.locale == "zh" else "What is your budget?")
            case 1:
                return Action(act="search", query=view.query, filters={"colour": "red"})
            case 2:
                return Action(act="malformed", error="no JSON object found", raw="?")
        start = view.turn % max(1, len(view.candidates) - 3)
        slate = view.candidates[start : start + 3]
        return Action(act="recommend", items=tuple(i.id for i in slate), text=plain_response(slate, view.locale))


def golden_run(folder: Path) -> bytes:
    world = World(build_tiny_world(folder / "tiny"))
    engine = Engine(world, EnvConfig(candidates=16, horizon=9), scorers=overlap_scorers(), user=ScriptedUser(hazard=0.1))
    return b"".join(encode(t) for t in collect(engine, Scripted(), range(world.n_sessions), 11))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        FILE.write_bytes(golden_run(Path(folder)))
    print(f"recorded {FILE}")
