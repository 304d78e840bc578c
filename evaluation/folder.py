"""A run folder, opened for reading."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from recenv.envs.config import EnvConfig
from recenv.evaluation.leaderboard import Leaderboard, build_leaderboard, format_leaderboard
from recenv.evaluation.plan import TRACES, RunPlan, audited, read_plan
from recenv.evaluation.recorded import recorded_rules
from recenv.evaluation.select import find_trace
from recenv.rollouts.trace import SessionTrace, read_traces


class Run:
    """What ``recenv evaluate`` or ``recenv rescore`` wrote, finished or not. Nothing is changed by reading it.

    path: the folder. plan: who played what, by which scorers and reward, with which versions (``manifest.json``).
    Traces are read from disk each time, one after the other; a run that goes on meanwhile shows more of them.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.plan: RunPlan = read_plan(path)

    def __repr__(self) -> str:
        played = f"{self.plan.scenario.name}-v{self.plan.scenario.version}, seed {self.plan.seed}"
        return f"<Run {self.path}: {played}, {len(self.plan.sessions)} sessions, agents {', '.join(self.agents)}>"

    @property
    def agents(self) -> tuple[str, ...]:
        """Names of the agents, in the order in which they play."""
        return tuple(entry.name for entry in self.plan.agents)

    @property
    def sessions(self) -> tuple[str, ...]:
        """Ids of the sessions that every agent plays, in order."""
        return self.plan.session_ids

    @property
    def config(self) -> EnvConfig:
        """The rules of the sessions; raises InputError where they are not of this version."""
        return recorded_rules(self.plan, self.path)

    def traces(self, agent: str | None = None) -> Iterator[SessionTrace]:
        """Traces in the order of playing, of one agent or of all.

        Raises UnknownName for an agent that is not in the plan, InputError for a missing or damaged file of traces.
        """
        if agent is not None:
            self.plan.agent(agent)
        return (trace for trace in read_traces(self.path / TRACES) if agent in (None, trace.agent))

    def trace(self, session: str, agent: str) -> SessionTrace:
        """The trace of one session as an agent played it; raises UnknownName, and InputError where it is not finished."""
        return find_trace(self.path, session, agent)

    def leaderboard(self) -> Leaderboard:
        """Rows by mean return, best first, with 95 % intervals over users, and the paired differences between neighbours."""
        return build_leaderboard(self.path)

    def table(self) -> str:
        """The leaderboard as text, as ``recenv evaluate`` prints it."""
        return format_leaderboard(self.leaderboard())

    def audit(self) -> Run | None:
        """The same sessions as the second family of scorers judges them, as a run of its own; None where it has not."""
        found = audited(self.path, self.plan)
        return Run(found.run) if found.done else None


def open_run(path: str | Path) -> Run:
    """Open a run folder for reading: its plan, traces and leaderboard.

    Raises InputError where there is no run, or one of another schema.
    """
    return Run(path)
