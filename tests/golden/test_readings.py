"""What exact rules read does not move unless someone means it: see ``readings_run.py`` for how to record it anew."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from readings_run import FILE, LOCALES, TEXTS, readings

STEP = 10
RECORDED = FILE.read_text("utf-8").split("\n")


@pytest.mark.parametrize("first", range(0, TEXTS, STEP))
@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("kind", [0, 1], ids=["said", "demanded"])
def test_readings_are_as_they_were_recorded(kind: int, locale: str, first: int) -> None:
    place = (kind * len(LOCALES) + LOCALES.index(locale)) * TEXTS
    for number in range(first, first + STEP):
        assert readings(kind, locale, number) == RECORDED[place + number]
