"""The single environments: a batch of one behind the Gymnasium Env interface."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Generic, Literal, TypeVar, get_args

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from recenv.envs.batch import SessionBatch, Split
from recenv.envs.chat_format import parse_action
from recenv.envs.engine import Engine, Step
from recenv.envs.spaces import reward_space, slate_action, slate_observation
from recenv.envs.state import HORIZON, RUNNING
from recenv.envs.text_space import ActionText, UnicodeText
from recenv.errors import InputError, OptionError

Obs = TypeVar("Obs")
Act = TypeVar("Act")
Info = Literal["short", "full"]
MAX_TEXT = 1_000_000


def check_vector_reward(given: object) -> None:
    """Raises OptionError for anything but True and False."""
    if not isinstance(given, (bool, np.bool_)):
        raise OptionError(f"vector_reward must be True or False; got {given!r}")


def check_info(info: str) -> None:
    """Raise OptionError for what is no kind of info."""
    if info not in get_args(Info):
        raise OptionError(f"info must be one of {', '.join(get_args(Info))}; got {info!r}")


class SessionEnv(gym.Env[Obs, Act], ABC, Generic[Obs, Act]):
    """What both environments share. ``vector_reward`` makes ``step`` return the MO-Gymnasium reward, float32 (D,).

    Infos hold numbers and names and never NaN: a component that is missing is 0 in ``reward_vector`` and ``reward_components``,
    False in ``applicable``, and has its reason in ``reasons``. ``outcome`` is 1 where this turn met a need.
    """

    metadata: ClassVar[dict[str, Any]] = {"render_modes": ["ansi"], "render_fps": 1}  # type: ignore[misc]
    words: ClassVar[bool]

    def __init__(
        self, engine: Engine, *, split: Split = "all", vector_reward: bool = False, render_mode: str | None = None,
        info: Info = "short",
    ) -> None:
        if render_mode not in (None, "ansi"):
            raise OptionError(f"render_mode must be None or 'ansi'; got {render_mode!r}")
        check_info(info)
        check_vector_reward(vector_reward)
        self.batch = SessionBatch(engine, 1, split, words=self.words)
        self.metadata = {**type(self).metadata, "names": self.batch.names()}  # type: ignore[misc]
        self.render_mode, self.vector_reward, self._full = render_mode, vector_reward, self.words or info == "full"
        if vector_reward:
            self.reward_space = reward_space(len(engine.dimensions))

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Obs, dict[str, Any]]:
        """Open a session: the next of the seed's stream, or ``options={"session": id}``."""
        seed = None if seed is None else checked_seed(seed)
        super().reset(seed=seed)
        if seed is not None:
            self.batch.seed(seed)
        elif self.batch.state is None:  # never seeded: Gymnasium's own generator gives the key
            self.batch.seed(int(self.np_random.integers(2**31)))
        self.batch.reset(sessions=_session_option(options))
        return self._observe(), self._info(None)

    def step(self, action: Act) -> tuple[Obs, Any, bool, bool, dict[str, Any]]:
        """Play a turn. Raises InputError for an action of another shape, and after the end of a session."""
        if self.batch.playing.ending[0] != RUNNING:
            raise InputError("this session has ended; call reset before the next step")
        step = self._step(action)
        reward = step.vector_rewards[0] if self.vector_reward else float(step.rewards[0])
        ending = int(self.batch.playing.ending[0])
        truncated = ending == HORIZON
        return self._observe(), reward, ending != RUNNING and not truncated, truncated, self._info(step)

    def render(self) -> Any:
        """The dialogue so far as text, in mode ``ansi``."""
        if self.render_mode is None:
            return None
        return "\n".join(f"{m['role']}: {m['content']}" for m in self.batch.messages(0))

    def close(self) -> None:
        """Keep on disk what scorers said, where this environment has a place for it."""
        self.batch.engine.deck.keep()

    def save_state(self) -> bytes:
        """The whole session as bytes; ``load_state`` on an environment of the same world and options goes on to the bit."""
        return self.batch.save({})

    def load_state(self, data: bytes) -> tuple[Obs, dict[str, Any]]:
        """Take up a saved session; returns its observation and info. Raises InputError for bytes that do not fit, or that were
        played with other options."""
        self.batch.load(data)
        return self._observe(), self._info(None)

    def _info(self, step: Step | None) -> dict[str, Any]:
        return self.batch.info(step, 0, full=self._full)

    @abstractmethod
    def _observe(self) -> Obs:
        """What the agent is shown."""

    @abstractmethod
    def _step(self, action: Act) -> Step:
        """Play the agent's answer."""


def checked_seed(seed: Any) -> int:
    """A seed as an int >= 0 of any size; raises InputError for anything else."""
    if isinstance(seed, (bool, np.bool_)) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise InputError(f"seed must be an integer >= 0 or None; got {seed!r}")
    return int(seed)


def checked_options(options: Any) -> dict[str, Any]:
    """The options of a reset, {} for none; raises InputError for anything but a dict."""
    if options is not None and not isinstance(options, Mapping):
        raise InputError(f"options must be a dict or None; got {options!r}")
    return dict(options or {})


def sample_ids(engine: Engine) -> list[str]:
    """Ids that the sampled actions of a chat environment draw from: the first items of the catalogue, at most 256."""
    return [engine.world.item(row).id for row in range(min(engine.world.n_items, 256))]


class ChatEnv(SessionEnv[str, str]):
    """``recenv/Chat-v1``: text in, text out.

    Action: text in the JSON grammar of ``chat_format``. Observation: everything the agent may know, as one text; the same
    in OpenAI form is ``info["messages"]`` (dialogue only). Reward: what the turn is paid by the reward spec
    (``rewards.hybrid.credit``); a goal's rewards sum to at most 1.
    """

    words = True

    def __init__(self, engine: Engine, **options: Any) -> None:
        super().__init__(engine, **options)
        self.action_space = ActionText(MAX_TEXT, sample_ids(engine))
        self.observation_space = UnicodeText(MAX_TEXT)

    def _observe(self) -> str:
        return self.batch.observations()[0]

    def _step(self, action: str) -> Step:
        return self.batch.step([parse_action(action, strict=self.batch.engine.config.strict)])


class SlateEnv(SessionEnv[dict[str, NDArray[np.float32]], NDArray[np.int64]]):
    """``recenv/Slate-v1``: numbers in, numbers out.

    Action: MultiDiscrete, K candidate numbers, best first; one that is named twice counts once, one beyond the session's
    list names nothing, and what is more than the instruction allows is cut (``allowed`` in the observation). Observation: Dict
    of flat float32 boxes (see ``spaces``). Reward: as in ``ChatEnv``; the environment speaks to the user (see ``speaker``).
    ``info="full"`` adds the dialogue.
    """

    words = False

    def __init__(self, engine: Engine, **options: Any) -> None:
        super().__init__(engine, **options)
        self.action_space = slate_action(engine.config.candidates, engine.config.slate_size)
        self.observation_space = slate_observation(engine.config.candidates)  # type: ignore[assignment]  # Dict spaces are untyped

    def action_masks(self) -> NDArray[np.bool_]:
        """(K * C,) which number is a candidate not yet shown, per position; all real candidates once every one was shown."""
        return np.asarray(slate_masks(self.batch)[0])

    def _observe(self) -> dict[str, NDArray[np.float32]]:
        return {name: values[0] for name, values in self.batch.engine.observer(self.batch.playing).items()}

    def _step(self, action: NDArray[np.int64]) -> Step:
        config = self.batch.engine.config
        chosen = slate_numbers(action, (config.slate_size,), config.candidates)
        return self.batch.step_slates(chosen[None], _PLAYING)


_PLAYING = np.ones(1, np.bool_)


def slate_numbers(
    action: Any, shape: tuple[int, ...], candidates: int, playing: NDArray[np.bool_] | None = None
) -> NDArray[np.int64]:
    """An action as candidate numbers. playing: rows whose numbers matter, all where it is not given.

    Raises InputError for another shape, for anything but integers, and for a number outside of the action space.
    """
    try:
        given = np.asarray(action)
    except (ValueError, OverflowError) as error:
        raise InputError(f"expected an array of integers of shape {shape}; got {type(action).__name__} ({error})") from None
    if given.shape != shape or given.dtype.kind not in "iu":
        raise InputError(f"expected an array of integers of shape {shape}; got {given.dtype} of shape {given.shape}")
    numbers = given.astype(np.int64)
    outside = numbers.view(np.uint64) >= candidates  # as unsigned numbers those below 0 are beyond every list
    if playing is not None:
        outside &= playing[:, None]
    if np.count_nonzero(outside):
        raise InputError(f"candidate numbers must be in [0, {candidates}), the action space; got {int(given[outside][0])}")
    return numbers


def slate_masks(batch: SessionBatch) -> NDArray[np.bool_]:
    """(N, K * C) admissible numbers, the same for each position."""
    state, engine = batch.playing, batch.engine
    place = engine.tables.standing(state.session, state.goal).place
    real = np.arange(engine.config.candidates) < engine.tables.rows.size[place][:, None]
    fresh = real & ~state.shown
    few = fresh.sum(1) < engine.config.slate_size
    return np.asarray(np.tile(np.where(few[:, None], real, fresh), engine.config.slate_size), np.bool_)


def _session_option(options: dict[str, Any] | None) -> list[str | int] | None:
    given = checked_options(options)
    if not given:
        return None
    unknown = sorted(map(str, given.keys() - {"session"}))
    if unknown:
        raise InputError(f"reset option {unknown[0]!r} is not known; the only one is 'session' (an id or a row)")
    return [given["session"]]
