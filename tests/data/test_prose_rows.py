"""Answers in prose about a synthetic world: the same of the same folder, in pairs of which one lies, a style a group."""

from __future__ import annotations

import pytest

from recenv.data.rowsets import ROWSETS
from recenv.data.synthetic import SynthSpec, generate
from recenv.records import ScorerRow
from recenv.rewards.features.prose import NAMES, prose


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> list[ScorerRow]:
    folder = tmp_path_factory.mktemp("made") / "world"
    generate(SynthSpec(), 80, 3, folder)
    rows = list(ROWSETS["prose"].convert(folder))
    assert rows == list(ROWSETS["prose"].convert(folder))
    return rows


def test_rows_come_in_pairs_of_one_style(made: list[ScorerRow]) -> None:
    assert len(made) > 100 and len({row.id for row in made}) == len(made)
    for true, false in zip(made[::2], made[1::2], strict=True):
        assert (true.label, false.label) == (1.0, 0.0) and true.response != false.response
        assert (true.group, true.evidence, true.query) == (false.group, false.evidence, false.query)
    assert len({row.group for row in made}) > 30 and {row.locale for row in made} == {"zh", "en"}


def test_what_a_pair_differs_in_is_found_by_reading_it(made: list[ScorerRow]) -> None:
    wrong = [prose(row.evidence, row.query, row.response).totals[NAMES.index("wrong")] for row in made]
    true, false = wrong[::2], wrong[1::2]
    assert sum(w == 0 for w in true) > 0.93 * len(true)
    assert sum(w > 0 for w in false) > 0.75 * len(false)


def test_a_false_answer_may_say_what_no_record_holds(made: list[ScorerRow]) -> None:
    assert any("live music" in row.response or "乐队" in row.response or "valet" in row.response for row in made[1::2])
    assert not any("live music" in row.response or "乐队" in row.response for row in made[::2])

