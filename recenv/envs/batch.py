"""N sessions in play with resets, seeds and infos: what both environments, single and vector, are made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from recenv import rng
from recenv.data.world import World
from recenv.envs import dynamics
from recenv.envs import state as states
from recenv.envs.engine import Engine, Step
from recenv.envs.infos import Unmade
from recenv.envs.state import ENDINGS, HORIZON, REACTIONS, RUNNING, Log, State
from recenv.errors import InputError
from recenv.records import Action, AgentView, Message
from recenv.rewards.protocol import SOURCES
from recenv.users.protocol import Speaks

Split = Literal["all", "train", "test"]
_SESSION = rng.word("session")
_SEED = rng.word("seed")
TEST_FOLD = 0


class SessionBatch:
    """A row per environment. Row i of a batch seeded with s plays what a batch of one seeded with s + i plays.

    split: sessions to draw from; ``test`` is the users of fold 0, ``train`` all others. words: whether agents bring their own.
    """

    def __init__(self, engine: Engine, n: int, split: Split = "all", *, words: bool) -> None:
        if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 1:
            raise InputError(f"the number of environments must be a whole number, at least 1; got {n!r}")
        if not words and isinstance(engine.user, Speaks):
            raise InputError(f"the user {engine.user.name!r} answers words, and recenv/Slate-v1 has none; play recenv/Chat-v1")
        self.engine, self.n, self.split = engine, n, split
        self.pool = session_pool(engine.world, split)
        self.seeds = np.zeros(n, np.uint64)
        self.episodes = np.full(n, -1, np.int64)
        self.log: Log = engine.log(n, words=words)
        self.state: State | None = None
        self._seen: list[AgentView | None] = [None] * n

    # -- sessions --------------------------------------------------------------------------------------------

    def seed(self, seed: int | Sequence[int | None]) -> None:
        """Key the rows anew: s + i for an integer s, or one seed a row; None leaves that row's stream as it is."""
        if isinstance(seed, (int, np.integer)):
            values: list[int | None] = [int(seed) + i for i in range(self.n)]
        else:
            values = [None if s is None else int(s) for s in seed]
        if len(values) != self.n or any(v is not None and v < 0 for v in values):
            raise InputError(f"seed must be one integer >= 0, or {self.n} of them; got {seed!r}")
        at = [i for i, v in enumerate(values) if v is not None]
        self.seeds, self.episodes = self.seeds.copy(), self.episodes.copy()
        self.seeds[at] = np.array([seed_word(v) for v in values if v is not None], np.uint64)
        self.episodes[at] = -1

    def reset(self, rows: Sequence[int] | NDArray[np.int64] | None = None, sessions: Sequence[str | int] | None = None) -> None:
        """Open new sessions in the given rows (all by default). sessions: ids or world rows, drawn where not given."""
        everyone = rows is None or self.state is None
        at = slice(None) if everyone else np.asarray(rows, np.int64)
        n = self.n if isinstance(at, slice) else len(at)
        if not n:
            return
        if sessions is not None and (isinstance(sessions, str) or not isinstance(sessions, (Sequence, np.ndarray))):
            raise InputError(f"options: expected {n} sessions, got {sessions!r}")
        chosen = None if sessions is None else np.array([self._row(s) for s in sessions], np.int64)
        if chosen is not None and len(chosen) != n:
            raise InputError(f"options: expected {n} sessions, got {len(chosen)}")
        self.episodes = self.episodes.copy()
        self.episodes[at] += 1
        if chosen is None:
            chosen = self.pool[rng.integers(len(self.pool), self.seeds[at], self.episodes[at], _SESSION)]
        fresh = self.engine.begin(chosen, self.seeds[at])
        self.state = fresh if self.state is None or isinstance(at, slice) else self.state.put(at, fresh)
        self.log.clear(at)
        for r in np.arange(self.n)[at].tolist() if self.log.spoken is not None else ():
            self._seen[r] = None

    def _row(self, session: str | int) -> int:
        if isinstance(session, str):
            return self.engine.world.session_row(session)
        if isinstance(session, bool) or not isinstance(session, (int, np.integer)):
            raise InputError(f"a session is named by its id (a text) or its row (a whole number); got {session!r}")
        if not 0 <= int(session) < self.engine.world.n_sessions:
            raise InputError(f"session row must be in [0, {self.engine.world.n_sessions}); got {session}")
        return int(session)

    # -- turns -----------------------------------------------------------------------------------------------

    @property
    def playing(self) -> State:
        if self.state is None:
            raise InputError("no session is open yet; call reset first")
        return self.state

    def views(self, rows: Sequence[int] | None = None) -> list[AgentView]:
        """The views of the given rows, all N by default. Where agents bring words of their own, each is kept until its session
        moves on."""
        if self.log.spoken is None:
            return self.engine.views(self.playing, self.log, range(self.n) if rows is None else rows)
        lacking = [r for r, view in enumerate(self._seen) if view is None]
        if lacking:
            for r, made in zip(lacking, self.engine.views(self.playing, self.log, lacking), strict=True):
                self._seen[r] = made
        return [view for r in (range(self.n) if rows is None else rows) if (view := self._seen[r]) is not None]

    def observations(self) -> list[str]:
        """The N views as one text each."""
        return self.told(self.views())

    def told(self, views: Sequence[AgentView]) -> list[str]:
        """Views as one text each."""
        return [self.engine.transcript.observation(view) for view in views]

    def step(self, actions: Sequence[Action | None]) -> Step:
        """Play a turn in words; None for rows that sit out."""
        self.state, step = self.engine.step(self.playing, self.log, actions, self.views())
        self._seen = [view if action is None else None for view, action in zip(self._seen, actions, strict=True)]
        return step

    def step_slates(self, numbers: NDArray[np.int64], playing: NDArray[np.bool_]) -> Step:
        """Play a turn in candidate numbers (N, K); playing (N,): rows that take part."""
        self.state, step = self.engine.step_slates(self.playing, self.log, numbers, playing)
        return step

    @property
    def over(self) -> NDArray[np.bool_]:
        """(N,) sessions that have ended."""
        return np.asarray(self.playing.ending != RUNNING)

    @property
    def truncated(self) -> NDArray[np.bool_]:
        """(N,) the time limit was reached."""
        return np.asarray(self.playing.ending == HORIZON)

    @property
    def terminated(self) -> NDArray[np.bool_]:
        """(N,) the need is met, the user left, or the agent ended the session."""
        return np.asarray(self.over & ~self.truncated)

    # -- infos -----------------------------------------------------------------------------------------------

    def arrays(self, step: Step | None) -> dict[str, Any]:
        """The info of the batch as arrays; the same keys after reset and step, nothing that an agent may not see.

        Missing is never NaN: a component that is missing is 0 where ``applicable`` is False. reward_source, reaction and
        ending are codes into ``SOURCES``, ``REACTIONS`` (-1 before the first turn) and ``ENDINGS``. reasons (N, D): why a
        component is missing or a rule failed, "" otherwise; put together when they are read.
        """
        n, d = self.n, len(self.engine.dimensions)
        now = {**self.now(), "reasons": Unmade(partial(_reasons, step, n, d))}
        if step is None:
            return {
                "reward_vector": np.zeros((n, d), np.float32), "applicable": np.zeros((n, d), np.bool_),
                "reward_source": np.full((n, d), _NOTHING, np.int8), "reward_value": np.zeros(n, np.float32),
                "paid": np.zeros(n, np.bool_), "outcome": np.zeros(n, np.float32), "gate_failed": np.zeros((n, d), np.bool_),
                "reaction": np.full(n, -1, np.int8), **now,
            }
        return {
            "reward_vector": step.components, "applicable": step.applicable, "reward_source": step.sources,
            "reward_value": step.values, "paid": step.paid, "outcome": step.met.astype(np.float32), "gate_failed": step.failed,
            "reaction": step.reactions.kind, **now,
        }

    def names(self) -> dict[str, tuple[str, ...]]:
        """What the columns and codes of infos stand for; vectors and single environments have it as ``metadata["names"]``."""
        return {"reward_vector": self.engine.dimensions, "reward_source": SOURCES, "reaction": REACTIONS, "ending": ENDINGS}

    def now(self) -> dict[str, Any]:
        """What of the info tells where sessions stand and nothing of a turn."""
        state = self.playing
        return {"turn": state.turn, "ending": state.ending, "needs_met": state.goal}

    def info(self, step: Step | None, r: int, *, full: bool) -> dict[str, Any]:
        """The info of one row in words and numbers. full: with the dialogue so far."""
        names, state = self.engine.dimensions, self.playing
        if step is None:
            vector, value, paid, outcome, kind = np.zeros(len(names), np.float32), 0.0, False, 0.0, -1
            applicable, sources, reasons, failed = (
                dict.fromkeys(names, nothing) for nothing in (False, SOURCES[_NOTHING], "", False))
        else:
            vector, value, paid = step.components[r].copy(), step.values.item(r), step.paid.item(r)
            outcome, kind = float(step.met.item(r)), step.reactions.kind.item(r)
            applicable = dict(zip(names, step.applicable[r].tolist(), strict=True))
            reasons = dict(zip(names, step.said_of(r), strict=True))
            sources = dict(zip(names, [SOURCES[code] for code in step.sources[r].tolist()], strict=True))
            failed = dict(zip(names, step.failed[r].tolist(), strict=True))
        info: dict[str, Any] = {
            "reward_components": dict(zip(names, vector.tolist(), strict=True)),
            "applicable": applicable,
            "reward_sources": sources,
            "reasons": reasons,
            "reward_vector": vector,
            "reward_value": value,
            "paid": paid,
            "outcome": outcome,
            "gates_failed": ",".join([name for name in names if failed[name]]) if True in failed.values() else "",
            "session_id": self.engine.world.session(state.session.item(r)).id,
            "turn": state.turn.item(r),
            "reaction": "" if kind < 0 else REACTIONS[kind],
            "ending": ENDINGS[state.ending.item(r)],
            "needs_met": state.goal.item(r),
        }
        if full:
            info["messages"] = self.messages(r)
        return info

    def messages(self, r: int) -> list[dict[str, str]]:
        """The dialogue of a row in OpenAI form."""
        return in_openai_form(self.engine.transcript.messages(self.playing, self.log, r))

    def dialogues(self) -> list[tuple[Message, ...]]:
        """The dialogue of each row so far."""
        if self.log.spoken is not None:  # they are part of what agents see
            return [view.messages for view in self.views()]
        return [self.engine.transcript.messages(self.playing, self.log, r) for r in range(self.n)]

    # -- saving ----------------------------------------------------------------------------------------------

    def save(self, extra: Mapping[str, Any]) -> bytes:
        """All that a later ``load`` needs to go on to the bit."""
        own = {"seeds": self.seeds.tolist(), "episodes": self.episodes.tolist(), "rules": self._rules(), **extra}
        return states.save(self.playing, self.log, self.engine.world.fingerprint, own)

    def load(self, data: bytes, wanted: Mapping[str, Any] = MappingProxyType({})) -> dict[str, Any]:
        """Go on from saved bytes; raises InputError where they do not fit this batch, which stays as it was, or where ``extra``
        said something else than is wanted."""
        like = self.state if self.state is not None else self.engine.begin(self.pool[:1].repeat(self.n), self.seeds)
        state, log, extra = states.load(data, self.engine.world.fingerprint, like, self.log)
        if not {"seeds", "episodes", "rules"} <= extra.keys():
            raise InputError("the saved state lacks its seeds or rules; it was not written by save_state")
        ours, theirs = {**self._rules(), **wanted}, {**extra["rules"], **{name: extra.get(name, wanted[name]) for name in wanted}}
        other = sorted(name for name in {*ours, *theirs} if ours.get(name) != theirs.get(name))
        if other:
            raise InputError(f"the saved state was played with another {' and another '.join(other)} than this environment has; "
                             "make one with the same options")
        self.state, self.log, self._seen = dynamics.recalled(self.engine.tables, state), log, [None] * self.n
        self.seeds, self.episodes = np.array(extra["seeds"], np.uint64), np.array(extra["episodes"], np.int64)
        return extra


    def _rules(self) -> dict[str, Any]:
        """Of the engine and of this batch, as they come back from JSON."""
        rules = {**self.engine.rules(), "split": self.split}
        if self.log.spoken is None:
            del rules["strict"]  # of what is read
        made: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(rules, order="sorted", enc_hook=_plain))
        return made


def _reasons(step: Step | None, n: int, d: int) -> NDArray[np.object_]:
    told = np.full((n, d), "", object)
    for r in range(n) if step is not None else ():
        told[r] = step.said_of(r)  # type: ignore[union-attr]
    return told


def _plain(value: object) -> object:
    """A number of NumPy's as one of Python's; anything else by how it shows itself."""
    return value.item() if isinstance(value, np.generic) else repr(value)


_NOTHING = SOURCES.index("none")


def in_openai_form(messages: Sequence[Message]) -> list[dict[str, str]]:
    """Lines of a dialogue as OpenAI's clients take them."""
    return [{"role": m.role, "content": m.content} for m in messages]


def seed_word(seed: int) -> int:
    """A seed of any size as a 64-bit word; one below 2^64 is itself."""
    words = (seed >> 64 * i & 2**64 - 1 for i in range((seed.bit_length() + 63) // 64))
    return seed if seed < 2**64 else int(rng.bits(_SEED, *words))


def session_pool(world: World, split: Split) -> NDArray[np.int64]:
    """World rows (M,) of the sessions of a split; see ``SessionBatch``. Raises InputError where there are none."""
    fold = world.column("session_fold")
    if split not in ("all", "train", "test"):
        raise InputError(f"split must be all, train or test; got {split!r}")
    mask = np.ones(len(fold), np.bool_) if split == "all" else (fold == TEST_FOLD) == (split == "test")
    if not mask.any():
        raise InputError(f"the world has no sessions in split {split!r}; use split='all'")
    return np.flatnonzero(mask)
