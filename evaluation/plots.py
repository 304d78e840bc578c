"""A session's reward trace as a picture at page width: instruction and need on top, then agent by agent a row a turn."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from recenv.data.render import category_name
from recenv.errors import InputError
from recenv.evaluation.cells import TONES, Cell, mark, search_words, share, turn_cells
from recenv.evaluation.losses import losses_in_words
from recenv.evaluation.session_values import check_dimensions
from recenv.evaluation.why import Told, TurnWhy, Wish
from recenv.measures.drawing import (
    BAD,
    BLUE,
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
    save,
    write,
)
from recenv.measures.typeface import fit_text, text_width, wrap
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rollouts.trace import SessionTrace

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_PIXELS = 1400
"""Width of a picture; twice that for print."""
_WIDE = MOST_PIXELS / DPI  # inches
_TONES = {"good": GOOD, "warn": WARN, "bad": BAD}
_BODY, _SMALL, _TINY = 8.5, 7.0, 6.5  # points
_LINE, _FINE = 0.165, 0.125  # inches from one line of dialogue to the next, and of reasons
_MARGIN, _PAD, _LABEL = 0.3, 0.11, 0.72
_BARS = 4.2  # width of the cells
_TEXT = _WIDE - 2 * _MARGIN - _BARS - 0.6  # of the dialogue
_BAR_HEIGHT = 0.12
_TALLEST = 60_000  # Agg refuses pictures of 2^16 pixels
_MOST_WORDS, _MOST_RESULTS, _MOST_ITEMS = 40, 5, 20  # lines of one text, of what a search brought up; items of a slate


class _Text(NamedTuple):
    """A line of text: a label in the margin, then words. strike: which of two columns of type it is set in."""

    label: str
    label_colour: str
    text: str
    colour: str
    size: float = _BODY
    indent: float = 0.0


class _Row(NamedTuple):
    """A turn, laid out: its dialogue, the reasons below its cells, and its height in inches."""

    dialogue: tuple[_Text, ...]
    reasons: tuple[_Text, ...]
    height: float


def draw_traces(told: Sequence[Told], out: str | Path, scale: int = 1) -> Path:
    """Draw one session as agents played it, one below the other: .png (at most 1,400 pixels wide; scale 2 doubles that) or .svg.

    On top what was asked: instruction, opening, and the need, marked as hidden from agents. For each agent what it was paid over
    turns, then a row a turn: what it did and said, each item with what it missed, what the user did; the hybrid scalar of the
    turn, what was paid for it, and a component a dimension, all on [0, 1], with the reasons below. Hatched: no value; red with a
    cross: a failed gate. Equal traces give equal bytes. Raises InputError where the traces are of different sessions.
    """
    return save(trace_figure(told, scale), out)


def trace_figure(told: Sequence[Told], scale: int = 1) -> Figure:
    """``draw_traces`` as a matplotlib figure."""
    sessions = list(dict.fromkeys(t.trace.session_id for t in told))
    if len(sessions) != 1:
        raise InputError(f"one session is drawn at a time; got {', '.join(map(repr, sessions)) or 'none'}")
    for one in told:
        check_dimensions(one.trace)
    head = _head(told[0])
    panels = [[_row(why) for why in one.turns] for one in told]
    top = 0.62 + sum(_step(t) for t in head)
    height = top + sum(1.15 + sum(row.height for row in rows) for rows in panels) + 0.6
    figure = new_figure(_WIDE, height, min(DPI * scale, int(_TALLEST / height)))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_xlim(0, _WIDE)
    axes.set_ylim(height, 0)  # inches from the top left corner
    _draw_head(axes, told[0].trace, head)
    y, most = top, _payments(told)
    for one, rows in zip(told, panels, strict=True):
        y = _draw_panel(axes, one, rows, y, most)
    _legend(axes, [one.trace for one in told], _MARGIN, height - 0.36)
    return figure


# -- layout ----------------------------------------------------------------------------------------------------


def _step(text: _Text) -> float:
    return _LINE if text.size >= _BODY else _FINE


def _texts(label: str, colour: str, text: str, ink: str, width: float, size: float = _BODY, indent: float = 0.0) -> list[_Text]:
    """A text in as many lines as it takes; the label stands before the first."""
    lines = wrap(text, width - indent, size, _MOST_WORDS) or ["–"]
    return [_Text("" if i else label, colour, line, ink, size, indent) for i, line in enumerate(lines)]


def _head(told: Told) -> list[_Text]:
    """What was asked, and what was wanted."""
    room, story = _WIDE - 2 * _MARGIN - 1.1, told.story
    lines: list[_Text] = []
    if story is None:
        lines += _texts("user says", GREY, told.trace.opening, INK, room)
        return lines + _texts("", GREY, "instruction and need are not in this run's folder, its world is not here", GREY, room)
    lines += _texts("instruction", GREY, story.instruction or "none", INK, room)
    if story.context:
        lines += _texts("context", GREY, "; ".join(f"{k} {v}" for k, v in story.context.items()), GREY, room)
    for number, (goal, need) in enumerate(zip(story.goals, told.needs, strict=True)):
        lines += _texts("user says" if not number else "later", GREY, goal.query, INK, room)
        wanted = " · ".join(map(_wish, need)) or "no constraint"
        fits = f"{story.hidden[number].fitting} of {goal.candidates} candidates meet it"
        lines += _texts("need, hidden", WARN, f"{wanted} — {fits}", SLATE, room)
    return lines


def _wish(wish: Wish) -> str:
    how = {"volunteered": "said at once", "on_ask": "told when asked", "hidden": "never told"}[wish.disclosure]
    return f'"{wish.text}" ({how})'


def _row(why: TurnWhy) -> _Row:
    dialogue, reasons = _dialogue(why), _reasons(why)
    left = sum(map(_step, dialogue))
    right = 0.4 + sum(map(_step, reasons))
    return _Row(tuple(dialogue), tuple(reasons), max(left, right) + 2 * _PAD)


def _dialogue(why: TurnWhy) -> list[_Text]:
    """What agent and user did in a turn."""
    turn, room = why.turn, _TEXT - _LABEL
    act = turn.action
    words = {"search": search_words(turn), "malformed": act.error or "unusable action"}.get(act.act, act.text)
    lines = _texts(act.act, BAD if act.act == "malformed" else INK, words, INK, room)
    for rank, item in enumerate(why.items[:_MOST_ITEMS]):
        tick = mark(turn, rank)
        label = "slate" if rank == 0 else ""
        lines += _texts(label, GREY, f"{rank + 1} {tick} {item.name}".replace("  ", " "), GOOD if tick == "✓" else SLATE, room)
        if not tick and (became := became_of(item.verdict, item.missed, item.unknown)):
            lines += _texts("", GREY, became, GREY, room, _TINY, 0.14)
    if len(why.items) > _MOST_ITEMS:
        lines += _texts("", GREY, f"… {len(why.items) - _MOST_ITEMS} more items", GREY, room)
    kind = turn.reaction.kind
    label, colour = f"{kind} ✓" if kind == "order" else kind, _TONES.get(TONES.get(kind, ""), GREY)
    answer = _texts(label, colour, ("≈ " if turn.reaction.extrapolated else "") + turn.reaction.text, GREY, room)
    if kind == "results" and len(answer) > _MOST_RESULTS:
        more = f"… {len(answer) - _MOST_RESULTS + 1} more lines of results"
        answer = [*answer[: _MOST_RESULTS - 1], _Text("", GREY, more, GREY)]
    told = _texts("", GREY, f"now told: {', '.join(why.told)}", GREY, room, _TINY, 0.14) if why.told else []
    return [*lines, *answer, *told]


def became_of(verdict: str, missed: Sequence[str], unknown: Sequence[str]) -> str:
    """What became of an item and what it misses, in a line; "" where nothing is known."""
    lacks = [f'"{text}"' for text in missed] + [f'"{text}" (its record does not say)' for text in unknown]
    if not lacks:
        return verdict
    return f"misses {', '.join(lacks)}" + ("" if verdict in ("", "misses", "record does not say") else f"; {verdict}")


def _reasons(why: TurnWhy) -> list[_Text]:
    """Below the cells: why values are what they are, and what was paid."""
    lines: list[_Text] = []
    for shorts, text, failed in reasons_of(why):
        lines += _texts("", GREY, f"{shorts}: {text}" if shorts else text, BAD if failed else GREY, _BARS, _TINY)
    if why.behind:
        lines += _texts("", GREY, f"behind the scenes: {why.behind}", WARN, _BARS, _TINY)
    return lines


class Reason(NamedTuple):
    """Why: short names of the dimensions that share the reason ("" for the pay), the reason, and whether a gate failed by it."""

    shorts: str
    text: str
    failed: bool


def reasons_of(why: TurnWhy) -> list[Reason]:
    """What there is to say below the cells of a turn: dimensions that say the same together, then what was paid and why."""
    failed = {DIMENSIONS[d].short for d in why.turn.gate if d in DIMENSIONS}
    found: dict[str, list[str]] = {}
    for note in why.notes:
        if note.text and not (note.source == "rule" and note.short not in failed):
            demand = f'; demanded by "{note.words}"' if note.words else ""
            if note.text.startswith("expected text in") and not note.words:
                demand = "; the language of the session"
            by = f" (by rule{demand})" if note.source == "rule" else ""
            found.setdefault(note.text + by, []).append(note.short)
    reasons = [Reason(", ".join(shorts), text, bool(failed & set(shorts))) for text, shorts in found.items()]
    return [*reasons, Reason("", f"paid {why.turn.reward:+.3f}: {why.pay}", False)]


# -- drawing ---------------------------------------------------------------------------------------------------


def _draw_head(axes: Axes, trace: SessionTrace, head: Sequence[_Text]) -> None:
    facts = f"{category_name(trace.category, 'en')} · {trace.source} session · user {trace.user_id} · seed {trace.seed}"
    write(axes, _MARGIN, 0.36, fit_text(f"Session {trace.session_id}", _WIDE * 0.5, 13), 13)
    write(axes, _WIDE - _MARGIN, 0.36, fit_text(facts, _WIDE * 0.45, _BODY), _BODY, GREY, "right")
    _set(axes, head, _MARGIN, 0.66, 1.1)


def _set(axes: Axes, lines: Sequence[_Text], x: float, y: float, label: float) -> None:
    """Lines of type from a place downwards; their labels take ``label`` inches."""
    y -= _step(lines[0]) if lines else 0.0
    for line in lines:
        y += _step(line)
        if line.label:
            write(axes, x, y, line.label, _SMALL, line.label_colour)
        write(axes, x + label + line.indent, y, line.text, line.size, line.colour)


def _payments(told: Sequence[Told]) -> tuple[float, float]:
    """Lowest and highest sum of what was paid after any turn of any agent, 0 and 1 among them."""
    sums = [0.0, 1.0]
    for one in told:
        total = 0.0
        for turn in one.trace.turns:
            total += turn.reward
            sums.append(total)
    return min(sums), max(sums)


def _draw_panel(axes: Axes, told: Told, rows: Sequence[_Row], top: float, most: tuple[float, float]) -> float:
    """One agent: heading with what it was paid over turns, column heads, a row a turn; returns where it ends."""
    trace, left, bars = told.trace, _MARGIN, _WIDE - _MARGIN - _BARS
    axes.plot([left, _WIDE - left], [top, top], color=INK, linewidth=0.8)
    met = "need met" if trace.goals_met else "need not met"
    if trace.goals != 1:
        met = f"{trace.goals_met} of {trace.goals} needs met"
    count = f"{len(trace.turns)} turn{'' if len(trace.turns) == 1 else 's'}"
    write(axes, left, top + 0.32, fit_text(trace.agent, _TEXT, 14), 14)
    facts = f"return {trace.total:.3f} · {count} · {met} · ending: {trace.ending}"
    write(axes, left, top + 0.56, fit_text(facts, _TEXT, _BODY), _BODY, GREY)
    for n, line in enumerate(wrap(losses_in_words(told.lost), _TEXT, _SMALL, 3)):
        write(axes, left, top + 0.72 + _FINE * n, line, _SMALL, GREY)
    _draw_payments(axes, trace, bars, top + 0.12, most)
    for column, (name, colour, full) in enumerate(_columns()):
        x = bars + _bar_at(column)
        write(axes, x, top + 0.78, name, 9, colour)
        for i, part in enumerate(full):
            write(axes, x, top + 0.89 + 0.1 * i, fit_text(part, _bar_width() + 0.1, 5.5), 5.5, GREY)
    y = top + 1.08
    for why, row in zip(told.turns, rows, strict=True):
        axes.plot([left, _WIDE - left], [y, y], color=RULE, linewidth=0.6)
        write(axes, left, y + _PAD + 0.12, str(why.turn.turn + 1), 11, GREY)
        if trace.goals > 1:
            write(axes, left, y + _PAD + 0.26, f"need {why.turn.goal + 1}", 6, GREY)
        _set(axes, row.dialogue, left + 0.36, y + _PAD + 0.115, _LABEL)
        for column, cell in enumerate(turn_cells(why.turn)):
            _bar(axes, bars + _bar_at(column), y + _PAD, _bar_width(), cell)
        _set(axes, row.reasons, bars, y + _PAD + 0.46, 0.0)
        y += row.height
    if not rows:
        write(axes, left, y + 0.1, "The session ended before the first turn.", _BODY, GREY)
    return y + 0.07


def _draw_payments(axes: Axes, trace: SessionTrace, x: float, y: float, most: tuple[float, float]) -> None:
    """What was paid up to each turn, as a line over turns."""
    width, height, (low, high) = _BARS, 0.42, most
    write(axes, x, y + 0.02, "paid, summed over turns", 6, GREY)
    x, width = x + 1.15, width - 1.5

    def at(value: float) -> float:
        return y + height * (high - value) / (high - low)

    for value in dict.fromkeys((low, 0.0, high)):
        axes.plot([x, x + width], [at(value)] * 2, color=RULE, linewidth=0.5)
        write(axes, x + width + 0.05, at(value) + 0.03, f"{value:g}" if value in (0, 1) else f"{value:.1f}", 6, GREY)
    total, sums = 0.0, [0.0]
    for turn in trace.turns:
        total += turn.reward
        sums.append(total)
    step = width / max(len(sums) - 1, 1)
    xs = [x + i * step for i in range(len(sums))]
    axes.plot(xs, [at(v) for v in sums], color=BLUE, linewidth=1.3, marker="o", markersize=2.6)


def _bar_width() -> float:
    n = len(DIMENSIONS) + 1
    return (_BARS - 0.1 * (n - 1)) / n


def _bar_at(column: int) -> float:
    return column * (_bar_width() + 0.1)


def _columns() -> list[tuple[str, str, tuple[str, str]]]:
    """The head of each column of bars: short name, colour, and what it is in two lines."""
    heads = [("value", INK, ("hybrid scalar", "±paid"))]
    for name, colour in dimension_colours().items():
        of, _, what = name.rpartition("_")
        heads.append((DIMENSIONS[name].short, colour, (of.replace("_", "-"), what)))
    return heads


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
        write(axes, x + width, y + 0.12, fit_text(cell.note, width - 0.28, 6), 6, BAD if cell.failed else GREY, "right")
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
        "missing": ("no value in this turn", any(c.value is None for c in cells)),
        "failed": ("gate failed: the turn is worth 0", any(c.failed for c in cells)),
        "≈": ("answer beyond what was logged", any(t.reaction.extrapolated for t in turns)),
        "": ("what items miss, and what is behind the scenes, is hidden from agents", any(t.shown for t in turns)),
    }
    top, width, height = y - 0.07, 0.3, 0.12
    for kind, (text, occurs) in kinds.items():
        if not occurs:
            continue
        if kind == "missing":
            hatch_cell(axes, x, top, width, height)
        elif kind == "≈":
            write(axes, x + 0.16, y + 0.03, kind, _BODY, GREY)
        elif kind:
            edge = {"edgecolor": BAD, "linewidth": 1.1} if kind == "failed" else {"linewidth": 0}
            axes.add_patch(Rectangle((x, top), width, height, facecolor=FAINT, **edge))
        if kind == "bar":
            axes.add_patch(Rectangle((x, top), 0.2, height, facecolor=GREY, linewidth=0))
        if kind == "failed":
            _cross(axes, x + 0.21, y - 0.01)
        if not kind:  # a line of its own
            x, y = _MARGIN - 0.38, y + 0.2
        write(axes, x + 0.38, y + 0.03, text, _SMALL, GREY)
        x += 0.38 + text_width(text, _SMALL) + 0.35
