"""Session steps per second of both environments, scorers included, agents' own time left out."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from recenv import rng
from recenv.envs.chat_format import format_action
from recenv.envs.engine import Engine
from recenv.envs.vector import ChatVectorEnv, SlateVectorEnv
from recenv.records import Action, AgentView
from recenv.scenarios.entry import open_engine

WARM_UP_STEPS = 3


def measure(
    scenario: str, batches: Sequence[int], seconds: float, seed: int, *, store: str | Path | None = None
) -> Iterator[str]:
    """A line for each environment and batch size: steps per second from empty caches, after three warm-up steps.

    Every measurement gets scorers of its own: scores are cached by content, so rates rise as items and sessions repeat.
    """
    shared = open_engine(scenario, store)
    for kind in ("Slate", "Chat"):
        for batch in batches:
            steps, spent, ends = _run(Engine(shared.world, shared.config), kind, batch, seconds, seed)
            yield (f"recenv/{kind}-v0  batch {batch:>4d}  {steps / spent:>10,.0f} steps/s  "
                   f"({steps} steps in {spent:.1f} s, {ends} sessions ended)")


def _run(engine: Engine, kind: str, batch: int, seconds: float, seed: int) -> tuple[int, float, int]:
    env = SlateVectorEnv(engine, batch) if kind == "Slate" else ChatVectorEnv(engine, batch)
    env.reset(seed=seed)
    steps, spent, ends, turn = 0, 0.0, 0, 0
    while spent < seconds:
        views = env.batch.views()
        indices = np.stack([_slate(v, engine.config.slate_size, seed, turn) for v in views])
        actions = indices if kind == "Slate" else [_text(v, row) for v, row in zip(views, indices, strict=True)]
        start = time.perf_counter()
        _, _, terminated, truncated, _ = env.step(actions)  # type: ignore[arg-type]
        if turn >= WARM_UP_STEPS:
            spent += time.perf_counter() - start
            steps += batch
            ends += int((terminated | truncated).sum())
        turn += 1
    return steps, spent, ends


def _slate(view: AgentView, k: int, seed: int, turn: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return rng.permutation(len(view.candidates), seed, rng.word(view.session_id), turn)[:k]


def _text(view: AgentView, indices: np.ndarray[tuple[int], np.dtype[np.int64]]) -> str:
    items = [view.candidates[int(i)] for i in indices]
    names = " / ".join(i.name for i in items)
    return format_action(Action(act="recommend", items=tuple(i.id for i in items), text=names))
