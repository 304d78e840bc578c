"""What a user model is: how appealing items are to it. Everything else about users is shared."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray


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
