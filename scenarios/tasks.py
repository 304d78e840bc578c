"""Tasks: a session with the noise of its user under an id of its own, so that any number of rollouts start alike.

    task = read_task("mixed/s-000531@7")
    env = recenv.make("Chat", scenario=task.scenario)
    env.reset(**task.start)                                  # the same user, candidates and noise every time
    envs = recenv.make_vec("Chat", num_envs=8, scenario=task.scenario)
    envs.reset(**task.starts(8))                             # a group of 8 rollouts

An evaluation with ``--seed 7`` plays the same start.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from recenv.errors import InputError

_TASK = re.compile(r"\A(?P<scenario>[^\n]{1,500}?\.toml|[^/\n]{1,200})/(?P<session>[^\n]{1,500})@(?P<seed>[0-9]{1,20})")
_MOST = 1_000_000


class Task(NamedTuple):
    """scenario: its name, or the path of its file; session: an id; seed: keys the user's noise. Written SCENARIO/SESSION@SEED."""

    scenario: str
    session: str
    seed: int

    def __str__(self) -> str:
        return f"{self.scenario}/{self.session}@{self.seed}"

    @property
    def start(self) -> dict[str, Any]:
        """What to give to ``reset`` of a single environment."""
        return {"seed": self.seed, "options": {"session": self.session}}

    def starts(self, rollouts: int) -> dict[str, Any]:
        """What to give to ``reset`` of a vector environment with so many rows."""
        return {"seed": [self.seed] * rollouts, "options": {"sessions": [self.session] * rollouts}}


def read_task(text: str) -> Task:
    """The task of an id; raises InputError for any other text."""
    found = _TASK.fullmatch(text.strip())
    if found is None:
        raise InputError(f"a task is SCENARIO/SESSION@SEED, such as mixed/s-000531@7; got {text.strip()[:80]!r}")
    return Task(found["scenario"], found["session"], int(found["seed"]))


def task_file(file: str | Path, scenario: str, seed: int) -> tuple[str, ...]:
    """The sessions of a file with a task or a session id a line, in its order; empty lines and what follows ``#`` count for
    nothing.

    Raises InputError for a file without any or that cannot be read, for a task of another scenario or seed than those given, and
    for a session named twice.
    """
    found: dict[str, int] = {}
    for number, line in _lines(Path(file)):
        where = f"{file}:{number}"
        if _TASK.fullmatch(line):
            task = read_task(line)
            if (task.scenario, task.seed) != (scenario, seed):
                raise InputError(
                    f"{where}: task {task} is of another scenario or seed than {scenario} and {seed}; a run has one of each")
            line = task.session
        if line in found:
            raise InputError(f"{where}: session {line!r} stands in line {found[line]} too; to play it again use --repeats")
        found[line] = number
    if not found:
        raise InputError(f"{file} names no task; expected lines such as s-000531, or {scenario}/s-000531@{seed}")
    return tuple(found)


def _lines(file: Path) -> Iterator[tuple[int, str]]:
    try:
        lines = file.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{file} cannot be read ({error}); expected a text file with a task a line") from None
    if len(lines) > _MOST:
        raise InputError(f"{file} has {len(lines)} lines; at most {_MOST} tasks are read")
    for number, line in enumerate(lines, 1):
        if text := line.partition("#")[0].strip():
            yield number, text
