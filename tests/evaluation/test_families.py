"""One run judged by two families of scorers: what stands where, and that the gap is the gap."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np
import pytest
from click.testing import CliRunner
from known_families import Home, make_home
from trace_builders import plan, session, turn

from recenv.cli import cli
from recenv.errors import InputError
from recenv.evaluation.charts import family_panels
from recenv.evaluation.leaderboard import audit_order, build_leaderboard, format_leaderboard, judged, rank
from recenv.evaluation.panels import sheet
from recenv.evaluation.plan import AUDIT, LEADERBOARD, TRACES, Family, RunPlan, read_plan, write_plan
from recenv.evaluation.report import Chosen, write_report
from recenv.evaluation.rescore import rescore_run
from recenv.evaluation.run import replay_run, run_evaluation
from recenv.evaluation.runner import Progress
from recenv.evaluation.session_values import SessionValues, session_values
from recenv.measures.drawing import save
from recenv.measures.intervals import paired_difference
from recenv.rewards import named
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rollouts.trace import read_traces

AGENTS = ("greedy", "random")
EVIL = "<script>\x1b[31m\u202e很长" * 9


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    with pytest.MonkeyPatch.context() as patch:
        yield make_home(tmp_path_factory.mktemp("home"), patch)


def evaluate(home: Home, out: Path, audit: str = "second", **more: object) -> Path:
    return run_evaluation(home.scenario, AGENTS, 8, 3, out, changes={"scorers": home.name("first")},  # type: ignore[arg-type]
                          audit=home.name(audit) if audit not in ("", "none") else audit, **more)


@pytest.fixture(scope="module")
def run(home: Home) -> Path:
    return evaluate(home, home.folder / "run")


# -- the arithmetic --------------------------------------------------------------------------------------------


def audited_plan(agents: Sequence[str], sessions: int, name: str = "audit") -> RunPlan:
    return msgspec.structs.replace(plan(agents, sessions=sessions), audit=Family(name=name, scorers=()))


def side(totals: Sequence[float], relevance: Sequence[float | None]) -> list[SessionValues]:
    """Two sessions a user, one turn each."""
    return [
        session_values(session([turn(0, (1.0, 1.0, q, 0.5, 0.5), reward=total)], order=n, user=f"u{n // 2}"))
        for n, (total, q) in enumerate(zip(totals, relevance, strict=True))
    ]


def test_the_gap_is_the_mean_of_the_paired_differences() -> None:
    made = audited_plan(("a",), 4)
    ours, theirs = side((0.9, 0.7, 0.5, 0.3), (0.8, 0.6, None, 0.4)), side((0.5, 0.6, 0.5, 0.0), (0.6, 0.6, 0.9, 0.1))
    row = rank(made, {"a": ours}, audit={"a": theirs}).rows[0]
    assert row.audit is not None and set(row.audit.gap) == set(row.audit.metrics) == set(judged())
    assert row.metrics["return"].mean == pytest.approx(0.6) and row.audit.metrics["return"].mean == pytest.approx(0.4)
    gap = row.audit.gap["return"]
    assert gap.mean == pytest.approx((0.4 + 0.1 + 0.0 + 0.3) / 4) and (gap.n, gap.clusters) == (4, 2)
    users = [v.user_id for v in ours]
    assert gap == paired_difference([v.total for v in ours], [v.total for v in theirs], users, made.seed)
    relevance = row.audit.gap["query_item_relevance"]  # a session without a value on one side is no pair
    assert relevance.mean == pytest.approx((0.2 + 0.0 + 0.3) / 3) and (relevance.n, relevance.missing) == (3, 1)
    assert row.audit.gap["item_ranking"].mean == 0.0


def test_sessions_are_paired_by_their_place_not_by_their_order_in_the_file() -> None:
    made = audited_plan(("a",), 4)
    ours, theirs = side((0.9, 0.7, 0.5, 0.3), (0.5,) * 4), side((0.5, 0.6, 0.5, 0.0), (0.5,) * 4)
    shuffled = [theirs[n] for n in (2, 0, 3, 1)]
    one, other = (rank(made, {"a": ours}, audit={"a": t}).rows[0].audit for t in (theirs, shuffled))
    assert one is not None and other is not None and one.gap["return"] == other.gap["return"]


def test_a_lead_that_the_second_family_does_not_see_is_said() -> None:
    made = audited_plan(("sly", "fair", "poor"), 48)  # of 24 users, as many as alike ones need to be to tell that they are
    half = (0.5,) * 48
    values = {"sly": side((0.9, 0.8) * 24, half), "fair": side((0.5, 0.6) * 24, half), "poor": side((0.1, 0.2) * 24, half)}
    judged = {"sly": side((0.2, 0.1) * 24, half), "fair": side((0.5, 0.6) * 24, half), "poor": side((0.5, 0.6) * 24, half)}
    board = rank(made, values, audit=judged)
    assert [d.verdict for d in board.differences] == ["reversed by audit", "not separated by audit"]
    assert audit_order(board) == ("fair", "poor", "sly")
    text = format_leaderboard(board)
    for word in ("two families, same turns", "return by audit", "reversed by audit", "+0.700 [", "-0.400 [",
                 "gap: fast - audit", "audit ranks the agents otherwise: fair, poor, sly."):
        assert word in text, word
    assert "audit" not in format_leaderboard(rank(plan(("sly",), sessions=4), {"sly": values["sly"]}))


def test_the_chart_is_drawn_whatever_the_names_and_alike_each_time(tmp_path: Path) -> None:
    half = (0.5,) * 4
    made = audited_plan((EVIL, "一"), 4, name=EVIL)
    values = {EVIL: side((0.9, 0.8, 0.9, 0.8), half), "一": side(half, half)}
    for name, seen in (("both", values), ("one", {"一": values["一"]})):
        board = rank(made, values, audit=seen)
        files = [save(sheet(family_panels(board)), tmp_path / f"{name}{i}.png") for i in (1, 2)]
        assert files[0].read_bytes() == files[1].read_bytes()
    assert "\x1b" not in format_leaderboard(board) and "\u202e" not in format_leaderboard(board)


# -- runs ------------------------------------------------------------------------------------------------------


def test_an_audited_run_has_the_traces_of_one_that_is_not(home: Home, run: Path, tmp_path: Path) -> None:
    alone = evaluate(home, tmp_path / "alone", audit="none")
    assert (alone / TRACES).read_bytes() == (run / TRACES).read_bytes()
    assert read_plan(alone).audit is None and not (alone / AUDIT).exists()
    assert json.loads((alone / LEADERBOARD).read_bytes())["rows"][0]["audit"] is None


def test_the_second_family_judges_by_the_rescore_mechanism(home: Home, run: Path, tmp_path: Path) -> None:
    made = rescore_run(run, home.name("second"), tmp_path / "made")
    for file in made.iterdir():
        assert (run / AUDIT / file.name).read_bytes() == file.read_bytes()
    assert all(v.same for v in [*replay_run(run), *replay_run(run / AUDIT)])


def test_manifest_leaderboard_and_report_show_both_families(home: Home, run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = read_plan(run)
    assert made.audit is not None and made.audit.name == home.name("second")
    assert [(s["dimension"], s["fingerprint"]) for s in made.audit.scorers] == [(d, "of second") for d in DIMENSIONS]
    assert {s["fingerprint"] for s in made.scorers} == {"of first"}
    board = build_leaderboard(run)
    assert json.loads((run / LEADERBOARD).read_bytes())["rows"][0]["audit"]["gap"]["return"]["n"] == 8
    for row in board.rows:
        ours, theirs = ([t.total for t in read_traces(r / TRACES) if t.agent == row.agent] for r in (run, run / AUDIT))
        assert row.audit is not None
        assert row.metrics["return"].mean - row.audit.metrics["return"].mean == pytest.approx(row.audit.gap["return"].mean)
        assert row.audit.gap["return"].mean == pytest.approx(np.mean(np.subtract(ours, theirs)))
    slate = [d.name for d in DIMENSIONS.values() if d.of == "slate"]
    gaps = {row.agent: np.mean([row.audit.gap[d].mean for d in slate]) for row in board.rows if row.audit}
    assert gaps["greedy"] > gaps["random"] + 0.05  # greedy maximises the first family, which knows nothing that the second knows
    for others in ("board", "loss", "turn", "group", "dimension", "length"):  # test_pictures.py draws them
        monkeypatch.setattr(f"recenv.evaluation.report.{others}_panels", lambda _: [])
    page = write_report(run, Chosen(most=1)).read_text()
    for word in ("Two families of scorers", "return by first", "return by second", "gap QIR", "Second family: second"):
        assert word in page, word
    assert (run / "plots" / "families.png").is_file()


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize("family", ["first", "second"])
@pytest.mark.parametrize("most", [0, 4])
def test_a_killed_run_resumes_to_the_same_bytes(home: Home, run: Path, tmp_path: Path, family: str, most: int) -> None:
    out, scorer = tmp_path / "run", home.families[family]["query_item_relevance"]
    scorer.calls.clear()
    scorer.most = most
    try:
        with pytest.raises(KeyboardInterrupt):
            evaluate(home, out, chunk=2)
    finally:
        scorer.most = 10**9
    assert not (out / AUDIT).exists()
    if family == "second":
        assert "second has not judged these traces yet" in format_leaderboard(build_leaderboard(out))
    if family == "second" and not most:
        assert "has not judged these traces yet" in write_report(out, Chosen(most=1)).read_text()
    evaluate(home, out, chunk=3, resume=True)
    files = (TRACES, LEADERBOARD, "manifest.json", f"{AUDIT}/{TRACES}", f"{AUDIT}/{LEADERBOARD}", f"{AUDIT}/manifest.json")
    assert all((out / f).read_bytes() == (run / f).read_bytes() for f in files)
    assert not [f for f in out.iterdir() if f.name.endswith(".partial")]


def test_resuming_a_finished_run_scores_nothing(home: Home, tmp_path: Path) -> None:
    out = evaluate(home, tmp_path / "run")
    before = home.calls("second")
    evaluate(home, out, resume=True)
    assert home.calls("second") == before
    with pytest.raises(InputError, match="audit"):
        evaluate(home, out, audit="third", resume=True)


def test_a_judgement_of_other_traces_does_not_count(home: Home, tmp_path: Path) -> None:
    out = evaluate(home, tmp_path / "run")
    whole, judged = (out / TRACES).read_bytes(), (out / AUDIT / TRACES).read_bytes()
    (out / TRACES).write_bytes(whole[: len(whole) // 2])
    assert not build_leaderboard(out).audited
    evaluate(home, out, resume=True)
    assert (out / TRACES).read_bytes() == whole and build_leaderboard(out).audited
    judging = read_plan(out / AUDIT)
    former = tuple({**s, "name": "a former second"} for s in judging.scorers)
    write_plan(msgspec.structs.replace(judging, scorers=former), out / AUDIT)
    assert not build_leaderboard(out).audited
    evaluate(home, out, resume=True)
    assert (out / AUDIT / TRACES).read_bytes() == judged and build_leaderboard(out).audited


def test_a_family_does_not_audit_itself_and_names_are_checked(home: Home, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="must name another family"):
        evaluate(home, tmp_path / "run", audit="first")
    with pytest.raises(InputError, match=r"unknown scorers .*; or none"):
        evaluate(home, tmp_path / "run", audit="nonsense")
    assert not (tmp_path / "run").exists()


def test_progress_covers_both_passes(home: Home, tmp_path: Path) -> None:
    seen: list[Progress] = []
    evaluate(home, tmp_path / "run", progress=seen.append)
    assert [p.done for p in seen] == sorted(p.done for p in seen)
    assert {p.total for p in seen} == {32} and (seen[0].done, seen[-1].done) == (0, 32)


def test_the_second_family_is_used_where_it_is_installed(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = tmp_path / "weights"
    (weights / "thorough").mkdir(parents=True)
    monkeypatch.setattr(named, "WEIGHTS", weights)
    assert (named.second_family("thorough"), named.second_family("audit")) == ("", "thorough")
    with pytest.raises(InputError, match="not part of this installation"):
        named.check_name("audit")
    command = ["evaluate", "--scenario", home.scenario, "--agents", "random", "--sessions", "2", "--scorers", home.name("first")]
    told = CliRunner().invoke(cli, [*command, "--out", str(tmp_path / "a")])
    assert told.exit_code == 0 and "no second family" in told.output and "two families" not in told.output
    told = CliRunner().invoke(cli, [*command, "--audit", "none", "--out", str(tmp_path / "b")])
    assert told.exit_code == 0 and "no second family" not in told.output
    assert read_plan(tmp_path / "b").command.endswith("--audit none")
    (weights / "audit").mkdir()
    assert (named.second_family("thorough"), named.second_family("audit")) == ("audit", "thorough")
    monkeypatch.setitem(home.families, "audit", home.families["second"])
    told = CliRunner().invoke(cli, [*command, "--out", str(tmp_path / "c")])
    assert told.exit_code == 0 and "two families, same turns" in told.output, told.output
    made = read_plan(tmp_path / "c")
    assert made.audit is not None and made.audit.name == "audit" and "--audit audit" in made.command
