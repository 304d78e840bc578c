"""What a session is about, told once for all agents that play it: what they see of it, and what is hidden from them.

Traces say what happened; with the story of its session a trace explains itself: which words demanded what, what was wanted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec
import numpy as np

from recenv.data.constraints import MET
from recenv.data.world import World
from recenv.journal import line_of
from recenv.records import Constraint, User

STORY_SCHEMA = 1


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What agents see of a goal: its category, the user's opening words, and how many candidates there are."""

    category: str
    query: str
    candidates: int


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What agents do not see of a goal. constraints: of the need, in the order in which users tell them; traces name them by
    their numbers here. meets: ids of the right items where the need is known by label alone. fitting: candidates that meet all
    of it."""

    constraints: tuple[Constraint, ...] = ()
    meets: tuple[str, ...] = ()
    fitting: int = 0


class SessionStory(msgspec.Struct, frozen=True, kw_only=True):
    """A session. user (without history), context, instruction and goals are seen by agents; hidden, one a goal, and patience
    (turns) are not."""

    schema: int
    session_id: str
    locale: str
    source: str
    user: User
    context: dict[str, str]
    instruction: str
    goals: tuple[Asked, ...]
    hidden: tuple[Wanted, ...]
    patience: int


def tell(world: World, row: int) -> SessionStory:
    """The story of a session of a world."""
    session, secret = world.session(row), world.privileged(row)
    user = world.user(int(world.column("session_user")[row]))
    goals = [world.goal(g) for g in world.goal_rows(row)]
    return SessionStory(
        schema=STORY_SCHEMA, session_id=session.id, locale=session.locale, source=session.source,
        user=msgspec.structs.replace(user, history=()), context=session.context, instruction=session.instruction,
        goals=tuple(Asked(category=g.category, query=g.query, candidates=len(g.candidates)) for g in session.goals),
        hidden=tuple(
            Wanted(constraints=n.constraints, meets=n.meets, fitting=int(np.sum((g.satisfaction == MET).all(1))))
            for n, g in zip(secret.needs, goals, strict=True)),
        patience=secret.patience)


def encode_stories(stories: Iterable[SessionStory]) -> Iterator[bytes]:
    """One JSON line each; equal stories give equal bytes."""
    return map(line_of, stories)
