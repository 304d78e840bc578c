"""User models by name. Each is built over a world when it is asked for, and imported no earlier."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from recenv.registry import Registry, configured

if TYPE_CHECKING:
    from recenv.data.world import World
    from recenv.users.protocol import UserModel

Options = Mapping[str, Any]

USERS: Registry[Callable[[World, Options], UserModel]] = Registry("user model")
"""Name -> build(world, options): gold (synthetic worlds only), replay (logs first, the learned model elsewhere), learned, llm (a
language model; its options are those of ``recenv.answers.ModelConfig``, the others have none)."""


def _gold(world: World, options: Options) -> UserModel:
    from recenv.users.gold import GoldUser

    return GoldUser(world)


def _replay(world: World, options: Options) -> UserModel:
    from recenv.users.replay import ReplayUser

    return ReplayUser(world)


def _learned(world: World, options: Options) -> UserModel:
    from recenv.users.learned import LearnedUser

    return LearnedUser(world)


def _llm(world: World, options: Options) -> UserModel:
    from recenv.answers import ModelConfig
    from recenv.users.llm import LlmUser

    return LlmUser(world, configured("user llm", ModelConfig, options))


USERS.add("gold", _gold)
USERS.add("replay", _replay)
USERS.add("learned", _learned)
USERS.add("llm", _llm)
