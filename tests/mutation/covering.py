"""Which tests run which lines, and how long they take: found out once, so that a change is met by tests that can notice it."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple


class Covering(NamedTuple):
    """lines: file -> line -> tests that run it. seconds: test -> how much of a CPU it took while it was watched."""

    lines: dict[str, dict[int, list[str]]]
    seconds: dict[str, float]

    def tests(self, file: Path, name: str, line: int, most_seconds: float) -> list[str]:
        """Tests that run a line, cheapest first, then those that run anything of its file, up to so many seconds in all.

        What runs when a module is imported is every test's of that file, whichever happened to import it first.
        """
        found = self.lines.get(name, {})
        near = [line for line in _around(file, line) if line in found]
        own = {test for at in near for test in found[at]}
        rest = {test for tests in found.values() for test in tests} - own
        chosen, spent = list[str](), 0.0
        for test in (*sorted(own, key=self.seconds.__getitem__), *sorted(rest, key=self.seconds.__getitem__)):
            spent += self.seconds[test]
            if spent > most_seconds and chosen:
                break
            chosen.append(test)
        return chosen


def _around(file: Path, line: int) -> list[int]:
    """The lines of the innermost statement at a line; none outside of functions."""
    statements = [node for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.stmt)]
    holding = [s for s in statements if s.lineno <= line <= (s.end_lineno or s.lineno)]
    if not any(isinstance(s, (ast.FunctionDef, ast.AsyncFunctionDef)) and s.body[0].lineno <= line for s in holding):
        return []
    inner = max(holding, key=lambda s: s.lineno)
    body = getattr(inner, "body", None)
    return list(range(inner.lineno, body[0].lineno if body else (inner.end_lineno or line) + 1))


def cover(copy: Path, rooms: Sequence[str], tests: Sequence[str], out: Path) -> Covering:
    """Run tests of a copy of the repository in a process of their own, and watch; one that fails notices nothing."""
    subprocess.run([sys.executable, __file__, str(copy), str(out), ",".join(rooms), *tests], cwd=copy)
    read = json.loads(out.read_text())
    names = list(read["seconds"])
    lines = {file: {int(line): [names[n] for n in found] for line, found in at.items()} for file, at in read["lines"].items()}
    return Covering(lines, read["seconds"])


def _watch(copy: Path, out: Path, rooms: Sequence[str], tests: Sequence[str]) -> None:
    import coverage
    import pytest

    sys.path.insert(0, str(copy))
    watched = coverage.Coverage(
        data_file=None, config_file=False,
        include=[str(copy / room) if room.endswith(".py") else str(copy / room / "*") for room in rooms])
    seconds, failed = dict[str, float](), set[str]()

    class Plugin:
        def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
            if report.failed:
                failed.add(report.nodeid)

        @pytest.hookimpl(wrapper=True)
        def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
            watched.switch_context(item.nodeid)
            start = sum(os.times()[:4])
            try:
                return (yield)
            finally:
                seconds[item.nodeid] = sum(os.times()[:4]) - start
                watched.switch_context("")

    watched.start()
    pytest.main(["-q", "-p", "no:cacheprovider", *tests], plugins=[Plugin()])
    watched.stop()
    for name in failed:
        del seconds[name]
    data, number = watched.get_data(), {name: n for n, name in enumerate(seconds)}
    lines = {}
    for file in data.measured_files():
        known = {at: sorted(number[c] for c in contexts if c in number) for at, contexts in data.contexts_by_lineno(file).items()}
        lines[Path(file).relative_to(copy).as_posix()] = {line: found for line, found in known.items() if found}
    out.write_text(json.dumps({"seconds": seconds, "lines": lines}))


if __name__ == "__main__":
    _watch(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3].split(","), sys.argv[4:])
