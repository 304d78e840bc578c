"""Calibration: monotone, honest on rows it did not see, numbers only."""

import msgspec
import numpy as np
import pytest

from recenv import rng
from recenv.measures.calibrate import fit_calibration, fit_isotonic, fit_lists, fit_temperature
from recenv.measures.metrics import ece, nll
from recenv.rewards.models.calibration import Calibration

N = np.arange(4000)


def _overconfident(scale: float) -> tuple[np.ndarray, np.ndarray]:
    truth = rng.normal(1, N)
    labels = (rng.uniform(2, N) < 1 / (1 + np.exp(-truth))).astype(float)
    return scale * truth, labels


def test_temperature_undoes_a_scale():
    logits, labels = _overconfident(4.0)
    fitted = fit_temperature(logits, labels)
    assert abs(fitted.scale - 0.25) < 0.03 and abs(fitted.shift) < 0.1
    assert ece(labels, fitted.apply(logits)) < 0.04 < ece(labels, Calibration().apply(logits))


def test_isotonic_has_a_knot_for_fifteen_rows():
    for rows, knots in ((60, 4), (74, 4), (75, 5), (10, 1)):
        logits, labels = np.arange(rows, dtype=float), np.arange(rows) / rows
        fitted, groups = fit_isotonic(logits, labels), np.array_split(np.arange(rows), knots)
        assert fitted.x == pytest.approx([g.mean() for g in groups])
        assert fitted.y == pytest.approx([(labels[g].sum() + labels.mean()) / (len(g) + 1) for g in groups])
    assert len(fit_isotonic(N.astype(float), N / len(N)).x) == 48


def test_isotonic_wins_where_a_sigmoid_cannot_fit():
    z = rng.uniform(3, N) * 10 - 5
    truth = np.where(np.abs(z) < 2, 0.5, np.where(z > 0, 0.9, 0.3))
    labels = (rng.uniform(4, N) < truth).astype(float)
    fitted = fit_calibration(z, labels, N % 2)
    assert fitted.method == "isotonic"
    assert nll(labels, fitted.apply(z)) < nll(labels, fit_temperature(z, labels).apply(z))


def test_both_methods_are_monotone_and_bounded():
    logits, labels = _overconfident(2.0)
    grid = np.linspace(-50, 50, 501)
    for fitted in (fit_temperature(logits, labels), fit_isotonic(logits, labels)):
        p = fitted.apply(grid)
        assert (np.diff(p) >= 0).all() and p.min() >= 0.002 and p.max() <= 0.998


def test_a_single_row_scores_like_a_row_of_many():
    logits, labels = _overconfident(2.0)
    for fitted in (fit_temperature(logits, labels), fit_isotonic(logits, labels)):
        together = fitted.apply(logits[:257])
        alone = np.concatenate([fitted.apply(logits[n : n + 1]) for n in range(257)])
        assert (together == alone).all()


def test_few_rows_or_one_class_leave_logits_alone():
    assert fit_calibration(np.arange(5.0), np.array([0.0, 1, 0, 1, 0]), np.arange(5) % 2) == Calibration()
    assert fit_calibration(np.arange(99.0), np.ones(99), np.arange(99) % 2) == Calibration()


def test_list_scale_is_found():
    z = rng.gumbel(5, np.arange(300)[:, None], np.arange(6)[None, :])
    pick = np.argmax(z + rng.gumbel(6, np.arange(300)[:, None], np.arange(6)[None, :]), 1)
    gains = [np.eye(6)[k] for k in pick]
    assert abs(fit_lists(list(3.0 * z), gains).scale - 1 / 3) < 0.08


def test_round_trip_through_json():
    logits, labels = _overconfident(2.0)
    fitted = fit_isotonic(logits, labels)
    assert msgspec.json.decode(msgspec.json.encode(fitted), type=Calibration) == fitted


def test_targets_are_smoothed_by_the_counts_of_either_label():
    """Where logits say nothing, the shift is the log-odds of the mean target: (n1 + 1) / (n1 + 2) of ones, 1 / (n0 + 2) of
    zeros."""
    found = fit_temperature(np.zeros(4), np.array([1.0, 1.0, 1.0, 0.0]))
    mean = (3 * 4 / 5 + 1 / 3) / 4
    assert found.shift == pytest.approx(np.log(mean / (1 - mean)), abs=0.01)
