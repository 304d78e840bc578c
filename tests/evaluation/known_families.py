"""Families of scorers that give every row an arbitrary but fixed value, and a small scenario that they pay in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from scenario_worlds import A_DOZEN

from recenv import rng
from recenv.records import ScorerRow
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rewards.protocol import Scorer, ScorerSpec, Scores

RELEVANCE = "query_item_relevance"


class Salted:
    """uniform(salt, text of the row), or one value for all; a list's probabilities are values over their sum.

    calls: the number of rows of each call; the one after ``most`` of them is interrupted.
    """

    def __init__(self, dimension: str, family: str, value: float | None = None) -> None:
        self.spec = ScorerSpec(
            name=f"{family}/{dimension}", dimension=dimension, kind="encoder", reads=("query", "item"),
            fingerprint=f"of {family}")
        self.calls: list[int] = []
        self.most = 10**9
        self._salt, self._value = rng.word(family), value

    def score(self, rows: Sequence[ScorerRow]) -> Scores:
        if len(self.calls) >= self.most:
            raise KeyboardInterrupt
        self.calls.append(len(rows))
        lists = [np.array([self._one(row, text) for text in row.items]) for row in rows]
        if DIMENSIONS[self.spec.dimension].listwise:
            values = [own[0] for own in lists]
        else:
            values = [self._one(row, row.item + row.response) for row in rows]
        shares = tuple((own / own.sum()).astype(np.float32) for own in lists) if DIMENSIONS[self.spec.dimension].listwise else ()
        return Scores(np.array(values, np.float32), ("",) * len(rows), shares)

    def _one(self, row: ScorerRow, text: str) -> float:
        if self._value is not None:
            return self._value
        low = 0.4 if row.response else 0.0  # some texts fail their gate
        return low + (1 - low) * float(rng.uniform(self._salt, rng.word(row.dimension), rng.word(row.query), rng.word(text)))


class Home:
    """A folder with the scenario and the families ``first``, ``second``, ``third`` (0.5 for every row) and ``partial`` (relevance
    alone); a family is known by its folder, as checkpoints are."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.scenario = str(folder / "known.toml")
        (folder / "known.toml").write_text(A_DOZEN)
        self.families: dict[str, dict[str, Salted]] = {
            name: {d: Salted(d, name, 0.5 if name == "third" else None) for d in DIMENSIONS}
            for name in ("first", "second", "third")
        }
        self.families["partial"] = {RELEVANCE: Salted(RELEVANCE, "partial")}
        for name in self.families:
            (folder / name).mkdir()

    def name(self, family: str) -> str:
        return str(self.folder / family)

    def load(self, path: str | Path, dimensions: Sequence[str] | None = None) -> dict[str, Scorer]:
        return dict(self.families[Path(path).name])

    def calls(self, family: str) -> int:
        return sum(len(s.calls) for s in self.families[family].values())


def make_home(folder: Path, patch: pytest.MonkeyPatch) -> Home:
    """A home whose families are what names of checkpoint folders load, for as long as the patch holds."""
    home = Home(folder)
    patch.setenv("RECENV_CACHE", str(folder / "cache"))
    patch.setattr("recenv.rewards.models.open.load_scorers", home.load)
    return home
