"""Every registered agent keeps to the contract; the LLM agent against a loopback server."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from knownscorers import hashed_scorers
from loopback import Reply, loopback

from recenv.baselines import AGENTS, Runtime, make_agent
from recenv.baselines.policy import SlatePolicyAgent
from recenv.data.world import World
from recenv.records import Action, AgentView
from recenv.rollouts.agent import Agent
from recenv.testing import AgentContract
from recenv.testing.agents import contract_views


def obedient(body: dict[str, Any], times: int) -> Reply:
    """A model that recommends the last id listed in its prompt, or says goodbye where none is."""
    ids = re.findall(r'\{"id": "([^"]+)"', body["messages"][0]["content"])
    text = json.dumps({"act": "recommend", "items": ids[-1:], "text": "ok"} if ids else {"act": "end", "text": "bye"})
    return Reply(f"<think>which one?</think>\n```json\n{text}\n```")


class TestRegisteredAgents(AgentContract):
    @pytest.fixture(params=list(AGENTS))
    def agent(self, request: pytest.FixtureRequest, world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Agent]:
        runtime = Runtime(world, seed=3, scorers=hashed_scorers)
        if request.param != "llm":
            yield make_agent(request.param, runtime)
            return
        pytest.importorskip("httpx", reason="the llm agent needs the extra recenv[llm]")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        with loopback(obedient) as server:
            yield make_agent("llm", runtime, base_url=server.base_url, model="m", retries=0)


class _Nearest:
    """Candidates in the order of the sum of their numbers."""

    def predict(self, observation: Mapping[str, np.ndarray]) -> np.ndarray:
        sums = observation["candidates"].reshape(len(observation["candidates"]), 20, -1).sum(2)
        return np.argsort(-sums, axis=1, kind="stable")[:, :3]


class TestPolicyOfNumbers(AgentContract):
    @pytest.fixture
    def agent(self) -> Agent:
        return SlatePolicyAgent(_Nearest(), "nearest")


class Careless:
    """Answers by the number of views, out of what it makes up."""

    name = "careless"

    def act(self, views: Sequence[AgentView]) -> list[Action]:
        return [Action(act="recommend", items=(f"item-{len(views)}",) * 2, text="!") for _ in views]


@pytest.mark.parametrize("test", [
    "test_the_batch_does_not_matter", "test_recommendations_are_of_known_items_once_each_and_fit_the_slate",
    "test_it_copes_when_everything_was_shown",
])
def test_the_contract_finds_what_is_wrong(test: str, tiny_world: World) -> None:
    with pytest.raises(AssertionError):
        getattr(AgentContract(), test)(Careless(), contract_views(tiny_world))


@pytest.mark.parametrize("name", [n for n in AGENTS if n != "llm"])
def test_a_second_agent_of_the_same_run_answers_alike(name: str, tiny_world: World) -> None:
    views = contract_views(tiny_world)
    first, second = (make_agent(name, Runtime(tiny_world, seed=3, scorers=hashed_scorers)) for _ in range(2))
    assert list(first.act(views)) == list(second.act(views))
