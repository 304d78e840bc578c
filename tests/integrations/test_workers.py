"""Workers, on processes and on Ray: runs, rescorings and decks have the bytes of one process, also where a worker is killed and a
run is resumed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from deadly import Deadly
from scenario_worlds import A_DOZEN

from recenv.cli import cli
from recenv.envs.blocks import ROOM
from recenv.errors import InputError, WorkerError
from recenv.evaluation.failures import Lost
from recenv.evaluation.plan import MANIFEST, TRACES
from recenv.evaluation.play import play
from recenv.evaluation.prepare import prepare
from recenv.evaluation.repeats import repeat_folders
from recenv.evaluation.rescore import rescore_run
from recenv.evaluation.run import run_evaluation
from recenv.evaluation.work import decoded, encoded, packed, unpacked

AGENTS = ["random", "bm25", "deadly:Deadly"]
SIZE = 48
WORKERS = {"process": 2, "ray": 4}


@pytest.fixture(params=["process", pytest.param("ray", marks=[pytest.mark.integrations, pytest.mark.filterwarnings("default")])])
def on(request: pytest.FixtureRequest) -> str:
    if request.param == "ray":
        pytest.importorskip("ray")
    return str(request.param)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("ray")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RECENV_CACHE", str(folder / "cache"))
        here = os.pathsep.join(filter(None, [str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]))
        patch.setenv("PYTHONPATH", here)  # where workers find the agent
        (folder / "small.toml").write_text(A_DOZEN.replace("sessions = 12", f"sessions = {SIZE}"))
        yield folder


def run(home: Path, name: str, on: str = "", resume: bool = False, chunk: int = 5) -> Path:
    return run_evaluation(
        str(home / "small.toml"), AGENTS, SIZE, 3, home / name, changes={"scorers": "rules"}, chunk=chunk, resume=resume,
        workers=WORKERS.get(on, 0), on=on or "process")


def same(a: Path, b: Path) -> bool:
    return all((a / name).read_bytes() == (b / name).read_bytes() for name in (MANIFEST, TRACES, "leaderboard.json"))


@pytest.mark.integrations
def test_workers_of_which_one_is_killed_write_the_same_bytes(home: Path, on: str, monkeypatch: pytest.MonkeyPatch) -> None:
    here = run(home, f"here-{on}", chunk=64)
    mark = killing(home, monkeypatch)
    there = run(home, f"there-{on}", on)
    assert not mark.exists()  # a worker took it away, and died
    assert same(here, there)
    if on == "ray":
        assert [p.name for p in (home / "cache" / "ray").iterdir() if p.is_dir()]  # where workers read the world


@pytest.mark.integrations
def test_a_run_that_its_workers_cannot_bear_stops_and_is_resumed(home: Path, on: str, monkeypatch: pytest.MonkeyPatch) -> None:
    here = run(home, f"expected-{on}")
    monkeypatch.setenv("DEADLY", "always")
    with pytest.raises(WorkerError, match=r"of agent 'deadly' ended their worker 4 times .* go on with --resume"):
        run(home, f"stopped-{on}", on, chunk=SIZE)
    stopped = home / f"stopped-{on}" / TRACES
    lines = stopped.read_bytes().splitlines()
    assert len(lines) == 2 * SIZE  # what the other agents played
    stopped.write_bytes(b"\n".join(lines[:60]) + b"\n" + lines[60][:40])  # and a torn line
    monkeypatch.delenv("DEADLY")
    assert same(here, run(home, f"stopped-{on}", on, resume=True))


def killing(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A mark that one worker takes away before it dies."""
    mark = home / "mark"
    mark.touch()
    monkeypatch.setenv("DEADLY", str(mark))
    return mark


@pytest.mark.integrations
def test_a_rescoring_with_a_killed_worker_has_the_same_bytes(home: Path, on: str, monkeypatch: pytest.MonkeyPatch) -> None:
    played = run_evaluation(
        str(home / "small.toml"), ["bm25"], SIZE, 3, home / f"played-{on}", changes={"scorers": "rules"}, repeats=2)
    one = rescore_run(played, "deadly:scorers", home / f"one-{on}", reward="weighted-sum")
    mark = killing(home, monkeypatch)
    four = rescore_run(played, "deadly:scorers", home / f"four-{on}", reward="weighted-sum", workers=4, on=on, chunk=5)
    assert not mark.exists()
    assert all(same(a, b) for a, b in zip(repeat_folders(one), repeat_folders(four), strict=True))
    assert (one / "repeats.json").read_bytes() == (four / "repeats.json").read_bytes()


@pytest.mark.integrations
def test_prepared_decks_are_the_same_wherever_they_are_filled(home: Path, on: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for workers in (0, WORKERS[on]):
        shutil.rmtree(home / "cache" / "decks", ignore_errors=True)
        mark = killing(home, monkeypatch) if workers else home / "none"
        done = prepare(str(home / "small.toml"), scorers="deadly:scorers", workers=workers, on=on)
        assert done.fresh == done.cells > 0 and not mark.exists()
        found.append((done, {f.name: f.read_bytes() for f in (home / "cache" / "decks").rglob("*") if f.is_file()}))
    assert found[0] == found[1] and len(found[0][1]) == 1


def test_decks_are_prepared_as_far_as_they_have_room(home: Path, on: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for workers in (0, WORKERS[on]):
        shutil.rmtree(home / "cache" / "decks", ignore_errors=True)
        monkeypatch.setenv(ROOM, "80")
        with pytest.warns(UserWarning, match=r"the deck is full: stopped after [1-9]\d* of \d+ goals.* 80 blocks") as said:
            done = prepare(str(home / "small.toml"), scorers="deadly:scorers", workers=workers, on=on)
        assert done.blocks == 60 and done.fresh == done.cells > 0
        files = {f.name: f.read_bytes() for f in (home / "cache" / "decks").rglob("*") if f.is_file()}
        found.append((str(said[0].message), done, files))
    assert found[0] == found[1]


def test_on_the_command_line(home: Path, on: str) -> None:
    arguments = ["evaluate", "--scenario", str(home / "small.toml"), "--scorers", "rules", "--audit", "none", "--agents",
                 "random", "--sessions", "12"]
    for name, engine in (("a", ["--engine", on, "--workers", "2"]), ("b", [])):
        done = CliRunner().invoke(cli, [*arguments, *engine, "--out", str(home / f"{name}-{on}")])
        assert done.exit_code == 0, done.output
    assert same(home / f"a-{on}", home / f"b-{on}")


@pytest.mark.integrations
def test_the_second_family_judges_with_workers_too(home: Path, on: str) -> None:
    runs = [run_evaluation(str(home / "small.toml"), ["bm25"], SIZE, 3, home / f"judged-{workers}-{on}", chunk=5,
                           changes={"scorers": "rules"}, audit="deadly:scorers", workers=workers, on=on if workers else "process")
            for workers in (0, WORKERS[on])]
    assert same(*runs) and same(*(folder / "audit" for folder in runs))


@pytest.mark.integrations
def test_workers_end_with_who_asked_for_them_however_that_ends() -> None:
    code = ("import sys, time; from recenv.evaluation.processes import Processes;"
            "from types import SimpleNamespace as S; from pathlib import Path; import os;"
            "pool = Processes(S(path=Path('.')), 2).__enter__();"
            "f = [pool._pool.submit(os.getpid) for _ in range(8)]; print(*{x.result() for x in f}, flush=True); time.sleep(60)")
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as parent:
        assert parent.stdout is not None
        workers = [int(word) for word in parent.stdout.readline().split()]
        assert workers and all(alive(n) for n in workers)
        parent.kill()
    until = time.monotonic() + 10.0
    while any(alive(n) for n in workers) and time.monotonic() < until:
        time.sleep(0.05)
    assert not any(alive(n) for n in workers)


def alive(process: int) -> bool:
    """Whether there is such a process, and it is not only waiting to be buried."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{process}/status").read_text()
    except OSError:
        return False


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
