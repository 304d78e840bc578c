"""The learned and the replaying user: features, parameters on disk, fits, and answers from the log."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from recenv import rng
from recenv.data.constraints import MET, MISSED, UNKNOWN
from recenv.data.store import StoreWriter, user_fold
from recenv.data.world import World
from recenv.errors import InputError, UnknownName, WeightsError
from recenv.records import Goal, Item, Need, Outcome, Privileged, Session, User
from recenv.testing.tiny import SESSIONS, item_id
from recenv.users import USERS
from recenv.users.choice import Choices, log_likelihood, maximise
from recenv.users.features import FEATURES, FeatureReader, _medians, tightness
from recenv.users.learned import (
    DEFAULT_PARAMS,
    PRIOR_DECAY,
    ChoiceParams,
    LearnedUser,
    fit,
    leave_hazard,
    load_params,
    read_logs,
    save_params,
)
from recenv.users.protocol import Appeal, UserModel
from recenv.users.replay import ReplayUser

PARAMS = ChoiceParams(
    coefficients={name: 0.1 * n for n, name in enumerate(FEATURES)}, position_decay=0.8, leave_hazard=0.1, mismatch=5.0)


def ask(user: UserModel, world: World, session: str, goal: int = 0) -> tuple[Appeal, NDArray[np.int64]]:
    """Appeal of all candidates of a goal."""
    row = world.session_row(session)
    arrays = world.goal(world.goal_rows(row)[goal])
    items = arrays.candidates.astype(np.int64)
    ones = np.ones(len(items), np.int64)
    return user.appeal(ones * row, ones * goal, items, arrays.satisfaction), items


# -- features --------------------------------------------------------------------------------------------------------------


def test_features_by_hand(tiny_world: World) -> None:
    session = tiny_world.session_row("zh-1")
    items = np.array([tiny_world.item_row(item_id("zh", "dining", n)) for n in (0, 3, 16)])
    satisfaction = np.array([[MISSED, MISSED, MET], [MET, MET, MET], [UNKNOWN, UNKNOWN, MET]], np.int8)
    rows = FeatureReader(tiny_world)(np.full(3, session), items, satisfaction)
    table = {name: rows[:, e] for e, name in enumerate(FEATURES)}
    assert table["base"].tolist() == [1, 1, 1]
    assert table["missed"].tolist() == [2, 0, 1] and table["unknown"].tolist() == [0, 0, 2]
    assert table["rating"] == pytest.approx([4.0 - 4.2, 4.6 - 4.2, 0.0], abs=1e-6)
    assert table["price"][0] > 0 > table["price"][1] and table["price"][2] == 0  # 90 and 33 yuan, and unpriced
    assert table["dear"].tolist() == [table["price"][0], 0, 0]
    assert table["price_if_tight"] == pytest.approx(0.6 * table["price"])  # the budget is 实惠
    assert table["same_area"].tolist() == [0, 0, 0]  # the context names none
    assert np.isfinite(rows).all()


def test_habit_is_the_share_of_the_history(tiny_world: World) -> None:
    # the history holds one dining item of number 12 (bit 3 set: the first type) and one tourism item
    session = tiny_world.session_row("en-1")
    items = np.array([tiny_world.item_row(item_id("en", "dining", n)) for n in (8, 0)])
    rows = FeatureReader(tiny_world)(np.full(2, session), items, np.ones((2, 1), np.int8))
    assert rows[:, FEATURES.index("habit")].tolist() == [0.5, 0.0]


def test_prices_are_compared_within_a_category() -> None:
    column = np.array([1.0, 3.0, 100.0, -1.0, 0.0])
    world = SimpleNamespace(column=lambda name: column, categories=("a", "b", "c"))
    middle = _medians(world, np.array([0, 0, 1, 1, 0]))  # type: ignore[arg-type]
    assert middle[:2].tolist() == [1.0, 100.0] and np.isnan(middle[2])


def test_budget_words() -> None:
    assert tightness("very tight") == 1 and tightness(" Generous ") < 0
    assert tightness("精打细算") == 1 and tightness("no such word") == 0 == tightness("")
    scale = {1.0: "精打细算,很紧,拮据,very tight", 0.8: "tight", 0.6: "实惠,经济,便宜,低,节俭,cheap,low,frugal,economical",
             0.4: "偏紧,careful", 0.0: "适中,中等,moderate,medium", -0.6: "宽裕,充足,高,generous,ample,high",
             -1.0: "奢华,luxury,unlimited"}
    assert all(tightness(word) == tight for tight, words in scale.items() for word in words.split(","))


# -- the learned user --------------------------------------------------------------------------------------------------------


def test_rows_do_not_depend_on_each_other_to_the_bit(tiny_world: World) -> None:
    user = LearnedUser(tiny_world, PARAMS)
    parts = [ask(user, tiny_world, s) for s in ("zh-1", "en-1")]
    rows = [tiny_world.session_row(s) for s in ("zh-1", "en-1") for _ in range({"zh-1": 16, "en-1": 12}[s])]
    items = np.concatenate([p[1] for p in parts])
    satisfaction = np.concatenate([tiny_world.goal(tiny_world.goal_rows(r)[0]).satisfaction for r in dict.fromkeys(rows)])
    together = user.appeal(np.array(rows), np.zeros(len(rows), np.int64), items, satisfaction)
    assert together.utility.tobytes() == np.concatenate([p[0].utility for p in parts]).tobytes()
    padded = np.c_[satisfaction, np.full((len(rows), 3), MET, np.int8)]  # padding with MET changes nothing
    again = user.appeal(np.array(rows), np.zeros(len(rows), np.int64), items, padded)
    assert again.utility.tobytes() == together.utility.tobytes()
    assert not together.extrapolated.any() and together.taken is None


def test_another_category_is_penalised(tiny_world: World) -> None:
    user = LearnedUser(tiny_world, PARAMS)
    session = np.array([tiny_world.session_row("zh-2")] * 2)
    item = np.array([tiny_world.item_row(item_id("zh", "tourism", 3))] * 2)
    appeal = user.appeal(session, np.array([0, 1]), item, np.ones((2, 1), np.int8))  # goal 0 dining, goal 1 tourism
    assert appeal.utility[1] - appeal.utility[0] == pytest.approx(5.0)


def test_no_rows(tiny_world: World) -> None:
    none = np.zeros(0, np.int64)
    for user in (LearnedUser(tiny_world, PARAMS), ReplayUser(tiny_world, PARAMS)):
        assert user.appeal(none, none, none, np.zeros((0, 2), np.int8)).utility.shape == (0,)


def test_the_shipped_parameters_make_sense(tiny_world: World) -> None:
    params = load_params()
    beta = params.coefficients
    assert beta["missed"] < -0.5 and beta["rating"] > 0 and beta["liked"] > 0 and beta["same_area"] > 0
    assert beta["price_if_tight"] + beta["dear_if_tight"] < 0
    assert 0.5 < params.position_decay < 1 and 0 < params.leave_hazard < 0.5
    appeal, _ = ask(USERS["learned"](tiny_world, {}), tiny_world, "zh-1")
    met = np.array([bin(n & 7).count("1") for n in range(16)])  # three constraints, one a bit
    means = [appeal.utility[met == m].mean() for m in range(4)]
    assert means == sorted(means)
    assert USERS["learned"](tiny_world, {}).temper == (params.position_decay, params.leave_hazard)


# -- fitting -----------------------------------------------------------------------------------------------------------------


def test_logs_of_the_tiny_world(tiny_world: World) -> None:
    logs = read_logs(tiny_world)
    goals = [plan for _, plans in SESSIONS.values() for plan in plans]
    assert logs.choices.length.tolist() == [len(p.candidates) for p in goals]
    assert not logs.choices.ordered.any()  # only two positions of each list are known
    assert logs.choices.chosen.tolist() == [p.candidates.index(p.satisfying[0]) for p in goals]


def test_fit_is_deterministic_and_reports(tiny_world: World, tmp_path: Path) -> None:
    one, two = fit(tiny_world), fit(tiny_world)
    assert one[0] == two[0] and one[1].table() == two[1].table()
    report = one[1]
    assert report.goals == report.taken == 7 and report.train > report.base_train
    assert one[0].coefficients["missed"] < 0
    assert "missed" in report.table() and "held out" in report.table()
    save_params(one[0], tmp_path / "p.json")
    assert load_params(tmp_path / "p.json") == one[0]
    assert [p.name for p in tmp_path.iterdir()] == ["p.json"]


def test_fewer_goals_by_seed(tiny_world: World) -> None:
    picks = {seed: read_logs(tiny_world, seed=seed, max_goals=3).choices.features.tobytes() for seed in range(4)}
    assert len(set(picks.values())) > 1
    assert picks[0] == read_logs(tiny_world, seed=0, max_goals=3).choices.features.tobytes()


def test_leaving_by_hand(tiny_world: World) -> None:
    # five sessions of patience 4, nobody left: maximise 0.5 ln h + 20.5 ln(1 - h)
    assert leave_hazard(tiny_world) == pytest.approx(0.5 / 21, abs=1e-6)


def test_unusable_fits(tiny_world: World, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="l2 must be above 0"):
        fit(tiny_world, l2=0.0)
    with pytest.raises(InputError, match="existing folder"):
        save_params(PARAMS, tmp_path / "no" / "p.json")


@pytest.mark.parametrize("change", [
    b"", b"{", b"[]", b"\xff\xfe", b'{"coefficients": {}}',
    msgspec.json.encode(msgspec.structs.replace(PARAMS, schema=9)),
    msgspec.json.encode(msgspec.structs.replace(PARAMS, coefficients={"base": 1.0})),
    msgspec.json.encode(msgspec.structs.replace(PARAMS, coefficients={**PARAMS.coefficients, "more": 1.0})),
    msgspec.json.encode(msgspec.structs.replace(PARAMS, position_decay=0.0)),
    msgspec.json.encode(msgspec.structs.replace(PARAMS, leave_hazard=1.0)),
    msgspec.json.encode(PARAMS)[:-20],
])
def test_bad_parameter_files(change: bytes, tmp_path: Path) -> None:
    file = tmp_path / "p.json"
    file.write_bytes(change)
    with pytest.raises(WeightsError, match=r"p\.json.*fit-user"):
        load_params(file)


def test_a_missing_parameter_file(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="fit-user"):
        load_params(tmp_path / "none.json")
    assert DEFAULT_PARAMS.is_file()


# -- replay ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("session", list(SESSIONS))
def test_replay_answers_from_the_log(tiny_logged_world: World, session: str) -> None:
    user, guess = ReplayUser(tiny_logged_world, PARAMS), LearnedUser(tiny_logged_world, PARAMS)
    for g, plan in enumerate(SESSIONS[session][1]):
        appeal, _ = ask(user, tiny_logged_world, session, g)
        learned, _ = ask(guess, tiny_logged_world, session, g)
        ordered = plan.candidates.index(plan.satisfying[0])
        clicked = next(n for n in range(len(plan.candidates)) if n != ordered)
        assert appeal.taken is not None and np.flatnonzero(appeal.taken).tolist() == [ordered]
        assert appeal.utility[ordered] > appeal.outside[ordered] + 10
        assert appeal.utility[clicked] < appeal.outside[clicked] - 10
        known = np.isin(np.arange(len(plan.candidates)), [ordered, clicked])
        assert (appeal.extrapolated == ~known).all()
        assert (appeal.utility[~known] == learned.utility[~known]).all()
    assert user.temper == guess.temper


def test_replay_of_the_other_goal_is_extrapolated(tiny_logged_world: World) -> None:
    user = ReplayUser(tiny_logged_world, PARAMS)
    row = tiny_logged_world.session_row("zh-2")
    item = np.array([tiny_logged_world.item_row(item_id("zh", "dining", 3))] * 2)
    appeal = user.appeal(np.array([row, row]), np.array([0, 1]), item, np.ones((2, 1), np.int8))
    assert appeal.extrapolated.tolist() == [False, True]


def test_the_registry(tiny_world: World) -> None:
    assert list(USERS) == ["gold", "replay", "learned", "llm"]
    for name in ("replay", "learned"):
        assert USERS[name](tiny_world, {}).name == name
    with pytest.raises(UnknownName, match="learned"):
        USERS["lerned"]


# -- a world whose every number is known -------------------------------------------------------------------------------------


ITEMS = tuple(Item(id=name, category=category, name=name, attributes=attributes) for name, category, attributes in (
    ("a", "dining", {"rating": 4.7, "price": 20.0, "area": "North", "subcategory": "Tea", "tags": ("Quiet", "Wifi", "Cards")}),
    ("b", "dining", {"rating": 3.9, "price": 80.0, "area": "South", "subcategory": "Grill", "tags": ("Wifi",)}),
    ("c", "dining", {"price": 45.0, "subcategory": "Grill"}), ("d", "tourism", {})))
SHOWN = (  # events of c, a and b, which were shown in this order
    ("click", "order", "offered"), ("click", "offered", "click"), ("offered", "offered", "offered"),
    ("order", "offered", "offered"),
    ("offered", "click", "order"), ("offered", "offered", "order"))


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Six users, each with one session; the places of the last one's list are not all known."""
    out = tmp_path_factory.mktemp("known") / "store"
    with StoreWriter(out, kind="logged") as store:
        for item in ITEMS:
            store.add_item(item)
        for n, events in enumerate(SHOWN):
            profile = {"budget": "very tight" if n % 2 else "generous", "likes": "tea、quiet, cards，wifi,"}
            store.add_user(User(id=f"u{n}", profile=profile, history=("b", "c", "a", "gone", "d")))
            goal = Goal(category="dining", query="Tea?", candidates=("a", "b", "c"))
            outcomes = tuple(Outcome(item_id=i, event=event, position=place)  # type: ignore[arg-type]
                             for place, (i, event) in enumerate(zip("cab", events, strict=True)))[: 2 if n == 5 else 3]
            session = Session(id=f"s{n}", user_id=f"u{n}", locale="en", instruction="", context={"area": " north "},
                              goals=(goal,), source="logged")
            left = None if n == 5 else n == 4
            store.add_session(session, Privileged(needs=(Need(),), outcomes=(outcomes,), patience=1 + n % 3, left=left))
        store.finish()
    return World(out)


def test_every_feature_by_hand(known: World) -> None:
    session, items = np.full(4, 1), np.arange(4)
    met = np.array([[MET, MISSED], [UNKNOWN, MISSED], [MET, MET], [UNKNOWN, UNKNOWN]], np.int8)
    rows = FeatureReader(known)(session, items, met)
    price = [np.log(21 / 46), np.log(81 / 46), 0.0, 0.0]  # the median of dining is 45; tourism has none
    folds = [user_fold(f"u{n}") for n in range(6)]
    others = [SHOWN[n][:2] + SHOWN[n][2:] * (n < 5) for n in range(6) if folds[n] != folds[1]]
    takes = [sum(len(events) > at and events[at] in ("click", "order") for events in others) for at in (1, 2, 0)]  # of a, b, c
    popular = np.log1p(takes) - np.log1p(takes).mean()
    expected = {
        "base": [1, 1, 1, 1], "missed": [1, 1.5, 0, 1], "unknown": [0, 1, 0, 2], "rating": [0.5, -0.3, 0, 0], "price": price,
        "dear": np.maximum(price, 0), "price_if_tight": price, "dear_if_tight": np.maximum(price, 0), "popular": [*popular, 0],
        "same_area": [1, 0, 0, 0], "liked": [3, 1, 0, 0], "habit": [1 / 3, 2 / 3, 2 / 3, 0]}
    assert {*expected} == {*FEATURES} and 0 < sum(takes) < 9
    for e, name in enumerate(FEATURES):
        assert rows[:, e] == pytest.approx(expected[name], abs=1e-6), name
    generous = FeatureReader(known)(np.zeros(4, np.int64), items, np.ones((4, 1), np.int8))
    assert generous[:, FEATURES.index("price_if_tight")] == pytest.approx(-0.6 * np.array(price), abs=1e-6)


def test_logs_are_read_in_the_order_in_which_they_were_shown(known: World) -> None:
    logs = read_logs(known)
    assert logs.choices.length.tolist() == [3] * 6 and logs.session.tolist() == list(range(6))
    assert logs.choices.ordered.tolist() == [True] * 5 + [False]
    assert logs.choices.chosen.tolist() == [1, 0, -1, 0, 2, -1]  # the strongest event, the first of its kind; b's is not known
    assert logs.fold.tolist() == [user_fold(f"u{n}") for n in range(6)]
    reader, none = FeatureReader(known), np.zeros((3, 0), np.int8)
    for n, order in ((0, [2, 0, 1]), (5, [0, 1, 2])):
        assert np.array_equal(logs.choices.features[n], reader(np.full(3, n), np.array(order), none))
    some = read_logs(known, seed=3, max_goals=2)
    first = np.sort(np.argsort(rng.bits(3, rng.word("choice logs"), np.arange(6)), kind="stable")[:2])
    assert some.session.tolist() == first.tolist() and len(read_logs(known, max_goals=6).session) == 6


def test_a_fit_says_what_it_was_fitted_to_and_how_well(known: World) -> None:
    logs = read_logs(known)
    params, report = fit(known, l2=2.0)
    best = maximise(logs.choices, 2.0, PRIOR_DECAY)
    assert list(params.coefficients.values()) == [round(float(b), 6) for b in best.beta]
    assert (params.position_decay, params.leave_hazard) == (round(best.decay, 6), round(leave_hazard(known), 6))
    assert params.fitted_on == {"kind": "logged", "fingerprint": known.fingerprint, "goals": "6"}
    assert (report.goals, report.taken, report.with_positions, report.iterations) == (6, 4, 5, best.iterations)
    for seed in range(99):
        some = read_logs(known, seed=seed, max_goals=3).choices.chosen.tolist()
        if some.count(-1) != some.count(0):  # nothing, and the first of a list
            break
    assert fit(known, seed=seed, max_goals=3)[1].taken == 3 - some.count(-1)
    assert report.errors["position decay"] == pytest.approx(best.errors[-1] * best.decay * (1 - best.decay))
    assert [report.errors[name] for name in FEATURES] == best.errors[:-1].tolist()
    base = Choices(logs.choices.features[:, :, :1], *logs.choices[1:])
    for choices, train, unseen in ((logs.choices, report.train, report.held_out),
            (base, report.base_train, report.base_held_out)):
        whole, told = maximise(choices, 2.0, PRIOR_DECAY), list[float]()
        assert train == pytest.approx(log_likelihood(choices, whole.beta, whole.decay).mean())
        for fold in sorted({*logs.fold.tolist()}):
            part = maximise(choices.take(logs.fold != fold), 2.0, PRIOR_DECAY)
            told += log_likelihood(choices.take(logs.fold == fold), part.beta, part.decay).tolist()
        assert unseen == pytest.approx(np.mean(told))
    lines = report.table().split("\n")
    assert lines[1] == f"base             {params.coefficients['base']:8.3f} {report.errors['base']:7.3f}"
    assert lines[14] == f"leave hazard     {params.leave_hazard:8.3f}       -"


def test_the_hazard_is_the_likeliest_of_who_left_and_who_stayed() -> None:
    def hazard(told: list[tuple[bool | None, int]]) -> float:
        records = [SimpleNamespace(left=left, patience=patience) for left, patience in told]
        return leave_hazard(SimpleNamespace(n_sessions=len(records), privileged=lambda s: records[s]))  # type: ignore[arg-type]

    assert hazard([(True, 1)] * 3 + [(False, 0)] * 6 + [(None, 9)]) == pytest.approx(3.5 / 10)  # half of either kind is added
    told = [(True, 2), (True, 5), (False, 3), (False, 1), (True, 0)]

    def likely(h: float) -> float:
        turns = [max(1, patience) for _, patience in told]
        return sum(np.log(1 - (1 - h) ** p) if left else p * np.log(1 - h) for (left, _), p in zip(told, turns, strict=True)) + (
            0.5 * np.log(h) + 0.5 * np.log(1 - h))

    found = hazard(told)  # type: ignore[arg-type]
    assert all(likely(found) > likely(found + step) for step in (-1e-4, 1e-4))


@pytest.mark.parametrize(("decay", "hazard", "mismatch", "usable"), [
    (1.0, 0.0, 5.0, True), (1.01, 0.0, 5.0, False), (0.5, 0.99, 0.0, True), (0.5, -0.01, 5.0, False), (0.5, 1.5, 5.0, False),
    (-0.5, 0.5, 5.0, False), (0.5, 0.5, np.inf, False)])
def test_parameters_have_bounds(tmp_path: Path, decay: float, hazard: float, mismatch: float, usable: bool) -> None:
    made = msgspec.structs.replace(PARAMS, position_decay=decay, leave_hazard=hazard, mismatch=mismatch)
    (tmp_path / "p.json").write_bytes(msgspec.json.encode(made))
    if usable:
        assert load_params(tmp_path / "p.json") == made
    else:
        with pytest.raises(WeightsError, match=r"position_decay must lie in \(0, 1\]|user parameters"):
            load_params(tmp_path / "p.json")


@pytest.mark.parametrize(("tight", "words"), [
    (1.0, "精打细算 很紧 拮据 very-tight"), (0.8, "tight"), (0.6, "实惠 经济 便宜 低 节俭 cheap low frugal economical"),
    (0.4, "偏紧 careful"),
    (0.0, "适中 中等 moderate medium"), (-0.6, "宽裕 充足 高 generous ample high"), (-1.0, "奢华 luxury unlimited")])
def test_every_budget_word_has_its_place_on_the_scale(tight: float, words: str) -> None:
    assert {tightness(word.replace("-", " ")) for word in words.split()} == {tight}
