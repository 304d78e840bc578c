"""What a turn shows, wherever it is drawn: a cell for each value, and the mark at the item taken up."""

from __future__ import annotations

import math
from typing import NamedTuple

from recenv.measures.drawing import INK, dimension_colours
from recenv.rollouts.trace import TurnTrace

TONES: dict[str, str] = {
    "order": "good", "inquire": "good", "refine": "warn", "reject": "warn", "object": "warn", "indifferent": "warn",
    "repeat": "warn", "leave": "bad",
}
"""What the user did -> whether it is good news; what is neither is left out."""


class Cell(NamedTuple):
    """value: printed and filled, on [0, 1], None where there is none.

    note: where a value comes from when not from a scorer (rule, logged, gold), that its gate failed, or what was paid for it.
    """

    value: float | None
    colour: str
    failed: bool
    note: str


def turn_cells(turn: TurnTrace) -> tuple[Cell, ...]:
    """The reward cell, then one a dimension (1 + D).

    The first cell has the scalar value of the turn, and beside it what the turn was paid where that differs: the payments
    sum to the return.
    """
    paid = f"{turn.reward:+.2f}" if not math.isclose(turn.reward, turn.value, abs_tol=5e-4) else ""
    cells = [Cell(turn.value, INK, bool(turn.gate), paid or ("gate" if turn.gate else ""))]
    for (name, colour), value, source in zip(dimension_colours().items(), turn.components, turn.sources, strict=True):
        failed = name in turn.gate
        note = "gate" if failed else "" if source in ("scorer", "none") else source
        cells.append(Cell(None if value is None or math.isnan(value) else value, colour, failed, note))
    return tuple(cells)


def search_words(turn: TurnTrace) -> str:
    """What an agent searched for, and within which filters."""
    filters = ", ".join(f"{k}: {v}" for k, v in turn.action.filters.items())
    return turn.action.query + (f" [{filters}]" if filters else "")


def mark(turn: TurnTrace, rank: int) -> str:
    """✓ at the item that the user took up in this turn, ? at one they asked about, "" at others. rank: 0-based."""
    kind = turn.reaction.kind
    if kind not in ("order", "inquire") or not turn.reaction.item_id or turn.action.items[rank] != turn.reaction.item_id:
        return ""
    return "✓" if kind == "order" else "?"


def share(value: float) -> float:
    """How much of a bar on [0, 1] a value fills."""
    return min(1.0, max(0.0, value))
