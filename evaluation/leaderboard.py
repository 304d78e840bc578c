"""The leaderboard of a run: means with intervals, and paired differences between neighbours."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from recenv.evaluation.intervals import Interval, mean_intervals
from recenv.evaluation.metrics import METRICS, SHORT, SessionValues, matrix, session_values
from recenv.evaluation.plan import TRACES, RunPlan, read_plan
from recenv.records import DIMENSIONS
from recenv.rollouts.trace import read_traces

RETURN = METRICS[0].name


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One agent. metrics: an interval per ``metrics.METRICS`` name; sessions: finished ones, all in the denominator.

    missing: dimension -> share of turns without a value, in [0, 1].
    """

    agent: str
    sessions: int
    metrics: dict[str, Interval]
    missing: dict[str, float]


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """better - worse on the sessions both finished, per metric; "better" and "worse" by mean return."""

    better: str
    worse: str
    metrics: dict[str, Interval]


class Leaderboard(msgspec.Struct, frozen=True, kw_only=True):
    """rows: best mean return first; differences: each row against the next. allotted: sessions per agent in the plan."""

    scenario: str
    seed: int
    level: float
    allotted: int
    rows: tuple[Row, ...]
    differences: tuple[Difference, ...]

    @property
    def complete(self) -> bool:
        return all(row.sessions == self.allotted for row in self.rows)


def build_leaderboard(run: str | Path, level: float = 0.95, resamples: int = 2000) -> Leaderboard:
    """The leaderboard of a run folder, finished or not; agents without a finished session have NaN everywhere."""
    plan = read_plan(run)
    values: dict[str, list[SessionValues]] = {entry.name: [] for entry in plan.agents}
    for trace in read_traces(Path(run) / TRACES):
        values[plan.agent(trace.agent).name].append(session_values(trace))
    return rank(plan, values, level, resamples)


def rank(plan: RunPlan, values: dict[str, list[SessionValues]], level: float = 0.95, resamples: int = 2000) -> Leaderboard:
    """The leaderboard of per-session values by agent."""
    rows = [_row(plan, agent, values[agent], level, resamples) for agent in values]
    rows.sort(key=lambda r: -r.metrics[RETURN].mean if r.sessions else math.inf)  # stable: ties keep the plan's order
    differences = tuple(
        Difference(better=a.agent, worse=b.agent, metrics=_paired(plan, values[a.agent], values[b.agent], level, resamples))
        for a, b in pairwise(rows)
    )
    name = f"{plan.scenario.name}-v{plan.scenario.version}"
    return Leaderboard(
        scenario=name, seed=plan.seed, level=level, allotted=len(plan.sessions), rows=tuple(rows), differences=differences
    )


def encode_leaderboard(board: Leaderboard) -> bytes:
    """The leaderboard as indented JSON; NaN becomes null."""
    return msgspec.json.format(msgspec.json.encode(board, order="deterministic"), indent=1) + b"\n"


def _row(plan: RunPlan, agent: str, values: Sequence[SessionValues], level: float, resamples: int) -> Row:
    turns = sum(v.turns for v in values)
    shares = (sum(v.missing[d] for v in values) / turns if turns else float("nan") for d in range(len(DIMENSIONS)))
    return Row(
        agent=agent,
        sessions=len(values),
        metrics=_named(mean_intervals(matrix(values), [v.user_id for v in values], plan.seed, level, resamples)),
        missing=dict(zip(DIMENSIONS, shares, strict=True)),
    )


def _paired(
    plan: RunPlan, a: Sequence[SessionValues], b: Sequence[SessionValues], level: float, resamples: int
) -> dict[str, Interval]:
    ours, theirs = ({v.order: v for v in side} for side in (a, b))
    both = [order for order in ours if order in theirs]
    difference: NDArray[np.float64] = matrix([ours[o] for o in both]) - matrix([theirs[o] for o in both])
    return _named(mean_intervals(difference, [ours[o].user_id for o in both], plan.seed, level, resamples))


def _named(intervals: Sequence[Interval]) -> dict[str, Interval]:
    return {metric.name: interval for metric, interval in zip(METRICS, intervals, strict=True)}


# -- for the terminal ------------------------------------------------------------------------------------------


def format_leaderboard(board: Leaderboard) -> str:
    """The leaderboard as text: one row an agent, then the paired differences, then what the reader has to know."""
    header = ["agent", "mean return", *SHORT, "turns", "needs met", "left", "malformed"]
    body = [_cells(row) for row in board.rows]
    lines = [f"{board.scenario}   {board.allotted} sessions per agent, seed {board.seed}", ""]
    lines += _aligned([header, *body])
    if board.differences:
        pairs = [["better - worse, same sessions", "return", *SHORT, "needs met", ""]]
        for d in board.differences:
            m = d.metrics
            verdict = "" if m[RETURN].excludes_zero else "not separated"
            means = [signed(m[name].mean) for name in (*DIMENSIONS, "needs_met")]
            pairs.append([f"{clean(d.better)} - {clean(d.worse)}", interval_text(m[RETURN], plus=True), *means, verdict])
        lines += ["", *_aligned(pairs)]
    return "\n".join([*lines, "", *notes(board)])


def notes(board: Leaderboard) -> list[str]:
    """What the numbers rest on, in sentences: interval, missing values, extrapolated answers, unfinished agents."""
    found = [f"[low, high]: {board.level:.0%} interval, resampled by user; left: share of sessions the user walked out of."]
    for row in board.rows:
        parts = [f"{short} {row.missing[d]:.0%}" for d, short in zip(DIMENSIONS, SHORT, strict=True) if row.missing[d] > 0]
        extrapolated = row.metrics["extrapolated"].mean
        parts = [f"turns without a value: {', '.join(parts)}"] if parts else []
        parts += [f"answers beyond the log: {extrapolated:.0%}"] if extrapolated > 0 else []
        reason = row.metrics[RETURN].reason
        parts += [f"no interval: {reason}"] if reason else []
        parts += [f"unfinished: {row.sessions} of {board.allotted} sessions"] if row.sessions < board.allotted else []
        if parts:
            found.append(f"{clean(row.agent)}: {'; '.join(parts)}.")
    return found


def interval_text(interval: Interval, plus: bool = False) -> str:
    """``0.412 [0.391, 0.433]``; a dash for what does not exist."""
    show = signed if plus else plain
    return f"{show(interval.mean)} [{show(interval.low)}, {show(interval.high)}]"


def plain(value: float, digits: int = 3) -> str:
    return "–" if math.isnan(value) else f"{value:.{digits}f}"


def signed(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:+.3f}"


def clean(text: str) -> str:
    """Text without line breaks and other control or invisible characters, which could move a terminal's cursor."""
    return "".join(c if unicodedata.category(c)[0] != "C" else "\N{REPLACEMENT CHARACTER}" for c in text)


def width(text: str) -> int:
    """Columns that a terminal gives a text: two for wide characters, none for combining marks."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in ("W", "F") else 1 for c in text
    )


def _cells(row: Row) -> list[str]:
    m = row.metrics
    cells = [clean(row.agent), interval_text(m[RETURN]), *(plain(m[name].mean) for name in DIMENSIONS)]
    cells.append(plain(m["turns"].mean, 2))
    for name in ("needs_met", "abandonment"):
        cells.append("–" if math.isnan(m[name].mean) else f"{m[name].mean:.1%}")
    return [*cells, plain(m["malformed"].mean, 2)]


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows in columns: the first flush left, the rest flush right; a rule below the first row."""
    wide = [max(width(row[c]) for row in rows) for c in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [row[0] + " " * (wide[0] - width(row[0]))]
        cells += [" " * (wide[c] - width(row[c])) + row[c] for c in range(1, len(row))]
        lines.append("  ".join(cells).rstrip())
    return [lines[0], "─" * max(map(width, lines)), *lines[1:]]
