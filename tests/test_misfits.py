"""What people write themselves and get wrong: one sentence that says what was expected, what came, and what to do."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from fakes import ScriptedUser, overlap_scorers

from recenv.baselines.greedy import GreedyAgent
from recenv.data.table import Files, guess_map
from recenv.data.world import World
from recenv.envs.config import EnvConfig
from recenv.envs.engine import Engine
from recenv.errors import InputError
from recenv.plugins import own_part
from recenv.records import Action, AgentView, ScorerRow
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rewards.hybrid import RewardSpec
from recenv.rewards.protocol import ScorerSpec, Scores, scores_of
from recenv.rollouts.collect import collect
from recenv.scenarios.loader import load_scenario

POINTWISE = next(d.name for d in DIMENSIONS.values() if "item" in d.reads)
LISTWISE = next(d.name for d in DIMENSIONS.values() if d.listwise)
ROW = ScorerRow(dimension=POINTWISE, locale="en", query="noodles", item="Noodle Bar")
LIST = ScorerRow(dimension=LISTWISE, locale="en", query="noodles", items=("Noodle Bar", "Harbour Grill"), shown=1)


@pytest.mark.parametrize(("before", "after", "says"), [
    ("horizon", "horizn", r"unknown key 'horizn' in \[env\]; did you mean horizon"),
    ('"synthetic"', '"synthetik"', "world.kind must be one of synthetic, store; got 'synthetik'"),
    ('"learned"', '"learnd"', "env.user must be one of .*learned.*; got 'learnd'"),
    ("[env]", "[environment]", "unknown key 'environment'"),
    ("n_items", "n_itmes", "did you mean n_items"), ('"mine"', '""', "a scenario needs a name"),
    ("version = 1", "", "version is missing, and is needed"), ('kind = "synthetic"', "", "world.kind is missing, and is needed"),
    ("sessions = 9", "", r"\[world\] sessions must say how many, at least 1; got 0"),
])
def test_a_typo_in_a_scenario_is_met_with_what_it_may_have_meant(tmp_path: Path, before: str, after: str, says: str) -> None:
    text = ('name = "mine"\nversion = 1\nsummary = "s"\n[world]\nkind = "synthetic"\nsessions = 9\n[world.spec]\nn_items = 160\n'
            '[env]\nuser = "learned"\nhorizon = 12\n')
    (tmp_path / "mine.toml").write_text(text)
    assert load_scenario(str(tmp_path / "mine.toml")).env.horizon == 12
    (tmp_path / "typo.toml").write_text(text.replace(before, after))
    with pytest.raises(InputError, match=says):
        from recenv.data.synthetic import SynthSpec

        SynthSpec.from_mapping(load_scenario(str(tmp_path / "typo.toml")).world.spec)


def test_a_scenario_without_its_ending_is_told_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.toml").write_text("")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"named with its ending: mine.toml"):
        load_scenario("mine")


def test_a_typo_in_a_reward_is_no_default() -> None:
    with pytest.raises(InputError, match="unknown key 'outcom'; did you mean outcome"):
        RewardSpec.from_json(json.dumps({"name": "r", "weights": {POINTWISE: 1.0}, "outcom": 0.1}))
    with pytest.raises(InputError, match=r"aggregation must be one of mean, .*chebyshev; got 'minimum'"):
        RewardSpec.from_json(json.dumps({"name": "r", "weights": {POINTWISE: 1.0}, "aggregation": "minimum"}))


def test_the_ending_of_a_module_s_file_is_no_part_of_its_name() -> None:
    with pytest.raises(InputError, match="as mine:Agent"):
        own_part("agent", "mine.py:Agent", ())


class Says:
    """A scorer that says what it is told to."""

    def __init__(self, said: object, dimension: str = POINTWISE) -> None:
        self.spec = ScorerSpec(name="mine", dimension=dimension, kind="rule", reads=(), fingerprint="1")
        self.said = said

    def score(self, rows: Sequence[ScorerRow]) -> Scores:
        return self.said  # type: ignore[return-value]


def floats(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


@pytest.mark.parametrize(("said", "row", "says"), [
    ([0.5], ROW, "must return recenv.rewards.protocol.Scores; got list"),
    (Scores([0.5], ("",)), ROW, "numpy array of floats; got list"),  # type: ignore[arg-type]
    (Scores(floats(0.5, 0.5), ("",)), ROW, r"was given 1 rows.* got values of shape \(2,\) and 1 reasons"),
    (Scores(floats(np.nan), ()), ROW, "and 0 reasons"),
    (Scores(floats(1.5), ("",)), ROW, r"values in \[0, 1\], or NaN with a reason; got 1.5"),
    (Scores(floats(0.5), ("",)), LIST, "expected 2, got 0"),
    (Scores(floats(0.5), ("",), (floats(1.0),)), LIST, "expected 2, got 1"),
    (Scores(floats(0.5), "x"), ROW, "got values of shape .* and str reasons"),  # type: ignore[arg-type]
    (Scores(floats(0.5), ("",), ([0.4, 0.6],)), LIST, "array of floats; expected 2, got list"),  # type: ignore[arg-type]
    (Scores(floats(0.5), ("",), (floats(0.4, 0.6)[None],)), LIST, r"expected 2, got float32 of shape \(1, 2\)"),
    (Scores(floats(0.5), ("",), (np.array([0, 1]),)), LIST, r"expected 2, got int64 of shape \(2,\)"),
    (Scores(floats(0.5), ("",), None), LIST, "expected 2, got 0"),  # type: ignore[arg-type]
    *((Scores(floats(0.5), ("",), (floats(*p),)), LIST, r"together 1; got \[") for p in (
        (-3, -3), (0, 0), (np.nan, 1), (1.5, -0.5), (10, 10), (np.inf, 0))),
])
def test_a_scorer_that_does_not_keep_to_the_protocol_is_named(said: object, row: ScorerRow, says: str) -> None:
    with pytest.raises(InputError, match=f"scorer 'mine' of {row.dimension} .*{says}"):
        scores_of(Says(said, row.dimension), [row])


def test_a_scorer_that_raises_is_named_with_the_place() -> None:
    class Raises(Says):
        def score(self, rows: Sequence[ScorerRow]) -> Scores:
            raise TimeoutError("backend gone")

    with pytest.raises(InputError, match=r"scorer 'mine' of .* raised TimeoutError \(test_misfits.py, line \d+\): backend gone; "
                                         "a row that cannot be judged is NaN with a reason") as raised:
        scores_of(Raises(None), [ROW])
    assert isinstance(raised.value.__cause__, TimeoutError)


def test_what_keeps_to_the_protocol_passes() -> None:
    for said, row in ((Scores(floats(np.nan), ("no query",)), ROW), (Scores(floats(0.7), ("",), (floats(0.6, 0.4),)), LIST),
                      (Scores(floats(np.nan), ("empty",)), LIST)):
        assert scores_of(Says(said, row.dimension), [row]) is said


def test_play_and_agents_ask_scorers_through_the_check(tiny_world: World) -> None:
    wrong = Says(Scores(floats(), ()))
    engine = Engine(tiny_world, EnvConfig(candidates=16, horizon=3), scorers={POINTWISE: wrong}, user=ScriptedUser())
    with pytest.raises(InputError, match="scorer 'mine'"):
        collect(engine, Answers(lambda v: Action(act="recommend", items=(v.candidates[0].id,), text="x")), [0], 3)
    with pytest.raises(InputError, match="scorer 'mine'"):
        collect(engine, GreedyAgent({POINTWISE: wrong}, {POINTWISE: 1.0}), [0], 3)


class Answers:
    name = "mine"

    def __init__(self, answer: object) -> None:
        self.answer = answer

    def act(self, views: Sequence[AgentView]) -> list[Action]:
        return [self.answer(v) for v in views] if callable(self.answer) else self.answer  # type: ignore[return-value]


@pytest.mark.parametrize(("answer", "says"), [
    (None, "must return a list of recenv.Action, one a view; got NoneType"),
    (lambda v: Action(act="recomend"), "act must be one of recommend, .*; got 'recomend'"),
    (lambda v: Action(act="recommend", items=v.candidates[:2]), "items are ids of candidates"),
    (lambda v: Action(act="recommend", text=None), "text"),
])
def test_an_action_that_nobody_can_play_is_named(tiny_world: World, answer: object, says: str) -> None:
    engine = Engine(tiny_world, EnvConfig(candidates=16, horizon=3), scorers=overlap_scorers(), user=ScriptedUser())
    with pytest.raises(InputError, match=f"agent 'mine' .*{says}"):
        collect(engine, Answers(answer), [0], 3)


def test_a_chinese_table_by_names_alone_is_understood(tmp_path: Path) -> None:
    rows = ("用户名,商户名称,商户评分,我的评分,人均消费,菜系", "张1,川味小馆,4.6,5,80,川菜", "张2,粤香楼,4.1,2,120,粤菜")
    (tmp_path / "one.csv").write_text("\n".join(rows), "utf-8")
    made = guess_map(Files(tmp_path / "one.csv"))
    assert [made["events"][f].key for f in ("user", "item", "rating")] == ["用户名", "商户名称", "我的评分"]
    assert made["items"]["category"].constant == "商户"
    assert made["items"]["rating"].key == "商户评分" and made["events"]["locale"].constant == "zh"


def test_the_language_of_a_table_of_numbers_is_that_of_its_columns(tmp_path: Path) -> None:
    (tmp_path / "n.csv").write_text("用户,店铺,评分\n1,2,5\n", "utf-8")
    assert guess_map(Files(tmp_path / "n.csv"))["events"]["locale"].constant == "zh"


def test_a_map_to_start_from_has_a_column_for_each_field(tmp_path: Path) -> None:
    (tmp_path / "odd.csv").write_text("A,B,C\n1,2,5\n")
    with pytest.raises(InputError, match='user = "A"\nitem = "B"'):
        guess_map(Files(tmp_path / "odd.csv"))
