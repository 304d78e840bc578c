"""What a probe is and what it reports."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

if TYPE_CHECKING:
    from recenv.appraisal.probes.subject import Subject

NAN = float("nan")


class Measure(msgspec.Struct, frozen=True, kw_only=True):
    """A figure, its 95 % interval (NaN where there is none), on how many cases, and the bound that it is held to.

    passed: None where no bound applies. bound: in words, "" where there is none.
    """

    name: str
    value: float
    n: int
    low: float = NAN
    high: float = NAN
    bound: str = ""
    passed: bool | None = None


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """A case that went wrong: which row, what was done to it, and the scores before and after."""

    dimension: str
    what: str
    row: str
    field: str
    text: str
    changed: str
    before: float
    after: float


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What one probe found on one set of rows. passed: None where there was nothing to measure.

    data: what plots need (a matrix, curves), by name.
    """

    probe: str
    rows: str
    passed: bool | None
    sentence: str
    measures: tuple[Measure, ...] = ()
    examples: tuple[Example, ...] = ()
    data: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Measure:
        """The measure of a name. Raises KeyError."""
        found = next((m for m in self.measures if m.name == name), None)
        if found is None:
            raise KeyError(f"{self.probe} has no measure {name!r}; it has {', '.join(m.name for m in self.measures)}")
        return found


class Probe(NamedTuple):
    """One question put to scorers. needs_world: it wants a synthetic world, not just rows."""

    name: str
    asks: str
    bound: str
    needs_world: bool
    run: Callable[[Subject], Finding]


def verdict(measures: tuple[Measure, ...] | list[Measure]) -> bool | None:
    """Whether every bounded measure passed; None where none is bounded."""
    judged = [m.passed for m in measures if m.passed is not None]
    return all(judged) if judged else None


def within(value: float, bound: float) -> bool:
    """value <= bound; a figure that could not be taken is never within a bound."""
    return not math.isnan(value) and value <= bound
