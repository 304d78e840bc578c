"""BEGIN (Dziri et al., TACL 2022): is an answer attributable to a passage.

evidence: the passage; query: the message answered; response: the answer.
label: 1 for "Fully attributable"; 0 for "Not fully attributable" and "Generic", which says nothing that the passage supports.
group: the passage.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

from recenv.data.rowsets.entry import RowSet
from recenv.data.rowsets.reading import TSV, Aside, Record, digest, refuse, rows_of
from recenv.records import ScorerRow


class Answer(msgspec.Struct):
    knowledge: str
    message: str
    response: str
    begin_label: Literal["Fully attributable", "Not fully attributable", "Generic"]


def convert(folder: Path, aside: Aside = refuse) -> Iterator[ScorerRow]:
    return rows_of(folder, "begin", Answer, (TSV,), _rows, aside)


def _rows(record: Record[Answer]) -> Iterator[ScorerRow]:
    answer = record.value
    yield ScorerRow(
        dimension="factual_consistency", id=record.id, group=f"begin/{digest(answer.knowledge)}", locale="en",
        evidence=answer.knowledge, query=answer.message, response=answer.response,
        label=float(answer.begin_label == "Fully attributable"))


ENTRY = RowSet("is an answer attributable to its passage", ("factual_consistency",), convert,
               licence="CC-BY-4.0", origin="google/BEGIN-dataset @ 6e65f0d (Dziri et al., TACL 2022)")
