"""The shipped scenarios: valid, short, and what they say they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from recenv.data.world import World
from recenv.envs.config import EnvConfig
from recenv.errors import InputError, UnknownName
from recenv.records import CATEGORIES
from recenv.rewards.hybrid import REWARDS
from recenv.rollouts.ceiling import reachable_in, unwinnable
from recenv.scenarios import load_scenario, names
from recenv.scenarios.entry import open_engine, open_world
from recenv.users import USERS

FOLDER = Path(__file__).parents[2] / "scenarios"


def test_the_shipped_scenarios_are_all_there() -> None:
    assert set(names()) == {"mixed", "hidden-needs", "cold-start", "beijing", "recrm", "table", "vitabench", *CATEGORIES}
    assert names()[0] == "mixed"


@pytest.mark.parametrize("name", sorted(p.stem for p in FOLDER.glob("*.toml")))
def test_a_scenario_is_valid_and_short(name: str) -> None:
    spec = load_scenario(name)
    assert spec.name == name and spec.version >= 1 and spec.summary
    assert spec.env.user in USERS and spec.env.reward in ("", *REWARDS)
    assert (spec.world.sessions > 0) == (spec.world.kind == "synthetic")
    assert len((FOLDER / f"{name}.toml").read_text().splitlines()) <= 40
    if spec.world.kind == "synthetic":
        from recenv.data.synthetic import SynthSpec

        SynthSpec.from_mapping(spec.world.spec)


def test_fingerprints_tell_scenarios_apart() -> None:
    assert len({load_scenario(n).fingerprint for n in names()}) == len(names())


def test_unusable_names_and_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="beijing"):
        load_scenario("bejing")
    with pytest.raises(InputError, match="no scenario file"):
        load_scenario(str(tmp_path / "x.toml"))
    (tmp_path / "x.toml").write_text("name = 1")
    with pytest.raises(InputError, match="not a scenario"):
        load_scenario(str(tmp_path / "x.toml"))
    for line in ("sessions = -4", "sessions = 30", "seed = 3", "spec = {n_items = 3}"):
        (tmp_path / "x.toml").write_text(f'name = "x"\nversion = 1\nsummary = "x"\n[world]\nkind = "store"\n{line}\n')
        with pytest.raises(InputError, match="are of synthetic worlds; a store has its own sessions"):
            load_scenario(str(tmp_path / "x.toml"))


def test_a_scenario_without_a_world_asks_for_a_store(tiny_world_path: Path) -> None:
    with pytest.raises(InputError, match="recenv ingest crosswoz"):
        open_world(load_scenario("beijing"))
    with pytest.raises(InputError, match="needs a crosswoz store"):
        open_world(load_scenario("beijing"), tiny_world_path)


def test_what_is_known_of_a_world_is_what_its_sessions_allow(tiny_world: World) -> None:
    for candidates in (5, 17):
        rules = EnvConfig(user="learned", candidates=candidates)
        found = reachable_in(tiny_world, rules)
        assert found is not None and unwinnable(tiny_world, candidates) == pytest.approx(found.unwinnable)


def test_unknown_options_are_named() -> None:
    with pytest.raises(InputError, match="horizn"):
        open_engine("mixed", horizn=3)
