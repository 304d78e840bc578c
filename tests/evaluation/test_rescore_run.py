"""Rescoring a run folder: the same sessions, other rewards, and a manifest that says which is which."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner
from five import IR
from known_families import Home, make_home

from recenv.cli import cli
from recenv.errors import InputError, UnknownName
from recenv.evaluation.folder import open_run
from recenv.evaluation.leaderboard import build_leaderboard
from recenv.evaluation.plan import TRACES, RunPlan, read_plan, write_plan
from recenv.evaluation.repeats import build_repeated, format_repeated, repeat_folders
from recenv.evaluation.report import write_report
from recenv.evaluation.rescore import columns_text, rescore_run, unpaid
from recenv.evaluation.run import replay_run, run_evaluation
from recenv.evaluation.verify import verify_path
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rollouts.trace import SessionTrace, read_traces

AGENTS = ("greedy", "random")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    with pytest.MonkeyPatch.context() as patch:
        yield make_home(tmp_path_factory.mktemp("home"), patch)


@pytest.fixture(scope="module")
def run(home: Home) -> Path:
    return run_evaluation(home.scenario, AGENTS, 8, 3, home.folder / "run", changes={"scorers": home.name("first")},
                          command="recenv evaluate --scenario known")


@pytest.fixture(scope="module")
def other(home: Home, run: Path) -> Path:
    return rescore_run(run, home.name("second"), home.folder / "other", reward="weighted-sum")


def traces(run: Path) -> list[SessionTrace]:
    return list(read_traces(run / TRACES))


def test_the_same_scorers_reproduce_the_run_to_the_bit(home: Home, run: Path, tmp_path: Path) -> None:
    again = rescore_run(run, home.name("first"), tmp_path / "again", chunk=3)
    assert (again / TRACES).read_bytes() == (run / TRACES).read_bytes()
    before, after = read_plan(run), read_plan(again)
    assert (after.scorers, after.reward, after.env) == (before.scorers, before.reward, before.env)


def test_the_manifest_says_which_scorer_made_each_column_and_by_what_the_agents_acted(home: Home, run: Path, other: Path) -> None:
    before, after = read_plan(run), read_plan(other)
    assert [(s["dimension"], s["name"], s["fingerprint"]) for s in after.scorers] == [
        (d, f"second/{d}", "of second") for d in DIMENSIONS]
    assert (after.env["scorers"], after.env["reward"], after.reward["name"]) == (home.name("second"), *["weighted-sum"] * 2)
    assert after.played is not None and after.played.scorers == before.scorers and after.played.reward == before.reward
    assert (after.played.command, after.command) == (
        before.command, f"recenv rescore RUN --scorers {home.name('second')} --reward weighted-sum")
    assert (after.sessions, after.agents, after.seed, after.store) == (before.sessions, before.agents, before.seed, before.store)
    lines = columns_text(other).splitlines()
    assert all(f"second/{d}  of second" in line for d, line in zip(DIMENSIONS, lines, strict=True))


def test_scores_change_and_the_sessions_do_not(run: Path, other: Path) -> None:
    for old, new in zip(traces(run), traces(other), strict=True):
        assert [(t.action, t.reaction, t.said, t.gold) for t in new.turns] == [
            (t.action, t.reaction, t.said, t.gold) for t in old.turns]
        assert (new.ending, new.goals_met) == (old.ending, old.goals_met)
    assert [t.total for t in traces(run)] != [t.total for t in traces(other)]


@pytest.mark.usefixtures("undrawn")
def test_a_rescored_run_is_a_run_like_any_other(run: Path, other: Path, tmp_path: Path) -> None:
    assert all(v.same for v in replay_run(other))
    board = build_leaderboard(other)
    assert board.rescored and {r.agent for r in board.rows} == set(AGENTS)
    assert open_run(other).trace(read_plan(other).session_ids[0], "greedy").plot().axes
    page = write_report(other).read_text()
    for word in ("Rescored", "Scorers when the agents acted", "second/item_ranking", "first/item_ranking", "of second",
                 "of first", "recenv evaluate --scenario known --out runs/played", "recenv rescore runs/played --scorers"):
        assert word in page, word


def test_a_constant_scorer_gives_the_known_return(home: Home, run: Path, tmp_path: Path) -> None:
    """Every item is worth 0.5 in four dimensions, and in a list of equals none is better: (4 x 0.5 + 1) / 5 = 0.6. So each goal
    with a slate that no rule failed pays 0.1 x 0.6, and 0.9 more where the need was met."""
    made = rescore_run(run, home.name("third"), tmp_path / "third", reward="weighted-sum")
    clean = [t for t in traces(made) if all(s != "rule" for u in t.turns for s in u.sources)]
    assert clean
    for trace in clean:
        goals = {t.goal for t in trace.turns if t.action.act == "recommend"}
        assert trace.total == pytest.approx(0.1 * 0.6 * len(goals) + 0.9 * trace.goals_met, abs=1e-6)
    judged = [(d, c) for t in traces(made) for u in t.turns for d, (c, s) in enumerate(zip(u.components, u.sources, strict=True))
              if s == "scorer"]
    assert judged and {c for d, c in judged if d != IR} == {0.5} and {c for d, c in judged if d == IR} == {1.0}


def test_a_dimension_without_a_scorer_is_missing_and_named(home: Home, run: Path, tmp_path: Path) -> None:
    made = rescore_run(run, home.name("partial"), tmp_path / "partial")
    text = columns_text(made)
    assert "query_item_relevance     partial/query_item_relevance  of partial" in text and "worth 0" not in text
    assert text.count("no scorer: missing where no rule decides") == 4
    rules = rescore_run(run, "rules", tmp_path / "rules")
    assert "every turn is worth 0 and only needs that are met pay" in columns_text(rules)
    assert unpaid(rules) and not unpaid(made)
    assert all(t.total == pytest.approx(0.9 * t.goals_met) for t in traces(rules))
    assert read_plan(rules).scorers[0]["dimension"] == next(iter(DIMENSIONS))


def test_rescoring_twice_keeps_what_the_agents_acted_by(home: Home, run: Path, other: Path, tmp_path: Path) -> None:
    back = rescore_run(other, home.name("first"), tmp_path / "back", reward=read_plan(run).reward["name"])
    assert (back / TRACES).read_bytes() == (run / TRACES).read_bytes()
    played = read_plan(back).played
    assert played is not None and played.scorers == read_plan(run).scorers and played.command == read_plan(run).command


def test_no_agent_is_built(home: Home, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("an agent was built")

    monkeypatch.setattr("recenv.baselines.make_agent", refuse)
    monkeypatch.setattr("recenv.evaluation.run.open_agent", refuse)
    rescore_run(run, home.name("second"), tmp_path / "out")
    code = ("import sys, recenv.evaluation.rescore\n"
            "assert not {'torch', 'matplotlib', 'recenv.baselines'} & sys.modules.keys()")
    subprocess.run([sys.executable, "-c", code], check=True)


def test_rows_of_many_sessions_share_a_call(home: Home, run: Path, tmp_path: Path) -> None:
    scorer = home.families["second"]["item_ranking"]
    scorer.calls.clear()
    rescore_run(run, home.name("second"), tmp_path / "out")
    assert scorer.calls[0] == 8 and len(scorer.calls) <= 2 * 5 + 2  # all sessions at once; a call a turn and agent; the ceiling


@pytest.fixture(scope="module")
def whole(home: Home, run: Path) -> tuple[Path, int]:
    """The run rescored two sessions at a time, and how often the scorer was called."""
    scorer = home.families["second"]["query_item_relevance"]
    scorer.calls.clear()
    return rescore_run(run, home.name("second"), home.folder / "whole", chunk=2), len(scorer.calls)


@pytest.mark.parametrize("most", [0, 1, 3, 6])
def test_an_interrupted_rescoring_leaves_nothing_and_goes_on(
    home: Home, run: Path, whole: tuple[Path, int], tmp_path: Path, most: int
) -> None:
    scorer, out = home.families["second"]["query_item_relevance"], tmp_path / "out"
    expected, calls = whole
    scorer.calls.clear()
    scorer.most = most
    try:
        with pytest.raises(KeyboardInterrupt):
            rescore_run(run, home.name("second"), out, chunk=2)
    finally:
        scorer.most = 10**9
    assert not out.exists()
    rescore_run(run, home.name("second"), out, chunk=2)
    assert {f.name: f.read_bytes() for f in out.iterdir()} == {f.name: f.read_bytes() for f in expected.iterdir()}
    assert len(scorer.calls) - most < calls + (most < 6)  # six calls finish two sessions at least: these are not scored again
    assert [f.name for f in tmp_path.iterdir()] == ["out"]


def test_what_another_rescoring_left_behind_is_not_taken_over(home: Home, run: Path, tmp_path: Path) -> None:
    home.families["third"]["item_ranking"].most = 0
    try:
        with pytest.raises(KeyboardInterrupt):
            rescore_run(run, home.name("third"), tmp_path / "out", chunk=2)
    finally:
        home.families["third"]["item_ranking"].most = 10**9
    assert (tmp_path / ".out.partial").is_dir()
    made = rescore_run(run, home.name("second"), tmp_path / "out")
    assert read_plan(made).scorers[0]["fingerprint"] == "of second" and not (tmp_path / ".out.partial").exists()


def test_what_cannot_be_rescored_is_answered_and_nothing_written(home: Home, run: Path, tmp_path: Path) -> None:
    second, out = home.name("second"), tmp_path / "out"
    copy = tmp_path / "copy"
    copy.mkdir()
    plan, lines = read_plan(run), (run / TRACES).read_bytes().splitlines(keepends=True)

    def spoiled(manifest: RunPlan = plan, kept: int = 16) -> Path:
        write_plan(manifest, copy)
        (copy / TRACES).write_bytes(b"".join(lines[:kept]))
        return copy

    replace = msgspec.structs.replace
    cases: list[tuple[Path, str, str | None, type[Exception], str]] = [
        (tmp_path, second, None, InputError, "no run at"),
        (spoiled(), "nonsense", None, InputError, "unknown scorers 'nonsense'.*fast, thorough, audit, rules, a folder"),
        (spoiled(), second, "gated-men", UnknownName, "gated-mean"),
        (run, second, None, InputError, "exists already"),
    ]
    for source, scorers, reward, error, message in cases:
        with pytest.raises(error, match=message):
            rescore_run(source, scorers, tmp_path / "copy" if "exists" in message else out, reward=reward)
    for manifest, kept, message in (
        (replace(plan, store="f" * 64), 16, "the world's fingerprint differs"),
        (replace(plan, scenario=replace(plan.scenario, hash="0")), 16, "the scenario differs"),
        (replace(plan, scenario=replace(plan.scenario, definition={})), 16, "does not define a scenario"),
        (replace(plan, reward={"name": "x"}), 16, "no reward spec of this version"),
        (replace(plan, env={"horizon": "x"}), 16, "no rules of this version"),
        (plan, 11, "not finished: session 4 of 8 of agent 'random' is missing"),
    ):
        with pytest.raises(InputError, match=message):
            rescore_run(spoiled(manifest, kept), second, out)
    (copy / TRACES).unlink()
    with pytest.raises(InputError, match="no traces at"):
        rescore_run(copy, second, out)
    assert not out.exists()


def test_the_command(home: Home, run: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    told = CliRunner().invoke(cli, ["rescore", str(run), "--scorers", home.name("second"), "--out", str(out)])
    assert told.exit_code == 0, told.output
    for word in ("mean return", "rescored by second", "item_ranking             second/item_ranking  of second", str(out)):
        assert word in told.output, word
    assert json.loads((out / "leaderboard.json").read_bytes())["rescored"] is True


def test_repeats_are_audited_and_rescored_as_the_run_is(home: Home, tmp_path: Path) -> None:
    run = run_evaluation(home.scenario, ["random"], 4, 3, tmp_path / "run", changes={"scorers": home.name("first")}, repeats=2,
                         audit=home.name("second"))
    audits = [read_plan(folder / "audit") for folder in repeat_folders(run)]
    assert [p.repeat for p in audits] == [1, 2]
    row, = build_repeated(run).rows
    judged = [t.total for folder in repeat_folders(run) for t in traces(folder / "audit")]
    assert row.audited is not None and row.audited.mean == pytest.approx(sum(judged) / 8)
    assert "by the second family" in format_repeated(build_repeated(run)) and not verify_path(run).wrong
    again = rescore_run(run, home.name("second"), tmp_path / "again")
    for mine, theirs in zip(repeat_folders(again), repeat_folders(run), strict=True):
        assert (mine / TRACES).read_bytes() == (theirs / "audit" / TRACES).read_bytes()
    assert build_repeated(again).rows[0].returns == row.audited
    file = run / "repeats" / "2" / TRACES
    file.write_bytes(file.read_bytes().replace(b'"turn":0', b'"turn":9', 1))
    assert any(wrong.startswith("repeats/2: ") for wrong in verify_path(run).wrong)


@pytest.mark.parametrize(("lost", "said"), [
    ("repeats/2", "repeats/2 is missing"), ("repeats", "repeats/2 is missing"), ("sessions.jsonl", "sessions.jsonl is missing"),
    ("leaderboard.json", "leaderboard.json is missing"), ("ceiling.json", "ceiling.json is missing"),
    ("audit", "audit is missing"),
    ("repeats/2/audit", "repeats/2: audit is missing"),
])
def test_verify_names_what_a_finished_run_has_lost(home: Home, tmp_path: Path, lost: str, said: str) -> None:
    run = run_evaluation(home.scenario, ["random"], 4, 3, tmp_path / "run", changes={"scorers": home.name("first")}, repeats=2,
                         audit=home.name("second"))
    assert not verify_path(run).wrong and verify_path(run).found.endswith("2 times each")
    assert "seed 3, the first of 2 times" in open_run(run).table().splitlines()[0]
    gone = run / lost
    shutil.rmtree(gone) if gone.is_dir() else gone.unlink()
    assert any(wrong.startswith(said) for wrong in verify_path(run).wrong), verify_path(run).wrong


def test_verify_holds_what_is_told_of_repeats_against_them(home: Home, tmp_path: Path) -> None:
    run = run_evaluation(home.scenario, ["random"], 4, 3, tmp_path / "run", changes={"scorers": home.name("first")}, repeats=2)
    told = run / "repeats.json"
    told.write_bytes(told.read_bytes().replace(b'"mean": 0.', b'"mean": 1.', 1))
    assert verify_path(run).wrong == ("repeats.json is not what the repeats make",)
