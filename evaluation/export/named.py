"""Values of a turn by the name of their dimension."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from recenv.rewards.dimensions import DIMENSIONS

_T = TypeVar("_T")

Named = dict[str, float | None]
"""Dimension -> value in [0, 1], None where it is missing."""


def named(values: Sequence[_T]) -> dict[str, _T]:
    """values (D,) in the order of the dimensions."""
    return dict(zip(DIMENSIONS, values, strict=True))
