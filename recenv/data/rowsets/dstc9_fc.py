"""DSTC9 track 1 human evaluation (Gunasekara et al., 2020): is the answer true to the knowledge snippet.

evidence: the snippet, and on a second line the place that it is about; query: the question; response: the answer.
label: the mean of the human accuracy ratings, 1 to 5, as (mean - 1) / 4, so that a mean of 3 is 0.5.
group: the snippet. ``knowledge.json`` and ``db.json`` are not needed: each record carries its snippet.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import msgspec

from recenv.data.rowsets.entry import RowSet
from recenv.data.rowsets.reading import JSON, JSONL, Aside, Record, digest, refuse, rows_of
from recenv.records import ScorerRow

Rating = Annotated[float, msgspec.Meta(ge=1, le=5)]


class Answer(msgspec.Struct):
    question: str
    knowledge: str
    response: str
    accuracy: Annotated[list[Rating], msgspec.Meta(min_length=1)]
    domain: str = ""
    entity_name: str | None = None
    city: str | None = None


def convert(folder: Path, aside: Aside = refuse) -> Iterator[ScorerRow]:
    return rows_of(folder, "dstc9_fc", Answer, (JSONL, JSON), _rows, aside, objects_aside=True)


def _rows(record: Record[Answer]) -> Iterator[ScorerRow]:
    answer = record.value
    place = "; ".join(part for part in (answer.entity_name, answer.domain, answer.city) if part)
    mean = sum(answer.accuracy) / len(answer.accuracy)
    yield ScorerRow(
        dimension="factual_consistency", id=record.id, group=f"dstc9_fc/{digest(answer.knowledge)}", locale="en",
        evidence="\n".join(part for part in (answer.knowledge, place) if part), query=answer.question,
        response=answer.response, label=(mean - 1.0) / 4.0)


ENTRY = RowSet("is an answer about a place true to its snippet (mean of three human ratings)", ("factual_consistency",), convert,
               licence="Apache-2.0", origin="alexa/alexa-with-dstc9-track1-dataset @ 7ebb4c7 (Gunasekara et al., 2020)")
