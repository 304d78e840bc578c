"""Fitting second opinions (``rewards.models.opinions``): forests and tables, as far as the dimensions' records name them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from recenv.rewards.dimensions import DIMENSIONS
from recenv.rewards.models.forest import Forest
from recenv.rewards.models.opinions import SecondOpinions
from recenv.rewards.models.tables.process import State
from recenv.rewards.models.wide import Wide, standard
from recenv.training.examples import Data, Progress
from recenv.training.fits.forest import fit_forest
from recenv.training.fits.tables import fit_tables


def fit_opinions(
    data: Mapping[str, Sequence[Data]], wide: Callable[[str], Wide | None], seed: int, tell: Progress
) -> SecondOpinions:
    """Forests and tables for the dimensions that have them, each from all parts of its rows."""
    forests: dict[str, Forest] = {}
    tables: dict[str, State] = {}
    found = [d for d in data if {"forest", "table"} & {*DIMENSIONS[d].opinions}]
    for n, d in enumerate(found):
        tell(f"fitting a second opinion on {d}", n, len(found))
        rows, labels = [row for part in data[d] for row in part.rows], np.concatenate([part.labels for part in data[d]])
        head = wide(d)
        if "forest" in DIMENSIONS[d].opinions:
            if head is not None:
                forests[d] = fit_forest(standard(head, np.concatenate([part.features for part in data[d]])), labels, seed)
        elif state := fit_tables(rows, labels, seed).state:
            tables[d] = state
    return SecondOpinions(forests, tables)
