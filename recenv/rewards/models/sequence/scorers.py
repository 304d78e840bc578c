"""Scoring with a sequence checkpoint: the cross-encoder at work.

A score is a pure function of the row: sequences are padded to a multiple of 16 tokens and run in batches of four of one
length (more on a GPU), so that it does not depend, to the bit, on batch size, order, other rows or the number of threads.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from recenv.records import ScorerRow
from recenv.rewards.models.device import at_once, find_device
from recenv.rewards.models.network import Judged, NetworkScorers
from recenv.rewards.models.sequence import checkpoint
from recenv.rewards.models.sequence.inputs import SequenceInputs
from recenv.rewards.models.sequence.text import Assembler, Tokens, sides
from recenv.rewards.models.threads import steady
from recenv.rewards.models.wide import judged

_BATCH = 4  # nearly as fast as eight on one core, and a single pair wastes less
_STEP = 16  # tokens


class SequenceScorers(NetworkScorers):
    """One sequence checkpoint with its caches (scores_kept: about 0.2 kB each), on a device (``models.device``)."""

    def __init__(self, path: str | Path, device: str | None = None, *, scores_kept: int = 262_144) -> None:
        self.device = find_device(device)
        self.checkpoint = checkpoint.load(path)
        self.checkpoint.model.to(self.device)
        self.inputs = SequenceInputs(self.checkpoint.model, self.checkpoint.tokenizer)
        self._assemble = Assembler(self.checkpoint.tokenizer, self.checkpoint.config.architecture.max_length)
        super().__init__(self.checkpoint, self.checkpoint.model.architecture.dimensions, scores_kept, self.device)

    def clear(self, *, keep_segments: bool = False) -> None:
        """Forget the logits, and what the base made of single texts unless ``keep_segments``."""
        super().clear()
        if not keep_segments:
            self.inputs.clear()

    def judged(self, dimension: str, units: Sequence[tuple[ScorerRow, str]]) -> Judged:
        model, given = self.checkpoint.model, self.inputs(units)
        own = model.architecture
        opinions = [self.read(dimension, units)] if dimension in own.read or not own.features else []
        if not own.features:
            return Judged(opinions, None, given)
        head = model.head(dimension)
        return Judged([*opinions, judged(head, given)], head, given)

    def read(self, dimension: str, units: Sequence[tuple[ScorerRow, str]]) -> NDArray[np.float64]:
        """(N,) what the trunk makes of the units' sequences."""
        most = self.checkpoint.config.architecture.max_length
        tokens = self._assemble([sides(row, item) for row, item in units])
        buckets: dict[int, list[int]] = {}
        for n in sorted(range(len(tokens)), key=lambda n: len(tokens[n].ids)):
            buckets.setdefault(-(-len(tokens[n].ids) // _STEP) * _STEP, []).append(n)
        out, batch = np.zeros(len(units), np.float64), at_once(self.device, _BATCH)
        with torch.inference_mode():
            for length, members in buckets.items():
                for at in range(0, len(members), batch):
                    part = members[at:at + batch]
                    block = [t.to(self.device) for t in pad([tokens[n] for n in part], min(length, most), batch)]
                    with steady(batch * min(length, most)):
                        out[part] = self.checkpoint.model.deep(dimension, *block)[:len(part)].cpu().double().numpy()
        return out


def pad(tokens: Sequence[Tokens], length: int, rows: int, padding: int = 0) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """ids, mask and types (rows, length) int64; rows beyond the given ones attend to one padding token."""
    ids = np.full((rows, length), padding, np.int64)
    mask, types = np.zeros((rows, length), np.int64), np.zeros((rows, length), np.int64)
    mask[:, 0] = 1  # a row of padding alone would have no softmax
    for n, t in enumerate(tokens):
        ids[n, :len(t.ids)], types[n, :len(t.ids)], mask[n, :len(t.ids)] = t.ids, t.types, 1
    return torch.from_numpy(ids), torch.from_numpy(mask), torch.from_numpy(types)
