"""Trainings that say less of what they trained, which takes most of the time of a small one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pytest

from recenv.appraisal import sheet
from recenv.appraisal.held_out import HeldOut
from recenv.training import train as training
from recenv.training.fits import opinions
from recenv.training.fits.forest import fit_forest


@contextmanager
def unexamined() -> Iterator[None]:
    """Checkpoints trained within have the same weights, and a card without figures of held-out rows, cost and curves."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "measure_held_out", lambda *_: HeldOut([], []))
        patch.setattr(training, "rows_per_second", lambda *_: {})
        patch.setattr(training, "draw_curves", lambda _: b"")
        yield


@contextmanager
def few_trees() -> Iterator[None]:
    """Experts trained within are forests of a few trees: what is said of them holds for any number."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(opinions, "fit_forest", partial(fit_forest, trees=8))
        yield


@contextmanager
def few_draws() -> Iterator[None]:
    """What is measured within has the same values, and intervals by a few resamples: where no test reads them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sheet, "_DRAWS", 25)
        yield
