"""The picture of a scorer on held-out rows: reliability, confusion, and its leading measure by part.

No text of a row is drawn, only names of parts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from recenv.appraisal.held_out import Examined, Figure, Part
from recenv.appraisal.mistakes import PLACES
from recenv.measures.drawing import (
    BAND,
    BLUE,
    GREY,
    INK,
    NOTE,
    REFERENCE,
    RULE,
    SHARES,
    SMALL_DPI,
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
from recenv.measures.typeface import fit_text, text_width
from recenv.rewards.dimensions import DIMENSIONS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_HEIGHT, _BOTTOM, _SIDE = 3.2, 0.46, 2.1  # inches
_MOST = 12  # parts drawn, the worst ones
_NAMES = 2.15  # inches for their names


def draw_examined(found: Examined) -> bytes:
    """A PNG. Equal input gives equal bytes on one version of matplotlib. Draws without a display."""
    figure = new_figure(WIDTH, _HEIGHT, SMALL_DPI)
    _reliability(axes_at(figure, 0.52, _BOTTOM, _SIDE, _SIDE), found)
    if DIMENSIONS[found.dimension].listwise:
        _places(axes_at(figure, 3.35, _BOTTOM + 0.25, 1.7, _SIDE - 0.25), found.total)
    else:
        _confusion(axes_at(figure, 3.45, _BOTTOM + 0.25, 1.6, 1.6), found.total)
    _parts(axes_at(figure, WIDTH - 2.2, _BOTTOM, 2.0, _SIDE), found)
    return png(figure)


def _reliability(axes: Axes, found: Examined) -> None:
    bins = found.reliability
    top = 1.0
    if DIMENSIONS[found.dimension].listwise:  # a list of twenty has few probabilities above 0.2
        top = min(1.0, 1.08 * max([0.1, *(max(b.predicted, b.observed, b.high) for b in bins)]))
    x = [b.predicted for b in bins]
    axes.fill_between(x, [b.low for b in bins], [b.high for b in bins], color=BAND, linewidth=0)
    axes.plot([0, top], [0, top], **REFERENCE)
    axes.plot(x, [b.observed for b in bins], color=BLUE, linewidth=1.2, marker="o", markersize=3.6)
    axes.set_xlim(0, top)
    axes.set_ylim(0, top)
    frame(axes)
    axis_names(axes, "mean probability of a bin", "mean label")
    error = next((m for m in found.total.measures if m.name == "ECE"), Figure("ECE", None))
    heading(axes, "reliability", f"ECE {_number(error.value)}, a perfect model {_number(found.perfect.value)} "
            f"[{_number(found.perfect.low)}, {_number(found.perfect.high)}]", "band: a perfect model of as many rows, 95 %")


def _confusion(axes: Axes, part: Part) -> None:
    tn, fp, fn, tp = part.confusion
    for (column, row), count, of in (((0, 0), tn, tn + fp), ((1, 0), fp, tn + fp), ((0, 1), fn, fn + tp), ((1, 1), tp, fn + tp)):
        share = count / of if of else 0.0
        axes.imshow([[share]], extent=(column, column + 1, 1 - row, 2 - row), cmap=SHARES, vmin=0, vmax=1.35, aspect="auto")
        shade = "white" if share > 0.75 else INK
        write(axes, column + 0.5, 1.55 - row, f"{count:,}", 9.5, shade, "center", level="center")
        write(axes, column + 0.5, 1.30 - row, f"{share:.0%}", TICK, shade, "center", level="center")
    axes.set_xlim(0, 2)
    axes.set_ylim(0, 2)
    axes.set_xticks([0.5, 1.5], ["score < 0.5", "score ≥ 0.5"])
    axes.set_yticks([1.5, 0.5], ["label 0", "label 1"])
    frame(axes, "none")
    axes.tick_params(length=0)
    heading(axes, "confusion at 0.5", "rows, and shares of a label's rows", "labels of more than 0.5 count as 1")


def _places(axes: Axes, part: Part) -> None:
    total = max(1, sum(part.confusion))
    axes.bar(range(PLACES), [c / total for c in part.confusion], color=BLUE, width=0.7)
    for n, count in enumerate(part.confusion):
        write(axes, n, count / total + 0.01, f"{count:,}", TICK, INK, "center", level="bottom")
    axes.set_xticks(range(PLACES), [*(str(n + 1) for n in range(PLACES - 1)), f"{PLACES}+"])
    axes.set_ylim(0, 1.12 * max(0.05, *(c / total for c in part.confusion)))
    frame(axes)
    axis_names(axes, "place by score")
    heading(axes, "place of the first right item", "share of the lists, and their number")


def _parts(axes: Axes, found: Examined) -> None:
    parts = [found.total, *[p for p in found.parts if p.lead.value is not None][:_MOST]]
    places = range(len(parts))[::-1]
    for y, part in zip(places, parts, strict=True):
        colour = INK if part is found.total else BLUE
        if part.lead.low is not None and part.lead.high is not None:
            whisker(axes, part.lead.low, part.lead.high, y, colour)
        if part.lead.value is not None:
            axes.plot([part.lead.value], [y], marker="o", markersize=4, color=colour)
        if part.baseline.value is not None:
            axes.plot([part.baseline.value], [y], marker="|", markersize=8, color=GREY, markeredgewidth=1.3)
        row_name(axes, y, _label(part, found.total.lead.name), _NAMES, NOTE)
    axes.set_yticks([])
    axes.set_ylim(-0.7, len(parts) - 0.3)
    values = [v for p in parts for v in (p.lead.low, p.lead.value, p.lead.high, p.baseline.value) if v is not None]
    axes.set_xlim(max(0.0, min([0.5, *values]) - 0.03), 1.01)
    frame(axes)
    axes.grid(axis="x", color=RULE, linewidth=0.5)
    axes.set_axisbelow(True)
    which = f"the worst {_MOST} of {len(found.parts)} parts" if len(found.parts) > _MOST else "by part"
    heading(axes, found.total.lead.name, f"{which}, 95 %", "grey tick: words in common")


def _label(part: Part, lead: str) -> str:
    """A part's name and rows, and what its point is where that is another measure than the picture's."""
    other = f", {part.lead.name.split()[0]}" if part.lead.name != lead else ""
    rows = f"  ({part.scored:,}{other})"
    return fit_text(part.name or "all rows", _NAMES - text_width(rows, NOTE), NOTE) + rows


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
