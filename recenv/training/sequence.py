"""Training a base checkpoint as a cross-encoder, with a judge of the explicit features beside it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from recenv.errors import InputError
from recenv.records import ScorerRow
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rewards.features import vector
from recenv.rewards.fields import items_of
from recenv.rewards.models.calibration import Calibration
from recenv.rewards.models.checkpoint import Written
from recenv.rewards.models.described import SCHEMA
from recenv.rewards.models.forest import Forest
from recenv.rewards.models.opinions import SecondOpinions
from recenv.rewards.models.quantised import rounded
from recenv.rewards.models.sequence.checkpoint import SequenceConfig, stored
from recenv.rewards.models.sequence.inputs import NOTHING, SequenceInputs
from recenv.rewards.models.sequence.network import SequenceArchitecture, SequenceNetwork
from recenv.rewards.models.sequence.scorers import pad
from recenv.rewards.models.sequence.similarities import Semantics, axed
from recenv.rewards.models.sequence.text import Assembler, Tokens, sides
from recenv.rewards.models.topic import COLUMNS, Topic
from recenv.rewards.models.wide import Wide, standard
from recenv.training.augment import ADDED
from recenv.training.base import Base, add_tokens, freeze, load_base, unknown_hanzi
from recenv.training.examples import Progress, Split, labels_of
from recenv.training.fits.axes import fit_axes
from recenv.training.fits.blend import fit_blend
from recenv.training.fits.topic import Pairs, fit_topic, topic_pairs
from recenv.training.learner import Learner, standardise
from recenv.training.plan import Pool
from recenv.training.settings import SequenceSettings


class Tokenised(NamedTuple):
    """The rows of one dimension, tokenised once. Row r owns units start[r] to start[r + 1]; see examples.Data."""

    rows: list[ScorerRow]
    start: NDArray[np.int64]
    tokens: list[Tokens]
    features: NDArray[np.float32]
    labels: NDArray[np.float32]


class SequenceLearner(Learner):
    """Token sequences, features and a model over a base's trunk for the rows of a split."""

    name = "sequence"
    settings: SequenceSettings
    model: SequenceNetwork

    def __init__(self, splits: Split, dimensions: Sequence[str], settings: SequenceSettings, base: str, tell: Progress) -> None:
        self.settings = settings
        opened = load_base(base, len(dimensions), settings.seed)
        _check_length(opened, settings.max_length)
        self._digest = _digest(opened)
        texts = (t for rows in splits["train"].values() for r in rows
                 for t in (r.instruction, r.query, r.response, r.evidence, r.user, r.context, r.item, *r.items))
        self.added = add_tokens(opened, unknown_hanzi(opened.tokenizer, texts, settings.added_tokens), settings.seed)
        opened.trunk.load_state_dict(rounded(opened.trunk.state_dict(), settings.storage))  # learn on what will be stored
        freeze(opened.trunk, settings.frozen_embeddings, settings.frozen_layers, self.added)
        self.base, self.fresh = Path(base).name if Path(base).is_dir() else base, opened.fresh
        self.tokenizer, self.padding = opened.tokenizer, int(opened.trunk.config.pad_token_id)
        assemble = Assembler(self.tokenizer, settings.max_length)
        self.model = SequenceNetwork(
            SequenceArchitecture(
                dimensions=tuple(dimensions), read=tuple(d for d in dimensions if d in settings.read),
                vocabulary=self.tokenizer.get_vocab_size(), max_length=settings.max_length, features=settings.features,
                semantic=settings.semantic, axes=settings.axes if any(map(axed, dimensions)) else 0, bound=settings.bound),
            opened.trunk,
        )
        self._set_axes([row for d in dimensions if axed(d) for row in splits["train"][d]])
        inputs = self._inputs = SequenceInputs(self.model, self.tokenizer)
        self.data: dict[str, dict[str, Tokenised]] = {}
        for n, d in enumerate(dimensions):
            tell(f"preparing {d}", n, len(dimensions))
            self.data[d] = {part: _tokenise(splits[part][d], assemble, inputs) for part in ("train", "validation")}
        self.second, self.blends = SecondOpinions(), {}
        self.model.initialise(torch.Generator().manual_seed(settings.seed))
        for d in dimensions if settings.features else ():
            standardise(self.model.head(d), self.data[d]["train"].features)

    def _set_axes(self, rows: Sequence[ScorerRow]) -> None:
        """Axes by the answers of the training rows, each text once."""
        if self.model.axes is None:
            return
        texts = list(dict.fromkeys(row.item for row in rows))
        means = Semantics(self.model.states, self.tokenizer).means(texts)
        if len(means) <= self.model.architecture.axes:
            raise InputError(f"axes must be fewer than the distinct answers that the base can read: {len(means)} in the training "
                             f"part; got {self.model.architecture.axes}")
        found = {"axes": fit_axes(means, self.model.architecture.axes)}
        self.model.axes.copy_(rounded(found, self.settings.storage)["axes"])

    def identity(self) -> dict[str, Any]:
        return {"base": self.base, "digest": self._digest}

    def collate(self, dimension: str, part: str, chosen: Sequence[NDArray[np.int64]], step: int | None) -> dict[str, Any]:
        data, units = self.data[dimension][part], np.concatenate(chosen)
        tokens = [data.tokens[u] for u in units.tolist()]
        if not self.reads(dimension):
            tokens = [NOTHING] * len(tokens)
        length = min(-(-max(len(t.ids) for t in tokens) // 8) * 8, self.settings.max_length)
        ids, mask, types = pad(tokens, length, len(tokens), self.padding)
        return {"ids": ids, "mask": mask, "types": types, "features": torch.from_numpy(data.features[units]),
                "labels": torch.from_numpy(data.labels[units])}

    def lengths(self, dimension: str, part: str) -> NDArray[np.int64]:
        if not self.reads(dimension):
            return np.zeros(len(self.data[dimension][part].labels), np.int64)
        return np.array([len(t.ids) for t in self.data[dimension][part].tokens], np.int64)

    def reads(self, dimension: str) -> bool:
        return dimension in self.model.architecture.read

    def wide(self, dimension: str) -> Wide | None:
        return self.model.head(dimension) if self.settings.features else None

    def pools(self) -> dict[str, Pool]:
        """Only what the trunk reads: features alone have been fitted to the end before (``warm_start``)."""
        return {d: own for d, own in super().pools().items() if self.reads(d)}

    def second_opinions(self, parts: tuple[str, ...], tell: Progress) -> SecondOpinions:
        """With a topic line beside the forest where the base sees likenesses; weighed once, on validation rows held out."""
        found = super().second_opinions(parts, tell)
        for d in (d for d in found.forests if self.settings.semantic and "topic" in DIMENSIONS[d].opinions):
            rows = [row for part in parts for row in self.data[d][part].rows]
            names = self.model.architecture.names(d)
            line = fit_topic(*self._sides(d, self._pairs(rows)), [names.index(c) for c in COLUMNS])
            before = self.second.topics.get(d)
            found.topics[d] = line.mixing(before.mixed) if before else self._mixed(d, found.forests[d], line)
        return found

    def _mixed(self, dimension: str, forest: Forest, line: Topic) -> Topic:
        """The topic line, weighed against the forest on validation rows and pairs of them."""
        held = self.data[dimension]["validation"]
        found = self._pairs(held.rows)
        rows = [*held.rows, *found.own, *found.other]
        given = np.concatenate([standard(self.model.head(dimension), held.features), *self._sides(dimension, found)])
        labels = np.concatenate([held.labels, np.ones(len(found.own)), np.zeros(len(found.other))])
        groups = [row.group or row.id for row in rows]
        return line.mixing(fit_blend([forest.logits(given), line.logits(rows, given)], labels, groups))

    def _pairs(self, rows: Sequence[ScorerRow]) -> Pairs:
        return topic_pairs([row for row in rows if not row.id.startswith(ADDED)], self.settings.seed)

    def _sides(self, dimension: str, found: Pairs) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Standardised features (P, E) of both sides of pairs."""
        a, b = (self._inputs([(row, "") for row in side]) for side in found)
        width, head = len(self.model.architecture.names(dimension)), self.model.head(dimension)
        return standard(head, a.reshape(-1, width)), standard(head, b.reshape(-1, width))

    def parameter_groups(self) -> list[dict[str, Any]]:
        """The trunk at its own rate; what is new at head_rate. Biases, norms and embeddings are not decayed: rows of the
        embedding matrix that a batch does not use, or that are frozen, would shrink."""
        s, groups = self.settings, dict[tuple[bool, bool], list[torch.nn.Parameter]]()
        table = self.model.trunk.get_input_embeddings().weight
        for name, parameter in self.model.named_parameters():
            if not parameter.requires_grad or name.startswith(("twin.", "heads.")):  # heads have been fitted to the end before
                continue
            frozen_table = parameter is table and (s.frozen_embeddings or s.frozen_layers > 0)  # only added rows move
            new = not name.startswith("trunk.") or name.removeprefix("trunk.") in self.fresh or frozen_table
            groups.setdefault((new, parameter.dim() >= 2 and parameter is not table), []).append(parameter)
        return [{"params": groups[new, decays], "lr": s.head_rate if new else s.learning_rate,
                 "weight_decay": s.weight_decay if decays else 0.0} for new, decays in sorted(groups)]

    def described(
        self, name: str, calibration: Mapping[str, Calibration], training_data: str, trained: dict[str, Any]
    ) -> SequenceConfig:
        used = {d: self.model.architecture.names(d) for d in self.data} if self.settings.features else {}
        return SequenceConfig(
            schema=SCHEMA, name=name, architecture=self.model.architecture, features_version=vector.VERSION, features=used,
            calibration=dict(calibration), training_data=training_data, trained=trained, base=self.base,
            storage=self.settings.storage, blends=dict(self.blends),
        )

    def written(self) -> Written:
        return stored(self.model, self.tokenizer, self.settings.storage, self.second)


def _tokenise(rows: Sequence[ScorerRow], assemble: Assembler, inputs: SequenceInputs) -> Tokenised:
    """Sequences, features and labels of usable rows of one dimension."""
    pairs = [(row, item) for row in rows for item in items_of(row)]
    size = [len(items_of(row)) for row in rows]
    labels = [v for row in rows for v in labels_of(row)]
    return Tokenised(list(rows), np.concatenate([[0], np.cumsum(size)]).astype(np.int64),
                     assemble([sides(r, i) for r, i in pairs]), inputs(pairs), np.array(labels, np.float32))


def _check_length(base: Base, max_length: int) -> None:
    config = base.trunk.config
    most = int(getattr(config, "max_position_embeddings", 0) or 0)
    if config.model_type in ("roberta", "xlm-roberta", "camembert", "mpnet"):
        most -= 2  # positions start behind the padding token's
    if 0 < most < max_length:
        raise InputError(f"max_length must be at most {most}, the longest sequence of base {base.name}; got {max_length}")


def _digest(base: Base) -> str:
    """sha256 over the base's weights and tokenizer."""
    digest = hashlib.sha256(base.tokenizer.to_str().encode())
    for name, tensor in sorted(base.trunk.state_dict().items()):
        digest.update(name.encode() + tensor.detach().contiguous().numpy().tobytes())
    return digest.hexdigest()
