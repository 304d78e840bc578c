"""RecRM-Bench folders, and synthetic worlds, which are written in that layout: see ``recenv.data.rows``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from recenv.data.fieldmap import TABLES
from recenv.data.rows import Bad, RowFile, rows_from_recrm
from recenv.data.rowsets.entry import RowSet
from recenv.data.rowsets.reading import Aside, Unusable, refuse
from recenv.records import ScorerRow


def convert(folder: Path, aside: Aside = refuse) -> Iterator[ScorerRow]:
    def put(file: RowFile, row: Bad) -> None:
        where = f"{file.path}, line {row.line}"
        aside(Unusable(f"recrm/{file.path.name}:{row.line - 1}", where, row.reason))

    yield from rows_from_recrm(folder, aside=put)


ENTRY = RowSet("a RecRM-Bench folder or a synthetic world", TABLES, convert,
               licence="none needed for synthetic worlds; else that of the folder",
               origin="made by recenv synth, or a folder of the user's own")
