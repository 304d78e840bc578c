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
from recenv.evaluation.demands import gate_cause
from recenv.evaluation.session_values import shorts
from recenv.evaluation.shortfall import served_values
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rewards.hybrid import RewardSpec, shares
from recenv.rollouts.trace import SessionTrace, Shown, TurnTrace

LEFT, NOT_MET, OTHER, QUALITY, GATE = "left", "not met", "other", "quality", "gate: "
NOTHING = "nothing"
"""The main cause where next to nothing was lost."""

SMALL = 0.0005
"""What is lost below it does not show in three decimals."""
_NAMED = 3  # causes in a sentence


class Served(NamedTuple):
    """What a goal earned by quality. by: (D,) what each dimension adds, in the units of the return; gate: why its order earned
    none, "" where it was not a gate that took it."""

    by: NDArray[np.float64]
    gate: str


def losses(trace: SessionTrace, ceilings: SessionCeilings | None, spec: RewardSpec | None) -> dict[str, float] | None:
    """Cause -> return lost; the values sum to the ceiling less the return. None where there is no ceiling."""
    if ceilings is None or spec is None or (top := ceilings.returns[trace.order]) is None:
        return None
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


def main_cause(lost: Mapping[str, float] | None) -> str:
    """The cause that cost a session most, ``NOTHING`` where less than ``SMALL`` was lost, "" where that is not known."""
    if lost is None:
        return ""
    return max(lost, key=lambda c: lost[c]) if sum(lost.values()) >= SMALL else NOTHING


def cause_name(cause: str) -> str:
    """A cause as it is written: dimensions by what they are of."""
    names = dict(zip(shorts(), DIMENSIONS, strict=True))
    return names[cause].replace("_", " ") if cause in names else cause


def losses_in_words(lost: Mapping[str, float] | None) -> str:
    """How much a session lost and by what, the largest first, "" where that is not known."""
    if lost is None:
        return ""
    total = sum(lost.values())
    if total < SMALL:
        return "nothing lost" if total > -SMALL else f"{-total:.3f} above the ceiling"
    most = sorted((c for c in lost if abs(lost[c]) >= SMALL), key=lambda c: -abs(lost[c]))[:_NAMED]
    return f"lost {total:.3f} ({' · '.join(f'{cause_name(c)} {lost[c]:.3f}' for c in most)})"


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
    parts = shares(spec, served_values(turn)[None])[0]
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
    shown = [s for t in turns for s in t.shown if s != Shown()]  # without what is unknown or repeated
    if not shown:
        return "" if any(t.items for t in turns) else ": nothing shown"
    if not any(s.fits for s in shown):
        return ": fitting item passed over" if any(s.meets for s in shown) else ": nothing fitting shown"
    return ": fitting item not liked" if any(s.fits and s.seen for s in shown) else ": fitting item unseen"
