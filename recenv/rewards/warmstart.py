"""Fitting the wide paths alone, before the encoder: cheap, and a floor that the network then only has to improve on."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from recenv import rng
from recenv.rewards.model import Head, listwise_loss, pointwise_loss

_EPOCHS, _BATCH = 40, 256


class Given(NamedTuple):
    """Features (U, E), labels (U,), and for lists the row of each unit (U,); None for single rows."""

    features: NDArray[np.float32]
    labels: NDArray[np.float32]
    lists: NDArray[np.int64] | None


def warm_start(head: Head, training: Given, validation: Given, seed: int) -> None:
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
            held = float(_loss(head, validation, np.arange(len(validation.labels))))
        if held < best:
            best, kept = held, {k: v.clone() for k, v in head.wide.state_dict().items()}
    head.wide.load_state_dict(kept)


def _batches(given: Given, seed: int, epoch: int) -> list[NDArray[np.int64]]:
    key = (seed, rng.word("warm start"), epoch)
    if given.lists is None:
        order = rng.permutation(len(given.labels), *key)
        return [order[at:at + _BATCH] for at in range(0, len(order), _BATCH)]
    start = np.flatnonzero(np.diff(given.lists, prepend=-1))
    end = np.append(start[1:], len(given.lists))
    order = rng.permutation(len(start), *key)
    size = max(1, _BATCH // 8)
    return [np.concatenate([np.arange(start[r], end[r]) for r in order[at:at + size]]) for at in range(0, len(order), size)]


def _loss(head: Head, given: Given, units: NDArray[np.int64]) -> Tensor:
    x, y = torch.from_numpy(given.features[units]), torch.from_numpy(given.labels[units])
    logits = head.wide(head.standard(x)).squeeze(1)
    if given.lists is None:
        return pointwise_loss(logits, y)
    return listwise_loss(logits, y, torch.from_numpy(np.unique(given.lists[units], return_inverse=True)[1]))
