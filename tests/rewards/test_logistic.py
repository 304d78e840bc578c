"""One fit for all logistic regressions: it solves its equation, and gives what each of the loops gave that it stands for."""

from __future__ import annotations

import numpy as np
import pytest

from recenv.measures.logistic import Array, fit_logistic, logistic_terms, newton

SEEDS = range(12)


def drawn(seed: int, columns: int = 3, rows: int = 400) -> tuple[Array, Array]:
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(rows, columns)) * generator.uniform(0.2, 3.0, columns)
    chance = 1.0 / (1.0 + np.exp(-x @ generator.normal(size=columns)))
    return x, (generator.random(rows) < chance).astype(np.float64)


def plain(x: Array, y: Array, ridge: float, centre: Array, steps: int) -> Array:
    """Newton steps taken whole, always as many."""
    w = centre.copy()
    for _ in range(steps):
        p = 1.0 / (1.0 + np.exp(-np.clip(x @ w, -30.0, 30.0)))
        hessian = (x * (p * (1.0 - p))[:, None]).T @ x + ridge * np.eye(len(w))
        w = w + np.linalg.solve(hessian, x.T @ (y - p) - ridge * (w - centre))
    return w


def damped(x: Array, y: Array, ridge: float, centre: Array, steps: int) -> Array:
    """Newton steps of at most 2, until they are small."""
    w = centre.copy()
    for _ in range(steps):
        p = 1.0 / (1.0 + np.exp(-np.clip(x @ w, -30.0, 30.0)))
        gradient = x.T @ (p - y) + ridge * (w - centre)
        step = np.linalg.solve((x * (p * (1.0 - p))[:, None]).T @ x + ridge * np.eye(len(w)), gradient)
        w = w - step * min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-12))
        if np.abs(step).max() < 1e-9:
            break
    return w


def test_the_gradient_is_nought_where_it_stops() -> None:
    x, y = drawn(0)
    w = fit_logistic(x, y, 0.7)
    p = 1.0 / (1.0 + np.exp(-x @ w))
    assert x.T @ (p - y) + 0.7 * w == pytest.approx(np.zeros(3), abs=1e-9)


def test_two_rows_by_hand() -> None:
    w = fit_logistic(np.array([[1.0], [1.0]]), np.array([1.0, 0.5]), 1e-12)
    assert w[0] == pytest.approx(np.log(3.0))  # the mean label is 0.75


@pytest.mark.parametrize("seed", SEEDS)
def test_scale_and_shift_of_logits_are_the_same_to_the_bit(seed: int) -> None:
    x, y = drawn(seed, 1)
    design, centre = np.concatenate([x, np.ones((len(x), 1))], 1), np.array([1.0, 0.0])
    assert np.array_equal(fit_logistic(design, y, 1e-3, centre, steps=50), damped(design, y, 1e-3, centre, 50))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_line_between_sides_of_pairs_is_the_same_to_the_bit(seed: int) -> None:
    gap, w = drawn(seed, 5)[0], np.zeros(5)
    for _ in range(60):
        p = 1.0 / (1.0 + np.exp(np.clip(gap @ w, -30.0, 30.0)))
        step = np.linalg.solve((gap * (p * (1.0 - p))[:, None]).T @ gap + 5.0 * np.eye(5), 5.0 * w - gap.T @ p)
        w = w - step * min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-12))
        if np.abs(step).max() < 1e-9:
            break
    assert np.array_equal(fit_logistic(-gap, np.zeros(len(gap)), 5.0), w)


@pytest.mark.parametrize("seed", SEEDS)
def test_slope_of_a_table_and_naive_baselines_differ_by_less_than_a_billionth(seed: int) -> None:
    """These two took whole steps, thirty and twenty-five of them: the last bits of the weights are others."""
    x, y = drawn(seed)
    nought = np.zeros(3)
    assert fit_logistic(x, y, 1e-6) == pytest.approx(plain(x, y, 1e-6, nought, 30), abs=1e-9)
    assert fit_logistic(x, y, 1e-3 * len(y)) == pytest.approx(plain(x, y, 1e-3 * len(y), nought, 25), abs=1e-9)


def test_weights_that_are_not_free_stay_where_they_start() -> None:
    x, y = drawn(3)
    start, free = np.array([0.25, 0.0, 0.0]), np.array([False, True, True])
    w = newton(logistic_terms(x, y), start, 1.0, 0.0, free)
    assert w[0] == 0.25 and (w[1:] != 0.0).all()
    gradient, _ = logistic_terms(x, y)(w)
    assert gradient[1:] + w[1:] == pytest.approx(np.zeros(2), abs=1e-9)


def test_rows_that_count_half_say_half_as_much_against_the_pull() -> None:
    x, y = drawn(4)
    half = newton(logistic_terms(x, y, 0.5), np.zeros(3), 1.0)
    assert half == pytest.approx(fit_logistic(x, y, 2.0), abs=1e-9)
