"""What a user model is: how appealing items are to it; and, where it speaks for itself, what it answers. All else about users
is shared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from recenv.errors import EndpointError
from recenv.records import Item, Message, Need


class Appeal(NamedTuple):
    """utility (R,) of each queried item in logits, relative to ``outside`` (R,), the utility of taking nothing.

    extrapolated (R,): the value rests on a model outside what was logged for this session.
    taken, refused (R,): the log says that the user took the item up, so constraints are not asked again, or that he was shown it
    and did not; None where there is no log.
    """

    utility: NDArray[np.float64]
    outside: NDArray[np.float64]
    extrapolated: NDArray[np.bool_]
    taken: NDArray[np.bool_] | None = None
    refused: NDArray[np.bool_] | None = None


class Temper(NamedTuple):
    """How a user looks and leaves: examination decay per position in (0, 1], probability of leaving after a failed turn."""

    position_decay: float
    leave_hazard: float


class UserModel(Protocol):
    """Utilities of a multinomial logit with an outside option; the dynamics draw the choice."""

    name: str
    temper: Temper

    def appeal(
        self,
        sessions: NDArray[np.int64],  # (R,) session rows of the world
        goals: NDArray[np.int64],  # (R,) goal number within the session
        items: NDArray[np.int64],  # (R,) item rows of the world
        satisfaction: NDArray[np.int8],  # (R, M) status against the goal's constraints, padded with MET
    ) -> Appeal: ...


class Situation(NamedTuple):
    """What a user who speaks for himself is to answer.

    seed: of his noise.  profile, context: who and where he is.  need: what he wants; said, secret: masks of its constraints, told
    already, and such as he never says.  most: how many he may tell in one answer, 0 for none.
    dialogue: what was said so far, as he heard it.  act, text, items: what the agent does now; the items in the order shown.
    unshown: names of candidates that he has not been shown.
    """

    seed: int
    locale: str
    profile: dict[str, str]
    context: dict[str, str]
    need: Need
    said: int
    secret: int
    most: int
    dialogue: tuple[Message, ...]
    act: Literal["recommend", "ask"]
    text: str
    items: tuple[Item, ...]
    unshown: tuple[str, ...]


class Answer(NamedTuple):
    """What such a user answers. takes: number of the item that he takes, -1 for none.  tells: mask of the constraints that he
    tells.  understood: whether he knows what was asked.  text: his words.

    flaw: ``unread`` where the answer cannot be read, so that all else in it means nothing; ``item`` where his words name a
    candidate that he was not shown, ``wish`` where they tell what he never says; "" for none.
    """

    takes: int = -1
    tells: int = 0
    understood: bool = True
    text: str = ""
    flaw: Literal["", "unread", "item", "wish"] = ""


@runtime_checkable
class Speaks(Protocol):
    """A user model that decides and words its answers itself."""

    def answer(self, situations: Sequence[Situation]) -> list[Answer | EndpointError]:
        """An answer for each situation, in order, or the error where what it asks did not answer."""
        ...
