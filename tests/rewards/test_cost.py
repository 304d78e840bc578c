from pathlib import Path

import msgspec
import pytest
import torch
from toyrows import SETTINGS, toy_rows

from recenv.appraisal.cost import Products, cost_text, opened, scoring_cost, stored
from recenv.training.train import train


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cost") / "toy"
    train(toy_rows(16), folder, settings=msgspec.structs.replace(SETTINGS, epochs=1))
    return folder


def test_matrix_products_are_counted_by_shape() -> None:
    with torch.inference_mode(), Products() as noted:
        torch.nn.Linear(8, 4)(torch.zeros(3, 8))
        torch.zeros(2, 5, 6) @ torch.zeros(2, 6, 7)
    assert noted.flops == 2 * 3 * 8 * 4 + 2 * 2 * 5 * 6 * 7


def test_every_dimension_is_timed_and_threads_are_put_back(checkpoint: Path) -> None:
    before = torch.get_num_threads()
    costs = scoring_cost(checkpoint, toy_rows(6), threads=(1,))
    assert torch.get_num_threads() == before
    assert len(costs) == 5
    for c in costs:
        (timing,) = c.timings
        assert c.mflop > 0 and timing.threads == 1
        assert timing.cold > 0 and 0 < timing.share < 1.5
    assert opened(stored(costs)) == costs
    assert all(c.dimension in cost_text(costs) for c in costs)


def test_dimensions_without_rows_are_left_out(checkpoint: Path) -> None:
    rows = [r for r in toy_rows(4) if r.dimension == "query_item_relevance"]
    assert [c.dimension for c in scoring_cost(checkpoint, rows, threads=(1,))] == ["query_item_relevance"]


def test_attention_counts_as_two_products_a_head() -> None:
    q = torch.zeros(2, 3, 5, 4)
    with torch.inference_mode(), Products() as noted:
        torch.nn.functional.scaled_dot_product_attention(q, q, q)
    assert noted.flops == 2 * (2 * 2 * 3 * 5 * 5 * 4)
