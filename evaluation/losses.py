"""Where the return of a session was lost: from the ceiling down, cause by cause, adding up to what is missing.

A goal under the ``service`` credit pays ``outcome`` for the need and the rest by quality, the worth of what was served.

gate: ...      a fitting item was shown, but only in turns whose gate failed; or the order fell in such a turn: no quality
left, not met  the outcome of goals that the user walked out of; that the agent gave up, or that time ended; with what stood
               between the user and an item that fits, and the quality of goals that were never begun
a dimension    quality that the ceiling's item would have been paid for it and the served one was not; negative where it was more
other          the price of turns, and what the ceiling's own rounding leaves
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recenv.evaluation.ceiling import SessionCeilings
from recenv.evaluation.session_values import shorts
from recenv.evaluation.why import gate_cause
from recenv.rewards.hybrid import RewardSpec, shares
from recenv.rollouts.trace import SessionTrace, TurnTrace

LEFT, NOT_MET, OTHER, QUALITY, GATE = "left", "not met", "other", "quality", "gate: "
_SMALL = 0.02


class Served(NamedTuple):
    """What a goal earned by quality. by: (D,) what each dimension adds, in the units of the return; gate: why its order earned
    none, "" where it was not a gate that took it."""

    by: NDArray[np.float64]
    gate: str


def losses(trace: SessionTrace, ceilings: SessionCeilings | None, spec: RewardSpec | None) -> dict[str, float]:
    """Cause -> return lost; the values sum to the ceiling less the return. Empty where there is no ceiling."""
    if ceilings is None or spec is None or (top := ceilings.returns[trace.order]) is None:
        return {}
    reachable = round(ceilings.needs_met[trace.order] * trace.goals)
    goals = served(trace, spec)
    found: dict[str, float] = {}
    unmet, begun = max(0, reachable - trace.goals_met), min(reachable, len(goals))
    quality = np.array(ceilings.quality[trace.order]) if ceilings.quality else np.zeros(0)
    if not quality.size:
        quality = np.array([top - spec.outcome * reachable])
        goals = [Served(np.array([g.by.sum()]), g.gate) for g in goals]
    names = shorts() if len(quality) > 1 else (QUALITY,)
    each = quality / max(reachable, 1)
    if unmet:
        cause = _unmet(trace)
        found[cause] = spec.outcome * unmet + float(each.sum()) * (reachable - begun)
    for goal in goals[:begun]:
        if goal.gate:
            found[GATE + goal.gate] = found.get(GATE + goal.gate, 0.0) + float((each - goal.by).sum())
            continue
        for name, wanted, got in zip(names, each.tolist(), goal.by.tolist(), strict=True):
            if abs(wanted - got) > 1e-12:
                found[name] = found.get(name, 0.0) + wanted - got
    rest = top - trace.total - sum(found.values())
    if abs(rest) > 1e-4:
        found[OTHER] = rest
    return found


def main_cause(lost: Mapping[str, float]) -> str:
    """The cause that cost a session most, "" where next to nothing was lost."""
    cause = max(lost, key=lambda c: lost[c], default="")
    return cause if cause and lost[cause] >= _SMALL else ""


def served(trace: SessionTrace, spec: RewardSpec) -> list[Served]:
    """What each goal that was begun earned by quality: of the item taken, else of the best one shown."""
    goals: dict[int, list[TurnTrace]] = {}
    for turn in trace.turns:
        goals.setdefault(turn.goal, []).append(turn)
    return [_served(turns, spec) for _, turns in sorted(goals.items())]


def _served(turns: Sequence[TurnTrace], spec: RewardSpec) -> Served:
    best, by = 0.0, np.zeros(len(turns[0].components))
    for turn in turns:
        if turn.outcome and turn.gate:
            return Served(np.zeros_like(by), gate_cause(turn))
        if turn.paid and not turn.gate and (turn.outcome or turn.value > best):
            best, by = turn.value, (1.0 - spec.outcome) * _parts(turn, spec)
    return Served(by, "")


def _parts(turn: TurnTrace, spec: RewardSpec) -> NDArray[np.float64]:
    """(D,) what each dimension adds to the value of a turn: of the item taken or of the best one, as the engine values it."""
    valued = [(s.worth, -rank) for rank, s in enumerate(turn.shown) if s.worth is not None]
    row = np.array([np.nan if v is None else v for v in turn.components])
    if valued:
        taken = [-rank for _, rank in valued if turn.outcome and turn.action.items[-rank] == turn.reaction.item_id]
        values = turn.shown[taken[0] if taken else -max(valued)[1]].values
        own = np.array([np.nan if v is None else v for v in values] or [np.nan] * len(row))
        row = np.where(np.isnan(own), row, own)
    parts = shares(spec, row[None])[0]
    total = parts.sum()
    return np.asarray(parts * (turn.value / total) if total > 0 else parts)


def _unmet(trace: SessionTrace) -> str:
    """Why the goal that the session ended in was not met."""
    turns = [t for t in trace.turns if t.goal == trace.goals_met]
    fitting = [t for t in turns if any(s.fits and s.seen for s in t.shown)]
    if fitting and all(t.gate for t in fitting):
        return GATE + gate_cause(fitting[0])
    return (LEFT if trace.ending == "left" else NOT_MET) + _why_unmet(turns)


def _why_unmet(turns: Sequence[TurnTrace]) -> str:
    """What stood between the user and an item that meets the whole need; "" where traces do not tell."""
    shown = [s for t in turns for s in t.shown]
    if not shown:
        return "" if any(t.items for t in turns) else ": nothing shown"
    if not any(s.fits for s in shown):
        return ": nothing fitting shown"
    return ": fitting item not liked" if any(s.fits and s.seen for s in shown) else ": fitting item unseen"
