"""Two opinions on a row as one: logit = a * first + b * second + c, with a, b >= 0 fitted on rows that neither was trained on."""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

_RIDGE = 1.0  # of the blend's weights towards an even blend


class Blend(msgspec.Struct, frozen=True, kw_only=True):
    """Weights of the two logits, and a shift."""

    network: float = 1.0
    expert: float = 0.0
    shift: float = 0.0

    def __call__(self, network: NDArray[np.float64], expert: NDArray[np.float64]) -> NDArray[np.float64]:
        """(N,) blended logits; the network's where the expert is NaN."""
        both = self.network * network + self.expert * np.nan_to_num(expert) + self.shift
        return np.where(np.isnan(expert), network, both)


def fit_blend(network: NDArray[np.float64], expert: NDArray[np.float64], labels: NDArray[np.float64]) -> Blend:
    """By Newton steps on the cross-entropy with labels in [0, 1], with a pull towards an even blend.

    Too few rows, or one class only, blend evenly.
    """
    spoken = ~np.isnan(expert)
    x, y = np.stack([network[spoken], expert[spoken], np.ones(int(spoken.sum()))], 1), labels[spoken]
    even = np.array([0.5, 0.5, 0.0])
    if len(y) < 30 or y.max() < 0.5 or y.min() >= 0.5:
        return Blend(network=0.5, expert=0.5)
    best = even
    for free in ((True, True), (True, False), (False, True)):
        used = np.array([*free, True])
        theta = np.where(used, even, 0.0)
        for _ in range(60):
            p = 1.0 / (1.0 + np.exp(-np.clip(x @ theta, -30.0, 30.0)))
            gradient = (x.T @ (p - y) + _RIDGE * (theta - even))[used]
            hessian = ((x * (p * (1.0 - p))[:, None]).T @ x + _RIDGE * np.eye(3))[np.ix_(used, used)]
            step = np.linalg.solve(hessian, gradient)
            theta[used] -= step * min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-12))
            if np.abs(step).max() < 1e-9:
                break
        best = theta
        if theta[:2].min() >= 0.0:
            break
    return Blend(network=float(max(best[0], 0.0)), expert=float(max(best[1], 0.0)), shift=float(best[2]))
