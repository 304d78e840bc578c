"""The curves of a training run as one picture: a panel for each loss, a line for each dimension."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from recenv.measures.drawing import (
    INK,
    SMALL_DPI,
    WIDTH,
    axes_at,
    axis_names,
    dimension_colours,
    frame,
    heading,
    new_figure,
    png,
    write,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_HEIGHT, _PANEL = 3.4, (3.26, 2.24)  # inches


def draw_curves(curve: Sequence[dict[str, Any]]) -> bytes:
    """A PNG. Left: training loss by epoch and dimension; right: validation loss relative to a constant guess, best epoch marked.

    Equal curves give equal bytes on one version of matplotlib. Draws without a display.
    """
    figure = new_figure(WIDTH, _HEIGHT, SMALL_DPI)
    left, right = (axes_at(figure, x, 0.51, *_PANEL) for x in (0.58, 4.51))
    colours = {d: colour for d, colour in dimension_colours().items() if curve and d in curve[0]["by_dimension"]}
    mean = [c["validation"] for c in curve]
    if mean:
        best = min(range(len(mean)), key=mean.__getitem__)
        right.plot(range(1, len(mean) + 1), mean, color=INK, linewidth=1.8, zorder=3)
        right.plot([best + 1], [mean[best]], marker="o", markersize=9, markerfacecolor="none", markeredgecolor=INK)
    _lines(left, curve, "train", colours)
    _lines(right, curve, "by_dimension", colours)
    heading(left, "training loss", "mean over the batches of an epoch, nats")
    heading(right, "validation loss", "as a share of a constant guess's; black: the mean, ring: the epoch that is kept")
    key = axes_at(figure, 8.06, 0, 1.5, _HEIGHT)
    key.set_axis_off()
    key.set_xlim(0, 1.5)
    key.set_ylim(0, _HEIGHT)
    for n, (d, colour) in enumerate(colours.items()):
        write(key, 0, 2.55 - 0.3 * n, d.replace("_", " "), 8.5, colour)
    return png(figure)


def _lines(axes: Axes, curve: Sequence[dict[str, Any]], key: str, colours: dict[str, str]) -> None:
    for d, colour in colours.items():
        losses = [c[key].get(d, float("nan")) for c in curve]
        axes.plot(range(1, len(curve) + 1), losses, color=colour, linewidth=1.4, marker=".", markersize=5)
    axes.set_xticks(range(1, len(curve) + 1, max(1, len(curve) // 10)))
    axes.set_xlim(0.8, max(len(curve), 1) + 0.2)
    frame(axes)
    axis_names(axes, "epoch")
