"""One self-contained HTML page about a run, and its pictures as PNG files; both only read the run folder."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from recenv.errors import InputError, UnknownName
from recenv.evaluation.aggregate import Summary, summarise
from recenv.evaluation.charts import board_panels, dimension_panels, family_panels, length_panels
from recenv.evaluation.failures import read_failures, told
from recenv.evaluation.leaderboard import (
    CEILING_ROW,
    Leaderboard,
    audit_notes,
    audit_values,
    ceiling_note,
    family_name,
    judged,
    method,
    percent,
    rank,
    values_of,
)
from recenv.evaluation.pages import Picture, page, picture
from recenv.evaluation.panels import group_panels, loss_panels, sheet, turn_panels
from recenv.evaluation.plan import AUDIT, RunPlan, read_plan
from recenv.evaluation.repeats import build_repeated, repeat_folders, shown_k
from recenv.evaluation.rows import RunReader
from recenv.evaluation.session_pages import Pick, SessionPart, pick_sessions
from recenv.evaluation.session_values import RETURN, SessionValues, metrics, shorts
from recenv.evaluation.traces import run_traces
from recenv.files import write_whole
from recenv.measures.drawing import save
from recenv.measures.intervals import Interval
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rollouts.trace import SessionTrace

REPORT = "report.html"
PLOTS = "plots"
_OUTCOME = ("needs_met", "abandonment")


class Chosen(NamedTuple):
    """Which sessions a report shows. most: how many, spread from best to worst return, where nothing else is said. ids: these.
    loses: the sessions in which the first agent loses most against the second."""

    most: int = 12
    ids: tuple[str, ...] = ()
    loses: tuple[str, str] | None = None


def write_report(run: str | Path, chosen: Chosen | None = None) -> Path:
    """Write ``report.html`` and ``plots/*.png`` into a run folder; returns the page's path. Equal runs give equal bytes.

    Raises InputError where the folder is not a run, or holds no finished session, UnknownName for a session or agent that is
    not in it.
    """
    folder, chosen = Path(run), chosen or Chosen()
    plan = read_plan(folder)
    reader = RunReader(folder, plan)
    sources: dict[str, int] = {}
    values = values_of(plan, _counted(run_traces(folder, plan), sources))
    if not any(values.values()):
        raise InputError(f"{folder} has no finished session yet; go on with: recenv evaluate ... --out {folder} --resume")
    board = rank(plan, values, audit=audit_values(folder, plan), ceiling=reader.tell.ceilings, lost=read_failures(folder))
    agents = [row.agent for row in board.rows]
    picks = _picks(plan, values, chosen)
    plots = folder / PLOTS
    plots.mkdir(exist_ok=True)
    for old in plots.glob("*.png"):
        old.unlink()
    made = page(
        "report.html", f"recenv: {plan.scenario.name}-v{plan.scenario.version}", plan=plan, agents=agents,
        sessions=_session_parts(reader, picks, agents), sources=_shares(sources),
        pictures=_pictures(board, {a: values[a] for a in agents}, summarise(reader, [a for a in agents if values[a]]), plots),
        again=_again(plan), audit_folder=AUDIT, json_text=_json_text, tone=_tone, unjudged=_unjudged,
        picked=_picked(chosen), dimension_names=[(d.short, d.name.replace("_", " ")) for d in DIMENSIONS.values()],
        **_tables(board), **_repeated(folder),
    )
    write_whole(folder / REPORT, made.encode())
    return folder / REPORT


def _picks(plan: RunPlan, values: dict[str, list[SessionValues]], chosen: Chosen) -> list[Pick]:
    """The sessions that the report shows, and why each."""
    if chosen.ids:
        for name in chosen.ids:
            if name not in plan.session_ids:
                raise UnknownName("session of this run", name, plan.session_ids)
        return [Pick(plan.session_ids.index(name), "asked for") for name in dict.fromkeys(chosen.ids)]
    if chosen.loses is None:
        return pick_sessions(values, chosen.most)
    for name in chosen.loses:
        plan.agent(name)
    ours, theirs = ({v.order: v.total for v in values[name]} for name in chosen.loses)
    lost = sorted((ours[o] - theirs[o], o) for o in ours if o in theirs and ours[o] < theirs[o])
    return [Pick(o, f"{chosen.loses[0]} loses {-by:.3f} to {chosen.loses[1]}") for by, o in lost[: chosen.most]]


def _picked(chosen: Chosen) -> str:
    """How the sessions were chosen, in a sentence."""
    if chosen.ids:
        return "The sessions that were asked for."
    if chosen.loses:
        return f"Where {chosen.loses[0]} loses most to {chosen.loses[1]}, worst first."
    return "A spread from the best to the worst by mean return over the agents."


def _counted(traces: Iterable[SessionTrace], sources: dict[str, int]) -> Iterator[SessionTrace]:
    """The traces, counted by source as they pass."""
    for trace in traces:
        sources[trace.source] = sources.get(trace.source, 0) + 1
        yield trace


def _shares(sources: dict[str, int]) -> list[tuple[str, str]]:
    """Each source of sessions with its share of the traces."""
    total = sum(sources.values())
    return [(source, f"{sources[source] / total:.0%}") for source in sorted(sources)]


def _session_parts(reader: RunReader, picks: Sequence[Pick], agents: Sequence[str]) -> list[SessionPart]:
    """The chosen sessions as those played them who have; the others are not held in memory."""
    orders = {pick.order for pick in picks}
    found = {(t.agent, t.order): t for t in run_traces(reader.run, reader.plan) if t.order in orders}
    parts = [
        SessionPart(pick, tuple(reader.tell(found[a, pick.order]) for a in agents if (a, pick.order) in found)) for pick in picks]
    return [part for part in parts if part.told]


def _pictures(
    board: Leaderboard, values: dict[str, list[SessionValues]], summary: Summary, plots: Path
) -> dict[str, list[Picture]]:
    """The panels of the run by the part of the page that they stand in, each in a file of its own as well."""
    parts = {
        "board": board_panels(board), "losses": loss_panels(summary), "turns": turn_panels(summary),
        "groups": group_panels(summary), "families": family_panels(board) if board.audited else [],
        "dimensions": dimension_panels(board), "lengths": length_panels(values),
    }
    return {part: [picture(save(sheet([p]), plots / f"{p.name}.png"), p.alt) for p in made] for part, made in parts.items()}


def _tables(board: Leaderboard) -> dict[str, Any]:
    """What the tables of the page show beside the leaderboard itself: their columns, and cells that are no intervals."""
    columns, main = metrics(), (*judged(), *_OUTCOME)
    titles = {m.name: m.title for m in columns}
    return {
        "board": board, "main": [m for m in columns if m.name in main], "conduct": [m for m in columns if m.name not in main],
        "shorts": list(shorts()), "gaps": [f"gap {titles[name]}" for name in judged()],
        "families": [family_name(name) for name in board.families], "audit_notes": audit_notes(board),
        "ceiling_note": ceiling_note(board), "ceiling_row": CEILING_ROW,
        "level": f"{board.level:.0%}", "method": method(board),
        "lost": told(board.lost, board.allotted),
        "unfinished": [f"{row.agent} has finished {row.sessions}" for row in board.rows if row.sessions < board.allotted],
        "reasons_no_interval": list(dict.fromkeys(r for row in board.rows if (r := row.metrics[RETURN].reason))),
        "missing": {row.agent: [percent(row.missing[d]) for d in DIMENSIONS] for row in board.rows},
    }


def _repeated(run: Path) -> dict[str, Any]:
    """What the repeats of a run say, None without any, and the k that are shown of it."""
    found = build_repeated(run) if len(repeat_folders(run)) > 1 else None
    return {"repeated": found, "ks": shown_k(found.repeats) if found is not None else ()}


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
