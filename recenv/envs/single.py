"""The single environments: a batch of one behind the Gymnasium Env interface."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Generic, TypeVar

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray

from recenv.data.render import plain_response
from recenv.envs.batch import SessionBatch, Split
from recenv.envs.chat_format import parse_action, render_observation
from recenv.envs.engine import Engine, Step
from recenv.envs.slate_features import SlateFeatures
from recenv.envs.spaces import ActionText, UnicodeText, reward_space, slate_action, slate_observation
from recenv.errors import InputError
from recenv.records import Action, AgentView

Obs = TypeVar("Obs")
Act = TypeVar("Act")
MAX_TEXT = 1_000_000


class SessionEnv(gym.Env[Obs, Act], ABC, Generic[Obs, Act]):
    """What both environments share. ``vector_reward`` makes ``step`` return the MO-Gymnasium reward, float32 (D,)."""

    metadata: ClassVar[dict[str, Any]] = {"render_modes": ["ansi"], "render_fps": 1}  # type: ignore[misc]

    def __init__(
        self, engine: Engine, *, split: Split = "all", vector_reward: bool = False, render_mode: str | None = None
    ) -> None:
        if render_mode not in (None, "ansi"):
            raise InputError(f"render_mode must be None or 'ansi'; got {render_mode!r}")
        self.batch = SessionBatch(engine, 1, split)
        self.render_mode, self.vector_reward = render_mode, vector_reward
        if vector_reward:
            self.reward_space = reward_space(len(engine.dimensions))

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Obs, dict[str, Any]]:
        """Open a session: the next of the seed's stream, or ``options={"session": id}``."""
        super().reset(seed=seed)
        if seed is not None:
            self.batch.seed(seed)
        elif self.batch.state is None:  # never seeded: Gymnasium's own generator gives the key
            self.batch.seed(int(self.np_random.integers(2**31)))
        self.batch.reset(sessions=_session_option(options))
        view = self.batch.views()[0]
        return self._observe(view), self.batch.info(0, view, None)

    def step(self, action: Act) -> tuple[Obs, Any, bool, bool, dict[str, Any]]:
        step: Step = self.batch.step([self._action(action, self.batch.views()[0])])
        view = self.batch.views()[0]
        reward = step.vector_rewards[0] if self.vector_reward else float(step.rewards[0])
        done, cut = bool(self.batch.terminated[0]), bool(self.batch.truncated[0])
        return self._observe(view), reward, done, cut, self.batch.info(0, view, step)

    def render(self) -> Any:
        """The dialogue so far as text, in mode ``ansi``."""
        if self.render_mode is None:
            return None
        return "\n".join(f"{m.role}: {m.content}" for m in self.batch.views()[0].messages)

    def save_state(self) -> bytes:
        """The whole session as bytes; ``load_state`` on an environment of the same world goes on to the bit."""
        return self.batch.save({})

    def load_state(self, data: bytes) -> tuple[Obs, dict[str, Any]]:
        """Take up a saved session; returns its observation and info. Raises InputError for bytes that do not fit."""
        self.batch.load(data)
        view = self.batch.views()[0]
        return self._observe(view), self.batch.info(0, view, None)

    @abstractmethod
    def _observe(self, view: AgentView) -> Obs:
        """What the agent is shown of a view."""

    @abstractmethod
    def _action(self, action: Act, view: AgentView) -> Action:
        """What the agent's answer to a view means."""


def sample_ids(engine: Engine) -> list[str]:
    """Ids that the sampled actions of a chat environment draw from: the first items of the catalogue, at most 256."""
    return [engine.world.item(row).id for row in range(min(engine.world.n_items, 256))]


class ChatEnv(SessionEnv[str, str]):
    """``recenv/Chat-v0``: text in, text out.

    Action: text in the JSON grammar of ``chat_format``. Observation: everything the agent may know, as one text; the same
    in OpenAI form is ``info["messages"]`` (dialogue only). Reward: the hybrid scalar, paid as its
    spec says (``rewards.hybrid.credit``), in [-1, 1]; a goal's rewards sum to the average worth of its turns.
    """

    def __init__(self, engine: Engine, **options: Any) -> None:
        super().__init__(engine, **options)
        self.action_space = ActionText(MAX_TEXT, sample_ids(engine))
        self.observation_space = UnicodeText(MAX_TEXT)

    def _observe(self, view: AgentView) -> str:
        return render_observation(view)

    def _action(self, action: str, view: AgentView) -> Action:
        return parse_action(action)


class SlateEnv(SessionEnv[dict[str, NDArray[np.float32]], NDArray[np.int64]]):
    """``recenv/Slate-v0``: indices in, numbers out.

    Action: MultiDiscrete, K candidate indices, best first; naming one twice breaks a rule. Observation: Dict of flat
    float32 boxes (see ``spaces``). Reward: as in ``ChatEnv``; the text spoken to the user is a template.
    """

    def __init__(self, engine: Engine, **options: Any) -> None:
        super().__init__(engine, **options)
        self.action_space = slate_action(engine.config.candidates, engine.config.slate_size)
        self.observation_space = slate_observation(engine.config.candidates)  # type: ignore[assignment]  # Dict spaces are untyped
        self._features = SlateFeatures(engine)

    def action_masks(self) -> NDArray[np.bool_]:
        """(K * C,) which index is a candidate not yet shown, per position; all real candidates once every one was shown."""
        return slate_masks(self.batch.views()[0], self.batch.engine.config.candidates, self.batch.engine.config.slate_size)

    def _observe(self, view: AgentView) -> dict[str, NDArray[np.float32]]:
        state = self.batch.playing
        return {"candidates": self._features.candidates(state, 0).ravel(), "session": self._features.session(state, 0)}

    def _action(self, action: NDArray[np.int64], view: AgentView) -> Action:
        return slate_to_action(action, view)


def slate_to_action(indices: NDArray[np.int64], view: AgentView) -> Action:
    """A slate as an action with its template text. An index beyond the list names no item.

    Raises InputError for anything but a vector of integers.
    """
    chosen = np.asarray(indices)
    if chosen.ndim != 1 or chosen.dtype.kind not in "iu":
        raise InputError(f"a slate is a vector of integers; got dtype {chosen.dtype}, shape {chosen.shape}")
    real = len(view.candidates)
    items = [view.candidates[i] for i in dict.fromkeys(chosen.tolist()) if 0 <= i < real]
    ids = tuple(view.candidates[i].id if 0 <= i < real else "" for i in chosen.tolist())
    return Action(act="recommend", items=ids, text=plain_response(items, view.locale))


def slate_masks(view: AgentView, candidates: int, slate_size: int) -> NDArray[np.bool_]:
    """(K * C,) admissible indices, the same for each position."""
    shown = set(view.shown)
    mask = np.zeros(candidates, np.bool_)
    mask[: len(view.candidates)] = [item.id not in shown for item in view.candidates]
    if mask.sum() < slate_size:
        mask[: len(view.candidates)] = True
    return np.tile(mask, slate_size)


def _session_option(options: dict[str, Any] | None) -> list[str | int] | None:
    if not options:
        return None
    unknown = sorted(options.keys() - {"session"})
    if unknown:
        raise InputError(f"reset option {unknown[0]!r} is not known; the only one is 'session' (an id or a row)")
    return [options["session"]]
