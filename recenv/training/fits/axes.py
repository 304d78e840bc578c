"""Finding the axes that answers are placed on (``models.sequence.similarities``): the directions in which they differ most."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def fit_axes(means: NDArray[np.float64], count: int) -> Tensor:
    """(1 + count, H) centre and leading principal directions of mean states (N, H)."""
    centre = means.mean(0)
    _, directions = np.linalg.eigh((means - centre).T @ (means - centre))
    leading = directions.T[::-1][:count]
    leading = leading * np.where(np.abs(leading.max(1)) >= np.abs(leading.min(1)), 1.0, -1.0)[:, None]  # one of two signs
    return torch.from_numpy(np.concatenate([centre[None], leading]).astype(np.float32))
