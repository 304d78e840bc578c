"""OpenEnv: a server of sessions, many a process, and its client.

    uvicorn recenv.integrations.openenv:app --host 127.0.0.1 --port 8000     # options from RECENV_OPTIONS, a JSON object

    with RecenvClient("http://127.0.0.1:8000") as client:
        seen = client.reset(seed=7).observation
        result = client.step(Act(act="ask", arguments={"text": "What is your budget?"}))
        result.reward, result.observation.components

JSON has no NaN: a component that is missing is null in ``components`` and false in ``applicable``. ``/health`` answers while it
serves. Sessions are stepped one at a time, since those of a scenario share an engine; for more cores, run more processes.
"""

from __future__ import annotations

import json
import os
from typing import Any

from openenv.core import EnvClient
from openenv.core.client_types import StepResult
from openenv.core.env_server import Environment, create_fastapi_app
from openenv.core.env_server.types import Action, Observation, State
from pydantic import Field

from recenv.integrations.acting import Acting

SESSIONS = 256
"""Most sessions at once; more are refused."""


class Act(Action):
    """act: recommend, ask, search or end. arguments: as in ``envs.act_tools``."""

    act: str
    arguments: dict[str, Any] = Field(default_factory=dict)


class Seen(Observation):
    """messages: what is new, after ``reset`` the briefing and the user's opening. components: of the last turn, by dimension."""

    messages: list[dict[str, str]]
    components: dict[str, float | None] = Field(default_factory=dict)
    applicable: dict[str, bool] = Field(default_factory=dict)


class RecenvEnvironment(Environment[Act, Seen, State]):
    """One session after the other; ``reset(seed=..., session="id")`` opens one that starts alike each time."""

    SUPPORTS_CONCURRENT_SESSIONS = True

    def __init__(self) -> None:
        super().__init__()
        self._acting = Acting(**json.loads(os.environ.get("RECENV_OPTIONS", "{}")))

    def reset(self, seed: int | None = None, episode_id: str | None = None, session: str | None = None, **rest: Any) -> Seen:
        return Seen(messages=self._acting.open(seed or 0, session), metadata={"session_id": self._acting.session_id})

    def step(self, action: Act, timeout_s: float | None = None, **rest: Any) -> Seen:
        played = len(self._acting.rewards)
        answer = [{"role": "user", "content": self._acting.call(action.act, action.arguments)}]
        if len(self._acting.rewards) == played:  # nothing was open: nothing is paid
            return Seen(messages=answer, done=True)
        components = self._acting.components[-1]
        return Seen(
            messages=answer, done=self._acting.over, reward=self._acting.rewards[-1], components=components,
            applicable={name: value is not None for name, value in components.items()},
            metadata={"session_id": self._acting.session_id, "ending": self._acting.ending, "needs_met": self._acting.needs_met})

    @property
    def state(self) -> State:
        return State(episode_id=self._acting.session_id or None, step_count=len(self._acting.rewards))


class RecenvClient(EnvClient[Act, Seen, State]):
    """A client with a session of its own."""

    def _step_payload(self, action: Act) -> dict[str, Any]:
        return {"act": action.act, "arguments": action.arguments}

    def _parse_result(self, payload: dict[str, Any]) -> StepResult[Seen]:
        told = {"done": payload.get("done", False), "reward": payload.get("reward")}
        return StepResult(observation=Seen(**{**payload["observation"], **told}), **told)

    def _parse_state(self, payload: dict[str, Any]) -> State:
        return State(**payload)


app = create_fastapi_app(RecenvEnvironment, Act, Seen, max_concurrent_envs=SESSIONS)
