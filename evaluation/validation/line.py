"""What an examination is, and what it reports."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from recenv.measures.intervals import Interval

if TYPE_CHECKING:
    from recenv.evaluation.validation.subject import Subject

NAN = float("nan")


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One figure of an examination, its 95 % interval (NaN where there is none), on how many cases, and its bound in words.

    passed: None where the figure is reported only.
    """

    name: str
    value: float
    n: int
    low: float = NAN
    high: float = NAN
    bound: str = ""
    passed: bool | None = None


class Result(msgspec.Struct, frozen=True):
    """What an examination comes back with. note: why there is no line, where there is none, and what else must be known. data:
    what a picture needs besides, by name, in JSON."""

    lines: list[Line]
    note: str = ""
    data: dict[str, Any] = {}


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """An examination with its result."""

    examination: str
    asks: str
    lines: tuple[Line, ...]
    note: str = ""
    data: dict[str, Any] = {}

    @property
    def passed(self) -> bool | None:
        """Whether every bounded line is within its bound; None where none is bounded."""
        judged = [line.passed for line in self.lines if line.passed is not None]
        return all(judged) if judged else None


class Examination(NamedTuple):
    """One question put to an environment."""

    name: str
    asks: str
    run: Callable[[Subject], Result]


def measured(name: str, interval: Interval, bound: str = "", passed: bool | None = None) -> Line:
    """A line from an interval."""
    return Line(name=name, value=interval.mean, low=interval.low, high=interval.high, n=interval.n, bound=bound, passed=passed)


def at_least(value: float, bound: float) -> bool:
    """value >= bound; a figure that could not be taken is never within a bound."""
    return not math.isnan(value) and value >= bound


def at_most(value: float, bound: float) -> bool:
    """value <= bound; a figure that could not be taken is never within a bound."""
    return not math.isnan(value) and value <= bound


def numbered(users: list[str]) -> NDArray[np.int64]:
    """(N,) the number of each session's user, from 0 without gaps: what ``measures.intervals.group_intervals`` resamples."""
    return np.asarray(np.unique(users, return_inverse=True)[1], np.int64)
