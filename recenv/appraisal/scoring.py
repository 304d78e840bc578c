"""Scoring files of canonical rows: a number, or a list, added to each row; then, where there are labels, how good they are."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np

from recenv.appraisal.published import published
from recenv.appraisal.sheet import Evaluation, Sheet
from recenv.data.rowfile import read_rows, write_rows
from recenv.errors import InputError
from recenv.records import ScorerRow
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rewards.protocol import Scorer, Scores, scores_of

BATCH = 512
"""Rows that are held, with their texts, at a time."""

_MOST_PARTS = 32


class ScoredRow(ScorerRow, frozen=True, kw_only=True):
    """A row with its score. score: a number in [0, 1]; for lists the items' probabilities in the order of its items; None
    (null) where the scorer cannot answer, then ``reason`` says why."""

    score: float | tuple[float, ...] | None
    reason: str


class Outcome(NamedTuple):
    """What scoring a file gave. rows: those of the dimension; others: those of another, left unscored. parts: the measures by
    part of the rows, empty where there is one part."""

    dimension: str
    rows: int
    others: int
    total: Evaluation
    parts: tuple[Evaluation, ...]


def score_file(
    source: str | Path, target: str | Path, scorer: Scorer, progress: Callable[[int], None] | None = None
) -> Outcome:
    """Score the rows of ``source`` into ``target``: in order, in bounded memory, whole or not at all.

    A list that stands in another order than its source is written in the source's, after it was measured in its own.
    progress: called with the number of rows done. Rows of other dimensions are written with a null score and counted apart.
    Raises InputError for a file that has no row of the scorer's dimension.
    """
    sheet, own = Sheet(scorer.spec.dimension), Counter[bool]()

    def noted() -> Iterator[ScoredRow]:
        first = ""
        for done, row in enumerate(score_rows(read_rows(source, DIMENSIONS), scorer), 1):
            first = first or f"the first, {row.id or 'without id'}, is of {row.dimension}"
            own[row.dimension == sheet.dimension] += 1
            if row.dimension == sheet.dimension:
                sheet.add(row, row.score, row.reason)
            if progress is not None and done % BATCH == 0:
                progress(done)
            yield row
        if not own[True]:
            raise InputError(f"{source} has no row of {sheet.dimension}; {first or 'it has no rows at all'}")

    write_rows(map(in_source_order, noted()), target)
    return Outcome(sheet.dimension, own[True], own[False], sheet.evaluate(), sheet.parts())


def score_rows(rows: Iterable[ScorerRow], scorer: Scorer, batch: int = BATCH) -> Iterator[ScoredRow]:
    """Each row with its score, in order, at most ``batch`` of them held; rows of other dimensions keep their place, unscored."""
    dimension, stream = scorer.spec.dimension, iter(rows)
    while part := list(islice(stream, batch)):
        own = [row for row in part if row.dimension == dimension]
        scores = scores_of(scorer, own)
        at = 0
        for row in part:
            if row.dimension != dimension:
                yield _with(row, None, f"a row of {row.dimension}, not of {dimension}")
                continue
            score = _score_of(row, scores, at)
            yield _with(row, score, scores.reasons[at] or ("" if score is not None else "the scorer gave no number"))
            at += 1


def in_source_order(row: ScoredRow) -> ScoredRow:
    """The row with items, labels and scores where they stood in the source; rows without ``order`` as they are."""
    if not row.order:
        return row
    back = [place for place, _ in sorted(enumerate(row.order), key=lambda pair: pair[1])]
    parts = {name: tuple(value[n] for n in back) for name in ("items", "label", "score")
             if isinstance(value := getattr(row, name), tuple)}
    return msgspec.structs.replace(row, order=(), **parts)


def _with(row: ScorerRow, score: float | tuple[float, ...] | None, reason: str) -> ScoredRow:
    return ScoredRow(**{f: getattr(row, f) for f in ScorerRow.__struct_fields__}, score=score, reason=reason)


def _score_of(row: ScorerRow, scores: Scores, n: int) -> float | tuple[float, ...] | None:
    if not DIMENSIONS[row.dimension].listwise:
        value = float(scores.values[n])
        return value if math.isfinite(value) else None
    listed = scores.lists[n] if n < len(scores.lists) else np.zeros(0, np.float32)
    whole = len(listed) == len(row.items) > 0 and bool(np.isfinite(listed).all())
    return tuple(float(p) for p in listed) if whole else None


# -- in words ------------------------------------------------------------------------------------------------------------


def outcome_text(outcome: Outcome) -> str:
    """What was measured, as text for a terminal; published figures stand beside where there are measures."""
    total = outcome.total
    missing = sum(total.reasons.values())
    lines = [f"{outcome.dimension}: {outcome.rows:,} rows, {missing:,} without a score"]
    lines += [f"  {outcome.others:>7,}  further rows are of other dimensions: not scored"] if outcome.others else []
    lines += [f"  {count:>7,}  {reason}" for reason, count in list(total.reasons.items())[:5]]
    if not total.scored:
        return "\n".join([*lines, "no labels, nothing to measure" if not total.labelled else "no labelled row has a score"])
    what = "items with a positive label" if DIMENSIONS[outcome.dimension].listwise else "labels above 0.5"
    lines.append(f"measured on {total.scored:,} labelled rows in {total.groups:,} groups; {what}: {total.positives:.1%}")
    lines += ["", f"{'measure':18s} {'value':>7s}   95 % interval, clustered by group"]
    lines += [f"{m.name:18s} {_number(m.value):>7s}   [{_number(m.low)}, {_number(m.high)}]" for m in total.measures]
    lines.append("ECE excess: over what a perfect model shows on these rows; an interval that holds 0 is as good as perfect")
    if 0 < len(outcome.parts) <= _MOST_PARTS:
        lines += ["", *_part_lines(outcome.parts)]
    beside = _published_lines(outcome.dimension)
    return "\n".join([*lines, *(["", *beside] if beside else [])])


def _part_lines(parts: tuple[Evaluation, ...]) -> list[str]:
    names = list(dict.fromkeys(m.name for part in parts for m in part.measures))
    width = max(len(part.part) for part in parts)
    lead = names[0] if names else ""
    head = f"{'part':{width}s} {'rows':>7s} {'pos.':>6s}  {lead:22s}" + "".join(f" {name:>12.12s}" for name in names[1:])
    out = [head]
    for part in parts:
        first = part[lead]
        cell = f"{_number(first.value)} [{_number(first.low)}, {_number(first.high)}]"
        out.append(f"{part.part:{width}s} {part.scored:>7,d} {part.positives:>6.1%}  {cell:22s}"
                   + "".join(f" {_number(part[name].value):>12s}" for name in names[1:]))
    return out


def _published_lines(dimension: str) -> list[str]:
    table = published(dimension)
    if not table:
        return []
    names = list(table[0].figures)
    return [
        "published on RecRM-Bench's own test rows (arXiv 2605.11874); comparable for rows of that set only",
        f"{'model':22s}" + "".join(f" {name:>9s}" for name in names),
        *(f"{row.model:22s}" + "".join(f" {_number(row.figures[name]):>9s}" for name in names) for row in table),
    ]


def _number(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.3f}"
