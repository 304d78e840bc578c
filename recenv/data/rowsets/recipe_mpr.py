"""Recipe-MPR (Zhang et al., SIGIR 2023): which of five recipes is meant.

One list row a record: query; items: the texts of the options in their order in the record. label: 1 for the answer, 0 for the
others. group: the query.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import msgspec

from recenv.data.rowsets.entry import RowSet
from recenv.data.rowsets.reading import JSON, JSONL, Aside, Record, digest, refuse, rows_of
from recenv.errors import RowError
from recenv.records import ScorerRow


class Choice(msgspec.Struct):
    query: str
    options: Annotated[dict[str, str], msgspec.Meta(min_length=2)]
    answer: str


def convert(folder: Path, aside: Aside = refuse) -> Iterator[ScorerRow]:
    return rows_of(folder, "recipe_mpr", Choice, (JSONL, JSON), _rows, aside)


def _rows(record: Record[Choice]) -> Iterator[ScorerRow]:
    choice = record.value
    if choice.answer not in choice.options:
        raise RowError(f"the answer {choice.answer!r} is none of the options ({', '.join(choice.options)})")
    yield ScorerRow(
        dimension="item_ranking", id=record.id, group=f"recipe_mpr/{digest(choice.query)}", locale="en", query=choice.query,
        items=tuple(choice.options.values()), label=tuple(float(option == choice.answer) for option in choice.options))


ENTRY = RowSet("which of five recipes is meant", ("item_ranking",), convert,
               licence="Apache-2.0", origin="D3Mlab/Recipe-MPR @ 6db3703 (Zhang et al., SIGIR 2023)")
