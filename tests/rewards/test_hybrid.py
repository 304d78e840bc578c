"""HybridReward: bounds, monotonicity, independence of rows, missing values, credit, specs."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
import pytest
from five import DIMENSIONS, FC, IF, IR, QIR, UBP, D
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from recenv.errors import InputError, UnknownName
from recenv.rewards.hybrid import DEFAULT_REWARD, REWARDS, RULES_REWARD, HybridReward, RewardSpec, credit
from recenv.rewards.hybrid import shares as shares_of

NAN = float("nan")
DEFAULT = HybridReward(REWARDS[DEFAULT_REWARD])
names = st.sampled_from(list(REWARDS))
cells = st.one_of(st.just(NAN), st.floats(0, 1, width=32))
rows = st.lists(st.lists(cells, min_size=D, max_size=D), min_size=1, max_size=7)


def values(name: str, data: list[list[float]]) -> NDArray[np.float32]:
    return HybridReward(REWARDS[name])(np.array(data, np.float32)).values


@settings(deadline=None)
@given(names, rows)
def test_values_are_bounded_and_never_missing(name: str, data: list[list[float]]) -> None:
    out = values(name, data)
    assert out.dtype == np.float32 and out.shape == (len(data),)
    assert ((out >= 0) & (out <= 1)).all()


@settings(deadline=None)
@given(names, st.lists(cells, min_size=D, max_size=D), st.integers(0, D - 1), st.floats(0, 1, width=32))
def test_a_better_component_never_lowers_the_value(name: str, row: list[float], d: int, other: float) -> None:
    low, high = list(row), list(row)
    if np.isnan(row[d]):
        return
    low[d], high[d] = min(row[d], other), max(row[d], other)
    before, after = values(name, [low, high])
    assert after >= before - 1e-6


@settings(deadline=None)
@given(names, rows, st.randoms(use_true_random=False))
def test_a_row_depends_on_itself_alone_to_the_bit(name: str, data: list[list[float]], shuffler: object) -> None:
    together = values(name, data)
    alone = np.concatenate([values(name, [row]) for row in data])
    assert together.tobytes() == alone.tobytes()
    assert values(name, data[::-1]).tobytes() == together[::-1].tobytes()
    assert values(name, data * 9).tobytes() == np.tile(together, 9).tobytes()


@pytest.mark.parametrize("name", list(REWARDS))
def test_extremes(name: str) -> None:
    assert values(name, [[1] * D, [0] * D]).tolist() == [1.0, 0.0]
    assert values(name, [[NAN] * D]).tolist() == [0.0]


@pytest.mark.parametrize("name", [name for name in REWARDS if REWARDS[name].needs])
def test_a_turn_without_a_recommendation_earns_nothing(name: str) -> None:
    assert values(name, [[1.0, 1.0, NAN, NAN, NAN]]).tolist() == [0.0]


def test_the_reward_by_rules_alone_needs_no_scorer() -> None:
    spec = REWARDS[RULES_REWARD]
    assert spec.needs == ()
    assert values(RULES_REWARD, [[1.0, NAN, NAN, NAN, NAN], [0.0, 1.0, 1.0, 1.0, 1.0]]).tolist() == [1.0, 0.0]
    assert values(RULES_REWARD, [[1.0, 0.0, NAN, NAN, NAN]]).tolist() == [0.0]  # a false claim fails its gate


def test_what_nobody_could_judge_is_unpaid_and_not_worthless() -> None:
    """Only where it matters: a dimension of weight 0 without a gate is neither here nor there, and a failed gate is known."""
    one = np.zeros((1, D), np.bool_)
    for d, weighs in ((IF, True), (FC, True), (QIR, True), (UBP, True), (IR, True)):
        unjudged = one.copy()
        unjudged[0, d] = True
        row = [0.9] * D
        row[d] = NAN
        out = DEFAULT([row], unjudged)
        assert out.unpaid.tolist() == [weighs] and out.values.tolist() == [0.0]
        assert DEFAULT([row]).unpaid.tolist() == [False]  # missing since it does not apply
    unjudged = one.copy()
    unjudged[0, QIR] = True
    assert DEFAULT([[0.1, 0.9, NAN, 0.9, 0.9]], unjudged).unpaid.tolist() == [False]
    spec = RewardSpec(name="x", weights={"item_ranking": 1.0})
    assert HybridReward(spec)([[0.9, 0.9, NAN, 0.9, 0.9]], unjudged).unpaid.tolist() == [False]


def test_the_default_is_a_gated_mean() -> None:
    row = [0.9, 0.8, 0.2, 0.4, 0.9]
    assert DEFAULT([row]).values[0] == np.float32((0.2 + 0.4 + 0.9) / 3)
    assert DEFAULT([[0.9, NAN, 0.2, NAN, 0.9]]).values[0] == np.float32((0.2 + 0.9) / 2)  # renormalised over what is there
    assert not DEFAULT([row]).failed.any()


@pytest.mark.parametrize(("cell", "gate"), [(IF, 0.49), (FC, 0.49)])
def test_a_failed_gate_makes_the_turn_worth_nothing(cell: int, gate: float) -> None:
    row = [1.0] * D
    row[cell] = gate
    out = DEFAULT([row])
    assert out.values[0] == 0 and np.flatnonzero(out.failed[0]).tolist() == [cell]
    row[cell] = 0.5  # reaching the threshold is enough
    assert DEFAULT([row]).values[0] == 1
    row[cell] = NAN  # a missing gate does not fail
    assert DEFAULT([row]).values[0] == 1 and not DEFAULT([row]).failed.any()


def test_the_other_aggregates_by_hand() -> None:
    row = [1.0, 1.0, 0.25, 1.0, 1.0]
    assert values("weighted-sum", [row])[0] == pytest.approx(4.25 / 5)
    assert values("product", [row])[0] == pytest.approx(0.25 ** (1 / 5))
    assert values("product", [[1, 1, 0.25, NAN, NAN]])[0] == pytest.approx(0.25 ** (1 / 3))
    assert values("min", [row])[0] == 0.25
    assert values("chebyshev", [row])[0] == 0.25
    spec = RewardSpec(name="x", aggregation="chebyshev", weights={"query_item_relevance": 1, "item_ranking": 2})
    assert HybridReward(spec)([row]).values[0] == pytest.approx(1 - 0.5 * 0.75)
    assert values("min", [[NAN, NAN, 0.25, NAN, 0.5]])[0] == 0.25


def test_lexicographic_puts_the_heavier_dimension_first() -> None:
    first_better = [0.65, 0.0, 0.0, 0.0, 0.0]
    rest_better = [0.55, 1.0, 1.0, 1.0, 1.0]
    assert np.diff(values("lexicographic", [rest_better, first_better]))[0] >= 0
    tied = [0.59, 0.2, 0.0, 0.0, 0.0]  # the same tenth as 0.55: the second dimension decides
    assert np.diff(values("lexicographic", [tied, [0.55, 0.3, 0.0, 0.0, 0.0]]))[0] > 0
    digits = values("lexicographic", [[0.75, 0.35, 0.0, 0.95, 0.5]])[0]
    assert digits == pytest.approx(0.7 + 0.03 + 0.0 + 0.0009 + 0.00005, abs=1e-6)
    assert values("lexicographic", [[NAN, NAN, 0.3, NAN, 0.7]])[0] == pytest.approx(0.3 + 0.07)


def test_zero_weight_leaves_a_dimension_out() -> None:
    for aggregation in ("mean", "product", "min", "lexicographic", "chebyshev"):
        spec = RewardSpec(
            name="x", aggregation=aggregation, weights={"item_ranking": 1.0, "behavior_prediction": 0.0})  # type: ignore[arg-type]
        out = HybridReward(spec)([[NAN, NAN, NAN, 0.0, 0.5], [NAN, NAN, NAN, 1.0, NAN]]).values
        assert out == pytest.approx([0.5, 0.0])


# -- credit --------------------------------------------------------------------------------------------------------------


def paid(turns: Sequence[float], spec: RewardSpec, *, met: bool = False) -> list[float]:
    """Rewards of a goal's turns, one after another. met: the last one meets the need."""
    earned, count, out = np.float64(0), np.int64(0), []
    for n, value in enumerate(turns, 1):
        step = credit(value, earned, count, spec, met=met and n == len(turns))
        earned, count = np.float64(step.earned), np.int64(step.counted)
        out.append(float(step.reward))
    return out


@given(st.lists(st.floats(0, 1, width=32), min_size=1, max_size=20))
def test_rewards_of_a_goal_sum_to_what_the_spec_says(turns: list[float]) -> None:
    assert sum(paid(turns, REWARDS["gated-mean"])) == pytest.approx(np.mean(turns), abs=1e-9)
    assert sum(paid(turns, REWARDS["gated-mean-gain"])) == pytest.approx(max(turns), abs=1e-9)
    assert paid(turns, REWARDS["gated-mean-level"]) == pytest.approx(turns, abs=1e-9)


# Turns of a goal as the default pays them: worth in [0, 1], NaN for one that does not count.
served = st.lists(st.one_of(st.just(NAN), st.floats(0, 1, width=32)), min_size=1, max_size=8)
shares = st.sampled_from([0.5, 0.6, 0.85, 1.0])


def service(share: float) -> RewardSpec:
    return RewardSpec(name="x", weights={"item_ranking": 1.0}, outcome=share)


def test_service_by_hand() -> None:
    spec = REWARDS[DEFAULT_REWARD]
    assert (spec.credit, spec.outcome, spec.turn_price) == ("service", 0.9, 0.0)
    assert paid([0.4, 0.2, 0.6], spec) == pytest.approx([0.04, 0.0, 0.02])
    assert paid([0.4, 0.2, 0.6], spec, met=True) == pytest.approx([0.04, 0.0, 0.9 + 0.06 - 0.04])
    assert paid([0.6, 0.2], spec, met=True) == pytest.approx([0.06, 0.9 + 0.02 - 0.06])  # what was taken, not the best shown
    assert paid([0.6, NAN], spec, met=True) == pytest.approx([0.06, 0.9])  # a slate shown before that is taken now
    assert paid([NAN, 0.5], spec) == pytest.approx([0.0, 0.05])


@given(served, st.booleans(), shares)
def test_a_goal_pays_outcome_and_quality_and_at_most_one(turns: list[float], met: bool, share: float) -> None:
    rewards, known = paid(turns, service(share), met=met), [t for t in turns if not np.isnan(t)]
    best = max(known, default=0.0)
    taken = best if not met or np.isnan(turns[-1]) else turns[-1]
    assert sum(rewards) == pytest.approx(share * met + (1 - share) * taken, abs=1e-9)
    assert sum(rewards) <= 1 + 1e-12


@given(served, st.booleans(), shares)
def test_going_on_never_pays_less_than_quitting(turns: list[float], met: bool, share: float) -> None:
    """After every prefix what is still to come is at least nothing, wherever meeting the need weighs no less than quality."""
    assert all(r >= -1e-12 for r in paid(turns, service(share), met=met))


@given(served, st.integers(0, 7), st.booleans())
def test_repeats_and_questions_pay_nothing(turns: list[float], at: int, met: bool) -> None:
    at %= len(turns)  # before the last one, which is the one that may meet the need
    spec, padded = REWARDS[DEFAULT_REWARD], [*turns[:at], NAN, *turns[at:]]
    assert sum(paid(padded, spec, met=met)) == pytest.approx(sum(paid(turns, spec, met=met)), abs=1e-9)
    assert paid([*turns, NAN, NAN], spec)[-2:] == [0.0, 0.0]


def test_a_turn_that_does_not_count_is_not_counted() -> None:
    for name in ("service", "gated-mean", "gated-mean-gain", "gated-mean-level"):
        step = credit([0.5, NAN], [0.0, 0.0], [2, 2], REWARDS[name])
        assert step.counted.tolist() == [3, 2] and step.reward[1] == 0.0, name


@pytest.mark.parametrize("name", ["gated-mean", "gated-mean-gain"])
@given(st.lists(st.floats(0, 1, width=32), min_size=1, max_size=8), st.integers(0, 8))
def test_padding_never_raises_the_return(name: str, turns: list[float], at: int) -> None:
    total = sum(paid(turns, REWARDS[name]))
    assert total <= 1 + 1e-12
    padded = [*turns[:at], NAN, *turns[at:], NAN]  # questions, searches, repeated slates
    assert sum(paid(padded, REWARDS[name])) == pytest.approx(total, abs=1e-9)
    assert sum(paid([*turns, 0.0], REWARDS[name])) <= total + 1e-9  # empty talk
    assert sum(paid([*turns, min(turns)], REWARDS[name])) <= total + 1e-9


# -- specs ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", list(REWARDS))
def test_specs_round_trip(name: str) -> None:
    spec = REWARDS[name]
    assert RewardSpec.from_json(spec.to_json()) == spec
    assert RewardSpec.from_json(spec.to_json()).to_json() == spec.to_json()
    assert spec.name == name and spec.version >= 1


@pytest.mark.parametrize("bad", [
    b"{", b"[]", b"{}", b'{"name": "x", "weights": {}}', b'{"name": "x", "weights": {"item_ranking": -1}}',
    b'{"name": "x", "weights": {"item_ranking": 1}, "aggregation": "median"}',
])
def test_bad_json_is_an_input_error(bad: bytes) -> None:
    with pytest.raises(InputError, match="reward spec"):
        RewardSpec.from_json(bad)


@pytest.mark.parametrize("weights", [{}, *({"item_ranking": bad} for bad in (0.0, -1.0, NAN, float("inf"), 1e308))])
def test_weights_must_be_usable(weights: dict[str, float]) -> None:
    with pytest.raises(InputError, match="weights must be"):
        RewardSpec(name="x", weights=weights)


@pytest.mark.parametrize(("field", "value"), [
    ("weights", {"item_ranking": "1"}), ("weights", [1]), ("gates", None), ("needs", "item_ranking"), ("outcome", "0.5"),
    ("turn_price", None), ("levels", 2.5), ("credit", "mine"), ("name", 3), ("weights", {"item_ranking": object()})])
def test_a_value_of_another_type_is_told_as_from_a_file(field: str, value: object) -> None:
    with pytest.raises(InputError, match=f"reward spec .*: {field}: .*got "):
        RewardSpec(**{"name": "x", "weights": {"item_ranking": 1.0}, field: value})  # type: ignore[arg-type]


@pytest.mark.parametrize("shape", [(D,), (2, D - 1), (2, D + 1), (2, D, 1), (1, 2, D)])
def test_components_are_a_row_a_turn(shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="components must have shape"):
        DEFAULT(np.zeros(shape))


def test_unusable_gates_and_levels() -> None:
    for gate in (1.5, -0.5, NAN):
        with pytest.raises(InputError, match="gates must lie"):
            RewardSpec(name="x", weights={"item_ranking": 1.0}, gates={"item_ranking": gate})
    for wrong in ({"outcome": 1.1}, {"outcome": -0.1}, {"turn_price": 1.1}, {"turn_price": -0.1}):
        with pytest.raises(InputError, match=f"{next(iter(wrong))} must lie"):
            RewardSpec(name="x", weights={"item_ranking": 1.0}, **wrong)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="levels must be"):
        RewardSpec(name="x", weights={"item_ranking": 1.0}, levels=1)


def test_typos_name_the_nearest_dimension() -> None:
    for spec in ({"weights": {"item_rankin": 1.0}}, {"weights": {"item_ranking": 1.0}, "gates": {"item_rankin": 0.5}}):
        with pytest.raises(UnknownName, match="item_ranking"):
            msgspec.convert({"name": "x", **spec}, RewardSpec)
    with pytest.raises(UnknownName, match="gated-mean"):
        REWARDS["gated-men"]


@pytest.mark.parametrize("bad", [[0.5] * D, [[0.5] * (D - 1)], [[1.5] + [0.5] * (D - 1)], [[-0.1] + [0.5] * (D - 1)]])
def test_components_are_checked(bad: list[object]) -> None:
    with pytest.raises(InputError, match="reward components"):
        DEFAULT(bad)


def test_no_rows_give_no_values() -> None:
    for name in REWARDS:
        out = HybridReward(REWARDS[name])(np.zeros((0, D)))
        assert out.values.shape == (0,) and out.failed.shape == (0, D)


@settings(max_examples=50, deadline=None)
@given(rows)
def test_the_input_is_left_alone(data: list[list[float]]) -> None:
    given_ = np.array(data, np.float32)
    before = given_.tobytes()
    DEFAULT(given_)
    assert given_.tobytes() == before


def test_the_default_weighs_the_three_slate_dimensions() -> None:
    assert [DIMENSIONS[d] for d in (QIR, UBP, IR)] == list(DEFAULT.spec.weights)


def test_shares_of_a_mean_add_up_to_it() -> None:
    spec = RewardSpec(name="x", weights={DIMENSIONS[QIR]: 1.0, DIMENSIONS[UBP]: 3.0, DIMENSIONS[IR]: 0.0})
    rows_ = [[NAN, 1.0, 0.5, 0.25, 0.9], [0.1, NAN, NAN, 0.5, NAN], [0.3, NAN, NAN, NAN, 0.7]]
    expected = [[0, 0, 0.5 / 4, 0.75 / 4, 0], [0, 0, 0, 0.5, 0], [0] * 5]
    found = shares_of(spec, rows_)
    assert found[:, [IF, FC, QIR, UBP, IR]] == pytest.approx(np.array(expected)[:, [IF, FC, QIR, UBP, IR]])
    assert HybridReward(spec)(rows_).values[:2] == pytest.approx(found.sum(1)[:2])


def test_a_lexicographic_value_by_weights_ties_and_levels() -> None:
    """Cut into levels but for the last that is there; a full mark lies in the last level."""
    weights = {DIMENSIONS[IR]: 3.0, DIMENSIONS[QIR]: 2.0, DIMENSIONS[UBP]: 2.0}
    spec = RewardSpec(name="x", aggregation="lexicographic", weights=weights, levels=4)
    for row, value in (
        ({IR: 0.5, QIR: 0.3, UBP: 0.6}, 0.5 + 0.25 / 4 + 0.6 / 16), ({IR: 1.0, QIR: 1.0, UBP: 1.0}, 1.0),
        ({IR: 1.0, QIR: 0.0, UBP: 0.0}, 0.75), ({QIR: 0.3, UBP: 0.6}, 0.25 + 0.6 / 4), ({UBP: 0.37}, 0.37),
        ({IR: 0.74, UBP: 0.5}, 0.5 + 0.5 / 4),
    ):
        given_row = np.full(D, NAN)
        for at, component in row.items():
            given_row[at] = component
        assert HybridReward(spec)(given_row[None]).values[0] == pytest.approx(value)


def test_credit_keeps_to_what_was_earned_and_counted() -> None:
    """Elementwise, by hand: worth 0.5 after two turns that earned 0.3; the outcome may be given."""
    def step(name: str, value: float, met: bool = False, outcome: float | None = None) -> tuple[float, float, int]:
        found = credit([value], [0.3], [2], REWARDS[name], [met], None if outcome is None else [outcome])
        return round(float(found.reward[0]), 9), round(float(found.earned[0]), 9), int(found.counted[0])

    assert step("gated-mean", 0.6) == (0.1, 0.4, 3) and step("gated-mean-gain", 0.5) == (0.2, 0.5, 3)
    assert step("gated-mean-gain", 0.1) == (0.0, 0.3, 3) and step("gated-mean-level", 0.5) == (0.5, 0.8, 3)
    assert step("service", 0.5) == (0.0, 0.3, 3) and step("service", 0.5, outcome=0.2) == (0.1, 0.4, 3)
    assert step("service", 0.5, True) == (0.65, 0.95, 3) and step("service", NAN, True) == (0.9, 1.2, 2)
    assert step("service", 0.5, True, 0.0) == (0.2, 0.5, 3) and step("gated-mean", NAN) == (0.0, 0.3, 2)


def test_names_are_checked_wherever_they_stand() -> None:
    for wrong in ({"weights": {"nothing": 1.0}}, {"gates": {"nothing": 0.5}}, {"needs": ("nothing",)}):
        with pytest.raises(UnknownName):
            RewardSpec(**{"name": "x", "weights": {DIMENSIONS[IR]: 1.0}, **wrong})  # type: ignore[arg-type]
    for good in ({"gates": {DIMENSIONS[IR]: 0.0}}, {"gates": {DIMENSIONS[IR]: 1.0}}, {"outcome": 0.0}, {"outcome": 1.0},
                 {"turn_price": 1.0}, {"levels": 2}):
        assert RewardSpec(**{"name": "x", "weights": {DIMENSIONS[IR]: 1.0, DIMENSIONS[QIR]: 0.0}, **good})  # type: ignore[arg-type]


def test_a_change_of_numbers_is_a_new_version() -> None:
    """Traces name the version that paid them."""
    second = {"weighted-sum", "product", "min", "lexicographic", "chebyshev"}
    assert {name: REWARDS[name].version for name in REWARDS} == {name: 1 + (name in second) for name in REWARDS}
    assert RewardSpec(name="x", weights={DIMENSIONS[IR]: 1.0}).version == 1 and b'"version":2' in REWARDS["chebyshev"].to_json()


@pytest.mark.parametrize(("wrong", "told"), [
    ([0.5, -0.25, 0.0, 1.0, 1.25], "[-0.25  1.25]"), ([NAN, 2.0, -1.0, 3.0, -2.0], "[ 2. -1.  3. -2.]"),
    ([0.0, 1.0, float("inf"), NAN, 0.5], "[inf]")])
def test_components_out_of_range_are_told_and_no_others(wrong: list[float], told: str) -> None:
    with pytest.raises(InputError) as raised:
        DEFAULT([wrong])
    assert str(raised.value).endswith(f"or be NaN; got {told}")
    with pytest.raises(InputError) as raised:
        DEFAULT([[2.0] * D] * 3)
    assert str(raised.value).endswith("got [2. 2. 2. 2. 2.]")  # the first five
