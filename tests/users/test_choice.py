"""The choice model: the likelihood by hand, its gradient, and recovery of known parameters."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from recenv import rng
from recenv.users.choice import Choices, _evaluate, log_likelihood, maximise


def simulate(goals: int, length: int, beta: NDArray[np.float64], decay: float, seed: int, ordered: bool = True) -> Choices:
    """Choices drawn from the model itself: a prefix is looked at, the best of it and of taking nothing is taken."""
    g, k = np.arange(goals)[:, None], np.arange(length)
    features = np.stack(
        [np.ones((goals, length)), *(rng.normal(seed, e, g, k) for e in range(1, len(beta)))], 2)
    if ordered:
        looked = np.cumprod(np.c_[np.ones((goals, 1), bool), rng.uniform(seed, 90, g, k[1:]) < decay], 1) > 0
    else:
        looked = np.ones((goals, length), bool)
    utility = np.where(looked, features @ beta + rng.gumbel(seed, 91, g, k), -np.inf)
    nothing = rng.gumbel(seed, 92, np.arange(goals))
    best = utility.argmax(1)
    chosen = np.where(utility.max(1) > nothing, best, -1)
    return Choices(features, np.full(goals, length), chosen, np.full(goals, ordered))


def test_the_likelihood_by_hand() -> None:
    features = np.array([[[np.log(2.0)], [np.log(3.0)]]] * 3)
    data = Choices(features, np.array([2, 2, 2]), np.array([0, 1, -1]), np.array([True] * 3))
    # weights 2 and 3; one item looked at with probability 1/4, both with 3/4
    expected = [1 / 4 * 2 / 3 + 3 / 4 * 2 / 6, 3 / 4 * 3 / 6, 1 / 4 * 1 / 3 + 3 / 4 * 1 / 6]
    assert np.exp(log_likelihood(data, np.ones(1), 0.75)) == pytest.approx(expected)
    anyhow = data._replace(ordered=np.array([False] * 3))
    assert np.exp(log_likelihood(anyhow, np.ones(1), 0.75)) == pytest.approx([2 / 6, 3 / 6, 1 / 6])


def test_probabilities_sum_to_one_whatever_the_padding() -> None:
    features = np.array([[[0.3], [-1.0], [2.0], [99.0]]] * 4)
    data = Choices(features, np.full(4, 3), np.array([-1, 0, 1, 2]), np.full(4, True))
    assert np.exp(log_likelihood(data, np.ones(1), 0.6)).sum() == pytest.approx(1.0)
    huge = data._replace(features=features * 400)  # no overflow
    assert np.exp(log_likelihood(huge, np.ones(1), 0.6)).sum() == pytest.approx(1.0)


def test_the_gradient_is_the_slope() -> None:
    data = simulate(40, 5, np.array([0.2, 1.0, -0.5]), 0.8, seed=3)
    at = np.arange(40)
    mixed = data._replace(ordered=at % 3 > 0, length=np.where(at % 5, 5, 3), chosen=np.minimum(data.chosen, 2))
    point = np.array([0.1, 0.4, -0.2, 0.7])
    gradient = _evaluate(mixed, point[:3], point[3])[1]
    for e, unit in enumerate(np.eye(4) * 1e-6):
        up, down = (_evaluate(mixed, p[:3], p[3])[0].sum() for p in (point + unit, point - unit))
        assert gradient[e] == pytest.approx((up - down) / 2e-6, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("ordered", [True, False])
def test_known_parameters_are_recovered(ordered: bool) -> None:
    beta, decay = np.array([-0.5, 1.2, -0.8, 0.0]), 0.8
    fitted = maximise(simulate(4000, 8, beta, decay, seed=1, ordered=ordered), l2=1e-3, prior_decay=0.9)
    assert np.abs(fitted.beta - beta).max() < 0.12
    assert (np.abs(fitted.beta - beta) < 4 * fitted.errors[:-1]).all()
    if ordered:
        assert abs(fitted.decay - decay) < 0.03
    else:
        assert fitted.decay == pytest.approx(0.9)  # untold: it stays where the prior is


@pytest.mark.parametrize("l2", [1.0, 20.0])
def test_no_point_near_the_fitted_one_is_worth_more(l2: float) -> None:
    """Log-likelihood less the ridge: around 0, and around the prior's logit for how far is looked."""
    data, prior = simulate(60, 5, np.array([0.3, 1.0, -0.6]), 0.6, seed=5), 0.95

    def worth(point: NDArray[np.float64]) -> float:
        *beta, logit = point
        ridge = np.sum(np.square(beta)) + (logit - np.log(prior / (1 - prior))) ** 2
        return float(log_likelihood(data, np.array(beta), 1 / (1 + np.exp(-logit))).sum() - 0.5 * l2 * ridge)

    fitted = maximise(data, l2, prior)
    point = np.array([*fitted.beta, np.log(fitted.decay / (1 - fitted.decay))])
    assert all(worth(point + step) < worth(point) for unit in np.eye(4) * 1e-3 for step in (unit, -unit))


def test_fitting_is_deterministic_and_ignores_the_order_of_goals() -> None:
    data = simulate(300, 5, np.array([0.0, 1.0]), 0.7, seed=2)
    one, two = (maximise(data, 1.0, 0.9) for _ in range(2))
    assert one.beta.tobytes() == two.beta.tobytes() and one.decay == two.decay
    turned = maximise(data.take(np.arange(300)[::-1].copy()), 1.0, 0.9)
    assert turned.beta == pytest.approx(one.beta, abs=1e-6)


def test_a_feature_without_variation_stays_at_zero() -> None:
    data = simulate(200, 4, np.array([0.0, 1.0]), 0.7, seed=4)
    padded = data._replace(features=np.concatenate([data.features, np.zeros((200, 4, 1))], 2))
    assert maximise(padded, 1.0, 0.9).beta[2] == pytest.approx(0.0, abs=1e-9)


def test_errors_are_those_of_the_penalised_hessian() -> None:
    """Lists of one item in no known order, taken or not: a logistic regression, whose slope and Hessian are known; how far is
    looked is held by the ridge alone."""
    n, l2 = 60, 0.5
    x = np.stack([np.ones(n), rng.normal(3, np.arange(n)) + 0.5], 1)
    chosen = np.where(rng.uniform(4, np.arange(n)) < 0.3, 0, -1)
    fitted = maximise(Choices(x[:, None], np.full(n, 1), chosen, np.zeros(n, np.bool_)), l2, 0.9)
    p = 1 / (1 + np.exp(-x @ fitted.beta))
    assert x.T @ ((chosen == 0) - p) == pytest.approx(l2 * fitted.beta, abs=1e-5)
    hessian = (x * (p * (1 - p))[:, None]).T @ x + l2 * np.eye(2)
    assert fitted.errors == pytest.approx([*np.sqrt(np.diag(np.linalg.inv(hessian))), 1 / np.sqrt(l2)], rel=1e-4)
    assert fitted.decay == pytest.approx(0.9)


@pytest.mark.parametrize("odds", [999.0, 1 / 999.0])
def test_steps_are_counted_and_none_makes_it_worse(odds: float) -> None:
    """Also where whole steps would, and from far away."""
    data = simulate(50, 6, np.array([0.0, 4.0, -4.0]), 0.3, seed=6)
    few = [maximise(data, 1e-3, odds / (1 + odds), max_iterations=n) for n in (0, 1, 2, 3, 100)]
    assert [f.iterations for f in few[:4]] == [0, 1, 2, 3] and few[4].iterations < 30
    assert not few[0].beta.any() and few[0].decay == pytest.approx(odds / (1 + odds))
    centre = np.array([0.0, 0.0, 0.0, np.log(odds)])
    worth = [-np.inf]
    for f in few:
        point = np.array([*f.beta, np.log(f.decay / (1 - f.decay))])
        worth.append(float(log_likelihood(data, f.beta, f.decay).sum() - 0.5e-3 * ((point - centre) ** 2).sum()))
    assert worth == sorted(worth)


def test_some_choices_of_all_are_taken_with_all_that_is_known_of_them() -> None:
    data = simulate(5, 3, np.array([0.0, 1.0]), 0.7, seed=1)._replace(length=np.arange(1, 6), ordered=np.arange(5) % 2 == 0)
    part = data.take(np.array([4, 1]))
    assert part.length.tolist() == [5, 2] and part.ordered.tolist() == [True, False]
    assert np.array_equal(part.features, data.features[[4, 1]]) and part.chosen.tolist() == data.chosen[[4, 1]].tolist()
