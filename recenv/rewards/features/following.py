"""Features of an instruction and a response that come from exactly checkable demands (``recenv.rewards.rules.checks``)."""

from __future__ import annotations

import math

from recenv.rewards.rules.checks import compliance

NAMES = ("demands_score", "demands_share", "demands_all_held", "demands_read", "demands_broken")
_MOST = 6.0


def following(instruction: str, query: str, response: str) -> list[float]:
    """Values in [0, 1] in the order of NAMES; the first three are NaN where nothing checkable is demanded."""
    found = compliance("\n".join(t for t in (instruction, query) if t), response)
    if not found.read:
        return [math.nan, math.nan, math.nan, 0.0, 0.0]
    broken = found.read - found.held
    return [found.score, found.share, float(not broken), min(found.read, _MOST) / _MOST, min(broken, _MOST) / _MOST]
