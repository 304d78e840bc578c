"""The picture of a scorer on held-out rows: reliability, confusion, and its leading measure by part.

No text of a row is drawn, only names of parts, in ASCII: the font that is at hand everywhere has no Chinese.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from recenv.appraisal.held_out import Examined, Figure, Part
from recenv.appraisal.mistakes import PLACES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_INK, _GREY, _RULE, _BAND, _BLUE = "#1f2328", "#656d76", "#d0d7de", "#dbe7f3", "#4477aa"
_WIDTH, _HEIGHT, _DPI = 10.4, 3.5, 110  # inches
_MOST = 12  # parts drawn, the worst ones
_NAME = 34  # characters


def draw_examined(found: Examined) -> bytes:
    """A PNG. Equal input gives equal bytes on one version of matplotlib. Draws without a display."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Canvas

    figure = Canvas(figsize=(_WIDTH, _HEIGHT), dpi=_DPI, facecolor="white")
    FigureCanvasAgg(figure)
    _reliability(figure.add_axes((0.055, 0.14, 0.225, 0.225 * _WIDTH / _HEIGHT)), found)
    if found.dimension == "item_ranking":
        _places(figure.add_axes((0.36, 0.22, 0.17, 0.55)), found.total)
    else:
        _confusion(figure.add_axes((0.37, 0.22, 0.16, 0.16 * _WIDTH / _HEIGHT)), found.total)
    _parts(figure.add_axes((0.765, 0.14, 0.215, 0.225 * _WIDTH / _HEIGHT)), found)
    out = io.BytesIO()
    figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()


def _reliability(axes: Axes, found: Examined) -> None:
    bins = found.reliability
    top = 1.0
    if found.dimension == "item_ranking":  # a list of twenty has few probabilities above 0.2
        top = min(1.0, 1.08 * max([0.1, *(max(b.predicted, b.observed, b.high) for b in bins)]))
    x = [b.predicted for b in bins]
    axes.fill_between(x, [b.low for b in bins], [b.high for b in bins], color=_BAND, linewidth=0)
    axes.plot([0, top], [0, top], color=_GREY, linewidth=0.8, linestyle=(0, (3, 2)))
    axes.plot(x, [b.observed for b in bins], color=_BLUE, linewidth=1.2, marker="o", markersize=3.6)
    axes.set_xlim(0, top)
    axes.set_ylim(0, top)
    axes.set_xlabel("mean probability of a bin", fontsize=7.5, color=_GREY)
    axes.set_ylabel("mean label", fontsize=7.5, color=_GREY)
    error = next((m for m in found.total.measures if m.name == "ECE"), Figure("ECE", None))
    _frame(axes)
    _heading(axes, "reliability", f"ECE {_number(error.value)}, a perfect model {_number(found.perfect.value)} "
             f"[{_number(found.perfect.low)}, {_number(found.perfect.high)}]", "band: a perfect model of as many rows, 95 %")


def _confusion(axes: Axes, part: Part) -> None:
    tn, fp, fn, tp = part.confusion
    for (column, row), count, of in (((0, 0), tn, tn + fp), ((1, 0), fp, tn + fp), ((0, 1), fn, fn + tp), ((1, 1), tp, fn + tp)):
        share = count / of if of else 0.0
        axes.imshow([[share]], extent=(column, column + 1, 1 - row, 2 - row), cmap="Blues", vmin=0, vmax=1.35, aspect="auto")
        shade = "white" if share > 0.75 else _INK
        axes.text(column + 0.5, 1.55 - row, f"{count:,}", ha="center", va="center", fontsize=9.5, color=shade)
        axes.text(column + 0.5, 1.30 - row, f"{share:.0%}", ha="center", va="center", fontsize=7.5, color=shade)
    axes.set_xlim(0, 2)
    axes.set_ylim(0, 2)
    axes.set_xticks([0.5, 1.5], ["score < 0.5", "score >= 0.5"])
    axes.set_yticks([1.5, 0.5], ["label 0", "label 1"])
    _frame(axes)
    axes.tick_params(length=0)
    for side in ("bottom", "left"):
        axes.spines[side].set_visible(False)
    _heading(axes, "confusion at 0.5", "rows, and shares of a label's rows", "labels of more than 0.5 count as 1")


def _places(axes: Axes, part: Part) -> None:
    total = max(1, sum(part.confusion))
    axes.bar(range(PLACES), [c / total for c in part.confusion], color=_BLUE, width=0.7)
    for n, count in enumerate(part.confusion):
        axes.text(n, count / total + 0.01, f"{count:,}", ha="center", va="bottom", fontsize=7.5, color=_INK)
    axes.set_xticks(range(PLACES), [*(str(n + 1) for n in range(PLACES - 1)), f"{PLACES}+"])
    axes.set_ylim(0, 1.12 * max(0.05, *(c / total for c in part.confusion)))
    axes.set_xlabel("place by score", fontsize=7.5, color=_GREY)
    _frame(axes)
    _heading(axes, "place of the first right item", "share of the lists, and their number")


def _parts(axes: Axes, found: Examined) -> None:
    parts = [found.total, *[p for p in found.parts if p.lead.value is not None][:_MOST]]
    places = range(len(parts))[::-1]
    for y, part in zip(places, parts, strict=True):
        colour = _INK if part is found.total else _BLUE
        if part.lead.low is not None and part.lead.high is not None:
            axes.plot([part.lead.low, part.lead.high], [y, y], color=colour, linewidth=1.4, solid_capstyle="butt")
        if part.lead.value is not None:
            axes.plot([part.lead.value], [y], marker="o", markersize=4, color=colour)
        if part.baseline.value is not None:
            axes.plot([part.baseline.value], [y], marker="|", markersize=8, color=_GREY, markeredgewidth=1.3)
    axes.set_yticks(list(places), [_label(p, found.total.lead.name) for p in parts])
    axes.set_ylim(-0.7, len(parts) - 0.3)
    values = [v for p in parts for v in (p.lead.low, p.lead.value, p.lead.high, p.baseline.value) if v is not None]
    low = min([0.5, *values])
    axes.set_xlim(max(0.0, low - 0.03), 1.01)
    _frame(axes)
    axes.tick_params(axis="y", length=0, labelsize=7.0)
    for label in axes.get_yticklabels():
        label.set_parse_math(False)
    axes.grid(axis="x", color=_RULE, linewidth=0.5)
    axes.set_axisbelow(True)
    which = f"the worst {_MOST} of {len(found.parts)} parts" if len(found.parts) > _MOST else "by part"
    _heading(axes, found.total.lead.name, f"{which}, 95 %", "grey tick: words in common")


def _label(part: Part, lead: str) -> str:
    """A part's name and rows, and what its point is where that is another measure than the picture's."""
    name = part.name.encode("ascii", "replace").decode() or "all rows"
    other = f", {part.lead.name.split()[0]}" if part.lead.name != lead else ""
    return f"{name if len(name) <= _NAME else name[:_NAME - 2] + '..'}  ({part.scored:,}{other})"


def _frame(axes: Axes) -> None:
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("bottom", "left"):
        axes.spines[side].set_color(_RULE)
    axes.tick_params(color=_RULE, length=3, labelsize=7.5, labelcolor=_GREY)


def _heading(axes: Axes, title: str, *below: str) -> None:
    at = 8.0 + 9.5 * (len(below) - 1)
    lines = [(title, 10.0, _INK, at + 11.5), *((text, 7.0, _GREY, at - 9.5 * n) for n, text in enumerate(below))]
    for text, size, shade, y in lines:
        axes.annotate(text, (0, 1), (0, y), "axes fraction", "offset points", fontsize=size, color=shade, annotation_clip=False)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
