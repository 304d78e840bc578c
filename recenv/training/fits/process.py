"""Learning a Gaussian process over people and scenes (``rewards.models.tables.kernel``): its weights by the marginal likelihood
(Rasmussen & Williams, Gaussian Processes for Machine Learning, 2006, ch. 5), then what it makes of the training rows.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from recenv.rewards.models.tables.columns import Encoded, Side
from recenv.rewards.models.tables.kernel import TERMS, Floats, Levelled, distances, likeness, pair_side

STEPS = 90
"""Gradient steps on the weights."""
_RATE = 0.2
_LEARN_ROWS, _LEARN_PEOPLE = 1_800, 80
_AMPLITUDE, _NOISE, _JITTER = 0.05, 0.13, 1e-4
_START = {"user": 0.3, "scene": 0.3, "pair": 0.7}


class Weights(NamedTuple):
    """amplitude (T,) of terms; weights of the distances of user (Ku, T), scene (Ks, T), pair (Kp, T), 0 where a term does not
    look; noise (1,)."""

    amplitude: Floats
    user: Floats
    scene: Floats
    pair: Floats
    noise: Floats


class Table(NamedTuple):
    """Rows by their distinct parts: user, scene, pair (N,) index into the distinct rows; person (N,) numbers people."""

    users: Side
    scenes: Side
    pairs: Side
    user: NDArray[np.int64]
    scene: NDArray[np.int64]
    pair: NDArray[np.int64]
    person: NDArray[np.int64]

    def take(self, rows: NDArray[np.int64]) -> Table:
        """Some of the rows, over the distinct parts that they use."""
        users, user = _used(self.users, self.user[rows])
        scenes, scene = _used(self.scenes, self.scene[rows])
        pairs, pair = _used(self.pairs, self.pair[rows])
        return Table(users, scenes, pairs, user, scene, pair, self.person[rows])


def _used(side: Side, index: NDArray[np.int64]) -> tuple[Side, NDArray[np.int64]]:
    """The rows of a side that an index uses, and the index among them."""
    used, at = np.unique(index, return_inverse=True)
    return Side(side.codes[used], side.levels[used]), at.reshape(-1)


def table_of(encoded: Encoded, person: NDArray[np.int64]) -> Table:
    """Encoded rows as a table."""
    users, user = _distinct(encoded.user)
    scenes, scene = _distinct(encoded.scene)
    pairs, pair = _distinct(pair_side(encoded.pairs))
    return Table(users, scenes, pairs, user, scene, pair, person)


def _distinct(side: Side) -> tuple[Side, NDArray[np.int64]]:
    filled = np.nan_to_num(side.levels, nan=-9.0)  # NaN differs from itself
    both = np.concatenate([side.codes.astype(np.float32), filled], 1)
    _, first, index = np.unique(both, axis=0, return_index=True, return_inverse=True)
    return Side(side.codes[first], side.levels[first]), index.reshape(-1)


def levelled(encoded: Table) -> Levelled:
    """Columns with three levels or more; of two levels the names say all. Of pair columns, those that vary."""
    def vary(side: Side, least: int) -> NDArray[np.bool_]:
        filled = np.nan_to_num(side.levels, nan=-9.0)
        return np.array([len(np.unique(filled[:, j])) >= least for j in range(filled.shape[1])], bool)

    return Levelled(vary(encoded.users, 3), vary(encoded.scenes, 3), vary(encoded.pairs, 2))


def width(rows: Table, side: str) -> int:
    """Number of distances of a side ("user", "scene", "pair")."""
    codes = {"user": rows.users, "scene": rows.scenes, "pair": rows.pairs}[side].codes
    own = levelled(rows)._asdict()
    return int(codes.shape[1] + own[side].sum())


def learn(rows: Table, labels: Floats, context_columns: NDArray[np.bool_], seed: int) -> Weights:
    """Weights by gradient steps on the marginal likelihood, each over other people.

    context_columns: (Ks,) which distances of scenes are of the context. labels (N,) in [0, 1].
    """
    own, masks = levelled(rows), _masks(rows, context_columns)
    begin = starting_weights(rows, context_columns)
    parameters = {name: torch.from_numpy(np.log(np.where(value > 0.0, value, np.float32(1.0)))).requires_grad_()
                  for name, value in begin._asdict().items()}
    optimiser = torch.optim.Adam(list(parameters.values()), lr=_RATE, betas=(0.8, 0.95))
    generator = np.random.default_rng([seed, 1])
    people = np.unique(rows.person)
    for step in range(STEPS):
        for group in optimiser.param_groups:
            group["lr"] = _RATE * min(1.0, 2.0 * (1.0 - step / STEPS) + 0.1)
        part = _some(rows, people, generator)
        _gradients(rows.take(part), own, torch.from_numpy(labels[part]), parameters, masks)
        optimiser.step()
    found = {name: value.detach().exp().numpy() for name, value in parameters.items()}
    return Weights(**{name: value * masks[name].numpy() if name in masks else value for name, value in found.items()})


def starting_weights(rows: Table, context_columns: NDArray[np.bool_]) -> Weights:
    """Where ``learn`` begins: every term as strong as the next, every distance of a side of one weight."""
    masks = _masks(rows, context_columns)
    sides = {name: (mask.numpy() * _START[name]).astype(np.float32) for name, mask in masks.items()}
    return Weights(np.full(len(TERMS), _AMPLITUDE, np.float32), **sides, noise=np.full(1, _NOISE, np.float32))


def _some(rows: Table, people: NDArray[np.int64], generator: np.random.Generator) -> NDArray[np.int64]:
    """Rows of people drawn at random, as many as a step can take."""
    picked = generator.permutation(people)[:_LEARN_PEOPLE]
    chosen = np.concatenate([np.flatnonzero(rows.person == p) for p in picked])
    return np.sort(chosen[:_LEARN_ROWS])


def _masks(rows: Table, context_columns: NDArray[np.bool_]) -> dict[str, Tensor]:
    """Side -> (K, T), 1 where a term looks at a distance."""
    masks = {side: torch.zeros(width(rows, side), len(TERMS)) for side in _START}
    item = torch.from_numpy(~context_columns).float()
    for t, (_, looks) in enumerate(TERMS):
        masks["user"][:, t] = float("user" in looks)
        masks["scene"][:, t] = 1.0 if "scene" in looks else item * float("item" in looks)
        masks["pair"][:, t] = float("pair" in looks)
    return masks


def _gradients(part: Table, own: Levelled, labels: Tensor, parameters: dict[str, Tensor], masks: dict[str, Tensor]) -> None:
    """Set the gradients of minus the mean log marginal likelihood, and of a weak prior on the weights."""
    sides = (("user", part.users, part.user, own.user), ("scene", part.scenes, part.scene, own.scene),
             ("pair", part.pairs, part.pair, own.pair))
    far = {name: torch.from_numpy(distances(side, side, keep)) for name, side, _, keep in sides}
    at = {name: torch.from_numpy(index) for name, _, index, _ in sides}
    same = torch.from_numpy(part.person[:, None] == part.person[None]).float()
    n = len(labels)
    covariance = torch.zeros(n, n)
    for t, (_, looks) in enumerate(TERMS):
        term = parameters["amplitude"][t].exp()
        for name in far:
            if bool(masks[name][:, t].any()):
                factor = torch.exp(-(far[name] @ (parameters[name][:, t].exp() * masks[name][:, t])))
                term = term * _spread(factor, at[name])
        covariance = covariance + (term * same if "person" in looks else term)
    with torch.no_grad():
        noise = parameters["noise"].exp()
        factor = torch.linalg.cholesky(covariance + (noise + _JITTER) * torch.eye(n))
        inverse = torch.cholesky_inverse(factor)
        alpha = inverse @ (labels - labels.mean())
        pull = 0.5 * (inverse - alpha[:, None] * alpha[None]) / n
    for parameter in parameters.values():
        parameter.grad = None
    (pull * covariance).sum().backward()  # type: ignore[no-untyped-call]
    parameters["noise"].grad = pull.diagonal().sum() * noise
    for name, start in _START.items():
        grad = parameters[name].grad
        prior = 0.2 * (parameters[name].detach() - float(np.log(start))) * masks[name] / n
        parameters[name].grad = prior if grad is None else torch.nan_to_num(grad) + prior


def _spread(factor: Tensor, index: Tensor) -> Tensor:
    """factor (U, U) at pairs of rows (N, N); its gradient is gathered by products, which is faster than scattering."""
    class Spread(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, values: Tensor) -> Tensor:
            ctx.size = len(values)
            return values.index_select(0, index).index_select(1, index)

        @staticmethod
        def backward(ctx: Any, *grads: Tensor) -> Tensor:
            chosen = torch.zeros(len(index), ctx.size)
            chosen[torch.arange(len(index)), index] = 1.0
            return chosen.T @ (grads[0] @ chosen)

    out: Tensor = Spread.apply(factor)  # type: ignore[no-untyped-call]
    return out


class Solved(NamedTuple):
    """alpha (N,): weights of the training rows; apart (N,): what the process says of each person from all others; mean label."""

    alpha: Floats
    apart: Floats
    mean: float


def solve(rows: Table, labels: Floats, weights: Weights) -> Solved:
    """The process given the labels (N,), and its answers for each person had they not been in training.

    The latter need no refits: with P the inverse covariance, y_g - inv(P_gg) (P y)_g
    (Rasmussen & Williams, 2006, eq. 5.12, by blocks).
    """
    mean = float(labels.mean(dtype=np.float64))
    matrix = torch.from_numpy(covariance(rows, weights))
    matrix.diagonal().add_(float(weights.noise[0]) + _JITTER)
    factor = torch.linalg.cholesky(matrix)
    del matrix
    inverse = torch.cholesky_inverse(factor)
    del factor
    alpha = inverse @ torch.from_numpy(labels - np.float32(mean))
    apart = np.empty(len(labels), np.float32)
    for person in np.unique(rows.person):
        at = torch.from_numpy(np.flatnonzero(rows.person == person))
        shift = torch.linalg.solve(inverse[at][:, at].double(), alpha[at].double())
        apart[at.numpy()] = labels[at.numpy()] - shift.float().numpy()
    return Solved(alpha.numpy(), apart, mean)


def covariance(rows: Table, weights: Weights) -> Floats:
    """(N, N) covariance of the rows, without noise."""
    own = levelled(rows)
    n = len(rows.person)
    out = np.zeros((n, n), np.float32)
    for t, (_, looks) in enumerate(TERMS):
        factors = [likeness(side, side, keep, w[:, t:t + 1])[:, :, 0] for side, keep, w in (
            (rows.users, own.user, weights.user), (rows.scenes, own.scene, weights.scene), (rows.pairs, own.pair, weights.pair))]
        for start in range(0, n, 256):
            part = slice(start, start + 256)
            block = np.full((len(rows.person[part]), n), weights.amplitude[t], np.float32)
            for factor, index, w in zip(factors, (rows.user, rows.scene, rows.pair), (weights.user, weights.scene, weights.pair),
                                        strict=True):
                if w[:, t].any():
                    block *= factor[index[part]][:, index]
            out[part] += block * (rows.person[part, None] == rows.person[None]) if "person" in looks else block
    return out
