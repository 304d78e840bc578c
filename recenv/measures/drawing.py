"""The one drawing style: colours, type, axes, marks, and how a picture is written, for runs and scorers alike.

Matplotlib is imported when something is drawn, and needs no display. Equal input gives equal bytes on one version of it.
"""

from __future__ import annotations

import io
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING, Any

from recenv.errors import InputError
from recenv.files import write_whole
from recenv.measures.typeface import FACE, drawable, fit_text
from recenv.rewards.dimensions import DIMENSIONS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, GREY, RULE, FAINT = "#1f2328", "#656d76", "#d0d7de", "#eef0f2"
SLATE, GOOD, WARN, BAD = "#3d4a5c", "#1a7f37", "#9a6700", "#c0271d"
HATCH = "#b4bcc4"
COLOURS = {
    "ink": INK, "grey": GREY, "rule": RULE, "faint": FAINT, "hatch": HATCH, "slate": SLATE,
    "good": GOOD, "warn": WARN, "bad": BAD,
}
"""The same by name, for style sheets."""
PALETTE: tuple[str, ...] = ("#4477aa", "#2f9e8f", "#d99a1c", "#9b4f96", "#7a7a33", "#55a0cf", "#8c6450", "#5b6478")
"""One a dimension, told apart by the colour-blind as well (after Paul Tol's muted scheme); red is kept for failures."""
BLUE, BAND = PALETTE[0], "#dbe7f3"
"""What is shown where nothing has to be told apart, and the band of an interval around it."""
SHARES, SIGNED = "Blues", "RdBu"
"""Colour maps of matplotlib: for shares, and for values on both sides of 0."""

WIDTH = 9.6  # inches
DPI, SMALL_DPI = 150, 110  # dots an inch; the second for pictures that are filed with weights, which are to stay small
TITLE, NAME, NOTE, TICK = 10.0, 9.0, 7.0, 7.5  # points
REFERENCE: dict[str, Any] = {"color": GREY, "linewidth": 0.8, "linestyle": (0, (3, 2))}
"""How a line is drawn that others are compared with."""

_HATCHES = "//////"
_LEADING = 9.5  # points from one note of a heading to the next


def dimension_colours() -> dict[str, str]:
    """A colour by the name of each dimension, in their order; the palette begins again where there are more."""
    return dict(zip(DIMENSIONS, cycle(PALETTE), strict=False))


def new_figure(width: float, height: float, dpi: int = DPI) -> Figure:
    """A white figure in inches."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=dpi, facecolor="white")
    FigureCanvasAgg(figure)
    return figure


def png(figure: Figure) -> bytes:
    """The figure as a PNG that says nothing of when and by what it was made."""
    out = io.BytesIO()
    figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()


def svg(figure: Figure) -> bytes:
    """The figure as an SVG whose text is drawn as shapes, so that it looks alike without the font; equal input, equal bytes."""
    from matplotlib import rc_context

    out = io.BytesIO()
    with rc_context({"svg.fonttype": "path", "svg.hashsalt": "recenv"}):
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return out.getvalue()


def save(figure: Figure, out: str | Path) -> Path:
    """Write a figure as what its file's name ends in, .png or .svg; its folder is made. Raises InputError for another ending."""
    target = Path(out)
    forms = {".png": png, ".svg": svg}
    if target.suffix.lower() not in forms:
        raise InputError(f"a picture is written as .png or .svg; got {target.name!r}")
    target.parent.mkdir(parents=True, exist_ok=True)
    write_whole(target, forms[target.suffix.lower()](figure))
    return target


def axes_at(figure: Figure, x: float, y: float, width: float, height: float) -> Axes:
    """Axes at a place in inches from the lower left corner."""
    w, h = figure.get_size_inches()
    return figure.add_axes((x / w, y / h, width / w, height / h))


def frame(axes: Axes, *sides: str) -> None:
    """Faint lines at these sides (bottom and left where none is named), small grey tick labels. Set limits and ticks before."""
    for side, spine in axes.spines.items():
        spine.set_visible(side in (sides or ("bottom", "left")))
        spine.set_color(RULE)
    axes.tick_params(color=RULE, length=3)
    for label in (*axes.get_xticklabels(), *axes.get_yticklabels()):
        label.set_fontproperties(FACE.at(TICK))
        label.set_color(GREY)
        label.set_parse_math(False)


def heading(axes: Axes, title: str, *notes: str, colour: str = INK) -> None:
    """A title above axes, with notes in small grey type below it."""
    top = 5 + _LEADING * (len(notes) - 1)
    lines = [(title, TITLE, colour, top + 12), *((note, NOTE, GREY, top - _LEADING * n) for n, note in enumerate(notes))]
    for text, size, shade, y in lines:
        axes.annotate(drawable(text), (0, 1), (0, y), "axes fraction", "offset points", fontproperties=FACE.at(size),
                      color=shade, parse_math=False, annotation_clip=False)


def axis_names(axes: Axes, x: str = "", y: str = "") -> None:
    """What the axes count, in small grey type."""
    for text, name in ((x, axes.set_xlabel), (y, axes.set_ylabel)):
        if text:
            name(text, fontproperties=FACE.at(TICK), color=GREY)


def row_name(axes: Axes, y: float, name: str, width: float, size: float = NAME) -> None:
    """What a row shows, left of the axes, cut to a width in inches."""
    axes.annotate(fit_text(name, width, size), (0, y), (-8, 0), axes.get_yaxis_transform(), "offset points", ha="right",
                  va="center", fontproperties=FACE.at(size), color=INK, parse_math=False, annotation_clip=False)


def whisker(axes: Axes, low: float, high: float, y: float, colour: str, linewidth: float = 1.4) -> None:
    """An interval along a row."""
    axes.plot([low, high], [y, y], color=colour, linewidth=linewidth, solid_capstyle="butt")


def write(
    axes: Axes, x: float, y: float, text: str, size: float, colour: str = INK, align: str = "left", ground: str = "",
    level: str = "baseline",
) -> None:
    """Text at a place, in the shipped font, never read as markup; ``ground``: a colour that hides lines behind it."""
    shown = axes.text(x, y, drawable(text), fontproperties=FACE.at(size), color=colour, ha=align, va=level, parse_math=False)
    shown.set_usetex(False)
    if ground:
        shown.set_bbox({"facecolor": ground, "edgecolor": "none", "pad": 1.0})


def hatch_cell(axes: Axes, x: float, y: float, width: float, height: float) -> None:
    """The mark of a missing value, wherever a bar would be."""
    from matplotlib.patches import Rectangle

    axes.add_patch(Rectangle((x, y), width, height, facecolor="white", edgecolor=HATCH, hatch=_HATCHES, linewidth=0))
