"""What ``import recenv`` gives: names that a person starts from, each imported when it is asked for."""

from __future__ import annotations

import importlib.metadata
import json
import pydoc
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import gymnasium
import numpy as np
import pytest
from fakes import OverlapScorer

import recenv
from recenv.envs.single import ChatEnv, SlateEnv
from recenv.envs.vector import ChatVectorEnv
from recenv.errors import InputError, RecenvError, UnknownName
from recenv.evaluation.run import run_evaluation
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rollouts.trace import encode, read_traces

NAMES = {
    "Action", "Agent", "AgentView", "RewardSpec", "Scorer", "__version__", "evaluate", "make", "make_vec", "open_run",
    "open_world", "play",
}
HEAVY = ("torch", "transformers", "matplotlib", "faker", "fontTools", "click")
SCENARIO = """
name = "door"
version = 1
summary = "a few sessions"
[world]
kind = "synthetic"
sessions = 24
seed = 3
[world.spec]
n_items = 160
[env]
user = "gold"
horizon = 4
"""


class First:
    """Recommends the first candidate."""

    name = "first"

    def act(self, views: Sequence[recenv.AgentView]) -> list[recenv.Action]:
        return [recenv.Action(act="recommend", items=(v.candidates[0].id,), text=v.candidates[0].name) for v in views]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("door")
    (folder / "door.toml").write_text(SCENARIO)
    return folder


@pytest.fixture
def scenario(home: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("RECENV_CACHE", str(home / "cache"))
    return str(home / "door.toml")


def in_a_fresh_process(code: str) -> list[str]:
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    found: list[str] = json.loads(done.stdout)
    return found


def test_the_names_are_all_there_and_nothing_else() -> None:
    assert set(recenv.__all__) == set(dir(recenv)) == NAMES
    assert recenv.__version__ == importlib.metadata.version("recenv")
    stray = {n for n in vars(recenv) if not n.startswith("_")} - NAMES
    assert all(f"recenv.{n}" in sys.modules for n in stray)  # submodules that someone imported; nothing that recenv did
    with pytest.raises(AttributeError, match="registry_of"):
        recenv.registry_of  # noqa: B018


def test_names_are_imported_when_they_are_asked_for_and_without_anything_heavy() -> None:
    code = "import json, sys, recenv\nprint(json.dumps([m for m in sys.modules if m.startswith('recenv')]))"
    assert in_a_fresh_process(code) == ["recenv"]
    code = "import json, sys, recenv\n[getattr(recenv, n) for n in recenv.__all__]\nprint(json.dumps(list(sys.modules)))"
    assert not {*HEAVY} & {*in_a_fresh_process(code)}


FIRST = """
import json, os, sys
import gymnasium, msgspec, numpy
for name in sys.argv[1:]:
    if os.fork() == 0:  # nothing of recenv is imported yet
        import recenv
        print(json.dumps([name, getattr(recenv, name).__doc__]), flush=True)
        os._exit(0)
    assert os.wait()[1] == 0, name
"""


def test_a_name_is_documented_and_can_be_asked_for_first() -> None:
    names = sorted(NAMES - {"__version__"})
    done = subprocess.run([sys.executable, "-W", "error", "-c", FIRST, *names], capture_output=True, text=True, check=True)
    told = dict(map(json.loads, done.stdout.splitlines()))
    assert told == {name: getattr(recenv, name).__doc__ for name in names}
    assert all(len(text) > 40 for text in told.values())


def test_help_is_a_page_to_start_from() -> None:
    page = pydoc.plain(pydoc.render_doc(recenv))
    assert all(name in page for name in NAMES - {"__version__"})
    assert len(re.findall(r"^    \*\*", page, re.M)) == 5
    for word in ("recenv.make(", "recenv.play(", "recenv.open_run(", "docs/architecture.md", "recenv --help"):
        assert word in page


def test_make_takes_short_names_and_options(scenario: str) -> None:
    for name, kind in (("Slate", SlateEnv), ("recenv/Slate-v1", SlateEnv), ("Chat", ChatEnv)):
        env = recenv.make(name, scenario=scenario, scorers="rules", horizon=3)
        assert isinstance(env.unwrapped, kind) and env.spec is not None and env.spec.id.startswith("recenv/")
        env.reset(seed=5)
        _, _, _, _, info = env.step(env.action_space.sample())
        assert list(info["reward_components"]) == list(DIMENSIONS)
    envs = recenv.make_vec("Chat", num_envs=3, scenario=scenario, scorers="rules", split="train")
    assert isinstance(envs, ChatVectorEnv) and len(envs.reset(seed=5)[0]) == envs.num_envs == 3
    assert {"recenv/Chat-v1", "recenv/Slate-v1"} <= set(gymnasium.registry)
    with pytest.raises(UnknownName, match="Slate"):
        recenv.make("Salte")
    with pytest.raises(InputError, match="horizn"):
        recenv.make("Slate", scenario=scenario, horizn=3)


def test_an_agent_of_ones_own_plays(scenario: str) -> None:
    assert isinstance(First(), recenv.Agent)
    traces = recenv.play(First(), scenario, sessions=6, seed=2, scorers="rules")
    assert [t.order for t in traces] == list(range(6)) and {t.agent for t in traces} == {"first"}
    assert all(t.turns and encode(t).endswith(b"\n") for t in traces)
    assert b"".join(map(encode, traces)) == b"".join(map(encode, recenv.play(First(), scenario, 6, 2, scorers="rules")))


def test_scorers_and_a_reward_of_ones_own(scenario: str) -> None:
    mine = OverlapScorer("query_item_relevance")
    reward = recenv.RewardSpec(name="mine", weights={"query_item_relevance": 1.0}, credit="level")
    traces = recenv.play("random", scenario, 4, scorers={mine.dimension: mine}, reward=reward)
    assert mine.calls and isinstance(mine, recenv.Scorer)
    for turn in (t for trace in traces for t in trace.turns):
        seen = dict(zip(DIMENSIONS, turn.components, strict=True))
        assert seen["behavior_prediction"] is None and seen["query_item_relevance"] is not None
        assert turn.reward == pytest.approx(seen["query_item_relevance"], abs=1e-6)
    env = recenv.make("Slate", scenario=scenario, scorers={mine.dimension: mine}, reward=reward)
    env.reset(seed=5)
    _, _, _, _, info = env.step(np.array([0, 1, 2]))
    assert info["reward_sources"]["query_item_relevance"] == "scorer"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"agent": "gredy"}, "greedy"), ({"agent": object()}, r"act\(views\)"),
        ({"agent": First(), "config": {"a": 1}}, "config"),
        ({"agent": "random", "config": {"colour": 1}}, "colour"), ({"agent": "random", "sessions": 25}, r"\[1, 24\]"),
        ({"agent": "random", "reward": "gated-men"}, "gated-mean"), ({"agent": "random", "horizn": 3}, "horizn"),
    ],
)
def test_what_cannot_be_played_is_said(scenario: str, arguments: dict[str, object], message: str) -> None:
    with pytest.raises(RecenvError, match=message):
        recenv.play(**{"scenario": scenario, "scorers": "rules", **arguments})  # type: ignore[arg-type]


def test_a_world_by_name(scenario: str) -> None:
    world = recenv.open_world(scenario)
    assert world.n_sessions == 24 and world.path == recenv.open_world(scenario).path
    with pytest.raises(InputError, match="recenv ingest crosswoz"):
        recenv.open_world("beijing")


def test_a_run_is_opened_for_reading(scenario: str, home: Path) -> None:
    folder = run_evaluation(scenario, ["random", "bm25"], 6, 2, home / "run", changes={"scorers": "rules"})
    run = recenv.open_run(folder)
    assert run.agents == ("random", "bm25") and len(run.session_ids) == 6 and run.config.horizon == 4
    assert list(run.traces()) == list(read_traces(folder / "traces.jsonl"))
    assert [t.session_id for t in run.traces("bm25")] == list(run.session_ids)
    assert run.trace(run.session_ids[2], "bm25").record == list(run.traces("bm25"))[2]
    played = run.trace(run.session_ids[2], "bm25")
    assert played.told[0].story is not None and played.plot().get_size_inches()[0] * 150 <= 1400
    assert played._repr_html_().startswith('<iframe sandbox=""') and "<script" not in played._repr_html_()
    sessions, turns = run.sessions(), run.turns()
    assert len(sessions["return"]) == 12 and len(turns["turn"]) == sum(len(t.turns) for t in run.traces())
    assert sum(turns["reward"]) == pytest.approx(sum(sessions["return"]))
    lost = [name for name in sessions if name.startswith("lost: ")]
    gap = [c - r for c, r in zip(sessions["ceiling"], sessions["return"], strict=True)]
    assert sum(sum(sessions[name]) for name in lost) == pytest.approx(sum(gap), abs=1e-3)
    both = run.compare("bm25", "random")
    mean = sum(t.total for t in run.traces("bm25")) / 6 - sum(t.total for t in run.traces("random")) / 6
    assert both.difference["return"].mean == pytest.approx(mean)
    assert list(both.sessions()["difference"]) == sorted(both.sessions()["difference"])
    assert both.trace(run.session_ids[0]).record.agent == "bm25" and "<iframe" in both._repr_html_()
    assert {row.agent for row in run.leaderboard().rows} == set(run.agents) and "bm25" in run.table()
    assert run.audit() is None and str(folder) in repr(run)
    alike = recenv.play("bm25", scenario, 6, 2, scorers="rules")
    assert b"".join(map(encode, alike)) == b"".join(map(encode, run.traces("bm25")))
    with pytest.raises(UnknownName, match="bm25"):
        run.traces("bm52")
    with pytest.raises(InputError, match="no run at"):
        recenv.open_run(home)
