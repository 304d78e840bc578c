"""Per-session numbers and the leaderboard made of them."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from trace_builders import finished_run, plan, run_chunk, session, turn

from recenv.errors import InputError
from recenv.evaluation.leaderboard import build_leaderboard, format_leaderboard, rank, width
from recenv.evaluation.plan import TRACES
from recenv.evaluation.runner import evaluate
from recenv.evaluation.session_values import SessionValues, matrix, metrics, session_values
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rollouts.trace import encode


def test_session_values_are_plain_arithmetic() -> None:
    found = session_values(session(
        [
            turn(0, (1.0, 0.8, None, None, None), reward=0.0, act="ask", kind="answer"),
            turn(1, (0.0, None, None, None, None), reward=0.0, act="malformed", kind="repeat", gate=("instruction_following",)),
            turn(2, (1.0, 0.4, 0.5, 0.2, 0.9), reward=0.6, kind="order", taken=0, gold=0.7, extrapolated=True),
            turn(3, (1.0, 0.3, 0.1, 0.4, 0.3), reward=0.3, kind="leave", gold=0.1),
        ],
        goals=2, met=1, ending="left", user="u9", order=4,
    ))
    assert found.total == 0.6 + 0.3
    assert found.components == pytest.approx((3 / 4, (0.8 + 0.4 + 0.3) / 3, (0.5 + 0.1) / 2, (0.2 + 0.4) / 2, (0.9 + 0.3) / 2))
    assert found.missing == (0, 1, 2, 2, 2)
    assert (found.turns, found.needs_met, found.abandoned, found.malformed) == (4, 1 / 2, 1.0, 1)
    assert (found.extrapolated, found.gold, found.gate_failed) == (1 / 4, pytest.approx(0.4), 1 / 4)
    assert (found.user_id, found.order) == ("u9", 4)


def test_a_dimension_without_a_value_is_missing_not_zero() -> None:
    found = session_values(session([turn(0, (1.0, None, None, None, None), act="ask", kind="answer")]))
    assert math.isnan(found.components[1]) and math.isnan(found.gold)
    assert session_values(session([])).turns == 0


def test_the_matrix_has_a_column_a_metric() -> None:
    found = matrix([session_values(session([turn()])), session_values(session([]))])
    assert found.shape == (2, len(metrics())) and matrix([]).shape == (0, len(metrics()))
    assert found[0, [m.name for m in metrics()].index("return")] == 0.5
    assert np.isnan(found[1, [m.name for m in metrics()].index("item_ranking")])


def values(total: float, order: int, agent_turns: int = 1) -> SessionValues:
    turns = [turn(t, reward=total / agent_turns) for t in range(agent_turns)]
    return session_values(session(turns, order=order, user=f"u{order}"))


def test_agents_are_ranked_and_compared_on_shared_sessions() -> None:
    made = plan(("low", "high", "late"), sessions=6)
    board = rank(made, {
        "low": [values(0.1 * o, o) for o in range(6)],
        "high": [values(0.1 * o + 0.3 + 0.01 * (o % 2), o) for o in range(6)],
        "late": [values(9.0, 5)],
    })
    assert [r.agent for r in board.rows] == ["late", "high", "low"]
    assert not board.complete and board.rows[0].metrics["return"].reason.startswith("one user only")
    first, second = board.differences
    assert first.metrics["return"].n == 1  # the one session that both finished
    assert second.metrics["return"].mean == pytest.approx(0.305) and second.metrics["return"].excludes_zero


def test_an_agent_without_a_finished_session_comes_last() -> None:
    board = rank(plan(("none", "some"), sessions=2), {"none": [], "some": [values(0.0, 0), values(0.1, 1)]})
    assert [r.agent for r in board.rows] == ["some", "none"]
    assert math.isnan(board.rows[1].metrics["return"].mean) and math.isnan(board.rows[1].missing["item_ranking"])
    assert "unfinished: 0 of 2 sessions" in format_leaderboard(board)


def test_the_table_is_aligned_with_wide_characters_and_hides_control_characters() -> None:
    made = plan(("greedy", "贪心算法", "evil\x1b[31m\nname", "llm:" + "x" * 40), sessions=4)
    board = rank(made, {a.name: [values(k + 0.1 * o, o) for o in range(4)] for k, a in enumerate(made.agents)})
    text = format_leaderboard(board)
    lines = text.splitlines()
    assert "\x1b" not in text and len(lines) == 2 + (2 + 4) + 1 + (2 + 3) + 1 + 2  # abbreviations, and what intervals are
    bars = [width(line[: line.rindex("]")]) for line in lines[4:8]]
    assert len(set(bars)) == 1
    assert width("贪心 ab") == 7 and width("e\u0301") == 1


def test_missing_and_extrapolated_shares_are_told() -> None:
    made = plan(("a",), sessions=2)
    turns = [turn(0, (1.0, None, 1.0, 1.0, 1.0), extrapolated=True), turn(1)]
    side = [session_values(session(turns, order=o, user=f"u{o}")) for o in range(2)]
    board = rank(made, {"a": side})
    assert board.rows[0].missing == {d: (0.5 if d == "factual_consistency" else 0.0) for d in DIMENSIONS}
    text = format_leaderboard(board)
    assert "a: turns without a value: FC 50%; answers beyond the log: 50%; no interval: all 2 users alike" in text
    assert "2 users are few" in text


def test_the_leaderboard_file_is_derived_and_has_null_for_what_is_missing(tmp_path: Path) -> None:
    run = finished_run(tmp_path, plan(("random", "greedy"), sessions=3))
    data = json.loads((run / "leaderboard.json").read_bytes())
    assert [r["agent"] for r in data["rows"]] == [r.agent for r in build_leaderboard(run).rows]
    assert data["rows"][0]["metrics"]["return"]["n"] == 3 and data["differences"][0]["better"] == data["rows"][0]["agent"]
    lonely = plan(("random",), sessions=1)
    one = evaluate(lonely, tmp_path / "one", run_chunk=run_chunk(lonely))
    assert json.loads((one / "leaderboard.json").read_bytes())["rows"][0]["metrics"]["return"]["low"] is None


def test_a_trace_of_an_agent_outside_the_plan_is_refused(tmp_path: Path) -> None:
    run = finished_run(tmp_path, plan(("greedy",), sessions=2))
    stray = encode(session([turn()], agent="greedi"))
    (run / TRACES).write_bytes((run / TRACES).read_bytes() + stray)
    with pytest.raises(InputError, match=r"traces.jsonl:3: a trace of agent 'greedi', who is not in the plan"):
        build_leaderboard(run)
    with pytest.raises(InputError, match="no run at"):
        build_leaderboard(tmp_path / "nowhere")
