"""One row a turn: what the Slate environment showed, the action, its rewards, and what was shown after it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from recenv.evaluation.export.named import Named, named
from recenv.rollouts.rebuild import Rebuilt
from recenv.rollouts.trace import TurnTrace


class Transition(msgspec.Struct, frozen=True, kw_only=True):
    """The columns of ``transitions`` and ``parquet``; docs/export.md says what each is."""

    agent: str
    session_id: str
    user_id: str
    order: int
    seed: int
    turn: int
    goal: int
    locale: str
    category: str
    candidates: tuple[float, ...]
    session: tuple[float, ...]
    act: str
    items: tuple[str, ...]
    numbers: tuple[int, ...]
    text: str
    reaction: str
    extrapolated: bool
    outcome: bool
    paid: bool
    value: float
    reward: float
    components: Named
    sources: dict[str, str]
    reasons: dict[str, str]
    gates_failed: tuple[str, ...]
    terminated: bool
    truncated: bool
    next_candidates: tuple[float, ...]
    next_session: tuple[float, ...]


def transitions(sessions: Iterable[Rebuilt]) -> Iterator[Transition]:
    """The turns of each session, in order."""
    for trace, moments in sessions:
        last = len(trace.turns) - 1
        for t, turn in enumerate(trace.turns):
            now, after = moments[t], moments[t + 1]
            yield Transition(
                agent=trace.agent, session_id=trace.session_id, user_id=trace.user_id, order=trace.order, seed=trace.seed,
                turn=t, goal=turn.goal, locale=trace.locale, category=now.view.category,
                candidates=tuple(now.candidates.tolist()), session=tuple(now.session.tolist()),
                act=turn.action.act, items=turn.action.items, numbers=numbers(turn, [i.id for i in now.view.candidates]),
                text=turn.action.text, reaction=turn.reaction.kind, extrapolated=turn.reaction.extrapolated,
                outcome=turn.outcome, paid=turn.paid, value=turn.value, reward=turn.reward, components=named(turn.components),
                sources=named(turn.sources), reasons=named(turn.reasons), gates_failed=turn.gate,
                terminated=t == last and trace.ending != "horizon", truncated=t == last and trace.ending == "horizon",
                next_candidates=tuple(after.candidates.tolist()), next_session=tuple(after.session.tolist()),
            )


def numbers(turn: TurnTrace, candidates: list[str]) -> tuple[int, ...]:
    """The candidate numbers of the recommended items, best first; -1 for an item that is no candidate."""
    number = {item: n for n, item in enumerate(candidates)}
    return tuple(number.get(item, -1) for item in turn.action.items)
