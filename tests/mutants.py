"""Tests that would notice: a seeded sample of small changes to core code, each met by the tests of its room (``make mutants``).

cosmic-ray makes the changes, in a copy of the repository. Prints which lived, to be read one by one: some change nothing that
matters. Not in CI: a change takes as long as the tests that notice it.
"""

from __future__ import annotations

import argparse
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from cosmic_ray.commands import init
from cosmic_ray.mutating import mutate_and_test
from cosmic_ray.work_db import WorkDB
from cosmic_ray.work_item import TestOutcome, WorkItem

ROOT = Path(__file__).parents[1]
ROOMS: dict[str, tuple[str, ...]] = {
    "recenv/rng.py": ("tests/test_rng.py", "tests/envs/test_pinned.py"),
    "recenv/envs": ("tests/envs", "tests/golden"),
    "recenv/users": ("tests/users", "tests/envs/test_pinned.py"),
    "recenv/rewards/hybrid.py": ("tests/rewards/test_hybrid.py", "tests/envs/test_pay.py"),
    "recenv/rewards/turn.py": ("tests/rewards/test_turn.py", "tests/envs/test_envs.py"),
    "recenv/rewards/rows.py": ("tests/rewards/test_turn.py", "tests/rewards/test_fields.py", "tests/rewards/test_dimensions.py"),
    "recenv/rewards/rules": ("tests/rewards/test_rules.py", "tests/rewards/test_checks.py", "tests/rewards/test_grounding.py"),
    "recenv/data/store.py": ("tests/data/test_store.py", "tests/evaluation/test_sealed.py", "tests/data/test_recrm.py"),
    "recenv/measures": (
        "tests/evaluation/test_intervals.py", "tests/rewards/test_scorer_metrics.py", "tests/rewards/test_reliability.py",
        "tests/rewards/test_calibration.py", "tests/rewards/test_logistic.py"),
    "evaluation/runner.py": ("tests/evaluation/test_runner.py",),
}
"""Code -> the tests that should notice a change to it."""
_ANNOTATIONS = "BitOr"  # a bar in an annotation is never evaluated
_LIMIT = 600.0  # seconds; a change that makes a loop endless is noticed by it
_LEFT_OUT = shutil.ignore_patterns(".git", ".venv*", "build", "dist", "runs", ".*_cache", "__pycache__")


def all_changes(copy: Path) -> list[tuple[WorkItem, str]]:
    """Every change that cosmic-ray can make to the rooms, with its room."""
    found = []
    for room in ROOMS:
        place = copy / room
        files = [place] if place.is_file() else sorted(place.rglob("*.py"))
        with tempfile.TemporaryDirectory() as folder:
            db = WorkDB(str(Path(folder) / "session.sqlite"), WorkDB.Mode.create)
            init(files, db, {})
            found += [(item, room) for item in db.work_items]
            db.close()
    kept = [(i, room) for i, room in found if _ANNOTATIONS not in i.mutations[0].operator_name]
    return sorted(kept, key=lambda one: _where(one[0], copy))


def _where(item: WorkItem, copy: Path) -> tuple[str, int, int, str, int]:
    made = item.mutations[0]
    path = Path(made.module_path)
    name = path.relative_to(copy).as_posix() if path.is_absolute() else path.as_posix()
    return name, *made.start_pos, made.operator_name, made.occurrence


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--number", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    copy = Path(tempfile.mkdtemp(prefix="recenv-mutants-")) / "copy"
    shutil.copytree(ROOT, copy, symlinks=True, ignore=_LEFT_OUT)
    try:
        changes = all_changes(copy)
        chosen = np.random.default_rng(asked.seed).permutation(len(changes))[:asked.number]
        for room in dict.fromkeys(changes[at][1] for at in chosen.tolist()):  # or every change would seem to be noticed
            if subprocess.run(shlex.split(_command(copy, room)), capture_output=True).returncode:
                print(f"the tests of {room} fail without any change: {' '.join(ROOMS[room])}")
                return 1
        killed, lived, start = 0, list[str](), time.monotonic()
        for n, at in enumerate(chosen.tolist(), 1):
            item, room = changes[at]
            name, line, column, operator, _ = _where(item, copy)
            result = mutate_and_test(item.mutations, _command(copy, room), _LIMIT)
            noticed = result.test_outcome != TestOutcome.SURVIVED
            killed += noticed
            print(f"{n:>4}/{len(chosen)} {'killed' if noticed else 'LIVES '} {name}:{line}:{column} {operator}", flush=True)
            if not noticed:
                lived.append(result.diff or "")
        print(f"\n{len(changes):,} changes are possible; of {len(chosen)} (seed {asked.seed}) {killed} were noticed, "
              f"{killed / max(len(chosen), 1):.0%}, in {time.monotonic() - start:.0f} s. Those that lived:\n")
        print("\n".join(lived))
    finally:
        shutil.rmtree(copy.parent, ignore_errors=True)
    return 0


def _command(copy: Path, room: str) -> str:
    """pytest in the copy, on the tests of a room, ended by the first that fails."""
    code = (f"import os, sys; os.chdir({str(copy)!r}); sys.path.insert(0, {str(copy)!r}); import pytest; "
            "sys.exit(pytest.main(sys.argv[1:]))")
    arguments = ["-q", "-x", "-p", "no:cacheprovider", *ROOMS[room]]
    return " ".join(map(shlex.quote, [sys.executable, "-c", code, *arguments]))


if __name__ == "__main__":
    sys.exit(main())
