"""Measures with answers that can be redone by hand."""

import math

import numpy as np
import pytest

from recenv.measures import metrics as m
from recenv.rewards.ranking import shown_ndcg


def test_auc_counts_pairs_and_halves_ties():
    labels, scores = np.array([1.0, 0, 1, 0]), np.array([0.9, 0.5, 0.5, 0.1])
    # pairs (positive, negative): 0.9 > 0.5, 0.9 > 0.1, 0.5 = 0.5, 0.5 > 0.1
    assert m.auc(labels, scores) == pytest.approx(3.5 / 4)
    assert m.auc(labels, -scores) == pytest.approx(0.5 / 4)
    assert math.isnan(m.auc(np.ones(3), np.arange(3.0)))


def test_nll_of_a_constant_is_the_entropy():
    labels = np.array([1.0, 1, 1, 0])
    assert m.nll(labels, np.full(4, 0.75)) == pytest.approx(-(0.75 * math.log(0.75) + 0.25 * math.log(0.25)))
    assert m.nll(np.array([0.5]), np.array([0.5])) == pytest.approx(math.log(2.0))


def test_ece_of_two_bins():
    labels, p = np.array([0.0, 1, 1, 1]), np.array([0.2, 0.2, 0.8, 0.8])
    # lower bin: |0.5 - 0.2|, upper bin: |1 - 0.8|, each half of the rows
    assert m.ece(labels, p, bins=2) == pytest.approx(0.5 * 0.3 + 0.5 * 0.2)
    assert m.ece(labels, labels) == 0.0


def test_decisions_at_one_half():
    labels, p = np.array([1.0, 1, 1, 0]), np.array([0.9, 0.6, 0.4, 0.7])
    assert m.accuracy(labels, p) == 0.5
    assert m.balanced_accuracy(labels, p) == pytest.approx((2 / 3 + 0) / 2)
    assert m.f1(labels, p) == pytest.approx(2 * 2 / (3 + 3))
    assert math.isnan(m.balanced_accuracy(np.ones(2), np.ones(2)))


def test_ndcg_and_top1():
    gains = np.array([0.0, 1.0, 0.0])
    assert m.ndcg(gains, np.array([3.0, 2, 1])) == pytest.approx(1 / math.log2(3))
    assert m.ndcg(gains, np.array([1.0, 2, 1])) == 1.0
    assert m.top1(gains, np.array([3.0, 2, 1])) == 0.0
    assert math.isnan(m.ndcg(np.zeros(2), np.zeros(2)))


def test_ndcg_of_the_shown_order_under_own_probabilities():
    p = np.array([0.2, 0.5, 0.3])
    best = 0.5 + 0.3 / math.log2(3)
    assert shown_ndcg(p, 2) == pytest.approx((0.2 + 0.5 / math.log2(3)) / best)
    assert shown_ndcg(np.sort(p)[::-1], 0) == 1.0
    assert shown_ndcg(p, 9) == shown_ndcg(p, 0)  # cut at the list's own length


def test_the_likelihood_of_lists_leaves_out_those_without_a_positive():
    gains = [np.array([1.0, 0.0]), np.array([0.0, 0.0])]
    lists = [np.array([0.75, 0.25]), np.array([0.5, 0.5])]
    assert m.list_nll(gains, lists) == pytest.approx(-math.log(0.75))


@pytest.mark.parametrize("n", [1, 2, 3, 10, 30, 254, 1000])
@pytest.mark.parametrize("value", [0.0, 0.1, 0.3, 0.7, -0.1, 1e-300, 1e300, 1 / 3])
def test_a_constant_correlates_with_nothing(value, n):
    constant, other = np.full(n, value), np.arange(n, dtype=float)
    nearly = constant * (1 + np.finfo(float).eps * (other % 3))  # the same number, computed in other ways
    for a, b in ((constant, constant), (constant, other), (other, constant), (nearly, other), (nearly, constant)):
        assert math.isnan(m.pearson(a, b))
    assert math.isnan(m.spearman(constant, other))


def test_what_varies_little_is_not_constant():
    a = 1.0 + 1e-12 * np.arange(5)
    assert m.pearson(a, np.arange(5.0)) == pytest.approx(1.0, abs=1e-3)
    assert m.pearson(np.arange(5.0), -np.arange(5.0)) == pytest.approx(-1.0)
    assert math.isnan(m.pearson(np.zeros(0), np.zeros(0)))


def test_the_place_of_the_first_right_one():
    gains, scores = np.array([0.0, 1.0, 0.5, 0.0]), np.array([0.9, 0.1, 0.5, 0.5])
    assert m.reciprocal_rank(gains, scores) == 1 / 2  # the third item: of two alike, the first in the order given
    assert m.reciprocal_rank(gains, -scores) == 1.0 and m.reciprocal_rank(np.array([0.0, 1.0]), np.zeros(2)) == 1 / 2
    assert math.isnan(m.reciprocal_rank(np.zeros(2), np.arange(2.0)))


def test_ece_of_lists_is_of_items_against_their_share_of_the_gain():
    gains, p = [np.array([3.0, 1.0]), np.array([0.0, 2.0])], [np.array([0.75, 0.25]), np.array([0.5, 0.5])]
    assert m.list_ece(gains[:1], p[:1]) == 0.0
    assert m.list_ece(gains, p) == pytest.approx((0.5 + 0.5) / 4)
    assert math.isnan(m.list_ece([], []))


def test_half_is_on_the_upper_side():
    labels, p = np.array([0.5, 0.5, 0.49, 0.49, 1.0, 0.0]), np.array([0.5, 0.49, 0.5, 0.49, 0.3, 0.9])
    # labels count as 1, 1, 0, 0, 1, 0 and predictions as 1, 0, 1, 0, 0, 1
    assert m.accuracy(labels, p) == 2 / 6
    assert m.balanced_accuracy(labels, p) == pytest.approx((1 / 3 + 1 / 3) / 2)
    assert m.f1(labels, p) == pytest.approx(2 * 1 / (3 + 3)) and m.f1(labels, p, positive=0) == pytest.approx(2 * 1 / (3 + 3))
    assert m.f1(labels[1:2], p[:1]) == 1.0 and math.isnan(m.f1(labels[1:2], p[:1], positive=0))
    assert m.auc(labels, p) == pytest.approx((1.5 + 0.5 + 0.0) / 9)
    assert math.isnan(m.f1(np.zeros(2), np.zeros(2))) and math.isnan(m.accuracy(np.zeros(0), np.zeros(0)))
    assert math.isnan(m.nll(np.zeros(0), np.zeros(0))) and math.isnan(m.ece(np.zeros(0), np.zeros(0)))
    assert math.isnan(m.balanced_accuracy(np.zeros(2), np.ones(2))) and math.isnan(m.auc(np.zeros(2), np.ones(2)))


def test_a_certain_mistake_costs_sixteen_nats():
    """Probabilities are cut a ten-millionth from either end."""
    for label, p in ((1.0, 0.0), (0.0, 1.0)):
        assert m.nll(np.array([label]), np.array([p])) == pytest.approx(7 * math.log(10), rel=1e-6)
        assert m.nll(np.array([label]), np.array([label])) == pytest.approx(1e-7, rel=1e-3)
    assert m.list_nll([np.array([1.0, 0.0])], [np.array([0.0, 1.0])]) == pytest.approx(7 * math.log(10))
    assert m.list_nll([np.array([1.0, 3.0])], [np.array([0.25, 0.5])]) == pytest.approx((math.log(4) + 3 * math.log(2)) / 4)
    assert math.isnan(m.list_nll([np.zeros(2)], [np.full(2, 0.5)]))


def test_fifteen_bins_of_like_size_the_first_ones_larger():
    labels, p = (np.arange(47) % 3 == 0).astype(float), np.arange(47) / 47
    parts = np.array_split(np.arange(47), 15)
    assert [len(part) for part in parts] == [4, 4, *[3] * 13]
    shuffled = np.argsort(np.arange(47) * 11 % 47)
    expected = sum(abs(float((labels[part] - p[part]).sum())) for part in parts) / 47
    assert m.ece(labels[shuffled], p[shuffled]) == pytest.approx(expected)
    assert m.ece(labels[:3], p[:3], bins=9) == pytest.approx(np.abs(labels[:3] - p[:3]).mean())


def test_correlations_by_hand():
    a, b = np.array([1.0, 2.0, 4.0]), np.array([2.0, 1.0, 9.0])
    # deviations -4/3, -1/3, 5/3 and -2, -3, 5
    assert m.pearson(a, b) == pytest.approx((8 / 3 + 1 + 25 / 3) / math.sqrt(42 / 9 * 38))
    assert m.spearman(a, b) == pytest.approx(0.5) and m.spearman(a, -a**3) == pytest.approx(-1.0)
    # ranks 1.5, 1.5, 3 against 1, 2, 3
    assert m.spearman(np.array([0.0, 0.0, 5.0]), a) == pytest.approx(1.5 / math.sqrt(1.5 * 2))


def test_ndcg_counts_gains_by_their_place():
    gains, scores = np.array([1.0, 0.0, 2.0]), np.array([0.5, 0.3, 0.2])
    assert m.ndcg(gains, scores) == pytest.approx((1 / math.log2(2) + 2 / math.log2(4)) / (2 / math.log2(2) + 1 / math.log2(3)))
    assert m.list_auc(gains, scores) == 0.5 and math.isnan(m.list_auc(np.zeros(3), scores))
    assert math.isnan(m.list_auc(gains + 1, scores))
    assert m.top1(gains, scores) == 1.0 and m.top1(np.array([0.5, 0.0]), np.array([0.1, 0.9])) == 0.0
    assert math.isnan(m.top1(np.zeros(3), scores)) and m.ndcg(np.ones(3), scores) == 1.0
