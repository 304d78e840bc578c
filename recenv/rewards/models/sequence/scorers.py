"""Scoring with a sequence checkpoint: the cross-encoder at work.

A score is a pure function of the row: sequences are padded to a multiple of 16 tokens and run in batches of four of one
length, so that it does not depend, to the bit, on batch size, order, other rows or the number of threads.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from recenv.records import ScorerRow
from recenv.rewards.models.blend import blended
from recenv.rewards.models.compact.network import standard
from recenv.rewards.models.heads import Cache, HeadScorer, Wanted
from recenv.rewards.models.kinds import kind
from recenv.rewards.models.sequence import checkpoint
from recenv.rewards.models.sequence.checkpoint import SequenceConfig
from recenv.rewards.models.sequence.inputs import Inputs
from recenv.rewards.models.sequence.text import Assembler, Tokens, sides
from recenv.rewards.models.threads import steady

_BATCH = 4  # nearly as fast as eight on one core, and a single pair wastes less
_STEP = 16  # tokens
_HEAD = 64
_PASS = 512  # units a pass: bounds memory, has no influence on any score


class SequenceScorers:
    """One sequence checkpoint with its cache of logits (scores_kept, about 0.2 kB each)."""

    def __init__(self, path: str | Path, *, scores_kept: int = 262_144) -> None:
        self.checkpoint = checkpoint.load(path)
        self._logits: Cache[float] = Cache(scores_kept)
        self._inputs = Inputs(self.checkpoint.model, self.checkpoint.tokenizer)
        self._assemble = Assembler(self.checkpoint.tokenizer, self.checkpoint.config.architecture.max_length)
        self.scorers = {d: HeadScorer(self, d) for d in self.checkpoint.config.architecture.dimensions}

    @property
    def fingerprint(self) -> str:
        return self.checkpoint.fingerprint

    @property
    def described(self) -> SequenceConfig:
        return self.checkpoint.config

    def clear(self, *, keep_segments: bool = False) -> None:
        """Forget the logits, and what the base made of single texts unless ``keep_segments``."""
        self._logits.clear()
        if not keep_segments:
            self._inputs.clear()

    def logits(self, rows: Sequence[ScorerRow]) -> list[NDArray[np.float64]]:
        """Uncalibrated logits of rows of one dimension that can be scored: (1,) each, or (C,) for item_ranking."""
        wanted = Wanted(rows, self._logits)
        todo = list(wanted.todo.items())
        for at in range(0, len(todo), _PASS):
            part = todo[at:at + _PASS]
            for (key, _), value in zip(part, self._compute([unit for _, unit in part]), strict=True):
                wanted.add(key, value)
        return wanted.logits()

    def _compute(self, units: Sequence[tuple[ScorerRow, str]]) -> list[float]:
        dimension, model = units[0][0].dimension, self.checkpoint.model
        if not model.architecture.features:
            return [float(v) for v in self._read(dimension, units)]
        head, given, out = model.head(dimension), self._inputs(units), np.zeros(len(units), np.float64)
        with torch.inference_mode():
            for at in range(0, len(units), _HEAD):
                block = np.zeros((_HEAD, given.shape[1]), np.float32)
                part = given[at:at + _HEAD]
                block[:len(part)] = part
                out[at:at + _HEAD] = head.judge(torch.from_numpy(block))[:len(part)].double().numpy()
        opinions = [self._read(dimension, units), out] if dimension in model.architecture.read else [out]
        experts, blends = self.checkpoint.experts, self.checkpoint.config.blends.get(dimension)
        if blends is None:
            return out.tolist()
        if dimension in experts.dimensions:
            opinions.append(experts.logits(dimension, [row for row, _ in units], standard(head, given)))
        out = blended(blends, [kind(row) for row, _ in units], *opinions)
        return out.tolist()

    def _read(self, dimension: str, units: Sequence[tuple[ScorerRow, str]]) -> NDArray[np.float64]:
        """(N,) what the trunk makes of the units' sequences."""
        most = self.checkpoint.config.architecture.max_length
        tokens = self._assemble([sides(row, item) for row, item in units])
        buckets: dict[int, list[int]] = {}
        for n in sorted(range(len(tokens)), key=lambda n: len(tokens[n].ids)):
            buckets.setdefault(-(-len(tokens[n].ids) // _STEP) * _STEP, []).append(n)
        out = np.zeros(len(units), np.float64)
        with torch.inference_mode():
            for length, members in buckets.items():
                for at in range(0, len(members), _BATCH):
                    part = members[at:at + _BATCH]
                    block = pad([tokens[n] for n in part], min(length, most), _BATCH)
                    with steady(_BATCH * min(length, most)):
                        out[part] = self.checkpoint.model.deep(dimension, *block)[:len(part)].double().numpy()
        return out


def pad(tokens: Sequence[Tokens], length: int, rows: int, padding: int = 0) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """ids, mask and types (rows, length) int64; rows beyond the given ones attend to one padding token."""
    ids = np.full((rows, length), padding, np.int64)
    mask, types = np.zeros((rows, length), np.int64), np.zeros((rows, length), np.int64)
    mask[:, 0] = 1  # a row of padding alone would have no softmax
    for n, t in enumerate(tokens):
        ids[n, :len(t.ids)], types[n, :len(t.ids)], mask[n, :len(t.ids)] = t.ids, t.types, 1
    return torch.from_numpy(ids), torch.from_numpy(mask), torch.from_numpy(types)
