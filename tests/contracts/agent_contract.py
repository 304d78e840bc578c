"""What every agent must keep to. For an agent of your own:

    class TestMine(AgentContract):
        @pytest.fixture
        def agent(self, tiny_world): return MyAgent(tiny_world)
"""

from __future__ import annotations

import msgspec
import pytest
from worlds import SESSIONS, tiny_view

from recenv.data.world import World
from recenv.records import Action, AgentView
from recenv.rollouts.agent import Agent


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
    """Override the fixture ``agent``."""

    @pytest.fixture
    def agent(self) -> Agent:
        raise NotImplementedError("a contract test gives its agent in this fixture")

    @pytest.fixture
    def views(self, tiny_world: World) -> list[AgentView]:
        return contract_views(tiny_world)

    def test_it_is_an_agent(self, agent: Agent) -> None:
        assert isinstance(agent, Agent)
        assert agent.name

    def test_no_views_no_actions(self, agent: Agent) -> None:
        assert list(agent.act([])) == []

    def test_the_batch_does_not_matter(self, agent: Agent, views: list[AgentView]) -> None:
        alone = [agent.act([view])[0] for view in views]
        assert list(agent.act(views)) == alone
        assert list(agent.act(views[::-1])) == alone[::-1]

    def test_the_same_view_gets_the_same_answer(self, agent: Agent, views: list[AgentView]) -> None:
        assert list(agent.act(views)) == list(agent.act(views))

    def test_recommendations_are_of_known_items_once_each_and_fit_the_slate(self, agent: Agent, views: list[AgentView]) -> None:
        for view, action in zip(views, agent.act(views), strict=True):
            known = {item.id for item in (*view.candidates, *view.retrieved)}
            assert set(action.items) <= known
            assert len(set(action.items)) == len(action.items) <= view.slate_size
            assert action.act != "malformed", action.error
            if action.act == "recommend":
                assert action.items

    def test_it_copes_without_candidates(self, agent: Agent, tiny_world: World) -> None:
        view = tiny_view(tiny_world, "zh-1", candidates=())
        (action,) = agent.act([view])
        assert action.items == ()

    def test_it_copes_when_everything_was_shown(self, agent: Agent, views: list[AgentView]) -> None:
        stale = [msgspec.structs.replace(view, shown=tuple(item.id for item in view.candidates)) for view in views]
        for view, action in zip(stale, agent.act(stale), strict=True):
            assert set(action.items) <= {item.id for item in view.candidates}

    def test_actions_survive_json(self, agent: Agent, views: list[AgentView]) -> None:
        for action in agent.act(views):
            assert msgspec.json.decode(msgspec.json.encode(action), type=Action) == action
