"""What every scorer must keep to."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import numpy as np
import pytest

from recenv.data.world import World
from recenv.records import Action, ScorerRow
from recenv.rewards import rows
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rewards.protocol import Scorer, ScorerSpec, Scores
from recenv.rewards.ranking import shown_ndcg
from recenv.testing.agents import contract_views
from recenv.testing.tiny import build_tiny_world

TOLERANCE = 1e-5
"""How far the value of a row may move with the rows beside it: networks differ in the last bits of a batch."""


def contract_rows(world: World, dimension: str) -> list[ScorerRow]:
    """Rows of a dimension as play makes them: slates of two candidates of every view of the tiny world, each once."""
    made: dict[bytes, ScorerRow] = {}
    for view in contract_views(world):
        slate = view.candidates[2:4]
        action = Action(act="recommend", items=tuple(i.id for i in slate), text=" ".join(i.name for i in slate))
        for row in rows.rows(DIMENSIONS[dimension], rows.of_turn(view, action, slate)):
            made[msgspec.json.encode(row)] = row
    return list(made.values())


def odd_rows(row: ScorerRow, dimension: str) -> Iterator[ScorerRow]:
    """The row with each field that the dimension reads emptied, very long, or full of characters that nobody types."""
    for field in DIMENSIONS[dimension].reads:
        for text in ("", "word " * 5000, "\u202e\x00\U0001f600</s>\n\n{}"):
            several = (text, *row.items[1:])
            yield msgspec.structs.replace(row, **{field: several if field == "items" else text})


class ScorerContract:
    """Override the fixture ``scorer``; its dimension decides which rows it is given."""

    @pytest.fixture
    def scorer(self) -> Scorer:
        raise NotImplementedError("a contract test gives its scorer in this fixture")

    @pytest.fixture(scope="class")
    @classmethod
    def world(cls, tmp_path_factory: pytest.TempPathFactory) -> World:
        """Seventeen items in four catalogues, five sessions, seven goals."""
        return World(build_tiny_world(tmp_path_factory.mktemp("worlds") / "tiny"))

    @pytest.fixture
    def rows(self, scorer: Scorer, world: World) -> list[ScorerRow]:
        return contract_rows(world, scorer.spec.dimension)

    def test_it_is_a_scorer_of_a_dimension_that_exists(self, scorer: Scorer) -> None:
        assert isinstance(scorer, Scorer)
        assert scorer.spec.dimension in DIMENSIONS
        own = DIMENSIONS[scorer.spec.dimension]
        assert set(scorer.spec.reads) <= {*own.reads, *own.checked}, "rows have no other fields"

    def test_its_spec_survives_json(self, scorer: Scorer) -> None:
        assert msgspec.json.decode(msgspec.json.encode(scorer.spec), type=ScorerSpec) == scorer.spec
        assert scorer.spec.name and scorer.spec.fingerprint, "a trace names its scorers by these"

    def test_no_rows_no_values(self, scorer: Scorer) -> None:
        found = scorer.score([])
        assert len(found.values) == len(found.reasons) == len(found.lists) == 0

    def test_values_are_in_range_or_missing_with_a_reason(self, scorer: Scorer, rows: list[ScorerRow]) -> None:
        check_scores(scorer.score(rows), rows)

    def test_something_is_judged(self, scorer: Scorer, rows: list[ScorerRow]) -> None:
        assert not np.isnan(scorer.score(rows).values).all()

    def test_a_value_depends_on_its_row_alone(self, scorer: Scorer, rows: list[ScorerRow]) -> None:
        together = scorer.score(rows).values
        backwards = scorer.score(rows[::-1]).values[::-1]
        alone = [scorer.score([row]).values[0] for row in rows]
        np.testing.assert_allclose(together, backwards, atol=TOLERANCE)
        np.testing.assert_allclose(together, alone, atol=TOLERANCE)

    def test_it_copes_with_text_that_nobody_expected(self, scorer: Scorer, rows: list[ScorerRow]) -> None:
        odd = list(odd_rows(rows[0], scorer.spec.dimension))
        check_scores(scorer.score(odd), odd)

    def test_a_list_is_worth_its_ndcg(self, scorer: Scorer, rows: list[ScorerRow]) -> None:
        if not DIMENSIONS[scorer.spec.dimension].listwise:
            pytest.skip("judges no lists")
        found = scorer.score(rows)
        for row, value, p in zip(rows, found.values.tolist(), found.lists, strict=True):
            assert p.shape == (len(row.items),)
            if not np.isnan(value):
                assert p.sum() == pytest.approx(1.0, abs=1e-3) and (p >= 0).all()
                assert value == pytest.approx(shown_ndcg(p.astype(np.float64), row.shown), abs=1e-3)


def check_scores(found: Scores, rows: list[ScorerRow]) -> None:
    """Fail where scores do not fit their rows."""
    assert isinstance(found, Scores)
    assert found.values.dtype == np.float32 and found.values.shape == (len(rows),) and len(found.reasons) == len(rows)
    there = ~np.isnan(found.values)
    assert ((found.values[there] >= 0) & (found.values[there] <= 1)).all()
    assert all(reason for reason, known in zip(found.reasons, there, strict=True) if not known), "missing without a reason"
