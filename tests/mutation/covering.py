"""Which tests run which statements, and how long they take: found out once, so that a change is met by tests that can notice it.

The watched files themselves say what runs: in a copy of the repository, a mark is set before every statement of a function.
Nothing else is any slower for it, as all would be with a tracer; and what was found is kept for as long as no file changes.
"""

from __future__ import annotations

import ast
import builtins
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

Place = tuple[str, int]
"""A file, by its path from the repository's top, and the line at which a statement of it starts."""
_MARKS = "__marks__"  # among the builtins, where each watched module finds it; a process that a test starts has its own
_MOST = 1 << 20  # statements
HERE = Path(__file__).parent
_READ = ("recenv", "evaluation", "baselines", "scenarios", "examples", "tests")  # what tests depend on


class Covering(NamedTuple):
    """lines: file -> line of a statement -> tests that run it. seconds: test -> how much of a CPU it took."""

    lines: dict[str, dict[int, list[str]]]
    seconds: dict[str, float]

    def tests(self, file: Path, name: str, line: int, most_seconds: float) -> list[str]:
        """Tests that run the statement at a line, cheapest first, then those that run others of its file, then all others: as
        many as take no more than so many seconds."""
        found = self.lines.get(name, {})
        own = set(found.get(_statement(file, line), ()))
        same = {test for tests in found.values() for test in tests} - own
        chosen, spent = list[str](), 0.0
        for tests in (own, same, self.seconds.keys() - own - same):
            for test in sorted(tests, key=self.seconds.__getitem__):
                spent += self.seconds[test]
                if spent > most_seconds and chosen:
                    return chosen
                chosen.append(test)
        return chosen


def _statement(file: Path, line: int) -> int:
    """Where the innermost statement at a line starts, or 0: what stands outside of functions runs when it is imported."""
    statements = [node for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.stmt)]
    holding = [s for s in statements if s.lineno <= line <= (s.end_lineno or s.lineno)]
    inside = any(isinstance(s, ast.FunctionDef | ast.AsyncFunctionDef) and s.body[0].lineno <= line for s in holding)
    return max(s.lineno for s in holding) if inside else 0


def cover(copy: Path, rooms: Sequence[Path], tests: Sequence[str], kept: Path) -> Covering:
    """What tests of a copy of the repository run of the rooms' files, found in a process of its own or in the folder kept; a test
    that fails notices nothing."""
    out = kept / f"{_fingerprint(copy, rooms, tests)}.json"
    if not out.exists():
        codes = {file: file.read_text("utf-8") for file in rooms}
        places = list[Place]()
        try:
            for file, code in codes.items():
                file.write_text(marked(code, file.relative_to(copy).as_posix(), places), "utf-8")
            kept.mkdir(parents=True, exist_ok=True)
            (kept / "places.json").write_text(json.dumps(places))
            subprocess.run([sys.executable, __file__, str(copy), str(kept / "places.json"), str(out), *tests], cwd=copy)
        finally:
            for file, code in codes.items():
                file.write_text(code, "utf-8")
    read = json.loads(out.read_text())
    names = list(read["seconds"])
    lines: dict[str, dict[int, list[str]]] = {}
    for (name, line), found in read["ran"]:
        lines.setdefault(name, {})[line] = [names[n] for n in found]
    return Covering(lines, read["seconds"])


def _fingerprint(copy: Path, rooms: Sequence[Path], tests: Sequence[str]) -> str:
    digest = hashlib.blake2b(json.dumps([[str(r.relative_to(copy)) for r in rooms], list(tests)]).encode(), digest_size=16)
    for file in sorted(f for part in _READ for f in (copy / part).rglob("*") if f.is_file() and HERE.name not in f.parent.parts):
        digest.update(f"{file.relative_to(copy)}\0{hashlib.blake2b(file.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def marked(code: str, name: str, places: list[Place]) -> str:
    """The same program, with a mark before each statement of its functions; their places are added to those known."""
    tree = ast.parse(code)
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    for node in {id(node): node for function in functions for node in ast.walk(function)}.values():
        for field in ("body", "orelse", "finalbody"):
            if isinstance(block := getattr(node, field, None), list):
                setattr(node, field, list(_before(block, name, places)))
    start = next((n for n, s in enumerate(tree.body) if not _leading(s)), len(tree.body))
    found = f"import builtins\n{_MARKS} = builtins.__dict__.setdefault({_MARKS!r}, bytearray({_MOST}))"
    tree.body[start:start] = ast.parse(found).body
    return ast.unparse(ast.fix_missing_locations(tree)) + "\n"


def _before(block: Sequence[ast.stmt], name: str, places: list[Place]) -> Iterator[ast.stmt]:
    for n, statement in enumerate(block):
        if n or not _leading(statement):
            yield ast.parse(f"{_MARKS}[{len(places)}] = 1").body[0]
            places.append((name, statement.lineno))
        yield statement


def _leading(statement: ast.stmt) -> bool:
    """Whether a statement is a docstring, or an import from the future: nothing may stand before it."""
    return (isinstance(statement, ast.ImportFrom) and statement.module == "__future__") or (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))


def _watch(copy: Path, known: Path, out: Path, tests: Sequence[str]) -> None:
    import pytest

    sys.path.insert(0, str(copy))
    places: list[Place] = json.loads(known.read_text())
    marks = bytearray(_MOST)
    setattr(builtins, _MARKS, marks)
    seconds, ran, failed = dict[str, float](), dict[str, set[int]](), set[str]()
    of_fixtures: dict[str, set[int]] = {}

    def taken() -> set[int]:
        found = {n for n in range(len(places)) if marks[n]}
        marks[:] = bytes(len(marks))
        return found

    class Plugin:
        def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
            if report.failed:
                failed.add(report.nodeid)

        @pytest.hookimpl(wrapper=True)
        def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest) -> Iterator[None]:
            before = taken()
            try:
                return (yield)
            finally:  # what a fixture ran is run for every test that has it, not only for the first
                of_fixtures.setdefault(fixturedef.argname, set()).update(taken())
                for n in before:
                    marks[n] = 1

        @pytest.hookimpl(wrapper=True)
        def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
            taken()
            start = sum(os.times()[:4])
            try:
                return (yield)
            finally:
                seconds[item.nodeid] = sum(os.times()[:4]) - start
                ran[item.nodeid] = taken().union(*(of_fixtures.get(name, ()) for name in getattr(item, "fixturenames", ())))

    pytest.main(["-q", "-p", "no:cacheprovider", *tests], plugins=[Plugin()])
    for name in failed:
        del seconds[name]
    found: dict[int, list[int]] = {n: [] for n in range(len(places))}
    for number, name in enumerate(seconds):
        for n in ran[name]:
            found[n].append(number)
    whole = {"seconds": seconds, "ran": [(places[n], tests) for n, tests in found.items() if tests]}
    out.with_suffix(".partial").write_text(json.dumps(whole))
    out.with_suffix(".partial").rename(out)


if __name__ == "__main__":
    _watch(*map(Path, sys.argv[1:4]), sys.argv[4:])
