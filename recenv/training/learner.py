"""What the training loop trains: rows made ready, a model, batches for it, and how it is written down; one class a network."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from recenv.measures.calibrate import fit_lists, fit_temperature
from recenv.measures.metrics import list_nll, nll
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rewards.models.boosted.checkpoint import BoostedConfig
from recenv.rewards.models.calibration import Calibration
from recenv.rewards.models.checkpoint import Written
from recenv.rewards.models.compact.checkpoint import CompactConfig
from recenv.rewards.models.sequence.checkpoint import SequenceConfig
from recenv.rewards.models.wide import Wide
from recenv.training.batches import choose_units
from recenv.training.examples import per_row, together
from recenv.training.opinions import Opinions
from recenv.training.plan import Pool, pool
from recenv.training.warmstart import Given

Config = BoostedConfig | CompactConfig | SequenceConfig
"""config.json of any network."""

_CHUNK = 128  # units a forward pass of validation


class Learner(Opinions):
    """Rows, model and files of one network; ``data``: dimension -> part -> Data.

    A row is judged by what the network reads, by its features and by a second opinion, as far as there are these.
    """

    name: str
    model: nn.Module

    @abstractmethod
    def collate(self, dimension: str, part: str, chosen: Sequence[NDArray[np.int64]], step: int | None) -> dict[str, Any]:
        """Keyword arguments of the model for chosen units, and their labels. step: None when not training."""

    @abstractmethod
    def lengths(self, dimension: str, part: str) -> NDArray[np.int64]:
        """(U,) what a unit costs, so that like ones are batched together; zeros where that is of no use."""

    @abstractmethod
    def parameter_groups(self) -> list[dict[str, Any]]:
        """Groups for AdamW, each with lr and weight_decay."""

    @abstractmethod
    def described(
        self, name: str, calibration: Mapping[str, Calibration], training_data: str, trained: dict[str, Any]
    ) -> Config:
        """The checkpoint's configuration."""

    @abstractmethod
    def written(self) -> Written:
        """The checkpoint's weights, as stored."""

    def identity(self) -> dict[str, Any]:
        """What else a run depends on, so that an unfinished one is only gone on with when it is the same."""
        return {}

    def batch(self, dimension: str, rows: NDArray[np.int64], step: int) -> dict[str, Any]:
        """The keyword arguments of the model for training rows, and of ``losses.dimension_loss``."""
        s, data = self.settings, self.data[dimension]["train"]
        chosen = choose_units(data, rows, s.list_items, s.seed, step)
        found = self.collate(dimension, "train", chosen, step)
        lists = together([data.rows[r] for r in rows.tolist()], [len(c) for c in chosen])
        if lists is not None:
            found["lists"] = torch.from_numpy(lists)
        return {"dimension": dimension, "pair_weight": s.pair_weight, **found}

    def pools(self) -> dict[str, Pool]:
        """The training rows as the plan of an epoch sees them."""
        found = {}
        for d, parts in self.data.items():
            start, lengths = parts["train"].start, self.lengths(d, "train")
            longest = np.array([lengths[a:b].max() for a, b in pairwise(start.tolist())], np.int64)
            found[d] = pool(parts["train"].rows, longest)
        return found

    def predict(self, dimension: str, part: str) -> NDArray[np.float64]:
        self.model.eval()
        device = next(self.model.parameters()).device
        count = len(self.data[dimension][part].labels)
        order = np.argsort(self.lengths(dimension, part), kind="stable")
        out = np.zeros(count)
        with torch.inference_mode():
            for at in range(0, count, _CHUNK):
                units = order[at:at + _CHUNK]
                inputs = self.collate(dimension, part, [units], None)
                inputs.pop("labels")
                out[units] = self.model(dimension, **_to(inputs, device)).double().cpu().numpy()
        return out

    def validation_loss(self, dimension: str) -> float:
        """Negative log-likelihood relative to a constant's (or, for lists, a uniform guess's): below 1 is better than that.

        Of logits scaled and shifted to fit, as calibration will do: an epoch that orders rows better must not lose to one before
        it for being too sure.
        """
        data, z = self.data[dimension]["validation"], self.held_logits(dimension)
        return against_a_constant(dimension, per_row(data, data.labels), per_row(data, z))

    def given(self, dimension: str, part: str) -> Given:
        """Features and labels alone."""
        data = self.data[dimension][part]
        lists = together(data.rows, np.diff(data.start).tolist())
        return Given(dimension, data.features, data.labels, lists, self.settings.pair_weight)


def against_a_constant(
    dimension: str, labels: Sequence[NDArray[np.floating]], logits: Sequence[NDArray[np.float64]]
) -> float:
    """Negative log-likelihood of fitted logits over a constant's, or over a uniform guess's. labels, logits: one array a row."""
    gains = [np.asarray(g, np.float64) for g in labels]
    if DIMENSIONS[dimension].listwise:
        uniform = list_nll(gains, [np.full(len(g), 1.0 / len(g)) for g in gains])
        fitted = fit_lists(logits, gains)
        return list_nll(gains, [fitted.apply_list(v) for v in logits]) / max(uniform, 1e-9)
    known, z = np.concatenate(gains), np.concatenate(list(logits))
    base = np.full(len(z), known.mean())
    return nll(known, fit_temperature(z, known).apply(z)) / max(nll(known, base), 1e-9)


def standardise(wide: Wide, features: NDArray[np.float32]) -> None:
    """Set mean and scale of a wide path by features (U, E) of the training rows, NaN left out.

    The scale is at least 0.05, so that a feature that hardly varies in training does not explode on other text; one that
    does not vary at all is muted by a huge scale, since its weights are never trained.
    """
    known = ~np.isnan(features)
    count = np.maximum(known.sum(0), 1)
    mean = np.where(known, features, 0.0).sum(0) / count
    deviation = np.sqrt(np.where(known, (features - mean) ** 2, 0.0).sum(0) / count)
    scale = np.where(deviation > 1e-4, np.maximum(deviation, 0.05), 6e4)  # 6e4 still fits float16
    wide.mean.copy_(torch.from_numpy(mean.astype(np.float32)))
    wide.scale.copy_(torch.from_numpy(scale.astype(np.float32)))


def _to(value: Any, device: torch.device) -> Any:
    if isinstance(value, torch.Tensor):
        return value.to(device)
    if isinstance(value, dict):
        return {k: _to(v, device) for k, v in value.items()}
    return type(value)(_to(v, device) for v in value) if isinstance(value, (list, tuple)) else value
