"""The environment under examination, beside the sessions that agents have played in it; each agent plays once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
import numpy as np

from recenv.baselines import make_agent
from recenv.envs.engine import Engine
from recenv.envs.state import State
from recenv.evaluation.run import allotment
from recenv.evaluation.runtimes import runtime_of
from recenv.evaluation.validation.known import MixedAgent, OracleAgent
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rollouts.agent import Agent
from recenv.rollouts.collect import collect
from recenv.rollouts.gold import GoldMeter
from recenv.rollouts.trace import SessionTrace

RUNGS = 8
"""Agents of the ladder, from the worst to the best."""


class Sizes(msgspec.Struct, frozen=True, kw_only=True):
    """How much is played. sessions: of each agent; ladder: of each rung. A world with fewer plays them again with other noise.
    slates: random ones a session, for monotonicity. draws: bootstrap resamples."""

    sessions: int = 300
    ladder: int = 1000
    slates: int = 8
    draws: int = 1000


class Played:
    """What an agent made of N sessions: returns, goals, needs_met and taken (gold value of what was ordered, 0 where nothing is,
    a mean over goals), (N,)."""

    def __init__(self, traces: Sequence[SessionTrace]) -> None:
        self.traces = traces
        self.returns = np.array([t.total for t in traces])
        self.goals = np.array([t.goals for t in traces])
        self.needs_met = np.array([t.goals_met / t.goals for t in traces])
        self.taken = np.array([sum(turn.taken or 0.0 for turn in t.turns) / t.goals for t in traces])

    def first(self, n: int) -> Played:
        return self if n >= len(self.traces) else Played(self.traces[:n])


class Subject:
    """An engine, and agents that play in it. progress: called with the name of each agent as it begins to play."""

    def __init__(
        self, engine: Engine, seed: int, sizes: Sizes | None = None, progress: Callable[[str], None] | None = None
    ) -> None:
        self.engine, self.seed, self.sizes = engine, seed, sizes or Sizes()
        most, have = max(self.sizes.sessions, self.sizes.ladder), engine.world.n_sessions
        order = np.asarray(allotment(engine.world, seed), np.int64)
        self.rows = order[np.arange(most) % have]  # (N,) world rows, the same to every agent
        self.seeds = np.uint64(seed) + np.arange(most, dtype=np.uint64) // np.uint64(have)
        self.users = [engine.world.session(int(row)).user_id for row in self.rows]
        self.has_gold = GoldMeter.of(engine.world) is not None
        self._progress = progress
        self._played: dict[str, Played] = {}
        self._agents: dict[str, Agent] = {}

    @property
    def n(self) -> int:
        """Sessions of each agent."""
        return self.sizes.sessions

    @property
    def ranks(self) -> bool:
        """Whether there are scorers that tell items apart, for ``greedy`` to rank by."""
        weights = self.engine.reward.spec.weights
        return any(d in self.engine.scorers and weights.get(d, 0.0) > 0 for d in DIMENSIONS if DIMENSIONS[d].of == "slate")

    @property
    def best(self) -> str:
        """Name of the agent that knows what users want."""
        return "gold" if self.has_gold else "oracle"

    @property
    def honest(self) -> tuple[str, ...]:
        """Agents that say what is so about the items that they rank first."""
        ranking = ("greedy", "ask-greedy") if self.ranks else ()
        return ("random", "popularity", "bm25", "ask-bm25", *ranking, self.best)

    @property
    def changed(self) -> tuple[str, ...]:
        """Honest agents that changes are tried on."""
        return (*(("greedy",) if self.ranks else ()), self.best, "bm25")

    def agent(self, name: str) -> Agent:
        """A baseline by name, or the oracle."""
        if name not in self._agents:
            runtime = runtime_of(self.engine, self.seed)
            self._agents[name] = OracleAgent(self.engine.tables, self.seed) if name == "oracle" else make_agent(name, runtime)
        return self._agents[name]

    def rung(self, number: int) -> Agent:
        """The agent that is the best in number / (RUNGS - 1) of the sessions, and random in the rest."""
        share = number / (RUNGS - 1)
        if share in (0, 1):
            return self.agent(self.best if share else "random")
        return MixedAgent(self.agent(self.best), self.agent("random"), share, f"{number}/{RUNGS - 1} {self.best}")

    def play(self, agent: Agent, n: int = 0) -> Played:
        """The first n sessions as the agent plays them; by default as many as every agent plays. Remembered by its name."""
        wanted = n or self.n
        if agent.name not in self._played or len(self._played[agent.name].traces) < wanted:
            if self._progress is not None:
                self._progress(agent.name)
            traces: list[SessionTrace] = []
            for seed in np.unique(self.seeds[:wanted]).tolist():
                traces += collect(self.engine, agent, self.rows[:wanted][self.seeds[:wanted] == seed].tolist(), seed)
            self._played[agent.name] = Played(traces)
        return self._played[agent.name].first(wanted)

    def everyone(self) -> dict[str, Played]:
        """All that was played so far by at least as many sessions as every agent plays, by agent."""
        return {name: p.first(self.n) for name, p in self._played.items() if len(p.traces) >= self.n}

    def opening(self, n: int = 0) -> State:
        """The first n sessions at their start."""
        wanted = n or self.n
        return self.engine.begin(self.rows[:wanted], self.seeds[:wanted])

    def resampled_by(self, n: int = 0) -> list[str]:
        """(n,) users of the first n sessions."""
        return self.users[: n or self.n]
