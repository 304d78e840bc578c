"""TRL: sessions as an ``environment_factory`` for GRPO, in which the model acts by calling tools.

    from trl import GRPOConfig, GRPOTrainer
    from recenv.integrations.trl import sessions, tasks, rewards

    trainer = GRPOTrainer(
        "Qwen/Qwen3-0.6B", reward_funcs=rewards(), train_dataset=tasks(256, scenario="mixed", split="train"),
        environment_factory=sessions(scenario="mixed"), args=GRPOConfig(reward_weights=[1.0, 0, 0, 0, 0, 0]))

All rollouts of a task start alike: the same user, candidates and noise. A turn that does not call a tool ends the rollout. What
is no act costs a turn; a call with arguments that a tool does not have is answered by TRL, and costs none.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from datasets import Dataset

from recenv.integrations.acting import Acting
from recenv.rewards.dimensions import DIMENSIONS


class Session:
    """What TRL calls an environment: ``reset`` opens the session of a row of ``tasks``, the other methods are its tools."""

    def __init__(self, **options: Any) -> None:
        self._acting = Acting(**options)

    def reset(self, session_id: str, seed: int, **row: Any) -> None:
        self._acting.open(seed, session_id)

    def recommend(self, items: list[str], text: str) -> str:
        """Recommend items to the user, best first. Use only ids of listed candidates or search results.

        Args:
            items: Ids, best first.
            text: What you say to the user, in the user's language.
        """
        return self._acting.call("recommend", {"items": items, "text": text})

    def ask(self, text: str) -> str:
        """Ask the user one question.

        Args:
            text: What you say to the user, in the user's language.
        """
        return self._acting.call("ask", {"text": text})

    def search(self, query: str, filters: dict[str, str] | None = None) -> str:
        """Look through the whole catalogue; the user does not see the results.

        Args:
            query: Words to look for.
            filters: Attribute names and the values that they must have.
        """
        return self._acting.call("search", {"query": query, "filters": filters or {}})

    def end(self, text: str = "") -> str:
        """Say goodbye and end the session.

        Args:
            text: What you say to the user, in the user's language.
        """
        return self._acting.call("end", {"text": text})


def sessions(**options: Any) -> Callable[[], Session]:
    """An ``environment_factory``; options as for ``recenv.make``."""
    return partial(Session, **options)


def tasks(number: int, *, seed: int = 0, **options: Any) -> Dataset:
    """A dataset of ``number`` tasks: ``prompt``, ``session_id``, ``seed``. Row i is the session that ``seed + i`` draws."""
    acting = Acting(**options)
    return Dataset.from_list([
        {"prompt": acting.open(seed + i), "session_id": acting.session_id, "seed": seed + i} for i in range(number)])


def rewards() -> list[Callable[..., list[float | None]]]:
    """The return of a rollout, and the mean of each dimension over its turns, None where no turn has it; TRL leaves that out."""
    def session_return(environments: list[Session], **row: Any) -> list[float | None]:
        return [session._acting.total for session in environments]

    return [session_return, *(_mean(name) for name in DIMENSIONS)]


def _mean(name: str) -> Callable[..., list[float | None]]:
    def mean(environments: list[Session], **row: Any) -> list[float | None]:
        return [session._acting.mean(name) for session in environments]

    mean.__name__ = name
    return mean
