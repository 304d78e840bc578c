"""Session steps per second of both environments, from cold and from warm decks, beside what an empty environment does.

Scorers are not counted where decks are warm: what they said is looked up. The ratio of a row is to the floor of its shapes: a
NumPy vector environment that only copies arrays of the same sizes, stepped in the same run on the same machine.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray

from recenv import rng
from recenv.envs.chat_format import format_action
from recenv.envs.engine import Engine
from recenv.envs.single import SlateEnv
from recenv.envs.spaces import slate_observation
from recenv.envs.vector import ChatVectorEnv, SlateVectorEnv
from recenv.evaluation.prepare import fill
from recenv.records import Action, AgentView, ScorerRow
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rewards.protocol import Scorer, ScorerSpec, Scores
from recenv.scenarios.entry import open_engine

WARM_UP_S = 1.0
MOST_FILLED = 5_000
"""Goals whose decks are filled before anything is measured."""
_ACTIONS = 64
CONSTANT = "constant"
"""Scorers that say one half to everything: what is left of a step is the environment's own work."""


class Row(NamedTuple):
    """One measurement. steps_per_s: session steps a second, the agent's own time left out; ratio: over the floor of its batch."""

    work: str
    batch: int
    steps_per_s: float
    ratio: float


class Constant:
    """A scorer without an opinion, for measuring what is not the scorers' doing."""

    def __init__(self, dimension: str) -> None:
        self.spec = ScorerSpec(name=CONSTANT, dimension=dimension, kind="rule", reads=(), fingerprint=CONSTANT)

    def score(self, rows: Sequence[ScorerRow]) -> Scores:
        """Halves; a list gets equal probabilities."""
        lists = tuple(np.full(len(r.items), 1.0 / len(r.items), np.float32) for r in rows if r.items)
        return Scores(np.full(len(rows), 0.5, np.float32), ("",) * len(rows), lists)


def measure(
    scenario: str, batches: Sequence[int], seconds: float, seed: int, *, store: str | Path | None = None,
    scorers: str = CONSTANT,
) -> Iterator[Row]:
    """The rows of the table, each measured for so many seconds. Decks of constant scorers are filled beforehand; those of others
    are as ``recenv prepare`` and earlier runs left them."""
    given: str | Mapping[str, Scorer] = scorers if scorers != CONSTANT else {name: Constant(name) for name in DIMENSIONS}
    engine = open_engine(scenario, store, scorers=given)
    if scorers == CONSTANT:
        _warm(engine)
    floors = {n: _rate(n, seconds, _empty(engine, n)) for n in dict.fromkeys((1, *batches))}

    def row(work: str, n: int, rate: float) -> Row:
        return Row(work, n, rate, rate / floors[n])

    for n in floors:
        yield Row("floor: copying arrays of the same shapes", n, floors[n], 1.0)
    yield row("Slate single", 1, _rate(1, seconds, _single(engine, seed)))
    for n in batches:
        yield row("Slate vector", n, _rate(n, seconds, _slates(SlateVectorEnv(engine, n), seed)))
    for n in batches:
        env = SlateVectorEnv(engine, n, vector_reward=True, autoreset_mode=AutoresetMode.SAME_STEP)
        yield row("Slate vector, vector_reward, SAME_STEP", n, _rate(n, seconds, _slates(env, seed)))
    cold = Engine(engine.world, engine.config, scorers=engine.scorers, reward=engine.reward.spec)
    n = max(batches)
    yield row("Slate vector, decks and tables cold", n, _rate(n, seconds, _slates(SlateVectorEnv(cold, n), seed), warm_up=0.0))
    n = min(64, max(batches))
    rate = _chats(ChatVectorEnv(engine, n), engine, seconds, seed)
    yield Row("Chat vector, new text each turn", n, rate, float("nan"))


def scaling(scenario: str, seconds: float, seed: int, *, store: str | Path | None = None, most: int = 16_384) -> Iterator[Row]:
    """Slate steps a second from 1 to ``most`` sessions in one batch, decks warm."""
    engine = open_engine(scenario, store, scorers={name: Constant(name) for name in DIMENSIONS})
    _warm(engine)
    n = 1
    while n <= most:
        yield Row("Slate vector", n, _rate(n, seconds, _slates(SlateVectorEnv(engine, n), seed)), float("nan"))
        n *= 4


def _warm(engine: Engine) -> None:
    """Fill the decks; of a large world those of its first goals, and the warm-up of each row does the rest."""
    fill(engine, tuple(range(min(engine.world.n_goals, MOST_FILLED))))


def _rate(n: int, seconds: float, step: Callable[[], object], warm_up: float = WARM_UP_S) -> float:
    """n times the steps a second of ``step``."""
    end = time.perf_counter() + min(warm_up, 4 * seconds)
    while time.perf_counter() < end:
        step()
    steps, start = 0, time.perf_counter()
    while (spent := time.perf_counter() - start) < seconds:
        step()
        steps += 1
    return n * steps / spent


def _numbers(engine: Engine, n: int, seed: int) -> NDArray[np.int64]:
    """(_ACTIONS, N, K) slates drawn beforehand."""
    k, c = engine.config.slate_size, engine.config.candidates
    return rng.integers(c, seed, np.arange(_ACTIONS * n * k, dtype=np.uint64)).reshape(_ACTIONS, n, k)


def _slates(env: SlateVectorEnv, seed: int) -> Callable[[], object]:
    env.reset(seed=seed)
    actions, turn = _numbers(env.batch.engine, env.num_envs, seed), [0]

    def step() -> object:
        turn[0] += 1
        return env.step(actions[turn[0] % _ACTIONS])

    return step


def _single(engine: Engine, seed: int) -> Callable[[], object]:
    env = SlateEnv(engine)
    env.reset(seed=seed)
    actions, turn = _numbers(engine, 1, seed)[:, 0], [0]

    def step() -> object:
        turn[0] += 1
        _, _, terminated, truncated, _ = env.step(actions[turn[0] % _ACTIONS])
        return env.reset() if terminated or truncated else None

    return step


def _empty(engine: Engine, n: int) -> Callable[[], object]:
    """A vector environment of the same shapes that does nothing: copies observations, gives rewards and infos of zeros."""
    spaces = slate_observation(engine.config.candidates)
    source = {name: np.zeros((n, *space.shape), np.float32) for name, space in spaces.spaces.items() if space.shape}
    d = len(engine.dimensions)

    def step() -> dict[str, Any]:
        seen = {name: values.copy() for name, values in source.items()}
        infos = {"reward_vector": np.zeros((n, d), np.float32), "applicable": np.zeros((n, d), np.bool_)}
        return {"seen": seen, "rewards": np.zeros(n), "ends": np.zeros((2, n), np.bool_), "infos": infos}

    return step


def _chats(env: ChatVectorEnv, engine: Engine, seconds: float, seed: int) -> float:
    env.reset(seed=seed)
    spent, steps, turn = 0.0, 0, 0
    while spent < seconds:
        texts = [_text(view, seed, turn, engine.config.slate_size) for view in env.batch.views()]
        start = time.perf_counter()
        env.step(texts)
        if turn >= 3:
            spent += time.perf_counter() - start
            steps += env.num_envs
        turn += 1
    return steps / spent


def _text(view: AgentView, seed: int, turn: int, k: int) -> str:
    order = rng.permutation(len(view.candidates), seed, rng.word(view.session_id), turn)[:k]
    items = [view.candidates[int(i)] for i in order]
    return format_action(Action(act="recommend", items=tuple(i.id for i in items), text=" / ".join(i.name for i in items)))
