"""The model of tables: answers known by construction, and what it must do with rows that it does not know."""

from __future__ import annotations

import numpy as np
import pytest

from recenv.errors import InputError
from recenv.records import ScorerRow
from recenv.rewards.models.tables.columns import encode, link
from recenv.rewards.models.tables.process import TabularModel
from recenv.rewards.models.tables.values import fold, pairs, reading
from recenv.training.fits import process
from recenv.training.fits.layouts import layouts
from recenv.training.fits.tables import Fitted, fit_tables

COLOURS, SHAPES = ("red", "blue"), ("round", "square")


def _row(user: str, item: str, context: str = "weather: sunny", group: str = "") -> ScorerRow:
    return ScorerRow(dimension="behavior_prediction", query="Is it taken?", user=user, context=context, item=item, group=group)


def _world(people: int, each: int = 8, first: int = 0) -> tuple[list[ScorerRow], list[float]]:
    """People like shapes by their favourite colour: red people the round ones, blue people the square ones, without exception."""
    rows, labels = list[ScorerRow](), list[float]()
    for person in range(first, first + people):
        generator = np.random.default_rng(person)
        colour = person % 2
        for _ in range(each):
            shape = int(generator.integers(2))
            user = f"favourite colour: {COLOURS[colour]}; age: {20 + int(generator.integers(40))}"
            weather = ("sunny", "rainy")[int(generator.integers(2))]
            item = f"shape: {SHAPES[shape]}; price: {int(generator.integers(9))}"
            rows.append(_row(user, item, f"weather: {weather}", f"p{person}"))
            labels.append(float(colour == shape))
    return rows, labels


@pytest.fixture(scope="module", autouse=True)
def _few_steps() -> object:
    """Worlds this plain are learned in a third of the steps."""
    patch = pytest.MonkeyPatch()
    patch.setattr(process, "STEPS", 30)
    yield
    patch.undo()


@pytest.fixture(scope="module")
def learned() -> Fitted:
    rows, labels = _world(40)
    return fit_tables(rows, labels, seed=3)


def _auc(labels: list[float], scores: np.ndarray) -> float:
    up, down = scores[np.array(labels) > 0.5], scores[np.array(labels) < 0.5]
    return float((up[:, None] > down[None]).mean() + 0.5 * (up[:, None] == down[None]).mean())


def test_exclusive_or_of_user_and_item_is_learned_for_people_not_in_training(learned: Fitted) -> None:
    rows, labels = _world(20, first=1000)
    assert _auc(labels, TabularModel(learned.state).logits(rows)) > 0.97  # either key alone says nothing: 0.5
    assert _auc(_world(40)[1], learned.apart) > 0.97


def test_logits_are_calibrated_log_odds(learned: Fitted) -> None:
    rows, labels = _world(20, first=1000)
    share = 1.0 / (1.0 + np.exp(-TabularModel(learned.state).logits(rows)))
    assert abs(share.mean() - np.mean(labels)) < 0.05


def test_same_rows_and_seed_same_bytes(learned: Fitted) -> None:
    again = fit_tables(*_world(40), seed=3)
    assert {k: v.tobytes() for k, v in again.state.items()} == {k: v.tobytes() for k, v in learned.state.items()}
    assert again.apart.tobytes() == learned.apart.tobytes()


def test_batches_and_their_order_do_not_change_a_bit(learned: Fitted) -> None:
    rows, _ = _world(10, first=500)
    model = TabularModel(learned.state)
    whole = model.logits(rows)
    assert np.array_equal(whole, np.concatenate([model.logits([row]) for row in rows]))
    assert np.array_equal(whole[::-1], model.logits(rows[::-1]))


def test_order_of_keys_and_marks_between_them_do_not_matter(learned: Fitted) -> None:
    plain = _row("favourite colour: red; age: 30", "shape: round; price: 3")
    turned = _row("Age：30；Favourite Colour：red", "price: 3\nshape: ROUND")
    assert TabularModel(learned.state).logits([plain]).tobytes() == TabularModel(learned.state).logits([turned]).tobytes()


def test_unknown_values_and_lost_keys_are_answered(learned: Fitted) -> None:
    rows = [_row("favourite colour: ultraviolet; age: 30", "shape: round; price: 3"),
            _row("favourite colour: red", "shape: round"),
            _row("favourite colour: red; age: very", "shape: round; price: 1e999; origin: here", "weather: 雪")]
    logits = TabularModel(learned.state).logits(rows)
    assert np.isfinite(logits).all()
    assert logits[1] > 0.0 and abs(logits[0]) < abs(logits[1])


@pytest.mark.parametrize("row", [_row("", "", ""), _row("likes colours, aged 30", "a round one", "it rains"),
                                 _row("city: here; job: none", "kind: bar", "hour: 3")])
def test_rows_without_keys_or_of_other_keys_are_not_answered(learned: Fitted, row: ScorerRow) -> None:
    assert np.isnan(TabularModel(learned.state).logits([row])).all()
    assert np.isnan(TabularModel({}).logits([row])).all()


def test_labels_that_follow_nothing_are_left_alone() -> None:
    rows, _ = _world(30)
    labels = np.random.default_rng(0).integers(2, size=len(rows))
    assert fit_tables(rows, labels, seed=0).state == {}


def test_two_layouts_are_learned_apart(learned: Fitted) -> None:
    rows, labels = _world(40)
    names = {"favourite colour": "喜欢的颜色", "age": "年龄", "shape": "形状", "price": "价格", "weather": "天气"}

    def told(text: str) -> str:
        for name, chinese in names.items():
            text = text.replace(name, chinese)
        return text

    chinese = [_row(told(row.user), told(row.item), told(row.context), row.group) for row in rows]
    both = fit_tables([*rows, *chinese], [*labels, *(1.0 - y for y in labels)], seed=3)
    unseen, truth = _world(10, first=700)
    assert _auc(truth, TabularModel(both.state).logits(unseen)) > 0.97
    assert {name.partition(".")[0] for name in both.state} == {"0", "1"}


def test_rows_too_few_make_no_model() -> None:
    rows, labels = _world(10)
    fitted = fit_tables(rows, labels, seed=0)
    assert fitted.state == {} and np.isnan(fitted.apart).all()


@pytest.mark.parametrize("labels", [[0.0], [2.0, 0.0], [float("nan"), 0.0]])
def test_labels_must_fit(labels: list[float]) -> None:
    with pytest.raises(InputError, match="labels"):
        fit_tables([_row("a: b", "c: d")] * 2, labels, seed=0)


def test_people_beyond_the_most_rows_are_left_out_whole_and_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recenv.training.fits.tables.MOST_ROWS", 240)
    rows, labels = _world(40)
    fitted = fit_tables(rows, labels, seed=1)
    assert len(fitted.state["0.alpha"]) == 240
    assert np.isfinite(fitted.apart).all() and _auc(labels, fitted.apart) > 0.9


def test_answers_apart_are_those_of_a_process_without_the_person() -> None:
    rows, labels = _world(30, each=4)
    (layout,), _ = layouts(rows)
    y = np.array(labels, np.float32)
    person = np.array([int(row.group[1:]) for row in rows])
    table = process.table_of(encode(layout, rows), person)
    weights = process.starting_weights(table, np.zeros(process.width(table, "scene"), bool))
    solved = process.solve(table, y, weights)
    out = person == 7
    full = process.covariance(table, weights).astype(np.float64)
    inner = full[~out][:, ~out] + (float(weights.noise[0]) + 1e-4) * np.eye(int((~out).sum()))
    want = solved.mean + full[out][:, ~out] @ np.linalg.solve(inner, y[~out] - solved.mean)
    assert solved.apart[out] == pytest.approx(want, abs=1e-4)


HABITS = ("age", "visits to bars a month", "visits to restaurants below $20 a month",
          "visits to restaurants of $20 to $50 a month")


@pytest.mark.parametrize(("value", "key"), [
    ("bar", HABITS[1]), ("restaurant(<20)", HABITS[2]), ("restaurant(20-50)", HABITS[3]),
    ("museum", ""), ("20", ""), ("month", ""),
])
def test_values_are_linked_to_the_habit_that_names_them(value: str, key: str) -> None:
    assert link(value, HABITS)[1] == key


def test_chinese_values_are_linked() -> None:
    assert link("火锅", ("每月去火锅店次数", "每月去酒吧次数"))[1] == "每月去火锅店次数"


@pytest.mark.parametrize("rising", [
    ("never", "less1", "1~3", "4~8", "gt8"), ("less than $12500", "$12500 - $24999", "$25,000 - $37,499", "$100000 or more"),
    ("7am", "10am", "2pm", "10pm"), ("below21", "21", "50plus"), ("2h", "1d", "1 week"), ("no", "yes"), ("25 yuan", "40 yuan"),
    ("never", "rarely", "sometimes", "often"), ("从不", "偶尔", "经常"), ("不足1次", "1~3次", "8次以上"),
    ("不超过3次", "不少于3次"), ("早上8点", "中午12点", "下午2点", "晚上10点"),
])
def test_values_read_in_their_order(rising: tuple[str, ...]) -> None:
    read = [reading(fold(value)) for value in rising]
    assert read == sorted(set(read))


@pytest.mark.parametrize("value", ["sunny", "restaurant(<20)", "some college - no degree", "", "1, 2 and 3", "火锅"])
def test_values_that_are_no_quantity_are_not_read(value: str) -> None:
    assert np.isnan(reading(value))


def test_pairs_of_a_text() -> None:
    assert pairs("年龄：47；性别: 男\nOpen: 18:30; ; nothing; age:") == (("open", "18:30"), ("年龄", "47"), ("性别", "男"))
