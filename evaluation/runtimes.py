"""From a run to what its agents are built from."""

from __future__ import annotations

from recenv.baselines.runtime import Runtime
from recenv.envs.engine import Engine
from recenv.evaluation.repeats import repeat_seed


def runtime_of(engine: Engine, seed: int, repeat: int = 1) -> Runtime:
    """What agents that play in this engine are built from. repeat: of the run's sessions, from 1."""
    return Runtime(
        world=engine.world, seed=repeat_seed(seed, repeat), scorers=lambda: engine.scorers, reward_spec=engine.reward.spec,
        strict=engine.config.strict, repeat=repeat)
