"""The five shipped dimensions by name and by column, for tests that know them apart."""

from __future__ import annotations

from recenv.rewards.dimensions import SHIPPED

DIMENSIONS: tuple[str, ...] = tuple(d.name for d in SHIPPED)
D = len(DIMENSIONS)
IF, FC, QIR, UBP, IR = range(D)
