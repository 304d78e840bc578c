"""One self-contained HTML page about a run, and its pictures as PNG files; both only read the run folder."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from recenv.errors import InputError
from recenv.evaluation.ceiling import read_ceiling
from recenv.evaluation.charts import draw_dimensions, draw_families, draw_forest, draw_lengths
from recenv.evaluation.failures import read_failures
from recenv.evaluation.leaderboard import (
    CEILING_ROW,
    Leaderboard,
    audit_notes,
    audit_values,
    ceiling_note,
    family_name,
    judged,
    percent,
    rank,
    values_of,
)
from recenv.evaluation.pages import Picture, page, picture
from recenv.evaluation.plan import AUDIT, RunPlan, read_plan
from recenv.evaluation.session_pages import Pick, SessionPart, pick_sessions
from recenv.evaluation.session_values import RETURN, SessionValues, metrics, shorts
from recenv.evaluation.traces import run_traces
from recenv.evaluation.why import Teller
from recenv.files import write_whole
from recenv.measures.intervals import Interval
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rollouts.trace import SessionTrace

REPORT = "report.html"
PLOTS = "plots"
_OUTCOME = ("needs_met", "abandonment")


def write_report(run: str | Path, sessions: int = 12) -> Path:
    """Write ``report.html`` and ``plots/*.png`` into a run folder; returns the page's path.

    sessions: how many sessions get a page, spread from best to worst return. Equal runs give equal bytes.
    Raises InputError where the folder is not a run, or holds no finished session.
    """
    folder = Path(run)
    plan = read_plan(folder)
    sources: dict[str, int] = {}
    values = values_of(plan, _counted(run_traces(folder, plan), sources))
    if not any(values.values()):
        raise InputError(f"{folder} has no finished session yet; go on with: recenv evaluate ... --out {folder} --resume")
    board = rank(plan, values, audit=audit_values(folder, plan), ceiling=read_ceiling(folder, plan), lost=read_failures(folder))
    agents = [row.agent for row in board.rows]
    parts = _session_parts(folder, plan, pick_sessions(values, sessions), agents)
    plots = folder / PLOTS
    plots.mkdir(exist_ok=True)
    made = page(
        "report.html", f"recenv: {plan.scenario.name}-v{plan.scenario.version}", plan=plan, agents=agents, sessions=parts,
        sources=_shares(sources), pictures=_pictures(board, {a: values[a] for a in agents}, plots), again=_again(plan),
        audit_folder=AUDIT, json_text=_json_text, tone=_tone, unjudged=_unjudged, **_tables(board),
    )
    write_whole(folder / REPORT, made.encode())
    return folder / REPORT


def _counted(traces: Iterable[SessionTrace], sources: dict[str, int]) -> Iterator[SessionTrace]:
    """The traces, counted by source as they pass."""
    for trace in traces:
        sources[trace.source] = sources.get(trace.source, 0) + 1
        yield trace


def _shares(sources: dict[str, int]) -> list[tuple[str, str]]:
    """Each source of sessions with its share of the traces."""
    total = sum(sources.values())
    return [(source, f"{sources[source] / total:.0%}") for source in sorted(sources)]


def _session_parts(folder: Path, plan: RunPlan, picks: Sequence[Pick], agents: Sequence[str]) -> list[SessionPart]:
    """The chosen sessions with their traces; the others are not held in memory."""
    orders = {pick.order for pick in picks}
    chosen = {(t.agent, t.order): t for t in run_traces(folder, plan) if t.order in orders}
    tell = Teller(folder, plan)
    return [SessionPart(pick, tuple(tell(chosen[a, pick.order]) for a in agents)) for pick in picks]


def _pictures(
    board: Leaderboard, values: dict[str, list[SessionValues]], plots: Path
) -> dict[str, Picture]:
    """The charts of the run."""
    made = {
        "returns": picture(
            draw_forest(board, plots / "returns.png"), "mean return of each agent with interval, and paired differences"),
        "dimensions": picture(draw_dimensions(board, plots / "dimensions.png"), "mean of each dimension per agent"),
        "lengths": picture(draw_lengths(values, plots / "lengths.png"), "turns per session for each agent"),
    }
    if board.audited:
        made["families"] = picture(
            draw_families(board, plots / "families.png"), "mean return of each agent by both families, and the gap")
    return made


def _tables(board: Leaderboard) -> dict[str, Any]:
    """What the tables of the page show beside the leaderboard itself: their columns, and cells that are no intervals."""
    columns, main = metrics(), (*judged(), *_OUTCOME)
    titles = {m.name: m.title for m in columns}
    return {
        "board": board, "main": [m for m in columns if m.name in main], "conduct": [m for m in columns if m.name not in main],
        "shorts": list(shorts()), "gaps": [f"gap {titles[name]}" for name in judged()],
        "families": [family_name(name) for name in board.families], "audit_notes": audit_notes(board),
        "ceiling_note": ceiling_note(board), "ceiling_row": CEILING_ROW,
        "level": f"{board.level:.0%}",
        "reasons_no_interval": list(dict.fromkeys(r for row in board.rows if (r := row.metrics[RETURN].reason))),
        "missing": {row.agent: [percent(row.missing[d]) for d in DIMENSIONS] for row in board.rows},
    }


def _tone(difference: Interval, better: str) -> str:
    """``good`` or ``bad`` for a difference whose interval excludes 0, "" for others."""
    if math.isnan(difference.mean) or not difference.excludes_zero:
        return ""
    return "bad" if (difference.mean > 0) == (better == "lower") else "good"


def _again(plan: RunPlan) -> str:
    """The commands that make the run once more."""
    command = (plan.played.command if plan.played else plan.command) or (
        f"recenv evaluate --scenario {plan.scenario.name} --agents {','.join(a.name for a in plan.agents)} "
        f"--sessions {len(plan.sessions)} --seed {plan.seed}"
    )
    lines = [f"{command} --out runs/{'played' if plan.played else 'again'}"]
    lines += [f"{plan.command.replace(' RUN ', ' runs/played ')} --out runs/again"] if plan.played else []
    return "\n".join([*lines, "recenv report runs/again"])


def _unjudged(scorers: Sequence[dict[str, Any]]) -> list[str]:
    """The dimensions that none of the scorers is for."""
    there = [s.get("dimension") for s in scorers]
    return [d for d in DIMENSIONS if d not in there]


def _json_text(value: object) -> str:
    """Text as it is, anything else as JSON."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
