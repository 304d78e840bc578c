"""Turning logits into probabilities: a scale and shift, or isotonic steps. How they are fitted: ``measures.calibrate``."""

from __future__ import annotations

from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from recenv.rewards.ranking import Array

_ORDER = 0.01  # share of a smooth curve in isotonic probabilities, so that rows within a step keep their order


class Calibration(msgspec.Struct, frozen=True, kw_only=True):
    """A monotone map from logits to probabilities, as numbers.

    temperature: sigmoid(scale * logit + shift) (for lists softmax(scale * logits)). isotonic: piecewise linear between the
    knots (x, y). Probabilities stay within [0.002, 0.998]: no held-out set here could support more.
    """

    method: Literal["temperature", "isotonic"] = "temperature"
    scale: float = 1.0
    shift: float = 0.0
    x: tuple[float, ...] = ()
    y: tuple[float, ...] = ()

    def apply(self, logits: NDArray[np.floating]) -> Array:
        """(N,) probabilities."""
        z = np.asarray(logits, np.float64)
        if self.method == "isotonic":
            p = (1.0 - _ORDER) * np.interp(z, self.x, self.y) + _ORDER / (1.0 + np.exp(-np.clip(0.3 * z, -30.0, 30.0)))
        else:
            p = 1.0 / (1.0 + np.exp(-np.clip(self.scale * z + self.shift, -30.0, 30.0)))
        return np.asarray(np.clip(p, 0.002, 0.998), np.float64)

    def apply_list(self, logits: NDArray[np.floating]) -> Array:
        """(C,) probabilities over a list, summing to 1."""
        z = self.scale * np.asarray(logits, np.float64)
        e = np.exp(z - z.max())
        return np.asarray(e / e.sum(), np.float64)

    def __str__(self) -> str:
        if self.method == "isotonic":
            return f"isotonic, {len(self.x)} knots"
        return f"temperature, scale {self.scale:.3f}, shift {self.shift:.3f}"
