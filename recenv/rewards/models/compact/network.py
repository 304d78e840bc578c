"""The network: one small BERT over single segments, late interaction between pairs of them, a head per dimension.

Two opinions, each learned for itself and blended on validation rows: wide(features), and bound * tanh(deep(pairs, features) /
bound). The explicit features carry what can be computed; what the network reads is bounded, so that text far from the training
rows cannot overrule a violated number.
"""

from __future__ import annotations

from typing import NamedTuple

import msgspec
import torch
from torch import Tensor, nn

from recenv.rewards.dimensions import DIMENSIONS
from recenv.rewards.features import vector
from recenv.rewards.models.compact.segments import CAPS, KINDS
from recenv.rewards.models.tokenizer import PAD
from recenv.rewards.models.wide import Wide

STATS = 6
"""Late-interaction statistics of a pair: weighted mean, mean and soft minimum of the best match, both ways."""


class CompactArchitecture(msgspec.Struct, frozen=True, kw_only=True):
    """Sizes of the network; bound is in logits."""

    vocabulary: int
    layers: int = 2
    hidden: int = 128
    heads: int = 4
    feed_forward: int = 256
    match: int = 32
    pooled: int = 64
    head: int = 64
    bound: float = 3.0
    dimensions: tuple[str, ...]


class Encoded(NamedTuple):
    """Encoded segments: states (S, L, match) of unit length, mask (S, L), weights (S, L) summing to 1, pooled (S, pooled)."""

    states: Tensor
    mask: Tensor
    weights: Tensor
    pooled: Tensor


class CompactNetwork(nn.Module):
    """Encoder, interaction and heads. ``forward`` is what is trained: the deep path."""

    def __init__(self, architecture: CompactArchitecture) -> None:
        from transformers import BertConfig, BertModel

        super().__init__()
        self.architecture = a = architecture
        with torch.random.fork_rng(devices=[]):  # constructors draw from the global generator; every draw is replaced below
            self.encoder = BertModel(
                BertConfig(
                    vocab_size=a.vocabulary, hidden_size=a.hidden, num_hidden_layers=a.layers, num_attention_heads=a.heads,
                    intermediate_size=a.feed_forward, max_position_embeddings=max(CAPS.values()), type_vocab_size=len(KINDS),
                    hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, pad_token_id=PAD,
                ),
                add_pooling_layer=False,
            )
            self.match = nn.Linear(a.hidden, a.match, bias=False)
            self.weigh = nn.Linear(a.hidden, 1)
            self.pool = nn.Linear(a.hidden, a.pooled)
            self.heads = nn.ModuleDict({d: Head(d, a) for d in a.dimensions})

    def initialise(self, generator: torch.Generator) -> None:
        """Draw every parameter from the generator: normal(0, 0.02) in the encoder, else Xavier; norms are 1, biases 0."""
        with torch.no_grad():
            for name, parameter in self.named_parameters():
                if "LayerNorm" in name and name.endswith("weight"):
                    parameter.fill_(1.0)
                elif parameter.dim() < 2:
                    parameter.zero_()
                elif name.startswith("encoder."):
                    parameter.normal_(0.0, 0.02, generator=generator)
                else:
                    nn.init.xavier_uniform_(parameter, generator=generator)

    def head(self, dimension: str) -> Head:
        """The head of a dimension."""
        module = self.heads[dimension]
        if not isinstance(module, Head):
            raise TypeError(f"expected a Head for {dimension}, got {type(module).__name__}")
        return module

    def encode(self, ids: Tensor, mask: Tensor, kinds: Tensor) -> Encoded:
        """ids (S, L) int64, mask (S, L) bool, kinds (S,) index into KINDS."""
        types = kinds[:, None].expand_as(ids)
        hidden: Tensor = self.encoder(input_ids=ids, attention_mask=mask.long(), token_type_ids=types).last_hidden_state
        weights = torch.softmax(self.weigh(hidden).squeeze(-1).masked_fill(~mask, -1e4), -1)
        states = nn.functional.normalize(self.match(hidden), dim=-1)
        return Encoded(states, mask, weights, self.pool((weights[..., None] * hidden).sum(1)))

    @staticmethod
    def interact(a: Encoded, b: Encoded) -> Tensor:
        """(R, 4 * pooled + STATS) vectors of R pairs."""
        similarity = a.states @ b.states.transpose(1, 2)  # (R, La, Lb)
        stats = [
            *_match(similarity.masked_fill(~b.mask[:, None, :], -1.0).amax(2), a.mask, a.weights),
            *_match(similarity.masked_fill(~a.mask[:, :, None], -1.0).amax(1), b.mask, b.weights),
        ]
        return torch.cat([a.pooled, b.pooled, a.pooled * b.pooled, (a.pooled - b.pooled).abs(), torch.stack(stats, 1)], 1)

    def forward(
        self, dimension: str, blocks: list[tuple[Tensor, Tensor, Tensor]], pairs: list[Tensor], features: Tensor
    ) -> Tensor:
        """(R,) logits. blocks: (ids, mask, kinds) of segments padded alike. pairs: one (P, 3) int64 a pair kind, columns unit,
        segment, segment; segments are numbered through the blocks. features (R, E)."""
        encoded = _concatenate([self.encode(*block) for block in blocks])
        pooled = []
        for index in pairs:
            vectors = self.interact(_take(encoded, index[:, 1]), _take(encoded, index[:, 2]))
            pooled.append(_by_unit(vectors, index[:, 0], len(features)))
        logits: Tensor = self.head(dimension)(torch.cat(pooled, 1), features)
        return logits


class Head(Wide):
    """Wide path over features (``judge``), deep path over pairs and features (``forward``)."""

    def __init__(self, dimension: str, a: CompactArchitecture) -> None:
        super().__init__(len(vector.names(dimension)), a.head)
        self.bound = a.bound
        n_pairs = len(DIMENSIONS[dimension].compares) * pair_size(a)
        self.deep = nn.Sequential(nn.Linear(n_pairs + len(self.mean), a.head), nn.GELU(), nn.Linear(a.head, 1))

    def forward(self, pairs: Tensor, given: Tensor) -> Tensor:
        """(R,) logits of the deep path for pairs (R, P) and features (R, E)."""
        deep: Tensor = self.deep(torch.cat([pairs, self.standard(given)], 1)).squeeze(1)
        return self.bound * torch.tanh(deep / self.bound)


def pair_size(a: CompactArchitecture) -> int:
    """Length of a pair kind's vector: the mean over its pairs, with largest and smallest statistics."""
    return 4 * a.pooled + 3 * STATS


def _match(best: Tensor, mask: Tensor, weights: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Weighted mean, mean and soft minimum (R,) of the best matches (R, L) of a side's tokens."""
    real = mask.float()
    count = real.sum(1)
    soft = (torch.exp(-5.0 * best) * real).sum(1) / count
    return (weights * best).sum(1), (best * real).sum(1) / count, -torch.log(soft) / 5.0


def _concatenate(blocks: list[Encoded]) -> Encoded:
    length = max(b.states.shape[1] for b in blocks)

    def pad(x: Tensor) -> Tensor:
        extra = [0, 0] * (x.dim() - 2) + [0, length - x.shape[1]]
        return nn.functional.pad(x, extra)

    return Encoded(torch.cat([pad(b.states) for b in blocks]), torch.cat([pad(b.mask) for b in blocks]),
                   torch.cat([pad(b.weights) for b in blocks]), torch.cat([b.pooled for b in blocks]))


def _take(encoded: Encoded, index: Tensor) -> Encoded:
    """The segments of an index, without columns that are padding in all of them."""
    mask = encoded.mask[index]
    length = int(mask.sum(1).max())
    return Encoded(encoded.states[index, :length], mask[:, :length], encoded.weights[index, :length], encoded.pooled[index])


def _by_unit(vectors: Tensor, unit: Tensor, n: int) -> Tensor:
    """(n, pair_size) from pair vectors: mean, then largest and smallest statistics over each unit's pairs."""
    stats = vectors[:, -STATS:]
    if len(vectors) == n:
        return torch.cat([vectors, stats, stats], 1)
    count = vectors.new_zeros(n).index_add(0, unit, vectors.new_ones(len(unit)))
    mean = vectors.new_zeros(n, vectors.shape[1]).index_add(0, unit, vectors) / count[:, None]
    at = unit[:, None].expand_as(stats)
    top = vectors.new_full((n, STATS), -torch.inf).scatter_reduce(0, at, stats, "amax")
    low = vectors.new_full((n, STATS), torch.inf).scatter_reduce(0, at, stats, "amin")
    return torch.cat([mean, top, low], 1)
