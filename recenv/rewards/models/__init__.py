"""What was learned, applied. Here, without a tensor library: which families of weights are shipped, and where they are."""

from __future__ import annotations

from pathlib import Path

WEIGHTS = Path(__file__).parents[1] / "weights"
FAMILIES: tuple[str, ...] = ("default", "audit")
"""The shipped families, each a folder of weights: trained apart (other architecture, other seed, disjoint rows), so that one can
judge the other."""
