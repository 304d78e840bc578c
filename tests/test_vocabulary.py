"""All commands speak one language: the same names for the same things, ``--json`` where there is a table, ``--quiet``, and names
that a shell completes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.shell_completion import ShellComplete

from recenv import cli
from recenv.commands import names
from recenv.commands.names import Named
from recenv.commands.root import Waiting, _Lines
from recenv.data.ingest import IngestReport
from recenv.evaluation.prepare import Prepared
from recenv.evaluation.user_check import Checked
from recenv.records import ScorerRow
from recenv.rewards.dimensions import DIMENSIONS

PRINTS_NO_TABLE = {"play", "report", "trace", "view"}
"""A session in the terminal, and commands whose result is a file or a page."""

MEANS: dict[str, tuple[Named, ...]] = {
    "--scenario": (names.SCENARIO,), "--scorers": (names.SCORERS,), "--audit": (names.SCORERS,), "--reward": (names.REWARD,),
    "--agents": (names.AGENTS,), "--agent": (names.AGENT,), "--against": (names.AGENT,), "--dimension": (names.DIMENSION,),
    "--probe": (names.PROBE,), "--examination": (names.EXAMINATION,), "--known": (names.PROBE, names.EXAMINATION),
}
PATHS = {"--out", "--input", "--store", "--field-map", "--task-file", "--html", "--items", "--users"}
"""The options that take a path."""


def commands(group: click.Group = cli.cli, before: str = "") -> Iterator[tuple[str, click.Command]]:
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, f"{before}{name} ")
        else:
            yield before + name, command


EVERY = dict(commands())


@pytest.mark.parametrize("name", EVERY)
def test_the_same_names_for_the_same_things(name: str) -> None:
    options = {o.opts[0]: o for o in EVERY[name].params if isinstance(o, click.Option)}
    assert ("--json" in options) == (name not in PRINTS_NO_TABLE)
    assert options["-q"].opts == ["-q", "--quiet"]
    for first, option in options.items():
        assert option.type in MEANS[first] if first in MEANS else not isinstance(option.type, Named), first
        if isinstance(option.type, click.Path):
            assert first in PATHS, first
        if first == "--out":
            assert option.required or option.help, first


# -- JSON ------------------------------------------------------------------------------------------------------------

SCENARIO = """
name = "toy"
version = 1
summary = "a few sessions"
[world]
kind = "synthetic"
sessions = 12
seed = 3
[world.spec]
n_items = 160
[env]
scorers = "rules"
horizon = 3
"""
RULED = next(iter(DIMENSIONS))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    (folder / "toy.toml").write_text(SCENARIO)
    row = {"dimension": RULED, "id": "1", "instruction": "Answer in at most 3 words.", "query": "noodles",
           "response": "Noodle Corner", "label": 1.0}
    (folder / "rows.jsonl").write_text(json.dumps(row) + "\n")
    return folder


@pytest.fixture(autouse=True)
def _at_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECENV_CACHE", str(home / "cache"))
    monkeypatch.chdir(home)


def said(capsys: pytest.CaptureFixture[str], line: str) -> tuple[str, str]:
    """Standard output and error of a command that ends well."""
    capsys.readouterr()
    before, sys.argv = sys.argv, ["recenv", *line.split()]
    try:
        cli.main()
    finally:
        sys.argv = before
    out = capsys.readouterr()
    return out.out, out.err


def document(capsys: pytest.CaptureFixture[str], line: str) -> Any:
    """What a command prints with --json: one document, without numbers that JSON does not have."""
    return json.loads(said(capsys, f"{line} --json")[0], parse_constant=pytest.fail)


def _table(*_: object, **__: object) -> dict[str, Any]:
    return {"held_out": [{"dimension": RULED, "n": 1, "scorer": {"auc": float("nan")}}]}


def test_every_table_is_json_when_asked(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    done: set[str] = set()

    def of(line: str) -> Any:
        done.add(next(name for name in EVERY if line.startswith(name + " ") or line == name))
        return document(capsys, line)

    assert {a["name"] for a in of("agents")} >= {"random", "bm25", "gold"}
    assert {s["name"] for s in of("scenarios")} >= {"mixed", "beijing"}
    assert {s["dimension"] for s in of("scorers --scorers fast")["scorers"]} == set(DIMENSIONS)
    assert of("synth --scenario toy.toml --sessions 12 --out rows")["counts"]
    assert of("ingest recrm rows --out store")["counts"]["sessions"] == 12
    assert of("inspect store")["ceiling"]["sessions"] == 12
    assert of("inspect fast")["kind"] == "checkpoint"
    assert of("fit-user --store store --out user.json")["goals"] == 12
    run = of("evaluate --scenario toy.toml --agents random,bm25 --sessions 6 --audit none --repeats 2 --out run")
    assert {row["agent"] for row in run["leaderboard"]["rows"]} == {"random", "bm25"} and run["repeats"]["repeats"] == 2
    assert of("inspect run")["leaderboard"]["allotted"] == 6
    assert of("rescore run --scorers rules --out again")["run"] == "again"
    assert of("replay run")["to_the_bit"] == 24
    assert of("verify run")["wrong"] == []
    assert of("export run --format transitions --out rows.out")["rows"] > 0
    assert len(of("tasks --scenario toy.toml --sessions 3")) == 3
    assert of("take-ups --scenario toy.toml --sessions 2 --times 1 --out taken.jsonl")["sessions"] == 2
    monkeypatch.setattr("recenv.evaluation.prepare.prepare", lambda *_, **__: Prepared(2, 40, 40))
    assert of("prepare --scenario toy.toml --goals 2")["cells"] == 40
    assert of("score --scorers rules --input rows.jsonl --out scored.jsonl --dimension " + RULED)["rows"] == 1
    assert of("validate --scenario toy.toml --scorers rules --sessions 4 --ladder 2 --examination dead")["findings"]
    monkeypatch.setattr("recenv.training.train.train", _table)
    assert of("train --input rows.jsonl --out trained")["held_out"][0]["scorer"]["auc"] is None
    monkeypatch.setattr("recenv.appraisal.cost.scoring_cost", lambda *_: [])
    assert of("bench-scorers --input rows.jsonl --scorers fast") == []
    monkeypatch.setattr("recenv.appraisal.probes.probe_scorers", lambda *_, **__: [])
    assert of("probe --scorers fast") == []
    monkeypatch.setattr("recenv.evaluation.bench.measure", lambda *_, **__: [])
    assert of("bench --scenario toy.toml") == []
    monkeypatch.setattr("recenv.learning.learn.learn_agent", lambda *_, **__: Path("learned"))
    os.makedirs("learned")
    os.symlink("../run", "learned/test")
    assert of("learn itemcf --scenario toy.toml --out learned")["out"] == "learned"
    mine = type("Set", (), {"convert": lambda *_: iter([ScorerRow(dimension=RULED)])})()
    monkeypatch.setattr("recenv.data.rowsets.ROWSETS", {"mine": mine})
    assert of("rows mine rows --out mine.jsonl")["rows"] == 1
    monkeypatch.setattr("recenv.evaluation.user_check.check_user", lambda *_: Checked([], []))
    speaking = "--user-option record=said.jsonl --user-option base_url=http://127.0.0.1:1/v1 --user-option model=m"
    assert of(f"check-user --scenario toy.toml --sessions 3 {speaking}") == {"cases": [], "lost": []}
    report = IngestReport(kind="toy", out="other", rows=3, quarantined=0, counts={})
    Path("seen.csv").write_text("user,item\n" + "".join(f"u{u},i{u + k}\n" for u in range(3) for k in range(4)))
    assert of("ingest table seen.csv --out seen")["counts"]["sessions"] == 9
    for source in ("crosswoz", "vitabench"):  # their readers give what recrm's gives
        monkeypatch.setattr(f"recenv.data.{source}.ingest_{source}", lambda *_, **__: report)
        assert of(f"ingest {source} rows --out other")["rows"] == 3
    assert done == set(EVERY) - PRINTS_NO_TABLE


def test_quiet_leaves_results_alone(capsys: pytest.CaptureFixture[str]) -> None:
    loud, _ = said(capsys, "synth --scenario toy.toml --sessions 3 --out loud")
    quiet, noise = said(capsys, "synth --scenario toy.toml --sessions 3 --out quiet -q")
    assert "next: recenv ingest" in loud and loud.startswith(quiet) and quiet and "next" not in quiet + noise
    beside, aside = said(capsys, "synth --scenario toy.toml --sessions 3 --out beside --json")
    assert json.loads(beside)["out"] == "beside" and "next: recenv ingest" in aside


def test_progress_comes_in_lines_where_nobody_watches(capsys: pytest.CaptureFixture[str]) -> None:
    now = [0.0]
    lines = _Lines("sessions", lambda: now[0])
    for second in range(60):
        now[0] = float(second)
        lines.update(10 * second, 600, "random")
    told = capsys.readouterr().err.splitlines()
    assert told[0] == "sessions: 20 of 600, random; about 58 s to go" and len(told) == 6


def test_each_part_of_a_task_is_timed_by_itself(capsys: pytest.CaptureFixture[str]) -> None:
    now = [0.0]
    lines = _Lines("training", lambda: now[0])
    for at, done, total, what in ((0, 0, 5, "preparing"), (600, 1, 5, "preparing"), (1200, 1, 700, "epoch 1"),
                                  (1201, 2, 700, "epoch 1"), (1211, 12, 700, "epoch 1"), (1500, 1, 700, "measuring")):
        now[0] = at
        lines.update(done, total, what)
    assert capsys.readouterr().err.splitlines() == [
        "training: 1 of 5, preparing; about 40 min to go", "training: 2 of 700, epoch 1; about 12 min to go",
        "training: 12 of 700, epoch 1; about 11 min to go"]


def test_a_terminal_is_told_what_is_waited_for(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    with Waiting() as waiting:
        waiting.say("piped")
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with Waiting() as waiting:
        waiting.say("loading")
        waiting.say("judging\x1b[2J")
    *_, last = shown = capsys.readouterr().err.split("\r")
    assert shown[0] == "loading ..." and shown[2].startswith("judging") and "\x1b" not in "".join(shown)
    assert last == "" and set(shown[-2]) == {" "} and len(shown[-2]) == len(shown[2])


# -- completion ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("words", "last", "expected"), [
    (["evaluate", "--scenario"], "hid", "hidden-needs"), (["evaluate", "--agents"], "bm25,ran", "bm25,random"),
    (["rescore", "run", "--scorers"], "tho", "thorough"), (["score", "--dimension"], RULED[:5], RULED),
    (["learn"], "lin", "linucb"), (["rows"], "cross", "crosswoz"), (["evaluate", "--reward"], "serv", "service"),
    ([], "eval", "evaluate"),
])
def test_names_are_completed(words: list[str], last: str, expected: str) -> None:
    found = ShellComplete(cli.cli, {}, "recenv", "_RECENV_COMPLETE").get_completions(words, last)
    assert expected in [item.value for item in found]


def test_a_value_that_is_no_name_is_completed_as_a_path() -> None:
    found = ShellComplete(cli.cli, {}, "recenv", "_RECENV_COMPLETE").get_completions(["evaluate", "--scenario"], "./to")
    assert [item.type for item in found] == ["file"]


def test_the_line_that_help_gives_switches_it_on() -> None:
    typed = {"COMP_WORDS": "recenv evaluate --scenario vita", "COMP_CWORD": "3"}
    asked = {**os.environ, "_RECENV_COMPLETE": "bash_complete", **typed}
    door = [sys.executable, "-c", "import sys; sys.argv[0] = 'recenv'; from recenv.cli import main; main()"]
    done = subprocess.run(door, env=asked, capture_output=True, text=True, check=False)
    assert "plain,vitabench" in done.stdout
    helped = subprocess.run([*door, "--help"], capture_output=True, text=True, check=True)
    assert '_RECENV_COMPLETE=bash_source recenv' in helped.stdout
