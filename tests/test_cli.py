"""The command line as a person meets it: what is printed, how it exits, and that bad input is answered, not crashed on."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from recenv import cli
from recenv.evaluation.plan import read_plan, write_plan
from recenv.journal import line_of
from recenv.testing.tiny import build_tiny_world

SCENARIO = """
name = "toy"
version = 1
summary = "a few sessions"
[world]
kind = "synthetic"
sessions = 24
seed = 3
[world.spec]
n_items = 160
[env]
user = "gold"
horizon = 4
"""


EVALUATE = ("evaluate", "--agents", "random,bm25,gold", "--sessions", 8, "--seed", 7)
ALONE = (*EVALUATE, "--audit", "none")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    (folder / "toy.toml").write_text(SCENARIO)
    return folder


@pytest.fixture(autouse=True)
def _private_cache(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECENV_CACHE", str(home / "cache"))


def recenv(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    """(exit code, standard output, standard error) of a command."""
    old, sys.argv = sys.argv, ["recenv", *map(str, arguments)]
    capsys.readouterr()
    try:
        cli.main()
        code = 0
    except SystemExit as stop:
        code = int(stop.code or 0)
    finally:
        sys.argv = old
    out = capsys.readouterr()
    return code, out.out, out.err


@pytest.fixture(scope="module")
def run(home: Path) -> Path:
    out = home / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RECENV_CACHE", str(home / "cache"))
        done = CliRunner().invoke(cli.cli, list(map(str, (*ALONE, "--scenario", home / "toy.toml", "--out", out))))
    assert done.exit_code == 0, done.output
    return out


def test_evaluate_prints_a_leaderboard_and_writes_a_run(capsys: pytest.CaptureFixture[str], home: Path, run: Path) -> None:
    again = home / "again"
    code, out, err = recenv(capsys, *EVALUATE, "--scenario", home / "toy.toml", "--out", again)
    assert code == 0, err
    for word in ("random", "bm25", "gold", "IF", "FC", "QIR", "UBP", "IR"):
        assert word in out
    assert len((again / "traces.jsonl").read_bytes().splitlines()) == 24
    assert (again / "traces.jsonl").read_bytes() == (run / "traces.jsonl").read_bytes()


def test_a_killed_run_resumes_to_the_same_bytes(capsys: pytest.CaptureFixture[str], home: Path, run: Path) -> None:
    killed = home / "killed"
    arguments = (*ALONE, "--scenario", home / "toy.toml", "--out", killed)
    shutil.copytree(run, killed)
    whole = (killed / "traces.jsonl").read_bytes()
    (killed / "traces.jsonl").write_bytes(whole[: len(whole) // 2])
    code, _, err = recenv(capsys, *arguments)
    assert code == 2 and "--resume" in err
    code, _, err = recenv(capsys, *arguments, "--resume")
    assert code == 0, err
    assert (killed / "traces.jsonl").read_bytes() == whole


def test_replay_verifies_and_notices_tampering(capsys: pytest.CaptureFixture[str], home: Path, run: Path) -> None:
    code, out, err = recenv(capsys, "replay", run)
    assert code == 0 and "24 of 24" in out, err
    lines = (run / "traces.jsonl").read_bytes().splitlines(keepends=True)
    trace = json.loads(lines[3])
    trace["turns"][0]["value"] += 0.5
    forged = home / "forged"
    forged.mkdir()
    (forged / "manifest.json").write_bytes((run / "manifest.json").read_bytes())
    changed = json.dumps(trace, ensure_ascii=False).encode() + b"\n"
    (forged / "traces.jsonl").write_bytes(b"".join([*lines[:3], changed, *lines[4:]]))
    code, _, err = recenv(capsys, "replay", forged)
    assert code == 2 and "traces.jsonl:4: damaged (its seal is" in err
    resealed = line_of({k: v for k, v in trace.items() if k != "seal"})
    (forged / "traces.jsonl").write_bytes(b"".join([*lines[:3], resealed, *lines[4:]]))
    code, out, _ = recenv(capsys, "replay", forged)
    assert code == 1 and "23 of 24" in out and "value" in out


def test_replay_on_another_class_of_cpus_has_a_tolerance_and_says_so(
    capsys: pytest.CaptureFixture[str], home: Path, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, (first, *rest) = read_plan(run), (run / "traces.jsonl").read_bytes().splitlines(keepends=True)
    trace = json.loads(first)
    del trace["seal"]
    for folder, by, cpu, expected in (
        ("near", 3e-8, "x86_64 none", 0), ("far", 0.01, "x86_64 none", 1), ("here", 3e-8, plan.versions["cpu"], 1)):
        made = home / folder
        made.mkdir()
        write_plan(msgspec.structs.replace(plan, versions={**plan.versions, "cpu": cpu}), made)
        trace["turns"][0]["reward"] += by
        (made / "traces.jsonl").write_bytes(b"".join([line_of(trace), *rest]))
        code, out, err = recenv(capsys, "replay", made)
        assert code == expected and "23 of 24 traces reproduced to the bit" in out, out + err
        assert ("1 more within 1e-05: played on CPUs of class x86_64 none" in out) == (folder == "near")
        trace["turns"][0]["reward"] -= by


@pytest.mark.usefixtures("undrawn")  # evaluation/test_pictures.py draws
def test_report_and_trace_make_files(capsys: pytest.CaptureFixture[str], home: Path, run: Path) -> None:
    code, out, err = recenv(capsys, "report", run)
    assert code == 0, err
    page = Path(out.split("report: ")[1].strip())
    assert page.suffix == ".html" and not re.search(r'(?:src|href)="(?!data:|#)', page.read_text(encoding="utf-8"))
    session = json.loads((run / "traces.jsonl").read_text().splitlines()[0])["session_id"]
    code, _, err = recenv(
        capsys, "trace", run, "--session", session, "--agent", "bm25", "--against", "random", "--out", home / "t.png")
    assert code == 0, err
    assert (home / "t.png").read_bytes().startswith(b"\x89PNG")
    code, _, err = recenv(capsys, "trace", run, "--session", session + "x", "--agent", "bm25", "--out", home / "u.png")
    assert code == 2 and session in err and not (home / "u.png").exists()


def test_synth_ingest_inspect(capsys: pytest.CaptureFixture[str], home: Path) -> None:
    for out in ("rows", "rows2"):
        toy = ("--scenario", home / "toy.toml", "--sessions", 30, "--seed", 5)
        code, _, err = recenv(capsys, "synth", *toy, "--out", home / out)
        assert code == 0, err
    one, two = ({p.relative_to(home / o): p.read_bytes() for p in (home / o).rglob("*.jsonl")} for o in ("rows", "rows2"))
    assert one == two and len(one) == 5
    code, out, err = recenv(capsys, "ingest", "recrm", home / "rows", "--out", home / "store")
    assert code == 0 and "sessions" in out, err
    code, out, err = recenv(capsys, "inspect", home / "store")
    assert code == 0 and "30" in out, err


def test_parts_of_the_rows_are_disjoint_and_whole(capsys: pytest.CaptureFixture[str], home: Path, tmp_path: Path) -> None:
    recenv(capsys, "synth", "--scenario", home / "toy.toml", "--sessions", 30, "--seed", 5, "--out", tmp_path / "world")
    found = {}
    for keep in ("0.0-1.0", "0.0-0.6", "0.6-1.0"):
        code, _, err = recenv(capsys, "rows", "recrm", tmp_path / "world", "--out", tmp_path / keep, "--keep", keep)
        assert code == 0, err
        found[keep] = (tmp_path / keep).read_text("utf-8").splitlines()
    code, _, err = recenv(capsys, "rows", "recrm", tmp_path / "world", "--out", tmp_path / "all")
    whole, low, high = found.values()
    assert (tmp_path / "all").read_text("utf-8").splitlines() == whole
    assert low and high and sorted(low + high) == sorted(whole)
    groups = [{json.loads(line)["group"] for line in part} for part in (low, high)]
    assert groups[0].isdisjoint(groups[1])
    code, _, err = recenv(capsys, "rows", "recrm", tmp_path / "world", "--out", tmp_path / "x", "--keep", "0.9-0.2")
    assert code == 2 and "LOW-HIGH" in err


def test_records_that_cannot_be_used_are_set_aside_up_to_a_share(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    pair = {"input": "do", "output_1": "a", "output_2": "b", "label": 2}
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "S.json").write_text(json.dumps([pair, pair | {"label": 3}, pair]))
    rows, aside = tmp_path / "rows.jsonl", tmp_path / "rows.jsonl.quarantine.jsonl"
    code, _, err = recenv(capsys, "rows", "llmbar", tmp_path / "in", "--out", rows)
    assert code == 2 and "1 of 5 rows are unusable" in err and not rows.exists() and not aside.exists()
    code, out, err = recenv(capsys, "rows", "llmbar", tmp_path / "in", "--out", rows, "--max-bad", 0.2)
    assert code == 0 and str(aside) in out, err
    assert [json.loads(line)["id"] for line in rows.read_text().splitlines()] == [
        f"llmbar/S:{n}:{k}" for n in (0, 2) for k in (1, 2)]
    (bad,) = map(json.loads, aside.read_text().splitlines())
    assert (bad["file"], bad["line"]) == ("S", 2) and bad["reason"].startswith("record 1: not a record of llmbar: ")


def test_lists(capsys: pytest.CaptureFixture[str]) -> None:
    expected = {"scenarios": ("mixed", "beijing"), "agents": ("greedy", "antigold"), "scorers": ("item_ranking",)}
    for command, words in expected.items():
        code, out, err = recenv(capsys, command)
        assert code == 0 and all(w in out for w in words), err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["evaluate", "--scenario", "mixt", "--out", "{}/r"], "mixed"),
        (["evaluate", "--scenario", "mixed", "--agents", "gredy", "--out", "{}/r"], "greedy"),
        (["evaluate", "--scenario", "beijing", "--out", "{}/r"], "recenv ingest crosswoz"),
        (["evaluate", "--scenario", "beijing", "--store", "{}/none", "--out", "{}/r"], "no store at"),
        (["evaluate", "--scenario", "{}/toy.toml", "--agents", "random", "--sessions", "25", "--out", "{}/r"], "[1, 24]"),
        (["evaluate", "--scenario", "{}/toy.toml", "--agents", "random", "--agent-option", "random.colour=1", "--out", "{}/r"],
         "colour"),
        (["evaluate", "--scenario", "{}/toy.toml", "--agents", "random", "--reward", "gated-men", "--out", "{}/r"], "gated-mean"),
        (["ingest", "crosswoz", "{}", "--out", "{}/s"], "dialogue file"),
        (["ingest", "recrm", "{}/nothing", "--out", "{}/s"], "{}/nothing"),
        (["inspect", "{}"], "nothing that recenv wrote at"),
        (["report", "{}"], "no run at"),
        (["evaluate", "--scenario", "{}/toy.toml", "--seed", str(2**64), "--out", "{}/r"], "18446744073709551615"),
        (["replay", "{}"], "no run at"),
        (["train", "--input", "{}/toy.toml", "--dimension", "relevance", "--out", "{}/w"], "query_item_relevance"),
        (["scorers", "--scorers", "{}/w"], "{}/w"),
        (["synth", "--scenario", "beijing", "--sessions", "3", "--out", "{}/x"], "no synthetic world"),
        (["nonsense"], "No such command"),
    ],
)
def test_bad_input_is_answered(capsys: pytest.CaptureFixture[str], home: Path, arguments: list[str], message: str) -> None:
    before = sorted(p.name for p in home.iterdir())
    code, _, err = recenv(capsys, *(a.replace("{}", str(home)) for a in arguments))
    assert code == 2 and message.replace("{}", str(home)) in err and "Traceback" not in err
    assert sorted({p.name for p in home.iterdir()} - {"cache"}) == sorted(set(before) - {"cache"})


def test_a_store_of_another_kind_is_refused(capsys: pytest.CaptureFixture[str], home: Path, tmp_path: Path) -> None:
    build_tiny_world(tmp_path / "tiny")
    code, _, err = recenv(capsys, "evaluate", "--scenario", "beijing", "--store", tmp_path / "tiny", "--out", tmp_path / "r")
    assert code == 2 and "needs a crosswoz store" in err


def test_a_person_can_play(capsys: pytest.CaptureFixture[str], home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    monkeypatch.setattr("sys.stdin", io.StringIO("ask price?\nask area?\n1 2 3\nend\n"))
    code, out, err = recenv(capsys, "play", "--scenario", home / "toy.toml", "--seed", 1)
    assert code == 0 and "return" in out, err
    assert out.count(": paid ") >= 3 and "IF 1.00" in out and out.index(": paid ") < out.index("turn 2")
    assert "QIR: " in out  # why there is no value


@pytest.mark.parametrize("room", list(cli.ROOMS))
def test_a_room_of_commands_imports_alone_and_holds_what_the_door_says(room: str) -> None:
    code = (
        f"import json, sys, recenv.commands.{room} as room, click\n"
        "heavy = ('torch', 'transformers', 'matplotlib', 'faker', 'recenv.cli', 'recenv.records')\n"
        "own = [c for c in vars(room).values() if isinstance(c, click.Command)]\n"
        "inner = [n for c in own if isinstance(c, click.Group) for n in c.commands]\n"
        "print(json.dumps([[m for m in heavy if m in sys.modules], [c.name for c in own if c.name not in inner]]))")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy, names = json.loads(done.stdout)
    assert heavy == []
    assert sorted(names) == sorted(cli.ROOMS[room])


def test_help_names_every_command_and_a_typing_error_gets_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = recenv(capsys, "--help")
    listed = re.findall(r"^  ([a-z-]+)  ", out.partition("Commands:")[2], re.M)
    assert code == 0 and listed == sorted(name for names in cli.ROOMS.values() for name in names)
    code, _, err = recenv(capsys, "evalute")
    assert code == 2 and "'evaluate'" in err


def test_rows_that_say_nothing_to_score_are_refused_and_strange_fields_named(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    rows, out = tmp_path / "rows.jsonl", tmp_path / "scored.jsonl"
    base = ["score", "--scorers", "rules", "--dimension", "instruction_following", "--input", str(rows), "--out", str(out)]
    rows.write_text("")
    code, _, err = recenv(capsys, *base)
    assert code == 2 and "it has no rows at all" in err and not out.exists()
    rows.write_text('{"dimension": "instruction_following", "instruction": "Use 3 words.", "answer": "No.", "lable": 1}\n')
    code, said, err = recenv(capsys, *base)
    assert code == 0 and "no row has such fields: answer, lable; a row has dimension" in said + err
    (tmp_path / "nothing").mkdir()
    code, _, err = recenv(capsys, "rows", "prose", str(tmp_path / "nothing"), "--out", str(tmp_path / "p"))
    assert code == 2 and "nothing that is a row of prose" in err and not (tmp_path / "p").exists()
