"""Playing, recording and replaying sessions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
from fakes import ScriptedUser, overlap_scorers
from five import DIMENSIONS

from recenv.data.world import World
from recenv.envs.config import EnvConfig
from recenv.envs.engine import Engine
from recenv.errors import InputError
from recenv.records import Action, AgentView
from recenv.rollouts.collect import collect
from recenv.rollouts.replay import verify
from recenv.rollouts.trace import encode, read_traces


class Cycling:
    """Shows candidates three at a time, then asks about the price, then talks nonsense."""

    name = "cycling"

    def act(self, views: Sequence[AgentView]) -> list[Action]:
        return [self._one(v) for v in views]

    def _one(self, view: AgentView) -> Action:
        if view.turn % 4 == 2:
            return Action(act="ask", text="What is your budget? 预算多少？")
        if view.turn % 4 == 3:
            return Action(act="malformed", error="no JSON object found", raw="hm")
        start = 3 * view.turn % len(view.candidates)
        return Action(act="recommend", items=tuple(c.id for c in view.candidates[start : start + 3]), text="")


@pytest.fixture(scope="module")
def engine(tiny_world: World) -> Engine:
    return Engine(tiny_world, EnvConfig(candidates=17, horizon=6), scorers=overlap_scorers(), user=ScriptedUser())


def test_a_trace_adds_up(engine: Engine) -> None:
    for row, trace in enumerate(collect(engine, Cycling(), range(5), 3)):
        assert (trace.session_id, trace.order) == (engine.world.session(row).id, row)
        assert [t.turn for t in trace.turns] == list(range(len(trace.turns)))
        assert trace.total == pytest.approx(sum(t.reward for t in trace.turns))
        assert trace.ending in {"met", "left", "horizon"} and (trace.ending == "met") == (trace.goals_met == trace.goals)
        assert trace.total <= trace.goals  # credit telescopes: at most 1 a goal
        for turn in trace.turns:
            assert len(turn.components) == len(turn.sources) == len(turn.reasons) == len(DIMENSIONS)
            assert all((c is None) == (s == "none") for c, s in zip(turn.components, turn.sources, strict=True))
            assert all(reason for c, reason in zip(turn.components, turn.reasons, strict=True) if c is None)


def test_the_cut_into_calls_changes_nothing(engine: Engine) -> None:
    whole = [encode(t) for t in collect(engine, Cycling(), range(5), 3)]
    parts = [encode(collect(engine, Cycling(), [r], 3, first_order=r)[0]) for r in range(5)]
    assert whole == parts


def test_traces_survive_their_file(engine: Engine, tmp_path: Path) -> None:
    traces = collect(engine, Cycling(), range(5), 3)
    file = tmp_path / "traces.jsonl"
    file.write_bytes(b"".join(map(encode, traces)) + b'{"schema": 1, "torn')
    assert list(read_traces(file)) == traces
    file.write_bytes(b"{}\n")
    with pytest.raises(InputError, match=":1: not a trace"):
        list(read_traces(file))
    with pytest.raises(InputError, match="recenv evaluate"):
        list(read_traces(tmp_path / "none.jsonl"))


def test_replay_reproduces_what_was_played_and_catches_what_was_not(engine: Engine) -> None:
    traces = collect(engine, Cycling(), range(5), 3)
    assert all(v.same for v in verify(engine, traces, chunk=2))
    turn = msgspec.structs.replace(traces[1].turns[0], reward=traces[1].turns[0].reward + 1e-7)
    forged = msgspec.structs.replace(traces[1], turns=(turn, *traces[1].turns[1:]))
    verdict = next(iter(verify(engine, [forged])))
    assert not verdict.same and "turns[0].reward" in verdict.difference


def test_an_agent_that_skips_a_view_is_told_so(engine: Engine) -> None:
    class Lazy:
        name = "lazy"

        def act(self, views: Sequence[AgentView]) -> list[Action]:
            return []

    with pytest.raises(InputError, match="one action a view"):
        collect(engine, Lazy(), [0], 0)


def test_half_a_surrogate_pair_is_refused_before_anything_is_written(engine: Engine) -> None:
    class Torn:
        name = "torn"

        def act(self, views: Sequence[AgentView]) -> list[Action]:
            return [Action(act="ask", text="What \ud83d budget?") for _ in views]

    with pytest.raises(InputError, match=r"'torn' returned an action whose text is no Unicode .* at 5"):
        collect(engine, Torn(), [0], 0)
