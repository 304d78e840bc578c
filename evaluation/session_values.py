"""What is measured of a session, before anything is averaged: one ``SessionValues`` per trace."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from recenv.errors import InputError
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rollouts.trace import SessionTrace

NAN = float("nan")
RETURN = "return"


def shorts() -> tuple[str, ...]:
    """Column headers of the dimensions, in their order."""
    return tuple(DIMENSIONS[name].short for name in DIMENSIONS)


class SessionValues(msgspec.Struct, frozen=True, kw_only=True):
    """One session of one agent in numbers.

    total: the return (sum of step rewards). components: (D,) mean over the turns that have a value, NaN where none has.
    missing: (D,) turns without a value. needs_met: goals met / goals, in [0, 1]. abandoned: 1 where the user left, else 0.
    malformed: turns lost to unusable actions (they stay in every mean: a failure is a result). extrapolated: share of
    turns whose reaction rests on a model outside the log. gold: mean gold value of the turns that have one, NaN without.
    gate_failed: share of turns that a failed gate made worthless.
    """

    order: int
    session_id: str
    user_id: str
    ending: str
    total: float
    components: tuple[float, ...]
    missing: tuple[int, ...]
    turns: int
    needs_met: float
    abandoned: float
    malformed: int
    extrapolated: float
    gold: float
    gate_failed: float


def check_dimensions(trace: SessionTrace) -> None:
    """Raise InputError where a trace was judged by another number of dimensions than there are here."""
    other = {len(t.components) for t in trace.turns} - {len(DIMENSIONS)}
    if other:
        raise InputError(
            f"session {trace.session_id!r} of agent {trace.agent!r} was judged by {other.pop()} dimensions, and there are "
            f"{len(DIMENSIONS)} here ({', '.join(DIMENSIONS)}); add those that the run was played with")


def session_values(trace: SessionTrace) -> SessionValues:
    """The numbers of one finished session. Raises InputError where it was judged by other dimensions than there are here."""
    check_dimensions(trace)
    turns = trace.turns
    columns = [[t.components[d] for t in turns if t.components[d] is not None] for d in range(len(DIMENSIONS))]
    return SessionValues(
        order=trace.order,
        session_id=trace.session_id,
        user_id=trace.user_id,
        ending=trace.ending,
        total=trace.total,
        components=tuple(_mean([c for c in column if c is not None]) for column in columns),
        missing=tuple(len(turns) - len(column) for column in columns),
        turns=len(turns),
        needs_met=trace.goals_met / trace.goals if trace.goals else NAN,
        abandoned=float(trace.ending == "left"),
        malformed=sum(t.action.act == "malformed" for t in turns),
        extrapolated=_mean([float(t.reaction.extrapolated) for t in turns]),
        gold=_mean([t.gold for t in turns if t.gold is not None]),
        gate_failed=_mean([float(bool(t.gate)) for t in turns]),
    )


class Metric(NamedTuple):
    """A column of the leaderboard. better: which way is better, "" where neither is."""

    name: str
    title: str
    better: Literal["higher", "lower", ""]


def metrics() -> tuple[Metric, ...]:
    """The columns of ``matrix``, in order; turns and malformed are counts per session."""
    return (
        Metric(RETURN, "return", "higher"),
        *(Metric(name, short, "higher") for name, short in zip(DIMENSIONS, shorts(), strict=True)),
        Metric("turns", "turns", ""),
        Metric("needs_met", "needs met", "higher"),
        Metric("abandonment", "left", "lower"),
        Metric("malformed", "malformed", "lower"),
        Metric("extrapolated", "extrapolated", ""),
        Metric("gold", "gold", "higher"),
        Metric("gate_failed", "gate failed", "lower"),
    )


def matrix(values: Sequence[SessionValues]) -> NDArray[np.float64]:
    """(N, len(metrics())) per-session values, NaN where a session has none."""
    rows = [
        (v.total, *v.components, v.turns, v.needs_met, v.abandoned, v.malformed, v.extrapolated, v.gold, v.gate_failed)
        for v in values
    ]
    return np.array(rows, np.float64).reshape(len(values), len(metrics()))


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else NAN
