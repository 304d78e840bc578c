"""The panels of a leaderboard: returns and differences, two families, a dimension each, session lengths."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from recenv.evaluation.leaderboard import Leaderboard, family_name, method, plain, signed
from recenv.evaluation.panels import FOOT, HEAD, Panel, title_of
from recenv.evaluation.session_values import RETURN, SessionValues
from recenv.measures.drawing import (
    BAD,
    BLUE,
    FAINT,
    GREY,
    INK,
    PALETTE,
    REFERENCE,
    WARN,
    axes_at,
    dimension_colours,
    frame,
    hatch_cell,
    row_name,
    whisker,
    write,
)
from recenv.measures.intervals import Interval
from recenv.measures.typeface import fit_text, text_width
from recenv.rewards.dimensions import DIMENSIONS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ROW, _NAMES = 0.3, 1.15  # inches of a row, and of the names before it
_SECOND = WARN  # the second family

ENDINGS: dict[str, tuple[str, str]] = {
    "met": ("needs met", PALETTE[1]), "ended": ("agent stopped", "#8fa3bf"), "horizon": ("time limit", "#d9b35c"),
    "left": ("user left", BAD),
}
"""How sessions end, in words, and in which colour."""


def board_panels(board: Leaderboard) -> list[Panel]:
    """Mean return of each agent, and paired differences between neighbours against 0."""
    made = [_forest("returns", "mean return", f"{board.level:.0%} intervals, {method(board)}",
                    [(row.agent, [row.metrics[RETURN]]) for row in board.rows])]
    if board.differences:
        found = [(f"{d.better} − {d.worse}", [d.metrics[RETURN]]) for d in board.differences]
        note = "same sessions; grey where the interval holds 0"
        made.append(_forest("differences", "difference to the next agent", note, found, differences=True))
    return made


def family_panels(board: Leaderboard) -> list[Panel]:
    """Mean return of each agent by the run's scorers (dot) and by the second family (diamond), and the gap against 0."""
    rows = [(row, row.audit) for row in board.rows if row.audit is not None]
    first, second = (family_name(name) for name in board.families)
    pairs = [(row.agent, [row.metrics[RETURN], audit.metrics[RETURN]]) for row, audit in rows]
    gaps = [(row.agent, [audit.gap[RETURN]]) for row, audit in rows]
    return [
        _forest("families", "mean return by two families", f"dot: {first}; diamond: {second}", pairs),
        _forest("gaps", f"gap: {first} − {second}", "paired by session; grey where the interval holds 0", gaps, differences=True),
    ]


def dimension_panels(board: Leaderboard) -> list[Panel]:
    """A panel a dimension, a bar with interval an agent, on [0, 1]; hatched where an agent has no value."""
    return [_dimension(board, name, colour) for name, colour in dimension_colours().items()]


def length_panels(values: dict[str, list[SessionValues]]) -> list[Panel]:
    """Turns per session, a panel an agent on shared axes, stacked by how the session ended."""
    longest = max((v.turns for side in values.values() for v in side), default=1)
    most = max((max(_counts(side, longest)) for side in values.values() if side), default=1)
    return [_length(f"lengths-{i + 1}", agent, side, longest, most) for i, (agent, side) in enumerate(values.items())]


def _forest(
    name: str, title: str, note: str, rows: Sequence[tuple[str, Sequence[Interval]]], differences: bool = False
) -> Panel:
    """Means with their intervals, a row each; several in a row alternate in colour and mark."""
    several = max((len(found) for _, found in rows), default=1)
    row = _ROW if several == 1 else 0.44
    body = row * len(rows)

    def draw(figure: Figure, x: float, y: float, width: float) -> None:
        names = 1.7 if differences and name != "gaps" else _NAMES
        axes = axes_at(figure, x + names, y + FOOT - 0.12, width - names - 0.1, body)
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.set_yticks([])
        if differences:
            axes.axvline(0, **REFERENCE)
        every = [i for _, found in rows for i in found]
        known = [v for i in every for v in (i.mean, i.low, i.high) if not math.isnan(v)] + ([0.0] if differences else [])
        low, high = (min(known), max(known)) if known else (0.0, 1.0)
        span = (high - low) or max(abs(high), 1.0) * 0.1
        axes.set_xlim(low - 0.06 * span, high + 0.42 * span)  # room for the printed value
        for n, (label, found) in enumerate(rows):
            row_name(axes, n, label, names - 0.12, 8)
            for k, interval in enumerate(found):
                _mark(axes, n + (k - (len(found) - 1) / 2) * 0.36, interval, k, span, differences)
        frame(axes, "bottom")
        title_of(figure, x, y + body + HEAD + FOOT - 0.12, width, title, note)

    return Panel(name, f"{title} of each agent with its interval", body + HEAD + FOOT - 0.12, draw)


def _mark(axes: Axes, y: float, found: Interval, k: int, span: float, differences: bool) -> None:
    if math.isnan(found.mean):
        write(axes, axes.get_xlim()[0], y, "no value", 7.5, GREY, level="center")
        return
    colour = GREY if differences and not found.excludes_zero else (BLUE, _SECOND)[k % 2]
    if not math.isnan(found.low):
        whisker(axes, found.low, found.high, y, colour, 2.0)
    mark = "oD"[k % 2]
    axes.plot([found.mean], [y], marker=mark, markersize=5.5 if mark == "o" else 4.5, color=colour, markeredgecolor="white",
              markeredgewidth=0.8)
    end = found.mean if math.isnan(found.high) else found.high
    write(axes, end + 0.035 * span, y, (signed if differences else plain)(found.mean), 7.5, INK, ground="white", level="center")


def _dimension(board: Leaderboard, name: str, colour: str) -> Panel:
    body = 0.24 * len(board.rows)

    def draw(figure: Figure, x: float, y: float, width: float) -> None:
        axes = axes_at(figure, x + _NAMES, y + FOOT - 0.14, width - _NAMES - 0.25, body)
        axes.set_ylim(len(board.rows) - 0.5, -0.5)
        axes.set_xlim(0, 1)
        axes.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
        axes.set_yticks([])
        frame(axes, "bottom")
        for i, row in enumerate(board.rows):
            _bar(axes, i, row.metrics[name], colour)
            row_name(axes, i, row.agent, _NAMES - 0.12, 8)
        short = DIMENSIONS[name].short
        title_of(figure, x, y + body + HEAD + FOOT - 0.14, width, short, name.replace("_", " "), colour)

    alt = f"{name.replace('_', ' ')} of each agent with its interval"
    return Panel(f"dimension-{name}", alt, body + HEAD + FOOT - 0.14, draw)


def _bar(axes: Axes, y: int, found: Interval, colour: str) -> None:
    if math.isnan(found.mean):
        hatch_cell(axes, 0.0, y - 0.31, 1.0, 0.62)
        return
    axes.barh(y, 1.0, 0.62, color=FAINT)
    axes.barh(y, found.mean, 0.62, color=colour)
    end = found.mean
    if not math.isnan(found.low):
        whisker(axes, max(found.low, 0.0), min(found.high, 1.0), y, INK)
        end = min(found.high, 1.0)
    inside = found.mean > 0.4
    write(axes, 0.02 if inside else end + 0.02, y, plain(found.mean, 2), 7.5, "white" if inside else INK, level="center")


def _length(name: str, agent: str, values: Sequence[SessionValues], longest: int, most: int) -> Panel:
    body = 0.85

    def draw(figure: Figure, x: float, y: float, width: float) -> None:
        axes = axes_at(figure, x + 0.4, y + FOOT + 0.1, width - 0.5, body)
        bottom = [0] * (longest + 1)
        for ending, (_, colour) in ENDINGS.items():
            count = _counts([v for v in values if v.ending == ending], longest)
            axes.bar(range(longest + 1), count, 0.8, bottom=bottom, color=colour)
            bottom = [a + b for a, b in zip(bottom, count, strict=True)]
        axes.set_xlim(-0.6 if bottom[0] else 0.4, longest + 0.6)
        axes.set_ylim(0, most * 1.08)
        axes.set_xticks(range(0 if bottom[0] else 1, longest + 1, max(1, longest // 10)))
        axes.set_yticks([0, most])
        frame(axes)
        _endings(figure, x + 0.4, y + 0.05, width - 0.5)
        mean = sum(v.turns for v in values) / len(values) if values else math.nan
        note = f"turns per session, {plain(mean, 2)} on average; by ending"
        title_of(figure, x, y + body + HEAD + FOOT + 0.1, width, agent, note)

    return Panel(name, f"{agent}: turns per session by ending", body + HEAD + FOOT + 0.1, draw)


def _counts(values: Sequence[SessionValues], longest: int) -> list[int]:
    counts = [0] * (longest + 1)
    for v in values:
        counts[v.turns] += 1
    return counts


def _endings(figure: Figure, x: float, y: float, width: float) -> None:
    from matplotlib.patches import Rectangle

    axes = axes_at(figure, x, y, width, 0.2)
    axes.set_axis_off()
    axes.set_xlim(0, width)
    axes.set_ylim(0, 0.2)
    at = 0.0
    for label, colour in ENDINGS.values():
        axes.add_patch(Rectangle((at, 0.06), 0.14, 0.1, facecolor=colour, linewidth=0))
        shown = fit_text(label, width / 4, 7)
        write(axes, at + 0.19, 0.11, shown, 7, GREY, level="center")
        at += 0.19 + text_width(shown, 7) + 0.14
