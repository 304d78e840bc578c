"""With the shipped scorers: a run's bytes do not depend on chunks, processes, threads or hash seeds; rescored, it is the same."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scenario_worlds import A_DOZEN

from recenv.errors import InputError
from recenv.evaluation.rescore import rescore_run
from recenv.evaluation.run import replay_run, run_evaluation

CODE = """
import sys
from recenv.evaluation.run import run_evaluation
for chunk in (1, 3):
    run_evaluation(sys.argv[1], ["greedy", "random"], 5, 3, f"{sys.argv[2]}/{chunk}", chunk=chunk)
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bytes")
    (folder / "small.toml").write_text(A_DOZEN)
    return folder


def test_a_run_has_the_same_bytes_wherever_and_however_it_is_played(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECENV_CACHE", str(home / "cache"))
    here = run_evaluation(str(home / "small.toml"), ["greedy", "random"], 5, 3, home / "here", chunk=5)
    expected = (here / "traces.jsonl").read_bytes()
    assert expected.count(b"\n") == 10
    env = {**os.environ, "PYTHONHASHSEED": "77", "OMP_NUM_THREADS": "2"}
    there = [sys.executable, "-c", CODE, str(home / "small.toml"), str(home / "there")]
    subprocess.run(there, check=True, env=env, capture_output=True)
    for chunk in (1, 3):
        assert (home / "there" / str(chunk) / "traces.jsonl").read_bytes() == expected
    assert all(v.same for v in replay_run(here))
    again = rescore_run(here, "fast", home / "rescored", chunk=4)
    assert (again / "traces.jsonl").read_bytes() == expected


@pytest.mark.parametrize(("sessions", "seed", "told"), [
    (2, -1, "seed"), (2, 2**64, "seed"), (2, True, "seed"), (2, "3", "seed"), (2, None, "seed"), (0, 1, "sessions"),
    ("3", 1, "sessions"), (2.0, 1, "sessions"), (True, 1, "sessions")])
def test_a_run_of_a_wrong_number_leaves_nothing(tmp_path: Path, sessions: object, seed: object, told: str) -> None:
    (tmp_path / "small.toml").write_text(A_DOZEN)
    with pytest.raises(InputError, match=f"{told} must be"):
        run_evaluation(
            str(tmp_path / "small.toml"), ["random"], sessions, seed, tmp_path / "run", changes={"scorers": "rules"})  # type: ignore
    assert not (tmp_path / "run").exists()


def test_a_run_takes_seeds_of_any_integer_type(tmp_path: Path) -> None:
    (tmp_path / "small.toml").write_text(A_DOZEN)
    one, two = (run_evaluation(
        str(tmp_path / "small.toml"), ["random"], number(2), number(3), tmp_path / number.__name__, changes={"scorers": "rules"})
        for number in (int, np.int16))
    assert all((one / name).read_bytes() == (two / name).read_bytes() for name in ("traces.jsonl", "manifest.json"))
