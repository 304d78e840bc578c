"""Files and folders are whole or not there, also when the writer raises."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from recenv import files
from recenv.files import Making, beside, clear_left, left_behind, whole_file, whole_folder, write_whole


def names(folder: Path) -> list[str]:
    return sorted(f.name for f in folder.iterdir())


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    write_whole(tmp_path / "a", b"old")
    with whole_file(tmp_path / "a") as stream:
        stream.write(b"new")
        assert (tmp_path / "a").read_bytes() == b"old"
    assert (tmp_path / "a").read_bytes() == b"new" and names(tmp_path) == ["a"]


def test_a_file_whose_writer_raises_stays_as_it_was(tmp_path: Path) -> None:
    write_whole(tmp_path / "a", b"old")
    with pytest.raises(KeyError), whole_file(tmp_path / "a") as stream:
        stream.write(b"half")
        raise KeyError
    assert (tmp_path / "a").read_bytes() == b"old" and names(tmp_path) == ["a"]


def test_a_folder_is_replaced_whole_or_stays_as_it_was(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "folder"
    for text in ("old", "new"):
        with whole_folder(target) as new:
            (new / text).write_text(text)
        assert names(target) == [text]
    with pytest.raises(KeyError), whole_folder(target) as new:
        (new / "half").write_text("")
        raise KeyError
    assert names(target) == ["new"] and names(target.parent) == ["folder"]


def test_what_a_killed_writer_left_is_known_by_its_name(tmp_path: Path) -> None:
    assert left_behind(beside(tmp_path / "a.json"), "a.json") and left_behind(beside(tmp_path / "a.json", lasting=True), "a.json")
    assert not left_behind(tmp_path / "a.json", "a.json") and not left_behind(beside(tmp_path / "b.json"), "a.json")


# -- what killed processes leave -------------------------------------------------------------------------------------


@pytest.fixture
def gone() -> int:
    """The id of a process that has ended."""
    done = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True, check=True)
    return int(done.stdout)


def test_what_the_dead_left_goes_with_the_next_that_comes(tmp_path: Path, gone: int) -> None:
    for name in (f".a.{gone}.partial", f".a.{gone}.old", f".a.{gone}.rows", f"..a.{gone}.rows.{gone}.partial"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x").write_text("")
    (tmp_path / f".b.{gone}.partial").write_text("half")
    kept = [f".a.{os.getpid()}.partial", ".a.partial", f".ab.{gone}.partial", f".a.{gone}.png", "a"]
    for name in kept:
        (tmp_path / name).mkdir()
    clear_left(tmp_path / "a")
    assert names(tmp_path) == sorted([*kept, f".b.{gone}.partial"])
    write_whole(tmp_path / "b", b"new")
    assert names(tmp_path) == sorted([*kept, "b"])


def test_a_swap_that_was_cut_in_two_is_mended(tmp_path: Path, gone: int) -> None:
    (tmp_path / f".a.{gone}.old").mkdir()
    (tmp_path / f".a.{gone}.old" / "old").write_text("")
    clear_left(tmp_path / "a")
    assert names(tmp_path) == ["a"] and names(tmp_path / "a") == ["old"]


def test_what_is_being_made_elsewhere_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("fcntl")
    with Making(tmp_path / "a") as making:
        monkeypatch.setattr(files, "_lives", lambda process: False)  # as seen from another container
        clear_left(tmp_path / "a")
        assert making.folder.is_dir()


@pytest.mark.parametrize("at_once", [True, False])
def test_there_is_never_a_moment_without_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at_once: bool) -> None:
    if not at_once:
        monkeypatch.setattr(files, "_exchange", lambda one, other: False)
    for text in ("old", "new"):
        with whole_folder(tmp_path / "a") as new:
            (new / text).write_text("")
    assert names(tmp_path) == ["a"] and names(tmp_path / "a") == ["new"]


KILLED = """
import os, sys
from pathlib import Path
import recenv.files as files
def killed_at(step, target):
    done = [0]
    def counted(call):
        def stop(*a, **k):
            if done[0] == step:
                os._exit(9)
            done[0] += 1
            return call(*a, **k)
        return stop
    if sys.argv[1] == "renames":
        files._exchange = lambda a, b: False
    os.rename, files._exchange, files.shutil.rmtree = counted(os.rename), counted(files._exchange), counted(files.shutil.rmtree)
    with files.whole_folder(target) as new:
        (new / "new").write_text("")
for step, target in enumerate(map(Path, sys.argv[2:])):  # each in a process of its own
    if os.fork() == 0:
        killed_at(step, target)
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.wait()[1]))
"""


@pytest.mark.parametrize("how", ["exchange", "renames"])
def test_killed_at_any_step_of_a_swap_the_next_finds_the_old_or_the_new(tmp_path: Path, how: str) -> None:
    targets = [tmp_path / f"{step}" / "a" for step in range(9)]
    for target in targets:
        target.mkdir(parents=True)
        (target / "old").write_text("")
    ran = subprocess.run([sys.executable, "-c", KILLED, how, *map(str, targets)], capture_output=True, text=True, check=True)
    codes = [int(line) for line in ran.stdout.splitlines()]
    for code, target in zip(codes, targets, strict=True):
        clear_left(target)
        assert names(target.parent) == ["a"] and names(target) in (["old"], ["new"])
        assert code in (0, 9) and (code or names(target) == ["new"])
    assert codes[0] == 9 and codes[-1] == 0


FULL = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))
from recenv.cli import main
sys.argv = ["recenv", *sys.argv[1:]]
main()
"""


def test_a_full_disk_leaves_one_line_and_nothing_else(tmp_path: Path) -> None:
    from recenv.cli import cli

    done = CliRunner().invoke(cli, ["synth", "--sessions", "60", "--out", str(tmp_path / "rows")])
    assert done.exit_code == 0, done.output
    for arguments in (["ingest", "recrm", str(tmp_path / "rows"), "--out", str(tmp_path / "out")],
                      ["synth", "--sessions", "60", "--out", str(tmp_path / "out")]):
        ran = subprocess.run([sys.executable, "-c", FULL, *arguments], capture_output=True, text=True)
        said = [line for line in ran.stderr.splitlines() if "to go" not in line]  # a slow machine is told how long it will take
        assert ran.returncode == 2 and len(said) == 1 and said[0].startswith("error: "), ran.stderr
        assert names(tmp_path) == ["rows"]
