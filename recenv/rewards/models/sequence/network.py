"""The cross-encoder: any sequence classifier as a trunk, with a judge of the explicit features beside it.

The trunk's logit, cut softly at ``bound`` where one is set, and the features' are two opinions, each learned for itself and
blended on validation rows: a trunk that is trained on what the features leave over learns little that new rows bear out.
Dimensions that the trunk does not read are judged by features alone, some of which may be the base's own (``semantic``).
"""

from __future__ import annotations

import copy
import inspect
from typing import Any

import msgspec
import torch
from torch import Tensor, nn

from recenv.rewards.features import vector
from recenv.rewards.models.sequence import similarities
from recenv.rewards.models.wide import Wide


class SequenceArchitecture(msgspec.Struct, frozen=True, kw_only=True):
    """dimensions: columns of the trunk's logits. read: those whose sequences the trunk reads. features: whether the explicit ones
    are judged; semantic: with those of the base as it came, axes: of answers (similarities.AXED). bound: in logits; 0: none."""

    dimensions: tuple[str, ...]
    read: tuple[str, ...]
    vocabulary: int
    max_length: int
    head: int = 64
    features: bool = True
    semantic: bool = False
    axes: int = 0
    bound: float = 0.0

    def names(self, dimension: str) -> tuple[str, ...]:
        """Names of the features of a dimension, in the order of the vector."""
        if not self.features:
            return ()
        return vector.names(dimension) + (similarities.names(dimension, self.axes) if self.semantic else ())


class SequenceNetwork(nn.Module):
    """A trunk with one logit a dimension, and a wide path a dimension.

    ``forward`` is what is trained: the trunk where it reads, else the wide path.
    """

    axes: Tensor | None

    def __init__(self, architecture: SequenceArchitecture, trunk: nn.Module) -> None:
        super().__init__()
        self.architecture = architecture
        self.trunk: Any = trunk
        self.typed = has_types(trunk)
        config: Any = trunk.config
        self.twin = _twin(trunk) if architecture.semantic else None
        placed = architecture.semantic and architecture.axes > 0
        self.register_buffer("axes", torch.zeros(1 + architecture.axes, config.hidden_size) if placed else None)
        with torch.random.fork_rng(devices=[]):  # every draw is replaced by ``initialise``
            self.heads = nn.ModuleDict(
                {d: Wide(len(architecture.names(d)), architecture.head) for d in architecture.dimensions}
                if architecture.features else {}
            )

    def initialise(self, generator: torch.Generator) -> None:
        """Draw the wide paths from the generator: Xavier, biases 0."""
        with torch.no_grad():
            for parameter in self.heads.parameters():
                if parameter.dim() < 2:
                    parameter.zero_()
                else:
                    nn.init.xavier_uniform_(parameter, generator=generator)

    def head(self, dimension: str) -> Wide:
        """The wide path of a dimension."""
        module = self.heads[dimension]
        if not isinstance(module, Wide):
            raise TypeError(f"expected a wide path for {dimension}, got {type(module).__name__}")
        return module

    def deep(self, dimension: str, ids: Tensor, mask: Tensor, types: Tensor) -> Tensor:
        """(R,) what the trunk makes of sequences (R, L)."""
        given = {"input_ids": ids, "attention_mask": mask}
        if self.typed:
            given["token_type_ids"] = types
        logits: Tensor = self.trunk(**given).logits.float()
        own = logits[:, self.architecture.dimensions.index(dimension)]
        bound = self.architecture.bound
        return bound * torch.tanh(own / bound) if bound > 0 else own

    def states(self, ids: Tensor, mask: Tensor) -> Tensor:
        """(B, L, H) last hidden states of the base as it came, for ids and mask (B, L)."""
        if self.twin is None:
            raise ValueError("this model was built without semantic features")
        found: Tensor = self.twin(input_ids=ids, attention_mask=mask).last_hidden_state
        return found

    def forward(self, dimension: str, ids: Tensor, mask: Tensor, types: Tensor, features: Tensor) -> Tensor:
        """(R,) logits. ids, mask, types (R, L) int64, unused where the trunk does not read the dimension; features (R, E)."""
        if dimension in self.architecture.read:
            return self.deep(dimension, ids, mask, types)
        return self.head(dimension).judge(features).float()


def _twin(trunk: Any) -> nn.Module:
    """The base as it came: a copy that is never trained and shares the embedding table, whose old rows are not trained either."""
    twin: Any = copy.deepcopy(trunk.base_model)
    twin.set_input_embeddings(trunk.get_input_embeddings())
    for parameter in twin.parameters():
        if parameter is not trunk.get_input_embeddings().weight:
            parameter.requires_grad_(False)
    found: nn.Module = twin.eval()
    return found


def has_types(trunk: Any) -> bool:
    """Whether a trunk tells the two halves of a sequence apart by token types."""
    takes = "token_type_ids" in inspect.signature(trunk.forward).parameters
    return takes and int(getattr(trunk.config, "type_vocab_size", 0) or 0) > 1
