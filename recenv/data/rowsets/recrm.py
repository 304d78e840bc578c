"""RecRM-Bench folders, and synthetic worlds, which are written in that layout: see ``recenv.data.rows``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from recenv.data.fieldmap import TABLES
from recenv.data.rows import rows_from_recrm
from recenv.data.rowsets.entry import RowSet
from recenv.records import ScorerRow


def convert(folder: Path) -> Iterator[ScorerRow]:
    yield from rows_from_recrm(folder)


ENTRY = RowSet("a RecRM-Bench folder or a synthetic world", TABLES, convert,
               licence="none needed for synthetic worlds; else that of the folder",
               origin="made by recenv synth, or a folder of the user's own")
