"""Scoring with boosted trees: made for cost by text, with no network in it.

Measures: one calibrated probability a row for each dimension; for lists one distribution over the items.
Reads: the fields that the dimension ``reads``; nothing else of a row, and no other row.
Returns: ``Scores``; NaN with a reason where a required field is empty.
Trained on: see CARD.md in the checkpoint folder.
Fails when: what is meant is said in other words than those of the record and the table of synonyms.
Cost: each text is read once and kept (``recenv.caches``), pairs are compared as arrays; see CARD.md for pairs a second.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path

import numpy as np
from msgspec.structs import replace
from numpy.typing import NDArray

from recenv.records import ScorerRow
from recenv.rewards.features.prose import MOST_CHARACTERS, prose
from recenv.rewards.features.prose.clauses import MOST_CLAUSES
from recenv.rewards.models.boosted import checkpoint
from recenv.rewards.models.boosted.inputs import beside, claims
from recenv.rewards.models.heads import CheckpointScorers
from recenv.rewards.protocol import LEAST_BORNE

LOW, _SHOWN = 0.5, 120  # below which it is said why; characters of a sentence that are shown
_UNREAD = -9.0  # most of the logit of an answer that is too long to be read
TOO_LONG = f"too long to be checked: of an answer up to {MOST_CHARACTERS:,} characters and {MOST_CLAUSES} clauses are read"
"""What is not read is borne out by nothing."""
_PASS = 256  # rows whose features are held at once


class BoostedScorers(CheckpointScorers):
    """One checkpoint of boosted trees. What is read of single texts is kept by their readers."""

    def __init__(self, path: str | Path) -> None:
        opened = checkpoint.load(path)
        self.inputs, self.ensembles = opened.inputs, opened.ensembles
        super().__init__(opened.config, opened.fingerprint, opened.config.architecture.dimensions)

    def clear(self, *, keep_segments: bool = False) -> None:
        """Forget what was found of pairs, and, but to ``keep_segments``, of single texts."""
        self.inputs.clear(keep_texts=keep_segments)

    def remarks(self, rows: Sequence[ScorerRow], values: NDArray[np.float32]) -> list[str]:
        said = [""] * len(rows)
        low = [n for n, value in enumerate(values.tolist()) if value < LOW]
        if low and claims(rows[0].dimension) and self.inputs.reader is not None:
            for n in low:
                said[n] = "" if self.inputs.whole(rows[n]) else TOO_LONG
            low = [n for n in low if not said[n]]
            worst = self.inputs.reader.worst([prose(rows[n].evidence, rows[n].query, rows[n].response) for n in low])
            for n, sentence in zip(low, worst, strict=True):
                said[n] = f'{LEAST_BORNE} "{sentence[:_SHOWN]}"' if sentence else ""
        return said

    def logits(self, rows: Sequence[ScorerRow]) -> list[NDArray[np.float64]]:
        """See ``CheckpointScorers.logits``. Items are read in an order of their own: how they stand matters to no bit."""
        order = [sorted(range(len(row.items)), key=row.items.__getitem__) for row in rows]
        found = self._logits([
            replace(row, items=tuple(row.items[k] for k in own)) if own else row for row, own in zip(rows, order, strict=True)])
        return [z[np.argsort(own)] if own else z for z, own in zip(found, order, strict=True)]

    def _logits(self, rows: Sequence[ScorerRow]) -> list[NDArray[np.float64]]:
        found: list[NDArray[np.float64]] = []
        for at in range(0, len(rows), _PASS):
            part = [row if self.inputs.whole(row) else replace(row, response="") for row in rows[at:at + _PASS]]
            given = self.inputs(part)
            x = np.concatenate(given)
            dimension = part[0].dimension
            logits = self.ensembles[dimension].logits(x) + beside(dimension, x)
            parts = np.split(logits, list(accumulate(len(g) for g in given[:-1])))
            found += [
                self.inputs.in_list(row, own) if row.response or not claims(dimension) else np.full_like(own, _UNREAD)
                for row, own in zip(part, parts, strict=True)]
        return found
