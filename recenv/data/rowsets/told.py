"""Answers that were written one by one about the items of a world: is all that they say of the records so.

The folder is a store, as ``recenv ingest crosswoz`` or ``... vitabench`` wrote it. evidence: the records of the items shown;
label: 1 where no sentence is false; group: the pool. TRAINED: the voices that scorers learn from; HELD: those that none does.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from recenv.data import written
from recenv.data.rowsets.entry import RowSet
from recenv.data.rowsets.reading import Aside, refuse
from recenv.data.rowsets.written import row_of
from recenv.data.world import World
from recenv.records import ScorerRow


def convert(folder: Path, aside: Aside = refuse) -> Iterator[ScorerRow]:
    del aside  # files of recenv's own, in which nothing is put aside
    return map(row_of, written.told(World(folder)))


def convert_held(folder: Path, aside: Aside = refuse) -> Iterator[ScorerRow]:
    del aside
    return map(row_of, written.told(World(folder), Path(written.__file__).parent / "held"))


_FACTS = ("factual_consistency",)
_LICENCE = "that of recenv; the records are the store's"

TRAINED = RowSet("answers about a store's items, written one by one for recenv", _FACTS, convert, found=0, licence=_LICENCE,
                 origin="recenv/data/written/told")
HELD = RowSet("such answers by voices that nothing is trained on", _FACTS, convert_held, found=0, licence=_LICENCE,
              origin="recenv/data/written/held/told")
