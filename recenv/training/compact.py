"""Training the compact network: tokenizer and weights from scratch, all heads over one encoder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from recenv.rewards.features import vector
from recenv.rewards.models.calibration import Calibration
from recenv.rewards.models.checkpoint import Written
from recenv.rewards.models.compact.checkpoint import CompactConfig, stored
from recenv.rewards.models.compact.network import CompactArchitecture, CompactNetwork
from recenv.rewards.models.described import SCHEMA
from recenv.rewards.models.opinions import SecondOpinions
from recenv.rewards.models.wide import Wide
from recenv.training.batches import Augment, Prepared, SegmentTable, collate, prepare
from recenv.training.examples import Progress, Split
from recenv.training.fits.tokenizer import train_tokenizer
from recenv.training.learner import Learner, standardise
from recenv.training.settings import Settings


class CompactLearner(Learner):
    """Segments, tokenizer and an untrained model for the rows of a split."""

    name = "compact"
    model: CompactNetwork

    def __init__(self, splits: Split, dimensions: Sequence[str], settings: Settings, tell: Progress) -> None:
        self.settings = settings
        texts = (t for rows in splits["train"].values() for r in rows
                 for t in (r.instruction, r.query, r.response, r.evidence, r.user, r.context, r.item, *r.items) if t)
        self.tokenizer = train_tokenizer(texts, settings.vocabulary)
        self.table = SegmentTable()
        self.data: dict[str, dict[str, Prepared]] = {}
        for n, d in enumerate(dimensions):
            tell(f"preparing {d}", n, len(dimensions))
            self.data[d] = {part: prepare(splits[part][d], self.table) for part in ("train", "validation")}
        self.table.tokenise(self.tokenizer)
        self.augment = Augment(self.tokenizer, settings.mask_share, settings.rename_share)
        self.model = CompactNetwork(CompactArchitecture(
            vocabulary=self.tokenizer.get_vocab_size(), layers=settings.layers, hidden=settings.hidden,
            dimensions=tuple(dimensions),
        ))
        self.second, self.blends = SecondOpinions(), {}
        self.model.initialise(torch.Generator().manual_seed(settings.seed))
        for d in dimensions:
            standardise(self.model.head(d), self.data[d]["train"].features)

    def collate(self, dimension: str, part: str, chosen: Sequence[NDArray[np.int64]], step: int | None) -> dict[str, Any]:
        found = collate(self.data[dimension][part], self.table, chosen)
        if step is not None:
            self.augment(found, self.settings.seed, step)
        return found

    def lengths(self, dimension: str, part: str) -> NDArray[np.int64]:
        return np.zeros(len(self.data[dimension][part].labels), np.int64)  # a batch sorts its own segments

    def reads(self, dimension: str) -> bool:
        return True

    def wide(self, dimension: str) -> Wide:
        return self.model.head(dimension)

    def parameter_groups(self) -> list[dict[str, Any]]:
        """All but the wide paths, which have been fitted to the end before."""
        s = self.settings
        own = [p for name, p in self.model.named_parameters() if ".wide." not in name]
        return [{"params": own, "lr": s.learning_rate, "weight_decay": s.weight_decay}]

    def described(
        self, name: str, calibration: Mapping[str, Calibration], training_data: str, trained: dict[str, Any]
    ) -> CompactConfig:
        return CompactConfig(
            schema=SCHEMA, name=name, architecture=self.model.architecture, features_version=vector.VERSION,
            features={d: vector.names(d) for d in self.data}, calibration=dict(calibration), training_data=training_data,
            trained=trained, blends=dict(self.blends),
        )

    def written(self) -> Written:
        return stored(self.model, self.tokenizer, self.second)
