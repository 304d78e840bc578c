"""Ray: runs, rescorings and decks have the bytes of one process, also where a worker is killed and a run is resumed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from deadly import Deadly
from scenario_worlds import A_DOZEN

from recenv.cli import cli
from recenv.errors import InputError, WorkerError
from recenv.evaluation.cluster import decoded, encoded, packed, unpacked
from recenv.evaluation.failures import Lost
from recenv.evaluation.plan import MANIFEST, TRACES
from recenv.evaluation.play import play
from recenv.evaluation.prepare import prepare
from recenv.evaluation.repeats import repeat_folders
from recenv.evaluation.rescore import rescore_run
from recenv.evaluation.run import run_evaluation

AGENTS = ["random", "bm25", "deadly:Deadly"]
SIZE = 48


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("ray")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RECENV_CACHE", str(folder / "cache"))
        here = os.pathsep.join(filter(None, [str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]))
        patch.setenv("PYTHONPATH", here)  # where workers find the agent
        (folder / "small.toml").write_text(A_DOZEN.replace("sessions = 12", f"sessions = {SIZE}"))
        yield folder


def run(home: Path, name: str, workers: int, resume: bool = False, chunk: int = 5) -> Path:
    return run_evaluation(
        str(home / "small.toml"), AGENTS, SIZE, 3, home / name, changes={"scorers": "rules"}, workers=workers, chunk=chunk,
        resume=resume)


def same(a: Path, b: Path) -> bool:
    return all((a / name).read_bytes() == (b / name).read_bytes() for name in (MANIFEST, TRACES, "leaderboard.json"))


@pytest.mark.integrations
@pytest.mark.filterwarnings("default")
def test_four_workers_of_which_one_is_killed_write_the_bytes_of_one_process(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ray")
    here = run(home, "here", 0, chunk=64)
    mark = killing(home, monkeypatch)
    there = run(home, "there", 4)
    assert not mark.exists()  # a worker took it away, and died
    assert same(here, there)
    assert [p.name for p in (home / "cache" / "ray").iterdir() if p.is_dir()]  # where workers read the world


@pytest.mark.integrations
@pytest.mark.filterwarnings("default")
def test_a_run_that_its_workers_cannot_bear_stops_and_is_resumed(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ray")
    here = run(home, "expected", 0)
    monkeypatch.setenv("DEADLY", "always")
    with pytest.raises(WorkerError, match=r"of agent 'deadly' ended their worker 4 times .* go on with --resume"):
        run(home, "stopped", 4, chunk=SIZE)
    lines = (home / "stopped" / TRACES).read_bytes().splitlines()
    assert len(lines) == 2 * SIZE  # what the other agents played
    (home / "stopped" / TRACES).write_bytes(b"\n".join(lines[:60]) + b"\n" + lines[60][:40])  # and a torn line
    monkeypatch.delenv("DEADLY")
    assert same(here, run(home, "stopped", 4, resume=True))


def killing(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A mark that one worker takes away before it dies."""
    mark = home / "mark"
    mark.touch()
    monkeypatch.setenv("DEADLY", str(mark))
    return mark


@pytest.mark.integrations
@pytest.mark.filterwarnings("default")
def test_a_rescoring_with_a_killed_worker_has_the_bytes_of_one_process(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ray")
    played = run_evaluation(
        str(home / "small.toml"), ["bm25"], SIZE, 3, home / "played", changes={"scorers": "rules"}, repeats=2)
    one = rescore_run(played, "deadly:scorers", home / "one", reward="weighted-sum")
    mark = killing(home, monkeypatch)
    four = rescore_run(played, "deadly:scorers", home / "four", reward="weighted-sum", workers=4, chunk=5)
    assert not mark.exists()
    assert all(same(a, b) for a, b in zip(repeat_folders(one), repeat_folders(four), strict=True))
    assert (one / "repeats.json").read_bytes() == (four / "repeats.json").read_bytes()


@pytest.mark.integrations
@pytest.mark.filterwarnings("default")
def test_prepared_decks_are_the_same_wherever_they_are_filled(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ray")
    found = []
    for workers in (0, 4):
        shutil.rmtree(home / "cache" / "decks", ignore_errors=True)
        mark = killing(home, monkeypatch) if workers else home / "none"
        done = prepare(str(home / "small.toml"), scorers="deadly:scorers", workers=workers)
        assert done.fresh == done.cells > 0 and not mark.exists()
        found.append((done, {f.name: f.read_bytes() for f in (home / "cache" / "decks").rglob("*") if f.is_file()}))
    assert found[0] == found[1] and len(found[0][1]) == 1


@pytest.mark.integrations
@pytest.mark.filterwarnings("default")
def test_on_the_command_line(home: Path) -> None:
    pytest.importorskip("ray")
    arguments = ["evaluate", "--scenario", str(home / "small.toml"), "--scorers", "rules", "--audit", "none", "--agents",
                 "random", "--sessions", "12"]
    for name, engine in (("a", ["--engine", "ray", "--workers", "2"]), ("b", [])):
        done = CliRunner().invoke(cli, [*arguments, *engine, "--out", str(home / name)])
        assert done.exit_code == 0, done.output
    assert same(home / "a", home / "b")


def test_objects_cannot_be_sent(home: Path) -> None:
    with pytest.raises(InputError, match="must be given by name"):
        run_evaluation(str(home / "small.toml"), [Deadly()], 4, 3, home / "no", changes={"scorers": "rules"}, workers=2)
    with pytest.raises(InputError, match="must be given by name"):
        run_evaluation(str(home / "small.toml"), ["random"], 4, 3, home / "no", changes={"scorers": {}}, workers=2)
    assert not (home / "no").exists()


def test_what_travels_arrives_as_it_was(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trace, = play("random", scenario=str(home / "small.toml"), sessions=1, scorers="rules")
    lost = Lost(agent="a", order=3, session_id="s", why="nobody answered")
    assert decoded(encoded([trace, lost, trace])) == [trace, lost, trace]
    folder = tmp_path / "world"
    (folder / "deep").mkdir(parents=True)
    (folder / "empty").touch()
    (folder / "deep" / "bytes").write_bytes(np.arange(300, dtype=np.int16).tobytes())
    monkeypatch.setenv("RECENV_CACHE", str(tmp_path / "elsewhere"))
    for _ in range(2):
        there = unpacked(packed(folder), "f00")
        assert {str(f.relative_to(there)): f.read_bytes() for f in there.rglob("*") if f.is_file()} == {
            "empty": b"", "deep/bytes": (folder / "deep" / "bytes").read_bytes()}
