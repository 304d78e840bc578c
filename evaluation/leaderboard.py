"""The leaderboard of a run: means with intervals, and paired differences between neighbours."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from recenv.evaluation.ceiling import MEASURES, Ceiling, SessionCeilings, mean_ceiling, read_ceiling, share_of_ceiling
from recenv.evaluation.failures import Lost, read_failures, told
from recenv.evaluation.plan import RunPlan, audited, read_plan
from recenv.evaluation.session_values import RETURN, SessionValues, matrix, metrics, session_values, shorts
from recenv.evaluation.traces import run_traces
from recenv.measures.intervals import FEW, Interval, mean_intervals
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rollouts.trace import SessionTrace
from recenv.terminal import clean

CEILING_ROW = "ceiling"
"""What the row of the ceiling is called where agents have their names."""

Values = dict[str, list[SessionValues]]
"""Per-session values by agent."""


def judged() -> tuple[str, ...]:
    """The metrics that scorers decide: the ones that a second family can see otherwise."""
    return (RETURN, *DIMENSIONS)


class Audit(msgspec.Struct, frozen=True, kw_only=True):
    """What the second family makes of the same turns, per ``judged`` metric.

    metrics: its own values. gap: the run's scorers minus the second family, session by session; a session that either of them
    has no value for is missing.
    """

    metrics: dict[str, Interval]
    gap: dict[str, Interval]


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One agent. metrics: an interval per name of ``session_values.metrics``; sessions: finished ones, all in the denominator.

    missing: dimension -> share of turns without a value, in [0, 1]. audit: the second family's view; None without one.
    of_ceiling: share of what an agent that knows everything reaches in the same sessions, by metric; empty where that is unknown.
    """

    agent: str
    sessions: int
    metrics: dict[str, Interval]
    missing: dict[str, float]
    audit: Audit | None = None
    of_ceiling: dict[str, float] = {}


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """better - worse on the sessions both finished, per metric; "better" and "worse" by mean return.

    audit: the same difference of the return by the second family; None without one.
    """

    better: str
    worse: str
    metrics: dict[str, Interval]
    audit: Interval | None = None

    @property
    def verdict(self) -> str:
        """What a reader should know before taking "better" at its word; "" where nothing speaks against it."""
        ours = self.metrics[RETURN]
        if math.isnan(ours.mean):
            return ""
        if not ours.excludes_zero:
            return "not separated"
        if self.audit is None or math.isnan(self.audit.mean):
            return ""
        if not self.audit.excludes_zero:
            return "not separated by audit"
        return "" if (self.audit.mean > 0) == (ours.mean > 0) else "reversed by audit"


class Leaderboard(msgspec.Struct, frozen=True, kw_only=True):
    """rows: best mean return first; differences: each row against the next. allotted: sessions per agent in the plan.

    families: names of the run's scorers and, where a second family is to judge the run, of that one. rescored: the rewards were
    computed afterwards, by scorers that no agent acted by. split: whose sessions. ceiling: what an agent that knows everything
    reaches; None where it was not worked out. lost: sessions that nobody answered in; they are in no mean.
    """

    scenario: str
    seed: int
    level: float
    allotted: int
    rows: tuple[Row, ...]
    differences: tuple[Difference, ...]
    families: tuple[str, ...] = ()
    rescored: bool = False
    split: str = "all"
    ceiling: Ceiling | None = None
    lost: tuple[Lost, ...] = ()

    @property
    def audited(self) -> bool:
        """Whether the second family's view is there."""
        return any(row.audit is not None for row in self.rows)

    @property
    def complete(self) -> bool:
        return all(row.sessions == self.allotted for row in self.rows)


def build_leaderboard(run: str | Path, level: float = 0.95, resamples: int = 2000) -> Leaderboard:
    """The leaderboard of a run folder, finished or not; agents without a finished session have NaN everywhere."""
    plan = read_plan(run)
    return rank(
        plan, values_of(plan, run_traces(run, plan)), level, resamples, audit=audit_values(run, plan),
        ceiling=read_ceiling(run, plan), lost=read_failures(run))


def values_of(plan: RunPlan, traces: Iterable[SessionTrace]) -> Values:
    """Per-session values by agent, in the plan's order of agents."""
    values: Values = {entry.name: [] for entry in plan.agents}
    for trace in traces:
        values[plan.agent(trace.agent).name].append(session_values(trace))
    return values


def audit_values(run: str | Path, plan: RunPlan) -> Values:
    """The second family's values of the same sessions; empty where it has not judged the traces as they are."""
    found = audited(run, plan)
    return values_of(plan, run_traces(found.run, read_plan(found.run))) if found.done else {}


def rank(
    plan: RunPlan, values: Values, level: float = 0.95, resamples: int = 2000, *, audit: Values | None = None,
    ceiling: SessionCeilings | None = None, lost: tuple[Lost, ...] = (),
) -> Leaderboard:
    """The leaderboard of per-session values by agent. audit: those of the second family, where it has judged an agent.
    ceiling: what can be reached in the sessions of the plan, where that is known."""
    audit = audit or {}
    rows = [_row(plan, agent, values[agent], audit.get(agent, []), ceiling, level, resamples) for agent in values]
    rows.sort(key=lambda r: -r.metrics[RETURN].mean if r.sessions else math.inf)  # stable: ties keep the plan's order
    differences = tuple(_difference(plan, a.agent, b.agent, values, audit, level, resamples) for a, b in pairwise(rows))
    name = f"{plan.scenario.name}-v{plan.scenario.version}"
    return Leaderboard(
        scenario=name, seed=plan.seed, level=level, allotted=len(plan.sessions), rows=tuple(rows), differences=differences,
        families=(plan.family, *([plan.audit.name] if plan.audit else [])), rescored=plan.played is not None, split=plan.split,
        ceiling=None if ceiling is None else mean_ceiling(ceiling, plan.seed, level, resamples),
        lost=lost,
    )


def encode_leaderboard(board: Leaderboard) -> bytes:
    """The leaderboard as indented JSON; NaN becomes null."""
    return msgspec.json.format(msgspec.json.encode(board, order="deterministic"), indent=1) + b"\n"


def _row(
    plan: RunPlan, agent: str, values: Sequence[SessionValues], audit: Sequence[SessionValues], ceiling: SessionCeilings | None,
    level: float, resamples: int,
) -> Row:
    turns = sum(v.turns for v in values)
    shares = (sum(v.missing[d] for v in values) / turns if turns else float("nan") for d in range(len(DIMENSIONS)))
    own = mean_intervals(matrix(values), [v.user_id for v in values], plan.seed, level, resamples)
    return Row(
        agent=agent, sessions=len(values), metrics=_named(own), missing=dict(zip(DIMENSIONS, shares, strict=True)),
        audit=_audit(plan, values, audit, level, resamples) if audit else None,
        of_ceiling={} if ceiling is None else share_of_ceiling(ceiling, values),
    )


def _audit(
    plan: RunPlan, values: Sequence[SessionValues], audit: Sequence[SessionValues], level: float, resamples: int
) -> Audit:
    columns = [n for n, metric in enumerate(metrics()) if metric.name in judged()]
    seen = mean_intervals(matrix(audit)[:, columns], [v.user_id for v in audit], plan.seed, level, resamples)
    gap = _paired(plan, values, audit, level, resamples)
    return Audit(metrics=dict(zip(judged(), seen, strict=True)), gap={name: gap[name] for name in judged()})


def _difference(
    plan: RunPlan, better: str, worse: str, values: Values, audit: Values, level: float, resamples: int
) -> Difference:
    seen = None
    if audit.get(better) and audit.get(worse):
        seen = _paired(plan, audit[better], audit[worse], level, resamples)[RETURN]
    return Difference(
        better=better, worse=worse, metrics=_paired(plan, values[better], values[worse], level, resamples), audit=seen)


def _paired(
    plan: RunPlan, a: Sequence[SessionValues], b: Sequence[SessionValues], level: float, resamples: int
) -> dict[str, Interval]:
    """a - b over the sessions that both have, per metric."""
    ours, theirs = ({v.order: v for v in side} for side in (a, b))
    both = [order for order in ours if order in theirs]
    difference: NDArray[np.float64] = matrix([ours[o] for o in both]) - matrix([theirs[o] for o in both])
    return _named(mean_intervals(difference, [ours[o].user_id for o in both], plan.seed, level, resamples))


def _named(intervals: Sequence[Interval]) -> dict[str, Interval]:
    return {metric.name: interval for metric, interval in zip(metrics(), intervals, strict=True)}


# -- for the terminal ------------------------------------------------------------------------------------------


def format_leaderboard(board: Leaderboard, times: int = 1) -> str:
    """The leaderboard as text: one row an agent, then the paired differences, then what the reader has to know. times: how often
    the sessions were played, of which it is the first."""
    header = ["agent", "mean return", *shorts(), "turns", "needs met", "left", "malformed"]
    body = [*([_ceiling_cells(board.ceiling)] if board.ceiling else []), *(_cells(row) for row in board.rows)]
    users = "" if board.split == "all" else f", users of {board.split} only"
    first = f", the first of {times} times" if times > 1 else ""
    lines = [f"{board.scenario}   {board.allotted} sessions per agent, seed {board.seed}{users}{first}", ""]
    lines += aligned([header, *body])
    if board.differences:
        lines += ["", *aligned(_difference_rows(board))]
    if board.audited:
        lines += ["", *aligned(_audit_rows(board))]
    return "\n".join([*lines, "", *notes(board)])


def _difference_rows(board: Leaderboard) -> list[list[str]]:
    audited = ["return by audit"] if board.audited else []
    rows = [["better - worse, same sessions", "return", *shorts(), "needs met", *audited, ""]]
    for d in board.differences:
        m = d.metrics
        cells = [interval_text(m[RETURN], plus=True), *(signed(m[name].mean) for name in (*DIMENSIONS, "needs_met"))]
        cells += ["–" if d.audit is None else interval_text(d.audit, plus=True)] if audited else []
        rows.append([f"{clean(d.better)} - {clean(d.worse)}", *cells, d.verdict])
    return rows


def _audit_rows(board: Leaderboard) -> list[list[str]]:
    """One row an agent: the return by both families, and the gap between them, of the return and of each dimension."""
    rows = [["two families, same turns", "mean return", "by audit", "gap", *(f"gap {short}" for short in shorts())]]
    for row in board.rows:
        if row.audit is not None:
            seen, gap = row.audit.metrics[RETURN], row.audit.gap
            cells = [interval_text(row.metrics[RETURN]), interval_text(seen), interval_text(gap[RETURN], plus=True)]
            rows.append([clean(row.agent), *cells, *(signed(gap[name].mean) for name in DIMENSIONS)])
    return rows


def family_name(name: str) -> str:
    """A set of scorers as it is called in print: its name, or the last part of a checkpoint folder's path."""
    return Path(name).name or name


def ceiling_note(board: Leaderboard, shares: bool = True) -> str:
    """What the ceiling is, in a sentence; "" without one. shares: agents' shares of it stand in brackets."""
    if board.ceiling is None:
        return ""
    lost = board.ceiling.unwinnable
    share = ", in brackets an agent's share of it" if shares else ""
    return (f"{CEILING_ROW}: what an agent that knows everything reaches in these sessions{share}; "
            + (f"{lost:.1%} of the goals have no candidate that meets them." if lost else "every goal can be met."))


def audit_order(board: Leaderboard) -> tuple[str, ...]:
    """Agents by their mean return in the second family's view, best first; those that it has not judged are left out."""
    seen = [(row.agent, row.audit.metrics[RETURN].mean) for row in board.rows if row.audit is not None]
    return tuple(agent for agent, _ in sorted(seen, key=lambda s: math.inf if math.isnan(s[1]) else -s[1]))


def audit_notes(board: Leaderboard) -> list[str]:
    """What the second family is, and what it sees otherwise, in sentences; empty without one."""
    if len(board.families) < 2:
        return []
    first, second = (clean(family_name(name)) for name in board.families)
    if not board.audited:
        return [f"audit: {second} has not judged these traces yet; go on with: recenv evaluate ... --resume."]
    found = [f"audit: the same turns judged by {second}; gap: {first} - {second}, paired by session. An agent that gains from "
             f"errors of {first}, as one that maximises it may, has a wider gap than the others."]
    order = audit_order(board)
    if order != tuple(row.agent for row in board.rows if row.audit is not None):
        found.append(f"audit ranks the agents otherwise: {', '.join(map(clean, order))}.")
    return found


def notes(board: Leaderboard) -> list[str]:
    """What the numbers rest on, in sentences: interval, families, missing values, extrapolated answers, unfinished agents."""
    named = ", ".join(f"{short} {name.replace('_', ' ')}" for name, short in zip(DIMENSIONS, shorts(), strict=True))
    found = [f"{named}: means over turns, 0 to 1; turns: a session; malformed: acts a session that could not be read.",
             f"[low, high]: {board.level:.0%} interval, {method(board)}; left: share of sessions the user walked out of."]
    if board.rescored:
        found.append(f"rescored by {clean(family_name(board.families[0]))}: actions and answers are those recorded, nothing was "
                     "played again.")
    found += [note] if (note := ceiling_note(board)) else []
    found += audit_notes(board)
    found += [f"{clean(line)}." for line in told(board.lost, board.allotted)]
    for row in board.rows:
        parts = [f"{short} {row.missing[d]:.0%}" for d, short in zip(DIMENSIONS, shorts(), strict=True) if row.missing[d] > 0]
        extrapolated = row.metrics["extrapolated"].mean
        parts = [f"turns without a value: {', '.join(parts)}"] if parts else []
        parts += [f"answers beyond the log: {extrapolated:.0%}"] if extrapolated > 0 else []
        reason = row.metrics[RETURN].reason
        parts += [f"no interval: {reason}"] if reason else []
        parts += [f"unfinished: {row.sessions} of {board.allotted} sessions"] if row.sessions < board.allotted else []
        if parts:
            found.append(f"{clean(row.agent)}: {'; '.join(parts)}.")
    return found


def method(board: Leaderboard) -> str:
    """How the intervals of returns are made, with a warning where they rest on few users."""
    users = [row.metrics[RETURN].clusters for row in board.rows if row.metrics[RETURN].clusters]
    if users and min(users) <= FEW:
        return f"Student's t over users; {min(users)} {'user is' if min(users) == 1 else 'users are'} few, read it with care"
    return "resampled by user"


def interval_text(interval: Interval, plus: bool = False) -> str:
    """``0.412 [0.391, 0.433]``; a dash for what does not exist."""
    show = signed if plus else plain
    return f"{show(interval.mean)} [{show(interval.low)}, {show(interval.high)}]"


def plain(value: float, digits: int = 3) -> str:
    return "–" if math.isnan(value) else f"{value:.{digits}f}"


def signed(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:+.3f}"


def width(text: str) -> int:
    """Columns that a terminal gives a text: two for wide characters, none for combining marks."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in ("W", "F") else 1 for c in text
    )


def _cells(row: Row) -> list[str]:
    m = row.metrics
    part = {name: f" ({percent(row.of_ceiling[name])})" if name in row.of_ceiling else "" for name in MEASURES}
    cells = [clean(row.agent), interval_text(m[RETURN]) + part[RETURN], *(plain(m[name].mean) for name in DIMENSIONS)]
    cells += [plain(m["turns"].mean, 2), percent(m["needs_met"].mean, 1) + part["needs_met"], percent(m["abandonment"].mean, 1)]
    return [*cells, plain(m["malformed"].mean, 2)]


def _ceiling_cells(ceiling: Ceiling) -> list[str]:
    """What can be reached, in the same columns; the other cells stay empty."""
    reached, met = (ceiling.metrics[name] for name in MEASURES)
    empty = ["" for _ in DIMENSIONS]
    return [CEILING_ROW, f"{interval_text(reached)} (100%)", *empty, "", f"{percent(met.mean, 1)} (100%)", "", ""]


def percent(value: float, digits: int = 0) -> str:
    return "–" if math.isnan(value) else f"{value:.{digits}%}"


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows in columns: the first flush left, the rest flush right; a rule below the first row."""
    wide = [max(width(row[c]) for row in rows) for c in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [row[0] + " " * (wide[0] - width(row[0]))]
        cells += [" " * (wide[c] - width(row[c])) + row[c] for c in range(1, len(row))]
        lines.append("  ".join(cells).rstrip())
    return [lines[0], "─" * max(map(width, lines)), *lines[1:]]
