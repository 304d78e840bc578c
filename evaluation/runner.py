"""Runs a plan into a run folder, so that it can be killed at any moment and resumed to the same bytes.

The folder: ``manifest.json`` (the plan), ``sessions.jsonl`` (what its sessions are about), ``traces.jsonl`` (one line per
finished session, agents in the plan's order, sessions in allotted order) and what is derived from these: ``leaderboard.json``,
the report, and, where a second family judges the run, the run folder ``audit``. Lines reach the disk a chunk at a time.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

from recenv.errors import InputError
from recenv.evaluation.judging import write_judging
from recenv.evaluation.plan import LEADERBOARD, MANIFEST, TRACES, RunPlan, check_same, write_plan
from recenv.files import left_behind, write_whole
from recenv.journal import cut_torn, entries, held
from recenv.rollouts.trace import TRACE_SCHEMA, SessionTrace, encode

CHUNK = 64

RunChunk = Callable[[str, Sequence[int], int], list[SessionTrace]]
"""(agent name, session rows, allotted position of the first) -> their finished traces, in that order."""


class Progress(NamedTuple):
    """agent: who plays now; done, total: sessions over all agents."""

    agent: str
    done: int
    total: int


def evaluate(
    plan: RunPlan,
    out: str | Path,
    *,
    run_chunk: RunChunk,
    resume: bool = False,
    progress: Callable[[Progress], None] | None = None,
    chunk: int = CHUNK,
    opened: Callable[[Path], None] | None = None,
) -> Path:
    """Play the plan into folder ``out`` and derive its leaderboard; returns ``out``.

    opened: called with the folder before anything is played.
    run_chunk plays sessions of one agent; what it returns must not depend on how they are cut into chunks.
    resume: continue what is in ``out`` (start anew where nothing is); a torn last line is cut off and played again.
    Raises InputError when ``out`` holds a run and resume is not given, when the run there has another plan, when
    another process writes to it, or when traces do not follow the plan. Nothing on disk is touched in these cases.
    """
    if chunk < 1:
        raise InputError(f"chunk must be at least 1; got {chunk}")
    run = Path(out)
    _open_run(plan, run, resume)
    if opened is not None:
        opened(run)
    total = len(plan.agents) * len(plan.sessions)
    busy = f"another process is writing to {run}; wait for it to end, or choose another --out"
    with held(run / TRACES, busy) as stream:
        done = _resume_point(stream, plan, run / TRACES)
        while done < total:
            agent = plan.agents[done // len(plan.sessions)].name
            first = done % len(plan.sessions)
            rows = plan.sessions[first : first + chunk]
            if progress:
                progress(Progress(agent, done, total))
            traces = run_chunk(agent, rows, first)
            _check_chunk(traces, plan, agent, first, len(rows))
            stream.write(b"".join(encode(t) for t in traces))
            stream.flush()
            os.fsync(stream.fileno())
            done += len(rows)
        if progress:
            progress(Progress(plan.agents[-1].name, done, total))
    from recenv.evaluation.leaderboard import build_leaderboard, encode_leaderboard

    write_whole(run / LEADERBOARD, encode_leaderboard(build_leaderboard(run)))
    write_judging(run)
    return run


def _open_run(plan: RunPlan, run: Path, resume: bool) -> None:
    if run.exists() and not run.is_dir():
        raise InputError(f"{run} is a file; --out must be a folder that is new, or a run to --resume")
    if (run / MANIFEST).exists():
        if not resume:
            raise InputError(f"{run} holds a run already; pass --resume to continue it, or choose another --out")
        check_same(run, plan)
        return
    # A kill before the manifest was in place leaves at most its partial file.
    if run.is_dir() and not all(left_behind(f, MANIFEST) for f in run.iterdir()):
        raise InputError(f"{run} exists and is not a run folder; choose another --out, nothing was touched")
    run.mkdir(parents=True, exist_ok=True)
    write_plan(plan, run)


def _resume_point(stream: BinaryIO, plan: RunPlan, file: Path) -> int:
    """How many traces are whole; cuts off a torn last line, and only after everything before it proved to fit the plan."""
    stream.seek(0)
    count, remedy = 0, "delete this line and all that follow, then --resume plays them again"
    for number, trace in entries(stream, file, SessionTrace, "damaged", remedy):
        where = f"{file}:{number}"
        if count >= len(plan.agents) * len(plan.sessions):
            raise InputError(f"{where}: more traces than the plan allots; the file was changed, evaluate into another --out")
        agent = plan.agents[count // len(plan.sessions)].name
        _check_trace(trace, plan, agent, count % len(plan.sessions), where)
        count = number
    cut_torn(stream)
    return count


def _check_chunk(traces: Sequence[SessionTrace], plan: RunPlan, agent: str, first: int, expected: int) -> None:
    if len(traces) != expected:
        raise InputError(f"agent {agent!r}: {expected} sessions to play from position {first}, {len(traces)} traces came back")
    for i, trace in enumerate(traces):
        _check_trace(trace, plan, agent, first + i, f"agent {agent!r}, position {first + i}")


def _check_trace(trace: SessionTrace, plan: RunPlan, agent: str, order: int, where: str) -> None:
    expected = (TRACE_SCHEMA, agent, order, plan.session_ids[order], plan.seed)
    found = (trace.schema, trace.agent, trace.order, trace.session_id, trace.seed)
    for name, want, have in zip(("schema", "agent", "order", "session_id", "seed"), expected, found, strict=True):
        if want != have:
            raise InputError(f"{where}: a trace of {name} {want!r} was expected, {have!r} came")
