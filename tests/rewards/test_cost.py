import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from toyrows import toy_rows

from recenv.appraisal import cost
from recenv.appraisal.cost import TEXT_CACHES, Products, cost_text, forget, opened, scoring_cost, stored
from recenv.caches import CacheGroup
from recenv.rewards.models.open import open_scorers


def test_matrix_products_are_counted_by_shape() -> None:
    with torch.inference_mode(), Products() as noted:
        torch.nn.Linear(8, 4)(torch.zeros(3, 8))
        torch.zeros(2, 5, 6) @ torch.zeros(2, 6, 7)
    assert noted.flops == 2 * 3 * 8 * 4 + 2 * 2 * 5 * 6 * 7


def test_every_dimension_is_timed_and_threads_are_put_back(toy: Path) -> None:
    before = torch.get_num_threads()
    costs = scoring_cost(toy, toy_rows(6), threads=(1,))
    assert torch.get_num_threads() == before
    assert len(costs) == 5
    for c in costs:
        (timing,) = c.timings
        assert c.mflop > 0 and timing.threads == 1
        assert timing.cold > 0 and 0 < timing.share < 1.5
    assert opened(stored(costs)) == costs
    assert all(c.dimension in cost_text(costs) for c in costs)


def test_dimensions_without_rows_are_left_out(toy: Path) -> None:
    rows = [r for r in toy_rows(4) if r.dimension == "query_item_relevance"]
    assert [c.dimension for c in scoring_cost(toy, rows, threads=(1,))] == ["query_item_relevance"]


def test_attention_counts_as_two_products_a_head() -> None:
    q = torch.zeros(2, 3, 5, 4)
    with torch.inference_mode(), Products() as noted:
        torch.nn.functional.scaled_dot_product_attention(q, q, q)
    assert noted.flops == 2 * (2 * 2 * 3 * 5 * 5 * 4)


def held() -> int:
    """Results that are kept of texts, over all groups."""
    return sum(size.held for group in TEXT_CACHES for size in group.sizes().values())


def test_all_groups_that_scoring_fills_are_emptied(toy: Path) -> None:
    for scorer in open_scorers(toy).scorers.values():
        scorer.score([r for r in toy_rows(2) if r.dimension == scorer.spec.dimension])
    packages = [module for name, module in sys.modules.items() if name == "recenv.data" or name.startswith("recenv.rewards")]
    groups = {id(group) for module in packages for group in vars(module).values() if isinstance(group, CacheGroup)}
    assert groups == {id(group) for group in TEXT_CACHES}
    assert held() > 0
    forget()
    assert {size.held for group in TEXT_CACHES for size in group.sizes().values()} == {0}


def test_nothing_forgotten_changes_a_value(toy: Path) -> None:
    owner, rows = open_scorers(toy), toy_rows(6)
    for d, scorer in owner.scorers.items():
        own = [r for r in rows if r.dimension == d]
        first = scorer.score(own).values
        kept = held()
        forget()
        owner.clear()
        with Products() as again:
            np.testing.assert_array_equal(scorer.score(own).values, first)
        with Products() as fresh:
            np.testing.assert_array_equal(open_scorers(toy).scorers[d].score(own).values, first)
        assert again.counts == fresh.counts and 0 < held() <= kept


def test_cold_runs_begin_with_nothing_held_and_warm_ones_with_texts_read(
    toy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[int] = []

    def timed(run: Callable[[], object], before: Callable[[], None]) -> float:
        for _ in range(2):
            before()
            begun.append(held())
            run()
        return 1.0

    monkeypatch.setattr(cost, "_quickest", timed)
    assert len(scoring_cost(toy, toy_rows(6), threads=(1,))) == 5
    colds, warms = [begun[n] for n in range(len(begun)) if n % 4 < 2], [begun[n] for n in range(len(begun)) if n % 4 > 1]
    assert len(begun) == 20 and not any(colds) and all(warms)
