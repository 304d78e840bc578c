"""The benchmark measures what it says: every environment at every batch size, from full decks and from empty ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from scenario_worlds import A_DOZEN

from recenv.evaluation.bench import measure, scaling


def test_every_environment_is_measured_at_every_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECENV_CACHE", str(tmp_path / "cache"))
    (tmp_path / "small.toml").write_text(A_DOZEN)
    rows = list(measure(str(tmp_path / "small.toml"), (2, 8), 0.01, 3))
    of = {(row.work, row.batch): row for row in rows}
    assert len(of) == len(rows) == 10
    assert all(row.steps_per_s > 0 for row in rows)
    assert all(row.ratio == pytest.approx(row.steps_per_s / of["floor: copying arrays of the same shapes", row.batch].steps_per_s)
               for row in rows if row.work.startswith("Slate"))
    assert [row.batch for row in scaling(str(tmp_path / "small.toml"), 0.01, 3, most=20)] == [1, 4, 16]
