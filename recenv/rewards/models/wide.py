"""What judges a row by its explicit features alone, beside whatever network reads it."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn


class Wide(nn.Module):
    """A small network over standardised features. mean, scale: of the features over the training rows."""

    mean: Tensor
    scale: Tensor

    def __init__(self, n_features: int, width: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(n_features))
        self.register_buffer("scale", torch.ones(n_features))
        self.wide = nn.Sequential(nn.Linear(n_features, width), nn.GELU(), nn.Linear(width, 1))

    def standard(self, given: Tensor) -> Tensor:
        """Features standardised by the training rows, cut at four deviations; unknown ones (NaN) at the mean."""
        return torch.nan_to_num((given - self.mean) / self.scale).clamp(-4.0, 4.0)

    def judge(self, given: Tensor) -> Tensor:
        """(R,) logits of features (R, E)."""
        out: Tensor = self.wide(self.standard(given)).squeeze(1)
        return out


_BATCH = 64  # rows at a time, always as many: a logit does not depend on the rows beside it


def judged(head: Wide, given: NDArray[np.float32]) -> NDArray[np.float64]:
    """(N,) logits of features (N, E)."""
    out = np.zeros(len(given), np.float64)
    with torch.inference_mode():
        for at in range(0, len(given), _BATCH):
            part = given[at:at + _BATCH]
            block = np.zeros((_BATCH, given.shape[1]), np.float32)
            block[:len(part)] = part
            logits = head.judge(torch.from_numpy(block).to(head.mean.device))
            out[at:at + _BATCH] = logits[:len(part)].cpu().double().numpy()
    return out


def standard(head: Wide, given: NDArray[np.float32]) -> NDArray[np.float32]:
    """(N, E) features standardised as the head does, without NaN."""
    with torch.inference_mode():
        found: NDArray[np.float32] = head.standard(torch.from_numpy(given).to(head.mean.device)).cpu().numpy()
    return found
