"""Pictures of many sessions: where returns were lost, value and pay by turn, turn by dimension, spread, and groups.

A panel is drawn at any place and width, so that the same ones make one sheet, or stand alone in a page that folds them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from recenv.evaluation.aggregate import AgentSummary, ByTurn, Group, Summary
from recenv.evaluation.losses import GATE, cause_name
from recenv.evaluation.session_values import shorts
from recenv.measures.drawing import (
    BAD,
    BLUE,
    DPI,
    FAINT,
    GREY,
    INK,
    RULE,
    SHARES,
    WARN,
    axes_at,
    frame,
    hatch_cell,
    new_figure,
    row_name,
    save,
    whisker,
    write,
)
from recenv.measures.intervals import Interval
from recenv.measures.typeface import FACE, fit_text
from recenv.rewards.dimensions import DIMENSIONS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

AGENTS: tuple[str, ...] = ("#0b6e99", "#d97706", "#3f7d20", "#8b5cf6", "#0f766e", "#9d174d", "#78716c", "#1d4ed8")
"""One an agent, in the order of the run, so that pages and pictures agree; apart from the colours of dimensions."""
PANEL = 3.9
"""Inches that a panel is wide where it stands alone."""
HEAD, FOOT = 0.5, 0.42
"""Inches above and below what a panel shows: its title with a note; ticks and what they count."""
_MOST_CAUSES = 9
_LEAST = 0.0005


class Panel(NamedTuple):
    """name: of its file; alt: what it shows; height in inches; draw(figure, x, y, width): at its lower left corner."""

    name: str
    alt: str
    height: float
    draw: Callable[[Figure, float, float, float], None]


def panels(summary: Summary) -> list[Panel]:
    """All panels of a run."""
    return [*loss_panels(summary), *turn_panels(summary), *group_panels(summary)]


def loss_panels(summary: Summary) -> list[Panel]:
    """A waterfall an agent, from the ceiling down; none where there is no ceiling."""
    return [_waterfall(i + 1, a) for i, a in enumerate(summary.agents) if not math.isnan(a.ceiling)]


def turn_panels(summary: Summary) -> list[Panel]:
    """Pay and value by turn and the spread of returns, all agents in each; then turn by dimension, an agent each."""
    agents, colours = summary.agents, _colours(summary)
    return [
        _by_turn(agents, colours, "paid up to a turn", "mean over all sessions, with 95 % band", "paid"),
        _by_turn(agents, colours, "value of a turn", "mean over the sessions that came so far, with 95 % band", "value"),
        _spread(summary, colours), *(_heat(i + 1, a) for i, a in enumerate(agents))]


def group_panels(summary: Summary) -> list[Panel]:
    """Mean return by category, locale, number of constraints and of goals, where there are several."""
    whats = dict.fromkeys(g.what for a in summary.agents for g in a.groups)
    return [_groups(summary.agents, what, _colours(summary)) for what in whats]


def _colours(summary: Summary) -> dict[str, str]:
    return {a.agent: AGENTS[a.place % len(AGENTS)] for a in summary.agents}


def draw_aggregate(summary: Summary, out: str | Path, scale: int = 1) -> Path:
    """All panels on one sheet in two columns, at most 1,400 pixels wide (scale 2 doubles that), as .png or .svg."""
    return save(sheet(panels(summary), 2, scale), out)


def sheet(made: Sequence[Panel], columns: int = 1, scale: int = 1) -> Figure:
    """Panels in columns, each under the shortest so far."""
    width = PANEL if columns == 1 else 1400 / DPI
    gap, edge = 0.3, 0.0 if columns == 1 else 0.2
    each = (width - 2 * edge - gap * (columns - 1)) / columns
    ends = [edge] * columns
    places: list[tuple[float, float]] = []
    for panel in made:
        column = min(range(columns), key=lambda c: (round(ends[c], 3), c))
        places.append((edge + column * (each + gap), ends[column]))
        ends[column] += panel.height + (0.25 if columns > 1 else 0.0)
    height = max(ends)
    figure = new_figure(width, height, min(DPI * scale, int(60_000 / height)))
    for panel, (x, top) in zip(made, places, strict=True):
        panel.draw(figure, x, height - top - panel.height, each)
    return figure


# -- where a return was lost -----------------------------------------------------------------------------------


class _Step(NamedTuple):
    name: str
    start: float
    end: float
    colour: str
    text: str


def title_of(figure: Figure, x: float, top: float, width: float, title: str, note: str, colour: str = INK) -> None:
    """A title at the upper left corner of a panel, with a note in small grey type below."""
    axes = axes_at(figure, x, top - 0.42, width, 0.42)
    axes.set_axis_off()
    axes.set_xlim(0, width)
    axes.set_ylim(0.42, 0)
    write(axes, 0.02, 0.17, fit_text(title, width - 0.05, 10), 10, colour)
    write(axes, 0.02, 0.34, fit_text(note, width - 0.05, 7), 7, GREY)


def _steps(agent: AgentSummary) -> list[_Step]:
    """The rows of a waterfall: the ceiling, what takes from it, and what is left."""
    shown = [s for s in agent.lost if abs(s.lost) >= _LEAST]
    rest = sum(s.lost for s in agent.lost) - sum(s.lost for s in shown[:_MOST_CAUSES])
    at = agent.ceiling
    steps = [_Step("ceiling", 0.0, at, GREY, f"{at:.3f}")]
    for share in shown[:_MOST_CAUSES]:
        colour = BAD if share.cause.startswith(GATE) else WARN if share.cause.startswith(("left", "not met")) else BLUE
        text = f"{-share.lost:+.3f} ({share.sessions:.0%})"
        steps.append(_Step(cause_name(share.cause), at, at - share.lost, colour, text))
        at -= share.lost
    if abs(rest) >= _LEAST:
        steps.append(_Step("all else", at, at - rest, GREY, f"{-rest:+.3f}"))
    return [*steps, _Step("return", 0.0, agent.total, INK, f"{agent.total:.3f}")]


def _waterfall(number: int, agent: AgentSummary) -> Panel:
    steps = _steps(agent)
    body = 0.22 * len(steps)

    def draw(figure: Figure, x: float, y: float, width: float) -> None:
        names = 0.5 * width
        axes = axes_at(figure, x + names, y + 0.12, width - names - 0.1, body)
        axes.set_ylim(len(steps) - 0.4, -0.6)
        top = max(agent.ceiling, agent.total, 0.01)
        axes.set_xlim(0, top * 1.7)
        axes.set_axis_off()
        for i, step in enumerate(steps):
            low, high = sorted((step.start, step.end))
            axes.barh(i, max(high - low, top * 0.003), 0.66, left=low, color=step.colour)
            if i + 1 < len(steps):
                axes.plot([step.end, step.end], [i - 0.33, i + 1.33], color=RULE, linewidth=0.6, zorder=0)
            write(axes, high + top * 0.035, i, step.text, 7.5, GREY, level="center")
            row_name(axes, i, step.name, names - 0.15, 8)
        note = f"mean of {agent.n} sessions; in brackets the share of them that lost by it"
        title_of(figure, x, y + body + 0.12 + HEAD, width, agent.agent, note)

    alt = f"{agent.agent}: where returns were lost, from the ceiling down"
    return Panel(f"lost-{number}", alt, body + HEAD + 0.12, draw)


# -- turn by turn ----------------------------------------------------------------------------------------------


def _by_turn(agents: Sequence[AgentSummary], colours: dict[str, str], title: str, below: str, name: str) -> Panel:
    body, key = 1.7, 0.17 * math.ceil(len(agents) / 3)

    def draw(figure: Figure, x: float, y: float, width: float) -> None:
        axes = axes_at(figure, x + 0.4, y + FOOT + key, width - 0.5, body)
        most = max((len(a.turns) for a in agents), default=1)
        for agent in agents:
            points = [(t.turn, i.mean, i.low, i.high) for t in agent.turns if not math.isnan((i := _interval(t, name)).mean)]
            if not points:
                continue
            if name == "paid":  # what was paid stays when sessions have ended
                points += [(turn, *points[-1][1:]) for turn in range(points[-1][0] + 1, most + 1)]
            at = [p[0] for p in points]
            axes.plot(at, [p[1] for p in points], color=colours[agent.agent], linewidth=1.4, marker="o", markersize=2.8,
                      clip_on=False)
            band = [p for p in points if not math.isnan(p[2])]
            axes.fill_between([p[0] for p in band], [p[2] for p in band], [p[3] for p in band], color=colours[agent.agent],
                              alpha=0.13, linewidth=0)
        axes.set_xlim(0.7, most + 0.3)
        axes.set_xticks(range(1, most + 1, max(1, most // 8)))
        if name == "value":
            axes.set_ylim(0, 1.02)
        else:
            low, high = axes.get_ylim()
            axes.set_ylim(min(low, 0.0), min(high, 1.15 * max((t.paid.mean for a in agents for t in a.turns), default=1.0)))
        frame(axes)
        title_of(figure, x, y + body + HEAD + FOOT + key, width, title, below)
        _key(figure, x + 0.4, y + 0.04, width - 0.5, colours)
        axes.annotate(
            "turn", (1, 0), (0, -22), "axes fraction", "offset points", fontproperties=FACE.at(7), color=GREY, ha="right")

    return Panel(f"turns-{name}", f"{title}, by turn for each agent", body + HEAD + FOOT + key, draw)


def _interval(turn: ByTurn, name: str) -> Interval:
    return turn.value if name == "value" else turn.paid


def _key(figure: Figure, x: float, y: float, width: float, colours: dict[str, str]) -> None:
    """Which colour is which agent, three in a line."""
    lines = math.ceil(len(colours) / 3)
    axes = axes_at(figure, x, y, width, 0.17 * lines)
    axes.set_axis_off()
    axes.set_xlim(0, width)
    axes.set_ylim(lines, 0)
    for i, (agent, colour) in enumerate(colours.items()):
        left = (i % 3) * width / 3
        axes.plot([left + 0.06], [i // 3 + 0.5], marker="o", markersize=4, color=colour)
        write(axes, left + 0.15, i // 3 + 0.5, fit_text(agent, width / 3 - 0.2, 8), 8, INK, level="center")


def _heat(number: int, agent: AgentSummary) -> Panel:
    rows, row = len(DIMENSIONS), 0.24
    body = rows * row

    def draw(figure: Figure, x: float, y: float, width: float) -> None:
        from matplotlib import colormaps

        axes = axes_at(figure, x + 0.5, y + FOOT, width - 0.6, body)
        most = len(agent.turns)
        axes.set_xlim(0.5, max(most, 4) + 0.5)
        axes.set_ylim(rows - 0.5, -0.5)
        for t in agent.turns:
            for d, value in enumerate(t.dimensions):
                if math.isnan(value):
                    hatch_cell(axes, t.turn - 0.48, d - 0.46, 0.96, 0.92)
                    continue
                colour = colormaps[SHARES](0.1 + 0.75 * value)
                axes.barh(d, 0.96, 0.92, left=t.turn - 0.48, color=colour)
                if most <= 14:
                    write(axes, t.turn, d, f"{value:.2f}", 7, "white" if value > 0.55 else INK, "center", level="center")
        axes.set_xticks([t.turn for t in agent.turns], [f"{t.turn}\nn={t.n}" for t in agent.turns] if most <= 14 else None)
        axes.set_yticks(range(rows), shorts())
        frame(axes)
        for spine in axes.spines.values():
            spine.set_visible(False)
        axes.tick_params(length=0)
        note = "mean of each dimension by turn, over the sessions that came so far (n)"
        title_of(figure, x, y + body + HEAD + FOOT, width, agent.agent, note)

    return Panel(f"heat-{number}", f"{agent.agent}: mean of each dimension by turn", body + HEAD + FOOT, draw)


# -- spread and groups -----------------------------------------------------------------------------------------


def _spread(summary: Summary, colours: dict[str, str]) -> Panel:
    row = 0.42
    body = row * len(summary.agents)

    def draw(figure: Figure, x: float, y: float, width: float) -> None:
        names = 1.2
        axes = axes_at(figure, x + names, y + FOOT - 0.1, width - names - 0.15, body)
        axes.set_xlim(summary.low, summary.high)
        axes.set_ylim(len(summary.agents), 0)
        for i, agent in enumerate(summary.agents):
            bins = len(agent.histogram)
            step, top = (summary.high - summary.low) / bins, max(agent.histogram)
            at = [summary.low + (b + 0.5) * step for b in range(bins)]
            axes.bar(at, [-0.86 * n / top for n in agent.histogram], step * 0.92, bottom=i + 0.96, color=colours[agent.agent])
            row_name(axes, i + 0.7, agent.agent, names - 0.15, 8)
        axes.set_yticks([])
        frame(axes, "bottom")
        note = "sessions by their return, each agent to its own height"
        title_of(figure, x, y + body + HEAD + FOOT - 0.1, width, "how returns are spread", note)

    return Panel("spread", "distribution of returns for each agent", body + HEAD + FOOT - 0.1, draw)


def _groups(agents: Sequence[AgentSummary], what: str, colours: dict[str, str]) -> Panel:
    found: dict[str, list[tuple[str, Group]]] = {}
    for agent in agents:
        for group in agent.groups:
            if group.what == what:
                found.setdefault(group.name, []).append((agent.agent, group))
    names = sorted(found, key=lambda n: (not n.isdigit(), int(n) if n.isdigit() else 0, n))
    row = 0.12 * len(agents) + 0.14
    body = row * len(names)
    key = 0.17 * math.ceil(len(agents) / 3)

    def draw(figure: Figure, x: float, y: float, width: float) -> None:
        left = 1.5
        axes = axes_at(figure, x + left, y + FOOT + key - 0.12, width - left - 0.15, body)
        axes.set_ylim(len(names), 0)
        groups = [group for side in found.values() for _, group in side]
        ends = [v for g in groups for v in (g.total.mean, g.total.low, g.total.high) if not math.isnan(v)]
        most = max([1.0, *(g.ceiling for g in groups if not math.isnan(g.ceiling))])
        axes.set_xlim(max(min([0.0, *ends]), -0.1), min(max([1.0, *ends]), 1.1 * most))
        for i, name in enumerate(names):
            if i % 2:
                axes.axhspan(i, i + 1, color=FAINT, linewidth=0, zorder=0)
            for k, (agent, group) in enumerate(found[name]):
                at = i + (k + 0.8) / (len(agents) + 0.6)
                if not math.isnan(group.total.low):
                    whisker(axes, group.total.low, group.total.high, at, colours[agent], 1.1)
                axes.plot([group.total.mean], [at], marker="o", markersize=3.6, color=colours[agent], clip_on=False)
            row_name(axes, i + 0.5, f"{name} (n={found[name][0][1].n})", left - 0.15, 8)
        axes.set_yticks([])
        frame(axes, "bottom")
        title = f"mean return by {'number of ' if what in ('constraints', 'goals') else ''}{what}"
        title_of(figure, x, y + body + HEAD + FOOT + key - 0.12, width, title, "with 95 % intervals over users, by Student's t")
        _key(figure, x + 0.2, y + 0.02, width - 0.3, colours)

    return Panel(f"by-{what}", f"mean return by {what} for each agent", body + HEAD + FOOT + key - 0.12, draw)
