"""What is told of a turn does not move unless someone means it: see ``turns_run.py`` for how to record it anew."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from recenv.envs.engine import Engine

sys.path.insert(0, str(Path(__file__).parent))

from turns_run import FILE, PLACES, PLAYS, engines, turns_run


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Engine]:
    return engines(tmp_path_factory.mktemp("worlds"))


def moved(found: Any, recorded: Any) -> bool:
    """Whether two values differ by more than the last bits of another machine's arithmetic."""
    if isinstance(found, (list, tuple)) and isinstance(recorded, list):
        return len(found) != len(recorded) or any(map(moved, found, recorded))
    if isinstance(found, float) and isinstance(recorded, float):
        return abs(found - recorded) > 1.5 * 10**-PLACES
    return bool(found != recorded)


@pytest.mark.parametrize("play", PLAYS)
def test_turns_are_as_they_were_recorded(known: dict[str, Engine], play: str) -> None:
    recorded = [json.loads(line) for line in FILE.read_text("utf-8").splitlines() if line.startswith(f'["{play},')]
    found = list(turns_run(play, known[play.split()[0]]))
    assert [what for what, _ in found] == [what for what, _ in recorded]
    for (what, now), (_, before) in zip(found, recorded, strict=True):
        assert now.keys() == before.keys()
        assert {key: now[key] for key in now if moved(now[key], before[key])} == {}, what
