"""Where networks compute: the processor, or a GPU that somebody asks for. Trees always work on the processor.

Sums come out otherwise in the last bits on another kind of device, so scorers there have a fingerprint of their own: what they
said is not taken for what the processor would have said.
"""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from recenv.errors import InputError

if TYPE_CHECKING:
    import torch

DEVICE, PROCESSOR, AUTO = "RECENV_DEVICE", "cpu", "auto"
"""The variable that says where shipped networks compute; what it says where nobody set it; the first GPU there is, if any."""

_FILLING = 256  # sequences at once, always as many: on a processor few are faster


def find_device(name: str | None = None) -> torch.device:
    """A device as torch names it ("cpu", "cuda:1", "mps"), or AUTO; what DEVICE says where none is given.

    Raises InputError for one that cannot compute here.
    """
    import torch

    name = name or os.environ.get(DEVICE) or PROCESSOR
    if name == AUTO:
        name = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else PROCESSOR
    try:
        torch.ones(1, device=name).cpu()
        return torch.device(name)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        why = str(error).partition("\n")[0]
        raise InputError(f"no device {name!r} to compute on ({why}); expected {PROCESSOR}, {AUTO}, or a GPU of this machine as "
                         f"torch names it, such as cuda:0 (device=, or the variable {DEVICE})") from None


def of_model(model: torch.nn.Module) -> torch.device:
    """Where a network is."""
    return next(model.parameters()).device


def at_once(device: torch.device, least: int) -> int:
    """How many sequences to compute together: on the processor ``least``."""
    return least if device.type == PROCESSOR else _FILLING


def marked(fingerprint: str, device: torch.device | None = None) -> str:
    """The fingerprint of a network's scorers on a device; None: on the one that DEVICE says."""
    if device is None and os.environ.get(DEVICE, PROCESSOR) in ("", PROCESSOR):
        return fingerprint
    kind = (device or find_device()).type
    return fingerprint if kind == PROCESSOR else hashlib.sha256(f"{fingerprint} {kind}".encode()).hexdigest()
