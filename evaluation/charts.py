"""The charts of a report, one PNG each: forest of returns, two families, dimensions per agent, session lengths."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from recenv.evaluation.leaderboard import Leaderboard, family_name, plain, signed
from recenv.evaluation.session_values import RETURN, SessionValues
from recenv.measures.drawing import (
    BAD,
    BLUE,
    FAINT,
    GREY,
    INK,
    NAME,
    NOTE,
    PALETTE,
    REFERENCE,
    WARN,
    WIDTH,
    axes_at,
    dimension_colours,
    frame,
    hatch_cell,
    heading,
    new_figure,
    png,
    row_name,
    whisker,
    write,
)
from recenv.measures.intervals import Interval
from recenv.measures.typeface import FACE, fit_text, text_width
from recenv.rewards.dimensions import DIMENSIONS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_NAMES = 1.9  # inches for agent names
_SECOND = WARN  # the second family


def draw_forest(board: Leaderboard, out: Path) -> Path:
    """Left: mean return per agent with its interval. Right: paired differences between neighbours against 0."""
    rows = len(board.rows)
    height = 0.75 + 0.36 * rows + 0.45
    figure = new_figure(WIDTH, height)
    left = _rows(figure, _NAMES, 0.5, 3.4, 0.36 * rows + 0.1, rows)
    returns = [row.metrics[RETURN] for row in board.rows]
    _intervals(left, returns, range(rows), "mean return", f"{board.level:.0%} interval, resampled by user")
    for i, row in enumerate(board.rows):
        row_name(left, i, row.agent, _NAMES - 0.2)
    if board.differences:
        right = _rows(figure, _NAMES + 3.9, 0.5, WIDTH - _NAMES - 4.1, 0.36 * rows + 0.1, rows)
        right.axvline(0, **REFERENCE)
        at = [i + 0.5 for i in range(rows - 1)]
        found = [d.metrics[RETURN] for d in board.differences]
        below = "same sessions; grey where the interval holds 0"
        _intervals(right, found, at, "difference to the next agent", below, differences=True)
    return _save(figure, out)


def draw_families(board: Leaderboard, out: Path) -> Path:
    """Left: mean return per agent by the run's scorers (dot) and by the second family (diamond). Right: the gap against 0."""
    rows = [(row, row.audit) for row in board.rows if row.audit is not None]
    first, second = (family_name(name) for name in board.families)
    size = 0.5 * len(rows) + 0.1
    figure = new_figure(WIDTH, 0.5 + size + 0.7)
    left = _rows(figure, _NAMES, 0.5, 3.4, size, len(rows))
    pairs = [f for row, audit in rows for f in (row.metrics[RETURN], audit.metrics[RETURN])]
    at = [i + step for i in range(len(rows)) for step in (-0.17, 0.17)]
    _intervals(left, pairs, at, "mean return by two families", "", colours=(BLUE, _SECOND), markers="oD")
    for i, (row, _) in enumerate(rows):
        row_name(left, i, row.agent, _NAMES - 0.2)
    right = _rows(figure, _NAMES + 3.9, 0.5, WIDTH - _NAMES - 4.1, size, len(rows))
    right.axvline(0, **REFERENCE)
    below = "paired by session; grey where the interval holds 0"
    gaps = [audit.gap[RETURN] for _, audit in rows]
    title = f"gap: {fit_text(first, 1.2, 10)} − {fit_text(second, 1.2, 10)}"
    _intervals(right, gaps, range(len(rows)), title, below, differences=True)
    _family_key(left, (first, second))
    return _save(figure, out)


def _family_key(axes: Axes, names: Sequence[str]) -> None:
    """Which mark is which family, below the title of the panel; x in points from its left edge."""
    from matplotlib.transforms import ScaledTranslation

    x = 3.0
    for name, colour, marker in zip(names, (BLUE, _SECOND), "oD", strict=True):
        label = fit_text(name, 1.4, NOTE)
        place = axes.transAxes + ScaledTranslation(x / 72, 7.5 / 72, axes.figure.dpi_scale_trans)
        axes.plot([0], [1], transform=place, marker=marker, markersize=4.5, color=colour, clip_on=False)
        axes.annotate(label, (0, 1), (x + 6, 5), "axes fraction", "offset points", fontproperties=FACE.at(NOTE), color=GREY,
                      parse_math=False)
        x += text_width(label, NOTE) * 72 + 20


def draw_dimensions(board: Leaderboard, out: Path) -> Path:
    """One small panel a dimension, a bar with interval an agent, all on [0, 1]; hatched where an agent has no value."""
    rows, gap = len(board.rows), 0.16
    figure = new_figure(WIDTH, 0.6 + 0.3 * rows + 0.4)
    width = (WIDTH - _NAMES - 0.2) / len(DIMENSIONS) - gap
    for d, (name, colour) in enumerate(dimension_colours().items()):
        axes = _rows(figure, _NAMES + d * (width + gap), 0.42, width, 0.3 * rows + 0.05, rows)
        axes.set_xlim(0, 1)
        axes.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
        frame(axes, "bottom")
        heading(axes, DIMENSIONS[name].short, fit_text(name.replace("_", " "), width + gap, NOTE), colour=colour)
        for i, row in enumerate(board.rows):
            _dimension_bar(axes, i, row.metrics[name], colour)
            if d == 0:
                row_name(axes, i, row.agent, _NAMES - 0.2)
    return _save(figure, out)


def _dimension_bar(axes: Axes, y: int, found: Interval, colour: str) -> None:
    if math.isnan(found.mean):
        hatch_cell(axes, 0.0, y - 0.31, 1.0, 0.62)
        return
    axes.barh(y, 1.0, 0.62, color=FAINT)
    axes.barh(y, found.mean, 0.62, color=colour)
    end = found.mean
    if not math.isnan(found.low):
        whisker(axes, found.low, found.high, y, INK)
        end = found.high
    inside = found.mean > 0.4
    write(axes, 0.03 if inside else end + 0.03, y + 0.13, plain(found.mean, 2), 7.5, "white" if inside else INK)


def draw_lengths(values: dict[str, list[SessionValues]], out: Path) -> Path:
    """Turns per session, a small histogram an agent on shared axes, stacked by how the session ended."""
    agents = list(values)
    columns = min(3, len(agents))
    lines = math.ceil(len(agents) / columns)
    longest = max((v.turns for side in values.values() for v in side), default=1)
    most = max((max(_counts(side, longest)) for side in values.values() if side), default=1)
    height = 0.25 + 1.55 * lines + 0.3
    figure = new_figure(WIDTH, height)
    width = (WIDTH - 0.7) / columns - 0.3
    for k, agent in enumerate(agents):
        x, y = 0.55 + (k % columns) * (width + 0.3), height - 1.45 - 1.55 * (k // columns)
        axes = axes_at(figure, x, y, width, 0.95)
        bottom = [0] * (longest + 1)
        for ending, colour in ENDINGS.items():
            count = _counts([v for v in values[agent] if v.ending == ending], longest)
            axes.bar(range(longest + 1), count, 0.8, bottom=bottom, color=colour)
            bottom = [a + b for a, b in zip(bottom, count, strict=True)]
        axes.set_xlim(-0.2 if bottom[0] else 0.4, longest + 0.6)
        axes.set_ylim(0, most * 1.08)
        axes.set_xticks(range(0 if bottom[0] else 1, longest + 1, max(1, longest // 10)))
        axes.set_yticks([0, most])
        frame(axes)
        mean = sum(v.turns for v in values[agent]) / len(values[agent]) if values[agent] else float("nan")
        title = f"{fit_text(agent, width - 1.0, NAME)} · mean {plain(mean, 2)}"
        axes.set_title(title, fontproperties=FACE.at(NAME), color=INK, loc="left", pad=4, parse_math=False)
    _ending_legend(figure)
    return _save(figure, out)


ENDINGS: dict[str, str] = {"met": PALETTE[1], "ended": "#8fa3bf", "horizon": "#d9b35c", "left": BAD}
"""How sessions end: needs met, the agent stopped, the time limit, the user left."""


def _counts(values: Sequence[SessionValues], longest: int) -> list[int]:
    counts = [0] * (longest + 1)
    for v in values:
        counts[v.turns] += 1
    return counts


def _ending_legend(figure: Figure) -> None:
    from matplotlib.patches import Rectangle

    axes = axes_at(figure, 0, 0, WIDTH, 0.3)
    axes.set_axis_off()
    axes.set_xlim(0, WIDTH)
    axes.set_ylim(0.3, 0)
    write(axes, 0.55, 0.2, "turns per session; ended by:", 8, GREY)
    for i, (ending, colour) in enumerate(ENDINGS.items()):
        x = 2.5 + 1.5 * i
        axes.add_patch(Rectangle((x, 0.09), 0.22, 0.12, facecolor=colour, linewidth=0))
        label = {"met": "needs met", "ended": "agent stopped", "horizon": "time limit", "left": "user left"}[ending]
        write(axes, x + 0.3, 0.2, label, 8, GREY)


def _intervals(
    axes: Axes, found: Sequence[Interval], at: Sequence[float], title: str, below: str, differences: bool = False,
    colours: Sequence[str] = (BLUE,), markers: str = "o",
) -> None:
    """Means with their intervals at rows ``at``; colours and markers take turns."""
    known = [v for i in found for v in (i.mean, i.low, i.high) if not math.isnan(v)] + ([0.0] if differences else [])
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    span = (high - low) or max(abs(high), 1.0) * 0.1
    axes.set_xlim(low - 0.08 * span, high + 0.34 * span)  # room for the printed value
    for n, (y, interval) in enumerate(zip(at, found, strict=True)):
        if math.isnan(interval.mean):
            write(axes, low, y + 0.1, "no value", 8, GREY)
            continue
        colour = GREY if differences and not interval.excludes_zero else colours[n % len(colours)]
        if not math.isnan(interval.low):
            whisker(axes, interval.low, interval.high, y, colour, 2.2)
        mark = markers[n % len(markers)]
        axes.plot([interval.mean], [y], marker=mark, markersize=6 if mark == "o" else 5, color=colour, markeredgecolor="white",
                  markeredgewidth=0.8)
        end = interval.mean if math.isnan(interval.high) else interval.high
        write(axes, end + 0.035 * span, y + 0.1, (signed if differences else plain)(interval.mean), 8, INK, ground="white")
    frame(axes, "bottom")
    heading(axes, title, below)


def _rows(figure: Figure, x: float, bottom: float, width: float, height: float, rows: int) -> Axes:
    """Axes at a place in inches, with one row a unit from top to bottom."""
    axes = axes_at(figure, x, bottom, width, height)
    axes.set_ylim(rows - 0.4, -0.6)
    axes.set_yticks([])
    return axes


def _save(figure: Figure, out: Path) -> Path:
    out.write_bytes(png(figure))
    return out
