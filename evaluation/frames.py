"""Columns as a data frame of whichever library is there: pandas, else polars, else a dict of arrays."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np

from recenv.evaluation.rows import Columns


def frame(columns: Columns) -> Any:
    """A ``pandas.DataFrame`` where pandas is installed, else a ``polars.DataFrame``, else a dict of NumPy arrays (N,)."""
    for library in ("pandas", "polars"):
        try:
            return import_module(library).DataFrame(columns)
        except ModuleNotFoundError:
            continue
    return {name: np.array(values) for name, values in columns.items()}
