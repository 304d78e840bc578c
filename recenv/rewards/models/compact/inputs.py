"""What the heads of a compact network are given: vectors of the pairs that a unit compares, and its features.

Segments are padded to a few lengths and run in batches of fixed shape, so that no vector depends, to the bit, on batch size,
order, other rows or the number of threads; what repeats is encoded once and kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor

from recenv.records import ScorerRow
from recenv.rewards.cache import Cache
from recenv.rewards.models.compact.network import STATS, CompactNetwork, Encoded
from recenv.rewards.models.compact.segments import BUCKETS, CAPS, KINDS, Segment, unit
from recenv.rewards.models.device import at_once, of_model
from recenv.rewards.models.tokenizer import PAD, encode

_BATCH = 8  # segments and pairs a batch, always as many; near the best for one session and for many


class Given(NamedTuple):
    """pairs (N, P), features (N, E) of N units."""

    pairs: NDArray[np.float32]
    features: NDArray[np.float32]


class _Coded(NamedTuple):
    """One encoded segment, padded to its bucket."""

    states: Tensor
    mask: Tensor
    weights: Tensor
    pooled: Tensor


class CompactInputs:
    """Pairs and features of units by one network. segments_kept, pairs_kept bound the caches (about 12 kB and 1.1 kB each)."""

    def __init__(self, model: CompactNetwork, tokenizer: Tokenizer, segments_kept: int, pairs_kept: int) -> None:
        self._model, self._tokenizer, self._device = model, tokenizer, of_model(model)
        self._batch = at_once(self._device, _BATCH)
        self._segments: Cache[_Coded] = Cache(segments_kept)
        self._pairs: Cache[NDArray[np.float32]] = Cache(pairs_kept)

    def __call__(self, units: Sequence[tuple[ScorerRow, str]]) -> Given:
        """What is given of rows, each with one of its items, all of one dimension."""
        cut = [unit(row, item) for row, item in units]
        pairs = list(dict.fromkeys(pair for own in cut for kind in own.pairs for pair in kind))
        with torch.inference_mode():
            vectors = self._pair_vectors(pairs)
        pooled = [np.concatenate([_pool([vectors[p] for p in kind]) for kind in own.pairs]) for own in cut]
        return Given(np.stack(pooled), np.stack([own.features for own in cut]))

    def clear(self, *, keep_segments: bool = False) -> None:
        """Forget the pairs, and the encoded segments unless ``keep_segments``."""
        self._pairs.clear()
        if not keep_segments:
            self._segments.clear()

    def _pair_vectors(self, pairs: Sequence[tuple[Segment, Segment]]) -> dict[tuple[Segment, Segment], NDArray[np.float32]]:
        found = {p: v for p in pairs if (v := self._pairs.find(p)) is not None}
        todo = [p for p in pairs if p not in found]
        coded = self._encode(list(dict.fromkeys(s for p in todo for s in p)))
        groups: dict[tuple[int, int], list[tuple[Segment, Segment]]] = {}
        for pair in todo:
            groups.setdefault((len(coded[pair[0]].mask), len(coded[pair[1]].mask)), []).append(pair)
        for group in groups.values():
            for at in range(0, len(group), self._batch):
                part = group[at:at + self._batch]
                left, right = (self._stack([coded[pair[side]] for pair in part]) for side in (0, 1))
                block = self._model.interact(left, right).cpu().numpy()
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
        ids = encode(self._tokenizer, [s.text for s in todo], [CAPS[s.kind] for s in todo])
        groups: dict[int, list[int]] = {}
        batch = self._batch
        for n, tokens in enumerate(ids):
            groups.setdefault(next(b for b in BUCKETS if len(tokens) <= b), []).append(n)
        for bucket, members in groups.items():
            for at in range(0, len(members), batch):
                part = members[at:at + batch]
                block = torch.full((batch, bucket), PAD)
                mask = torch.zeros((batch, bucket), dtype=torch.bool)
                mask[:, 0] = True  # a row of padding alone would have no softmax
                for row, n in enumerate(part):
                    block[row, :len(ids[n])] = torch.tensor(ids[n])
                    mask[row, :len(ids[n])] = True
                kinds = torch.tensor([KINDS.index(todo[n].kind) for n in part] + [0] * (batch - len(part)))
                out = [t.cpu() for t in self._model.encode(*(t.to(self._device) for t in (block, mask, kinds)))]
                for row, n in enumerate(part):
                    found[todo[n]] = _Coded(*(t[row].clone() for t in out))
                    self._segments[todo[n]] = found[todo[n]]
        self._segments.trim()
        return found

    def _stack(self, coded: Sequence[_Coded]) -> Encoded:
        """A batch of segments where the network is."""
        full = [*coded, *[coded[0]] * (self._batch - len(coded))]
        return Encoded(*(torch.stack([getattr(c, field) for c in full]).to(self._device) for field in Encoded._fields))


def _pool(vectors: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Mean of a unit's pair vectors, with the largest and smallest statistics; in given order, so always the same sum."""
    if len(vectors) == 1:
        return np.concatenate([vectors[0], vectors[0][-STATS:], vectors[0][-STATS:]])
    block = np.stack(vectors)
    stats = block[:, -STATS:]
    return np.concatenate([block.mean(0), stats.max(0), stats.min(0)])
