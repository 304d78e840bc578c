"""Weights as signed bytes: every matrix row has its own scale, so that small rows keep their precision."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

_LEAST = 1_024  # smaller matrices are not worth the loss
SUFFIX = ".row_scale"


def packed(tensors: Mapping[str, Tensor], storage: str) -> dict[str, Tensor]:
    """As written to disk: "int8" (see ``quantise``) or "float16"."""
    if storage == "int8":
        return quantise(tensors)
    return {k: v.half() if v.is_floating_point() else v for k, v in tensors.items()}


def rounded(tensors: Mapping[str, Tensor], storage: str) -> dict[str, Tensor]:
    """The values that are read back after ``packed``; they are not changed by being written once more."""
    return restore(packed(tensors, storage))


def quantise(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """int8 matrices with a float16 scale a row, symmetric around 0; whatever else is floating as float16."""
    out: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        if tensor.is_floating_point() and tensor.dim() == 2 and tensor.numel() >= _LEAST:
            top = tensor.float().abs().amax(1)
            scale = (top / 127.0).half().clamp(min=6e-8)
            out[name] = torch.round(tensor.float() / scale.float()[:, None]).clamp(-127, 127).to(torch.int8)
            out[name + SUFFIX] = scale
        else:
            out[name] = (tensor.half() if tensor.is_floating_point() else tensor).contiguous()
    return out


def restore(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """float32 tensors from what ``quantise`` made; others pass as float32."""
    out: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        if name.endswith(SUFFIX):
            continue
        scale = tensors.get(name + SUFFIX)
        if scale is not None:
            out[name] = tensor.float() * scale.float()[:, None]
        else:
            out[name] = tensor.float() if tensor.is_floating_point() else tensor
    return out
