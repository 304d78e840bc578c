import numpy as np
import pytest

from recenv.measures.reliability import of_lists, of_points


def probabilities(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    p = generator.uniform(0.05, 0.95, n)
    return p, (generator.random(n) < p).astype(float)


def test_a_perfect_model_shows_some_error_and_no_excess() -> None:
    p, y = probabilities(1_500, 0)
    found = of_points(y, p)
    assert found.ece > 0.01
    assert abs(found.excess) < 0.015
    assert found.low <= found.ece <= found.high


def test_an_overconfident_model_shows_an_excess() -> None:
    p, y = probabilities(1_500, 1)
    z = np.log(p / (1 - p))
    found = of_points(y, 1 / (1 + np.exp(-3 * z)))
    assert found.excess > 0.08 and found.ece > found.high


def test_a_constant_far_off_is_as_far_off_as_it_is() -> None:
    found = of_points(np.ones(300), np.full(300, 0.2))
    assert found.ece == pytest.approx(0.8)


def test_lists_drawn_from_their_own_probabilities_have_no_excess() -> None:
    generator = np.random.default_rng(2)
    given = [generator.dirichlet(np.ones(5)) for _ in range(600)]
    gains = [np.eye(5)[generator.choice(5, p=q)] for q in given]
    assert abs(of_lists(gains, given).excess) < 0.015
    assert of_lists([np.eye(5)[0]] * 600, given).excess > 0.05


def test_nothing_to_measure_is_missing() -> None:
    assert np.isnan(of_points(np.zeros(0), np.zeros(0)).ece)
    assert np.isnan(of_lists([np.zeros(3)], [np.full(3, 1 / 3)]).ece)
