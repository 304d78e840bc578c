"""One picture of an examined environment: what changes gain, the ladder, all agents, and what spoiling moves."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from recenv.evaluation.validation.gains import MOST
from recenv.evaluation.validation.line import Finding, Line
from recenv.measures.drawing import (
    BAD,
    BLUE,
    GREY,
    INK,
    NOTE,
    PALETTE,
    REFERENCE,
    SIGNED,
    TICK,
    WIDTH,
    axes_at,
    axis_names,
    frame,
    heading,
    new_figure,
    png,
    row_name,
    whisker,
    write,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_NAMES, _ROW, _CELL = 2.1, 0.19, 0.28  # inches: names of changes, a row of them, a row of the matrix
_LEFT, _SIDE = 3.1, 1.55  # inches: width of the panel of gains, height of those beside it
_INDENT = 0.55  # inches: room for the names of the matrix's rows, beyond what stands left of a panel
_HEAD, _GAP = 0.75, 1.1  # inches above a panel, and between two


def draw(findings: Sequence[Finding], out: Path) -> Path:
    """Write the PNG; panels of what was not examined stay empty. Returns the path."""
    by_name = {f.examination: f for f in findings}
    gains = by_name["gains"].lines if "gains" in by_name else ()
    spoilt = _CELL * len(by_name["spoiling"].data.get("rows", ())) if "spoiling" in by_name else 0.0
    height = max(_HEAD + _ROW * len(gains) + 0.5, _HEAD + 2 * (_SIDE + _GAP) + spoilt + 0.3)
    figure = new_figure(WIDTH, height)
    x = _NAMES + _LEFT + 1.0
    if gains:
        _gains(figure, gains, height)
    if "ladder" in by_name:
        _ladder(figure, by_name["ladder"], x, height - _HEAD - _SIDE)
    if "agreement" in by_name:
        _agents(figure, by_name["agreement"], x, height - _HEAD - 2 * _SIDE - _GAP)
    if spoilt:
        _matrix(figure, by_name["spoiling"], x, height - _HEAD - 2 * (_SIDE + _GAP) - spoilt)
    out.write_bytes(png(figure))
    return out


def _gains(figure: Figure, lines: Sequence[Line], height: float) -> None:
    size = _ROW * len(lines)
    axes = axes_at(figure, _NAMES + 0.1, height - _HEAD - size, _LEFT, size)
    axes.set_ylim(len(lines) - 0.4, -0.6)
    axes.set_yticks([])
    axes.axvline(0, **REFERENCE)
    for y, line in enumerate(lines):
        known = line.low == line.low
        colour = GREY if not known else BAD if line.passed is False else BLUE
        if known:
            whisker(axes, line.low, line.high, y, colour)
        axes.plot([line.value], [y], marker="o", markersize=3.5, color=colour)
        row_name(axes, y, line.name, _NAMES - 0.1, NOTE)
    frame(axes, "bottom")
    heading(axes, "return gained by a change", f"changed less honest; red: the interval ends above {MOST}; grey: there is none")


def _ladder(figure: Figure, finding: Finding, x: float, y: float) -> None:
    axes = axes_at(figure, x, y, WIDTH - x - 0.3, _SIDE)
    for colour, (what, levels) in zip((BLUE, PALETTE[2]), finding.data.items(), strict=True):
        share = [k / (len(levels) - 1) for k in range(len(levels))]
        axes.fill_between(share, [v[1] for v in levels], [v[2] for v in levels], color=colour, alpha=0.18, linewidth=0)
        axes.plot(share, [v[0] for v in levels], color=colour, marker="o", markersize=3)
        above = what == "needs met"
        write(axes, share[2], levels[2][0] + (0.07 if above else -0.13), what, TICK, colour, "right" if above else "left")
    axes.set_ylim(min(0.5, levels[0][0] - 0.1), 1.04)
    frame(axes)
    axis_names(axes, "share of sessions played well")
    heading(axes, "ladder", finding.note)


def _agents(figure: Figure, finding: Finding, x: float, y: float) -> None:
    axes = axes_at(figure, x, y, WIDTH - x - 0.3, _SIDE)
    for name, paid, met, _ in finding.data.get("agents", []):
        honest = "," not in name and "/" not in name
        axes.plot([met], [paid], marker="o", markersize=4.5, color=BLUE if honest else GREY, alpha=1.0 if honest else 0.6)
    frame(axes)
    axis_names(axes, "needs met", "return")
    heading(axes, "agents", "blue: honest ones; grey: changed ones and rungs of the ladder")


def _matrix(figure: Figure, finding: Finding, x: float, y: float) -> None:
    rows, names, matrix = finding.data["rows"], finding.data["names"], finding.data["matrix"]
    axes = axes_at(figure, x + _INDENT, y, WIDTH - x - _INDENT - 0.3, _CELL * len(rows))
    axes.imshow([[0.0 if v != v else v for v in row] for row in matrix], cmap=SIGNED, vmin=-1, vmax=1, aspect="auto")
    for i, row in enumerate(matrix):
        for j, v in enumerate(row):
            write(axes, j, i, "–" if v != v else f"{v:+.2f}", TICK, "white" if abs(v) > 0.6 else INK, "center", level="center")
    axes.set_xticks(range(len(names)), names)
    axes.set_yticks([])
    for i, name in enumerate(rows):  # what was spoilt, and how: one dimension may be in two ways
        row_name(axes, i, name, 1.0 + _INDENT, NOTE)
    frame(axes, "none")
    axes.tick_params(length=0)
    heading(axes, "mean fall where one dimension is spoilt", "rows: what was spoilt; –: nothing judges it")
