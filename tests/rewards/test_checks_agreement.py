"""The reader against published labels, on the half of the prompts from which none of its patterns was written."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import msgspec
import numpy as np
import pytest

from recenv.measures.metrics import auc
from recenv.rewards.rules.checks import compliance

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "ifeval_responses"


def test_compliance_tells_followed_from_broken_on_held_out_prompts() -> None:
    if not FOLDER.is_dir():
        pytest.skip(f"needs the IFEval answers at {FOLDER}")
    scores, labels = [], []
    for line in gzip.decompress((FOLDER / "en_train.jsonl.gz").read_bytes()).splitlines():
        row = msgspec.json.decode(line)
        if int(hashlib.sha256(row["prompt"].encode()).hexdigest(), 16) % 2 == 0:
            continue  # the half that the reader was written on
        kept = compliance(row["prompt"], row["response"] or "")
        scores.append(kept.score)
        labels.append(all(row["follow_instruction_list"]))
    assert len(labels) == 3944
    assert auc(np.array(labels, np.float64), np.array(scores)) > 0.95
