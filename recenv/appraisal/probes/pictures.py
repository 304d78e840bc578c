"""Pictures of findings: best-of-n curves, the corruption matrix, flips by change. Needs matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from recenv.appraisal.probes.finding import Finding
from recenv.measures.drawing import (
    BLUE,
    INK,
    NOTE,
    REFERENCE,
    SIGNED,
    axes_at,
    axis_names,
    frame,
    heading,
    new_figure,
    png,
    row_name,
    write,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_HEAD, _FOOT = 0.5, 0.5  # inches above and below a panel
_CHANGES = 2.3  # inches for the names of changes


def draw(findings: Sequence[Finding], folder: Path) -> list[Path]:
    """One PNG for each finding on the built-in rows that has something to draw."""
    drawn = []
    for f in findings:
        if f.rows != "synthetic":
            continue
        for key, picture in (("curves", _curves), ("matrix", _matrix), ("flips", _flips)):
            if key in f.data:
                path = folder / f"{f.probe}.png"
                path.write_bytes(png(picture(f)))
                drawn.append(path)
    return drawn


def _curves(f: Finding) -> Figure:
    """Gold value of the scorer's pick over n with its interval; dashed: the best that choice could do."""
    curves, n = f.data["curves"], f.data["n"]
    side, step = 2.1, 2.6
    figure = new_figure(0.3 + step * len(curves), _HEAD + side + _FOOT)
    for k, (name, curve) in enumerate(curves.items()):
        axes = axes_at(figure, 0.6 + k * step, _FOOT, side, side)
        axes.fill_between(n, curve["low"], curve["high"], color=BLUE, alpha=0.18, linewidth=0)
        axes.plot(n, curve["value"], color=BLUE, marker="o", markersize=3)
        axes.plot(n, curve["ideal"], **REFERENCE)
        axes.set_xscale("log", base=2)
        axes.set_xticks(n, [str(k) for k in n])
        axes.set_ylim(-0.02, 1.02)
        frame(axes)
        axis_names(axes, "best of n", "" if k else "gold value of the pick")
        heading(axes, name.replace("_", " "), "" if k else "dashed: the best that choice could do")
    return figure


def _matrix(f: Finding) -> Figure:
    names, matrix, related = f.data["names"], f.data["matrix"], {tuple(pair) for pair in f.data["related"]}
    width, height = 0.8 * len(names), 0.6 * len(names)
    figure = new_figure(1.2 + width, _HEAD + height + _FOOT)
    axes = axes_at(figure, 1.0, _FOOT, width, height)
    top = max((abs(v) for row in matrix for v in row if v is not None and v == v), default=1.0) or 1.0
    shades = [[0.0 if v is None or v != v else v for v in row] for row in matrix]
    axes.imshow(shades, cmap=SIGNED, vmin=-top, vmax=top, aspect="auto")
    for i, row in enumerate(matrix):
        for j, v in enumerate(row):
            text = "–" if v is None or v != v else f"{v:.3f}" + (" r" if (i, j) in related else "")
            light = text != "–" and abs(v) > 0.6 * top
            write(axes, j, i, text, 8, "white" if light else INK, "center", level="center")
    axes.set_xticks(range(len(names)), names)
    axes.set_yticks(range(len(names)), names)
    frame(axes, "none")
    axes.tick_params(length=0)
    axis_names(axes, "score", "spoilt")
    heading(axes, "mean drop", "r: related")
    return figure


def _flips(f: Finding) -> Figure:
    """Share of flipped decisions, a bar a change, with the bound on the overall share."""
    counts: dict[str, list[int]] = {}
    for own in f.data["flips"].values():
        for change, (flips, tried) in own.items():
            total = counts.setdefault(change, [0, 0])
            total[0], total[1] = total[0] + flips, total[1] + tried
    order = sorted(counts, key=lambda c: counts[c][0] / counts[c][1])
    height = 0.2 * len(order)
    figure = new_figure(6.4, _HEAD + height + _FOOT)
    axes = axes_at(figure, _CHANGES + 0.2, _FOOT, 6.2 - _CHANGES - 0.2, height)
    axes.barh(range(len(order)), [counts[c][0] / counts[c][1] for c in order], color=BLUE, height=0.7)
    axes.axvline(0.05, **REFERENCE)
    for y, change in enumerate(order):
        row_name(axes, y, f"{change} ({counts[change][1]})", _CHANGES, NOTE)
    axes.set_yticks([])
    axes.set_ylim(-0.6, len(order) - 0.4)
    frame(axes)
    heading(axes, "share of decisions flipped", "in brackets: cases tried; dashed: the bound on all of them together")
    return figure
