"""Runs have as many columns as there are dimensions: a sixth record is all it takes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path

import pytest
from test_pictures import Page, size, told
from trace_builders import plan, session, turn

import recenv.evaluation
from recenv.errors import InputError
from recenv.evaluation.cells import turn_cells
from recenv.evaluation.leaderboard import build_leaderboard, encode_leaderboard, format_leaderboard, judged
from recenv.evaluation.plots import draw_traces
from recenv.evaluation.report import write_report
from recenv.evaluation.runner import evaluate
from recenv.evaluation.session_values import metrics, session_values
from recenv.measures.drawing import PALETTE, dimension_colours
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rollouts.trace import SessionTrace

TONE = "tone_of_voice"


@pytest.fixture
def sixth(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setitem(DIMENSIONS._entries, TONE, DIMENSIONS["factual_consistency"]._replace(name=TONE, short="TV"))
    yield TONE


def six(agent: str, order: int) -> SessionTrace:
    high = 0.75 if agent == "greedy" else 0.25
    return session([turn(0, (1.0, 1.0, 0.5, 0.5, 0.5, high)), turn(1, (1.0, 1.0, 0.5, 0.5, 0.5, None))], agent=agent, order=order,
                   user=f"u{order}")


def test_a_sixth_dimension_has_its_column_bar_and_panel(sixth: str, tmp_path: Path) -> None:
    made = plan(("random", "greedy"), sessions=4)
    run = evaluate(made, tmp_path / "run", run_chunk=lambda agent, rows, first: [six(agent, first + i) for i in range(len(rows))])
    board = build_leaderboard(run)
    means = {row.agent: row.metrics[sixth].mean for row in board.rows}
    assert means == {"random": 0.25, "greedy": 0.75} and {row.missing[sixth] for row in board.rows} == {0.5}
    assert board.differences[0].metrics[sixth].mean in (0.5, -0.5) and judged()[-1] == sixth
    assert sixth in json.loads(encode_leaderboard(board))["rows"][0]["metrics"]
    header = format_leaderboard(board).splitlines()[2].split()
    assert header[header.index("IR") + 1] == "TV"
    cells = turn_cells(six("greedy", 0).turns[0])
    assert len(cells) == 7 and cells[-1].value == 0.75 and cells[-1].colour == PALETTE[5]
    page = write_report(run).read_text()
    assert "TV 50%" in format_leaderboard(board) and "--dimensions: 6" in page and 'title="tone of voice"' in page
    assert Page(page).text.count("TV") >= 4


def test_a_picture_keeps_its_width_with_a_sixth_bar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    five = draw_traces([told(session([turn(0)]))], tmp_path / "five.png")
    monkeypatch.setitem(DIMENSIONS._entries, TONE, DIMENSIONS["factual_consistency"]._replace(name=TONE, short="TV"))
    six_bars = draw_traces([told(six("greedy", 0))], tmp_path / "six.png")
    assert size(six_bars)[0] == size(five)[0] and six_bars.read_bytes() != five.read_bytes()


def test_a_trace_judged_by_other_dimensions_is_refused(sixth: str, tmp_path: Path) -> None:
    old = session([turn(0)])
    for reader in (session_values, lambda trace: draw_traces([told(trace)], tmp_path / "x.png")):
        with pytest.raises(InputError, match=r"5 dimensions, and there are 6 here .*tone_of_voice"):
            reader(old)


def test_columns_follow_the_registry_and_colours_begin_again_where_they_end(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [m.name for m in metrics()][1 : 1 + len(DIMENSIONS)] == list(DIMENSIONS)
    for n in range(len(PALETTE)):
        monkeypatch.setitem(DIMENSIONS._entries, f"more_{n}", DIMENSIONS["item_ranking"]._replace(name=f"more_{n}"))
    assert list(dimension_colours().values()) == list(islice(cycle(PALETTE), len(DIMENSIONS)))


def test_every_name_that_evaluation_offers_is_there() -> None:
    assert all(getattr(recenv.evaluation, name) is not None for name in recenv.evaluation.__all__)
