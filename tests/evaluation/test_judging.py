"""A run that a judge scores: recorded once, then the same bytes without the server, with what the judging took."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from loopback import Reply, completion, loopback

from recenv import rng
from recenv.cli import cli
from recenv.evaluation.judging import JUDGING, judging
from recenv.evaluation.plan import read_plan
from recenv.evaluation.rescore import rescore_run
from recenv.evaluation.run import replay_run, run_evaluation
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rollouts.trace import read_traces

pytest.importorskip("httpx", reason="a judge needs the extra recenv[llm]")
JUDGED = ("query_item_relevance", "item_ranking")


def script(body: dict[str, Any], times: int) -> Reply:
    """Grades drawn from the material."""
    text = body["messages"][1]["content"]
    count = len(re.findall(r"^<<<item \d+ ", text, re.M))
    drawn = [int(rng.integers(5, rng.word(text), n)) for n in range(count + 1)]
    said = {"grades": {str(n): drawn[n] for n in range(1, count + 1)}} if count else {"label": drawn[0]}
    return Reply(body=completion(body, json.dumps({**said, "reason": "drawn"})))


@pytest.fixture
def panel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return tmp_path / "judge.toml"


def write_panel(file: Path, url: str, **more: object) -> str:
    lines = {"model": "m", "base_url": url, "cache": "answers.jsonl", "dimensions": list(JUDGED), "retries": 0, **more}
    file.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in lines.items()), "utf-8")
    return f"judge:{file}"


def test_a_judged_run_is_replayed_rescored_and_accounted_for(panel: Path, tiny_world_path: Path, tmp_path: Path) -> None:
    def run(out: str, chunk: int) -> Path:
        return run_evaluation("mixed", ["random", "bm25"], 5, 3, tmp_path / out, store=tiny_world_path, chunk=chunk,
                              changes={"scorers": name, "candidates": 17})

    with loopback(script) as server:
        name = write_panel(panel, server.base_url)
        first = run("first", 5)
        asked = len(server.bodies)
    assert asked == (panel.parent / "answers.jsonl").read_bytes().count(b"\n") > 0
    traces = list(read_traces(first / "traces.jsonl"))
    turns = [turn for trace in traces for turn in trace.turns]
    for turn in turns:
        costs = turn.judged or {}
        for d, (source, dimension) in enumerate(zip(turn.sources, DIMENSIONS, strict=True)):
            assert (source == "scorer") == (dimension in costs) == (dimension in JUDGED and turn.components[d] is not None)
        if costs:
            assert costs["item_ranking"].calls == 1 and costs["query_item_relevance"].calls == len(set(turn.action.items))
            assert all(c.prompt_tokens == 11 * c.calls and c.latency_s > 0 for c in costs.values())
    assert any(turn.judged for turn in turns)
    # The server is gone: other chunks, the same bytes, latency included.
    again = run("again", 2)
    assert (again / "traces.jsonl").read_bytes() == (first / "traces.jsonl").read_bytes()
    assert (again / JUDGING).read_bytes() == (first / JUDGING).read_bytes()
    assert all(v.same for v in replay_run(first, tiny_world_path))
    assert [s["kind"] for s in read_plan(first).scorers] == ["judge", "judge"]
    sums = judging(traces)
    assert set(sums) == {"random", "bm25"} and set(sums["bm25"]) == set(JUDGED)
    made = rescore_run(first, "rules", tmp_path / "ruled", store=tiny_world_path)
    assert not (made / JUDGING).exists() and all(not t.judged for s in read_traces(made / "traces.jsonl") for t in s.turns)
    back = rescore_run(made, name, tmp_path / "back", store=tiny_world_path)
    assert (back / "traces.jsonl").read_bytes() == (first / "traces.jsonl").read_bytes()


def test_an_absent_judge_leaves_turns_without_a_number(panel: Path, tiny_world_path: Path, tmp_path: Path) -> None:
    name = write_panel(panel, "http://127.0.0.1:9/v1", replay=True)
    out = tmp_path / "run"
    done = CliRunner().invoke(cli, [
        "evaluate", "--store", str(tiny_world_path), "--agents", "bm25", "--sessions", "2", "--scorers", name,
        "--out", str(out), "--audit", "none"])
    assert done.exit_code == 0, done.output
    assert "judged" not in done.output and not (out / JUDGING).exists()
    shown = [turn for trace in read_traces(out / "traces.jsonl") for turn in trace.turns if turn.action.act == "recommend"]
    at = list(DIMENSIONS).index("item_ranking")
    assert shown and all(t.components[at] is None and "not in the cache" in t.reasons[at] and t.value == 0 for t in shown)


def test_the_command_line_says_what_judging_took(panel: Path, tiny_world_path: Path, tmp_path: Path) -> None:
    with loopback(script) as server:
        name = write_panel(panel, server.base_url)
        done = CliRunner().invoke(cli, [
            "evaluate", "--store", str(tiny_world_path), "--agents", "bm25", "--sessions", "2", "--scorers", name,
            "--out", str(tmp_path / "run"), "--audit", "none"])
    assert done.exit_code == 0, done.output
    assert re.search(r"bm25 +query_item_relevance +\d+ +\d+ +\d+ +\d", done.output)
