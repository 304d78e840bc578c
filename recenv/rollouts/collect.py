"""Playing allotted sessions with an agent, and writing down what happened."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import SupportsInt

import msgspec
import numpy as np

from recenv.envs.dynamics import looked_at
from recenv.envs.engine import Engine, Step
from recenv.envs.state import ENDINGS, RUNNING, Log, State
from recenv.envs.tables import REFUSED, TAKEN
from recenv.errors import EndpointError, InputError, Unanswered, misfit
from recenv.records import Action, AgentView, Item
from recenv.rewards.protocol import SOURCES, unanswered
from recenv.rollouts.agent import Agent, ReadsNumbers
from recenv.rollouts.gold import GoldMeter
from recenv.rollouts.trace import TRACE_SCHEMA, LeftOut, SessionTrace, Shown, TurnTrace
from recenv.users.protocol import Speaks


def collect(
    engine: Engine, agent: Agent, sessions: Sequence[int], seed: int, *, first_order: int = 0,
    turned: Callable[[TurnTrace], None] | None = None,
) -> list[SessionTrace]:
    """Play each session (world rows) once, all in one batch; the traces come in the given order.

    seed keys the users' noise, the same for every agent, so that agents are compared on the same users. How sessions are cut
    into calls does not change any trace. turned: called with each turn when it is over. Raises EndpointError where what the
    agent asks does not answer.
    """
    found = []
    for played in attempt(engine, agent, sessions, seed, first_order=first_order, judged=False, turned=turned):
        if isinstance(played, EndpointError):
            raise played
        found.append(played)
    return found


def attempt(
    engine: Engine, agent: Agent, sessions: Sequence[int], seed: int, *, first_order: int = 0, judged: bool = True,
    turned: Callable[[TurnTrace], None] | None = None,
) -> list[SessionTrace | EndpointError]:
    """``collect``, with the error in place of the trace of each session that it cut off; the others go on.

    judged: whether a session ends where a scorer had no answer from outside, unfinished: its trace says which (``unanswered``).
    """
    if not len(sessions):
        return []
    rows = np.asarray(sessions, np.int64)
    meter = GoldMeter.of(engine.world)
    state, log = engine.begin(rows, np.full(len(rows), seed, np.uint64)), engine.log(len(rows), words=True)
    turns: list[list[TurnTrace]] = [[] for _ in rows]
    lost: dict[int, EndpointError] = {}
    over: set[int] = set()
    while (active := np.array([r for r in np.flatnonzero(state.ending == RUNNING).tolist() if r not in over], np.int64)).size:
        views = engine.views(state, log, active.tolist())
        actions: list[Action | None] = [None] * len(rows)
        for r, answer in zip(active.tolist(), _act(engine, agent, views, state.take(active)), strict=True):
            if isinstance(answer, EndpointError):
                lost[r] = answer
                over.add(r)
            else:
                actions[r] = answer
        before = state
        try:
            state, step = engine.step(before, log, actions)
        except Unanswered as some:  # users had no answer; the others' answers are kept
            for r, error in enumerate(some.answers):
                if isinstance(error, EndpointError):
                    lost[r], actions[r] = error, None
                    over.add(r)
            state, step = engine.step(before, log, actions)
        # who speaks for himself is told the whole slate
        seen = step.facts.there if isinstance(engine.user, Speaks) else looked_at(step.facts)
        for r, action in enumerate(actions):
            if action is not None:
                turns[r].append(_turn(engine, meter, before, state, log, step, seen[r].tolist(), r, action))
                if turned is not None:
                    turned(turns[r][-1])
                if judged and any(map(unanswered, turns[r][-1].reasons)):
                    over.add(r)
    return [lost.get(r) or _trace(engine, agent.name, state, seed, turns[r], r, first_order + r) for r in range(len(rows))]


def _act(engine: Engine, agent: Agent, views: list[AgentView], state: State) -> list[Action | EndpointError]:
    try:
        given: object = agent.act_on(views, engine.observer(state)) if isinstance(agent, ReadsNumbers) else agent.act(views)
        if not isinstance(given, Iterable):
            raise InputError(f"agent {agent.name!r} must return a list of recenv.Action, one a view; got {type(given).__name__}")
        answers = list(given)
    except Unanswered as some:
        answers = list(some.answers)
    except EndpointError as error:
        answers = [error] * len(views)
    except SystemExit as error:
        raise InputError(f"agent {agent.name!r} ended the program (SystemExit {error.code!r}); raise what is wrong") from error
    if len(answers) != len(views):
        raise InputError(f"agent {agent.name!r} must return one action a view: expected {len(views)}, got {len(answers)}")
    found = [a for a in answers if isinstance(a, (Action, EndpointError))]
    for wrong in answers if len(found) < len(answers) else ():
        if not isinstance(wrong, (Action, EndpointError)):
            raise InputError(f"agent {agent.name!r} must return recenv.records.Action objects; got {type(wrong).__name__}")
    for action in (a for a in found if isinstance(a, Action)):
        _check(agent.name, action)
    return found


def _check(agent: str, action: Action) -> None:
    """Raise InputError for an action that holds what no action has; nothing checks them where they are made."""
    try:
        msgspec.convert(msgspec.structs.asdict(action), Action)
    except msgspec.ValidationError as error:
        ids = "; items are ids of candidates, best first" if "$.items" in str(error) else ""
        raise InputError(f"agent {agent!r} returned an action that cannot be played: {misfit(error, Action)}{ids}") from None
    for name in ("text", "query", "error", "raw"):
        try:
            getattr(action, name).encode()
        except UnicodeEncodeError as wrong:
            raise InputError(f"agent {agent!r} returned an action whose {name} is no Unicode (half a surrogate pair at "
                             f"{wrong.start}); pass text.encode('utf-8', 'replace').decode()") from None


def _turn(
    engine: Engine, meter: GoldMeter | None, before: State, after: State, log: Log, step: Step, seen: list[bool], r: int,
    action: Action,
) -> TurnTrace:
    reaction, names = engine.reaction(after, log, r), engine.dimensions
    session, goal = int(before.session[r]), int(before.goal[r])
    items = [engine.item(i) for i in action.items] if action.act == "recommend" else []
    gold = taken = None
    if meter is not None and action.act == "recommend":
        gold = meter.value(session, goal, [engine.world.item_row(i.id) for i in items if i is not None])
        if reaction.kind == "order":
            taken = meter.value(session, goal, [engine.world.item_row(reaction.item_id)])
    return TurnTrace(
        turn=int(before.turn[r]), goal=goal, action=action, items=tuple("" if i is None else i.name for i in items),
        reaction=reaction, outcome=bool(step.met[r]), paid=bool(step.paid[r]),
        components=tuple(float(v) if there else None for v, there in zip(step.components[r], step.applicable[r], strict=True)),
        sources=tuple(SOURCES[s] for s in step.sources[r]),
        reasons=tuple(step.said_of(r)),
        value=float(step.values[r]), reward=float(step.rewards[r]),
        gate=tuple(d for d, f in zip(names, step.failed[r], strict=True) if f),
        gold=gold, taken=taken, said=_bits(after.told[r] if after.goal[r] == goal else before.told[r] | step.reactions.told[r]),
        shown=_shown(engine, meter, before, step, seen, r, items),
        left_out={d: LeftOut(id=i.id, name=i.name) for d, i in step.left_out.get(r, {}).items()} or msgspec.UNSET,
        judged=step.costs.get(r) or msgspec.UNSET,
        flaw=(log.spoken[r][-1].flaw if log.spoken is not None else "") or msgspec.UNSET,
    )


def _shown(
    engine: Engine, meter: GoldMeter | None, before: State, step: Step, seen: list[bool], r: int, items: Sequence[Item | None]
) -> tuple[Shown, ...]:
    """What is known of each item of a slate; users and scorers have it once, where it first stands."""
    facts, left = step.facts, {int(i): k for k, i in enumerate(step.facts.item[r]) if step.facts.there[r, k]}
    found = []
    for item in items:
        place = None if item is None else left.pop(engine.world.item_row(item.id), None)
        if place is None:
            found.append(Shown())
            continue
        row, log = int(facts.item[r, place]), int(facts.logged[r, place])
        values = () if step.item_values is None else tuple(map(_rounded, step.item_values[r, place].tolist()))
        found.append(Shown(
            seen=seen[place], missed=_bits(facts.missed[r, place]), unknown=_bits(facts.unknown[r, place]),
            liked=bool(facts.value[r, place] >= before.bar[r]),
            logged="taken" if log & TAKEN else "refused" if log & REFUSED else "",
            values=values if any(v is not None for v in values) else (),
            worth=None if step.worth is None else _rounded(float(step.worth[r, place])),
            gold=None if meter is None else _rounded(meter.value(int(before.session[r]), int(before.goal[r]), [row]))))
    return tuple(found)


def _rounded(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else round(value, 4)


def _bits(mask: SupportsInt) -> tuple[int, ...]:
    """Numbers of the bits that are set."""
    bits = int(mask)
    return tuple(m for m in range(bits.bit_length()) if bits >> m & 1)


def _trace(
    engine: Engine, agent: str, state: State, seed: int, turns: list[TurnTrace], r: int, order: int
) -> SessionTrace:
    session = engine.world.session(int(state.session[r]))
    return SessionTrace(
        schema=TRACE_SCHEMA, agent=agent, session_id=session.id, user_id=session.user_id, order=order, seed=seed,
        locale=session.locale, category=session.goals[0].category, source=session.source, opening=session.goals[0].query,
        goals=len(session.goals), goals_met=int(state.goal[r]), ending=ENDINGS[state.ending[r]], turns=tuple(turns),
    )
