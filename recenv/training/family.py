"""What a family of scorers is to the trainer: rows made ready, a model, batches for it, and how it is written down."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from recenv.measures.metrics import list_nll, nll
from recenv.records import ScorerRow
from recenv.rewards.models.blend import Blend, blended, fit_blends, fit_list_blend
from recenv.rewards.models.calibration import Calibration, fit_lists, fit_temperature
from recenv.rewards.models.checkpoint import Config, Written
from recenv.rewards.models.compact.network import Wide, standard
from recenv.rewards.models.experts import Experts, fit_experts
from recenv.rewards.models.kinds import kind, kinds_of
from recenv.training.batches import choose_units
from recenv.training.plan import Pool, pool, request
from recenv.training.settings import Settings
from recenv.training.warmstart import Given

if TYPE_CHECKING:
    from recenv.rewards.models.sequence.checkpoint import SequenceConfig

    AnyConfig: TypeAlias = Config | SequenceConfig

Split = dict[str, dict[str, list[ScorerRow]]]
"""Part (train, validation, test) -> dimension -> rows."""

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""

_CHUNK = 128  # units a forward pass of validation


class Data(Protocol):
    """The rows of one dimension and part. Row r owns units start[r] to start[r + 1]; features (U, E), labels (U,)."""

    @property
    def rows(self) -> list[ScorerRow]: ...

    @property
    def start(self) -> NDArray[np.int64]: ...

    @property
    def features(self) -> NDArray[np.float32]: ...

    @property
    def labels(self) -> NDArray[np.float32]: ...


class Family(ABC):
    """Rows, model and files of one family; ``data``: dimension -> part -> Data.

    A row is judged by what the network reads, by its features and by an expert, as far as there are these. Each is learned for
    itself, since a network that is trained on what features leave over learns little that new rows bear out; validation rows
    weigh them.
    """

    name: str
    settings: Settings
    model: nn.Module
    data: Mapping[str, Mapping[str, Data]]
    experts: Experts
    blends: dict[str, dict[str, Blend]]

    @abstractmethod
    def collate(self, dimension: str, part: str, chosen: Sequence[NDArray[np.int64]], step: int | None) -> dict[str, Any]:
        """Keyword arguments of the model for chosen units: its own inputs, features and labels. step: None when not training."""

    @abstractmethod
    def lengths(self, dimension: str, part: str) -> NDArray[np.int64]:
        """(U,) what a unit costs, so that like ones are batched together; zeros where that is of no use."""

    @abstractmethod
    def reads(self, dimension: str) -> bool:
        """Whether the network reads the rows of a dimension; else the path over features is all that the model is there."""

    @abstractmethod
    def wide(self, dimension: str) -> Wide | None:
        """The path over explicit features, if there is one."""

    @abstractmethod
    def parameter_groups(self) -> list[dict[str, Any]]:
        """Groups for AdamW, each with lr and weight_decay."""

    @abstractmethod
    def described(
        self, name: str, calibration: Mapping[str, Calibration], training_data: str, trained: dict[str, Any]
    ) -> AnyConfig:
        """The checkpoint's configuration."""

    @abstractmethod
    def written(self) -> Written:
        """The checkpoint's weights, as stored."""

    def settle(self, tell: Progress) -> None:
        """Fit the experts on training rows, and all blends on validation rows."""
        self.experts = self.fit_experts(("train",), tell)
        for d in self.data:
            self.held_logits(d)

    def complete(self, tell: Progress) -> None:
        """Fit the experts once more after calibration, with the validation rows, which have done their service."""
        found = self.fit_experts(("train", "validation"), tell)
        if found.dimensions == self.experts.dimensions:  # a table may be learned from some rows and not from others
            self.experts = found

    def fit_experts(self, parts: tuple[str, ...], tell: Progress) -> Experts:
        """The experts that the rows of these parts make, where the settings ask for any."""
        if not self.settings.experts:
            return Experts()
        chosen = {d: [own[part] for part in parts] for d, own in self.data.items()}
        return fit_experts(chosen, self.wide, self.settings.seed, tell)

    def identity(self) -> dict[str, Any]:
        """What else a run depends on, so that an unfinished one is only gone on with when it is the same."""
        return {}

    def batch(self, dimension: str, rows: NDArray[np.int64], step: int) -> dict[str, Any]:
        """The keyword arguments of the model for training rows."""
        s, data = self.settings, self.data[dimension]["train"]
        chosen = choose_units(data, rows, s.list_items, s.seed, step)
        found = self.collate(dimension, "train", chosen, step)
        lists = None
        if dimension == "item_ranking":
            lists = np.repeat(np.arange(len(chosen)), [len(c) for c in chosen])
        elif request(data.rows[int(rows[0])]) is not None:
            lists = _numbered([data.rows[r] for r in rows.tolist()])
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
        """(U,) logits of all units of a part with the model as it stands."""
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
                out[units] = self.model(dimension, **_to(inputs, device))["logits"].double().cpu().numpy()
        return out

    def held_logits(self, dimension: str) -> NDArray[np.float64]:
        """(U,) logits of all validation units, where there are several opinions blended as suits these very rows."""
        opinions, data = self._opinions(dimension), self.data[dimension]["validation"]
        if len(opinions) == 1:
            return opinions[0]
        if dimension == "item_ranking":
            kinds = [""] * len(data.labels)
            self.blends[dimension] = {"": fit_list_blend([per_row(data, o) for o in opinions], per_row(data, data.labels))}
        else:
            kinds, groups = [kind(row) for row in data.rows], [row.group or row.id for row in data.rows]
            self.blends[dimension] = fit_blends(
                opinions, data.labels.astype(np.float64), groups, kinds, kinds_of(dimension))
        return blended(self.blends[dimension], kinds, *opinions)

    def _opinions(self, dimension: str) -> list[NDArray[np.float64]]:
        """(U,) logits of the validation units by what is read, by the features and by the expert, as far as there are any."""
        data, found = self.data[dimension]["validation"], [self.predict(dimension, "validation")]
        head = self.wide(dimension)
        if head is not None and self.reads(dimension):
            with torch.inference_mode():
                found.append(head.judge(torch.from_numpy(data.features).to(head.mean.device)).double().cpu().numpy())
        if head is not None and dimension in self.experts.dimensions:
            found.append(self.experts.logits(dimension, data.rows, standard(head, data.features)))
        return found

    def validation_loss(self, dimension: str) -> float:
        """Negative log-likelihood relative to a constant's (or, for lists, a uniform guess's): below 1 is better than that.

        Of logits scaled and shifted to fit, as calibration will do: an epoch that orders rows better must not lose to one before
        it for being too sure.
        """
        data, z = self.data[dimension]["validation"], self.held_logits(dimension)
        if dimension == "item_ranking":
            gains = per_row(data, data.labels)
            uniform = list_nll(gains, [np.full(len(g), 1.0 / len(g)) for g in gains])
            logits = per_row(data, z)
            fitted = fit_lists(logits, gains)
            return list_nll(gains, [fitted.apply_list(v) for v in logits]) / max(uniform, 1e-9)
        labels = data.labels.astype(np.float64)
        base = np.full(len(z), labels.mean())
        return nll(labels, fit_temperature(z, labels).apply(z)) / max(nll(labels, base), 1e-9)

    def given(self, dimension: str, part: str) -> Given:
        """Features and labels alone."""
        data, lists = self.data[dimension][part], None
        if dimension == "item_ranking":
            lists = np.repeat(np.arange(len(data.rows)), np.diff(data.start))
        elif request(data.rows[0]) is not None:
            lists = _numbered(data.rows)
        return Given(dimension, data.features, data.labels, lists, self.settings.pair_weight)


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


def _numbered(rows: Sequence[ScorerRow]) -> NDArray[np.int64]:
    """(N,) which rows answer the same request, by number from 0."""
    number: dict[object, int] = {}
    return np.array([number.setdefault(request(row), len(number)) for row in rows], np.int64)


def labels_of(row: ScorerRow) -> tuple[float, ...]:
    """One label a unit of a usable row."""
    return row.label if isinstance(row.label, tuple) else (float(row.label or 0.0),)


def per_row(data: Data, values: NDArray[np.floating]) -> list[NDArray[np.float64]]:
    """Values (U,) by row."""
    return [np.asarray(v, np.float64) for v in np.split(values, data.start[1:-1])]


def _to(value: Any, device: torch.device) -> Any:
    if isinstance(value, torch.Tensor):
        return value.to(device)
    if isinstance(value, dict):
        return {k: _to(v, device) for k, v in value.items()}
    return type(value)(_to(v, device) for v in value) if isinstance(value, (list, tuple)) else value
