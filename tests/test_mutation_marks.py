"""What finds out which tests run a statement: a marked program does the same, and says which statements ran."""

from __future__ import annotations

import builtins
from pathlib import Path

import pytest
from mutation.covering import Covering, marked

CODE = '''"""A program."""

from __future__ import annotations

KNOWN = {1: "one"}


class Named:
    """Knows names."""

    fallback: str = "none"

    def name(self, x: int | None) -> str:
        """Of a number."""
        if x in KNOWN:
            return KNOWN[x]
        elif x is None:
            return self.fallback
        for n in range(x):
            x -= n
        else:
            x = 9
        try:
            return KNOWN[x]
        except KeyError:
            return "many"
        finally:
            x = 0
'''


@pytest.mark.parametrize(("asked", "told", "lines"), [
    (1, "one", [15, 16]), (None, "none", [15, 17, 18]), (2, "many", [15, 17, 19, 20, 22, 23, 24, 26, 28])])
def test_a_marked_program_does_the_same_and_says_what_ran(
    asked: int | None, told: str, lines: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    marks = bytearray(99)
    monkeypatch.setattr(builtins, "__marks__", marks, raising=False)
    places: list[tuple[str, int]] = []
    program: dict[str, object] = {}
    exec(marked(CODE, "named.py", places), program)  # noqa: S102  # a program of this file
    assert not any(marks) and program["__doc__"] == "A program." and program["Named"].__doc__ == "Knows names."  # type: ignore
    assert program["Named"]().name(asked) == told  # type: ignore[operator]
    assert sorted(line for n, (_, line) in enumerate(places) if marks[n]) == lines
    assert {name for name, _ in places} == {"named.py"}


def test_tests_of_the_statement_come_first_then_those_of_its_file_each_cheapest_first(tmp_path: Path) -> None:
    (tmp_path / "named.py").write_text(CODE)
    seconds = {"other": 0.1, "dear": 3.0, "cheap": 1.0, "near": 0.5, "far": 9.0}
    known = Covering({"named.py": {16: ["dear", "cheap"], 18: ["near", "cheap"]}}, seconds)
    asked = tmp_path / "named.py", "named.py"
    assert known.tests(*asked, 16, 99) == ["cheap", "dear", "near", "other", "far"]
    assert known.tests(*asked, 16, 4.5) == ["cheap", "dear", "near"]
    assert known.tests(*asked, 5, 99)[:3] == ["near", "cheap", "dear"]  # what runs as it is imported is no test's own
    assert known.tests(*asked, 16, 0.1) == ["cheap"]  # one at least
