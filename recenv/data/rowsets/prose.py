"""Answers in prose about the records of a synthetic world, or of another RecRM-Bench folder: true ones, and such as lie once.

Two rows, one true and one false, for each labelled answer of the folder, about records of its evidence. A group is a style, so
that a split by group keeps styles apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from recenv.data.rows import rows_from_recrm
from recenv.data.rowsets.entry import RowSet
from recenv.data.rowsets.reading import Aside, refuse
from recenv.data.synthetic.draws import Draws
from recenv.data.synthetic.prose import answers, read
from recenv.records import ScorerRow

_DIMENSION = "factual_consistency"
_SEED = 20260522


def convert(folder: Path, aside: Aside = refuse) -> Iterator[ScorerRow]:
    del aside  # a folder in the layout of RecRM-Bench has its own reader, which puts bad rows aside
    asked = [row for row in rows_from_recrm(folder) if row.dimension == _DIMENSION and row.evidence]
    areas: dict[str, dict[str, None]] = {}
    for row in asked:
        areas.setdefault(row.locale, {}).update(
            (area, None) for line in row.evidence.split("\n") if (area := read(line, row.locale).area)
        )
    for n, row in enumerate(asked):
        draws = Draws(_SEED, f"prose {folder.name}", n)
        lines = [line for line in row.evidence.split("\n") if line.strip()]
        for k, made in enumerate(answers(draws, row.locale, lines, tuple(areas[row.locale]))):
            yield ScorerRow(
                dimension=_DIMENSION, id=f"prose/{folder.name}:{n}:{k}", group=f"prose/{row.locale}{made.style}",
                locale=row.locale, query=row.query, response=made.response, evidence=made.evidence, label=made.label,
            )


ENTRY = RowSet(
    "answers in prose about a synthetic world's records, true and false", (_DIMENSION,), convert, found=0,
    licence="none needed for synthetic worlds; else that of the folder", origin="made of a folder that recenv synth wrote",
)
