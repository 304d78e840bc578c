"""Parts of a user's own: the pages of docs/ run as they stand, names lead to parts, and what is no part is said to be none."""

from __future__ import annotations

import re
import shlex
import sys
import threading
from pathlib import Path
from typing import NamedTuple

import gymnasium
import msgspec
import numpy as np
import pytest
from fakes import OverlapScorer

import recenv
from recenv import cli
from recenv.baselines import Runtime
from recenv.baselines.by_name import check_agent, open_agent
from recenv.data.world import World
from recenv.errors import InputError, UnknownName
from recenv.evaluation.run import replay_run, run_evaluation
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rewards.hybrid import REWARDS
from recenv.rewards.named import reward_spec, scorer_set
from recenv.scenarios import load_scenario
from recenv.testing.scorers import contract_rows

DOCS = Path(__file__).parents[1] / "docs"
PAGES = sorted(DOCS.glob("own-*.md"))
MODULES = ("my_agents", "my_scorers", "my_rewards", "test_my_agents", "test_my_scorers", "test_my_rewards", "test_patient",
           "parts")
RELEVANCE = "query_item_relevance"


class Block(NamedTuple):
    """A fenced block of a page: its language, the file that its first line names, and its text."""

    kind: str
    file: str
    text: str


def blocks(page: Path) -> list[Block]:
    found = re.findall(r"^```(\w+)\n(.*?)^```$", page.read_text("utf-8"), re.M | re.S)
    named = [(kind, re.match(r"# ([\w.]+\.\w+)\n", text), text) for kind, text in found]
    return [Block(kind, name[1] if name else "", text) for kind, name, text in named]


def run(command: str, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(sys, "argv", shlex.split(command))
    try:
        cli.main()
    except SystemExit as stop:
        return int(stop.code or 0)
    return 0


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, of whose modules nothing is left."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [p for p in sys.path if p])
    yield tmp_path
    for name in MODULES:
        sys.modules.pop(name, None)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_a_page_runs_as_it_stands(
    page: Path, here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if page.stem == "own-scenario":
        monkeypatch.setenv("RECENV_CACHE", str(here / "cache"))
    found = blocks(page)
    for block in found:
        if block.file:
            assert len(block.text.splitlines()) <= 30, f"{block.file} is longer than 30 lines"
            (here / block.file).write_text(block.text, "utf-8")
        elif block.kind == "json":
            (here / "strict.json").write_text(block.text, "utf-8")
    commands = [line for block in found if block.kind == "sh" for line in block.text.replace("\\\n", "").splitlines()]
    assert commands and all(command.startswith("recenv ") for command in commands)
    for command in commands:
        assert run(command, monkeypatch) == 0, capsys.readouterr().err
    tests = [block.file for block in found if block.file.startswith("test_")]
    assert len(tests) == 1
    done = pytest.main(["-q", "-c", "/dev/null", "--rootdir", str(here), "-p", "no:cacheprovider", str(here / tests[0])])
    assert done == 0 and " passed" in capsys.readouterr().out


def test_every_kind_has_its_page_and_every_page_is_found() -> None:
    assert [p.stem for p in PAGES] == ["own-agent", "own-reward", "own-scenario", "own-scorer"]


PARTS = """
import pathlib
import recenv
from recenv.scenarios import load_scenario
from fakes import ConstantScorer

class First:
    def __init__(self, runtime, name="first"):
        self.name = name
        self.world = runtime.world
    def act(self, views):
        return [recenv.Action(act="recommend", items=(v.candidates[0].id,), text=v.candidates[0].name) for v in views]

SPEC = recenv.RewardSpec(name="mine", weights={"query_item_relevance": 1.0})
def spec(): return SPEC
def scorers(): return [ConstantScorer("query_item_relevance", 0.5), ConstantScorer("behavior_prediction", 0.25)]
BY_NAME = {"query_item_relevance": ConstantScorer("query_item_relevance", 0.5)}
MIXED_UP = {"behavior_prediction": ConstantScorer("query_item_relevance", 0.5)}
def needs_more(x): return x
def scenario(): return load_scenario("dining")
PATH = pathlib.Path("none.toml")
"""


@pytest.fixture
def parts(here: Path) -> Path:
    (here / "parts.py").write_text(PARTS)
    return here


def test_names_lead_to_parts(parts: Path, tiny_world: World) -> None:
    agent = open_agent("parts:First", Runtime(tiny_world), {"name": "second"})
    assert agent.name == "second" and agent.world is tiny_world
    assert reward_spec("parts:SPEC") == reward_spec("parts:spec") and reward_spec("service") is REWARDS["service"]
    (parts / "r.json").write_bytes(reward_spec("parts:SPEC").to_json())
    assert reward_spec("r.json") == reward_spec("parts:SPEC")
    (parts / "marked.json").write_bytes(b"\xef\xbb\xbf" + reward_spec("parts:SPEC").to_json())  # as some editors save it
    assert reward_spec("marked.json") == reward_spec("parts:SPEC")
    assert list(scorer_set("parts:scorers")) == [RELEVANCE, "behavior_prediction"]
    assert list(scorer_set("parts:BY_NAME")) == [RELEVANCE]
    assert load_scenario("parts:scenario").name == "dining" and load_scenario(load_scenario("mixed")).name == "mixed"


@pytest.mark.parametrize(("call", "error", "words"), [
    (lambda: check_agent("parts:Nobody"), InputError, "parts has no 'Nobody'; it has "),
    (lambda: check_agent("broken:Agent"), InputError, r"cannot import broken \(ZeroDivisionError"),
    (lambda: check_agent("parts:"), InputError, "package.module:attribute"),
    (lambda: open_agent("parts:First", None, {"nome": "x"}), InputError, "nome.*its options: name"),
    (lambda: open_agent("parts:SPEC", None), InputError, "must give an agent"),
    (lambda: reward_spec("servce"), UnknownName, "service"),
    (lambda: reward_spec("none.json"), InputError, "no reward at none.json"),
    (lambda: reward_spec("bad.json"), InputError, "bad.json: not a reward spec"),
    (lambda: reward_spec("parts:First"), InputError, "called without arguments"),
    (lambda: reward_spec("parts:PATH"), InputError, "must be a RewardSpec; got PosixPath"),
    (lambda: scorer_set("parts:MIXED_UP"), InputError, "expected one scorer of behavior_prediction"),
    (lambda: scorer_set("parts:SPEC"), InputError, "a scorer has a spec and a method score"),
    (lambda: scorer_set("parts:needs_more"), InputError, "called without arguments"),
    (lambda: load_scenario("parts:PATH"), InputError, "no scenario file none.toml"),
    (lambda: load_scenario("parts:SPEC"), InputError, "must be a Scenario or the path"),
    (lambda: recenv.make("Slate", scorers={"relevance": OverlapScorer(RELEVANCE)}), UnknownName, RELEVANCE),
    (lambda: recenv.make("Slate", scorers="rules", reward={"name": "x"}), InputError, "a JSON file or a recenv.RewardSpec"),
    (lambda: recenv.make("Slate", scorers="rules", horizon=[5]), InputError, "horizon must be a whole number"),
])
def test_what_is_no_part_is_said_to_be_none(parts: Path, call: object, error: type[Exception], words: str) -> None:
    (parts / "broken.py").write_text("1 / 0\n")
    (parts / "bad.json").write_text('{"name": 3}')
    with pytest.raises(error, match=words):
        call()  # type: ignore[operator]


def test_packages_register_parts(
    parts: Path, monkeypatch: pytest.MonkeyPatch, tiny_world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    package = parts / "mine-1.0.dist-info"  # as pip leaves it
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: mine\nVersion: 1.0\n")
    (package / "entry_points.txt").write_text(
        "[recenv.plugins]\nagent.first = parts:First\nreward.mine = parts:SPEC\nscorers.flat = parts:scorers\n"
        "scenario.food = parts:scenario\nagent.gone = parts:Gone\n"
        "agents.many = parts:First\nbare = parts:First\n")
    monkeypatch.syspath_prepend(str(parts))
    assert open_agent("first", Runtime(tiny_world)).name == "first"
    assert reward_spec("mine").name == "mine" and load_scenario("food").name == "dining" and len(scorer_set("flat")) == 2
    assert run("recenv agents", monkeypatch) == 0 and "first " in capsys.readouterr().out
    with pytest.raises(UnknownName, match="first"):
        check_agent("frist")
    with pytest.raises(InputError, match=r"'gone', which mine registers.*has no 'Gone'"):
        check_agent("gone")
    for name, says in (
        ("many", "mine registers 'agents.many', expected 'agent.many'. "), ("mine", "mine registers it as reward. "),
        ("bare", "mine registers 'bare', expected 'agent.bare'. "), ("agent.first", "Did you mean first"),
    ):
        with pytest.raises(UnknownName, match=re.escape(f"unknown agent '{name}'. {says}")):
            check_agent(name)
    with pytest.raises(InputError, match="flat"):
        scorer_set("nobody")


def test_a_run_with_own_parts_is_replayed(parts: Path) -> None:
    mine, spec = OverlapScorer(RELEVANCE), recenv.RewardSpec(name="mine", weights={RELEVANCE: 1.0}, credit="level")
    run = recenv.evaluate([First(), "random"], parts / "run", "mixed", 4, 3, scorers={RELEVANCE: mine}, reward=spec)
    assert run.agents == ("one", "random") and mine.calls and run.plan.reward["name"] == "mine"
    seen = [dict(zip(DIMENSIONS, turn.components, strict=True)) for trace in run.traces("one") for turn in trace.turns]
    assert all(values[RELEVANCE] is not None and values["behavior_prediction"] is None for values in seen)
    with pytest.raises(InputError, match="that were objects; give them again"):
        replay_run(run.path)
    assert all(verdict.same for verdict in replay_run(run.path, scorers={RELEVANCE: mine}))
    with pytest.raises(InputError, match="the scorers differs"):
        replay_run(run.path, scorers="rules")


def test_an_option_of_an_agent_that_does_not_play_is_an_error(here: Path) -> None:
    with pytest.raises(InputError, match=r"no playing agent is called 'llm'.*model.*playing: random, bm25"):
        run_evaluation("mixed", ["random", "bm25"], 2, 0, here / "run", configs={"llm": {"model": "m"}})
    assert not (here / "run").exists()


def test_objects_that_cannot_be_copied_reach_the_environments(here: Path) -> None:
    class Locked(OverlapScorer):
        def __init__(self) -> None:
            super().__init__(RELEVANCE)
            self.lock = threading.Lock()

    mine, spec = Locked(), recenv.RewardSpec(name="mine", weights={RELEVANCE: 1.0}, credit="level")
    env = gymnasium.make("recenv/Slate-v1", scorers={RELEVANCE: mine}, reward=spec)
    env.reset(seed=5)
    _, reward, _, _, info = env.step(np.array([0, 1, 2]))
    assert mine.calls and reward == pytest.approx(info["reward_value"]) and info["reward_sources"][RELEVANCE] == "scorer"
    envs = recenv.make_vec("Slate", 3, scorers="rules", reward=spec)
    envs.reset(seed=5)
    assert envs.step(envs.action_space.sample())[4]["reward_value"].shape == (3,)


class First:
    name = "one"

    def act(self, views: list[recenv.AgentView]) -> list[recenv.Action]:
        return [recenv.Action(act="recommend", items=(v.candidates[0].id,), text=v.candidates[0].name) for v in views]


def test_rows_are_scored_by_an_own_scorer(
    parts: Path, tiny_world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = [msgspec.structs.replace(row, label=0.5) for row in contract_rows(tiny_world, RELEVANCE)]
    (parts / "rows.jsonl").write_bytes(b"".join(msgspec.json.encode(row) + b"\n" for row in made))
    command = f"recenv score --scorers parts:scorers --dimension {RELEVANCE} --input rows.jsonl --out scores.jsonl"
    assert run(command, monkeypatch) == 0, capsys.readouterr().err
    scores = [msgspec.json.decode(line)["score"] for line in (parts / "scores.jsonl").read_bytes().splitlines()]
    assert scores == [0.5] * len(made)
    assert run(command.replace(RELEVANCE, "item_ranking"), monkeypatch) == 2
    assert RELEVANCE in capsys.readouterr().err


def test_what_own_scorers_say_is_not_kept_on_disk(parts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from recenv.scenarios.entry import open_engine

    monkeypatch.setenv("RECENV_CACHE", str(parts / "cache"))
    (parts / "s.toml").write_text(
        'name = "s"\nversion = 1\nsummary = "x"\n[world]\nkind = "synthetic"\nsessions = 12\n[world.spec]\nn_items = 80\n')
    engine = open_engine("s.toml", scorers="parts:scorers")
    recenv.play("random", "s.toml", 4, scorers="parts:scorers")
    engine.deck.keep()
    assert open_engine("s.toml", scorers="parts:scorers") is not engine  # and the code may be another by now
    assert open_engine("s.toml", scorers="rules") is open_engine("s.toml", scorers="rules")
    assert not (parts / "cache" / "decks").exists()
