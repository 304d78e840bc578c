"""What exact rules read does not move unless someone means it: see ``readings_run.py`` for how to record it anew."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from recenv.rewards.rules.held import decided, ruled_out

sys.path.insert(0, str(Path(__file__).parent))

from readings_run import FILE, LOCALES, PLACES, TEXTS, readings, text

STEP = 10
RECORDED = FILE.read_text("utf-8").split("\n")


@pytest.mark.parametrize("first", range(0, TEXTS, STEP))
@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("kind", [0, 1], ids=["said", "demanded"])
def test_readings_are_as_they_were_recorded(kind: int, locale: str, first: int) -> None:
    place = (kind * len(LOCALES) + LOCALES.index(locale)) * TEXTS
    for number in range(first, first + STEP):
        assert readings(kind, locale, number) == RECORDED[place + number]


@pytest.mark.parametrize("locale", LOCALES)
def test_what_is_ruled_out_is_what_breaks_a_demand_by_itself(locale: str) -> None:
    items, found = PLACES[locale], list[bool]()
    for number in range(TEXTS):
        instruction = text(1, locale, number)
        alone = [any(kept.reason for kept in decided(instruction, [item], items)) for item in items]
        assert ruled_out(instruction, items) == alone, instruction
        found += alone
    assert 0.05 < sum(found) / len(found) < 0.5
