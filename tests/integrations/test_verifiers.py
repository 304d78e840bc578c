"""verifiers: rollouts of its own harness against a model server on the loopback."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from loopback import Reply, loopback

from recenv.integrations.acting import Acting
from recenv.rewards.dimensions import DIMENSIONS

pytest.importorskip("verifiers.v1")
pytestmark = [pytest.mark.integrations, pytest.mark.filterwarnings("default")]
OPTIONS = {"scenario": "mixed", "scorers": "rules"}
MODULE = 'from recenv.integrations.verifiers import RecenvEnv, RecenvTaskset\n__all__ = ["RecenvEnv", "RecenvTaskset"]\n'


def model(body: dict[str, Any], times: int) -> Reply:
    """Recommends the listed candidates three by three, as a stream."""
    ids = re.findall(r'^\{"id": "([^"]+)"', body["messages"][0]["content"], flags=re.M)
    turn = sum(m["role"] == "assistant" for m in body["messages"])
    text = json.dumps({"act": "recommend", "items": ids[3 * turn:3 * turn + 3], "text": "OK"})
    chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": body["model"]}
    parts = [
        {**chunk, "choices": [{"index": 0, "delta": {"role": "assistant", "content": text}, "finish_reason": None}]},
        {**chunk, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
        {**chunk, "choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 5, "total_tokens": 14}}]
    stream = "".join(f"data: {json.dumps(part)}\n\n" for part in parts) + "data: [DONE]\n\n"
    return Reply(body=stream.encode(), headers=(("Content-Type", "text/event-stream"),))


def rollouts(url: str, tasks: int, times: int) -> list[Any]:
    import verifiers.v1 as vf
    from verifiers.v1.clients import ModelContext
    from verifiers.v1.configs.client import EvalClientConfig
    from verifiers.v1.utils.loaders import load_environment

    from recenv.integrations.verifiers import RecenvEnvConfig

    env = load_environment(RecenvEnvConfig(
        taskset={"id": "recenv_sessions", "tasks": tasks, "options": OPTIONS},
        recommender={"harness": {"id": "null"}, "runtime": {"type": "subprocess"}}))
    context = ModelContext(client=EvalClientConfig(base_url=url, api_key_var="NO_KEY"), model="m", sampling=vf.SamplingConfig())

    async def play() -> list[Any]:
        async with env.serving():
            return [await env.run_slot(slot, context) for task in env.taskset for slot in env.slots(task, times)]

    return asyncio.run(play())


@pytest.fixture(autouse=True)
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "recenv_sessions.py").write_text(MODULE)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")  # for uv


def test_a_rollout_is_scored_as_the_session_was_played() -> None:
    with loopback(model) as server:
        episodes = rollouts(server.base_url, tasks=3, times=2)
    assert len(episodes) == 6 and all(episode.ok for episode in episodes)
    found = [episode.traces[0] for episode in episodes]
    for one, again in zip(found[::2], found[1::2], strict=True):  # a task starts alike
        assert one.info["recenv"] == again.info["recenv"] and one.info["recenv"]["rewards"]
    for trace in found:
        acting = Acting(tools=False, **OPTIONS)
        briefing = acting.open(trace.task.data.seed, trace.task.data.session_id)
        ids = re.findall(r'^\{"id": "([^"]+)"', briefing[0]["content"], flags=re.M)
        while not acting.over:
            turn = len(acting.rewards)
            acting.say(json.dumps({"act": "recommend", "items": ids[3 * turn:3 * turn + 3], "text": "OK"}))
        assert trace.info["recenv"] == {"ending": acting.ending, "rewards": acting.rewards, "components": acting.components}
        assert (trace.rewards["session_return"].score, trace.metrics["needs_met"]) == (acting.total, acting.needs_met)
        assert {name for name in DIMENSIONS if name in trace.metrics} == {n for n in DIMENSIONS if acting.mean(n) is not None}


def test_a_server_that_is_down_is_no_result() -> None:
    with loopback(lambda body, times: Reply(status=400, body=b'{"error": {"message": "no"}}')) as server:
        episode, = rollouts(server.base_url, tasks=1, times=1)
    assert not episode.ok and "session_return" not in episode.traces[0].rewards
