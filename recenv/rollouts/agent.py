"""What an agent is: one verb, batched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from recenv.records import Action, AgentView


@runtime_checkable
class ReadsNumbers(Protocol):
    """An agent that also reads what ``recenv/Slate-v1`` shows of the sessions; it is asked this and not ``act``."""

    def act_on(self, views: Sequence[AgentView], observations: Mapping[str, NDArray[np.float32]]) -> Sequence[Action]:
        """N actions for N views. observations: ``candidates`` (N, C * E) and ``session`` (N, S), see ``envs.spaces``."""
        ...


@runtime_checkable
class Agent(Protocol):
    """Answers a batch of views, one action each, in order.

    Stateless between calls as far as results go: the action for a view must not depend on the other views in the
    batch, so that the batch size cannot change a trace. Randomness comes from (seed, session_id, turn).
    name: what its traces are filed under.
    """

    name: str

    def act(self, views: Sequence[AgentView]) -> Sequence[Action]:
        """N actions for N views of sessions in play. An item that a view does not hold breaks a rule, and is no error.

        Raises ``Unanswered`` with the other actions where what the agent asks did not answer for some views.
        """
        ...
