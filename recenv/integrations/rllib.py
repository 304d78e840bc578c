"""RLlib: the environment by name, with the flat observations that its networks read.

    from recenv.integrations.rllib import SLATE, register
    register()
    PPOConfig().environment(SLATE, env_config={"scenario": "mixed"}).build_algo().train()
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import gymnasium
from ray.tune.registry import register_env

import recenv

SLATE = "recenv-slate"


def register() -> None:
    """Let RLlib know ``recenv-slate``, in this process and in its workers."""
    register_env(SLATE, slate)


def slate(config: Mapping[str, Any]) -> gymnasium.Env[Any, Any]:
    """``recenv/Slate-v1`` with one flat observation; config: options as for ``recenv.make``."""
    return gymnasium.wrappers.FlattenObservation(recenv.make("Slate", **config))
