"""The vector environments: the same batch behind Gymnasium's VectorEnv, stepped in one go."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from recenv.envs.batch import SessionBatch, Split, in_openai_form
from recenv.envs.chat_format import parse_action
from recenv.envs.engine import Engine, Step
from recenv.envs.infos import Infos, Unmade
from recenv.envs.single import (
    MAX_TEXT,
    Info,
    check_info,
    check_vector_reward,
    checked_options,
    checked_seed,
    sample_ids,
    slate_masks,
    slate_numbers,
)
from recenv.envs.spaces import reward_space, slate_action, slate_observation
from recenv.envs.text_space import ActionText, UnicodeText
from recenv.errors import InputError, OptionError

Obs = TypeVar("Obs")
Act = TypeVar("Act")


class SessionVectorEnv(VectorEnv[Obs, Act, Any], ABC, Generic[Obs, Act]):
    """What both share. All three autoreset modes of Gymnasium:

    - NEXT_STEP: the step after an end ignores its action, resets the row and earns 0;
    - SAME_STEP: the step that ends a session already returns the next one; what it ended with is in ``final_obs``, made when
      it is read, and ``final_info``;
    - DISABLED: a row that has ended must be reset (``options={"reset_mask": (N,) bools}``) before the next step.

    Infos are arrays over the batch, see ``SessionBatch.arrays``.
    """

    metadata: ClassVar[dict[str, Any]] = {  # type: ignore[misc]
        "render_modes": [], "autoreset_mode": AutoresetMode.NEXT_STEP,
    }
    words: ClassVar[bool]

    def __init__(
        self, engine: Engine, num_envs: int, *, split: Split = "all", vector_reward: bool = False,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP, info: Info = "short", render_mode: str | None = None,
    ) -> None:
        if render_mode is not None:
            raise OptionError(f"render_mode must be None, since vector environments render nothing; got {render_mode!r}")
        check_info(info)
        check_vector_reward(vector_reward)
        try:
            mode = AutoresetMode(autoreset_mode)
        except ValueError:
            raise OptionError(
                f"autoreset_mode must be one of {', '.join(m.value for m in AutoresetMode)}; got {autoreset_mode!r}") from None
        self.batch = SessionBatch(engine, num_envs, split, words=self.words)
        self.num_envs, self.vector_reward, self._full = num_envs, vector_reward, self.words or info == "full"
        self.metadata = {**type(self).metadata, "autoreset_mode": mode, "names": self.batch.names()}  # type: ignore[misc]
        self.autoreset_mode = mode
        self._unseen = np.zeros(num_envs, np.bool_)  # new sessions whose first observation nobody has had
        if vector_reward:
            self.single_reward_space = reward_space(len(engine.dimensions))
            self.reward_space = batch_space(self.single_reward_space, num_envs)

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Obs, dict[str, Any]]:
        """Open N sessions. options: ``sessions`` (N ids or rows) names them; ``reset_mask`` ((N,) bools) says which."""
        given = checked_options(options)
        names, mask = given.pop("sessions", None), given.pop("reset_mask", None)
        if given:
            known = "known are 'sessions' (N ids or rows) and 'reset_mask'"
            raise InputError(f"reset option {min(map(str, given))!r} is not known; {known}")
        one = seed is None or np.ndim(seed) == 0  # type: ignore[arg-type]
        super().reset(seed=None if seed is None or not one else checked_seed(seed))
        if seed is not None:
            self.batch.seed(checked_seed(seed) if one else [None if s is None else checked_seed(s) for s in seed])  # type: ignore[union-attr]
        elif self.batch.state is None:
            self.batch.seed(int(self.np_random.integers(2**31)))
        rows = None if mask is None else self._masked(mask)
        self.batch.reset(rows=rows, sessions=names)
        self._unseen[:] = False
        return self._observe(), _read(self._told(self.batch.arrays(None)))

    def _masked(self, mask: Any) -> NDArray[np.int64]:
        given = np.asarray(mask)
        if given.shape != (self.num_envs,) or given.dtype != np.bool_:
            raise InputError(f"reset_mask must be {self.num_envs} bools; got {given.dtype} of shape {given.shape}")
        return np.flatnonzero(given)

    def step(self, actions: Act) -> tuple[Obs, NDArray[Any], NDArray[np.bool_], NDArray[np.bool_], dict[str, Any]]:
        """Play a turn in every row. Raises InputError for actions of another number or shape."""
        over = self.batch.over
        if over.any():
            if self.autoreset_mode == AutoresetMode.DISABLED:
                raise InputError(f"{int(over.sum())} sessions have ended; reset them with options={{'reset_mask': mask}} first")
            self._unseen |= over
            self.batch.reset(rows=np.flatnonzero(over))
        step = self._step(actions, ~self._unseen)
        self._unseen[:] = False
        rewards = step.vector_rewards if self.vector_reward else step.rewards.astype(np.float64)
        ended, truncated = self.batch.over, self.batch.truncated
        terminated, infos = ended & ~truncated, self._told(self.batch.arrays(step))
        if self.autoreset_mode == AutoresetMode.SAME_STEP and np.count_nonzero(ended):
            rows = np.flatnonzero(ended)
            final = Unmade(partial(_in_rows, self.num_envs, rows, self._ended_with(rows)))
            self.batch.reset(rows=rows)
            infos = {
                **infos, **self._told(self.batch.now()), "final_obs": final, "_final_obs": ended, "final_info": _read(infos),
                "_final_info": ended}
        return self._observe(), rewards, terminated, truncated, _read(infos)

    def close_extras(self, **kwargs: Any) -> None:
        """Keep on disk what scorers said, where this environment has a place for it."""
        self.batch.engine.deck.keep()

    def save_state(self) -> bytes:
        """All N sessions as bytes, for ``load_state``."""
        return self.batch.save({"autoreset_mode": self.autoreset_mode.value})

    def load_state(self, data: bytes) -> tuple[Obs, dict[str, Any]]:
        """Take up N saved sessions. Raises InputError for bytes that do not fit, or that were played with other options."""
        self.batch.load(data, {"autoreset_mode": self.autoreset_mode.value})
        self._unseen[:] = False
        return self._observe(), _read(self._told(self.batch.arrays(None)))

    def call(self, name: str, *args: Any, **kwargs: Any) -> tuple[Any, ...]:
        """A method or attribute of this environment, as Gymnasium's vector environments give them: one value a row."""
        found = getattr(self, name)
        value = found(*args, **kwargs) if callable(found) else found
        same = isinstance(value, np.ndarray) and value.ndim > 0 and len(value) == self.num_envs
        return tuple(value) if same else (value,) * self.num_envs

    def get_attr(self, name: str) -> tuple[Any, ...]:
        """An attribute, once a row."""
        return self.call(name)

    def set_attr(self, name: str, values: Any) -> None:
        """Raises InputError: rows have no attributes of their own."""
        raise InputError(f"the sessions of a vector share their options, so {name!r} cannot be set; make another environment")

    def _told(self, infos: dict[str, Any]) -> dict[str, Any]:
        """Infos with the dialogues so far, where they are asked for."""
        if self._full:
            said = self.batch.dialogues()
            infos["messages"] = Unmade(lambda: _objects([in_openai_form(messages) for messages in said]))
        return infos

    @abstractmethod
    def _observe(self) -> Obs:
        """What the agents are shown."""

    @abstractmethod
    def _step(self, actions: Act, playing: NDArray[np.bool_]) -> Step:
        """Play N answers; those of rows that do not play are not looked at."""

    @abstractmethod
    def _ended_with(self, rows: NDArray[np.int64]) -> Callable[[], list[Any]]:
        """What gives (R,) what the agents of the given rows are shown now, whenever it is asked."""


class ChatVectorEnv(SessionVectorEnv[tuple[str, ...], Sequence[str]]):
    """N chat sessions; actions and observations are tuples of texts."""

    words = True

    def __init__(self, engine: Engine, num_envs: int, **options: Any) -> None:
        super().__init__(engine, num_envs, **options)
        self.single_action_space = ActionText(MAX_TEXT, sample_ids(engine))
        self.single_observation_space = UnicodeText(MAX_TEXT)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self.observation_space = batch_space(self.single_observation_space, num_envs)

    def _observe(self) -> tuple[str, ...]:
        return tuple(self.batch.observations())

    def _step(self, actions: Sequence[str], playing: NDArray[np.bool_]) -> Step:
        if isinstance(actions, str) or len(actions) != self.num_envs:
            raise InputError(f"expected {self.num_envs} action texts; got {type(actions).__name__} of {len(actions)}")
        strict = self.batch.engine.config.strict
        acts = [parse_action(a, strict=strict) if p else None for a, p in zip(actions, playing.tolist(), strict=True)]
        return self.batch.step(acts)

    def _ended_with(self, rows: NDArray[np.int64]) -> Callable[[], list[Any]]:
        return partial(self.batch.told, self.batch.views(rows.tolist()))


class SlateVectorEnv(SessionVectorEnv[dict[str, NDArray[np.float32]], NDArray[np.int64]]):
    """N slate sessions; actions (N, K) integers, observations a dict of (N, ...) arrays."""

    words = False

    def __init__(self, engine: Engine, num_envs: int, **options: Any) -> None:
        super().__init__(engine, num_envs, **options)
        config = engine.config
        self.single_action_space = slate_action(config.candidates, config.slate_size)
        self.single_observation_space = slate_observation(config.candidates)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self.observation_space = batch_space(self.single_observation_space, num_envs)

    def action_masks(self) -> NDArray[np.bool_]:
        """(N, K * C), see ``SlateEnv.action_masks``."""
        return slate_masks(self.batch)

    def _observe(self) -> dict[str, NDArray[np.float32]]:
        return self.batch.engine.observer(self.batch.playing)

    def _step(self, actions: NDArray[np.int64], playing: NDArray[np.bool_]) -> Step:
        config = self.batch.engine.config
        numbers = slate_numbers(actions, (self.num_envs, config.slate_size), config.candidates, playing)
        return self.batch.step_slates(numbers, playing)

    def _ended_with(self, rows: NDArray[np.int64]) -> Callable[[], list[Any]]:
        return partial(_row_by_row, self.batch.engine.observer.later(self.batch.playing, rows))


def _read(infos: dict[str, Any]) -> dict[str, Any]:
    """Infos as they are handed out: where there is something to make, a dict that makes it when it is read."""
    return Infos(infos) if any(isinstance(value, Unmade) for value in infos.values()) else infos


def _row_by_row(seen: Callable[[], dict[str, NDArray[np.float32]]]) -> list[Any]:
    """The observation of each of N sessions; its arrays are parts of those of the batch."""
    found = seen()
    # written out, since a dictionary from pairs takes three times as long
    return [
        {"candidates": candidates, "session": session}
        for candidates, session in zip(found["candidates"], found["session"], strict=True)]


def _in_rows(n: int, rows: NDArray[np.int64], values: Callable[[], list[Any]]) -> NDArray[Any]:
    """(N,) objects: values (R,) in the given rows, None elsewhere."""
    out = np.full(n, None, object)
    out[rows] = _objects(values())
    return out


def _objects(values: list[Any]) -> NDArray[Any]:
    return np.fromiter(values, object, len(values))
