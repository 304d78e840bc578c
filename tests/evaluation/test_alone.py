"""Candidates shown alone: rows for behaviour prediction say what the user does when they are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from scenario_worlds import A_DOZEN
from sessions import Played

from recenv.cli import cli
from recenv.data.rowfile import read_rows
from recenv.envs.engine import Engine
from recenv.evaluation.alone import take_up_rows
from recenv.records import ScorerRow
from recenv.rewards.dimensions.behavior_prediction import DIMENSION
from recenv.scenarios.entry import open_engine

SEED, TIMES = 11, 2


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A scenario of twelve sessions, its world made once for the module."""
    home = tmp_path_factory.mktemp("alone")
    (home / "small.toml").write_text(A_DOZEN)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RECENV_CACHE", str(home / "cache"))
        yield home / "small.toml"


@pytest.fixture(scope="module")
def engine(small: Path) -> Engine:
    return open_engine(str(small), scorers="rules")


@pytest.fixture(scope="module")
def rows(engine: Engine) -> list[ScorerRow]:
    return list(take_up_rows(engine, "small", range(12), TIMES, SEED))


def test_every_candidate_of_a_first_goal_is_a_row_each_time(engine: Engine, rows: list[ScorerRow]) -> None:
    sizes = [len(engine.world.goal(int(engine.tables.goal_row(np.array([s]), np.array([0]))[0])).candidates) for s in range(12)]
    assert len(rows) == TIMES * sum(sizes) == len({row.id for row in rows})
    assert {row.dimension for row in rows} == {DIMENSION.name} and {row.label for row in rows} == {0.0, 1.0}


def test_a_label_says_whether_the_user_orders_what_is_shown_alone(engine: Engine, rows: list[ScorerRow]) -> None:
    session = {engine.world.session(s).id: s for s in range(12)}
    shown = rows[::7]
    for row in shown:
        name, time, place = row.id.removeprefix("take-ups-small/").rsplit(":", 2)
        played = Played(engine, session[name], SEED + int(time), words=False)
        assert (played.numbers(int(place)).kind == "order") == bool(row.label), row.id
    assert len({row.label for row in shown}) == 2


def test_every_second_time_the_user_has_told_what_he_tells_when_asked(rows: list[ScorerRow]) -> None:
    said = {time: {row.group: row.query for row in rows if f":{time}:" in row.id} for time in range(TIMES)}
    assert said[0].keys() == said[1].keys()
    assert all(said[1][who].startswith(said[0][who]) for who in said[0]) and said[0] != said[1]


def test_the_same_arguments_give_the_same_rows(engine: Engine, rows: list[ScorerRow]) -> None:
    assert list(take_up_rows(engine, "small", range(12), TIMES, SEED)) == rows
    assert [r.label for r in take_up_rows(engine, "small", range(12), TIMES, SEED + 9)] != [r.label for r in rows]


def test_the_command_writes_a_file_of_rows(small: Path, tmp_path: Path) -> None:
    out = tmp_path / "rows.jsonl"
    done = CliRunner().invoke(cli, ["take-ups", "--scenario", str(small), "--sessions", "3", "--times", "1", "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert f"{len(list(read_rows(out)))} rows of 3 sessions" in done.output
