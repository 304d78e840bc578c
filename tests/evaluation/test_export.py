"""Rows of a run: they add up to the leaderboard, show what the environments show, and hold what docs/export.md says."""

from __future__ import annotations

import json
import re
from itertools import combinations, groupby
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from click.testing import CliRunner
from scenario_worlds import A_DOZEN

import recenv
from recenv.cli import cli
from recenv.errors import InputError, UnknownName
from recenv.evaluation.export.dialogues import Dialogue
from recenv.evaluation.export.groups import Rollout, advantages
from recenv.evaluation.export.preferences import Preference
from recenv.evaluation.export.transitions import Transition
from recenv.evaluation.export.write import export_run
from recenv.evaluation.folder import open_run
from recenv.evaluation.plan import TRACES
from recenv.evaluation.run import run_evaluation
from recenv.journal import line_of
from recenv.measures.intervals import mean_intervals
from recenv.rewards.dimensions import DIMENSIONS

AGENTS = ("random", "bm25", "ask-bm25")
ROWS = {"transitions": Transition, "sft": Dialogue, "preferences": Preference, "grpo": Rollout}
DOCS = Path(__file__).parents[2] / "docs" / "export.md"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RECENV_CACHE", str(folder / "cache"))
        (folder / "small.toml").write_text(A_DOZEN)
        run_evaluation(str(folder / "small.toml"), AGENTS, 12, 3, folder / "run", changes={"scorers": "rules"})
        yield folder


@pytest.fixture(scope="module")
def rows(home: Path) -> dict[str, list[dict[str, Any]]]:
    made = {}
    for form in ROWS:
        export_run(home / "run", form, home / f"{form}.jsonl")
        made[form] = [json.loads(line) for line in (home / f"{form}.jsonl").read_text().splitlines()]
    return made


def test_rewards_add_up_to_the_leaderboard_to_the_last_digit(home: Path, rows: dict[str, list[dict[str, Any]]]) -> None:
    run = open_run(home / "run")
    board = {row.agent: row for row in run.leaderboard().rows}
    for agent, mine in groupby(rows["transitions"], lambda r: r["agent"]):
        sessions = [list(turns) for _, turns in groupby(mine, lambda r: r["order"])]
        returns = np.array([[sum(t["reward"] for t in turns)] for turns in sessions])
        rules = [[v for t in turns if (v := t["components"]["instruction_following"]) is not None] for turns in sessions]
        followed = np.array([[sum(values) / len(values) if values else np.nan] for values in rules])
        users, seed = [turns[0]["user_id"] for turns in sessions], run.plan.seed
        assert mean_intervals(returns, users, seed)[0] == board[agent].metrics["return"]
        assert mean_intervals(followed, users, seed)[0].mean == board[agent].metrics["instruction_following"].mean
    for r in rows["grpo"]:
        assert sum(v for v in r["rewards"] if v is not None) == r["session_return"]
    assert {(r["agent"], r["order"], r["session_return"]) for r in rows["sft"]} == {
        (t.agent, t.order, t.total) for t in run.traces()}


def test_observations_are_those_of_the_slate_environment(home: Path, rows: dict[str, list[dict[str, Any]]]) -> None:
    env = recenv.make("Slate", scenario=str(home / "small.toml"), scorers="rules")
    played = 0
    for _, mine in groupby(rows["transitions"], lambda r: (r["agent"], r["order"])):
        turns = list(mine)
        if {t["act"] for t in turns} != {"recommend"}:
            continue
        seen, _ = env.reset(seed=turns[0]["seed"], options={"session": turns[0]["session_id"]})
        for t in turns:
            assert seen["candidates"].tolist() == t["candidates"] and seen["session"].tolist() == t["session"]
            numbers = [*t["numbers"], *[t["numbers"][-1]] * (3 - len(t["numbers"]))]
            seen, _, terminated, truncated, info = env.step(np.array(numbers))
            assert seen["candidates"].tolist() == t["next_candidates"] and seen["session"].tolist() == t["next_session"]
            assert (terminated, truncated, info["reaction"]) == (t["terminated"], t["truncated"], t["reaction"])
            played += 1
    assert played > 20


def test_prompts_are_what_the_chat_environment_shows(home: Path, rows: dict[str, list[dict[str, Any]]]) -> None:
    env = recenv.make("Chat", scenario=str(home / "small.toml"), scorers="rules")
    for _, mine in groupby(rows["sft"], lambda r: (r["agent"], r["order"])):
        turns = list(mine)
        seen, _ = env.reset(seed=turns[0]["seed"], options={"session": turns[0]["session_id"]})
        for t in turns:
            assert seen == "\n\n".join(f"[{m['role']}]\n{m['content']}" for m in t["prompt"])
            seen, reward, *_ = env.step(t["completion"][0]["content"])
            assert reward == t["reward"]
            authors = [m["role"] == "assistant" for m in (*t["prompt"], *t["completion"])]
            assert t["by_agent"] == authors and t["mask"] == [0] * len(t["prompt"]) + [1] and sum(authors) == t["turn"] + 1
    assert {"ask", "recommend"} == {r["act"] for r in rows["sft"]}


def test_missing_is_null_with_a_reason(rows: dict[str, list[dict[str, Any]]]) -> None:
    for r in rows["transitions"]:
        assert list(r["components"]) == list(DIMENSIONS) == list(r["sources"]) == list(r["reasons"])
        for name, value in r["components"].items():
            assert (value is None) == (r["sources"][name] == "none") and (value is not None or r["reasons"][name])
    assert any(r["components"]["item_ranking"] is None for r in rows["transitions"])  # rules alone judge no order


def test_pairs_share_a_prompt_and_the_better_one_earned_more(home: Path, rows: dict[str, list[dict[str, Any]]]) -> None:
    done = export_run(home / "run", "preferences", home / "again.jsonl", chunk=1)
    assert done.rows + sum(done.left_out.values()) == 12 * len(list(combinations(AGENTS, 2)))
    said = {(r["agent"], r["order"], r["turn"]): r for r in rows["sft"]}
    for r in rows["preferences"]:
        good, bad = (said[r[f"{side}_agent"], r["order"], r["turn"]] for side in ("chosen", "rejected"))
        assert good["prompt"] == bad["prompt"] == r["prompt"]
        assert (good["completion"], bad["completion"]) == (r["chosen"], r["rejected"]) and r["chosen"] != r["rejected"]
        assert r["margin"] == good["session_return"] - bad["session_return"] > 0
        assert (good["reward"], bad["components"]) == (r["chosen_reward"], r["rejected_components"])


def test_rollouts_of_a_session_start_alike(rows: dict[str, list[dict[str, Any]]]) -> None:
    turns = {(r["agent"], r["order"]): r["turn"] + 1 for r in rows["sft"]}  # of the last row, which is the last turn
    for _, mine in groupby(rows["grpo"], lambda r: r["session_id"]):
        group = list(mine)
        assert [r["agent"] for r in group] == list(AGENTS) and len({json.dumps(r["prompt"]) for r in group}) == 1
        assert [r["advantage"] for r in group] == advantages([r["session_return"] for r in group])
        for r in group:
            assert len(r["messages"]) == len(r["mask"]) == len(r["rewards"]) == len(r["components"])
            assert sum(r["mask"]) == turns[r["agent"], r["order"]]
            for message, mask, reward, named in zip(r["messages"], r["mask"], r["rewards"], r["components"], strict=True):
                assert mask == (message["role"] == "assistant") == (reward is not None) == (named is not None)
    assert advantages([1.0]) == [None] and advantages([0.5, 0.5]) == [0.0, 0.0]
    assert advantages([1.0, 0.0]) == pytest.approx([0.5 / (0.5**0.5 + 1e-4), -0.5 / (0.5**0.5 + 1e-4)])


def test_chunks_change_nothing_and_agents_can_be_chosen(home: Path) -> None:
    for form in ROWS:
        export_run(home / "run", form, home / f"chunked.{form}", chunk=5)
        assert (home / f"chunked.{form}").read_bytes() == (home / f"{form}.jsonl").read_bytes()
    some = CliRunner().invoke(cli, [
        "export", str(home / "run"), "--format", "grpo", "--agents", "bm25", "--out", str(home / "some.jsonl")])
    assert some.exit_code == 0, some.output
    mine = [json.loads(line) for line in (home / "some.jsonl").read_text().splitlines()]
    assert f"12 rows: {home / 'some.jsonl'}" in some.output and {(r["agent"], r["advantage"]) for r in mine} == {("bm25", None)}


def test_what_cannot_be_exported_leaves_nothing(home: Path, tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("mine")
    for form, out, options, error, words in (
        ("sft", taken, {}, InputError, "exists already"), ("sfd", tmp_path / "a", {}, UnknownName, "sft"),
        ("sft", tmp_path / "a", {"agents": ["bm26"]}, UnknownName, "bm25")):
        with pytest.raises(error, match=words):
            export_run(home / "run", form, out, **options)
    torn = tmp_path / "torn"
    torn.mkdir()
    lines = (home / "run" / TRACES).read_bytes().splitlines(keepends=True)
    (torn / "manifest.json").write_bytes((home / "run" / "manifest.json").read_bytes())
    (torn / TRACES).write_bytes(b"".join(lines[:-1]))
    for form in ("transitions", "grpo"):
        with pytest.raises(InputError, match="has played 11 of 12 sessions"):
            export_run(torn, form, tmp_path / "b")
    changed = json.loads(lines[0])
    changed["turns"][0]["reaction"]["text"] += "!"
    (torn / TRACES).write_bytes(line_of({k: v for k, v in changed.items() if k != "seal"}) + b"".join(lines[1:]))
    with pytest.raises(InputError, match="does not go as it was recorded: the user answers turn 1 otherwise"):
        export_run(torn, "sft", tmp_path / "c")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["taken", "torn"] and taken.read_text() == "mine"


@pytest.mark.parametrize("form", ROWS)
def test_every_column_is_documented_and_no_other(form: str) -> None:
    text = DOCS.read_text()
    part = next(p for p in re.split(r"^## ", text, flags=re.M) if p.partition("\n")[0].split(",")[0] == form)
    named = set(re.findall(r"`(\w+)`", part.split(" as above")[0]))
    for line in re.findall(r"^\| (`.*?`) \|", part, flags=re.M):
        named |= set(re.findall(r"`(\w+)`", line))
    assert named == {f.name for f in msgspec.structs.fields(ROWS[form])}
