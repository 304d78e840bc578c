"""A policy for Stable-Baselines3 that scores every candidate by the same small network, whatever its place in the list.

    model = PPO(PerCandidatePolicy, RecVecEnv(num_envs=256, scenario="mixed", scorers="rules"))

Candidates come in an order without meaning, so what is learned of one holds for all (as in deep sets, Zaheer et al., NeurIPS
2017): each is read with the session and the mean of the list, gives one logit for every place of the slate, and the value is read
off their mean and maximum. Places are filled from the top, each with a candidate that is not yet in the slate (Plackett, Applied
Statistics 1975), that exists, and, while there are enough of these, that was not shown before in this goal.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from gymnasium import spaces
from stable_baselines3.common.distributions import MultiCategoricalDistribution
from stable_baselines3.common.policies import MultiInputActorCriticPolicy
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from torch import Tensor, nn

from recenv.envs.spaces import CANDIDATE_FEATURES

E = len(CANDIDATE_FEATURES)
PRESENT, SHOWN = CANDIDATE_FEATURES.index("present"), CANDIDATE_FEATURES.index("shown")
NEVER = -1e9
"""The logit of what must not be chosen: finite, so that a slate with more places than candidates still has a probability."""


class Candidates(BaseFeaturesExtractor):
    """(N, C * (H + 1)): each candidate, with the session and the mean of the list, as H numbers; and whether it may be shown.

    places: K, how many candidates a slate has room for.
    """

    def __init__(self, observation_space: spaces.Dict, hidden: int = 48, places: int = 3) -> None:
        candidates, session = observation_space["candidates"].shape, observation_space["session"].shape
        assert candidates is not None and session is not None  # boxes have shapes
        self.count, self.width, self.places = candidates[0] // E, hidden + 1, places
        super().__init__(observation_space, self.count * self.width)
        self.net = nn.Sequential(nn.Linear(2 * E + session[0], hidden), nn.Tanh(), nn.Linear(hidden, hidden), nn.Tanh())

    def forward(self, seen: dict[str, Tensor]) -> Tensor:
        each = seen["candidates"].view(-1, self.count, E)
        there = each[..., PRESENT:]
        mean = (each * there).sum(1) / there.sum(1).clamp(min=1.0)
        shared = torch.cat([mean, seen["session"]], 1)[:, None].expand(-1, self.count, -1)
        new = there[..., 0] * (each[..., SHOWN] == 0)
        may = torch.where(new.sum(1, keepdim=True) < self.places, there[..., 0], new)
        return torch.cat([self.net(torch.cat([each, shared], -1)), may[..., None]], -1).flatten(1)


class WithoutRepeats(MultiCategoricalDistribution):
    """Slates (N, K) of C candidates, none twice: each place by a softmax over what the places above it left."""

    def proba_distribution(self, action_logits: Tensor) -> WithoutRepeats:
        self.logits = action_logits.view(len(action_logits), len(self.action_dims), -1)  # (N, K, C)
        return self

    def sample(self) -> Tensor:
        return self._fill(lambda logits: torch.multinomial(logits.softmax(1), 1)[:, 0])

    def mode(self) -> Tensor:
        return self._fill(lambda logits: logits.argmax(1))

    def log_prob(self, actions: Tensor) -> Tensor:
        total = torch.zeros(len(actions))
        taken = torch.zeros_like(self.logits[:, 0], dtype=torch.bool)
        for place, chosen in enumerate(actions.long().unbind(1)):
            logits = self.logits[:, place].masked_fill(taken, NEVER)
            total = total + logits.log_softmax(1).gather(1, chosen[:, None])[:, 0]
            taken = taken.scatter(1, chosen[:, None], True)
        return total

    def entropy(self) -> Tensor:
        """(N,) summed over the places, each without regard to those above it: what the bonus spreads; the exact one has no closed
        form."""
        log = self.logits.log_softmax(2)
        return -(log.exp() * log).sum((1, 2))

    def _fill(self, choose: Callable[[Tensor], Tensor]) -> Tensor:
        taken, slate = torch.zeros_like(self.logits[:, 0], dtype=torch.bool), list[Tensor]()
        for place in range(self.logits.shape[1]):
            slate.append(choose(self.logits[:, place].masked_fill(taken, NEVER)))
            taken = taken.scatter(1, slate[-1][:, None], True)
        return torch.stack(slate, 1)


class _Paths(nn.Module):
    """What actor and critic see: the actor every candidate, the critic their mean and maximum."""

    def __init__(self, count: int, width: int) -> None:
        super().__init__()
        self._count, self._width = count, width
        self.latent_dim_pi, self.latent_dim_vf = count * width, 64
        self.value = nn.Sequential(nn.Linear(2 * width, self.latent_dim_vf), nn.Tanh())

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        return self.forward_actor(features), self.forward_critic(features)

    def forward_actor(self, features: Tensor) -> Tensor:
        return features

    def forward_critic(self, features: Tensor) -> Tensor:
        each = features.view(-1, self._count, self._width)
        value: Tensor = self.value(torch.cat([each.mean(1), each.amax(1)], 1))
        return value


class _Logits(nn.Module):
    """(N, K * C): for each place of the slate, one logit a candidate."""

    def __init__(self, count: int, width: int, places: int) -> None:
        super().__init__()
        self._count, self._width = count, width
        self.line = nn.Linear(width - 1, places)

    def forward(self, features: Tensor) -> Tensor:
        each = features.view(-1, self._count, self._width)
        logits: Tensor = self.line(each[..., :-1]).masked_fill(each[..., -1:] == 0, NEVER)
        return logits.transpose(1, 2).flatten(1)


class PerCandidatePolicy(MultiInputActorCriticPolicy):
    """For PPO and A2C on ``recenv/Slate-v1``."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        places = len(args[1].nvec if len(args) > 1 else kwargs["action_space"].nvec)
        super().__init__(*args, **{
            "features_extractor_class": Candidates, "features_extractor_kwargs": {"places": places}, **kwargs})

    def _build_mlp_extractor(self) -> None:
        read = self.features_extractor
        assert isinstance(read, Candidates)
        self.mlp_extractor = _Paths(read.count, read.width)  # type: ignore[assignment]

    def _build(self, lr_schedule: Any) -> None:
        super()._build(lr_schedule)
        read, numbers = self.features_extractor, self.action_space.nvec.tolist()  # type: ignore[attr-defined]
        assert isinstance(read, Candidates)
        self.action_net = _Logits(read.count, read.width, len(numbers))
        self.action_dist = WithoutRepeats(numbers)
        self.optimizer = self.optimizer_class(
            self.parameters(), lr=lr_schedule(1), **self.optimizer_kwargs)  # type: ignore[call-arg]
