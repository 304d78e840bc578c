"""The curves of a training run as one picture: a panel for each loss, a line for each dimension."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from recenv.records import DIMENSIONS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLOURS = dict(zip(DIMENSIONS, ("#4477aa", "#2f9e8f", "#d99a1c", "#9b4f96", "#7a7a33"), strict=True))
_INK, _GREY, _RULE = "#1f2328", "#656d76", "#d0d7de"
_WIDTH, _HEIGHT, _DPI = 9.6, 3.4, 150


def draw_curves(curve: Sequence[dict[str, Any]]) -> bytes:
    """A PNG. Left: training loss by epoch and dimension; right: validation loss relative to a constant guess, best epoch marked.

    Equal curves give equal bytes on one version of matplotlib. Draws without a display.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(_WIDTH, _HEIGHT), dpi=_DPI, facecolor="white")
    FigureCanvasAgg(figure)
    left = figure.add_axes((0.06, 0.15, 0.34, 0.66))
    right = figure.add_axes((0.47, 0.15, 0.34, 0.66))
    dimensions = [d for d in DIMENSIONS if curve and d in curve[0]["by_dimension"]]
    _lines(left, curve, "train", dimensions)
    _lines(right, curve, "by_dimension", dimensions)
    _heading(left, "training loss", "mean over the batches of an epoch, nats")
    _heading(right, "validation loss", "as a share of a constant guess's; black: the mean, ring: the epoch that is kept")
    mean = [c["validation"] for c in curve]
    if mean:
        best = min(range(len(mean)), key=mean.__getitem__)
        right.plot(range(1, len(mean) + 1), mean, color=_INK, linewidth=1.8)
        right.plot([best + 1], [mean[best]], marker="o", markersize=9, markerfacecolor="none", markeredgecolor=_INK)
    for n, d in enumerate(dimensions):
        figure.text(0.84, 0.75 - 0.09 * n, d.replace("_", " "), color=_COLOURS[d], fontsize=8.5)
    out = io.BytesIO()
    figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()


def _lines(axes: Axes, curve: Sequence[dict[str, Any]], key: str, dimensions: Sequence[str]) -> None:
    for d in dimensions:
        losses = [c[key].get(d, float("nan")) for c in curve]
        axes.plot(range(1, len(curve) + 1), losses, color=_COLOURS[d], linewidth=1.4, marker=".", markersize=5)
    axes.set_xticks(range(1, len(curve) + 1, max(1, len(curve) // 10)))
    axes.set_xlim(0.8, max(len(curve), 1) + 0.2)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("bottom", "left"):
        axes.spines[side].set_color(_RULE)
    axes.tick_params(color=_RULE, length=3, labelsize=7.5, labelcolor=_GREY)
    axes.set_xlabel("epoch", fontsize=7.5, color=_GREY)


def _heading(axes: Axes, title: str, below: str) -> None:
    for text, size, shade, y in ((title, 10.0, _INK, 18), (below, 7.0, _GREY, 6)):
        axes.annotate(text, (0, 1), (0, y), "axes fraction", "offset points", fontsize=size, color=shade)
