"""Fitting the wide paths alone, before the encoder: cheap, and a floor that the network then only has to improve on."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from recenv import rng
from recenv.rewards.models.wide import Wide
from recenv.training.losses import dimension_loss

_EPOCHS, _BATCH = 40, 256


class Given(NamedTuple):
    """Features (U, E), labels (U,), and which units belong together (U,), by number from 0; None where each stands alone."""

    dimension: str
    features: NDArray[np.float32]
    labels: NDArray[np.float32]
    lists: NDArray[np.int64] | None
    pair_weight: float


def warm_start(head: Wide, training: Given, validation: Given, seed: int) -> None:
    """Fit ``head.wide`` on features alone and keep its best epoch by validation loss.

    ``head.deep`` keeps its random start: silenced to begin with, it passes no gradient to the encoder and never learns.
    """
    optimizer = torch.optim.AdamW(head.wide.parameters(), lr=3e-3, weight_decay=0.02)
    best, kept = math.inf, {k: v.clone() for k, v in head.wide.state_dict().items()}
    for epoch in range(_EPOCHS):
        for units in _batches(training, seed, epoch):
            loss = _loss(head, training, units)
            optimizer.zero_grad(set_to_none=True)
            torch.autograd.backward(loss)
            optimizer.step()
        with torch.inference_mode():
            held = sum(float(_loss(head, validation, units)) * len(units) for units in _batches(validation, seed, 0))
        if held < best:
            best, kept = held, {k: v.clone() for k, v in head.wide.state_dict().items()}
    head.wide.load_state_dict(kept)


def _batches(given: Given, seed: int, epoch: int) -> list[NDArray[np.int64]]:
    """Batches of about _BATCH units in random order; what belongs together stays together."""
    key = (seed, rng.word("warm start"), epoch)
    if given.lists is None:
        order = rng.permutation(len(given.labels), *key)
        return [order[at:at + _BATCH] for at in range(0, len(order), _BATCH)]
    rank = rng.permutation(int(given.lists.max()) + 1, *key)[given.lists]
    order = np.argsort(rank, kind="stable")
    ends = np.flatnonzero(np.diff(rank[order], append=-1)) + 1
    cuts = np.unique(ends[np.searchsorted(ends, np.arange(_BATCH, len(order), _BATCH))])
    return [part for part in np.split(order, cuts) if len(part)]


def _loss(head: Wide, given: Given, units: NDArray[np.int64]) -> Tensor:
    x, y = torch.from_numpy(given.features[units]), torch.from_numpy(given.labels[units])
    lists = None if given.lists is None else torch.from_numpy(np.unique(given.lists[units], return_inverse=True)[1])
    return dimension_loss(given.dimension, head.judge(x), y, lists, given.pair_weight)
