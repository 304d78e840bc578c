"""The environment examined: what it must catch, and ceilings that are known by construction."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from fakes import ScriptedUser, constant_scorers, overlap_scorers
from msgspec.structs import replace

from recenv.cli import cli
from recenv.data.recrm import ingest_recrm
from recenv.data.synthetic import SynthSpec, generate
from recenv.data.world import World
from recenv.envs.config import EnvConfig
from recenv.envs.engine import Engine
from recenv.errors import InputError, UnknownName
from recenv.evaluation.ceiling import CEILING
from recenv.evaluation.leaderboard import build_leaderboard, format_leaderboard
from recenv.evaluation.report import Chosen, write_report
from recenv.evaluation.rescore import rescore_run
from recenv.evaluation.run import run_evaluation
from recenv.evaluation.validation import EXAMINATIONS, Finding, Line, Sizes, Subject, validate
from recenv.evaluation.validation.altered import CHANGES, AlteredAgent
from recenv.evaluation.validation.gains import gain
from recenv.evaluation.validation.remembered import Remembered
from recenv.evaluation.validation.report import PICTURE, REPORT, failed, findings_text
from recenv.evaluation.validation.spoilt import openings, unwanted
from recenv.records import ScorerRow
from recenv.rewards.hybrid import REWARDS
from recenv.rewards.protocol import ScorerSpec, Scores
from recenv.rollouts.ceiling import reachable, returns
from recenv.testing.tiny import SESSIONS
from recenv.users.protocol import Appeal

SMALL = Sizes(sessions=10, ladder=10, slates=4, draws=200)
ROWS = range(len(SESSIONS))


def engine_of(world: World, *, reward: str = "service", **changes: object) -> Engine:
    config = replace(EnvConfig(horizon=8, candidates=17, user="learned", scorers="rules"), **changes)
    scorers = {d: s for d, s in overlap_scorers().items() if d != "item_ranking"}  # which has no lists
    return Engine(world, config, scorers=scorers, reward=REWARDS[reward])


def lines_of(findings: list[Finding], name: str) -> Mapping[str, Line]:
    return {line.name: line for f in findings if f.examination == name for line in f.lines}


# -- ceilings --------------------------------------------------------------------------------------------------


def test_every_need_of_the_tiny_world_can_be_met(tiny_world: World) -> None:
    found = reachable(engine_of(tiny_world).tables, ROWS)
    assert found.goals.tolist() == found.met.tolist() == found.winnable.tolist() == [len(plans) for _, plans in SESSIONS.values()]
    assert found.unwinnable == 0.0 and set(found.needs_met.tolist()) == {1.0}


def test_a_goal_without_a_fitting_candidate_is_counted_and_ends_what_can_be_reached(tiny_world: World) -> None:
    # of the first five candidates, items 0-4: zh-1 (items 7, 15) and en-1 (5) have none that fits, nor has the second goal of
    # zh-2 (5, 7) or of en-2 (9 ...); zh-2's first (3), zh-3 (9, 11 of 8-11, 16) and en-2's first (6, 7 of 4-7) have one
    engine = engine_of(tiny_world, candidates=5)
    rows = [tiny_world.session_row(s) for s in ("zh-1", "zh-2", "zh-3", "en-1", "en-2")]
    found = reachable(engine.tables, rows)
    assert found.goals.tolist() == [1, 2, 1, 1, 2]
    assert found.met.tolist() == [0, 1, 1, 0, 1] == found.winnable.tolist()
    assert found.unwinnable == pytest.approx(4 / 7) and found.needs_met.tolist() == [0, 0.5, 1, 0, 0.5]
    findings = validate(engine, 3, sizes=SMALL, names=("dead", "ceilings"))
    dead = lines_of(findings, "dead")["sessions in which no candidate would be ordered"]
    assert dead.value == 2 and dead.passed is False and "dead" in failed(findings)
    lost = lines_of(findings, "ceilings")["goals that no candidate meets"]
    assert lost.value == pytest.approx(4 / 7)


def test_a_first_goal_that_cannot_be_met_ends_the_session(tiny_world: World) -> None:
    class OnlyTheSecond(ScriptedUser):
        """Turns down everything of first goals."""

        def appeal(self, sessions, goals, items, satisfaction) -> Appeal:  # type: ignore[no-untyped-def]
            return super().appeal(sessions, goals, items, satisfaction)._replace(refused=goals == 0)

    rules = EnvConfig(horizon=8, candidates=17, scorers="rules")
    engine = Engine(tiny_world, rules, scorers={}, reward=REWARDS["outcome"], user=OnlyTheSecond())
    rows = [tiny_world.session_row("zh-2")]
    found = reachable(engine.tables, rows)
    assert found.met.tolist() == [0] and found.winnable.tolist() == [1] and found.goals.tolist() == [2]
    assert returns(engine, rows, np.zeros(1, np.uint64))[0] == pytest.approx(0.05)  # the quality of words alone


def test_the_return_of_the_ceiling_is_outcome_and_the_best_fitting_item(tiny_world: World) -> None:
    rows, seeds = [tiny_world.session_row("zh-3")], np.full(1, 5, np.uint64)
    engine = engine_of(tiny_world)
    paid = returns(engine, rows, seeds)[0]
    state = engine.begin(np.array(rows), seeds)
    place = int(engine.tables.at(engine.tables.goal_row(state.session, state.goal))[0])
    items = [tiny_world.item(int(i)).id for i in engine.tables.rows.item[place][:5]]
    fitting = [c for c, item in enumerate(items) if item in ("zh-dining-09", "zh-dining-11")]
    worth = {c: float(engine.worth(state, np.array([[c, -1, -1]]))[0]) for c in range(5)}
    met = {c: paid_for(engine, rows, seeds, c) for c in range(5)}
    ordered = [c for c in fitting if met[c] > 0.8]
    assert ordered and max(met[c] for c in ordered) == pytest.approx(paid)
    assert paid == pytest.approx(0.9 + 0.1 * max(worth[c] for c in ordered), abs=1e-6)


def paid_for(engine: Engine, rows: list[int], seeds: np.ndarray, candidate: int) -> float:
    state, log = engine.begin(np.array(rows), seeds), engine.log(1, words=False)
    _, step = engine.step_slates(state, log, np.array([[candidate, -1, -1]]), np.ones(1, np.bool_))
    return float(step.rewards[0])


def test_no_agent_is_above_the_ceiling_and_other_rewards_have_none(tiny_world: World) -> None:
    engine = engine_of(tiny_world)
    subject = Subject(engine, 1, SMALL)
    top = returns(engine, subject.rows.tolist(), subject.seeds)
    for name in ("random", "popularity", "bm25", "gold", "antigold", "oracle"):
        assert (subject.play(subject.agent(name)).needs_met <= 1).all()
    assert (subject.play(AlteredAgent(subject.agent("oracle"), "one item")).returns <= top + 1e-6).all()
    assert np.isnan(returns(engine_of(tiny_world, reward="gated-mean"), [0, 1], np.zeros(2, np.uint64))).all()


# -- examinations ----------------------------------------------------------------------------------------------


class Waning:
    """Likes every item, as long as the user has said nothing but his opening."""

    spec = ScorerSpec(name="waning", dimension="query_item_relevance", kind="encoder", reads=("query",), fingerprint="0")

    def score(self, rows: Sequence[ScorerRow]) -> Scores:
        return Scores(np.array([0.2 if "\n" in row.query else 0.9 for row in rows], np.float32), ("",) * len(rows))


@pytest.fixture(scope="module")
def small_world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Forty synthetic sessions of one goal each."""
    folder = tmp_path_factory.mktemp("small")
    generate(SynthSpec.from_mapping({"n_items": 120, "satisfiers": [1, 2]}), 40, 3, folder / "rows")
    ingest_recrm(folder / "rows", folder / "store")
    return World(folder / "store")


def test_an_environment_that_pays_for_quitting_is_caught(small_world: World) -> None:
    lines = {}
    for reward in ("service", "gated-mean"):
        engine = Engine(small_world, EnvConfig(), scorers={"query_item_relevance": Waning()}, reward=REWARDS[reward])
        subject = Subject(engine, 2, Sizes(sessions=40, ladder=2, draws=400))
        lines[reward] = gain(subject, "bm25", "quits after a slate")
    assert lines["service"].passed and lines["service"].high < 0
    assert lines["gated-mean"].passed is False and lines["gated-mean"].low > 0
    assert failed([Finding(examination="gains", asks="", lines=(line,)) for line in lines.values()]) == {"gains"}


def test_a_gain_in_which_no_session_differs_says_why_it_has_no_interval(
    tiny_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = Subject(engine_of(tiny_world), 2, replace(SMALL, sessions=5))
    played = subject.play(subject.agent("gold"))
    monkeypatch.setattr(subject, "play", lambda agent: played)
    line = gain(subject, "gold", "quits after a slate")
    assert line.value == 0.0 and line.passed is False and "; no interval: all 5 users alike" in line.bound


def test_findings_are_the_same_again_and_every_examination_has_its_say(tiny_world: World) -> None:
    few = replace(SMALL, sessions=5, ladder=5, draws=50)
    once, again = (validate(engine_of(tiny_world), 2, sizes=few) for _ in range(2))
    assert [f.examination for f in once] == list(EXAMINATIONS)
    assert findings_text(once) == findings_text(again)
    assert lines_of(once, "monotone")["orders lost by an item added at the end"].value == 0
    assert lines_of(once, "ceilings")["needs met of oracle over the ceiling"].value == 1.0
    agents = next(f for f in once if f.examination == "agreement").data["agents"]
    assert len(agents) >= 25 and len({a[0] for a in agents}) == len(agents)
    with pytest.raises(UnknownName, match="ladder"):
        validate(engine_of(tiny_world), names=["lader"])


def test_a_world_of_logs_is_examined_by_an_oracle_and_its_choices(tiny_logged_world: World) -> None:
    engine = engine_of(tiny_logged_world, user="replay")
    findings = validate(engine, 2, sizes=SMALL, names=["ceilings", "choices", "ladder"])
    assert lines_of(findings, "ceilings")["needs met of oracle over the ceiling"].value == 1.0
    assert len(lines_of(findings, "choices")) == 3
    assert "oracle" in next(f.note for f in findings if f.examination == "ladder")


def test_spoiling_moves_its_own_dimension(tiny_world: World) -> None:
    finding = validate(engine_of(tiny_world), 2, sizes=SMALL, names=["spoiling"])[0]
    matrix = {row: dict(zip(finding.data["names"], fell, strict=True))
              for row, fell in zip(finding.data["rows"], finding.data["matrix"], strict=True)}
    assert matrix["IF, another language"]["IF"] == pytest.approx(0.9) and matrix["IF, another language"]["QIR"] == 0
    assert matrix["FC, false claims"]["FC"] >= 0.6 and matrix["FC, false claims"]["IF"] == 0


def test_what_a_user_would_leave_is_never_taken_up_and_misses_as_little_as_can_be(tiny_world: World) -> None:
    opened = openings(Subject(engine_of(tiny_world), 2, SMALL)).turns
    for turn in opened:
        place = {item.id: at for at, item in enumerate(turn.view.candidates)}
        shown = [place[i] for i in unwanted(turn).items]
        rest = sorted(set(place.values()) - set(shown))
        assert len(shown) == len(turn.action.items)
        assert max(turn.chance[shown]) <= min(turn.chance[rest])
        left = [m for m, chance in zip(turn.missed[rest], turn.chance[rest], strict=True) if chance == 0]
        assert max(turn.missed[shown]) <= min(left, default=9)
    assert any(turn.action.items != unwanted(turn).items for turn in opened)


def test_take_ups_are_held_against_every_candidate_and_a_constant_is_off_by_its_distance(tiny_world: World) -> None:
    engine = Engine(tiny_world, engine_of(tiny_world).config, scorers=constant_scorers(0.7), reward=REWARDS["service"])
    lines = lines_of(validate(engine, 2, sizes=SMALL, names=["take-ups"]), "take-ups")
    error, share = lines["calibration error (ECE)"], lines["share of take-ups"]
    first = [tiny_world.goal(int(tiny_world.column("goal_start")[r])).candidates for r in Subject(engine, 2, SMALL).rows]
    assert error.n == sum(map(len, first))
    assert 0 < share.value < 0.5 and error.value == pytest.approx(0.7 - share.value) and error.passed is False


# -- parts -----------------------------------------------------------------------------------------------------


def test_remembered_scorers_answer_as_those_behind_them_and_ask_once() -> None:
    scorer = overlap_scorers()["query_item_relevance"]
    kept = Remembered(scorer)
    name = "query_item_relevance"
    rows = [ScorerRow(dimension=name, id=str(n), query="abc", item=item) for n, item in enumerate(("a", "xyz", "a"))]
    assert kept.score(rows).values.tolist() == scorer.score(rows).values.tolist() == kept.score(rows).values.tolist()
    assert kept.spec == scorer.spec and scorer.seen == 2 + 3  # type: ignore[attr-defined]


@pytest.mark.parametrize("change", list(CHANGES))
def test_changed_agents_play_whole_sessions(tiny_world: World, change: str) -> None:
    subject = Subject(engine_of(tiny_world), 4, SMALL)
    traces = subject.play(AlteredAgent(subject.agent("bm25"), change)).traces
    acts = [[t.action for t in trace.turns] for trace in traces]
    assert not any(t.action.act == "malformed" or t.reaction.kind == "repeat" for trace in traces for t in trace.turns)
    if change == "each slate twice":
        pair = next(a for a in acts if len(a) > 1)
        assert pair[0].items == pair[1].items
    if change == "quits after a slate":
        assert all(a.act == "end" for session in acts for a in session[1:])
    if change == "silent":
        assert not any(a.text for session in acts for a in session if a.act == "recommend")


# -- the commands ----------------------------------------------------------------------------------------------


def invoke(*args: str | Path) -> tuple[int, str]:
    result = CliRunner().invoke(cli, [str(a) for a in args], catch_exceptions=False)
    return result.exit_code, result.stdout


SCENARIO = """
name = "tiny"
version = 1
summary = "the tiny world"
[world]
kind = "store"
[env]
user = "learned"
horizon = 8
candidates = {candidates}
scorers = "rules"
"""


def test_the_command_prints_writes_and_tells_by_its_exit(tiny_world_path: Path, tmp_path: Path) -> None:
    small, whole = (tmp_path / name for name in ("small.toml", "whole.toml"))
    small.write_text(SCENARIO.format(candidates=5))
    whole.write_text(SCENARIO.format(candidates=17))
    sizes = ("--store", tiny_world_path, "--sessions", 10, "--ladder", 10, "--examination", "dead", "--examination", "monotone")
    code, text = invoke("validate", "--scenario", whole, *sizes, "--out", tmp_path / "out")
    assert code == 0 and "pass  dead" in text and "pass  monotone" in text
    stored = json.loads((tmp_path / "out" / REPORT).read_bytes())
    assert [f["examination"] for f in stored["findings"]] == ["dead", "monotone"] and stored["sizes"]["sessions"] == 10
    assert (tmp_path / "out" / PICTURE).read_bytes().startswith(b"\x89PNG")
    code, text = invoke("validate", "--scenario", small, *sizes, "--json")
    assert code == 1 and json.loads(text)["findings"][0]["lines"][1]["passed"] is False
    assert invoke("validate", "--scenario", small, *sizes, "--known", "dead")[0] == 0
    assert invoke("validate", "--scenario", whole, *sizes, "--known", "dead")[0] == 1  # what is known to fail must


def test_inspect_tells_what_can_be_met(tiny_world_path: Path, tmp_path: Path) -> None:
    small = tmp_path / "small.toml"
    small.write_text(SCENARIO.format(candidates=5))
    assert "goals that a candidate meets: 100.0%" in invoke("inspect", tiny_world_path)[1]
    text = invoke("inspect", tiny_world_path, "--scenario", small)[1]
    assert "goals that a candidate meets: 42.9%" in text and "ceiling of needs met: 40.0%" in text


@pytest.mark.usefixtures("undrawn")
def test_a_leaderboard_shows_the_ceiling_and_each_share_of_it(tiny_world_path: Path, tmp_path: Path) -> None:
    small = tmp_path / "small.toml"
    small.write_text(SCENARIO.format(candidates=5))
    run = run_evaluation(str(small), ["gold", "antigold"], 5, 1, tmp_path / "run", store=tiny_world_path)
    board = build_leaderboard(run)
    assert board.ceiling is not None and board.ceiling.unwinnable == pytest.approx(4 / 7)
    assert board.ceiling.metrics["needs_met"].mean == pytest.approx(0.4)
    shares = {row.agent: row.of_ceiling for row in board.rows}
    assert shares["gold"]["needs_met"] == 1.0 and shares["antigold"]["needs_met"] < 1.0
    for row in board.rows:
        assert row.of_ceiling["return"] == pytest.approx(row.metrics["return"].mean / board.ceiling.metrics["return"].mean)
    text = format_leaderboard(board)
    assert "\nceiling " in text and "57.1% of the goals have no candidate" in text and "40.0% (100%)" in text
    assert json.loads((run / "leaderboard.json").read_bytes())["ceiling"]["metrics"]["return"]["n"] == 5
    page = write_report(run, Chosen(most=1)).read_text()
    assert "57.1% of the goals have no candidate" in page and "(100%)</small>" in page
    (run / CEILING).unlink()  # a run of before there were any
    assert build_leaderboard(run).ceiling is None and "ceiling" not in format_leaderboard(build_leaderboard(run))
    (run / CEILING).write_text("{}")
    with pytest.raises(InputError, match="ceiling"):
        build_leaderboard(run)


def test_a_rescored_run_has_a_ceiling_of_its_own(tiny_world_path: Path, tmp_path: Path) -> None:
    whole = tmp_path / "whole.toml"
    whole.write_text(SCENARIO.format(candidates=17))
    run = run_evaluation(str(whole), ["random"], 5, 1, tmp_path / "run", store=tiny_world_path)
    again = rescore_run(run, "rules", tmp_path / "again", reward="gated-mean", store=tiny_world_path)
    before, after = build_leaderboard(run).ceiling, build_leaderboard(again).ceiling
    assert before is not None and after is not None and before.metrics["needs_met"].mean == after.metrics["needs_met"].mean
    assert not np.isnan(before.metrics["return"].mean) and np.isnan(after.metrics["return"].mean)
