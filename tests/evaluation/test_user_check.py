"""A user who speaks for himself beside another: agreement counted by hand, leaks that are there, moments without an answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from loopback import Reply, loopback
from scenario_worlds import A_DOZEN
from sessions import ask, slate

from recenv.cli import cli
from recenv.data.world import World
from recenv.envs.config import EnvConfig
from recenv.envs.engine import Engine
from recenv.errors import EndpointError
from recenv.evaluation.user_check import Checked, check_text, check_user, kappa
from recenv.records import Action, AgentView
from recenv.users.protocol import Answer, Situation

ROWS = ["zh-1", "zh-2"]


class Shows:
    """Asks about the price, shows 3 and 7, then 7, then 0 until it is over."""

    name = "shows"

    def act(self, views: Sequence[AgentView]) -> list[Action]:
        plan = [ask("预算多少？"), slate(3, 4), slate(7)]
        return [plan[v.turn] if v.turn < 3 else slate(0) for v in views]


class Says:
    """Answers by a function of the situation."""

    def __init__(self, answer: Callable[[Situation], Answer | EndpointError]) -> None:
        self._answer = answer

    def answer(self, situations: Sequence[Situation]) -> list[Answer | EndpointError]:
        return [self._answer(s) for s in situations]


def checked(world: World, answer: Callable[[Situation], Answer | EndpointError]) -> Checked:
    engine = Engine(world, EnvConfig(scorers="rules", user="replay"))
    return check_user(engine, Says(answer), [Shows()], [world.session_row(s) for s in ROWS], 3)


def test_who_takes_everything(tiny_logged_world: World) -> None:
    found = checked(tiny_logged_world, lambda s: Answer(takes=0 if s.items else -1, text="好"))
    slates = [c for c in found.cases if c.took == c.took]
    assert len(slates) > 3 and all(c.takes == 1 for c in slates) and {c.took for c in slates} == {0.0, 1.0}
    assert [c.alike for c in slates] == [c.took for c in slates]
    assert all((c.misfit == 0) >= (c.took == 1) for c in slates) and sum(c.misfit for c in slates) > 0
    assert all(c.same == 1 for c in slates if c.took)  # what is taken stands first here
    questions = [c for c in found.cases if c.understood == c.understood]
    assert [c.understood for c in questions] == [1, 1]  # both know what a price is
    assert [c.told for c in questions] == [0, 1]  # zh-1 would tell it; zh-2 has said it, and has no more to tell
    assert "takes what misses the need" in check_text(found, "replay") and "kappa of taking 0.000" in check_text(found, "replay")


def test_leaks_are_counted(tiny_logged_world: World) -> None:
    found = checked(tiny_logged_world, lambda s: Answer(text=f"有{s.unshown[-1]}吗", tells=s.secret))
    assert all(c.named == 1 for c in found.cases) and 0 < sum(c.right for c in found.cases) < len(found.cases)
    assert 0 < sum(c.wish for c in found.cases) < len(found.cases)  # one of the needs has nothing to hide
    silent = checked(tiny_logged_world, lambda s: Answer(text="不要"))
    assert not any(c.named or c.wish or c.right for c in silent.cases) and len(silent.cases) == len(found.cases)


def test_what_is_not_answered_is_no_case(tiny_logged_world: World) -> None:
    def some(s: Situation) -> Answer | EndpointError:
        return EndpointError("down", "connection") if "评分" in s.need.constraints[0].text else Answer(flaw="unread")

    found = checked(tiny_logged_world, some)
    assert found.lost and found.cases and all(c.unread for c in found.cases)
    assert f"cannot be read                   {len(found.cases)} of {len(found.cases)} answers" in check_text(found, "replay")
    dead = checked(tiny_logged_world, lambda s: EndpointError("down"))
    assert len(dead.lost) == len(ROWS) and not dead.cases  # the first batch, and no more


def test_kappa() -> None:
    assert kappa([1, 1, 0, 0], [1, 0, 0, 0]) == pytest.approx((0.75 - 0.5) / 0.5)
    assert np.isnan(kappa([1, 1], [1, 1]))


def test_on_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("httpx")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("RECENV_CACHE", str(tmp_path / "cache"))
    (tmp_path / "small.toml").write_text(A_DOZEN)
    with loopback(lambda body, times: Reply('{"take": 0, "tell": [], "say": "No."}')) as server:
        arguments = ["check-user", "--scenario", str(tmp_path / "small.toml"), "--beside", "learned", "--sessions", "3",
                     "--user-option", "model=m", "--user-option", f"base_url={server.base_url}", "--user-option",
                     f"record={tmp_path / 'users.jsonl'}", "--user-option", "timeout_s=120"]
        done = CliRunner().invoke(cli, arguments)
        assert done.exit_code == 0 and "as the learned user" in done.output, done.output
        asked = len(server.bodies)
    again = CliRunner().invoke(cli, arguments)  # the server is gone
    assert asked > 5 and again.output == done.output
