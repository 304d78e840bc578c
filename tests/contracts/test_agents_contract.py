"""Every registered agent keeps to the contract; the LLM agent against a loopback server."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from contracts.agent_contract import AgentContract
from knownscorers import hashed_scorers
from loopback import Reply, loopback

from recenv.baselines import AGENTS, Runtime, make_agent
from recenv.data.world import World
from recenv.rollouts.agent import Agent


def obedient(body: dict[str, Any], times: int) -> Reply:
    """A model that recommends the last id listed in its prompt, or says goodbye where none is."""
    ids = re.findall(r'\{"id": "([^"]+)"', body["messages"][0]["content"])
    text = json.dumps({"act": "recommend", "items": ids[-1:], "text": "ok"} if ids else {"act": "end", "text": "bye"})
    return Reply(f"<think>which one?</think>\n```json\n{text}\n```")


class TestRegisteredAgents(AgentContract):
    @pytest.fixture(params=list(AGENTS))
    def agent(self, request: pytest.FixtureRequest, tiny_world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Agent]:
        runtime = Runtime(tiny_world, seed=3, scorers=hashed_scorers)
        if request.param != "llm":
            yield make_agent(request.param, runtime)
            return
        pytest.importorskip("httpx", reason="the llm agent needs the extra recenv[llm]")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        with loopback(obedient) as server:
            yield make_agent("llm", runtime, base_url=server.base_url, model="m", retries=0)


@pytest.mark.parametrize("name", [n for n in AGENTS if n != "llm"])
def test_a_second_agent_of_the_same_run_answers_alike(name: str, tiny_world: World) -> None:
    from contracts.agent_contract import contract_views

    views = contract_views(tiny_world)
    first, second = (make_agent(name, Runtime(tiny_world, seed=3, scorers=hashed_scorers)) for _ in range(2))
    assert list(first.act(views)) == list(second.act(views))
