"""Opening a checkpoint of trained scorers, whatever its network: the one door to them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from recenv.errors import UnknownName
from recenv.rewards.models.described import network_of
from recenv.rewards.models.divided import DIVIDED, divided
from recenv.rewards.models.heads import CheckpointScorers
from recenv.rewards.protocol import Scorer


def _boosted(path: str | Path, device: str | None) -> CheckpointScorers:
    from recenv.rewards.models.boosted.scorers import BoostedScorers

    return BoostedScorers(path)


def _compact(path: str | Path, device: str | None) -> CheckpointScorers:
    from recenv.rewards.models.compact.scorers import CompactScorers

    return CompactScorers(path, device)


def _sequence(path: str | Path, device: str | None) -> CheckpointScorers:
    from recenv.rewards.models.sequence.scorers import SequenceScorers

    return SequenceScorers(path, device)


_NETWORKS: dict[str, Callable[[str | Path, str | None], CheckpointScorers]] = {
    "boosted": _boosted, "compact": _compact, "sequence": _sequence}
"""Imported when opened: trees need no tensor library, which takes seconds to import."""


def open_scorers(path: str | Path = "thorough", device: str | None = None) -> CheckpointScorers:
    """A checkpoint, opened; ``scorers`` are its dimensions. device: see ``device.find_device``; trees need none. Raises
    WeightsError for a checkpoint that cannot be used, InputError for a device that is not there."""
    return _NETWORKS[network_of(path)](path, device)


def load_scorers(
    path: str | Path = "thorough", dimensions: Sequence[str] | None = None, *, device: str | None = None
) -> dict[str, Scorer]:
    """The scorers of a checkpoint folder, or of a shipped family, by dimension; they share what they keep.

    device: where its network computes, "cpu", "cuda:0", "auto" (a GPU where there is one); what ``$RECENV_DEVICE`` says, else the
    processor, where none is given. Raises WeightsError for a checkpoint that cannot be used, InputError for a device that is not
    there, UnknownName for a dimension that the checkpoint does not have.
    """
    scorers: dict[str, Scorer] = dict(open_scorers(path, device).scorers)
    if str(path) in DIVIDED:
        scorers = divided(scorers, dict(open_scorers(DIVIDED[str(path)]).scorers))
    for d in dimensions or ():
        if d not in scorers:
            raise UnknownName("dimension", d, scorers)
    return {d: scorers[d] for d in (dimensions or scorers)}
