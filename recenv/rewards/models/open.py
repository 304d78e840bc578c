"""Opening a checkpoint of trained scorers, whatever its network: the one door to them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from recenv.errors import UnknownName
from recenv.rewards.models.compact.checkpoint import CompactConfig
from recenv.rewards.models.compact.scorers import CompactScorers
from recenv.rewards.models.described import network_of
from recenv.rewards.models.heads import CheckpointScorers, HeadScorer
from recenv.rewards.models.sequence.checkpoint import SequenceConfig
from recenv.rewards.models.sequence.scorers import SequenceScorers

Config = CompactConfig | SequenceConfig
"""config.json of either network."""

_NETWORKS: dict[str, type[CompactScorers] | type[SequenceScorers]] = {"compact": CompactScorers, "sequence": SequenceScorers}


def open_scorers(path: str | Path = "default") -> CheckpointScorers:
    """A checkpoint, opened; ``scorers`` are its dimensions. Raises WeightsError for one that cannot be used."""
    return _NETWORKS[network_of(path)](path)


def load_scorers(path: str | Path = "default", dimensions: Sequence[str] | None = None) -> dict[str, HeadScorer]:
    """The scorers of a checkpoint folder ("default", "audit": the shipped ones) by dimension; they share network and caches.

    Raises WeightsError for a checkpoint that cannot be used, UnknownName for a dimension that it does not have.
    """
    scorers = open_scorers(path).scorers
    for d in dimensions or ():
        if d not in scorers:
            raise UnknownName("dimension", d, scorers)
    return {d: scorers[d] for d in (dimensions or scorers)}
