"""A session's reward trace as a picture: a row a turn, with what was said and aligned bars."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from recenv.data.render import category_name
from recenv.errors import InputError
from recenv.evaluation.cells import TONES, Cell, mark, search_words, share, turn_cells
from recenv.evaluation.session_values import check_dimensions
from recenv.measures.drawing import (
    BAD,
    DPI,
    FAINT,
    GOOD,
    GREY,
    INK,
    RULE,
    SLATE,
    WARN,
    dimension_colours,
    hatch_cell,
    new_figure,
    png,
    write,
)
from recenv.measures.typeface import fit_text, text_width, wrap
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rollouts.trace import SessionTrace, TurnTrace

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_TONES = {"good": GOOD, "warn": WARN, "bad": BAD}
_BODY, _SMALL, _TINY = 8.5, 7.0, 6.0  # points
_LINE = 0.165  # inches from one line of dialogue to the next
_LABEL, _BETWEEN = 0.74, 0.16  # width of the labels before the dialogue, space between slate items
_BAR_HEIGHT, _PAD, _MARGIN = 0.13, 0.11, 0.3
_MAX_PIXELS = 60_000  # Agg refuses pictures of 2^16 pixels


class _Shape(NamedTuple):
    """Widths in inches: of the dialogue, of a bar, of the gap between bars."""

    dialogue: float
    bar: float
    gap: float

    @property
    def bars(self) -> float:
        return 0.36 + self.dialogue + 0.2

    @property
    def width(self) -> float:
        return self.bars + (len(DIMENSIONS) + 1) * self.bar + len(DIMENSIONS) * self.gap

    def bar_at(self, column: int) -> float:
        return self.bars + column * (self.bar + self.gap)


_ONE, _PAIR = _Shape(5.6, 0.84, 0.13), _Shape(4.3, 0.62, 0.11)


class _Part(NamedTuple):
    text: str
    colour: str


class _Line(NamedTuple):
    """A line of the dialogue: a small label, then parts side by side."""

    label: _Part
    parts: tuple[_Part, ...]


def draw_trace(trace: SessionTrace, out: str | Path, against: SessionTrace | None = None) -> Path:
    """Draw one session's trace, or two agents' on the same session side by side, as a PNG at ``out``.

    A row a turn: what the agent did and said, its slate (the item taken up marked), what the user did; then the hybrid
    scalar of the turn, with what was paid for it, and a component a dimension, all on [0, 1]. Hatched: no value; red with
    a cross: a failed gate.
    Raises InputError when the two traces are of different sessions. Equal traces give equal bytes.
    """
    if against is not None and against.session_id != trace.session_id:
        raise InputError(f"--against needs the same session: {trace.session_id!r} and {against.session_id!r} were given")
    traces = [trace] if against is None else [trace, against]
    for one in traces:
        check_dimensions(one)
    shape = _ONE if against is None else _PAIR
    said = [[_dialogue(t, shape.dialogue) for t in side.turns] for side in traces]
    heights = _row_heights(said)
    width = 2 * _MARGIN + len(traces) * shape.width + (len(traces) - 1) * 2 * _MARGIN
    opening = wrap(f"“{trace.opening}”", width - 2 * _MARGIN - 0.5, _BODY + 1, 3)
    top = 0.5 + 0.2 * len(opening)
    height = top + 1.12 + sum(heights) + 0.55
    figure = new_figure(width, height, min(DPI, int(_MAX_PIXELS / height)))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)  # inches from the top left corner
    _head(axes, trace, opening, width)
    for side, (one, lines) in enumerate(zip(traces, said, strict=True)):
        left = _MARGIN + side * (shape.width + 2 * _MARGIN)
        if side:
            axes.plot([left - _MARGIN] * 2, [top + 0.1, height - 0.5], color=RULE, linewidth=0.8)
        _panel(axes, one, lines, heights, left, top + 0.12, shape)
    _legend(axes, traces, _MARGIN, height - 0.27)
    target = Path(out)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(png(figure))
    return target


def _row_heights(said: Sequence[Sequence[Sequence[_Line]]]) -> list[float]:
    """Per turn, the height that its longest dialogue needs, so that both sides stay aligned."""
    turns = max((len(side) for side in said), default=0)
    rows = [max(len(side[t]) if t < len(side) else 0 for side in said) for t in range(turns)]
    return [max(0.52, n * _LINE + 2 * _PAD) for n in rows]


def _head(axes: Axes, trace: SessionTrace, opening: Sequence[str], width: float) -> None:
    facts = f"{category_name(trace.category, 'en')} · {trace.source} session · user {trace.user_id} · seed {trace.seed}"
    name = fit_text(f"Session {trace.session_id}", width * 0.6, 13)
    write(axes, _MARGIN, 0.34, name, 13)
    write(axes, width - _MARGIN, 0.34, fit_text(facts, width * 0.36, _BODY), _BODY, GREY, "right")
    write(axes, _MARGIN, 0.62, "user", _SMALL, GREY)
    for i, line in enumerate(opening):
        write(axes, _MARGIN + 0.36, 0.62 + 0.2 * i, line, _BODY + 1)


def _panel(
    axes: Axes, trace: SessionTrace, said: Sequence[Sequence[_Line]], heights: Sequence[float], left: float, top: float,
    shape: _Shape,
) -> None:
    """One agent: heading, column heads, a row a turn."""
    met = "need met" if trace.goals_met else "need not met"
    if trace.goals != 1:
        met = f"{trace.goals_met} of {trace.goals} needs met"
    agent = fit_text(trace.agent, shape.bars - 0.2, 15)
    write(axes, left, top + 0.36, agent, 15)
    count = f"{len(trace.turns)} turn{'' if len(trace.turns) == 1 else 's'}"
    facts = f"return {trace.total:.3f} · {count} · {met} · ending: {trace.ending}"
    write(axes, left, top + 0.6, fit_text(facts, shape.bars - 0.1, _BODY), _BODY, GREY)
    for column, (name, colour, full) in enumerate(_columns()):
        x = left + shape.bar_at(column)
        write(axes, x, top + 0.36, name, 9.5, colour)
        for i, part in enumerate(full):
            write(axes, x, top + 0.5 + 0.11 * i, fit_text(part, shape.bar + shape.gap, _TINY), _TINY, GREY)
    y = top + 0.76
    for t, turn in enumerate(trace.turns):
        axes.plot([left, left + shape.width], [y, y], color=RULE, linewidth=0.7)
        write(axes, left, y + _PAD + 0.12, str(turn.turn + 1), 11, GREY)
        if trace.goals > 1:
            write(axes, left, y + _PAD + 0.26, f"need {turn.goal + 1}", _TINY, GREY)
        for i, line in enumerate(said[t]):
            _say(axes, line, left + 0.36, y + _PAD + 0.115 + i * _LINE)
        _bars(axes, turn, left, y, shape)
        y += heights[t]
    if not trace.turns:
        write(axes, left, y + 0.2, "The session ended before the first turn.", _BODY, GREY)
    axes.plot([left, left + shape.width], [y, y], color=RULE, linewidth=0.7)


def _columns() -> list[tuple[str, str, tuple[str, str]]]:
    """The head of each column of bars: short name, colour, and what it is in two lines."""
    heads = [("value", INK, ("hybrid scalar", "±paid"))]
    for name, colour in dimension_colours().items():
        of, _, what = name.rpartition("_")
        heads.append((DIMENSIONS[name].short, colour, (of.replace("_", "-"), what)))
    return heads


def _say(axes: Axes, line: _Line, x: float, y: float) -> None:
    write(axes, x, y, line.label.text, _SMALL, line.label.colour)
    x += _LABEL
    for part in line.parts:
        write(axes, x, y, part.text, _BODY, part.colour)
        x += text_width(part.text, _BODY) + _BETWEEN


def _dialogue(turn: TurnTrace, width: float) -> list[_Line]:
    """What agent and user did in a turn, as lines that fit ``width`` inches."""
    room, act = width - _LABEL, turn.action
    words = {"search": search_words(turn), "malformed": act.error or "unusable action"}.get(act.act, act.text)
    lines = _lines(_Part(act.act, BAD if act.act == "malformed" else INK), wrap(words, room, _BODY, 3), INK)
    for i, row in enumerate(_slate_rows(turn, room)):
        lines.append(_Line(_Part("" if i else "slate", GREY), tuple(row)))
    kind = turn.reaction.kind
    label, colour = f"{kind} ✓" if kind == "order" else kind, _TONES.get(TONES.get(kind, ""), GREY)
    answer = wrap(("≈ " if turn.reaction.extrapolated else "") + turn.reaction.text, room, _BODY, 2)
    return [*lines, *_lines(_Part(label, colour), answer, GREY)]


def _lines(label: _Part, texts: Sequence[str], colour: str) -> list[_Line]:
    return [_Line(_Part("", GREY) if i else label, (_Part(text, colour),)) for i, text in enumerate(texts or ("–",))]


def _slate_rows(turn: TurnTrace, room: float) -> list[list[_Part]]:
    """The slate in at most two lines of ranked names; the item taken up is green and ticked, what does not fit is counted."""
    rows: list[list[_Part]] = []
    used = room
    for rank, name in enumerate(turn.items):
        tick = mark(turn, rank)
        part = _Part(fit_text(f"{rank + 1} {tick} {name}", room * 0.48, _BODY), GOOD if tick else SLATE)
        needed = text_width(part.text, _BODY) + _BETWEEN
        last = rank + 1 == len(turn.items)
        if used + needed > room - (0 if last or len(rows) < 2 else 0.3):
            if len(rows) == 2:
                rows[-1].append(_Part(f"+{len(turn.items) - rank}", GREY))
                break
            rows.append([])
            used = 0.0
        rows[-1].append(part)
        used += needed
    return rows


def _bars(axes: Axes, turn: TurnTrace, left: float, y: float, shape: _Shape) -> None:
    for column, cell in enumerate(turn_cells(turn)):
        _bar(axes, left + shape.bar_at(column), y + _PAD, shape.bar, cell)


def _bar(axes: Axes, x: float, y: float, width: float, cell: Cell) -> None:
    """The value above a bar on [0, 1]; hatched where there is none, red and crossed where its gate failed."""
    from matplotlib.patches import Rectangle

    top = y + 0.17
    if cell.value is None:
        write(axes, x, y + 0.12, "–", _BODY, GREY)
        hatch_cell(axes, x, top, width, _BAR_HEIGHT)
        return
    write(axes, x, y + 0.12, f"{cell.value:.2f}", _BODY, BAD if cell.failed else INK)
    if cell.note:
        write(axes, x + width, y + 0.12, fit_text(cell.note, width - 0.28, _TINY), _TINY, BAD if cell.failed else GREY, "right")
    axes.add_patch(Rectangle((x, top), width, _BAR_HEIGHT, facecolor=FAINT, linewidth=0))
    axes.add_patch(Rectangle((x, top), share(cell.value) * width, _BAR_HEIGHT, facecolor=cell.colour, linewidth=0))
    if cell.failed:
        axes.add_patch(Rectangle((x, top), width, _BAR_HEIGHT, fill=False, edgecolor=BAD, linewidth=1.1))
        _cross(axes, x + width - 0.09, top + _BAR_HEIGHT / 2)


def _cross(axes: Axes, x: float, y: float) -> None:
    half = 0.045
    for sign in (1, -1):
        axes.plot([x - half, x + half], [y - sign * half, y + sign * half], color=BAD, linewidth=1.4)


def _legend(axes: Axes, traces: Sequence[SessionTrace], x: float, y: float) -> None:
    """What the marks in this picture mean; marks that do not occur are left out."""
    from matplotlib.patches import Rectangle

    turns = [t for trace in traces for t in trace.turns]
    cells = [cell for t in turns for cell in turn_cells(t)]
    kinds = {
        "bar": ("bars run from 0 to 1", True),
        "±": ("what the turn was paid; sums to the return", any(c.note[-5:-4] in ("+", "-") for c in cells)),
        "missing": ("no value in this turn", any(c.value is None for c in cells)),
        "failed": ("gate failed: the turn is worth 0", any(c.failed for c in cells)),
        "≈": ("answer beyond what was logged", any(t.reaction.extrapolated for t in turns)),
    }
    top, width, height = y - 0.07, 0.3, 0.12
    for kind, (text, occurs) in kinds.items():
        if not occurs:
            continue
        if kind == "missing":
            hatch_cell(axes, x, top, width, height)
        elif kind in ("≈", "±"):
            write(axes, x + 0.16, y + 0.03, kind, _BODY, GREY)
        else:
            edge = {"edgecolor": BAD, "linewidth": 1.1} if kind == "failed" else {"linewidth": 0}
            axes.add_patch(Rectangle((x, top), width, height, facecolor=FAINT, **edge))
        if kind == "bar":
            axes.add_patch(Rectangle((x, top), 0.2, height, facecolor=GREY, linewidth=0))
        if kind == "failed":
            _cross(axes, x + 0.21, y - 0.01)
        write(axes, x + 0.38, y + 0.03, text, _SMALL, GREY)
        x += 0.38 + text_width(text, _SMALL) + 0.35
