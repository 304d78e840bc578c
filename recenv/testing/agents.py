"""What every agent must keep to."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import pytest

from recenv.data.world import World
from recenv.envs.config import EnvConfig
from recenv.envs.engine import Engine
from recenv.records import Action, AgentView
from recenv.rollouts.agent import Agent, ReadsNumbers
from recenv.rollouts.collect import collect
from recenv.rollouts.trace import encode
from recenv.testing.tiny import SESSIONS, build_tiny_world, tiny_view


def contract_views(world: World) -> list[AgentView]:
    """Views of all goals of the tiny world, at several turns, with slates of several sizes and items shown before."""
    views = []
    for session_id, (_, plans) in SESSIONS.items():
        for goal in range(len(plans)):
            first = tiny_view(world, session_id, goal=goal)
            shown = tuple(item.id for item in first.candidates[:2])
            views += [
                first, tiny_view(world, session_id, goal=goal, turn=1, shown=shown),
                tiny_view(world, session_id, goal=goal, turn=2, slate_size=1, shown=shown),
                tiny_view(world, session_id, goal=goal, turn=3, slate_size=50),
            ]
    return views


class AgentContract:
    """Override the fixture ``agent``. An agent that reads numbers (``act_on``) is tried in whole sessions alone."""

    @pytest.fixture
    def agent(self, world: World) -> Agent:
        raise NotImplementedError("a contract test gives its agent in this fixture")

    @pytest.fixture(scope="class")
    @classmethod
    def world(cls, tmp_path_factory: pytest.TempPathFactory) -> World:
        """Seventeen items in four catalogues, five sessions, seven goals."""
        return World(build_tiny_world(tmp_path_factory.mktemp("worlds") / "tiny"))

    @pytest.fixture
    def engine(self, world: World) -> Engine:
        return Engine(world, EnvConfig(user="replay", scorers="rules", horizon=4))

    @pytest.fixture
    def views(self, agent: Agent, world: World) -> list[AgentView]:
        if isinstance(agent, ReadsNumbers):
            pytest.skip("reads numbers: views alone say nothing to it")
        return contract_views(world)

    def test_it_is_an_agent(self, agent: Agent) -> None:
        assert isinstance(agent, Agent)
        assert agent.name

    def test_it_plays_sessions_to_their_end(self, agent: Agent, engine: Engine) -> None:
        for trace in collect(engine, agent, range(engine.world.n_sessions), seed=3):
            assert trace.ending in ("met", "left", "ended", "horizon")
            assert all(-1.0 <= turn.reward <= 1.0 for turn in trace.turns)

    def test_sessions_do_not_depend_on_how_they_are_batched(self, agent: Agent, engine: Engine) -> None:
        rows = range(engine.world.n_sessions)
        together = [encode(trace) for trace in collect(engine, agent, rows, seed=3)]
        assert together == [encode(trace) for row in rows for trace in collect(engine, agent, [row], seed=3, first_order=row)]

    def test_no_views_no_actions(self, agent: Agent, views: list[AgentView]) -> None:
        assert list(agent.act([])) == []

    def test_the_batch_does_not_matter(self, agent: Agent, views: list[AgentView]) -> None:
        alone = [agent.act([view])[0] for view in views]
        assert list(agent.act(views)) == alone
        assert list(agent.act(views[::-1])) == alone[::-1]

    def test_the_same_view_gets_the_same_answer(self, agent: Agent, views: list[AgentView]) -> None:
        assert list(agent.act(views)) == list(agent.act(views))

    def test_recommendations_are_of_known_items_once_each_and_fit_the_slate(self, agent: Agent, views: list[AgentView]) -> None:
        for view, action in zip(views, agent.act(views), strict=True):
            check_action(view, action)

    def test_it_copes_without_candidates(self, agent: Agent, world: World) -> None:
        if isinstance(agent, ReadsNumbers):
            pytest.skip("reads numbers: views alone say nothing to it")
        (action,) = agent.act([tiny_view(world, "zh-1", candidates=())])
        assert action.items == ()

    def test_it_copes_when_everything_was_shown(self, agent: Agent, views: list[AgentView]) -> None:
        stale = [msgspec.structs.replace(view, shown=tuple(item.id for item in view.candidates)) for view in views]
        for view, action in zip(stale, agent.act(stale), strict=True):
            assert set(action.items) <= {item.id for item in view.candidates}

    def test_actions_survive_json(self, agent: Agent, views: list[AgentView]) -> None:
        actions: Sequence[Action] = agent.act(views)
        for action in actions:
            assert msgspec.json.decode(msgspec.json.encode(action), type=Action) == action


def check_action(view: AgentView, action: Action) -> None:
    """Fail where an action is malformed, or recommends what the view does not hold, twice, or too much."""
    known = {item.id for item in (*view.candidates, *view.retrieved)}
    assert action.act != "malformed", action.error
    assert set(action.items) <= known, f"{view.session_id}: not in the view: {set(action.items) - known}"
    assert len(set(action.items)) == len(action.items) <= view.slate_size
    assert action.items or action.act != "recommend"
