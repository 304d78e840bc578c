"""N sessions in play with resets, seeds and infos: what both environments, single and vector, are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from recenv import rng
from recenv.envs import state as states
from recenv.envs.engine import Engine, Step
from recenv.envs.state import HORIZON, RUNNING, State
from recenv.errors import InputError
from recenv.records import Action, AgentView

Split = Literal["all", "train", "test"]
_SESSION = rng.word("session")
TEST_FOLD = 0


class SessionBatch:
    """A row per environment. Row i of a batch seeded with s plays what a batch of one seeded with s + i plays.

    split: sessions to draw from; ``test`` is the users of fold 0, ``train`` all others.
    """

    def __init__(self, engine: Engine, n: int, split: Split = "all") -> None:
        if n < 1:
            raise InputError(f"the number of environments must be at least 1; got {n}")
        self.engine, self.n = engine, n
        self.pool = _pool(engine, split)
        self.seeds = np.zeros(n, np.uint64)
        self.episodes = np.full(n, -1, np.int64)
        self.state: State | None = None

    # -- sessions --------------------------------------------------------------------------------------------

    def seed(self, seed: int | Sequence[int]) -> None:
        """Key the rows anew: s + i for an integer s, or one seed a row."""
        values = [seed + i for i in range(self.n)] if isinstance(seed, int) else [int(s) for s in seed]
        if len(values) != self.n or min(values) < 0:
            raise InputError(f"seed must be one integer >= 0, or {self.n} of them; got {seed!r}")
        self.seeds = np.array(values, np.uint64)
        self.episodes = np.full(self.n, -1, np.int64)
        self.state = None

    def reset(self, rows: Sequence[int] | None = None, sessions: Sequence[str | int] | None = None) -> None:
        """Open new sessions in the given rows (all by default). sessions: ids or world rows, drawn where not given."""
        at = np.arange(self.n) if rows is None else np.asarray(rows, np.int64)
        self.episodes = self.episodes.copy()
        self.episodes[at] += 1
        if sessions is None:
            chosen = self.pool[rng.integers(len(self.pool), self.seeds[at], self.episodes[at], _SESSION)]
        else:
            chosen = np.array([self._row(s) for s in sessions], np.int64)
            if len(chosen) != len(at):
                raise InputError(f"options: expected {len(at)} sessions, got {len(chosen)}")
        fresh = self.engine.begin(chosen, self.seeds[at])
        self.state = fresh if self.state is None or rows is None else _put(self.state, at, fresh)

    def _row(self, session: str | int) -> int:
        if isinstance(session, str):
            return self.engine.world.session_row(session)
        if not 0 <= int(session) < self.engine.world.n_sessions:
            raise InputError(f"session row must be in [0, {self.engine.world.n_sessions}); got {session}")
        return int(session)

    # -- turns -----------------------------------------------------------------------------------------------

    @property
    def playing(self) -> State:
        if self.state is None:
            raise InputError("call reset before step")
        return self.state

    def views(self, rows: Sequence[int] | None = None) -> list[AgentView]:
        return self.engine.views(self.playing, range(self.n) if rows is None else rows)

    def step(self, actions: Sequence[Action | None]) -> Step:
        self.state, step = self.engine.step(self.playing, actions)
        return step

    @property
    def terminated(self) -> NDArray[np.bool_]:
        """(N,) the need is met, the user left, or the agent ended the session."""
        return np.asarray((self.playing.ending != RUNNING) & ~self.truncated)

    @property
    def truncated(self) -> NDArray[np.bool_]:
        """(N,) the time limit was reached."""
        return np.asarray(self.playing.ending == HORIZON)

    # -- infos -----------------------------------------------------------------------------------------------

    def info(self, r: int, view: AgentView, step: Step | None) -> dict[str, Any]:
        """The info of a row; the same keys after reset and step, nothing that an agent may not see."""
        names = self.engine.dimensions
        vector = np.full(len(names), np.nan, np.float32) if step is None else step.scores.components[r]
        sources = ("none",) * len(names) if step is None else step.scores.sources[r]
        reaction = None if step is None else step.reactions[r]
        failed = np.zeros(len(names), np.bool_) if step is None else step.failed[r]
        return {
            "reward_components": {name: float(v) for name, v in zip(names, vector, strict=True)},
            "reward_vector": vector.copy(),
            "reward_sources": dict(zip(names, sources, strict=True)),
            "reward_value": float("nan") if step is None else float(step.values[r]),
            "gates_failed": ",".join(d for d, f in zip(names, failed, strict=True) if f),
            "session_id": view.session_id,
            "turn": view.turn,
            "reaction": "" if reaction is None else reaction.kind,
            "messages": [{"role": m.role, "content": m.content} for m in view.messages],
        }

    # -- saving ----------------------------------------------------------------------------------------------

    def save(self, extra: Mapping[str, Any]) -> bytes:
        """All that a later ``load`` needs to go on to the bit."""
        own = {"seeds": self.seeds.tolist(), "episodes": self.episodes.tolist(), **extra}
        return states.save(self.playing, self.engine.world.fingerprint, own)

    def load(self, data: bytes) -> dict[str, Any]:
        """Go on from saved bytes; raises InputError where they do not fit this batch, which stays as it was."""
        state, extra = states.load(data, self.engine.world.fingerprint)
        if state.earned.shape[1] != 1 + len(self.engine.dimensions):
            raise InputError(f"the saved state has {state.earned.shape[1] - 1} reward dimensions; this environment has "
                             f"{len(self.engine.dimensions)}")
        if len(state.session) != self.n or not {"seeds", "episodes"} <= extra.keys():
            raise InputError(f"the saved state has {len(state.session)} sessions; this environment has {self.n}")
        self.state = state
        self.seeds, self.episodes = np.array(extra["seeds"], np.uint64), np.array(extra["episodes"], np.int64)
        return extra


def _pool(engine: Engine, split: Split) -> NDArray[np.int64]:
    fold = engine.world.column("session_fold")
    if split not in ("all", "train", "test"):
        raise InputError(f"split must be all, train or test; got {split!r}")
    mask = np.ones(len(fold), np.bool_) if split == "all" else (fold == TEST_FOLD) == (split == "test")
    if not mask.any():
        raise InputError(f"the world has no sessions in split {split!r}; use split='all'")
    return np.flatnonzero(mask)


def _put(state: State, at: NDArray[np.int64], fresh: State) -> State:
    changed: dict[str, Any] = {}
    for field in fields(State):
        old, new = getattr(state, field.name), getattr(fresh, field.name)
        if isinstance(old, np.ndarray):
            changed[field.name] = old.copy()
            changed[field.name][at] = new
        else:
            rows = list(old)
            for r, value in zip(at.tolist(), new, strict=True):
                rows[r] = value
            changed[field.name] = tuple(rows)
    return replace(state, **changed)
