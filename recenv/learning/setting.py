"""What a learner is given and what it gives back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, Protocol, TypeVar

import msgspec

from recenv.envs.batch import Split
from recenv.scenarios.loader import Scenario

C_contra = TypeVar("C_contra", bound=msgspec.Struct, contravariant=True)
Progress = Callable[[int, int], None]
"""(done, total) of whatever a learner counts."""


class Setting(NamedTuple):
    """The sessions to learn from. scorers, reward: what pays (names; "" for the scenario's own reward). split: whose sessions."""

    scenario: Scenario
    store: str | Path | None
    scorers: str
    reward: str
    seed: int
    split: Split = "train"


class Curve(msgspec.Struct, frozen=True, kw_only=True):
    """How learning went. x: what is counted along it; measures: names of the columns; points: x, then a value a measure;
    reference: what an agent that learns nothing has, by measure, "" for whom there is none."""

    x: str
    measures: tuple[str, ...]
    points: tuple[tuple[float, ...], ...]
    reference: dict[str, float] = {}
    reference_name: str = ""


class Learn(Protocol[C_contra]):
    """Learns from a setting and writes what was learned into a folder that exists; returns the curve."""

    def __call__(self, config: C_contra, setting: Setting, folder: Path, progress: Progress) -> Curve: ...
