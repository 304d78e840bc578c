"""One demand of an instruction on every item that an answer recommends."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

INF = math.inf


class Wish(NamedTuple):
    """slot: ``rating``, ``price`` (yuan), ``distance`` (km), ``fee`` of delivery, ``minimum`` order (yuan) and
    ``hours`` (when it closes, of the day it opened, so that 25 is one at night) with inclusive bounds; ``area`` with the
    names that are allowed, or not allowed (``forbids``); ``kind`` with one that is not; ``offer`` with what each must have
    (a name of ``reading.concepts``). said: its words, normalised.

    wide: a kind that features count against, too, not the type alone.
    """

    slot: Literal["rating", "price", "distance", "fee", "minimum", "hours", "area", "kind", "offer"]
    said: str
    low: float = -INF
    high: float = INF
    names: tuple[str, ...] = ()
    forbids: bool = False
    wide: bool = False
