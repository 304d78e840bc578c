"""Traces do not move unless someone means it: see ``golden_run.py`` for how to record them anew."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.mark.parametrize(("hash_seed", "threads"), [("0", "1"), ("4242", "2")])
def test_the_golden_run_is_reproduced_in_another_process(hash_seed: str, threads: str) -> None:
    code = (
        "import sys, tempfile, pathlib; sys.path.insert(0, sys.argv[1]); from golden_run import golden_run\n"
        "with tempfile.TemporaryDirectory() as f: sys.stdout.buffer.write(golden_run(pathlib.Path(f)))")
    env = {**os.environ, "PYTHONHASHSEED": hash_seed, "OMP_NUM_THREADS": threads}
    done = subprocess.run([sys.executable, "-c", code, str(HERE)], capture_output=True, check=False, env=env)
    assert done.returncode == 0, done.stderr.decode()
    assert done.stdout == (HERE / "tiny.jsonl").read_bytes()
