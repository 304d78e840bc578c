"""The session part of a report: transcript, slates and a turn x dimension trace, agent by agent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from recenv.data.render import category_name
from recenv.evaluation.cells import COLOURS, INK, Cell, mark, share, turn_cells
from recenv.evaluation.leaderboard import plain
from recenv.evaluation.markup import esc
from recenv.evaluation.session_values import SHORT, SessionValues
from recenv.records import DIMENSIONS
from recenv.rollouts.trace import SessionTrace, TurnTrace

_TONE = {
    "order": "good", "inquire": "good", "refine": "warn", "reject": "warn", "indifferent": "warn", "repeat": "warn",
    "leave": "bad",
}


class Pick(NamedTuple):
    """A session chosen for the report: its place in the allotment, and why it was chosen."""

    order: int
    why: str


def pick_sessions(values: dict[str, list[SessionValues]], most: int) -> list[Pick]:
    """A spread of sessions by return: evenly spaced from best to worst, the median among them.

    Sessions are ranked by their mean return over all agents; only those that every agent finished take part.
    """
    returns: dict[int, list[float]] = {}
    for side in values.values():
        for v in side:
            returns.setdefault(v.order, []).append(v.total)
    whole = [order for order, r in returns.items() if len(r) == len(values)]
    ranked = sorted(whole, key=lambda o: (-sum(returns[o]), o))
    last = len(ranked) - 1
    count = min(most, len(ranked))
    places = [round(i * last / max(count - 1, 1)) for i in range(count)]
    if count > 2:
        places[(count - 1) // 2] = last // 2
    named = {last: "worst", last // 2: "median"} if last > 1 else {last: "worst"}
    named[0] = "best"
    return [Pick(ranked[p], named.get(p, f"rank {p + 1} of {last + 1}")) for p in places]


def session_index(picks: Sequence[Pick], traces: dict[tuple[str, int], SessionTrace], agents: Sequence[str]) -> str:
    """One line a session: a link, why it is here, the return of every agent."""
    head = "".join(f"<th>{esc(a)}</th>" for a in agents)
    rows = []
    for pick in picks:
        first = traces[agents[0], pick.order]
        cells = "".join(f"<td>{plain(traces[a, pick.order].total)}</td>" for a in agents)
        rows.append(f'<tr><td><a href="#s{pick.order}">{esc(first.session_id)}</a></td><td>{esc(pick.why)}</td>{cells}</tr>')
    return (
        f'<div class="wide"><table><thead><tr><th>session</th><th>by mean return</th>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def session_page(pick: Pick, traces: dict[tuple[str, int], SessionTrace], agents: Sequence[str]) -> str:
    """One session: what the user asked, then every agent's transcript, folded."""
    first = traces[agents[0], pick.order]
    facts = f"{category_name(first.category, 'en')} · {first.source} · user {first.user_id} · {pick.why}"
    parts = [f'<h3 id="s{pick.order}">Session {esc(first.session_id)}</h3><p class="grey">{esc(facts)}</p>']
    parts.append(f'<div class="bubble user">{esc(first.opening)}</div>')
    parts += [_agent_part(traces[a, pick.order]) for a in agents]
    return "".join(parts)


def _agent_part(trace: SessionTrace) -> str:
    turns = f"{len(trace.turns)} turn{'' if len(trace.turns) == 1 else 's'}"
    facts = f"return {plain(trace.total)} · {turns} · {trace.goals_met} of {trace.goals} needs met · ending: {trace.ending}"
    titles = ("hybrid scalar of the turn, and what was paid for it", *DIMENSIONS)
    head = "".join(
        f'<div class="cell" style="color:{colour}" title="{name.replace("_", " ")}">{short}</div>'
        for name, short, colour in zip(titles, ("value", *SHORT), (INK, *COLOURS), strict=True)
    )
    heading = f'<div class="grid"><div></div><div class="cells">{head}</div></div>'
    body = "".join(_turn(t, trace.goals) for t in trace.turns) or '<p class="grey">The session ended before the first turn.</p>'
    return (
        f'<details><summary>{esc(trace.agent)} <span class="grey">{esc(facts)}</span></summary>'
        f'<div class="inside">{heading}{body}</div></details>'
    )


def _turn(turn: TurnTrace, goals: int) -> str:
    return f'<div class="grid"><div>{_transcript(turn, goals)}</div><div class="cells">{_cells(turn)}</div></div>'


def _transcript(turn: TurnTrace, goals: int) -> str:
    act, reaction = turn.action, turn.reaction
    need = f" · need {turn.goal + 1} of {goals}" if goals > 1 else ""
    parts = [f'<div class="tag">turn {turn.turn + 1}{need} · {esc(act.act)}</div>']
    if act.act == "malformed":
        parts.append(f'<div class="bubble broken">{esc(act.raw or act.text or "(empty)")}</div>')
        parts.append(f'<div class="tag bad">{esc(act.error)}</div>')
    elif act.act == "search":
        filters = ", ".join(f"{k}: {v}" for k, v in act.filters.items())
        parts.append(f'<div class="bubble agent">{esc(act.query)}{esc(f" [{filters}]") if filters else ""}</div>')
    elif act.text:
        parts.append(f'<div class="bubble agent">{esc(act.text)}</div>')
    parts.append(_slate(turn))
    tone = _TONE.get(reaction.kind, "")
    beyond = " · beyond the log" if reaction.extrapolated else ""
    tick = " ✓" if reaction.kind == "order" else ""
    parts.append(f'<div class="tag tags {tone}">{esc(reaction.kind)}{tick}{beyond}</div>')
    if reaction.text:
        parts.append(f'<div class="bubble user">{esc(reaction.text)}</div>')
    return "".join(parts)


def _slate(turn: TurnTrace) -> str:
    if not turn.items:
        return ""
    items = []
    for rank, name in enumerate(turn.items):
        tick = mark(turn, rank)
        items.append(f'<li class="taken">{tick} {esc(name)}</li>' if tick else f"<li>{esc(name)}</li>")
    return f'<ol class="slate">{"".join(items)}</ol>'


def _cells(turn: TurnTrace) -> str:
    reasons: dict[str, list[str]] = {}
    for short, reason in zip(SHORT, turn.reasons, strict=True):
        if reason:
            reasons.setdefault(reason, []).append(short)
    notes = [f"{', '.join(names)}: {esc(reason)}" for reason, names in reasons.items()]
    cells = "".join(_cell(cell) for cell in turn_cells(turn))
    return cells + (f'<div class="why">{"<br>".join(notes)}</div>' if notes else "")


def _cell(cell: Cell) -> str:
    if cell.value is None:
        return '<div class="cell grey">–<div class="bar none"></div></div>'
    gate, tone = (" gate", ' class="bad"') if cell.failed else ("", "")
    fill = f'<i style="width:{100 * share(cell.value):.1f}%;background:{cell.colour}"></i>'
    note = f'<span class="of">{esc(cell.note)}</span>' if cell.note else ""
    return f'<div class="cell">{note}<span{tone}>{cell.value:.2f}</span><div class="bar{gate}">{fill}</div></div>'
