"""A policy of Slate numbers as an agent: whatever maps Slate's observation to candidate numbers plays where agents of words do.

It shows what it was trained to show; the words are those that the environment itself would say (``recenv.envs.speaker``), so a
policy trained in ``recenv/Slate-v1`` meets in an evaluation the users that it knows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from recenv.baselines.slate import present
from recenv.errors import InputError, MissingExtra
from recenv.records import Action, AgentView

Observations = Mapping[str, NDArray[np.float32]]


class Policy(Protocol):
    """Maps Slate observations, a dict of arrays (N, ...), to candidate numbers (N, K), best first."""

    def predict(self, observation: dict[str, NDArray[np.float32]]) -> Any: ...


class SlatePolicyAgent:
    """Plays a policy. predict may return the numbers alone or with a state behind them, as Stable-Baselines3 does."""

    def __init__(self, policy: Policy, name: str = "policy") -> None:
        self.name, self._policy = name, policy

    def act(self, views: Sequence[AgentView]) -> list[Action]:
        """Raises InputError: a policy of numbers needs ``act_on``."""
        raise InputError(f"agent {self.name!r} reads Slate's observation; play it through recenv.play or recenv evaluate")

    def act_on(self, views: Sequence[AgentView], observations: Observations) -> list[Action]:
        """One recommendation a view. Raises InputError for a policy that gives anything but N rows of integers."""
        given = self._policy.predict({name: np.asarray(values) for name, values in observations.items()})
        numbers = np.asarray(given[0] if isinstance(given, tuple) else given)
        if numbers.ndim != 2 or len(numbers) != len(views) or numbers.dtype.kind not in "iu":
            raise InputError(f"policy {self.name!r} must give integers (N, K) for {len(views)} observations; "
                             f"got {numbers.dtype} of shape {numbers.shape}")
        return [_shown(view, row) for view, row in zip(views, numbers.tolist(), strict=True)]


def _shown(view: AgentView, numbers: Sequence[int]) -> Action:
    chosen = [view.candidates[n] for n in dict.fromkeys(numbers) if 0 <= n < len(view.candidates)]
    return present(view, chosen) if chosen else Action(act="malformed", error="no candidate has any of these numbers")


def load_sb3(path: Path, name: str = "") -> SlatePolicyAgent:
    """The agent of a model that Stable-Baselines3 saved, by the file's name if no other is given. Raises InputError for a file
    that it cannot read."""
    try:
        from stable_baselines3 import A2C, DQN, PPO
    except ImportError:
        raise MissingExtra("stable-baselines3", "sb3") from None
    tried: list[str] = []
    for algorithm in (PPO, A2C, DQN):
        try:
            model = algorithm.load(path, device="cpu")
        except (ValueError, AttributeError, KeyError, TypeError) as error:
            tried.append(f"{algorithm.__name__}: {error}")
            continue
        return SlatePolicyAgent(_Deterministic(model), name or path.stem)
    raise InputError(f"{path} is no model of Stable-Baselines3 that can be read ({'; '.join(tried)})")


class _Deterministic:
    """The best action of a model, not a sample."""

    def __init__(self, model: Any) -> None:
        self._model = model

    def predict(self, observation: dict[str, NDArray[np.float32]]) -> Any:
        for name, seen in observation.items():
            if self._model.observation_space[name].shape != seen.shape[1:]:
                raise InputError(
                    f"the model was trained on {name} of shape {self._model.observation_space[name].shape}, and is shown "
                    f"{seen.shape[1:]} here; play it with as many candidates as it was trained with")
        return self._model.predict(observation, deterministic=True)
