"""The opinions on a row while scorers are trained: each is learned for itself, and validation rows weigh them.

A network that is trained on what features leave over learns little that new rows bear out; so what is read, what the features
say and the second opinions know nothing of one another until they are blended.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray

from recenv.rewards.dimensions import DIMENSIONS
from recenv.rewards.models.blend import Blend, blended, kind, kinds_of
from recenv.rewards.models.opinions import SecondOpinions
from recenv.rewards.models.wide import Wide, standard
from recenv.training.examples import Data, Progress, per_row
from recenv.training.fits.blend import fit_blends, fit_list_blend
from recenv.training.fits.opinions import fit_opinions
from recenv.training.settings import Settings


class Opinions(ABC):
    """``data``: dimension -> part -> Data; ``second`` and ``blends`` are what is fitted here."""

    settings: Settings
    data: Mapping[str, Mapping[str, Data]]
    second: SecondOpinions
    blends: dict[str, dict[str, Blend]]

    @abstractmethod
    def reads(self, dimension: str) -> bool:
        """Whether the network reads the rows of a dimension; else the path over features is all that the model is there."""

    @abstractmethod
    def wide(self, dimension: str) -> Wide | None:
        """The path over explicit features, if there is one."""

    @abstractmethod
    def predict(self, dimension: str, part: str) -> NDArray[np.float64]:
        """(U,) logits of all units of a part with the model as it stands."""

    def settle(self, tell: Progress) -> None:
        """Fit the second opinions on training rows, and all blends on validation rows."""
        self.second = self.second_opinions(("train",), tell)
        for d in self.data:
            self.held_logits(d)

    def complete(self, tell: Progress) -> None:
        """Fit the second opinions once more after calibration, with the validation rows, which have done their service."""
        found = self.second_opinions(("train", "validation"), tell)
        if found.dimensions == self.second.dimensions:  # a table may be learned from some rows and not from others
            self.second = found

    def second_opinions(self, parts: tuple[str, ...], tell: Progress) -> SecondOpinions:
        """Those that the rows of these parts make, where the settings ask for any."""
        if not self.settings.experts:
            return SecondOpinions()
        chosen = {d: [own[part] for part in parts] for d, own in self.data.items()}
        return fit_opinions(chosen, self.wide, self.settings.seed, tell)

    def held_logits(self, dimension: str) -> NDArray[np.float64]:
        """(U,) logits of all validation units, where there are several opinions blended as suits these very rows."""
        opinions, data = self._held(dimension), self.data[dimension]["validation"]
        if len(opinions) == 1:
            return opinions[0]
        if DIMENSIONS[dimension].listwise:
            kinds = [""] * len(data.labels)
            self.blends[dimension] = {"": fit_list_blend([per_row(data, o) for o in opinions], per_row(data, data.labels))}
        else:
            kinds, groups = [kind(row) for row in data.rows], [row.group or row.id for row in data.rows]
            self.blends[dimension] = fit_blends(
                opinions, data.labels.astype(np.float64), groups, kinds, kinds_of(dimension))
        return blended(self.blends[dimension], kinds, *opinions)

    def _held(self, dimension: str) -> list[NDArray[np.float64]]:
        """(U,) logits of the validation units by what is read, by features and by the second opinion, as far as there are any."""
        data, found = self.data[dimension]["validation"], [self.predict(dimension, "validation")]
        head = self.wide(dimension)
        if head is not None and self.reads(dimension):
            with torch.inference_mode():
                found.append(head.judge(torch.from_numpy(data.features).to(head.mean.device)).double().cpu().numpy())
        if head is not None and dimension in self.second.dimensions:
            found.append(self.second.logits(dimension, data.rows, standard(head, data.features)))
        return found
