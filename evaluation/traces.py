"""The traces of a run as its plan allots them: the one reader for all who show, rank, rescore, replay or go on with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from recenv.errors import InputError
from recenv.evaluation.plan import TRACES, RunPlan
from recenv.journal import entries
from recenv.rollouts.trace import READABLE, SessionTrace, unsealed

Place = tuple[str, int]
"""An agent's name and the position of a session in its allotment."""

_REMEDY = "delete this line, then: recenv evaluate ... --resume plays its session again"


def run_traces(run: str | Path, plan: RunPlan) -> Iterator[SessionTrace]:
    """The traces of a run folder in file order: each as it was written, of an agent and a session of the plan, and no session
    twice. A torn last line (a killed run) is left out.

    Raises InputError for a missing file, and for the first line that is not such a trace.
    """
    file = Path(run) / TRACES
    if not file.is_file():
        raise InputError(f"no traces at {file}; go on with: recenv evaluate ... --out {run} --resume")
    with file.open("rb") as stream:
        yield from checked(stream, file, plan)


def checked(stream: Iterable[bytes], file: Path, plan: RunPlan) -> Iterator[SessionTrace]:
    """``run_traces``, of lines that are open already."""
    seen: dict[Place, int] = {}
    for number, trace in entries(stream, file, SessionTrace, "damaged", _REMEDY, unsealed=unsealed):
        where = f"{file}:{number}"
        check_trace(trace, plan, where)
        first = seen.setdefault((trace.agent, trace.order), number)
        if first != number:
            raise InputError(f"{where}: session {trace.session_id!r} of agent {trace.agent!r} stands in line {first} already; "
                             "the file was changed, delete one of the lines")
        yield trace


def check_trace(trace: SessionTrace, plan: RunPlan, where: str) -> None:
    """Raise InputError unless a trace is of the plan. where: what the message begins with."""
    if trace.schema not in READABLE:
        raise InputError(f"{where}: trace schema {trace.schema}, this version reads {', '.join(map(str, READABLE))}")
    if trace.agent not in {entry.name for entry in plan.agents}:
        raise InputError(f"{where}: a trace of agent {trace.agent!r}, who is not in the plan")
    if not 0 <= trace.order < len(plan.sessions):
        raise InputError(f"{where}: a trace of order {trace.order}, the plan has sessions 0 to {len(plan.sessions) - 1}")
    expected = (plan.session_ids[trace.order], plan.seed)
    found = (trace.session_id, trace.seed)
    for name, want, have in zip(("session_id", "seed"), expected, found, strict=True):
        if want != have:
            raise InputError(f"{where}: a trace of {name} {want!r} was expected, {have!r} came")


def places(plan: RunPlan) -> list[Place]:
    """All that a plan allots, in its order."""
    return [(entry.name, order) for entry in plan.agents for order in range(len(plan.sessions))]
