"""A policy for Stable-Baselines3 that scores every candidate by the same small network, whatever its place in the list.

    model = PPO(PerCandidatePolicy, RecVecEnv(num_envs=256, scenario="mixed", scorers="rules"))

Candidates come in an order without meaning, so what is learned of one holds for all (as in deep sets, Zaheer et al., NeurIPS
2017): each is read with the session and the mean of the list, gives one logit for every place of the slate, and the value is read
off their mean and maximum.
"""

from __future__ import annotations

from typing import Any

import torch
from gymnasium import spaces
from stable_baselines3.common.policies import MultiInputActorCriticPolicy
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from torch import Tensor, nn

from recenv.envs.spaces import CANDIDATE_FEATURES

E = len(CANDIDATE_FEATURES)
PRESENT = CANDIDATE_FEATURES.index("present")


class Candidates(BaseFeaturesExtractor):
    """(N, C * H): each candidate, with the session and the mean of the list."""

    def __init__(self, observation_space: spaces.Dict, hidden: int = 48) -> None:
        candidates, session = observation_space["candidates"].shape, observation_space["session"].shape
        assert candidates is not None and session is not None  # boxes have shapes
        self.count = candidates[0] // E
        super().__init__(observation_space, self.count * hidden)
        self.hidden = hidden
        self.net = nn.Sequential(nn.Linear(2 * E + session[0], hidden), nn.Tanh(), nn.Linear(hidden, hidden), nn.Tanh())

    def forward(self, seen: dict[str, Tensor]) -> Tensor:
        each = seen["candidates"].view(-1, self.count, E)
        there = each[..., PRESENT:]
        mean = (each * there).sum(1) / there.sum(1).clamp(min=1.0)
        shared = torch.cat([mean, seen["session"]], 1)[:, None].expand(-1, self.count, -1)
        read: Tensor = self.net(torch.cat([each, shared], -1)).flatten(1)
        return read


class _Paths(nn.Module):
    """What actor and critic see: the actor every candidate, the critic their mean and maximum."""

    def __init__(self, count: int, hidden: int) -> None:
        super().__init__()
        self._count, self._hidden = count, hidden
        self.latent_dim_pi, self.latent_dim_vf = count * hidden, 64
        self.value = nn.Sequential(nn.Linear(2 * hidden, self.latent_dim_vf), nn.Tanh())

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        return self.forward_actor(features), self.forward_critic(features)

    def forward_actor(self, features: Tensor) -> Tensor:
        return features

    def forward_critic(self, features: Tensor) -> Tensor:
        each = features.view(-1, self._count, self._hidden)
        value: Tensor = self.value(torch.cat([each.mean(1), each.amax(1)], 1))
        return value


class _Logits(nn.Module):
    """(N, K * C): for each place of the slate, one logit a candidate."""

    def __init__(self, count: int, hidden: int, places: int) -> None:
        super().__init__()
        self._count, self._hidden = count, hidden
        self.line = nn.Linear(hidden, places)

    def forward(self, features: Tensor) -> Tensor:
        logits: Tensor = self.line(features.view(-1, self._count, self._hidden))
        return logits.transpose(1, 2).flatten(1)


class PerCandidatePolicy(MultiInputActorCriticPolicy):
    """For PPO and A2C on ``recenv/Slate-v1``."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"features_extractor_class": Candidates, **kwargs})

    def _build_mlp_extractor(self) -> None:
        read = self.features_extractor
        assert isinstance(read, Candidates)
        self.mlp_extractor = _Paths(read.count, read.hidden)  # type: ignore[assignment]

    def _build(self, lr_schedule: Any) -> None:
        super()._build(lr_schedule)
        read, places = self.features_extractor, len(self.action_space.nvec)  # type: ignore[attr-defined]
        assert isinstance(read, Candidates)
        self.action_net = _Logits(read.count, read.hidden, places)
        self.optimizer = self.optimizer_class(
            self.parameters(), lr=lr_schedule(1), **self.optimizer_kwargs)  # type: ignore[call-arg]
