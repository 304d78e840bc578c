"""From a run folder to a file of rows, one after the other, so that a run of any size goes through."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import BinaryIO, NamedTuple

import msgspec

from recenv.envs.engine import Engine
from recenv.errors import InputError, UnknownName
from recenv.evaluation.export.dialogues import dialogues
from recenv.evaluation.export.groups import rollouts
from recenv.evaluation.export.preferences import preferences
from recenv.evaluation.export.transitions import transitions
from recenv.evaluation.folder import Run
from recenv.evaluation.recorded import recorded_reward, recorded_scenario, recorded_world
from recenv.evaluation.repeats import repeat_folders
from recenv.evaluation.session_values import check_dimensions
from recenv.files import whole_file
from recenv.rollouts.rebuild import CHUNK, Rebuilt, rebuild
from recenv.rollouts.trace import SessionTrace

Progress = Callable[[int, int], None]
"""(sessions done, sessions in all)."""

FILES: tuple[str, ...] = ("transitions", "sft", "preferences", "grpo", "parquet")
"""Formats that are one file: JSON Lines, or Parquet with the columns of ``transitions``."""


class Exported(NamedTuple):
    """rows: how many were written. left_out: what makes no row, and how often."""

    rows: int
    left_out: dict[str, int]


def export_run(
    run: str | Path, form: str, out: str | Path, *, agents: Sequence[str] = (), store: str | Path | None = None,
    progress: Progress | None = None, chunk: int = CHUNK,
) -> Exported:
    """Write the rows of a run to the file ``out``, whole or not at all.

    form: one of ``FILES``. agents: whose sessions, all by default. store: the store that the run was played in. chunk: sessions
    held at a time. Raises InputError for a run that is not finished or does not go here as it was recorded, and for a file that
    exists; UnknownName for a format or an agent; MissingExtra where Parquet's library is not installed.
    """
    if form not in FILES:
        raise UnknownName("format", form, FILES)
    target = Path(out)
    if target.exists():
        raise InputError(f"{target} exists already; choose another --out, nothing was touched")
    reader = RunReader(run, agents, store=store, progress=progress, chunk=chunk)
    left_out: Counter[str] = Counter()
    target.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(target) as stream:
        if form == "parquet":
            from recenv.evaluation.export.parquet import write_parquet

            return Exported(write_parquet(stream, transitions(reader.sessions())), {})
        rows: Iterable[msgspec.Struct]
        match form:
            case "transitions":
                rows = transitions(reader.sessions())
            case "sft":
                rows = dialogues(reader.sessions())
            case "preferences":
                if len(reader.agents) < 2:
                    raise InputError(f"preferences are between two agents or more; got {', '.join(reader.agents)} alone")
                rows = preferences(reader.groups(), left_out)
            case _:
                alike = reader.alike()
                repeats = [run.plan.repeat for run in alike for _ in reader.agents]
                rows = rollouts(reader.groups(alike), reader.run.plan.scenario.name, repeats)
        return Exported(_write_lines(stream, rows), dict(left_out))


def _write_lines(stream: BinaryIO, rows: Iterable[msgspec.Struct]) -> int:
    count, encoder = 0, msgspec.json.Encoder()
    for row in rows:
        stream.write(encoder.encode(row) + b"\n")
        count += 1
    return count


class RunReader:
    """The rollouts of a finished run with what agents saw, in two orders; ``chunk`` sessions an agent are held at a time."""

    def __init__(
        self, run: str | Path, agents: Sequence[str] = (), *, store: str | Path | None = None, progress: Progress | None = None,
        chunk: int = CHUNK,
    ) -> None:
        self.run = Run(run)
        self.agents = tuple(dict.fromkeys(agents)) or self.run.agents
        for name in self.agents:
            self.run.plan.agent(name)
        scenario = recorded_scenario(self.run.plan, run)
        world = recorded_world(self.run.plan, scenario, run, store)
        # users do not react to scores: no scorer is loaded
        self.engine = Engine(world, self.run.config, scorers={}, reward=recorded_reward(self.run.plan, run))
        self._progress, self._chunk, self._done, self._runs = progress, chunk, 0, 1

    def sessions(self) -> Iterator[Rebuilt]:
        """Agent by agent, sessions in allotted order."""
        for agent in self.agents:
            for part in self._chunks(agent, self.run):
                yield from part

    def alike(self) -> list[Run]:
        """The run, and its repeats whose sessions start as its own do."""
        repeats = [Run(folder) for folder in repeat_folders(self.run.path)[1:]]
        return [self.run, *(run for run in repeats if run.plan.seed == self.run.plan.seed)]

    def groups(self, runs: Sequence[Run] = ()) -> Iterator[tuple[Rebuilt, ...]]:
        """Session by session, in allotted order, the rollout of each agent; in each of some runs, or in this one."""
        self._runs = len(runs) or 1
        every = [self._chunks(agent, run) for run in runs or (self.run,) for agent in self.agents]
        for parts in zip(*every, strict=True):
            yield from zip(*parts, strict=True)

    def _chunks(self, agent: str, run: Run) -> Iterator[list[Rebuilt]]:
        traces, total = run.traces(agent), len(run.session_ids)
        for first in range(0, total, self._chunk):
            part = list(islice(traces, self._chunk))
            if first + len(part) < min(first + self._chunk, total):
                raise InputError(
                    f"{run.path} is not finished: agent {agent!r} has played {first + len(part)} of {total} sessions; go on "
                    "with: recenv evaluate ... --resume")
            yield self._rebuilt(part)

    def _rebuilt(self, traces: list[SessionTrace]) -> list[Rebuilt]:
        for trace in traces:
            check_dimensions(trace)
        found = list(rebuild(self.engine, traces, chunk=self._chunk))
        self._done += len(traces)
        if self._progress is not None:
            self._progress(self._done, self._runs * len(self.agents) * len(self.run.session_ids))
        return found
