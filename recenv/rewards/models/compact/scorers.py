"""Scoring with a compact checkpoint: calibrated heads over one small encoder.

Measures: one calibrated probability a row for each dimension; for lists one distribution over the items.
Reads: the fields that the dimension ``reads``; nothing else of a row, and no other row.
Returns: ``Scores``; NaN with a reason where a required field is empty.
Trained on: see CARD.md in the checkpoint folder.
Fails when: paraphrases of services that training never saw; claims that are neither numbers with units nor short phrases.
Cost: what repeats is encoded once and kept in bounded caches; see CARD.md for pairs a second.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from recenv.records import ScorerRow
from recenv.rewards.models.compact import checkpoint
from recenv.rewards.models.compact.inputs import CompactInputs
from recenv.rewards.models.device import find_device
from recenv.rewards.models.network import Judged, NetworkScorers
from recenv.rewards.models.wide import judged

_HEAD = 64  # units a batch, always as many


class CompactScorers(NetworkScorers):
    """One compact checkpoint with its caches; segments_kept, pairs_kept, scores_kept bound them (about 12 kB, 1.1 kB and 0.2 kB
    each), on a device (``models.device``)."""

    def __init__(
        self, path: str | Path = "thorough", device: str | None = None, *, segments_kept: int = 8_192, pairs_kept: int = 32_768,
        scores_kept: int = 262_144,
    ) -> None:
        self.device = find_device(device)
        self.checkpoint = checkpoint.load(path)
        self.checkpoint.model.to(self.device)
        self.inputs = CompactInputs(self.checkpoint.model, self.checkpoint.tokenizer, segments_kept, pairs_kept)
        super().__init__(self.checkpoint, self.checkpoint.model.architecture.dimensions, scores_kept, self.device)

    def clear(self, *, keep_segments: bool = False) -> None:
        """Forget everything cached, or all but the encoded segments."""
        super().clear()
        self.inputs.clear(keep_segments=keep_segments)

    def judged(self, dimension: str, units: Sequence[tuple[ScorerRow, str]]) -> Judged:
        given, head = self.inputs(units), self.checkpoint.model.head(dimension)
        deep = np.zeros(len(units), np.float64)
        joined, features = torch.from_numpy(given.pairs).to(self.device), torch.from_numpy(given.features).to(self.device)
        with torch.inference_mode():
            for at in range(0, len(units), _HEAD):
                a, b = _filled(joined[at:at + _HEAD]), _filled(features[at:at + _HEAD])
                deep[at:at + _HEAD] = head(a, b)[:len(units) - at].cpu().double().numpy()
        return Judged([deep, judged(head, given.features)], head, given.features)


def _filled(block: Tensor) -> Tensor:
    return torch.cat([block, block.new_zeros(_HEAD - len(block), block.shape[1])]) if len(block) < _HEAD else block
