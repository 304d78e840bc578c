"""What a converter is: a set's name, what its rows are for, and one function from its folder to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from recenv.data.rowsets.reading import Aside
from recenv.records import ScorerRow


class RowSet(NamedTuple):
    """One published set.

    dimensions: those of its rows. convert(folder, aside): one row a labelled thing, in file order; a generator, so that errors
    come while it is read. A record that cannot be used goes to ``aside``, whole, which may raise (``reading.refuse``). found:
    which class published F1 figures of this set look for: 1, rows with labels above 0.5, or 0, the others (errors, for sets
    that hunt them). licence: of the set as published. origin: where it is published, at which commit, and whom to name.
    """

    summary: str
    dimensions: tuple[str, ...]
    convert: Callable[[Path, Aside], Iterator[ScorerRow]]
    found: Literal[0, 1] = 1
    licence: str = ""
    origin: str = ""
