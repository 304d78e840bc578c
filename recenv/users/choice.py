"""The choice model: a conditional logit with an outside option over what a user has looked at, and its likelihood.

A user looks down a list from the top and goes on after each position with probability ``decay`` (the examination
hypothesis, Craswell et al., WSDM 2008: position k is looked at with probability decay^k). Of the n items looked at, item i
is taken with probability exp(v_i) / (1 + sum over j < n of exp(v_j)), nothing with the rest (McFadden 1974). Where the log
does not say how a list was displayed, all of it counts as looked at. n is not logged, so the likelihood sums over it:

    P(take k) = exp(v_k) S_k,   P(nothing) = S_0',   S_k = sum over n > k of q_n / (1 + sum over j < n of exp(v_j)),
    q_n = decay^(n-1) (1 - decay) for n < L,   q_L = decay^(L-1)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]

_CERTAIN = 40.0  # logits beyond which nothing changes, so that a wild step of the search stays finite


class Choices(NamedTuple):
    """G logged choices. features (G, L, E), items in displayed order, padded; length (G,) items in each list;
    chosen (G,) index of the item taken, -1 for nothing; ordered (G,) whether the display order is known.
    """

    features: Vector
    length: NDArray[np.int64]
    chosen: NDArray[np.int64]
    ordered: NDArray[np.bool_]

    def take(self, rows: NDArray[np.bool_] | NDArray[np.int64]) -> Choices:
        return Choices(self.features[rows], self.length[rows], self.chosen[rows], self.ordered[rows])


class Fitted(NamedTuple):
    """beta (E,), decay; errors (E + 1,): standard errors of beta and of decay's logit from the penalised Hessian."""

    beta: Vector
    decay: float
    errors: Vector
    iterations: int


def log_likelihood(data: Choices, beta: Vector, decay: float) -> Vector:
    """(G,) log-probability of each logged choice."""
    return _evaluate(data, beta, float(np.log(decay) - np.log1p(-decay)))[0]


def maximise(data: Choices, l2: float, prior_decay: float, max_iterations: int = 100) -> Fitted:
    """Penalised maximum likelihood by damped Newton steps, from zero; deterministic.

    l2: ridge on every coefficient (and on decay's logit, around ``prior_decay``), in units of one observation; small but
    above 0, so that what the data do not tell stays put.
    """
    width = data.features.shape[2]
    centre = np.zeros(width + 1)
    centre[-1] = np.log(prior_decay) - np.log1p(-prior_decay)

    def loss(point: Vector) -> tuple[float, Vector]:
        value, gradient = _evaluate(data, point[:-1], point[-1])
        apart = point - centre
        return float(0.5 * l2 * np.square(apart).sum() - value.sum()), l2 * apart - gradient

    point, iterations = centre, 0
    value, gradient = loss(point)
    for iterations in range(1, max_iterations + 1):  # noqa: B007
        step = np.linalg.solve(_positive(_hessian(loss, point)), gradient)
        scale = 1.0
        while scale > 1e-8:
            moved, slope = loss(point - scale * step)
            if moved <= value:
                break
            scale /= 2
        else:
            break
        point, done = point - scale * step, value - moved < 1e-10 * max(1.0, abs(value))
        value, gradient = moved, slope
        if done:
            break
    errors = np.sqrt(np.diag(np.linalg.inv(_positive(_hessian(loss, point)))))
    return Fitted(point[:-1], float(1.0 / (1.0 + np.exp(-point[-1]))), errors, iterations)


def _evaluate(data: Choices, beta: Vector, logit: float) -> tuple[Vector, Vector]:
    """Log-likelihood (G,) and its gradient summed over G, (E + 1,), the last for decay's logit."""
    goals, longest, width = data.features.shape
    place = np.arange(longest)
    present = place < data.length[:, None]  # (G, L)
    value = np.zeros((goals, longest))
    for e in range(width):
        value += beta[e] * data.features[:, :, e]
    value = np.where(present, np.clip(value, -_CERTAIN, _CERTAIN), -np.inf)
    top = value.max(1, initial=0.0)[:, None]  # the outside option's utility is 0
    weight = np.exp(value - top)  # (G, L)
    mass = np.exp(-top) + np.cumsum(weight, 1)  # (G, L) over the first n = place + 1
    depth, slope = _depth(data, place, float(1.0 / (1.0 + np.exp(-logit))))
    first = np.maximum(data.chosen, 0)[:, None]  # the shallowest look that meets the choice; everything for nothing
    depth, slope = (np.where(place >= first, part, 0.0) for part in (depth, slope))
    reached = (depth / mass).sum(1)  # (G,)
    taken = data.chosen >= 0
    rows = np.flatnonzero(taken)
    numerator = -top[:, 0]
    numerator[rows] = value[rows, data.chosen[rows]] - top[rows, 0]
    log_p = numerator + np.log(reached)
    tail = np.cumsum((depth / mass**2)[:, ::-1], 1)[:, ::-1]  # (G, L) sum over n > j
    by_value = -weight * tail / reached[:, None]  # d log P / d v_j
    by_value[rows, data.chosen[rows]] += 1.0
    gradient = np.array([float((by_value * data.features[:, :, e])[present].sum()) for e in range(width)])
    return log_p, np.append(gradient, float(((slope / mass).sum(1) / reached).sum()))


def _depth(data: Choices, place: NDArray[np.int64], decay: float) -> tuple[Vector, Vector]:
    """(G, L) probability of looking at exactly the first place + 1 items, and its derivative by decay's logit."""
    n = data.length[:, None] - 1
    going = decay**place
    slope = place * decay ** np.maximum(place - 1, 0)
    last = place == n
    depth = np.where(last, going, going * (1.0 - decay)) * (place <= n)
    change = np.where(last, slope, slope * (1.0 - decay) - going) * (place <= n)
    known = data.ordered[:, None]
    return np.where(known, depth, last), np.where(known, change * decay * (1.0 - decay), 0.0)


def _hessian(loss: Callable[[Vector], tuple[float, Vector]], point: Vector) -> Vector:
    """By central differences of the gradient."""
    step = 1e-5
    rows = [(loss(point + step * unit)[1] - loss(point - step * unit)[1]) / (2 * step) for unit in np.eye(len(point))]
    square = np.array(rows)
    return np.asarray((square + square.T) / 2)


def _positive(square: Vector) -> Vector:
    """The nearest matrix whose eigenvalues are safely positive: far from the optimum the mixture is not concave."""
    values, vectors = np.linalg.eigh(square)
    return np.asarray((vectors * np.maximum(np.abs(values), 1e-8)) @ vectors.T)
