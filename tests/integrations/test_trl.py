"""TRL: a tiny model trained by GRPO through tool calls, and what a session is to it."""

from __future__ import annotations

import inspect
import math
from pathlib import Path
from typing import Any

import pytest

from recenv.envs.act_tools import act_tools
from recenv.rewards.dimensions import DIMENSIONS

pytest.importorskip("trl")
pytestmark = [pytest.mark.integrations, pytest.mark.filterwarnings("default")]
SMALL: dict[str, Any] = {"scenario": "mixed", "scorers": "rules", "candidates": 4, "slate_size": 1, "horizon": 3}


def test_tools_are_the_acts() -> None:
    from transformers.utils import get_json_schema

    from recenv.integrations.trl import Session

    methods = dict(inspect.getmembers(Session(**SMALL), inspect.ismethod))
    tools = {name: method for name, method in methods.items() if name[0] != "_" and name != "reset"}
    expected = {tool["function"]["name"]: tool["function"] for tool in act_tools()}
    assert tools.keys() == expected.keys()
    for name, method in tools.items():
        made, ours = get_json_schema(method)["function"], expected[name]
        assert made["parameters"]["properties"].keys() == ours["parameters"]["properties"].keys()
        assert made["parameters"].get("required", []) == ours["parameters"]["required"]
        assert made["description"] == ours["description"]


def test_rollouts_of_a_task_start_alike_and_missing_is_none() -> None:
    from recenv.integrations.trl import rewards, sessions, tasks

    row = tasks(3, seed=3, **SMALL)[1]
    pair = [sessions(**SMALL)() for _ in range(2)]
    for session in pair:
        session.reset(**row)
    assert pair[0].ask("什么价位？") == pair[1].ask("什么价位？") and row["seed"] == 4
    assert pair[0].recommend("no list", "OK").startswith(pair[0]._acting._env.batch.messages(0)[-1]["content"])
    assert "malformed" in {spoken.action.act for spoken in pair[0]._acting._env.batch.log.spoken[0]}  # it cost the turn
    assert pair[1].end() and pair[1].ask("?") == "(the session is over)"
    named = {function.__name__: function(environments=pair) for function in rewards()}
    assert list(named) == ["session_return", *DIMENSIONS] and named["session_return"] == [0.0, 0.0]
    assert named["item_ranking"] == [None, None] and named["instruction_following"][0] == 0.5  # followed once, malformed once


def test_grpo_takes_five_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRL_EXPERIMENTAL_SILENCE", "1")
    import torch
    from tinymodel import model_that_calls, tokenizer_of
    from transformers.utils import get_json_schema
    from trl import GRPOConfig, GRPOTrainer
    from trl.chat_template_utils import qwen2_5_chat_template

    from recenv.integrations.trl import Session, rewards, sessions, tasks

    torch.set_num_threads(1)  # so small a model only waits for others
    data = tasks(1, seed=SEED, **SMALL)
    row, session = data[0], Session(**SMALL)
    session.reset(**row)
    ids = [item.id for item in session._acting._view.candidates]
    dialogues, returns = [], []
    for item in ids:
        session.reset(**row)
        answer = session.recommend([item], "OK")
        returns.append(session._acting.total)
        dialogues += [
            [*row["prompt"], _call(item)],
            *([*row["prompt"], _call(item), {"role": "tool", "name": "recommend", "content": answer}, _call(i)] for i in ids)]
    assert max(returns) > min(returns)  # there is something to learn
    tools = [get_json_schema(getattr(session, tool["function"]["name"])) for tool in act_tools()]
    tokenizer = tokenizer_of([str(row["prompt"])], qwen2_5_chat_template)
    trainer = GRPOTrainer(
        model_that_calls(tokenizer, dialogues, tools), reward_funcs=rewards(), train_dataset=data, processing_class=tokenizer,
        environment_factory=sessions(**SMALL), args=GRPOConfig(
            output_dir=str(tmp_path), max_steps=5, per_device_train_batch_size=8, num_generations=8, max_completion_length=192,
            max_tool_calling_iterations=3, logging_steps=1, report_to="none", use_cpu=True, save_strategy="no", seed=7,
            learning_rate=1e-4, reward_weights=[1.0, *[0.0] * len(DIMENSIONS)], disable_tqdm=True))
    trainer.train()
    steps = [entry for entry in trainer.state.log_history if "loss" in entry]
    assert len(steps) == 5 and all(math.isfinite(entry["loss"]) for entry in steps)
    assert sum(entry["tools/call_frequency"] for entry in steps) / 5 > 0.5  # sessions were played
    assert max(entry["grad_norm"] for entry in steps) > 0 and max(entry["reward_std"] for entry in steps) > 0
    assert all(entry["rewards/item_ranking/mean"] is None for entry in steps)  # which rules alone do not judge


def _call(item: str) -> dict[str, Any]:
    arguments = {"items": [item], "text": "OK"}
    return {"role": "assistant", "content": "", "tool_calls": [
        {"type": "function", "function": {"name": "recommend", "arguments": arguments}}]}


SEED = 13
"""Draws a session of which some candidate, and not each, meets the need."""
