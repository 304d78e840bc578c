"""Tests that would notice: a seeded sample of small changes to core code, each met by the tests that run the changed line
(``make mutants``).

cosmic-ray makes the changes, in a copy of the repository. Prints which lived, to be read one by one: some change nothing that
matters. What tests run is found out first, in little more time than they take, and kept in build/mutants for as long as no file
changes. Not in CI.
"""

from __future__ import annotations

import argparse
import difflib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from importlib.util import cache_from_source
from pathlib import Path
from typing import NamedTuple

import numpy as np
from cosmic_ray.ast import ast_nodes, get_ast_from_path
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names
from covering import Covering, cover
from scipy.stats import binomtest
from trial import notices, preload

ROOT = Path(__file__).parents[2]
ROOMS = ("recenv/rng.py", "recenv/envs", "recenv/users", "recenv/rewards/hybrid.py", "recenv/rewards/turn.py",
         "recenv/rewards/rows.py", "recenv/rewards/rules", "recenv/data/store.py", "recenv/measures", "evaluation/runner.py")
"""Code that is changed."""
TESTS = (
    "tests/test_rng.py", "tests/envs", "tests/golden", "tests/users", "tests/rollouts",
    *(f"tests/data/test_{name}.py" for name in ("store", "store_rows", "recrm", "tiny_world")),
    *(f"tests/evaluation/test_{name}.py" for name in ("intervals", "metrics", "pictures", "repeats", "runner", "sealed")),
    *(f"tests/rewards/test_{name}.py" for name in (
        "calibration", "checks", "checks_agreement", "checks_rare", "dimensions", "fields", "grounding", "hybrid", "logistic",
        "opening_hours", "references", "reliability", "rules", "scorer_metrics", "true_sentences", "turn", "wish_bounds",
        "wishes")))
"""Tests that may notice."""
_ANNOTATIONS = "BitOr"  # a bar in an annotation is never evaluated
_SAME = ("Operator_Eq_Is", "Operator_NotEq_IsNot", "Operator_Is_Eq", "Operator_IsNot_NotEq")
"""Equal small numbers, and None, are the same object."""
_OF_TRUTHS = ("Operator_BitAnd_Mul", "Operator_BitOr_Add")
"""The same of two truths, and of truths in arrays; where bits are meant, the other changes of that place remain."""
_CACHES = ("CACHES.keep", "lru_cache", "maxsize")
_BOUNDS = ("_MOST_KEPT", "_MOST_PEOPLE", "_MOST_LISTS", "MOST_STATES", "_PIECE")
"""How much is kept, or written at once, and what that is compared with: what comes of it is the same."""
_FIRST = 30  # tests that a change meets alone, before files of many others are imported
_LEFT_OUT = shutil.ignore_patterns(".git", ".venv*", "build", "dist", "runs", ".*_cache", "__pycache__")

_NOTHING_BEYOND = (("Operator_Eq_GtE", "== INF"), ("Operator_Eq_LtE", "== -INF"))


class Change(NamedTuple):
    """file: from the repository's top, in which cosmic-ray's operator is applied at its occurrence-th place."""

    file: str
    line: int
    column: int
    operator: str
    occurrence: int

    def made(self, code: str) -> str:
        made = mutate_code(code, get_operator(self.operator)(), self.occurrence)
        assert isinstance(made, str), self
        return made


def files_of(copy: Path) -> list[Path]:
    """All of the rooms, but for the program that once cut the shipped font."""
    files = [file for room in ROOMS for file in ([copy / room] if room.endswith(".py") else sorted((copy / room).rglob("*.py")))]
    return [file for file in files if file.parent.name != "fonts"]


def all_changes(copy: Path, files: Sequence[Path]) -> list[Change]:
    """Every change that cosmic-ray can make to the files."""
    return sorted(change for file in files for change in changes_of(file, file.relative_to(copy).as_posix()))


def changes_of(file: Path, name: str) -> list[Change]:
    """Those of one file, without such as change nothing by their kind."""
    nodes, lines, found = list(ast_nodes(get_ast_from_path(file))), file.read_text("utf-8").split("\n"), list[Change]()
    for operator in operator_names():
        kind = get_operator(operator)
        if kind.arguments() or _ANNOTATIONS in operator or operator.endswith(_SAME + _OF_TRUTHS):
            continue
        places = [start for node in nodes for start, _ in kind().mutation_positions(node)]
        found += [Change(name, *start, operator, n) for n, start in enumerate(places)
                  if not _idle(lines[start[0] - 1], start[1], operator)]
    return found


def _idle(line: str, column: int, operator: str) -> bool:
    """Whether a change says only how much is kept, asks for more than there can be, or whether lengths are checked that never
    differ."""
    kept = operator.endswith(("NumberReplacer", "RemoveDecorator")) and any(word in line for word in _CACHES)
    last = any(operator.endswith(kind) and line[column:].startswith(end) for kind, end in _NOTHING_BEYOND)
    return kept or last or any(word in line for word in _BOUNDS) or line[:column].endswith("strict=")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--number", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=40.0, help="of tests, as they take by themselves, for a change at most")
    asked = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="recenv-mutants-"))
    copy = home / "copy"
    os.environ |= {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(copy)}  # also for what tests start
    shutil.copytree(ROOT, copy, symlinks=True, ignore=_LEFT_OUT)
    try:
        files = files_of(copy)
        covering = cover(copy, files, TESTS, ROOT / "build" / "mutants")
        preload()
        every = covering.tests(files[0], "", 0, asked.seconds)  # in the order of what they cost, as changes meet them
        if notices(copy, {t: covering.seconds[t] for t in every}) is not False:
            raise SystemExit("tests fail by themselves here: what they would say of a change means nothing")
        changes = all_changes(copy, files)
        chosen = [changes[n] for n in np.random.default_rng(asked.seed).permutation(len(changes))[:asked.number]]
        start, lived, killed = time.monotonic(), list[str](), 0
        for n, change in enumerate(chosen, 1):
            noticed, told = _try(change, copy, covering, asked.seconds)
            killed += noticed is True
            print(f"{n:>4}/{len(chosen)} {_SAID[noticed]} {change.file}:{change.line}:{change.column} "
                  f"{change.operator}", flush=True)
            if noticed is False:
                print(told, flush=True)
                lived.append(told)
        decided = killed + len(lived)
        within = binomtest(killed, max(decided, 1)).proportion_ci(method="wilson")
        print(f"\n{len(changes):,} changes are possible; of {len(chosen)} (seed {asked.seed}) {len(chosen) - decided} were not "
              f"decided in time, {killed} of {decided} noticed, {killed / max(decided, 1):.0%} "
              f"[{within.low:.0%}, {within.high:.0%}], in {time.monotonic() - start:.0f} s. Those that lived:\n")
        print("\n".join(lived))
    finally:
        shutil.rmtree(home, ignore_errors=True)
    return 0


_SAID = {True: "killed", False: "LIVES ", None: "waited"}


def _try(change: Change, copy: Path, covering: Covering, most_seconds: float) -> tuple[bool | None, str]:
    """Whether a change is noticed, None where that was not decided in time, and what it is."""
    file = copy / change.file
    code = file.read_text("utf-8")
    made = change.made(code)
    tests = covering.tests(file, change.file, change.line, most_seconds)
    told = "\n".join(difflib.unified_diff(code.split("\n"), made.split("\n"), change.file, change.operator, lineterm="", n=1))
    file.write_text(made, "utf-8")
    Path(cache_from_source(str(file))).unlink(missing_ok=True)
    try:
        noticed = notices(copy, {t: covering.seconds[t] for t in tests[:_FIRST]})
        if noticed is False and tests[_FIRST:]:
            noticed = notices(copy, {t: covering.seconds[t] for t in tests[_FIRST:]})
        return noticed, told
    finally:
        file.write_text(code, "utf-8")


if __name__ == "__main__":
    sys.exit(main())
