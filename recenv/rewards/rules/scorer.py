"""The exact checks behind the Scorer protocol: instruction following as far as it can be read and decided."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from recenv.records import ScorerRow
from recenv.rewards.protocol import ScorerSpec, Scores
from recenv.rewards.reading.lexical import norm
from recenv.rewards.reading.records import read_records
from recenv.rewards.rules.checks import KINDS, Compliance, read_checks
from recenv.rewards.rules.checks.check import Check
from recenv.rewards.rules.held import decided_in_row
from recenv.rewards.rules.verdicts import without

NOTHING_READ = "the instruction demands nothing that can be checked exactly"
VERSION = 4


class ChecksScorer:
    """What it measures: the share of an instruction's exactly checkable demands that a response keeps, and whether all are.

    Reads: instruction and query (demands), response; evidence, for demands on the items, which
    are read in the instruction alone, and for the names and values that keep their language. Returns: ``Compliance.score`` in
    [0, 1], not a calibrated probability, and the first demand that is broken as a reason.
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
            checks = [c for c in read_checks("\n".join(t for t in (row.instruction, row.query) if t)) if c.kind != "items"]
            kept = decided_in_row(row.instruction, row.evidence, row.response) if row.response.strip() else ()
            broken = [why for why in (*(_broken(check, row) for check in checks), *(k.reason for k in kept)) if why]
            read = len(checks) + len(kept)
            if read:
                values[n] = Compliance(read, read - len(broken)).score
            reasons[n] = next(iter(broken), "") if read else NOTHING_READ
        return Scores(values, tuple(reasons))


def _broken(check: Check, row: ScorerRow) -> str:
    """What was expected and what came, "" where a demand is kept."""
    if check.holds(row.response):
        return ""
    if check.kind == "language" and row.evidence and row.response.strip():
        names = [value for record in read_records(row.evidence) for field in record for value in (field.value, *field.members)]
        if check.holds(without(norm(row.response), names)):
            return ""
    return check.reason(check.measure(row.response))
