"""Intervals: answers known by construction, invariances, coverage."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pytest

from recenv import rng
from recenv.errors import InputError
from recenv.measures import intervals
from recenv.measures.intervals import (
    Interval,
    group_intervals,
    mean_interval,
    mean_intervals,
    paired_difference,
    student_interval,
    student_quantile,
)

NAN = float("nan")


def users(n: int, of: int) -> list[str]:
    return [f"u{i % of}" for i in range(n)]


def test_few_users_who_are_all_alike_tell_no_spread() -> None:
    found = mean_interval([0.25] * 12, users(12, 4), seed=3)
    assert (found.mean, found.clusters) == (0.25, 4) and math.isnan(found.low) and not found.excludes_zero
    assert found.reason == "all 4 users alike: no spread between users to estimate from"
    assert "alike" in mean_interval([1e-10, -1e-10, 1e-10, -1e-10], users(4, 4), seed=3).reason  # as far as numbers tell
    many = mean_interval([0.25] * 30, users(30, 30), seed=3)
    assert (many.low, many.high, many.reason) == (0.25, 0.25, "") and many.excludes_zero


def test_two_users_get_students_interval_and_one_gets_none() -> None:
    """Values 0 and 1: mean 0.5, standard error 0.5, t of one degree of freedom 12.7062."""
    found = mean_interval([0.0, 1.0], ["a", "b"], seed=0)
    assert (found.low, found.high) == (pytest.approx(0.5 - 12.7062 * 0.5, rel=1e-4), pytest.approx(0.5 + 12.7062 * 0.5, rel=1e-4))
    assert found.few and math.isnan(mean_interval([0.0], ["a"], seed=0).low)
    assert not mean_interval(np.arange(21.0), users(21, 21), seed=0).few


def test_an_interval_that_prints_as_holding_zero_holds_it() -> None:
    def of(low: float, high: float) -> Interval:
        return Interval(mean=0.1, low=low, high=high, n=9, missing=0, clusters=9)

    assert not of(1e-9, 0.2).excludes_zero and not of(-0.2, -0.0004).excludes_zero
    assert of(0.001, 0.2).excludes_zero and of(-0.2, -0.001).excludes_zero


def test_the_mean_is_over_sessions_not_over_users() -> None:
    assert mean_interval([1.0, 1.0, 1.0, 0.0], ["a", "a", "a", "b"], seed=0).mean == (1 + 1 + 1 + 0) / 4


@pytest.mark.parametrize(("of", "least"), [(2, 0.90), (3, 0.90), (5, 0.90), (20, 0.92)])
def test_few_users_are_covered_as_often_as_said(of: int, least: float) -> None:
    generator, hits, rounds = np.random.default_rng(of), 0, 600
    for _ in range(rounds):
        clusters = [f"u{u}" for u in range(of) for _ in range(1 + u % 3)]
        own = generator.normal(size=of)
        values = [own[int(u[1:])] + e for u, e in zip(clusters, generator.normal(size=len(clusters)), strict=True)]
        found = mean_interval(values, clusters, seed=0)
        hits += found.low <= 0.0 <= found.high
    assert least <= hits / rounds <= 0.99


def test_missing_values_are_left_out_and_counted() -> None:
    found = mean_interval([1.0, NAN, 3.0, NAN], ["a", "a", "b", "c"], seed=0)
    assert (found.mean, found.n, found.missing, found.clusters) == (2.0, 2, 2, 2)


@pytest.mark.parametrize(("values", "reason"), [([1.0, 2.0], "one user only"), ([NAN, NAN], "no value"), ([], "no value")])
def test_no_interval_has_a_reason(values: list[float], reason: str) -> None:
    found = mean_interval(values, ["a"] * len(values), seed=0)
    assert math.isnan(found.low) and math.isnan(found.high) and not found.excludes_zero
    assert found.reason.startswith(reason)
    assert math.isnan(found.mean) == (reason == "no value")


def test_equal_seeds_give_equal_intervals_whatever_the_order_of_sessions() -> None:
    values, clusters = np.arange(90) % 7 / 7, users(90, 31)
    one = mean_interval(values, clusters, seed=5)
    shuffled = np.argsort(np.arange(90) * 11 % 91)
    two = mean_interval(values[shuffled], [clusters[i] for i in shuffled], seed=5)
    assert one == mean_interval(values, clusters, seed=5)
    assert two.low == pytest.approx(one.low, abs=1e-12) and two.high == pytest.approx(one.high, abs=1e-12)
    assert one != mean_interval(values, clusters, seed=6)


def test_columns_do_not_influence_each_other() -> None:
    table = np.stack([np.arange(20) % 3, np.full(20, np.nan), np.arange(20) % 5], 1).astype(float)
    together = mean_intervals(table, users(20, 9), seed=1)
    assert together[0] == mean_interval(table[:, 0], users(20, 9), seed=1)
    assert together[2] == mean_interval(table[:, 2], users(20, 9), seed=1)


def test_a_user_played_ten_times_is_not_ten_users() -> None:
    once = np.arange(8) / 8
    few = mean_interval(once, users(8, 8), seed=2)
    many = mean_interval(np.tile(once, 10), users(80, 8), seed=2)
    assert many.high - many.low == pytest.approx(few.high - few.low)


def test_pairing_removes_what_the_sessions_share() -> None:
    hard = np.arange(60) % 10  # sessions differ a lot, agents by 0.1
    apart = mean_interval(hard + 0.1, users(60, 30), seed=0)
    paired = paired_difference(hard + 0.1, hard, users(60, 30), seed=0)
    assert apart.high - apart.low > 1
    assert paired.mean == pytest.approx(0.1) and paired.low == pytest.approx(0.1) and paired.excludes_zero
    assert paired_difference([1.0, NAN, 1.0], [0.0, 0.0, NAN], ["a", "b", "c"], seed=0).missing == 2


@pytest.mark.parametrize(
    ("probability", "freedom", "expected"),  # tabled values of Student's t
    [(0.975, 1, 12.7062), (0.975, 2, 4.30265), (0.975, 9, 2.26216), (0.95, 30, 1.69726), (0.995, 7, 3.49948),
     (0.975, 2000, 1.95996)],
)
def test_student_quantiles(probability: float, freedom: int, expected: float) -> None:
    assert student_quantile(probability, freedom) == pytest.approx(expected, rel=1e-5)


def test_coverage_with_ten_users_is_near_its_level() -> None:
    generator, hits, rounds = np.random.default_rng(11), 0, 300
    for round_ in range(rounds):
        clusters = [f"u{u}" for u in range(10) for _ in range(1 + u % 3)]
        of_user = dict(zip(sorted(set(clusters)), generator.normal(size=10), strict=True))
        values = [of_user[u] + e for u, e in zip(clusters, generator.normal(size=len(clusters)), strict=True)]
        found = mean_interval(values, clusters, seed=round_, resamples=500)
        hits += found.low <= 0.0 <= found.high
    assert 0.90 <= hits / rounds <= 0.98  # the plain percentile interval gets 0.87


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1.0], ["a", "b"], 0), "equally many"), (([math.inf, 1.0], ["a", "b"], 0), "finite"),
        (([1.0, 2.0], ["a", "b"], 0, 1.0), "level"), (([1.0, 2.0], ["a", "b"], 0, 0.0), "level"),
        (([1.0, 2.0], ["a", "b"], 0, -0.5), "level"), (([1.0, 2.0], ["a", "b"], 0, 0.9, 0), "resamples"),
    ],
)
def test_unusable_arguments(arguments: tuple[object, ...], message: str) -> None:
    with pytest.raises(InputError, match=message):
        mean_interval(*arguments)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="same sessions"):
        paired_difference([1.0], [1.0, 2.0], ["a"], 0)
    for shape in ((2,), (2, 1, 1)):
        with pytest.raises(InputError, match=r"equally many: got shape \(2,"):
            mean_intervals(np.zeros(shape), ["a", "b"], 0)


def test_a_statistic_of_rows_is_resampled_as_a_mean_is() -> None:
    values, groups = np.sin(np.arange(180.0)), np.arange(180) // 6
    mean = mean_interval(values, [f"g{g}" for g in groups], seed=0)
    low, high = group_intervals(groups, lambda rows: [values[rows].mean()], 2000, "test")
    assert low[0] == pytest.approx(mean.low, abs=0.02) and high[0] == pytest.approx(mean.high, abs=0.02)
    again = group_intervals(groups, lambda rows: [values[rows].mean()], 2000, "test")
    assert (again.low, again.high) == (low, high)


def test_one_group_alone_has_no_interval_of_a_statistic() -> None:
    low, high = group_intervals(np.zeros(4, np.int64), lambda rows: [1.0, NAN], 20, "test")
    assert np.isnan([*low, *high]).all()


def test_ends_are_expanded_percentiles_of_ratio_means_over_drawn_users(monkeypatch: pytest.MonkeyPatch) -> None:
    """Written out: draws keyed by seed, resample and place; Phi(-sqrt(G / (G - 1)) t) is cut off at each side."""
    of, resamples, level = 24, 300, 0.8
    values, clusters = np.sin(np.arange(61.0)) ** 2, [f"u{i % of:02}" for i in range(61)]
    sums, counts = (np.bincount(np.arange(61) % of, w) for w in (values, np.ones(61)))
    drawn = rng.integers(of, 5, rng.word("evaluation/bootstrap"), np.arange(resamples)[:, None], np.arange(of))
    means = sums[drawn].sum(1) / counts[drawn].sum(1)
    tail = NormalDist().cdf(-math.sqrt(of / (of - 1)) * student_quantile(0.5 + level / 2, of - 1))
    found = mean_interval(values, clusters, 5, level, resamples)
    assert [found.low, found.high] == pytest.approx(np.quantile(means, [tail, 1 - tail]).tolist(), rel=1e-9)
    for block in (7 * of + 1, of - 1):  # a few resamples at once, or one
        monkeypatch.setattr(intervals, "_BLOCK", block)
        assert mean_interval(values, clusters, 5, level, resamples) == found


def test_students_interval_is_that_of_residuals_by_user() -> None:
    """Of unequal users: sqrt(G / (G - 1) x sum of squared residuals) / N, times t; for any number where that is asked."""
    for of in (2, 3, 19, 20, 21, 40):
        n = 3 * of - 1
        values, clusters = np.cos(np.arange(float(n))), users(n, of)
        residual = np.bincount(np.arange(n) % of, values - values.mean())
        half = student_quantile(0.95, of - 1) * math.sqrt(of / (of - 1) * float((residual**2).sum())) / n
        ends = pytest.approx([values.mean() - half, values.mean() + half], rel=1e-6)
        banded = student_interval(values, clusters, 0.9)
        assert [banded.low, banded.high] == ends and banded.clusters == of
        resampled = mean_interval(values, clusters, 0, 0.9)
        assert ([resampled.low, resampled.high] == ends) == resampled.few == (of <= 20)
    alike = student_interval([0.25] * 42, users(42, 21))
    assert (alike.low, alike.high, alike.reason) == (0.25, 0.25, "")
    assert math.isnan(student_interval([0.25] * 40, users(40, 20)).low) and not mean_interval([1.0], ["a"], 0).few


def test_an_interval_excludes_nought_from_half_a_thousandth_on() -> None:
    for low, high, excludes in ((0.0005, 1.0, True), (-1.0, -0.0005, True), (0.000499, 1.0, False), (-1.0, -0.000499, False)):
        assert Interval(mean=0.1, low=low, high=high, n=9, missing=0, clusters=9).excludes_zero == excludes


def test_resamples_without_a_value_and_groups_out_of_order() -> None:
    """A statistic that is nowhere defined has no interval, its neighbours have theirs; what a group is called does not matter."""
    values = np.arange(40.0)
    groups = np.arange(40) % 10

    def of(rows: np.ndarray) -> list[float]:
        return [float(values[rows].mean()), NAN, float(values[rows].max()) if 39 in rows else NAN]

    low, high = group_intervals(groups, of, 100, "test")
    assert low[0] < 19.5 < high[0] and np.isnan([low[1], high[1]]).all() and low[2] == high[2] == 39.0
    rare = [NAN] * 38 + [1.0, 3.0]  # many a resample has neither
    few = mean_interval([*rare, *[NAN] * 20], [f"u{i}" for i in range(60)], 0)
    assert few.n == few.clusters == 2
    many = mean_intervals(np.stack([np.arange(60.0), [*rare, *[NAN] * 20]], 1), [f"u{i}" for i in range(60)], 0)
    assert many[1] == few and not many[0].few


def test_two_groups_have_an_interval_of_a_statistic() -> None:
    low, high = group_intervals(np.array([0, 1, 1]), lambda rows: [float(rows.mean())], 50, "test")
    assert low[0] < high[0]


def test_as_many_resamples_are_drawn_at_once_as_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers drawn at once, and one resample at least; what is drawn does not depend on it."""
    every = np.concatenate([*intervals._drawn_clusters(3, 10, 7)])
    for room, sizes in ((30, [10]), (29, [9, 1]), (12, [4, 4, 2]), (3, [1] * 10), (2, [1] * 10)):
        monkeypatch.setattr(intervals, "_BLOCK", room)
        blocks = [*intervals._drawn_clusters(3, 10, 7)]
        assert [len(block) for block in blocks] == sizes and np.array_equal(np.concatenate(blocks), every)
    assert [*intervals._drawn_clusters(0, 10, 7)] == []


def test_where_nobody_says_otherwise_two_thousand_resamples_cover_ninety_five_of_a_hundred() -> None:
    values, clusters = np.sin(np.arange(90.0)), users(90, 45)
    found = mean_interval(values, clusters, 5, 0.95, 2000)
    assert mean_interval(values, clusters, 5) == mean_intervals(values[:, None], clusters, 5)[0] == found
    assert paired_difference(values, np.zeros(90), clusters, 5) == found
    assert len({mean_interval(values, clusters, 5, level, n) for level in (0.95, 0.9) for n in (1999, 2000, 2001)}) == 6
    assert student_interval(values, clusters) == student_interval(values, clusters, 0.95)
