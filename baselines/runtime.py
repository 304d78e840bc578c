"""What an agent may be built from, besides its own configuration."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from recenv.data.world import World
from recenv.rewards.hybrid import DEFAULT_REWARD, REWARDS, RewardSpec
from recenv.rewards.protocol import Scorer


@dataclass(frozen=True)
class Runtime:
    """The run that an agent plays in.

    world: where sessions and items live. seed: keys the agent's own draws. scorers: called by agents that rank by
    learned reward, once, when they are built; None where the run has none. It is a call and not a mapping, so that agents
    which need no scorer never load one. reward_spec: the reward that the run pays. strict: the run mends no agent's text.
    repeat: of these sessions, from 1; what an agent keeps of one must not answer for another.
    """

    world: World
    seed: int = 0
    scorers: Callable[[], Mapping[str, Scorer]] | None = None
    reward_spec: RewardSpec = REWARDS[DEFAULT_REWARD]
    strict: bool = False
    repeat: int = 1
