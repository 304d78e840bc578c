"""Held-out rows looked at closely: measures by part, reliability, confusion, and the rows that are most confidently wrong.

All of it is JSON (None where undefined), so that a card and its pictures can be drawn again from metrics.json alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
import numpy as np

from recenv.appraisal.comparison import word_overlap
from recenv.appraisal.sheet import Measure, Sheet, part_of_id, source
from recenv.records import DIMENSIONS, ScorerRow
from recenv.rewards import dimensions
from recenv.rewards.protocol import Scorer

PLACES = 5
"""Places of the first right item of a list that are counted apart; the last one holds all further ones."""

_MOST_PARTS, _LEAST = 24, 5  # parts of a dimension; rows of a part, on average
_WRONG = 5
_SHOWN = 180  # characters of a text


class Figure(msgspec.Struct, frozen=True):
    """A measure and its 95 % interval; None where undefined."""

    name: str
    value: float | None
    low: float | None = None
    high: float | None = None


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """Rows whose ids begin alike ("" for all rows).

    rows, scored, groups, positives as in evaluate_rows.Evaluation. lead: the leading measure; baseline: the same of the share of
    words in common; margin: their difference. confusion: labels above 0.5 against scores of at least 0.5, as counts of true
    negatives, false positives, false negatives, true positives; for lists, how often the first right item came first, second
    ... and beyond.
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


class Wrong(msgspec.Struct, frozen=True):
    """A row that a scorer got wrong. said: what it gave, label: what was right; for lists, the probabilities of the item picked
    and of the best right one. texts: what it read, shortened."""

    id: str
    label: float
    said: float
    texts: dict[str, str]


class Examined(msgspec.Struct, frozen=True, kw_only=True):
    """One dimension. perfect: the ECE that a perfect model shows on these rows (median, 95 %). parts: worst lead first."""

    dimension: str
    total: Part
    parts: list[Part]
    reliability: list[Point]
    perfect: Figure
    wrong: list[Wrong]


class _Scored(NamedTuple):
    row: ScorerRow
    score: float | tuple[float, ...] | None
    reason: str


def examine(rows: Sequence[ScorerRow], scorers: Mapping[str, Scorer]) -> list[Examined]:
    """One record a dimension that has labelled rows and a scorer."""
    found = []
    for d in DIMENSIONS:
        own = [r for r in rows if r.dimension == d and r.label is not None]
        if d in scorers and own:
            found.append(_examine(d, _score(own, scorers[d])))
    return found


def stored(found: Sequence[Examined]) -> Any:
    """As JSON values."""
    return msgspec.to_builtins(found)


def opened(value: Any) -> list[Examined]:
    """From what ``stored`` gave."""
    return msgspec.convert(value, list[Examined])


def _score(rows: Sequence[ScorerRow], scorer: Scorer) -> list[_Scored]:
    from recenv.appraisal.scoring import score_rows

    return [_Scored(row, scored.score, scored.reason) for row, scored in zip(rows, score_rows(rows, scorer), strict=True)]


def _examine(dimension: str, scored: list[_Scored]) -> Examined:
    names = part_names([s.row for s in scored])
    by_name: dict[str, list[_Scored]] = {}
    for name, s in zip(names, scored, strict=True):
        by_name.setdefault(name, []).append(s)
    sheet, total = _part(dimension, "", scored)
    parts = [_part(dimension, name, own)[1] for name, own in by_name.items()] if len(by_name) > 1 else []
    parts.sort(key=lambda p: (p.lead.value is None, p.lead.value or 0.0, p.name))
    r = sheet.reliability()
    return Examined(
        dimension=dimension, total=total, parts=parts, reliability=[Point(*b) for b in r.bins],
        perfect=_figure(Measure("ECE of a perfect model", r.perfect, r.low, r.high)), wrong=_wrong(scored))


def part_names(rows: Sequence[ScorerRow]) -> list[str]:
    """The part of each row, by the beginning of its id: set, file and kind, or the set alone where there are too many."""
    divisions: tuple[Callable[[ScorerRow], str], ...] = (lambda r: part_of_id(r.id), source)
    for divide in divisions:
        names = [divide(r) for r in rows]
        if len(set(names)) <= min(_MOST_PARTS, len(rows) // _LEAST):
            return names
    return [""] * len(rows)


def _part(dimension: str, name: str, scored: Sequence[_Scored]) -> tuple[Sheet, Part]:
    sheet, overlap = Sheet(dimension), Sheet(dimension)
    for row, score, reason in scored:
        sheet.add(row, score, reason)
        if score is not None:
            listed = tuple(word_overlap(row, item) for item in row.items)
            overlap.add(row, listed if dimension == "item_ranking" else word_overlap(row))
    made = sheet.evaluate()
    lead, baseline, margin = map(_figure, sheet.margin(overlap))
    positives = None if math.isnan(made.positives) else made.positives
    return sheet, Part(
        name=name, rows=made.rows, scored=made.scored, groups=made.groups, positives=positives,
        measures=[_figure(m) for m in made.measures], lead=lead, baseline=baseline, margin=margin, confusion=confusion(scored))


def confusion(scored: Sequence[_Scored]) -> list[int]:
    """See ``Part``. Rows without a score are left out, and lists without a right item."""
    counts: list[int] = []
    for row, score, _ in scored:
        if isinstance(row.label, tuple):
            counts = counts or [0] * PLACES
            if isinstance(score, tuple) and any(g > 0 for g in row.label):
                best = max(p for g, p in zip(row.label, score, strict=True) if g > 0)
                counts[min(sum(p > best for p in score), PLACES - 1)] += 1
        else:
            counts = counts or [0] * 4
            if isinstance(score, float) and row.label is not None:
                counts[2 * (row.label > 0.5) + (score >= 0.5)] += 1
    return counts


def _wrong(scored: Sequence[_Scored]) -> list[Wrong]:
    """The most confident mistakes, one a group, so that five are not one person's."""
    found: list[tuple[float, str, Wrong]] = []
    for row, score, _ in scored:
        if isinstance(score, tuple) and isinstance(row.label, tuple):
            right = [n for n, g in enumerate(row.label) if g > 0]
            picked = int(np.argmax(score))
            if not right or picked in right:
                continue
            best = max(right, key=lambda n: score[n])
            texts = {"query": row.query, "picked": row.items[picked], "right": row.items[best]}
            found.append((score[picked] - score[best], row.group or row.id, _row(row, score[best], score[picked], texts)))
        elif isinstance(score, float) and isinstance(row.label, (int, float)) and (score >= 0.5) != (row.label > 0.5):
            texts = {field: str(getattr(row, field)) for field in dimensions.DIMENSIONS[row.dimension].reads}
            found.append((abs(score - row.label), row.group or row.id, _row(row, float(row.label), score, texts)))
    found.sort(key=lambda f: (-f[0], f[2].id))
    first: dict[str, Wrong] = {}
    for _, group, wrong in found:
        first.setdefault(group, wrong)
    return list(first.values())[:_WRONG]


def _row(row: ScorerRow, label: float, said: float, texts: Mapping[str, str]) -> Wrong:
    return Wrong(row.id, label, said, {name: shortened(text) for name, text in texts.items() if text.strip()})


def shortened(text: str, most: int = _SHOWN) -> str:
    """One line of at most ``most`` characters, from both ends, without characters that cannot be printed."""
    plain = "".join(c if c.isprintable() else " " for c in text)
    line = " ".join(plain.split())
    return line if len(line) <= most else f"{line[:2 * most // 3]} … {line[-(most // 3 - 3):]}"


def _figure(m: Measure) -> Figure:
    value, low, high = (None if math.isnan(v) else round(v, 6) for v in (m.value, m.low, m.high))
    return Figure(m.name, value, low, high)
