"""A run knows the store that it was played in, also when both were moved together; a scenario refuses the store of another."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import pytest

from recenv.data.world import World
from recenv.errors import InputError
from recenv.evaluation.plan import read_plan
from recenv.evaluation.rescore import rescore_run
from recenv.evaluation.run import replay_run, run_evaluation
from recenv.scenarios import load_scenario
from recenv.scenarios.entry import open_world

SCENARIO = """
name = "mine"
version = 1
summary = "a store of one's own"
[world]
kind = "store"
[env]
user = "replay"
scorers = "rules"
horizon = 3
"""


def test_replay_finds_the_store_again(tiny_world_path: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    shutil.copytree(tiny_world_path, home / "stores" / "mine")
    (home / "mine.toml").write_text(SCENARIO)
    store = home / "stores" / "mine"
    run = run_evaluation(str(home / "mine.toml"), ["random"], 3, 1, home / "runs" / "one", store=store, repeats=2)
    assert read_plan(run).place == "../../stores/mine"
    again = rescore_run(run, "rules", home / "runs" / "deeper" / "again")
    for folder in (run, run / "repeats" / "2"):
        assert all(v.same for v in replay_run(folder))
    home.rename(tmp_path / "moved")
    run, again = (tmp_path / "moved" / path.relative_to(home) for path in (run, again))
    assert all(v.same for v in replay_run(run)) and (again / read_plan(again).place).is_dir()
    other_way = tmp_path / "moved" / "runs" / ".." / "stores" / "mine"
    assert run_evaluation(
        str(tmp_path / "moved" / "mine.toml"), ["random"], 3, 1, run, store=other_way, repeats=2, resume=True) == run
    shutil.move(tmp_path / "moved" / "stores", tmp_path / "elsewhere")
    with pytest.raises(InputError, match=r"no longer at .*--store STORE"):
        replay_run(run)
    assert all(v.same for v in replay_run(run, tmp_path / "elsewhere" / "mine"))


def test_a_scenario_refuses_the_store_of_another(tiny_world_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(tiny_world_path)
    monkeypatch.setattr("recenv.scenarios.entry.World", lambda _: world)
    world.kind = "vitabench"
    with pytest.raises(InputError, match=r"'mixed' has a world of its own.*the scenario 'vitabench' plays in it"):
        open_world("mixed", tiny_world_path)
    with pytest.raises(InputError, match=r"'beijing' needs a crosswoz store.*the scenario 'vitabench' plays in it"):
        open_world("beijing", tiny_world_path)
    anything = msgspec.structs.replace(load_scenario("vitabench"), name="mine", world=msgspec.structs.replace(
        load_scenario("vitabench").world, store_kind=""))
    assert open_world("vitabench", tiny_world_path) is open_world(anything, tiny_world_path) is world
    world.kind = "recrm"  # what recenv synth makes may be played by any built-in scenario
    assert open_world("mixed", tiny_world_path) is world
