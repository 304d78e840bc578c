"""Rows made ready for training: segments numbered once, units with features, and padded batches of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, Protocol

import msgspec
import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor

from recenv import rng
from recenv.records import ScorerRow
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rewards.fields import items_of, missing
from recenv.rewards.models.compact.segments import CAPS, KINDS, Segment, unit
from recenv.rewards.models.tokenizer import CLS, MASK, PAD, encode
from recenv.training.examples import labels_of
from recenv.training.fits.tokenizer import common_hanzi


class Prepared(NamedTuple):
    """The rows of one dimension. Row r owns units start[r] to start[r + 1]; unit u its pairs of kind k, pairs[k][u].

    features (U, E); labels (U,).
    """

    rows: list[ScorerRow]
    start: NDArray[np.int64]
    pairs: tuple[list[list[tuple[int, int]]], ...]
    features: NDArray[np.float32]
    labels: NDArray[np.float32]


class Listed(Protocol):
    """Rows that own units: what ``choose_units`` needs to know of them."""

    @property
    def start(self) -> NDArray[np.int64]: ...

    @property
    def labels(self) -> NDArray[np.float32]: ...


class SegmentTable:
    """Segments numbered in order of arrival."""

    def __init__(self) -> None:
        self.number: dict[Segment, int] = {}
        self.ids: list[NDArray[np.int64]] = []

    def __call__(self, segment: Segment) -> int:
        return self.number.setdefault(segment, len(self.number))

    def tokenise(self, tokenizer: Tokenizer) -> None:
        """Fill ``ids``, token ids of every segment seen so far."""
        known = list(self.number)
        ids = encode(tokenizer, [s.text for s in known], [CAPS[s.kind] for s in known])
        self.ids = [np.array(i, np.int64) for i in ids]
        self.kinds = np.array([KINDS.index(s.kind) for s in known], np.int64)


def part_of(row: ScorerRow, validation_share: float, test_share: float) -> str:
    """train, validation or test, by a hash of the row's group: rows of one group are never cut apart."""
    u = float(rng.uniform(rng.word("split"), rng.word(row.group or row.id)))
    return "test" if u < test_share else "validation" if u < test_share + validation_share else "train"


def kept(row: ScorerRow, low: float, high: float) -> bool:
    """Whether the hash of a row's group, uniform in [0, 1) and the same for everyone, falls into [low, high).

    Two scorers trained on disjoint intervals share no group, whatever their other settings are. The hash is
    rng.uniform(rng.word("keep"), rng.word(group or id)), independent of the one that parts are drawn by.
    """
    return low <= float(rng.uniform(rng.word("keep"), rng.word(row.group or row.id))) < high


def usable(row: ScorerRow) -> bool:
    """Whether a row can be trained on: labelled, with the fields that its dimension needs, a label an item of a list."""
    if row.label is None or missing(row):
        return False
    return isinstance(row.label, tuple) and len(row.label) == len(row.items) if DIMENSIONS[row.dimension].listwise \
        else isinstance(row.label, (int, float))


def prepare(rows: Sequence[ScorerRow], table: SegmentTable) -> Prepared:
    """Number the segments of usable rows of one dimension and compute their features."""
    start: list[int] = [0]
    labels: list[float] = []
    features: list[NDArray[np.float32]] = []
    pairs: tuple[list[list[tuple[int, int]]], ...] = tuple([] for _ in DIMENSIONS[rows[0].dimension].compares)
    for row in rows:
        for cut in (unit(row, item) for item in items_of(row)):
            for kind, own in zip(pairs, cut.pairs, strict=True):
                kind.append([(table(a), table(b)) for a, b in own])
            features.append(cut.features)
        labels += labels_of(row)
        start.append(len(features))
    return Prepared(list(rows), np.array(start), pairs, np.stack(features), np.array(labels, np.float32))


def data_hash(rows: Iterable[ScorerRow]) -> str:
    """sha256 over the rows' JSON, one a line, in given order."""
    digest = hashlib.sha256()
    for row in rows:
        digest.update(msgspec.json.encode(row, order="deterministic") + b"\n")
    return digest.hexdigest()


def choose_units(data: Listed, rows: NDArray[np.int64], items: int, *key: int) -> list[NDArray[np.int64]]:
    """Units of each row; of a list at most ``items``, all positives first, then negatives drawn anew under each key."""
    chosen = []
    for row in rows.tolist():
        own = np.arange(data.start[row], data.start[row + 1])
        if len(own) > items:
            noise = rng.uniform(*key, row, np.arange(len(own), dtype=np.uint64))
            own = np.sort(own[np.argsort(noise - 2.0 * (data.labels[own] > 0), kind="stable")[:items]])
        chosen.append(own)
    return chosen


def collate(data: Prepared, table: SegmentTable, chosen: Sequence[NDArray[np.int64]]) -> dict[str, Any]:
    """The keyword arguments of CompactNetwork.forward for the chosen units."""
    units = np.concatenate(chosen)
    seen: dict[int, int] = {}
    indices = []
    for kind in data.pairs:
        triples = [(n, seen.setdefault(a, len(seen)), seen.setdefault(b, len(seen)))
                   for n, u in enumerate(units.tolist()) for a, b in kind[u]]
        indices.append(np.array(triples, np.int64))
    blocks, place = _blocks(np.array(list(seen)), table)
    pairs = [torch.from_numpy(np.stack([i[:, 0], place[i[:, 1]], place[i[:, 2]]], 1)) for i in indices]
    return {
        "blocks": blocks, "pairs": pairs,
        "features": torch.from_numpy(data.features[units]), "labels": torch.from_numpy(data.labels[units]),
    }


def _blocks(wanted: NDArray[np.int64], table: SegmentTable) -> tuple[list[tuple[Tensor, Tensor, Tensor]], NDArray[np.int64]]:
    """Segments padded in up to four blocks of similar length, and where each went."""
    length = np.array([len(table.ids[s]) for s in wanted])
    order = np.argsort(length, kind="stable")
    place = np.empty(len(wanted), np.int64)
    place[order] = np.arange(len(wanted))
    blocks = []
    for part in np.array_split(order, 4 if len(order) >= 32 else 1):
        top = -(-int(length[part].max()) // 8) * 8
        ids = np.full((len(part), top), PAD, np.int64)
        for row, n in enumerate(part):
            ids[row, :length[n]] = table.ids[wanted[n]]
        mask = ids != PAD
        blocks.append((torch.from_numpy(ids), torch.from_numpy(mask), torch.from_numpy(table.kinds[wanted[part]])))
    return blocks, place


class Augment:
    """Noise on token ids, drawn from (seed, step): masked tokens, and now and then Chinese characters renamed throughout a batch.

    Renaming keeps which characters are equal and hides which ones they are: what is learned from it is matching, also of
    characters that training never shows.
    """

    def __init__(self, tokenizer: Tokenizer, mask_share: float, rename_share: float) -> None:
        self.mask_share, self.rename_share = mask_share, rename_share
        self.hanzi = np.array([tokenizer.token_to_id(c) for c in common_hanzi()], np.int64)
        self.size = tokenizer.get_vocab_size()

    def __call__(self, batch: dict[str, Any], seed: int, step: int) -> None:
        key = (seed, rng.word("augment"), step)
        rename = None
        if float(rng.uniform(*key, 0)) < self.rename_share:
            rename = np.arange(self.size)
            rename[self.hanzi] = self.hanzi[rng.permutation(len(self.hanzi), *key, 1)]
        blocks = []
        for n, (ids, mask, kinds) in enumerate(batch["blocks"]):
            new = ids.numpy() if rename is None else rename[ids.numpy()]
            noise = rng.uniform(*key, 2, n, np.arange(new.size, dtype=np.uint64)).reshape(new.shape)
            hit = (noise < self.mask_share) & mask.numpy() & (new != CLS)
            blocks.append((torch.from_numpy(np.where(hit, MASK, new)), mask, kinds))
        batch["blocks"] = blocks
