"""docs/learning.md: its program runs, and its commands are commands."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from recenv.cli import Commands
from recenv.learning import LEARNERS

PAGE = (Path(__file__).parents[2] / "docs" / "learning.md").read_text("utf-8")


def test_the_program_runs() -> None:
    (program,) = re.findall(r"^```python\n(.*?)^```$", PAGE, re.M | re.S)
    exec(compile(program, "learning.md", "exec"), {})  # noqa: S102  # our own page


def test_every_command_takes_its_options() -> None:
    commands = [shlex.split(line, comments=True)[1:] for line in re.findall(r"^ {4}(recenv .*)$", PAGE.replace("\\\n", ""), re.M)]
    assert len(commands) >= 4
    for name, *arguments in commands:
        context = Commands()[name].make_context(name, arguments)
        assert context.params


def test_every_learner_is_in_the_table() -> None:
    assert re.findall(r"^\| `(\w+)` \|", PAGE, re.M) == list(LEARNERS)
