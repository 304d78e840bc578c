"""Finding one trace of a run by names a person types."""

from __future__ import annotations

from pathlib import Path

from recenv.errors import InputError, UnknownName
from recenv.evaluation.plan import read_plan
from recenv.evaluation.traces import run_traces
from recenv.rollouts.trace import SessionTrace


def find_trace(run: str | Path, session: str, agent: str) -> SessionTrace:
    """The trace of a session played by an agent. Raises UnknownName with the nearest names, InputError if it is unfinished."""
    plan = read_plan(run)
    plan.agent(agent)
    if session not in plan.session_ids:
        raise UnknownName("session of this run", session, plan.session_ids)
    for trace in run_traces(run, plan):
        if trace.session_id == session and trace.agent == agent:
            return trace
    raise InputError(f"{run}: session {session!r} of agent {agent!r} is not finished; go on with: recenv evaluate ... --resume")
