"""verifiers 0.4: sessions as a taskset, and the environment in which an agent talks to their user.

    # recenv_sessions.py, a module that verifiers finds by its name
    from recenv.integrations.verifiers import RecenvEnv, RecenvTaskset
    __all__ = ["RecenvEnv", "RecenvTaskset"]

    vf-eval recenv_sessions -m my-model -n 20 --env.taskset.tasks 20

The agent answers in the grammar of ``recenv/Chat-v1``, one JSON object a turn. The return of a session is the reward
``session_return``; the mean of each dimension over the turns that have it is a metric, and one that no turn has is absent.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import verifiers.v1 as vf
from pydantic import Field

from recenv.integrations.acting import Acting
from recenv.rewards.dimensions import DIMENSIONS


class RecenvData(vf.TaskData):
    """A task: which session, under which noise, with which options of ``recenv.make``. Its rollouts start alike."""

    session_id: str
    seed: int
    options: dict[str, Any]


class RecenvConfig(vf.TasksetConfig):
    """tasks: how many, the i-th being the session that ``seed + i`` draws. options: as for ``recenv.make``."""

    tasks: int = 100
    seed: int = 0
    options: dict[str, Any] = Field(default_factory=dict)


class RecenvTask(vf.Task[RecenvData]):
    """What is scored of it, the environment records."""


class RecenvTaskset(vf.Taskset[RecenvTask, RecenvConfig]):
    """Sessions of a scenario."""

    def load(self) -> Iterator[RecenvTask]:
        options = self.config.options
        acting = Acting(tools=False, **options)
        for seed in range(self.config.seed, self.config.seed + self.config.tasks):
            system = acting.open(seed)[0]["content"]
            yield RecenvTask(RecenvData(
                name=acting.session_id, system_prompt=system, session_id=acting.session_id, seed=seed, options=options))


class RecenvEnvConfig(vf.EnvConfig):
    """recommender: the agent under evaluation or training."""

    recommender: vf.AgentConfig = vf.AgentConfig(harness={"id": "null"})


class RecenvEnv(vf.Env[RecenvEnvConfig]):
    """One session an episode: the user opens, and each of his answers is a user turn."""

    async def run(self, task: Any, agents: Any) -> None:
        acting = await asyncio.to_thread(Acting, tools=False, **task.data.options)
        said = (await asyncio.to_thread(acting.open, task.data.seed, task.data.session_id))[-1]["content"]
        async with agents.recommender.interaction(task) as interaction:
            while not acting.over:
                reply = await interaction.turn(said)
                if reply.terminated:
                    break
                said = await asyncio.to_thread(acting.say, reply.last_reply)
        trace = interaction.trace
        if trace.errors:  # of the infrastructure: no result
            return
        trace.record_reward("session_return", acting.total)
        trace.record_metrics({"needs_met": acting.needs_met, "turns": len(acting.rewards)})
        trace.record_metrics({name: value for name in DIMENSIONS if (value := acting.mean(name)) is not None})
        trace.info["recenv"] = {"ending": acting.ending, "rewards": acting.rewards, "components": acting.components}


__all__ = ["RecenvEnv", "RecenvTaskset"]
