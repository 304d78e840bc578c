"""Trainings that only write weights: examining and drawing what was trained takes most of the time of a small one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from recenv.appraisal.held_out import HeldOut
from recenv.training import train as training


@contextmanager
def unexamined() -> Iterator[None]:
    """Checkpoints trained within have the same weights, and a card without figures of held-out rows, cost and curves."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "measure_held_out", lambda *_: HeldOut([], []))
        patch.setattr(training, "rows_per_second", lambda *_: {})
        patch.setattr(training, "draw_curves", lambda _: b"")
        yield
