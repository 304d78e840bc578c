"""examples/: five short programs, run as they stand."""

from __future__ import annotations

import re
import runpy
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "examples"
SAYS = {
    "own_agent": r"bm25 - stars +\+0\.",
    "own_scorer_and_reward": r"(?s)one random slate: paid .*\nrandom: 0\.\d+ a session\nbm25: 0\.\d+ a session",
    "train_ppo": r"(?m)^mine +0\.\d",
    "vector_loop": r"at random 0\.\d+, by words 0\.\d+",
    "where_it_loses": r"(?s)random lost: .*<random - bm25: return -0\..*\nturn 1: showed ",
}
"""What each prints, by name of its file."""


def test_all_are_known_and_short() -> None:
    assert {file.stem for file in FOLDER.glob("*.py")} == set(SAYS)
    assert all(len(file.read_text("utf-8").splitlines()) < 40 for file in FOLDER.glob("*.py"))


@pytest.mark.parametrize("name", sorted(SAYS))
def test_an_example_runs(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [name, *(["1024"] if name == "train_ppo" else [])])
    runpy.run_path(str(FOLDER / f"{name}.py"), run_name="__main__")
    assert re.search(SAYS[name], capsys.readouterr().out)
    assert not list(tmp_path.iterdir()), "an example leaves nothing where it was started"
