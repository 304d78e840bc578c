"""Answers that were written one by one for recenv: is all that they say of the records so.

evidence: the records; label: 1 where no sentence is false; group: the pool of records.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from recenv.data.rowsets.entry import RowSet
from recenv.data.rowsets.reading import Aside, refuse
from recenv.data.written import Written, read
from recenv.records import ScorerRow


def convert(folder: Path, aside: Aside = refuse) -> Iterator[ScorerRow]:
    del aside  # a folder of recenv's own, in which nothing is put aside
    return map(row_of, read(folder))


def row_of(answer: Written) -> ScorerRow:
    return ScorerRow(
        dimension="factual_consistency", id=answer.id, group=answer.group, locale=answer.locale, query=answer.query,
        response=answer.response, evidence=answer.evidence, label=float(answer.true))


ENTRY = RowSet(
    "answers about records, written one by one for recenv", ("factual_consistency",), convert, found=0,
    licence="that of recenv", origin="recenv/data/written")
