"""How to train, by network; written into the checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from recenv.errors import InputError, UnknownName
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rewards.models.boosted.ensemble import LEAVES
from recenv.training.fits.tokenizer import VOCABULARY


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The compact network, and what every training shares.

    batch: rows a step; lists: lists a step. rows_per_epoch: most rows of a dimension seen in an epoch, drawn anew each time
    (0: all; half as many lists or responses, which cost more). rows_per_source: the same for the rows of one source, the part
    of a row's id before the first "/", so that a large set does not drown a small one. list_items: most items of a list seen
    at once. patience: epochs without a better validation loss before stopping. pair_weight: of the pairwise loss between rows
    that answer the same request. augment: further training rows made from the given ones, as a share of them (see augment).
    keep: the rows used at all, those whose group hashes into [low, high) (see batches.kept): disjoint intervals give disjoint
    training rows. experts: with second opinions beside the network (see opinions). threads: 1 for the same bytes at every run.
    bf16: mixed precision.
    """

    seed: int = 0
    epochs: int = 6
    patience: int = 3
    batch: int = 64
    lists: int = 16
    rows_per_epoch: int = 4_000
    rows_per_source: int = 0
    list_items: int = 8
    learning_rate: float = 4e-4
    weight_decay: float = 0.02
    warmup: float = 0.05
    pair_weight: float = 0.5
    augment: float = 0.0
    keep: tuple[float, float] = (0.0, 1.0)
    validation_share: float = 0.12
    test_share: float = 0.15
    experts: bool = False
    bf16: bool = False
    threads: int = 1
    mask_share: float = 0.05
    rename_share: float = 0.1
    vocabulary: int = VOCABULARY
    layers: int = 2
    hidden: int = 128

    def __post_init__(self) -> None:
        low, high = self.keep
        if not 0.0 <= low < high <= 1.0:
            raise InputError(f"keep must be an interval within 0.0-1.0, such as 0.0-0.8; got {low}-{high}")
        for name in ("epochs", "patience", "batch", "lists", "list_items", "threads"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} must be at least 1; got {getattr(self, name)}")


class SequenceSettings(Settings, frozen=True, kw_only=True):
    """A base checkpoint as a cross-encoder.

    max_length: tokens a sequence, special ones included. frozen_embeddings, frozen_layers: the embeddings, and with at least
    one layer also the embeddings and the lowest layers, keep the base's weights. added_tokens: most Chinese characters that
    the base's tokenizer does not know and that are added to it. head_rate: learning rate of what is new (classification head,
    added tokens). read: dimensions whose sequences the trunk reads; others are judged by features alone. features: judge by
    the explicit features too. semantic: with similarities that the base sees as it came. axes: directions of meaning along
    which the answers of a dialogue are placed (see fits.axes). bound: most logits of what the trunk reads, either way (0: no
    bound). storage: of the weights on disk; int8 is per row and symmetric.
    """

    epochs: int = 3
    patience: int = 2
    batch: int = 32
    lists: int = 6
    rows_per_epoch: int = 0
    learning_rate: float = 6e-5
    head_rate: float = 5e-4
    mask_share: float = 0.0
    rename_share: float = 0.0
    max_length: int = 192
    frozen_embeddings: bool = False
    frozen_layers: int = 0
    added_tokens: int = 4_000
    read: tuple[str, ...] = msgspec.field(default_factory=lambda: tuple(DIMENSIONS))
    features: bool = True
    semantic: bool = False
    axes: int = 0
    bound: float = 0.0
    storage: Literal["int8", "float16"] = "int8"

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.features and (self.semantic or self.experts or set(self.read) < set(DIMENSIONS)):
            raise InputError("semantic, experts and dimensions that the trunk does not read need features; got features=false")
        if self.axes and not self.semantic:
            raise InputError(f"axes are of semantic features: set semantic, or axes to 0; got {self.axes}")
        if self.semantic and not (self.frozen_embeddings or self.frozen_layers):
            raise InputError("semantic shares the base's embeddings: set frozen_embeddings, or frozen_layers to at least 1")
        if self.max_length < 32:
            raise InputError(f"max_length must be at least 32 tokens; got {self.max_length}")


class BoostedSettings(Settings, frozen=True, kw_only=True):
    """Boosted trees over features alone.

    ranking: trees that learn the order of items that one request is held against; trees: those that learn probabilities,
    after them; claims: trees where responses are read claim by claim. rate: what a tree counts; leaves: most of a tree, of
    one that ranks; least: units in a leaf; share: of the features that a tree may use. balance: 1 lets every source count
    alike, 0 every row. written: how many rows of its source an answer counts whose sentences are labelled. errands: requests of
    several wishes that are added, as a share of those of one (see errands).
    """

    ranking: int = 120
    trees: int = 150
    claims: int = 1000
    rate: float = 0.06
    leaves: int = 8
    least: int = 40
    share: float = 0.3
    balance: float = 0.5
    written: float = 2.0
    errands: float = 0.2

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 2 <= self.leaves <= LEAVES:
            raise InputError(f"leaves must be 2 to {LEAVES}; got {self.leaves}")
        if not 0.0 <= self.balance <= 1.0:
            raise InputError(f"balance must lie in 0 to 1; got {self.balance}")


KINDS = {"compact": Settings, "sequence": SequenceSettings, "boosted": BoostedSettings}
"""By network."""


def settings_for(network: str, changes: Mapping[str, Any]) -> Settings:
    """The settings of a network, with fields changed.

    Raises UnknownName for a network, or for a field that its settings do not have, InputError for a value that does not fit.
    """
    if network not in KINDS:
        raise UnknownName("network", network, KINDS)
    kind = KINDS[network]
    for field in changes:
        if field not in kind.__struct_fields__:
            raise UnknownName("training setting", field, kind.__struct_fields__)
    try:
        return msgspec.convert(dict(changes), kind)
    except msgspec.ValidationError as error:
        raise InputError(f"a training setting does not fit: {error}") from None
