"""What was learned, applied. Here, without a tensor library: which families of weights are shipped, and where they are."""

from __future__ import annotations

from pathlib import Path

WEIGHTS = Path(__file__).parents[1] / "weights"
FAMILIES: tuple[str, ...] = ("fast", "thorough", "audit")
"""The shipped families, each a folder of weights. fast: what environments and learners use unless told otherwise, made for cost;
thorough: what is asked for a judgement that counts; audit: trained apart from both (another architecture and seed, disjoint
rows), so that it can judge what they chose."""

DEFAULT = "fast"
