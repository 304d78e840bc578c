"""Pictures of findings: best-of-n curves, the corruption matrix, flips by change. Needs matplotlib."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from recenv.appraisal.probes.finding import Finding

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_DPI = 130
_INK, _GREY, _BLUE = "#222222", "#999999", "#2b6cb0"


def draw(findings: Sequence[Finding], folder: Path) -> list[Path]:
    """One PNG for each finding on the built-in rows that has something to draw."""
    drawn = []
    for f in findings:
        if f.rows != "synthetic":
            continue
        for key, picture in (("curves", _curves), ("matrix", _matrix), ("flips", _flips)):
            if key in f.data:
                path = folder / f"{f.probe}.png"
                picture(f).savefig(path, dpi=_DPI, metadata={"Software": None})
                drawn.append(path)
    return drawn


def _figure(width: float, height: float) -> Figure:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _curves(f: Finding) -> Figure:
    """Gold value of the scorer's pick over n with its interval; dashed: the best that choice could do."""
    curves, n = f.data["curves"], f.data["n"]
    figure = _figure(2.6 * len(curves), 2.6)
    for axes, (name, curve) in zip(figure.subplots(1, len(curves), squeeze=False)[0], curves.items(), strict=True):
        axes.fill_between(n, curve["low"], curve["high"], color=_BLUE, alpha=0.18, linewidth=0)
        axes.plot(n, curve["value"], color=_BLUE, marker="o", markersize=3)
        axes.plot(n, curve["ideal"], color=_GREY, linestyle=(0, (3, 2)), linewidth=1)
        axes.set_xscale("log", base=2)
        axes.set_xticks(n, [str(k) for k in n], fontsize=7)
        axes.set_ylim(-0.02, 1.02)
        axes.tick_params(axis="y", labelsize=7)
        axes.set_title(name.replace("_", " "), fontsize=9, color=_INK)
        axes.set_xlabel("best of n", fontsize=8)
    figure.axes[0].set_ylabel("gold value of the pick", fontsize=8)
    return figure


def _matrix(f: Finding) -> Figure:
    names, matrix, related = f.data["names"], f.data["matrix"], {tuple(pair) for pair in f.data["related"]}
    figure = _figure(5.4, 4.2)
    axes = figure.subplots()
    top = max((abs(v) for row in matrix for v in row if v is not None and v == v), default=1.0) or 1.0
    axes.imshow([[0.0 if v is None or v != v else v for v in row] for row in matrix], cmap="RdBu", vmin=-top, vmax=top)
    for i, row in enumerate(matrix):
        for j, v in enumerate(row):
            text = "-" if v is None or v != v else f"{v:.3f}" + (" r" if (i, j) in related else "")
            light = text != "-" and abs(v) > 0.6 * top
            axes.text(j, i, text, ha="center", va="center", fontsize=8, color="white" if light else _INK)
    axes.set_xticks(range(len(names)), names, fontsize=8)
    axes.set_yticks(range(len(names)), names, fontsize=8)
    axes.set_xlabel("score", fontsize=8)
    axes.set_ylabel("spoilt", fontsize=8)
    axes.set_title("mean drop (r: related)", fontsize=9, color=_INK)
    return figure


def _flips(f: Finding) -> Figure:
    """Share of flipped decisions, a bar a change, with the bound on the overall share."""
    counts: dict[str, list[int]] = {}
    for own in f.data["flips"].values():
        for change, (flips, tried) in own.items():
            total = counts.setdefault(change, [0, 0])
            total[0], total[1] = total[0] + flips, total[1] + tried
    order = sorted(counts, key=lambda c: counts[c][0] / counts[c][1])
    figure = _figure(6.4, 0.6 + 0.2 * len(order))
    axes = figure.subplots()
    axes.barh(range(len(order)), [counts[c][0] / counts[c][1] for c in order], color=_BLUE, height=0.7)
    axes.axvline(0.05, color=_GREY, linestyle=(0, (3, 2)), linewidth=1)
    axes.set_yticks(range(len(order)), [f"{c} ({counts[c][1]})" for c in order], fontsize=7)
    axes.set_ylim(-0.6, len(order) - 0.4)
    axes.tick_params(axis="x", labelsize=7)
    axes.set_xlabel("share of decisions flipped (cases tried)", fontsize=8)
    return figure
