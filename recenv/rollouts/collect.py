"""Playing allotted sessions with an agent, and writing down what happened."""

from __future__ import annotations

import math
from collections.abc import Sequence

import msgspec
import numpy as np

from recenv.envs.engine import Engine, Step
from recenv.envs.state import ENDINGS, RUNNING, State
from recenv.errors import InputError
from recenv.records import Action, AgentView
from recenv.rollouts.agent import Agent
from recenv.rollouts.gold import GoldMeter
from recenv.rollouts.trace import TRACE_SCHEMA, SessionTrace, TurnTrace


def collect(
    engine: Engine, agent: Agent, sessions: Sequence[int], seed: int, *, first_order: int = 0
) -> list[SessionTrace]:
    """Play each session (world rows) once, all in one batch; the traces come in the given order.

    seed keys the users' noise, the same for every agent, so that agents are compared on the same users. How sessions
    are cut into calls does not change any trace.
    """
    if not len(sessions):
        return []
    rows = np.asarray(sessions, np.int64)
    meter = GoldMeter.of(engine.world)
    state = engine.begin(rows, np.full(len(rows), seed, np.uint64))
    turns: list[list[TurnTrace]] = [[] for _ in rows]
    while (active := np.flatnonzero(state.ending == RUNNING)).size:
        views = engine.views(state, active.tolist())
        answers = _act(agent, views)
        actions: list[Action | None] = [None] * len(rows)
        for r, action in zip(active.tolist(), answers, strict=True):
            actions[r] = action
        before, (state, step) = state, engine.step(state, actions)
        for r, action in zip(active.tolist(), answers, strict=True):
            turns[r].append(_turn(engine, meter, before, state, step, r, action))
    return [_trace(engine, agent.name, state, seed, turns[r], r, first_order + r) for r in range(len(rows))]


def _act(agent: Agent, views: list[AgentView]) -> list[Action]:
    answers = list(agent.act(views))
    if len(answers) != len(views):
        raise InputError(f"agent {agent.name!r} must return one action a view: expected {len(views)}, got {len(answers)}")
    return answers


def _turn(
    engine: Engine, meter: GoldMeter | None, before: State, after: State, step: Step, r: int, action: Action
) -> TurnTrace:
    reaction = step.reactions[r]
    assert reaction is not None  # the row was in play
    items = step.items[r]
    goal = int(before.goal[r])
    gold = None
    if meter is not None and action.act == "recommend":
        gold = meter.value(int(before.session[r]), goal, [engine.world.item_row(i.id) for i in items if i is not None])
    return TurnTrace(
        turn=int(before.turn[r]), goal=goal, action=action, items=tuple("" if i is None else i.name for i in items),
        reaction=reaction, components=tuple(None if math.isnan(v) else v for v in step.scores.components[r].tolist()),
        sources=step.scores.sources[r], reasons=step.scores.reasons[r], value=float(step.values[r]),
        reward=float(step.rewards[r]), gate=tuple(d for d, f in zip(engine.dimensions, step.failed[r], strict=True) if f),
        gold=gold, told=int(after.told[r].sum()), judged=step.scores.costs[r] or msgspec.UNSET,
    )


def _trace(
    engine: Engine, agent: str, state: State, seed: int, turns: list[TurnTrace], r: int, order: int
) -> SessionTrace:
    session = engine.dynamics.case(int(state.session[r])).session
    return SessionTrace(
        schema=TRACE_SCHEMA, agent=agent, session_id=session.id, user_id=session.user_id, order=order, seed=seed,
        locale=session.locale, category=session.goals[0].category, source=session.source, opening=session.goals[0].query,
        goals=len(session.goals), goals_met=int(state.goal[r]), ending=ENDINGS[state.ending[r]], turns=tuple(turns),
    )
