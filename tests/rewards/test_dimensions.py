"""Dimensions: what the records must agree on, and a sixth one that is added by writing its record, from rows to a leaderboard."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from fakes import ConstantScorer, ScriptedUser, overlap_scorers
from five import DIMENSIONS, IR, D

from recenv.data.rowfile import read_rows, write_rows
from recenv.data.world import World
from recenv.envs.config import EnvConfig
from recenv.envs.engine import NOT_JUDGED, Engine
from recenv.envs.single import ChatEnv, SlateEnv
from recenv.envs.vector import SlateVectorEnv
from recenv.errors import InputError, UnknownName
from recenv.evaluation.leaderboard import build_leaderboard, format_leaderboard
from recenv.evaluation.plan import LEADERBOARD, AgentEntry, RunPlan, ScenarioRef
from recenv.evaluation.runner import evaluate
from recenv.records import Action, AgentView, Item, ScorerRow
from recenv.rewards import rows
from recenv.rewards.dimensions import DIMENSIONS as REGISTRY
from recenv.rewards.dimensions import SHIPPED, Dimension
from recenv.rewards.features import vector
from recenv.rewards.hybrid import REWARDS, HybridReward, RewardSpec
from recenv.rewards.judges.prompts import rubrics
from recenv.rewards.protocol import SOURCES
from recenv.rewards.rules.verdicts import PASSED, Verdict
from recenv.rewards.rulings import Rulings
from recenv.rewards.turn import TurnScorer, discounted_mean
from recenv.rollouts.collect import collect
from recenv.rollouts.replay import verify
from recenv.rollouts.trace import SessionTrace, encode, read_traces
from recenv.testing.tiny import tiny_view

ROOT = Path(__file__).parents[2]
RUDE = "shut up"


def _polite(view: AgentView, action: Action, items: Sequence[Item | None]) -> Verdict:
    return Verdict(True, "rude") if RUDE in action.text else PASSED


POLITENESS = Dimension(
    name="politeness", short="POL", says="whether the response is polite", reads=("query", "response"), needs=("response",),
    answers="response", overlap=lambda row, item: (row.query, row.response), rule=_polite)


class First:
    """Shows the first candidate with a word about it."""

    name = "first"

    def act(self, views: Sequence[AgentView]) -> list[Action]:
        return [Action(act="recommend", items=(v.candidates[0].id,), text=v.candidates[0].name) for v in views]


@pytest.fixture
def sixth() -> Iterator[Dimension]:
    """A dimension beside the shipped ones, for the length of a test."""
    yield REGISTRY.add(POLITENESS.name, POLITENESS)
    REGISTRY.remove(POLITENESS.name)


@pytest.fixture
def six(tiny_world: World, sixth: Dimension) -> Engine:
    scorers = {**overlap_scorers(), sixth.name: ConstantScorer(sixth.name, 0.25)}
    return Engine(tiny_world, EnvConfig(candidates=16, horizon=3), scorers=scorers, user=ScriptedUser())


# -- the records --------------------------------------------------------------------------------------------------------


def test_the_shipped_records_are_whole() -> None:
    assert tuple(REGISTRY) == DIMENSIONS and [d.short for d in SHIPPED] == ["IF", "FC", "QIR", "UBP", "IR"]
    assert {*REWARDS["gated-mean"].gates} == {d.name for d in SHIPPED if d.of == "text"}
    for d in SHIPPED:
        assert {*d.needs, *([d.answers] if d.answers else [])} <= {*d.reads} <= {*ScorerRow.__struct_fields__}
        assert all(group in vector.GROUPS for group in d.features) and d.name in rubrics()
        assert d.listwise == ("items" in d.reads) == (d.measure == "nDCG") and (not d.alone or not REGISTRY[d.alone].listwise)


def test_a_name_that_is_none_is_told() -> None:
    with pytest.raises(UnknownName, match="item_ranking"):
        REGISTRY["item_rankin"]
    with pytest.raises(UnknownName):
        REGISTRY.remove("item_rankin")


# -- rows of a turn -----------------------------------------------------------------------------------------------------


def test_rows_hold_what_their_dimension_reads_and_nothing_else(tiny_world: World) -> None:
    view = tiny_view(tiny_world, "zh-1")
    slate = [view.candidates[3], view.candidates[0], view.candidates[3]]
    told = rows.of_turn(view, Action(act="recommend", items=tuple(i.id for i in slate), text="好"), slate)
    for d in SHIPPED:
        made = rows.rows(d, told)
        assert len(made) == (2 if "item" in d.reads else 1)
        for row in made:
            filled = {f for f in ScorerRow.__struct_fields__ if getattr(row, f)}
            assert filled - {"dimension", "locale", "shown"} <= {*d.reads, *d.checked}
            assert row.dimension == d.name and not row.group
    (listed,) = rows.rows(SHIPPED[IR], told)
    assert listed.shown == 2 and len(listed.items) == len(view.candidates) and listed.items[:2] == told.slate
    assert len(told.evidence.split("\n")) == 3  # what was said of an item shown twice may be checked twice


def test_candidates_are_rows_before_any_is_chosen(tiny_world: World) -> None:
    view = tiny_view(tiny_world, "zh-1")
    told = rows.of_candidates(view)
    (listed,) = rows.rows(SHIPPED[IR], told)
    assert listed.shown == 0 and listed.items == tuple(r.item for r in rows.rows(REGISTRY[SHIPPED[IR].alone], told))


def test_the_mean_of_a_slate_leaves_out_what_is_missing() -> None:
    assert discounted_mean([1.0, 0.0]) == pytest.approx(1 / (1 + 1 / np.log2(3)))
    assert discounted_mean([np.nan, 0.5]) == 0.5 and np.isnan(discounted_mean([np.nan]))


# -- a sixth one --------------------------------------------------------------------------------------------------------


def test_a_sixth_dimension_is_scored_by_its_rule_and_its_scorer(tiny_world: World, sixth: Dimension) -> None:
    view = tiny_view(tiny_world, "zh-1")
    item = view.candidates[0]
    turns = [Action(act="recommend", items=(item.id,), text="您好"), Action(act="recommend", items=(item.id,), text=RUDE),
             Action(act="ask", text="预算多少？"), Action(act="recommend", items=(item.id,))]
    scorer = ConstantScorer(sixth.name, 0.25)
    made = TurnScorer({sixth.name: scorer})(
        [Rulings(view, turn, items) for turn, items in zip(turns, [[item], [item], [], [item]], strict=True)])
    assert made.components.shape == (4, D + 1)
    assert made.components[:, D].tolist() == pytest.approx([0.25, 0.0, np.nan, np.nan], nan_ok=True)
    assert [SOURCES[s] for s in made.sources[:, D]] == ["scorer", "rule", "none", "none"]
    assert {n: why for (n, d), why in made.reasons.items() if d == D} == {
        1: "rude", 2: "no recommendation in this turn", 3: "the turn has no text"}
    assert scorer.calls == [[ScorerRow(dimension=sixth.name, locale="zh", query=view.query, response="您好")]]


def test_a_reward_that_does_not_know_it_gives_it_no_weight(sixth: Dimension) -> None:
    known = [0.9, 0.9, 0.5, 0.25, 0.75]
    for name in REWARDS:
        worth = HybridReward(REWARDS[name])([[*known, v] for v in (0.0, 1.0, np.nan)])
        assert len(set(worth.values.tolist())) == 1 and worth.failed.shape == (3, D + 1), name
    own = HybridReward(RewardSpec(name="polite", weights={sixth.name: 1.0}, needs=()))
    assert own([[*known, 0.25]]).values.tolist() == [0.25]


def test_it_is_a_component_of_both_environments(six: Engine, sixth: Dimension) -> None:
    slate, chat = SlateEnv(six, vector_reward=True), ChatEnv(six, vector_reward=True)
    slate.reset(seed=0)
    _, reward, *_, info = slate.step(np.array([0, 1, 2]))
    assert np.shape(reward) == (D + 1,) and slate.reward_space.contains(reward) and slate.reward_space.shape == (D + 1,)
    assert list(info["reward_components"]) == [*DIMENSIONS, sixth.name] and not info["applicable"][sixth.name]
    assert info["reasons"][sixth.name] == NOT_JUDGED  # one of texts, and here the environment speaks
    _, info = chat.reset(seed=0)
    assert not info["applicable"][sixth.name] and info["reward_components"][sixth.name] == 0.0
    *_, info = chat.step(json.dumps({"act": "recommend", "items": [six.world.item(0).id], "text": "OK"}))
    assert info["reward_sources"][sixth.name] == "scorer" and info["reward_components"][sixth.name] == 0.25
    action = json.dumps({"act": "recommend", "items": [six.world.item(0).id], "text": RUDE})
    *_, info = chat.step(action)
    assert info["reward_sources"][sixth.name] == "rule" and info["reward_components"][sixth.name] == 0.0
    vectors = SlateVectorEnv(six, 2, vector_reward=True)
    vectors.reset(seed=0)
    assert vectors.step(np.array([[0, 1, 2]] * 2))[1].shape == (2, D + 1)


def test_a_state_saved_with_other_dimensions_is_refused(six: Engine, tiny_world: World) -> None:
    env = ChatEnv(six)
    env.reset(seed=0)
    saved = env.save_state()
    REGISTRY.remove(POLITENESS.name)
    try:
        five = ChatEnv(Engine(tiny_world, six.config, scorers=overlap_scorers(), user=ScriptedUser()))
    finally:
        REGISTRY.add(POLITENESS.name, POLITENESS)
    five.reset(seed=0)
    with pytest.raises(InputError, match=r"does not fit this environment: expected an array of shape \(1, 6\), got \(1, 7\)"):
        five.load_state(saved)


def test_its_traces_are_written_read_and_replayed(six: Engine, tmp_path: Path) -> None:
    traces = collect(six, First(), range(six.world.n_sessions), 3)
    file = tmp_path / "traces.jsonl"
    file.write_bytes(b"".join(map(encode, traces)))
    again = list(read_traces(file))
    assert again == traces and all(v.same for v in verify(six, again))
    shown = [turn for trace in again for turn in trace.turns if turn.action.act == "recommend"]
    assert {turn.components[D] for turn in shown} == {0.25} and {turn.sources[D] for turn in shown} == {"scorer"}


def test_its_rows_are_read_from_files(sixth: Dimension, tmp_path: Path) -> None:
    made = [ScorerRow(dimension=sixth.name, id="1", response="您好", label=1.0)]
    write_rows(made, tmp_path / "rows.jsonl")
    assert list(read_rows(tmp_path / "rows.jsonl", REGISTRY)) == made
    with pytest.raises(InputError, match="dimension must be one of"):
        list(read_rows(tmp_path / "rows.jsonl"))


def test_it_is_a_column_of_the_leaderboard(six: Engine, sixth: Dimension, tmp_path: Path) -> None:
    count = six.world.n_sessions
    ids = tuple(six.world.session(row).id for row in range(count))
    plan = RunPlan(
        scenario=ScenarioRef(name="tiny", version=1, hash="5ce0" * 16), store=six.world.fingerprint,
        agents=(AgentEntry(name="first", config={}),), sessions=tuple(range(count)), session_ids=ids, seed=3,
        reward={"name": "gated-mean"}, scorers=(), versions={})

    def play(agent: str, at: Sequence[int], first: int) -> list[SessionTrace]:
        return collect(six, First(), at, 3, first_order=first)

    run = evaluate(plan, tmp_path / "run", run_chunk=play)
    assert (run / LEADERBOARD).is_file()
    board = build_leaderboard(run)
    assert board.rows[0].metrics[sixth.name].mean == 0.25 and board.rows[0].missing[sixth.name] == 0.0
    assert sixth.short in format_leaderboard(board)


# -- nothing else tells them apart ---------------------------------------------------------------------------------------

FORMATS = ("recenv/data/", "recenv/appraisal/published.py")
"""Where names are facts of files that others wrote."""


def test_nothing_compares_a_dimension_with_a_string() -> None:
    found = []
    for package in ("recenv", "baselines", "evaluation", "scenarios"):
        for file in sorted((ROOT / package).rglob("*.py")):
            place = file.relative_to(ROOT).as_posix()
            if place.startswith(FORMATS) or any(p.is_symlink() for p in file.parents):
                continue
            code = file.read_text("utf-8")
            for node in ast.walk(ast.parse(code)) if any(name in code for name in DIMENSIONS) else ():
                told = [*([node.left, *node.comparators] if isinstance(node, ast.Compare) else []),
                        *(node.keys if isinstance(node, ast.Dict) else [])]
                inner = [n for t in told if t is not None
                         for n in (t.elts if isinstance(t, (ast.Tuple, ast.List, ast.Set)) else [t])]
                found += [f"{place}:{n.lineno}" for n in inner if isinstance(n, ast.Constant) and n.value in DIMENSIONS]
    assert not found


def test_a_dimension_of_items_is_asked_behind_one_of_lists(tiny_world: World) -> None:
    near = Dimension(
        name="nearness", short="NEA", says="whether the item is near", reads=("query", "item"), needs=("query", "item"),
        answers="item", overlap=lambda row, item: (row.query, item or row.item))
    REGISTRY.add(near.name, near)
    try:
        scorers = {**overlap_scorers(), near.name: ConstantScorer(near.name, 0.25)}
        engine = Engine(tiny_world, EnvConfig(candidates=16, horizon=3), scorers=scorers, user=ScriptedUser())
        vectors = SlateVectorEnv(engine, 2, vector_reward=True)
        vectors.reset(seed=0)
        *_, infos = vectors.step(np.array([[0, 1, 2]] * 2))
    finally:
        REGISTRY.remove(near.name)
    assert infos["reward_vector"][:, D].tolist() == [0.25, 0.25] and infos["applicable"][:, D].all()
