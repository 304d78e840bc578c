"""The exact checks behind the Scorer protocol: instruction following as far as it can be read and decided."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from recenv.records import ScorerRow
from recenv.rewards.protocol import ScorerSpec, Scores
from recenv.rewards.rules.checks import KINDS, Compliance, compliance
from recenv.rewards.rules.held import decided_in_row

NOTHING_READ = "the instruction demands nothing that can be checked exactly"
VERSION = 3


class ChecksScorer:
    """What it measures: the share of an instruction's exactly checkable demands that a response keeps, and whether all are.

    Reads: instruction and query (demands), response; evidence, for demands on the items, which
    are read in the instruction alone. Returns: ``Compliance.score`` in [0, 1], not a calibrated probability.
    Trained on: nothing. Fails when: a demand is phrased in words it does not know, which then does not count. Cost: below a
    millisecond a row.
    """

    spec = ScorerSpec(
        name="checks", dimension="instruction_following", kind="rule", reads=("instruction", "query", "response", "evidence"),
        fingerprint=f"checks v{VERSION}: {', '.join(KINDS)}",
    )

    def score(self, rows: Sequence[ScorerRow]) -> Scores:
        """Raises nothing; a row whose instruction states no checkable demand is NaN with that reason."""
        values, reasons = np.full(len(rows), np.nan, np.float32), [""] * len(rows)
        for n, row in enumerate(rows):
            found = compliance("\n".join(t for t in (row.instruction, row.query) if t), row.response)
            kept = decided_in_row(row.instruction, row.evidence, row.response) if row.response.strip() else ()
            found = Compliance(found.read + len(kept), found.held + sum(not k.reason for k in kept))
            if found.read:
                values[n] = found.score
            else:
                reasons[n] = NOTHING_READ
        return Scores(values, tuple(reasons))
