"""What every scenario must keep to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
import pytest

from recenv.envs.batch import Split, session_pool
from recenv.envs.engine import Engine
from recenv.records import Action, AgentView
from recenv.rollouts.ceiling import reachable
from recenv.rollouts.collect import collect
from recenv.rollouts.trace import encode
from recenv.scenarios.entry import open_engine
from recenv.scenarios.loader import Scenario, load_scenario
from recenv.testing.agents import check_action

SESSIONS = 12


class _First:
    """Shows the first candidates that were not shown yet."""

    name = "first"

    def act(self, views: Sequence[AgentView]) -> list[Action]:
        return [self._answer(view) for view in views]

    def _answer(self, view: AgentView) -> Action:
        new = [item for item in view.candidates if item.id not in view.shown][: view.slate_size]
        action = Action(act="recommend", items=tuple(item.id for item in new), text=" ".join(item.name for item in new))
        if not new:
            return Action(act="end")
        check_action(view, action)
        return action


class ScenarioContract:
    """Override the fixture ``scenario``: a name, the path of a .toml file, or a Scenario; and ``store`` where it needs one."""

    @pytest.fixture
    def scenario(self) -> str | Path | Scenario:
        raise NotImplementedError("a contract test gives its scenario in this fixture")

    @pytest.fixture
    def store(self) -> Path | None:
        return None

    @pytest.fixture
    def spec(self, scenario: str | Path | Scenario) -> Scenario:
        return load_scenario(str(scenario) if isinstance(scenario, Path) else scenario)

    @pytest.fixture
    def engine(self, spec: Scenario, store: Path | None) -> Engine:
        return open_engine(spec, store, scorers="rules")

    def test_it_survives_json_with_its_fingerprint(self, spec: Scenario) -> None:
        again = msgspec.json.decode(msgspec.json.encode(spec), type=Scenario)
        assert again == spec and again.fingerprint == spec.fingerprint
        assert spec.name and spec.summary and spec.version >= 1

    @pytest.mark.parametrize("split", ["train", "test"])
    def test_both_splits_have_sessions(self, engine: Engine, split: Split) -> None:
        assert len(session_pool(engine.world, split))

    def test_every_goal_has_candidates(self, engine: Engine) -> None:
        for row in range(min(engine.world.n_sessions, 200)):
            assert all(goal.candidates and goal.query for goal in engine.world.session(row).goals)

    def test_needs_can_be_met(self, engine: Engine) -> None:
        found = reachable(engine.tables, range(min(engine.world.n_sessions, 200)))
        assert found.needs_met.mean() > 0.5, f"of the needs {found.needs_met.mean():.0%} can be met; see recenv inspect"

    def test_sessions_end_and_are_the_same_again(self, engine: Engine) -> None:
        rows = np.linspace(0, engine.world.n_sessions - 1, SESSIONS, dtype=np.int64).tolist()
        rows = list(dict.fromkeys(rows))
        first, second = (collect(engine, _First(), rows, seed=5) for _ in range(2))
        assert [encode(t) for t in first] == [encode(t) for t in second]
        for trace in first:
            assert 1 <= len(trace.turns) <= engine.config.horizon
            assert all(np.isfinite(turn.reward) and -1.0 <= turn.reward <= 1.0 for turn in trace.turns)
