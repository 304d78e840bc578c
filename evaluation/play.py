"""One session in the terminal, with a person as the agent."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from recenv import rng
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rollouts.agent import Agent
from recenv.rollouts.collect import collect
from recenv.rollouts.trace import SessionTrace
from recenv.scenarios.entry import open_engine

_PLAY = rng.word("play")


def play_session(
    scenario: str, agent: Agent, seed: int, *, store: str | Path | None = None, session: str | None = None,
    echo: Callable[[str], None],
) -> SessionTrace:
    """Play one session (by id, or drawn by the seed) and print what each turn earned."""
    engine = open_engine(scenario, store)
    if session is not None:
        row = engine.world.session_row(session)
    else:
        row = int(rng.integers(engine.world.n_sessions, seed, _PLAY))
    trace = collect(engine, agent, [row], seed)[0]
    echo("")
    for turn in trace.turns:
        cells = "  ".join(f"{d}={'-' if v is None else f'{v:.2f}'}" for d, v in zip(DIMENSIONS, turn.components, strict=True))
        echo(f"turn {turn.turn + 1}: {turn.reaction.kind:8s} reward {turn.reward:.3f}  {cells}")
    echo(f"ending: {trace.ending}; goals met {trace.goals_met} of {trace.goals}; return {trace.total:.3f}")
    return trace
