"""Runs a plan into a run folder, so that it can be killed at any moment and resumed to the same bytes.

The folder: ``manifest.json`` (the plan), ``sessions.jsonl`` (what its sessions are about), ``traces.jsonl`` (one line per
finished session, agents in the plan's order, sessions in allotted order) and what is derived from these: ``leaderboard.json``,
the report, and, where a second family judges the run, the run folder ``audit``. Lines reach the disk a chunk at a time.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

from recenv.errors import InputError
from recenv.evaluation.failures import GIVE_UP, Lost, write_failures
from recenv.evaluation.judging import write_judging
from recenv.evaluation.plan import LEADERBOARD, MANIFEST, TRACES, RunPlan, check_same, write_plan
from recenv.evaluation.traces import Place, check_trace, checked, places
from recenv.files import left_behind, whole_file, write_whole
from recenv.journal import cut_torn, held
from recenv.rollouts.trace import SessionTrace, encode

CHUNK = 64

RunChunk = Callable[[str, Sequence[int], int], Sequence[SessionTrace | Lost]]
"""(agent name, session rows, allotted position of the first) -> their finished traces, in that order; in place of one the session
that could not be played."""


class Chunk(NamedTuple):
    """Sessions of an agent that are played together: rows of the world, and the allotted position of the first."""

    agent: str
    rows: tuple[int, ...]
    first: int


class Progress(NamedTuple):
    """agent: who plays now; done, total: sessions over all agents."""

    agent: str
    done: int
    total: int


def part_of(progress: Callable[[Progress], None] | None, number: int, of: int) -> Callable[[Progress], None] | None:
    """Progress of one of several passes over all sessions, told as progress of the whole."""
    if progress is None:
        return None
    return lambda p: progress(Progress(p.agent, p.done + number * p.total, of * p.total))


def evaluate(
    plan: RunPlan,
    out: str | Path,
    *,
    run_chunk: RunChunk,
    resume: bool = False,
    progress: Callable[[Progress], None] | None = None,
    chunk: int = CHUNK,
    opened: Callable[[Path], None] | None = None,
    coming: Callable[[Sequence[Chunk]], None] | None = None,
) -> Path:
    """Play the plan into folder ``out`` and derive its leaderboard; returns ``out``.

    opened: called with the folder before anything is played. coming: told what ``run_chunk`` may be asked for, in order.
    run_chunk plays sessions of one agent; what it returns must not depend on how they are cut into chunks.
    resume: continue what is in ``out`` (start anew where nothing is); a torn last line is cut off and played again, as is what
    was lost. Sessions that nobody answered in (``failures``) are left out; after ``GIVE_UP`` of an agent in a row its others are.
    Raises InputError when ``out`` holds a run and resume is not given, when the run there has another plan, when
    another process writes to it, or when traces do not follow the plan. Nothing on disk is touched in these cases.
    """
    if chunk < 1:
        raise InputError(f"chunk must be at least 1; got {chunk}")
    run = Path(out)
    _open_run(plan, run, resume)
    if opened is not None:
        opened(run)
    busy = f"another process is writing to {run}; wait for it to end, or choose another --out"
    with held(run / TRACES, busy) as stream:
        lost = _play(plan, stream, run / TRACES, run_chunk, progress, chunk, coming)
        write_failures(run, lost)
    from recenv.evaluation.leaderboard import build_leaderboard, encode_leaderboard

    write_whole(run / LEADERBOARD, encode_leaderboard(build_leaderboard(run)))
    write_judging(run)
    return run


def _play(
    plan: RunPlan, stream: BinaryIO, file: Path, run_chunk: RunChunk, progress: Callable[[Progress], None] | None, chunk: int,
    coming: Callable[[Sequence[Chunk]], None] | None,
) -> list[Lost]:
    """Play what the file lacks, and put it in order; returns the sessions that were lost."""
    there = _there(stream, plan, file)
    every = places(plan)
    number = {place: n for n, place in enumerate(every)}
    written = [number[place] for place in there]
    lost: list[Lost] = []
    row = dict.fromkeys((entry.name for entry in plan.agents), 0)  # sessions lost one after the other
    done = len(there)
    planned = list(_chunks(plan, set(there), chunk))
    if coming is not None:
        coming([Chunk(agent, tuple(plan.sessions[o] for o in orders), orders[0]) for agent, orders in planned])
    for agent, orders in planned:
        if progress:
            progress(Progress(agent, done, len(every)))
        if row[agent] >= GIVE_UP:
            lost += [Lost(agent=agent, order=o, session_id=plan.session_ids[o], why=lost[-1].why) for o in orders]
            continue
        played = run_chunk(agent, [plan.sessions[o] for o in orders], orders[0])
        if len(played) != len(orders):
            raise InputError(
                f"agent {agent!r}: {len(orders)} sessions to play from position {orders[0]}, {len(played)} traces came back")
        whole = []
        for order, found in zip(orders, played, strict=True):
            if isinstance(found, Lost):
                lost.append(found)
                row[agent] += 1
                continue
            row[agent] = 0
            _check_own(found, plan, agent, order)
            whole.append(found)
            written.append(number[agent, order])
        stream.write(b"".join(encode(t) for t in whole))
        stream.flush()
        os.fsync(stream.fileno())
        done += len(whole)
    if progress:
        progress(Progress(plan.agents[-1].name, done, len(every)))
    if written != sorted(written):
        _put_in_order(stream, plan, file, number)
    return lost


def _chunks(plan: RunPlan, there: set[Place], chunk: int) -> Iterator[tuple[str, list[int]]]:
    """What is not there, in the plan's order: an agent and up to ``chunk`` positions next to each other."""
    for entry in plan.agents:
        orders: list[int] = []
        for order in range(len(plan.sessions)):
            if orders and ((entry.name, order) in there or len(orders) == chunk):
                yield entry.name, orders
                orders = []
            if (entry.name, order) not in there:
                orders.append(order)
        if orders:
            yield entry.name, orders


def _put_in_order(stream: BinaryIO, plan: RunPlan, file: Path, number: dict[Place, int]) -> None:
    """Write the lines of a file anew, in the plan's order."""
    stream.seek(0)
    lines = stream.readlines()
    traces = checked(lines, file, plan)
    found = sorted((number[trace.agent, trace.order], line) for line, trace in zip(lines, traces, strict=False))
    with whole_file(file) as new:
        new.writelines(line for _, line in found)


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


def _there(stream: BinaryIO, plan: RunPlan, file: Path) -> list[Place]:
    """What of the plan is played; cuts off a torn last line, and only after everything before it proved to fit the plan."""
    stream.seek(0)
    found = [(trace.agent, trace.order) for trace in checked(stream, file, plan)]
    cut_torn(stream)
    return found


def _check_own(trace: SessionTrace, plan: RunPlan, agent: str, order: int) -> None:
    """Raise InputError unless a trace that came back is the one that was asked for."""
    where = f"agent {agent!r}, position {order}"
    for name, want, have in (("agent", agent, trace.agent), ("order", order, trace.order)):
        if want != have:
            raise InputError(f"{where}: a trace of {name} {want!r} was expected, {have!r} came")
    check_trace(trace, plan, where)
