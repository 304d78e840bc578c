"""The benchmark measures what it says: every environment at every batch size, from full decks and from empty ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from scenario_worlds import A_DOZEN

from recenv.errors import InputError
from recenv.evaluation.bench import CHAT, FLOOR, SYNC, draw_scaling, measure, scaling


def test_every_environment_is_measured_at_every_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECENV_CACHE", str(tmp_path / "cache"))
    (tmp_path / "small.toml").write_text(A_DOZEN)
    rows = list(measure(str(tmp_path / "small.toml"), (2, 8), 0.01, 3))
    of = {(row.work, row.batch): row for row in rows}
    assert len(of) == len(rows) == 13
    assert all(row.steps_per_s > 0 for row in rows)
    for row in rows:
        if row.work.startswith("Slate"):
            assert row.of_floor == pytest.approx(row.steps_per_s / of[FLOOR, row.batch].steps_per_s)
            assert row.of_sync == pytest.approx(row.steps_per_s / of[SYNC, row.batch].steps_per_s)
    found = list(scaling(str(tmp_path / "small.toml"), 0.01, 3, most=20))
    assert [(row.work, row.batch) for row in found] == [(w, n) for w in ("Slate vector", CHAT) for n in (1, 4, 16)]
    for name in ("cost.svg", "cost.png"):
        assert draw_scaling(found, tmp_path / name).stat().st_size > 1000
    with pytest.raises(InputError, match=r"png or \.svg"):
        draw_scaling(found, tmp_path / "cost.pdf")
