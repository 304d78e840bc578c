"""Agents that ask first: when they ask, when they stop, and that it pays where needs are hidden."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from fakes import ScriptedUser
from scenario_worlds import shortened

from recenv.baselines import AGENTS, Runtime, make_agent
from recenv.baselines.asking import AskingAgent
from recenv.data.world import World
from recenv.envs.config import EnvConfig
from recenv.envs.engine import Engine
from recenv.errors import InputError
from recenv.records import Action, AgentView
from recenv.rollouts.collect import collect


class Showing:
    """Shows the first candidates; keeps how many views it was given."""

    name = "showing"

    def __init__(self) -> None:
        self.asked = list[int]()

    def act(self, views: Sequence[AgentView]) -> list[Action]:
        self.asked.append(len(views))
        return [Action(act="recommend", items=tuple(i.id for i in v.candidates[:3])) for v in views]


def acts(world: World, asks: int, **config: object) -> dict[str, list[tuple[int, str, str]]]:
    """By session: goal, act and reaction of each turn."""
    engine = Engine(world, EnvConfig(scorers="rules", horizon=8, **config), user=ScriptedUser())  # type: ignore[arg-type]
    traces = collect(engine, AskingAgent(Showing(), asks), range(world.n_sessions), 3)
    return {t.session_id: [(u.goal, u.action.act, u.reaction.kind) for u in t.turns] for t in traces}


def test_it_asks_while_answers_bring_something_new_and_then_shows(tiny_world: World) -> None:
    """Each goal of the tiny world has one wish to be asked for, or none."""
    found = acts(tiny_world, 3)
    assert found["zh-1"][:3] == [(0, "ask", "answer"), (0, "ask", "indifferent"), (0, "recommend", "reject")]
    assert found["zh-3"][:3] == [(0, "ask", "answer"), (0, "ask", "indifferent"), (0, "recommend", "order")]
    assert all(act == "recommend" for _, act, _ in found["zh-1"][2:])
    assert found["en-1"][:2] == [(0, "ask", "answer"), (0, "ask", "indifferent")]


def test_it_asks_at_most_so_often_a_goal(tiny_world: World) -> None:
    for session, turns in acts(tiny_world, 1).items():
        for goal in {g for g, _, _ in turns}:
            assert [act for g, act, _ in turns if g == goal].count("ask") == 1, session
    with pytest.raises(InputError, match="at least 1"):
        make_agent("ask-bm25", Runtime(tiny_world), asks=0)


def test_it_asks_anew_in_the_next_goal(tiny_world: World) -> None:
    second = [(act, kind) for g, act, kind in acts(tiny_world, 3, slate_size=4)["zh-2"] if g == 1]
    assert not second or second[0] == ("ask", "indifferent")
    both = acts(tiny_world, 3)["en-2"]
    assert [t for t in both if t[0] == 0][:1] == [(0, "ask", "answer")]


def test_the_wrapped_agent_sees_the_views_that_do_not_ask_and_no_others(tiny_world: World) -> None:
    inner = Showing()
    engine = Engine(tiny_world, EnvConfig(scorers="rules", horizon=8), user=ScriptedUser())
    collect(engine, AskingAgent(inner, 1), range(5), 3)
    assert inner.asked[0] == 5  # all ask in the first turn and show in the second
    assert AskingAgent(inner, 1).name == "ask-showing" and {"ask-bm25", "ask-greedy"} <= set(AGENTS)


def test_asking_pays_where_needs_are_hidden(tmp_path_factory: pytest.TempPathFactory) -> None:
    n = 100
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RECENV_CACHE", str(tmp_path_factory.mktemp("cache")))
        engine = shortened("hidden-needs", n)
        met, paid = {}, {}
        for name in ("bm25", "ask-bm25"):
            traces = collect(engine, make_agent(name, Runtime(engine.world, seed=7)), range(n), 7)
            met[name] = np.array([t.goals_met / t.goals for t in traces])
            paid[name] = np.array([t.total for t in traces])
    for kept in (met, paid):
        gain = kept["ask-bm25"] - kept["bm25"]
        assert gain.mean() > 2 * gain.std() / np.sqrt(n), gain.mean()
