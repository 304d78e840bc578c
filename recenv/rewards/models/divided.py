"""A family that divides rows between two checkpoints, each taking what it reads better.

Items with a record of labelled fields are held against a request by boosted trees, which carry over to catalogues that nobody
trained on, and so is what an answer says of such records, or of several places with figures, however they are told; replies, and
answers from other prose, are read by the network, which knows more words. Whether a person takes something up is told by the
network's table where all that is known stands in tables, by the trees elsewhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence

import msgspec
import numpy as np

from recenv.records import ScorerRow
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rewards.features.prose.catalogue import lists_places, runs_on
from recenv.rewards.fields import check_rows
from recenv.rewards.protocol import Scorer, ScorerSpec, Scores
from recenv.rewards.reading.records import is_record, read_records

DIVIDED: dict[str, str] = {"thorough": "fast"}
"""Family -> the one whose trees take their part of its rows."""


def _is_table(item: str) -> bool:
    """Whether nothing of an item stands without a label: it has no name."""
    return all(bool(f.label) for record in read_records(item) for f in record)


def _by_record(row: ScorerRow) -> bool:
    if row.evidence and not row.item and not row.items:
        return is_record(row.evidence) or runs_on(row.evidence) or lists_places(row.evidence)
    return any(map(is_record, row.items or (row.item,)))


_TAKES: dict[str, Callable[[ScorerRow], bool]] = {"labelled": _by_record, "named": lambda row: not _is_table(row.item)}
"""Which rows the trees take, by ``Dimension.trees``; the network takes the others, and other dimensions."""


def by_trees(row: ScorerRow) -> bool:
    """Whether the trees of a divided family judge a row."""
    takes = _TAKES.get(DIMENSIONS[row.dimension].trees)
    return takes is not None and takes(row)


class DividedScorer:
    """One dimension of both. A row's value is that of the one that takes it."""

    def __init__(self, network: Scorer, trees: Scorer) -> None:
        self._network, self._trees, self.spec = network, trees, spec_of_both(network.spec, trees.spec)

    def score(self, rows: Sequence[ScorerRow]) -> Scores:
        """See ``protocol.Scorer``."""
        check_rows(rows, self.spec.dimension)
        mine = np.array([by_trees(row) for row in rows], bool)
        values, reasons = np.full(len(rows), np.nan, np.float32), [""] * len(rows)
        lists = [np.zeros(0, np.float32)] * len(rows)
        listwise = False
        for scorer, chosen in ((self._trees, np.flatnonzero(mine)), (self._network, np.flatnonzero(~mine))):
            if not len(chosen):
                continue
            found = scorer.score([rows[n] for n in chosen.tolist()])
            values[chosen] = found.values
            listwise = listwise or bool(found.lists)
            for k, n in enumerate(chosen.tolist()):
                reasons[n] = found.reasons[k]
                if found.lists:
                    lists[n] = found.lists[k]
        return Scores(values, tuple(reasons), tuple(lists) if listwise else ())


def spec_of_both(network: ScorerSpec, trees: ScorerSpec) -> ScorerSpec:
    """The identity of a dimension that is divided."""
    mark = hashlib.sha256(f"{network.fingerprint} {trees.fingerprint} divided".encode()).hexdigest()
    return msgspec.structs.replace(
        network, fingerprint=mark, calibration=f"network: {network.calibration}; trees: {trees.calibration}",
        training_data=f"{network.training_data} {trees.training_data}")


def divided(network: Mapping[str, Scorer], trees: Mapping[str, Scorer]) -> dict[str, Scorer]:
    """The scorers of a family by dimension."""
    return {d: DividedScorer(s, trees[d]) if DIMENSIONS[d].trees and d in trees else s for d, s in network.items()}


def divided_specs(network: Mapping[str, ScorerSpec], trees: Mapping[str, ScorerSpec]) -> dict[str, ScorerSpec]:
    """Their specs, without opening either."""
    return {d: spec_of_both(s, trees[d]) if DIMENSIONS[d].trees and d in trees else s for d, s in network.items()}
