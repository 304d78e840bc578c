"""What scorers are trained to make small."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from recenv.rewards.dimensions import DIMENSIONS


def pointwise_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Binary cross-entropy with labels in [0, 1], graded ones as they are."""
    return nn.functional.binary_cross_entropy_with_logits(logits, labels)


def listwise_loss(logits: Tensor, labels: Tensor, lists: Tensor) -> Tensor:
    """Mean softmax cross-entropy over the lists that have a positive (ListNet's top-1 form, Cao et al., ICML 2007)."""
    n = int(lists.max()) + 1
    top = logits.new_full((n,), -torch.inf).scatter_reduce(0, lists, logits.detach(), "amax")
    log_total = logits.new_zeros(n).index_add(0, lists, torch.exp(logits - top[lists])).log() + top
    positives = logits.new_zeros(n).index_add(0, lists, labels)
    loss = logits.new_zeros(n).index_add(0, lists, labels * (log_total[lists] - logits))
    used = positives > 0
    return (loss[used] / positives[used]).sum() / used.sum().clamp(min=1)


def pairwise_loss(logits: Tensor, labels: Tensor, lists: Tensor) -> Tensor:
    """Mean logistic loss over pairs of one list with different labels (RankNet, Burges et al., ICML 2005).

    Pairs weigh by the difference of their labels; 0 where there is none.
    """
    gap = (labels[:, None] - labels[None, :]).clamp(min=0.0) * (lists[:, None] == lists[None, :])
    loss = nn.functional.softplus(logits[None, :] - logits[:, None])
    return (gap * loss).sum() / gap.sum().clamp(min=1e-6)


def dimension_loss(dimension: str, logits: Tensor, labels: Tensor, lists: Tensor | None, pair_weight: float) -> Tensor:
    """Listwise for lists; pointwise elsewhere, with the pairwise loss beside it where rows answer the same request.

    lists: (R,) which rows belong together, by number from 0; None for rows that stand alone.
    """
    if lists is None:
        return pointwise_loss(logits, labels)
    if DIMENSIONS[dimension].listwise:
        return listwise_loss(logits, labels, lists)
    return pointwise_loss(logits, labels) + pair_weight * pairwise_loss(logits, labels, lists)
