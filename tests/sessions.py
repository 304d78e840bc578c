"""One session of the tiny world, played action by action without an environment or a trained scorer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np
from fakes import ScriptedUser

from recenv.data.world import World
from recenv.envs.config import EnvConfig
from recenv.envs.engine import Engine, Step
from recenv.envs.state import ENDINGS
from recenv.records import Action, AgentView, Reaction
from recenv.testing.tiny import item_id
from recenv.users.protocol import UserModel


class Played:
    """A session in play: call it with an action, or ``numbers`` with candidate numbers, for what the user answers."""

    def __init__(self, engine: Engine, session: int, seed: int, *, words: bool = True) -> None:
        self.engine = engine
        self.state, self.log = engine.begin(np.array([session]), np.array([seed], np.uint64)), engine.log(1, words=words)
        self.step: Step | None = None

    def __call__(self, action: Action) -> Reaction:
        self.state, self.step = self.engine.step(self.state, self.log, [action])
        return self.last

    def numbers(self, *numbers: int) -> Reaction:
        """Show candidates by number, -1 for empty places up to the slate's size."""
        k = self.engine.config.slate_size
        padded = np.array([[*numbers, *[-1] * (k - len(numbers))]], np.int64)
        if self.log.spoken is not None:
            self.log.spoken = None  # numbers have no words
        self.state, self.step = self.engine.step_slates(self.state, self.log, padded, np.ones(1, np.bool_))
        return self.last

    @property
    def last(self) -> Reaction:
        return self.engine.reaction(self.state, self.log, 0)

    @property
    def view(self) -> AgentView:
        return self.engine.views(self.state, self.log, [0])[0]

    @property
    def ending(self) -> str:
        return ENDINGS[self.state.ending[0]]

    @property
    def patience(self) -> float:
        return float(self.state.patience[0])

    @property
    def told(self) -> set[int]:
        mask = int(self.state.told[0])
        return {m for m in range(64) if mask >> m & 1}

    @property
    def reward(self) -> float:
        assert self.step is not None
        return float(self.step.rewards[0])

    def all_sayable(self) -> None:
        """As if nothing had been told in the opening, and nothing were hidden; in an engine that nobody shares."""
        self.engine = Engine(self.engine.world, self.engine.config, user=self.engine.user)
        tables = self.engine.tables
        place = tables.at(tables.goal_row(self.state.session, self.state.goal))
        tables.rows.sayable[place] = 0b111
        tables.rows.hidden[place] = 0
        self.state.told[:] = 0


_WILLING = ScriptedUser()


@lru_cache(maxsize=64)
def _engine(world: World, user: UserModel, config: EnvConfig) -> Engine:
    return Engine(world, config, user=user)


def opened(world: World, session: str, user: UserModel = _WILLING, *, seed: int = 7, **config: object) -> Played:
    """By exact rules alone. config: fields of ``EnvConfig``; what has the same world, user and config shares an engine."""
    engine = _engine(world, user, EnvConfig(scorers="rules", **config))  # type: ignore[arg-type]
    return Played(engine, world.session_row(session), seed)


def reactions(
    world: World, session: str, user: UserModel, action: Action, seeds: Sequence[int], **config: object
) -> list[Reaction]:
    """To one action, in plays of one session that differ by their seeds alone, all at once."""
    engine = _engine(world, user, EnvConfig(scorers="rules", **config))  # type: ignore[arg-type]
    n = len(seeds)
    state, log = engine.begin(np.full(n, world.session_row(session)), np.array(seeds, np.uint64)), engine.log(n, words=True)
    state, _ = engine.step(state, log, [action] * n)
    return [engine.reaction(state, log, r) for r in range(n)]


def slate(*numbers: int, category: str = "dining", locale: str = "zh", text: str = "") -> Action:
    said = text or ("推荐" if locale == "zh" else "OK")
    return Action(act="recommend", items=tuple(item_id(locale, category, n) for n in numbers), text=said)


def ask(text: str) -> Action:
    return Action(act="ask", text=text)


def rows_of(world: World, numbers: Mapping[int, float], category: str = "dining", locale: str = "zh") -> dict[int, float]:
    """Item numbers of a catalogue as rows of the world."""
    return {world.item_row(item_id(locale, category, n)): value for n, value in numbers.items()}
