"""Counts and lengths as shares of a bound, so that no text makes a feature large."""

from __future__ import annotations

import math


def share(value: float, top: float) -> float:
    """A count in [0, 1], 1 from ``top`` on."""
    return min(value, top) / top


def size(text: str, top: int, most: float = 1.5) -> float:
    """The length of a text on a logarithmic scale, 1 at ``top`` characters, at most ``most``."""
    return min(math.log1p(len(text)) / math.log1p(top), most)
