"""What held-out rows show of scorers: a table at a glance, and measures by part, reliability, confusion and the worst mistakes.

All of it is JSON (None where undefined), so that a card and its pictures can be drawn again from metrics.json alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from recenv.appraisal.comparison import compared
from recenv.appraisal.mistakes import Wrong, confusion, worst_mistakes
from recenv.appraisal.overlap import word_overlaps
from recenv.appraisal.scoring import ScoredRow, score_rows
from recenv.appraisal.sheet import Measure, Sheet, part_of_id, source
from recenv.records import ScorerRow
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rewards.protocol import Scorer

_MOST_PARTS, _LEAST = 24, 5  # parts of a dimension; rows of a part, on average


class Figure(msgspec.Struct, frozen=True):
    """A measure and its 95 % interval; None where undefined."""

    name: str
    value: float | None
    low: float | None = None
    high: float | None = None


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """Rows whose ids begin alike ("" for all rows).

    rows, scored, groups, positives as in ``sheet.Evaluation``. lead: the leading measure; baseline: the same of the share of
    words in common; margin: their difference. confusion: as ``mistakes.confusion`` counts.
    """

    name: str
    rows: int
    scored: int
    groups: int
    positives: float | None
    measures: list[Figure]
    lead: Figure
    baseline: Figure
    margin: Figure
    confusion: list[int]


class Point(msgspec.Struct, frozen=True):
    """A bin of a reliability diagram; low and high bound a perfect model's observed mean in 95 % of cases."""

    rows: int
    predicted: float
    observed: float
    low: float
    high: float


class Examined(msgspec.Struct, frozen=True, kw_only=True):
    """One dimension. perfect: the ECE that a perfect model shows on these rows (median, 95 %). parts: worst lead first."""

    dimension: str
    total: Part
    parts: list[Part]
    reliability: list[Point]
    perfect: Figure
    wrong: list[Wrong]


class HeldOut(NamedTuple):
    """What held-out rows show, a record a dimension: the table at a glance (see ``comparison``), and each looked at closely."""

    table: list[dict[str, Any]]
    examined: list[Examined]


def measure_held_out(rows: Sequence[ScorerRow], scorers: Mapping[str, Scorer], fitting: Sequence[ScorerRow]) -> HeldOut:
    """Score the labelled rows once and measure them, by dimension, as far as there are rows and a scorer.

    fitting: labelled rows on which the baselines of the table are fitted, some of each dimension.
    """
    found = HeldOut([], [])
    for d in DIMENSIONS:
        own = [r for r in rows if r.dimension == d and r.label is not None]
        if d in scorers and own:
            scored = list(score_rows(own, scorers[d]))
            found.table.append(compared(d, scored, [r for r in fitting if r.dimension == d]))
            found.examined.append(examined(d, scored))
    return found


def stored(found: Sequence[Examined]) -> Any:
    """As JSON values."""
    return msgspec.to_builtins(found)


def opened(value: Any) -> list[Examined]:
    """From what ``stored`` gave."""
    return msgspec.convert(value, list[Examined])


def examined(dimension: str, rows: Sequence[ScoredRow]) -> Examined:
    """Scored, labelled rows of a dimension looked at closely."""
    by_name: dict[str, list[ScoredRow]] = {}
    for name, row in zip(part_names(rows), rows, strict=True):
        by_name.setdefault(name, []).append(row)
    sheet, total = _part(dimension, "", rows)
    parts = [_part(dimension, name, own)[1] for name, own in by_name.items()] if len(by_name) > 1 else []
    parts.sort(key=lambda p: (p.lead.value is None, p.lead.value or 0.0, p.name))
    r = sheet.reliability()
    return Examined(
        dimension=dimension, total=total, parts=parts, reliability=[Point(*b) for b in r.bins],
        perfect=_figure_of(Measure("ECE of a perfect model", r.perfect, r.low, r.high)), wrong=worst_mistakes(rows))


def part_names(rows: Sequence[ScorerRow]) -> list[str]:
    """The part of each row, by the beginning of its id: set, file and kind, or the set alone where there are too many."""
    divisions: tuple[Callable[[ScorerRow], str], ...] = (lambda r: part_of_id(r.id), source)
    for divide in divisions:
        names = [divide(r) for r in rows]
        if len(set(names)) <= min(_MOST_PARTS, len(rows) // _LEAST):
            return names
    return [""] * len(rows)


def _part(dimension: str, name: str, rows: Sequence[ScoredRow]) -> tuple[Sheet, Part]:
    sheet, overlap = Sheet(dimension), Sheet(dimension)
    for row in rows:
        sheet.add(row, row.score, row.reason)
        if row.score is not None:
            overlap.add(row, word_overlaps(row))
    made = sheet.evaluate()
    lead, baseline, margin = map(_figure_of, sheet.margin(overlap))
    positives = None if math.isnan(made.positives) else made.positives
    return sheet, Part(
        name=name, rows=made.rows, scored=made.scored, groups=made.groups, positives=positives,
        measures=[_figure_of(m) for m in made.measures], lead=lead, baseline=baseline, margin=margin, confusion=confusion(rows))


def _figure_of(m: Measure) -> Figure:
    value, low, high = (None if math.isnan(v) else round(v, 6) for v in (m.value, m.low, m.high))
    return Figure(m.name, value, low, high)
