"""User models by name. Each is built over a world when it is asked for, and imported no earlier."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from recenv.registry import Registry

if TYPE_CHECKING:
    from recenv.data.world import World
    from recenv.users.protocol import UserModel

USERS: Registry[Callable[[World], UserModel]] = Registry("user model")
"""Name -> build(world): gold (synthetic worlds only), replay (logs first, the learned model elsewhere), learned."""


def _gold(world: World) -> UserModel:
    from recenv.users.gold import GoldUser

    return GoldUser(world)


def _replay(world: World) -> UserModel:
    from recenv.users.replay import ReplayUser

    return ReplayUser(world)


def _learned(world: World) -> UserModel:
    from recenv.users.learned import LearnedUser

    return LearnedUser(world)


USERS.add("gold", _gold)
USERS.add("replay", _replay)
USERS.add("learned", _learned)
