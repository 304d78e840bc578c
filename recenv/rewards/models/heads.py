"""An opened checkpoint at work, whatever its network: its dimensions as scorers.

A score is a pure function of the row: it does not depend, to the bit, on batch size, order, other rows or the number of threads.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from recenv.records import ScorerRow
from recenv.rewards import fields
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rewards.models.config import Described
from recenv.rewards.models.described import spec_of
from recenv.rewards.protocol import Scores
from recenv.rewards.ranking import shown_ndcg

Remarks = Callable[[Sequence[ScorerRow], NDArray[np.float32]], list[str]]
"""Rows of one dimension and their values -> what is to be said of each, "" for nothing."""

Logits = Callable[[Sequence[ScorerRow]], list[NDArray[np.float64]]]
"""Rows of one dimension that can be scored -> their uncalibrated logits; see ``CheckpointScorers.logits``."""


class CheckpointScorers(ABC):
    """An opened checkpoint; ``scorers`` are its dimensions behind the Scorer protocol."""

    def __init__(self, described: Described, fingerprint: str, dimensions: Sequence[str]) -> None:
        self.described, self.fingerprint = described, fingerprint
        self.scorers = {d: HeadScorer(described, fingerprint, d, self.logits, self.remarks) for d in dimensions}

    def remarks(self, rows: Sequence[ScorerRow], values: NDArray[np.float32]) -> list[str]:
        """What the values (N,) of rows of one dimension are due to, "" where nothing is known."""
        return [""] * len(rows)

    @abstractmethod
    def logits(self, rows: Sequence[ScorerRow]) -> list[NDArray[np.float64]]:
        """Uncalibrated logits of rows of one dimension that can be scored: one an item of a list, else (1,) each."""

    @abstractmethod
    def clear(self, *, keep_segments: bool = False) -> None:
        """Forget everything cached, or all but what was made of single texts."""


class HeadScorer:
    """One dimension of a checkpoint as a Scorer."""

    def __init__(self, config: Described, fingerprint: str, dimension: str, logits: Logits, remarks: Remarks) -> None:
        self._logits, self._remarks, self.calibration = logits, remarks, config.calibration[dimension]
        self.spec = spec_of(config.name, dimension, fingerprint, self.calibration, config.training_data)

    def score(self, rows: Sequence[ScorerRow]) -> Scores:
        """Values (N,) in [0, 1]: 0 for an answer that is worth nothing, 1 for one that rules found to keep all (``fields``), NaN
        where another required field is empty.

        Raises InputError for rows of another dimension.
        """
        fields.check_rows(rows, self.spec.dimension)
        decided = [fields.decided(row) for row in rows]
        values = np.array([value for value, _ in decided], np.float32)
        reasons = [reason for _, reason in decided]
        fine = [n for n, reason in enumerate(reasons) if not reason]
        asked = [rows[n] for n in fine]
        logits = self._logits(asked)
        if not DIMENSIONS[self.spec.dimension].listwise:
            if fine:
                values[fine] = self.calibration.apply(np.concatenate(logits))
                for n, remark in zip(fine, self._remarks(asked, values[fine]), strict=True):
                    reasons[n] = remark
            return Scores(values, tuple(reasons))
        lists = [np.zeros(0, np.float32)] * len(rows)
        for n, z in zip(fine, logits, strict=True):
            p = self.calibration.apply_list(z)
            lists[n] = p.astype(np.float32)
            values[n] = min(shown_ndcg(p, rows[n].shown), 1.0)
        return Scores(values, tuple(reasons), tuple(lists))
