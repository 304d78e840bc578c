"""The shipped kind of trained scorer: five calibrated heads over one compact encoder.

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

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from recenv.errors import UnknownName
from recenv.records import ScorerRow
from recenv.rewards import checkpoint, segments
from recenv.rewards.calibration import Calibration
from recenv.rewards.metrics import shown_ndcg
from recenv.rewards.model import STATS, CompactScorer, Encoded
from recenv.rewards.protocol import ScorerSpec, Scores
from recenv.rewards.segments import BUCKETS, CAPS, KINDS, Segment, Unit
from recenv.rewards.tokenizer import PAD, encode

# Fixed numbers of segments, pairs and units a batch; 8 is near the best for one session and for many.
_ENCODE, _INTERACT, _HEAD = 8, 8, 64
_PASS = 512  # units computed before the caches are trimmed: bounds memory, has no influence on any score
_V = TypeVar("_V")


class _Cache(OrderedDict[object, _V], Generic[_V]):
    """Entries in order of use; ``trim`` drops the least recently used beyond the limit."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.limit = limit

    def find(self, key: object) -> _V | None:
        if key not in self:
            return None
        self.move_to_end(key)
        return self[key]

    def trim(self) -> None:
        while len(self) > self.limit:
            self.popitem(last=False)


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
        self._segments: _Cache[_Coded] = _Cache(segments_kept)
        self._pairs: _Cache[NDArray[np.float32]] = _Cache(pairs_kept)
        self._logits: _Cache[float] = _Cache(scores_kept)
        self.scorers = {d: HeadScorer(self, d) for d in self.checkpoint.config.architecture.dimensions}

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
        """Uncalibrated logits of rows that can be scored: (1,) each, or (C,) for item_ranking."""
        wanted: dict[bytes, tuple[ScorerRow, str]] = {}
        known: dict[bytes, float] = {}
        keys: list[list[bytes]] = []
        for row in rows:
            items = row.items if row.dimension == "item_ranking" else (row.item,)
            keys.append([_digest(row, item) for item in items])
            for key, item in zip(keys[-1], items, strict=True):
                value = self._logits.find(key)
                if value is None:
                    wanted[key] = (row, item)
                else:
                    known[key] = value
        todo = list(wanted.items())
        for at in range(0, len(todo), _PASS):
            part = todo[at:at + _PASS]
            values = self._compute(part[0][1][0].dimension, [segments.unit(row, item) for _, (row, item) in part])
            known.update(zip((key for key, _ in part), values, strict=True))
        for key in wanted:
            self._logits[key] = known[key]
        self._logits.trim()
        return [np.array([known[k] for k in own], np.float64) for own in keys]

    def _compute(self, dimension: str, units: Sequence[Unit]) -> list[float]:
        pairs = list(dict.fromkeys(pair for unit in units for kind in unit.pairs for pair in kind))
        with torch.inference_mode():
            vectors = self._pair_vectors(pairs)
            given = torch.from_numpy(np.stack([u.features for u in units]))
            rows = [np.concatenate([_pool([vectors[p] for p in kind]) for kind in u.pairs]) for u in units]
            joined = torch.from_numpy(np.stack(rows))
            head = self.model.head(dimension)
            out: list[float] = []
            for at in range(0, len(units), _HEAD):
                a, b = _fill(joined[at:at + _HEAD], _HEAD), _fill(given[at:at + _HEAD], _HEAD)
                out += head(a, b)[:len(units) - at].double().tolist()
        return out

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


class HeadScorer:
    """One dimension of a checkpoint as a Scorer."""

    def __init__(self, owner: EncoderScorers, dimension: str) -> None:
        config = owner.checkpoint.config
        self._owner, self._calibration = owner, config.calibration[dimension]
        self._spec = ScorerSpec(
            name=f"{config.name}/{dimension}", dimension=dimension, kind="encoder", reads=segments.READS[dimension],
            fingerprint=owner.checkpoint.fingerprint, calibration=str(self._calibration), training_data=config.training_data,
        )

    @property
    def spec(self) -> ScorerSpec:
        return self._spec

    @property
    def calibration(self) -> Calibration:
        return self._calibration

    def score(self, rows: Sequence[ScorerRow]) -> Scores:
        """Values (N,) in [0, 1], NaN where a required field is empty; raises InputError for rows of another dimension."""
        segments.check_rows(rows, self._spec.dimension)
        reasons = tuple(segments.missing(row) for row in rows)
        values = np.full(len(rows), np.nan, np.float32)
        fine = [n for n, reason in enumerate(reasons) if not reason]
        logits = self._owner.logits([rows[n] for n in fine])
        if self._spec.dimension != "item_ranking":
            if fine:
                values[fine] = self._calibration.apply(np.concatenate(logits))
            return Scores(values, reasons)
        lists = [np.zeros(0, np.float32)] * len(rows)
        for n, z in zip(fine, logits, strict=True):
            p = self._calibration.apply_list(z)
            lists[n] = p.astype(np.float32)
            values[n] = min(shown_ndcg(p, rows[n].shown), 1.0)
        return Scores(values, reasons, tuple(lists))


def load_scorers(path: str | Path = "default", dimensions: Sequence[str] | None = None) -> dict[str, HeadScorer]:
    """The scorers of a checkpoint folder ("default": the shipped one) by dimension; they share one encoder and its caches.

    Raises WeightsError for a checkpoint that cannot be used, UnknownName for a dimension that it does not have.
    """
    scorers = EncoderScorers(path).scorers
    for d in dimensions or ():
        if d not in scorers:
            raise UnknownName("dimension", d, scorers)
    return {d: scorers[d] for d in (dimensions or scorers)}


def _digest(row: ScorerRow, item: str) -> bytes:
    """Identity of one unit by content."""
    h = hashlib.blake2b(digest_size=16)
    for field in ("dimension", *segments.READS[row.dimension]):
        text = (item if field in ("item", "items") else str(getattr(row, field))).encode("utf-8", "surrogatepass")
        h.update(len(text).to_bytes(8, "little"))
        h.update(text)
    return h.digest()


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
