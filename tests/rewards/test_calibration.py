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


def test_thirty_rows_on_either_side_of_a_half_are_enough():
    for rows, fitted in ((29, False), (30, True)):
        logits, fold = N[:rows] - 15.0, N[:rows] % 2
        assert (fit_calibration(logits, (logits > 0).astype(float), fold) != Calibration()) == fitted
    logits, fold = N[:40] - 20.0, N[:40] % 2
    for low, high, fitted in ((0.2, 0.5, True), (0.2, 0.49, False), (0.5, 0.9, False), (0.49, 0.9, True)):
        assert (fit_calibration(logits, np.where(logits > 0, high, low), fold) != Calibration()) == fitted


def test_scales_have_bounds():
    logits = N[:200] - 100.0
    assert fit_temperature(logits, (logits < 0).astype(float)).scale == 1e-3
    lists = [np.array([1.0, 2.0, 3.0])] * 3
    for gain, scale in ((2, 20.0), (0, 0.05)):  # right for sure, wrong for sure
        assert fit_lists(lists, [np.eye(3)[gain]] * 3).scale == pytest.approx(scale, rel=1e-6)


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


def test_isotonic_steps_are_those_of_the_weighted_regression():
    """Of the groups' mean labels, each with a row of the base rate: max over a <= i of min over b >= i of the mean of a to b."""
    for seed, rows in enumerate((61, 137, 200)):
        labels = (rng.uniform(seed, N[:rows]) < 0.3 + 0.4 * N[:rows] / rows).astype(float)
        labels[15:45] = 1.0 if not seed else labels[15:45]
        logits, groups = np.sqrt(N[:rows]), np.array_split(N[:rows], rows // 15)
        size = np.array([len(g) for g in groups])
        raised = np.array([(labels[g].sum() + labels.mean()) / (len(g) + 1) for g in groups])
        every = range(len(groups))
        steps = np.array([max(min(np.average(raised[a : b + 1], weights=size[a : b + 1]) for b in every[i:])
                              for a in every[: i + 1]) for i in every])
        levels, of = np.unique(steps.round(12), return_inverse=True)
        fitted = fit_isotonic(logits, labels)
        assert len(levels) < len(groups) and fitted.y == pytest.approx(levels)
        assert fitted.x == pytest.approx([logits[np.repeat(of, size) == n].mean() for n in range(len(levels))])


def test_the_method_that_errs_less_on_rows_it_did_not_see_is_fitted_to_all():
    chosen = set()
    for seed in range(10):
        rows = N[:120]
        logits = 3.0 * rng.normal(seed, 7, rows)
        labels = (rng.uniform(seed, 8, rows) < np.where(logits > 1.0, 0.9, 0.3)).astype(float)
        fold = (rng.uniform(seed, 9, rows) < 0.3).astype(int)
        unseen = {method: np.zeros(len(rows)) for method in (fit_temperature, fit_isotonic)}
        for method, told in unseen.items():
            for f in (0, 1):
                told[fold == f] = method(logits[fold != f], labels[fold != f]).apply(logits[fold == f])
        best = min(unseen, key=lambda method: nll(labels, unseen[method]))
        chosen.add(best)
        assert fit_calibration(logits, labels, fold) == best(logits, labels)
        assert fit_calibration(logits, labels, np.zeros(len(rows))) == fit_temperature(logits, labels)  # nothing is unseen
    assert len(chosen) == 2


def test_thirty_rows_of_two_classes_are_enough():
    logits, fold = np.arange(30.0), np.arange(30) % 2
    labels = (np.arange(30) % 3 == 0).astype(float)
    assert fit_calibration(logits, labels, fold) != Calibration()
    assert fit_calibration(logits[1:], labels[1:], fold[1:]) == Calibration()
    for low, high, one_class in ((0.0, 0.5, False), (0.0, 0.49, True), (0.49, 1.0, False), (0.5, 1.0, True)):
        graded = np.where(labels > 0, high, low)
        assert (fit_calibration(logits, graded, fold) == Calibration()) == one_class


def test_a_scale_never_turns_logits_around():
    logits, labels = _overconfident(2.0)
    assert fit_temperature(logits, 1.0 - labels).scale == 0.001


def test_the_scale_of_lists_is_the_best_one_within_its_bounds():
    """Three of four times the first of two, a logit apart: softmax(scale) = 3 / 4."""
    lists, first, second = [np.array([1.0, 0.0])] * 4, np.array([1.0, 0.0]), np.array([0.0, 1.0])
    assert fit_lists(lists, [first, first, first, second]).scale == pytest.approx(np.log(3.0), rel=1e-6)
    assert fit_lists(lists, [first] * 4).scale == pytest.approx(20.0, rel=1e-6)
    assert fit_lists(lists, [second] * 4).scale == pytest.approx(0.05, rel=1e-6)
    assert fit_lists(lists, [np.zeros(2)] * 4) == Calibration()
