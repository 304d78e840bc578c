"""The compact family of trained scorers: calibrated heads over one small encoder; and the door to either family.

Measures: one calibrated probability a row for each dimension; for item_ranking one distribution over the list.
Reads: the fields in ``segments.READS``; nothing else of a row, and no other row.
Returns: ``Scores``; NaN with a reason where a required field is empty.
Trained on: see CARD.md in the checkpoint folder.
Fails when: paraphrases of services that training never saw; claims that are neither numbers with units nor short phrases.
Cost: what repeats is encoded once and kept in bounded caches; see CARD.md for pairs a second.

A score is a pure function of the row: segments are padded to a few lengths and run in batches of fixed shape, so that it
does not depend, to the bit, on batch size, order, other rows or the number of threads.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from recenv.errors import UnknownName
from recenv.records import ScorerRow
from recenv.rewards.models import checkpoint
from recenv.rewards.models.blend import blended
from recenv.rewards.models.checkpoint import Config
from recenv.rewards.models.compact import segments
from recenv.rewards.models.compact.network import STATS, CompactScorer, Encoded, standard
from recenv.rewards.models.compact.segments import BUCKETS, CAPS, KINDS, Segment, Unit
from recenv.rewards.models.heads import Cache, HeadScorer, Wanted
from recenv.rewards.models.kinds import kind
from recenv.rewards.models.tokenizer import PAD, encode

if TYPE_CHECKING:
    from recenv.rewards.models.sequence.scorers import SequenceScorers

__all__ = ["EncoderScorers", "HeadScorer", "load_scorers", "open_scorers"]

# Fixed numbers of segments, pairs and units a batch; 8 is near the best for one session and for many.
_ENCODE, _INTERACT, _HEAD = 8, 8, 64
_PASS = 512  # units computed before the caches are trimmed: bounds memory, has no influence on any score


class _Coded(NamedTuple):
    """One encoded segment, padded to its bucket."""

    states: Tensor
    mask: Tensor
    weights: Tensor
    pooled: Tensor


class EncoderScorers:
    """One checkpoint with its caches; ``scorers`` are its dimensions behind the Scorer protocol.

    segments_kept, pairs_kept, scores_kept bound the caches (about 12 kB, 1.1 kB and 0.2 kB each).
    """

    def __init__(self, path: str | Path = "default", *, segments_kept: int = 8_192, pairs_kept: int = 32_768,
                 scores_kept: int = 262_144) -> None:
        self.checkpoint = checkpoint.load(path)
        self._segments: Cache[_Coded] = Cache(segments_kept)
        self._pairs: Cache[NDArray[np.float32]] = Cache(pairs_kept)
        self._logits: Cache[float] = Cache(scores_kept)
        self.scorers = {d: HeadScorer(self, d) for d in self.checkpoint.config.architecture.dimensions}

    @property
    def fingerprint(self) -> str:
        return self.checkpoint.fingerprint

    @property
    def described(self) -> Config:
        return self.checkpoint.config

    @property
    def model(self) -> CompactScorer:
        return self.checkpoint.model

    def clear(self, *, keep_segments: bool = False) -> None:
        """Forget everything cached, or all but the encoded segments."""
        self._pairs.clear()
        self._logits.clear()
        if not keep_segments:
            self._segments.clear()

    def logits(self, rows: Sequence[ScorerRow]) -> list[NDArray[np.float64]]:
        """Uncalibrated logits of rows of one dimension that can be scored: (1,) each, or (C,) for item_ranking."""
        wanted = Wanted(rows, self._logits)
        todo = list(wanted.todo.items())
        for at in range(0, len(todo), _PASS):
            part = todo[at:at + _PASS]
            values = self._compute([unit for _, unit in part])
            for (key, _), value in zip(part, values, strict=True):
                wanted.add(key, value)
        return wanted.logits()

    def _compute(self, given: Sequence[tuple[ScorerRow, str]]) -> list[float]:
        rows, dimension = [row for row, _ in given], given[0][0].dimension
        units = [segments.unit(row, item) for row, item in given]
        explicit = np.stack([u.features for u in units])
        opinions, experts = [*self._judged(dimension, units, explicit)], self.checkpoint.experts
        if dimension in experts.dimensions:
            opinions.append(experts.logits(dimension, rows, standard(self.model.head(dimension), explicit)))
        out = blended(self.checkpoint.config.blends[dimension], [kind(row) for row in rows], *opinions)
        return [float(v) for v in out]

    def _judged(
        self, dimension: str, units: Sequence[Unit], explicit: NDArray[np.float32]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(N,) logits of units by what the network reads, and by their features (N, E) alone."""
        pairs = list(dict.fromkeys(pair for unit in units for kind in unit.pairs for pair in kind))
        with torch.inference_mode():
            vectors = self._pair_vectors(pairs)
            pooled = [np.concatenate([_pool([vectors[p] for p in own]) for own in u.pairs]) for u in units]
            joined, given, head = torch.from_numpy(np.stack(pooled)), torch.from_numpy(explicit), self.model.head(dimension)
            deep, wide = np.zeros(len(units), np.float64), np.zeros(len(units), np.float64)
            for at in range(0, len(units), _HEAD):
                a, b, part = _fill(joined[at:at + _HEAD], _HEAD), _fill(given[at:at + _HEAD], _HEAD), slice(at, at + _HEAD)
                deep[part] = head(a, b)[:len(units) - at].double().numpy()
                wide[part] = head.judge(b)[:len(units) - at].double().numpy()
        return deep, wide

    def _pair_vectors(self, pairs: Sequence[tuple[Segment, Segment]]) -> dict[tuple[Segment, Segment], NDArray[np.float32]]:
        found = {p: v for p in pairs if (v := self._pairs.find(p)) is not None}
        todo = [p for p in pairs if p not in found]
        coded = self._encode(list(dict.fromkeys(s for p in todo for s in p)))
        groups: dict[tuple[int, int], list[tuple[Segment, Segment]]] = {}
        for pair in todo:
            groups.setdefault((len(coded[pair[0]].mask), len(coded[pair[1]].mask)), []).append(pair)
        for group in groups.values():
            for at in range(0, len(group), _INTERACT):
                part = group[at:at + _INTERACT]
                left, right = _stack([coded[a] for a, _ in part], _INTERACT), _stack([coded[b] for _, b in part], _INTERACT)
                block = self.model.interact(left, right).numpy()
                for n, pair in enumerate(part):
                    found[pair] = block[n].copy()
                    self._pairs[pair] = found[pair]
        self._pairs.trim()
        return found

    def _encode(self, wanted: Sequence[Segment]) -> dict[Segment, _Coded]:
        found: dict[Segment, _Coded] = {}
        for segment in wanted:
            kept = self._segments.find(segment)
            if kept is not None:
                found[segment] = kept
        todo = [s for s in wanted if s not in found]
        ids = encode(self.checkpoint.tokenizer, [s.text for s in todo], [CAPS[s.kind] for s in todo])
        groups: dict[int, list[int]] = {}
        for n, tokens in enumerate(ids):
            groups.setdefault(next(b for b in BUCKETS if len(tokens) <= b), []).append(n)
        for bucket, members in groups.items():
            for at in range(0, len(members), _ENCODE):
                part = members[at:at + _ENCODE]
                block = torch.full((_ENCODE, bucket), PAD)
                mask = torch.zeros((_ENCODE, bucket), dtype=torch.bool)
                mask[:, 0] = True  # a row of padding alone would have no softmax
                for row, n in enumerate(part):
                    block[row, :len(ids[n])] = torch.tensor(ids[n])
                    mask[row, :len(ids[n])] = True
                kinds = torch.tensor([KINDS.index(todo[n].kind) for n in part] + [0] * (_ENCODE - len(part)))
                out = self.model.encode(block, mask, kinds)
                for row, n in enumerate(part):
                    found[todo[n]] = _Coded(*(t[row].clone() for t in out))
                    self._segments[todo[n]] = found[todo[n]]
        self._segments.trim()
        return found


def open_scorers(path: str | Path = "default") -> EncoderScorers | SequenceScorers:
    """A checkpoint of either family, opened; ``scorers`` are its dimensions. Raises WeightsError for one that cannot be used."""
    if checkpoint.family(path) == "compact":
        return EncoderScorers(path)
    from recenv.rewards.models.sequence.scorers import SequenceScorers

    return SequenceScorers(path)


def load_scorers(path: str | Path = "default", dimensions: Sequence[str] | None = None) -> dict[str, HeadScorer]:
    """The scorers of a checkpoint folder ("default", "audit": the shipped ones) by dimension; they share encoder and caches.

    Raises WeightsError for a checkpoint that cannot be used, UnknownName for a dimension that it does not have.
    """
    scorers = open_scorers(path).scorers
    for d in dimensions or ():
        if d not in scorers:
            raise UnknownName("dimension", d, scorers)
    return {d: scorers[d] for d in (dimensions or scorers)}


def _pool(vectors: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Mean of a unit's pair vectors, with the largest and smallest statistics; in given order, so always the same sum."""
    if len(vectors) == 1:
        return np.concatenate([vectors[0], vectors[0][-STATS:], vectors[0][-STATS:]])
    block = np.stack(vectors)
    stats = block[:, -STATS:]
    return np.concatenate([block.mean(0), stats.max(0), stats.min(0)])


def _fill(block: Tensor, size: int) -> Tensor:
    return torch.cat([block, block.new_zeros(size - len(block), block.shape[1])]) if len(block) < size else block


def _stack(coded: Sequence[_Coded], size: int) -> Encoded:
    full = [*coded, *[coded[0]] * (size - len(coded))]
    return Encoded(*(torch.stack([getattr(c, field) for c in full]) for field in Encoded._fields))
