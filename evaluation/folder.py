"""A run folder, opened for reading."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recenv.envs.config import EnvConfig
from recenv.errors import InputError
from recenv.evaluation.frames import frame
from recenv.evaluation.leaderboard import Leaderboard, build_leaderboard, format_leaderboard, interval_text
from recenv.evaluation.plan import RunPlan, audited, read_plan
from recenv.evaluation.recorded import recorded_rules
from recenv.evaluation.repeats import Repeated, build_repeated, repeat_folders
from recenv.evaluation.rows import RunReader, SessionRow, session_columns, turn_columns
from recenv.evaluation.select import find_trace
from recenv.evaluation.traces import run_traces
from recenv.evaluation.why import Teller, Told
from recenv.measures.intervals import Interval, mean_interval
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rollouts.trace import SessionTrace

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Played:
    """One session as one agent or several played it.

    told: each trace with the story of its session and its turns explained. A notebook that ends a cell with it shows it as a page
    of its own; nothing in a trace can become part of the notebook.
    """

    def __init__(self, told: tuple[Told, ...]) -> None:
        self.told = told

    def __repr__(self) -> str:
        agents = ", ".join(f"{t.trace.agent} {t.trace.total:.3f}" for t in self.told)
        return f"<session {self.record.session_id}: {agents}>"

    @property
    def record(self) -> SessionTrace:
        """The trace as it stands in ``traces.jsonl``, of the first agent."""
        return self.told[0].trace

    def plot(self, scale: int = 1) -> Figure:
        """The reward trace, agents one below the other, as a matplotlib figure 1,400 pixels wide times ``scale``."""
        from recenv.evaluation.plots import trace_figure

        return trace_figure(self.told, scale)

    def _repr_html_(self) -> str:
        from recenv.evaluation.pages import framed_page

        return framed_page("trace.html", f"session {self.record.session_id}", told=self.told)


class Comparison:
    """Two agents, a and b, on the same sessions, paired by session.

    difference: a - b by metric (``return``, dimensions, ``needs_met``) with 95 % intervals over users.
    """

    def __init__(self, run: Run, a: str, b: str, of_a: Mapping[str, SessionRow], of_b: Mapping[str, SessionRow]) -> None:
        self.run, self.a, self.b = run, a, b
        self._pairs = [(of_a[s], of_b[s]) for s in run.session_ids if s in of_a and s in of_b]
        users = [one.user for one, _ in self._pairs]

        def paired(of: Callable[[SessionRow], float]) -> Interval:
            return mean_interval([of(x) - of(y) for x, y in self._pairs], users, run.plan.seed)

        self.difference: dict[str, Interval] = {
            "return": paired(lambda r: r.total),
            **{name: paired(partial(_component, d)) for d, name in enumerate(DIMENSIONS)},
            "needs_met": paired(lambda r: r.goals_met / r.goals),
        }

    def __repr__(self) -> str:
        return f"<{self.a} - {self.b}: return {interval_text(self.difference['return'], plus=True)}, {len(self._pairs)} sessions>"

    def sessions(self) -> Any:
        """A row a session, where a lost most against b first: both returns and their difference, endings, and causes."""
        pairs = sorted(self._pairs, key=lambda p: p[0].total - p[1].total)
        return frame({
            "session": [x.session for x, _ in pairs], "category": [x.category for x, _ in pairs],
            "locale": [x.locale for x, _ in pairs], "difference": [x.total - y.total for x, y in pairs],
            **{f"{what} {name}": [getattr(pair[k], field) for pair in pairs] for k, name in enumerate((self.a, self.b))
               for what, field in (("return", "total"), ("ending", "ending"), ("cause", "cause"))}})

    def trace(self, session: str) -> Played:
        """One session as both played it; raises UnknownName for one that is not in the run."""
        return Played(tuple(self.run.trace(session, agent).told[0] for agent in (self.a, self.b)))

    def _repr_html_(self) -> str:
        from recenv.evaluation.pages import framed_page

        return framed_page("compare.html", f"{self.a} and {self.b}", a=self.a, b=self.b, difference_of=self.difference,
                           sessions=len(self._pairs))


def _component(d: int, row: SessionRow) -> float:
    return row.components[d]


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
    def session_ids(self) -> tuple[str, ...]:
        """Ids of the sessions that every agent plays, in order."""
        return self.plan.session_ids

    def sessions(self) -> Any:
        """A row a session of an agent: return, ceiling, ending, what was lost by which cause, a column a dimension.

        A pandas data frame where pandas is installed, else one of polars, else a dict of arrays (N,); ``turns`` likewise.
        """
        reader = RunReader(self.path, self.plan)
        return frame(session_columns(map(reader.row, reader.told())))

    def turns(self) -> Any:
        """A row a turn: what was done and said, value and pay, a column a dimension, and why in words."""
        return frame(turn_columns(RunReader(self.path, self.plan).told()))

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
        return (trace for trace in run_traces(self.path, self.plan) if agent in (None, trace.agent))

    def trace(self, session: str, agent: str) -> Played:
        """One session as an agent played it, explained; a notebook shows it, ``plot()`` draws it, ``record`` is the trace itself.

        Raises UnknownName, and InputError where it is not finished.
        """
        return Played((self._teller(find_trace(self.path, session, agent)),))

    def compare(self, a: str, b: str) -> Comparison:
        """Two agents on the sessions that both finished; raises UnknownName for an agent that is not in the plan."""
        for agent in (a, b):
            if not isinstance(agent, str):
                raise InputError(f"compare takes the names of two agents of this run; got {type(agent).__name__}")
            self.plan.agent(agent)
        reader = RunReader(self.path, self.plan)
        sides: dict[str, dict[str, SessionRow]] = {a: {}, b: {}}
        for told in reader.told():
            if told.trace.agent in sides:
                sides[told.trace.agent][told.trace.session_id] = reader.row(told)
        return Comparison(self, a, b, sides[a], sides[b])

    @cached_property
    def _teller(self) -> Teller:
        return Teller(self.path, self.plan)

    def leaderboard(self) -> Leaderboard:
        """Rows by mean return, best first, with 95 % intervals over users, and the paired differences between neighbours."""
        return build_leaderboard(self.path)

    def table(self) -> str:
        """The leaderboard as text, as ``recenv evaluate`` prints it."""
        return format_leaderboard(self.leaderboard(), len(repeat_folders(self.path)))

    def repeated(self) -> Repeated | None:
        """What playing each session more than once says: pass^k, pass@k, the noise floor; None where each was played once."""
        return build_repeated(self.path) if len(repeat_folders(self.path)) > 1 else None

    def audit(self) -> Run | None:
        """The same sessions as the second family of scorers judges them, as a run of its own; None where it has not."""
        found = audited(self.path, self.plan)
        return Run(found.run) if found.done else None


def open_run(path: str | Path) -> Run:
    """Open a run folder for reading: its plan, traces and leaderboard.

    Raises InputError where there is no run, or one of another schema.
    """
    return Run(path)
