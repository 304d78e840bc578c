"""How likely a user takes an item up when it is shown to him alone: the meaning of behaviour prediction in recenv.

With taste a Gumbel draw an item and another for taking nothing, and with a user who does not hold out for more than his list
has (``envs.dynamics``), item i of the fitting ones F is taken where its value beats taking nothing, or where nothing does and it
is the best of them. Gumbel maxima are independent of who attains them, so with u the utilities less that of taking nothing and
S = sum over F of exp(u_j)

    P(i) = exp(u_i) / (1 + exp(u_i))  +  1 / (1 + S) x exp(u_i) / S

and 0 for an item that does not fit. One that fits alone is taken for certain.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_MOST = 300.0  # logits beyond which exp would overflow; chances there are 0 or 1 all the same


def take_up_chances(appeal: NDArray[np.float64], fits: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(..., C) chances in [0, 1]. appeal (..., C): utility less that of taking nothing, logits; fits (..., C)."""
    odds = np.exp(np.clip(appeal, -_MOST, _MOST))
    total = np.where(fits, odds, 0.0).sum(-1, keepdims=True)
    alone = odds / (1.0 + odds)
    best = np.where(total > 0, odds / np.where(total > 0, total, 1.0), 0.0) / (1.0 + total)
    return np.where(fits, np.minimum(alone + best, 1.0), 0.0)
