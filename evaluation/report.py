"""One self-contained HTML page about a run, and its pictures as PNG files; both only read the run folder."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from recenv.errors import InputError
from recenv.evaluation.charts import draw_dimensions, draw_families, draw_forest, draw_lengths
from recenv.evaluation.leaderboard import (
    JUDGED,
    RETURN,
    Leaderboard,
    audit_notes,
    audit_values,
    family_name,
    plain,
    rank,
    signed,
    values_of,
)
from recenv.evaluation.markup import STYLE, esc, picture, table
from recenv.evaluation.plan import AUDIT, TRACES, RunPlan, read_plan
from recenv.evaluation.plots import draw_trace
from recenv.evaluation.session_pages import Pick, pick_sessions, session_index, session_page
from recenv.evaluation.session_values import METRICS, SHORT
from recenv.evaluation.typeface import FAMILY, embedded_font
from recenv.files import write_whole
from recenv.measures.intervals import Interval
from recenv.records import DIMENSIONS
from recenv.rollouts.trace import SessionTrace, read_traces

REPORT = "report.html"
PLOTS = "plots"
_MAIN = (RETURN, *DIMENSIONS, "needs_met", "abandonment")
_SCORER_HEAD = ("dimension", "name", "kind", "fingerprint", "calibration")
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:"
_SOURCES = {
    "constructed": "Sessions marked “constructed” were joined from independent rows: nobody had these conversations. The "
    "numbers say how agents do on the join, not how people behaved.",
    "synthetic": "Sessions marked “synthetic” come from a generative model of users and items with a known utility (gold).",
    "logged": "Sessions marked “logged” are real dialogues replayed: the user answers from the log where it says something "
    "about the item shown, and from a model fitted on logs where it does not (counted as beyond the log).",
}


def write_report(run: str | Path, sessions: int = 12) -> Path:
    """Write ``report.html`` and ``plots/*.png`` into a run folder; returns the page's path.

    sessions: how many sessions get a page, spread from best to worst return. Equal runs give equal bytes.
    Raises InputError where the folder is not a run, or holds no finished session.
    """
    folder = Path(run)
    plan = read_plan(folder)
    sources: dict[str, int] = {}
    values = values_of(plan, _counted(read_traces(folder / TRACES), sources))
    if not any(values.values()):
        raise InputError(f"{folder} has no finished session yet; go on with: recenv evaluate ... --out {folder} --resume")
    board = rank(plan, values, audit=audit_values(folder, plan))
    agents = [row.agent for row in board.rows]
    picks = pick_sessions(values, sessions)
    chosen = _chosen(folder, {p.order for p in picks})
    plots = folder / PLOTS
    plots.mkdir(exist_ok=True)
    body = "".join((
        _head(plan, board), _notices(plan, board, sources), _leaderboard(board),
        picture(draw_forest(board, plots / "returns.png"), "mean return of each agent with interval, and paired differences"),
        _families(board, plots),
        "<h2>Five dimensions</h2><p class='grey'>Means over the turns that have a value, with their intervals.</p>",
        picture(draw_dimensions(board, plots / "dimensions.png"), "mean of each dimension per agent"), _missing(board),
        "<h2>Session lengths</h2>",
        picture(draw_lengths({a: values[a] for a in agents}, plots / "lengths.png"), "turns per session for each agent"),
        _sessions(picks, chosen, agents, plots), _made_by(plan),
    ))
    write_whole(folder / REPORT, _page(plan, body).encode())
    return folder / REPORT


def _counted(traces: Iterable[SessionTrace], sources: dict[str, int]) -> Iterator[SessionTrace]:
    """The traces, counted by source as they pass."""
    for trace in traces:
        sources[trace.source] = sources.get(trace.source, 0) + 1
        yield trace


def _chosen(folder: Path, orders: set[int]) -> dict[tuple[str, int], SessionTrace]:
    """The traces that get a page; the others are not held in memory."""
    return {(t.agent, t.order): t for t in read_traces(folder / TRACES) if t.order in orders}


def _page(plan: RunPlan, body: str) -> str:
    title = esc(f"recenv: {plan.scenario.name}-v{plan.scenario.version}")
    face = f'@font-face {{ font-family: "{FAMILY}"; src: url({embedded_font([title, body, "×"])}) format("woff"); }}'
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{face}{STYLE}</style></head><body>{body}</body></html>\n"
    )


def _head(plan: RunPlan, board: Leaderboard) -> str:
    version = plan.versions.get("recenv", "?")
    facts = f"{len(board.rows)} agents · {board.allotted} sessions each, the same ones · seed {plan.seed} · recenv {version}"
    return f"<h1>{esc(board.scenario)}</h1><p class='grey'>{esc(facts)}</p>"


def _notices(plan: RunPlan, board: Leaderboard, sources: dict[str, int]) -> str:
    """What a reader must know before the numbers."""
    parts = []
    if plan.played is not None:
        parts.append('<div class="notice">Rescored: these rewards were computed afterwards. Actions and answers are as they were '
                     "recorded; the agents acted by other scorers or another reward, which are named at the end.</div>")
    if board.families[1:] and not board.audited:
        parts += [f'<div class="notice bad">{esc(text)}</div>' for text in audit_notes(board)]
    for row in board.rows:
        if row.sessions < board.allotted:
            parts.append(f'<div class="notice bad">{esc(row.agent)} finished {row.sessions} of {board.allotted} sessions: '
                         "this run is incomplete, its numbers are provisional.</div>")
    total = sum(sources.values())
    for source in sorted(sources):
        text = _SOURCES.get(source, f"Sessions of source {esc(source)}.")
        share = "" if len(sources) == 1 else f" ({sources[source] / total:.0%} of the traces)"
        parts.append(f'<div class="notice">{text}{share}</div>')
    return "".join(parts)


def _leaderboard(board: Leaderboard) -> str:
    main = [m for m in METRICS if m.name in _MAIN]
    head = ["agent", *(esc(m.title) for m in main)]
    rows = [[esc(row.agent), *(_cell(row.metrics[m.name], m.name) for m in main)] for row in board.rows]
    parts = ["<h2>Leaderboard</h2>", table(head, rows)]
    reasons = dict.fromkeys(row.metrics[RETURN].reason for row in board.rows if row.metrics[RETURN].reason)
    parts += [f"<p class='grey'>No interval: {esc(reason)}.</p>" for reason in reasons]
    parts.append(
        f"<p class='grey'>Means over all {board.allotted} allotted sessions, failures included; {board.level:.0%} intervals by "
        "bootstrap over users. needs met: share of the goals; left: share of sessions that the user walked out of.</p>")
    if board.differences:
        body = [
            [f"{esc(d.better)} − {esc(d.worse)}", *(_cell(d.metrics[m.name], m.name, True) for m in main),
             *([] if d.audit is None else [_cell(d.audit, RETURN, True)])]
            for d in board.differences
        ]
        parts += ["<h3>Paired differences on the same sessions</h3>",
                  table(["agents", *head[1:], *(["return by audit"] if board.audited else [])], body),
                  "<p class='grey'>Green and red: the interval excludes 0, for the better and for the worse.</p>"]
    return "".join(parts)


def _families(board: Leaderboard, plots: Path) -> str:
    """The same turns by two families of scorers; nothing where there is one."""
    if not board.audited:
        return ""
    first, second = (family_name(name) for name in board.families)
    titles = {m.name: m.title for m in METRICS}
    rows = [
        [esc(row.agent), _cell(row.metrics[RETURN], RETURN), _cell(row.audit.metrics[RETURN], RETURN),
         *(_gap(row.audit.gap[name]) for name in JUDGED)]
        for row in board.rows if row.audit is not None
    ]
    head = ["agent", f"return by {esc(first)}", f"return by {esc(second)}", *(f"gap {esc(titles[name])}" for name in JUDGED)]
    return (
        "<h2>Two families of scorers</h2>" + table(head, rows)
        + "".join(f"<p class='grey'>{esc(text)}</p>" for text in audit_notes(board))
        + "<p class='grey'>Two families never agree on a level: what tells is a gap that one agent has and others have not. "
        f"The second family's view of every turn is a run folder of its own: recenv report RUN/{AUDIT}</p>"
        + picture(draw_families(board, plots / "families.png"), "mean return of each agent by both families, and the gap")
    )


def _gap(interval: Interval) -> str:
    """A gap is neither good nor bad: no colour."""
    if math.isnan(interval.mean):
        return '<span class="grey">–</span>'
    return f"{signed(interval.mean)}<small>[{signed(interval.low)}, {signed(interval.high)}]</small>"


def _cell(interval: Interval, metric: str, difference: bool = False) -> str:
    show = signed if difference else plain
    if math.isnan(interval.mean):
        return '<span class="grey">–</span>'
    tone = ""
    if difference and interval.excludes_zero:
        lower_is_better = next(m.better for m in METRICS if m.name == metric) == "lower"
        tone = ' class="bad"' if (interval.mean > 0) == lower_is_better else ' class="good"'
    return f"<span{tone}>{show(interval.mean)}</span><small>[{show(interval.low)}, {show(interval.high)}]</small>"


def _missing(board: Leaderboard) -> str:
    """The conduct of each agent, and how much of it could not be judged or rests on a model."""
    conduct = [m for m in METRICS if m.name not in _MAIN]
    rows = [[esc(row.agent), *(_cell(row.metrics[m.name], m.name) for m in conduct)] for row in board.rows]
    missing = [[esc(row.agent), *(_share(row.missing[d]) for d in DIMENSIONS)] for row in board.rows]
    return (
        "<h2>Conduct</h2>" + table(["agent", *(esc(m.title) for m in conduct)], rows)
        + "<p class='grey'>turns and malformed: counts per session. extrapolated: share of the user's answers that rest on a "
        "model, not on what was logged. gold: true value of the slates shown, where the world has one. gate failed: share of "
        "turns worth 0.</p>"
        + "<h3>Turns without a value</h3>" + table(["agent", *SHORT], missing)
        + "<p class='grey'>An agent that asks or searches shows nothing to judge, and a dimension may lack a scorer. "
        "Such turns are left out of a dimension's mean, never counted as 0.</p>"
    )


def _share(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.0%}"


def _sessions(
    picks: Sequence[Pick], chosen: dict[tuple[str, int], SessionTrace], agents: Sequence[str], plots: Path
) -> str:
    if not picks:
        return "<h2>Sessions</h2><p>No session was finished by every agent yet.</p>"
    parts = [
        "<h2>Sessions</h2>",
        "<p class='grey'>A spread from the best to the worst by mean return over the agents. The first column is the "
        "hybrid scalar of the turn; the signed number is what the turn was paid, and these sum to the return.</p>",
        session_index(picks, chosen, agents),
    ]
    middle = next((p for p in picks if p.why == "median"), picks[0])
    for i, agent in enumerate(dict.fromkeys((agents[0], agents[-1]))):
        trace = chosen[agent, middle.order]
        file = draw_trace(trace, plots / f"trace-{i + 1}.png")
        parts.append(picture(file, f"{agent}: reward trace of session {trace.session_id}"))
    return "".join([*parts, *(session_page(pick, chosen, agents) for pick in picks)])


def _made_by(plan: RunPlan) -> str:
    """Everything that the numbers depend on, and how to get them again."""
    facts = [
        ("scenario", f"{esc(plan.scenario.name)} v{plan.scenario.version} {_hash(plan.scenario.hash)}"),
        ("store", _hash(plan.store)), ("seed", esc(plan.seed)), ("rules of a session", _pairs(plan.env)),
        ("reward", _pairs(plan.reward)), ("versions", _pairs(plan.versions)),
        *((f"agent {esc(a.name)}", _pairs(a.config) if a.config else "default configuration") for a in plan.agents),
    ]
    if plan.played is not None:
        facts.append(("reward when the agents acted", _pairs(plan.played.reward)))
    return (
        "<h2>What made these numbers</h2>" + table(["", ""], [list(f) for f in facts], "text")
        + "<h3>Scorers</h3>" + _scorers(plan) + f"<h3>To run it again</h3><pre>{esc(_again(plan))}</pre>"
        + "<p class='grey'>The same versions, scenario, store and seed give the same bytes in traces.jsonl. Fingerprints are "
        "shortened here; manifest.json has them whole.</p>"
    )


def _again(plan: RunPlan) -> str:
    """The commands that make the run once more."""
    command = (plan.played.command if plan.played else plan.command) or (
        f"recenv evaluate --scenario {plan.scenario.name} --agents {','.join(a.name for a in plan.agents)} "
        f"--sessions {len(plan.sessions)} --seed {plan.seed}"
    )
    lines = [f"{command} --out runs/{'played' if plan.played else 'again'}"]
    lines += [f"{plan.command.replace(' RUN ', ' runs/played ')} --out runs/again"] if plan.played else []
    return "\n".join([*lines, "recenv report runs/again"])


def _scorers(plan: RunPlan) -> str:
    """Which scorer made each column, and what else had a say: the second family, or what paid the agents when they acted."""
    parts = [_scorer_table(plan.scorers)]
    if plan.audit is not None:
        parts += [f"<h3>Second family: {esc(family_name(plan.audit.name))}</h3>", _scorer_table(plan.audit.scorers)]
    if plan.played is not None:
        parts += ["<h3>Scorers when the agents acted</h3>", _scorer_table(plan.played.scorers)]
    return "".join(parts)


def _scorer_table(scorers: Sequence[dict[str, Any]]) -> str:
    if not scorers:
        return "<p>Rules only.</p>"
    rows = [
        [*(esc(s.get(key) or "–") for key in ("dimension", "name", "kind")), _hash(s.get("fingerprint", "")),
         esc(s.get("calibration") or "–")] for s in scorers
    ]
    judged = [s.get("dimension") for s in scorers]
    rows += [[esc(d), "no scorer: missing where no rule decides", "–", "–", "–"] for d in DIMENSIONS if d not in judged]
    return table(_SCORER_HEAD, rows, "text")


def _hash(fingerprint: object) -> str:
    return f"<code>{esc(str(fingerprint)[:16])}</code>"


def _pairs(fields: dict[str, Any]) -> str:
    return "; ".join(_pair(fields)) or "–"


def _pair(fields: dict[str, Any]) -> Iterable[str]:
    for key, value in fields.items():
        text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
        yield f"{esc(key)} <code>{esc(text)}</code>"
