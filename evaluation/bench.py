"""Session steps per second of both environments, from cold and from warm decks, beside what empty environments do.

Scorers are not counted where decks are warm: what they said is looked up. Two environments that do nothing, of the same shapes
and stepped in the same run on the same machine, say what a step costs at least: a NumPy vector environment that only copies
arrays (the floor), and single ones behind Gymnasium's ``SyncVectorEnv``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import cycle
from pathlib import Path
from typing import Any, NamedTuple

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from numpy.typing import NDArray

from recenv import rng
from recenv.envs.chat_format import format_action
from recenv.envs.engine import Engine
from recenv.envs.single import SlateEnv
from recenv.envs.spaces import slate_action, slate_observation
from recenv.envs.vector import ChatVectorEnv, SlateVectorEnv
from recenv.evaluation.filling import fill
from recenv.measures.drawing import PALETTE, REFERENCE, TICK, axes_at, axis_names, frame, heading, new_figure, save, write
from recenv.records import Action, AgentView, ScorerRow
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rewards.protocol import Scorer, ScorerSpec, Scores
from recenv.scenarios.entry import open_engine

WARM_UP_S = 1.0
MOST_FILLED = 5_000
"""Goals whose decks are filled before anything is measured."""
MOST_TALKING = 1024
"""Chat sessions in the largest batch of ``scaling``: every one has words of its own each turn."""
_ACTIONS = 64
FLOOR, SYNC = "floor: copying arrays of the same shapes", "SyncVectorEnv over an empty environment"
CHAT = "Chat vector, new text each turn"
CONSTANT = "constant"
"""Scorers that say one half to everything: what is left of a step is the environment's own work."""


class Row(NamedTuple):
    """One measurement. steps_per_s: session steps a second, the agent's own time left out. of_floor, of_sync: over what empty
    environments of its batch do, see the module; NaN where they have other shapes."""

    work: str
    batch: int
    steps_per_s: float
    of_floor: float = float("nan")
    of_sync: float = float("nan")


class Constant:
    """A scorer without an opinion, for measuring what is not the scorers' doing."""

    def __init__(self, dimension: str) -> None:
        self.spec = ScorerSpec(name=CONSTANT, dimension=dimension, kind="rule", reads=(), fingerprint=CONSTANT)

    def score(self, rows: Sequence[ScorerRow]) -> Scores:
        """Halves; a list gets equal probabilities, under which every order is the best."""
        lists = tuple(np.full(len(r.items), 1.0 / len(r.items), np.float32) for r in rows if r.items)
        return Scores(np.array([1.0 if r.items else 0.5 for r in rows], np.float32), ("",) * len(rows), lists)


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
    syncs = {n: _rate(n, seconds, _sync(engine, n)) for n in floors}

    def row(work: str, n: int, rate: float) -> Row:
        return Row(work, n, rate, rate / floors[n], rate / syncs[n])

    for n in floors:
        yield row(FLOOR, n, floors[n])
    for n in syncs:
        yield row(SYNC, n, syncs[n])
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
    yield Row(CHAT, n, rate)


def scaling(scenario: str, seconds: float, seed: int, *, store: str | Path | None = None, most: int = 16_384) -> Iterator[Row]:
    """Steps a second of slates from 1 to ``most`` sessions in one batch, decks warm; of chats up to MOST_TALKING, whose texts
    differ from session to session and from turn to turn."""
    engine = open_engine(scenario, store, scorers={name: Constant(name) for name in DIMENSIONS})
    _warm(engine)
    sizes = [4**power for power in range(most.bit_length()) if 4**power <= most]
    for n in sizes:
        yield Row("Slate vector", n, _rate(n, seconds, _slates(SlateVectorEnv(engine, n), seed)))
    for n in sizes:
        if n <= MOST_TALKING:
            yield Row(CHAT, n, _chats(ChatVectorEnv(engine, n), engine, seconds, seed))


def draw_scaling(rows: Sequence[Row], out: Path) -> Path:
    """What a step of all sessions costs against their number, a line a kind of work; .png or .svg. Returns the file."""
    figure = new_figure(6.4, 4.2)
    axes = axes_at(figure, 0.8, 0.6, 5.2, 2.8)
    for colour, work in zip(cycle(PALETTE), dict.fromkeys(row.work for row in rows)):
        of = [row for row in rows if row.work == work]
        cost = [1000.0 * row.batch / row.steps_per_s for row in of]
        axes.plot([row.batch for row in of], cost, color=colour, marker="o", markersize=3, linewidth=1.2)
        axes.plot([row.batch for row in of], [cost[-1] * row.batch / of[-1].batch for row in of], **REFERENCE)
        write(axes, of[-1].batch, cost[-1], f"{work} ", TICK, colour, "right", "white", "bottom")
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(min(row.batch for row in rows) * 0.8, max(row.batch for row in rows) * 1.25)
    frame(axes)
    heading(axes, "What a step of the whole batch costs", "dashed: linear in the number of sessions, through the largest batch")
    axis_names(axes, "sessions in the batch", "milliseconds a step")
    return save(figure, out)


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


class _Nothing(gym.Env[Any, Any]):
    """A single environment of the same spaces that does nothing, not even copy."""

    def __init__(self, engine: Engine) -> None:
        self.action_space = slate_action(engine.config.candidates, engine.config.slate_size)
        self.observation_space = slate_observation(engine.config.candidates)
        self._seen = {name: np.zeros(space.shape or (), np.float32) for name, space in self.observation_space.spaces.items()}

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        return self._seen, {}

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        return self._seen, 0.0, False, False, {}


def _sync(engine: Engine, n: int) -> Callable[[], object]:
    env: SyncVectorEnv = SyncVectorEnv([lambda: _Nothing(engine)] * n)
    env.reset(seed=0)
    actions = _numbers(engine, n, 0)[0]
    return lambda: env.step(actions)


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
