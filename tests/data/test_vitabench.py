"""VitaBench: tasks of every shape become sessions and rows, and neither order nor numbers tell what is right."""

from __future__ import annotations

import copy
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import vitabench_tasks_made_up as made

from recenv import rng
from recenv.appraisal.scoring import ScoredRow, in_source_order
from recenv.data.constraints import MET, MISSED
from recenv.data.inspect import describe
from recenv.data.rowsets import ROWSETS
from recenv.data.rowsets.reading import Unusable
from recenv.data.vitabench import ingest_vitabench
from recenv.data.vitabench_items import product_item, shop_item
from recenv.data.vitabench_needs import first_person, patience, wishes
from recenv.data.vitabench_people import context_of, user_of
from recenv.data.vitabench_tasks import RawTask, task_of
from recenv.data.world import World
from recenv.errors import InputError, RowError, StoreError
from recenv.records import Item, ScorerRow
from recenv.scenarios.entry import open_engine

REAL = Path(__file__).parents[3] / "shared" / "data" / "vitabench"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    source = tmp_path / "set"
    source.mkdir()
    made.write(source / "a.json", [made.delivery_zh(), made.instore()])
    made.write(source / "b.json", [made.delivery_en(), made.travel(), made.delivery_en("U5", "5")])
    return source


def named(world: World, ids: tuple[str, ...]) -> set[str]:
    return {world.item(world.item_row(i)).name for i in ids}


def items(world: World) -> list[Item]:
    return [world.item(row) for row in range(world.n_items)]


def test_orders_become_goals_whose_need_is_their_label(folder: Path, tmp_path: Path) -> None:
    report = ingest_vitabench(folder, tmp_path / "store")
    world = World(tmp_path / "store")
    assert (report.rows, report.quarantined, world.n_sessions) == (5, 0, 5) and world.kind == "vitabench"
    row = world.session_row("vitabench/a:0")
    session, hidden = world.session(row), world.privileged(row)
    assert session.source == "constructed" and session.locale == "zh" and len(session.goals) == 2 and hidden.patience == 3
    assert [goal.query for goal in session.goals] == ["我的孩子要吃蒜蓉小龙虾，预算50元左右。", "我还想点一份芋泥甜品送到我家。"]
    assert [named(world, need.meets) for need in hidden.needs] == [{"蒜蓉小龙虾", "海鲜大排档"}, {"芋泥麻薯", "甜品铺"}]
    for g, goal in enumerate(session.goals):
        statuses = {i: set(world.satisfaction(row, g, world.item_row(i)).tolist()) for i in goal.candidates}
        assert {i for i, s in statuses.items() if s == {MET}} == set(goal.candidates) & set(hidden.needs[g].meets)
        assert all(s in ({MET}, {MISSED}) for s in statuses.values())
        assert {o.item_id for o in hidden.outcomes[g] if o.event == "order"} == set(hidden.needs[g].meets)
    profile = world.user(int(world.column("session_user")[row])).profile
    assert profile["temper"].startswith("做事急躁") and "豆浆" in profile["早餐"] and profile["likes"] == "包子、养胃粥"
    assert session.context["city"] == "昆明"


def test_marks_bookings_and_earlier_orders_are_read(folder: Path, tmp_path: Path) -> None:
    ingest_vitabench(folder, tmp_path / "store")
    world = World(tmp_path / "store")
    row = world.session_row("vitabench/a:1")
    assert [named(world, need.meets) for need in world.privileged(row).needs] == [{"Yoga trial class", "Qingya Yoga Studio"}]
    assert named(world, world.user(int(world.column("session_user")[row])).history) == {"Singing package"}
    assert world.session(row).goals[0].category == "lifestyle"
    said = world.privileged(row).needs[0].constraints
    assert [c.text for c in said] == ["I plan to find a yoga studio near home.", "I need a trial class."]
    assert [c.disclosure for c in said] == ["volunteered", "on_ask"]


def test_travel_tasks_are_taken_by_their_shape(folder: Path, tmp_path: Path) -> None:
    ingest_vitabench(folder, tmp_path / "store")
    world = World(tmp_path / "store")
    row = world.session_row("vitabench/b:1")
    session, hidden = world.session(row), world.privileged(row)
    assert [goal.category for goal in session.goals] == ["accommodation", "tourism"]
    assert named(world, hidden.needs[0].meets) == {"Lake Hotel Queen room 2025-05-01", "Lake Hotel"}
    assert "train to Hangzhou" in session.goals[1].query and "hotel" in session.goals[0].query
    (train,) = [item for item in items(world) if item.name == "G1234"]
    assert train.attributes["departure_station"] == "Wuhan Station" and train.attributes["arrival_city"] == "Hangzhou"
    (hotel,) = [item for item in items(world) if item.name == "Lake Hotel"]
    assert hotel.attributes["star_rating"] == 5.0 and hotel.attributes["rating"] == 4.8 and hotel.category == "accommodation"


def test_items_tell_nothing_of_what_is_right(folder: Path, tmp_path: Path) -> None:
    ingest_vitabench(folder, tmp_path / "store")
    world = World(tmp_path / "store")
    for item in items(world):
        text = msgspec.json.encode(item).decode()
        assert not any(word in text for word in ("target", "distraction", "because it is right", "S1_P0", "I1"))
        assert "products" not in item.attributes
    for row in range(world.n_sessions):
        for goal in world.goal_rows(row):
            assert not world.popularity(world.goal(goal).candidates, row).any()


def test_unusable_tasks_are_put_aside_with_file_index_and_reason(folder: Path, tmp_path: Path) -> None:
    without = made.delivery_en()
    del without["instructions"]
    made.write(folder / "c.json", [without, 7, made.task("9", "You want tea.", {}, []), made.task(
        "10", "You want tea.", {"stores": {"S1": made.store("S1", "Tea House", ["tea"])}}, [])])
    with pytest.raises(StoreError, match=r"4 of 9 rows are unusable"):
        ingest_vitabench(folder, tmp_path / "store")
    report = ingest_vitabench(folder, tmp_path / "store", max_bad=0.5)
    assert [(bad.file, bad.reason.split(":")[0]) for bad in report.examples] == [("c", f"record {n}") for n in range(4)]
    reasons = ("instructions", "object", "environment", "order")
    assert all(word in bad.reason for bad, word in zip(report.examples, reasons, strict=True))
    with pytest.raises(InputError, match=r"c\.json, record 0: instructions"):
        list(ROWSETS["vitabench"].convert(folder))
    aside: list[Unusable] = []
    rows = [row.id for row in ROWSETS["vitabench"].convert(folder, aside.append)]
    assert [record.id for record in aside] == [f"vitabench/c:{n}" for n in range(3)]  # 10 has shops to rank, unmarked
    (folder / "c.json").unlink()
    assert [id_ for id_ in rows if "/c:" not in id_] == [row.id for row in ROWSETS["vitabench"].convert(folder)]


ODD = ("1" + "0" * 400, "1" + "0" * 5000, "1e999", '"\\ud800"', "[" * 1200 + "]" * 1200, "1e308", "-1", '""', "{", "\"")


@pytest.mark.parametrize("ending", ["json", "jsonl"])
@pytest.mark.parametrize("odd", ODD)
def test_an_odd_value_anywhere_in_a_task_stops_no_other(tmp_path: Path, odd: str, ending: str) -> None:
    """Whole or set aside, in the store and in the rows, from an array and from lines."""
    good = [json.dumps(task) for task in (made.delivery_zh(), made.instore(), made.travel())]
    bad = json.dumps(made.delivery_en()).replace("20,", f"{odd},", 1)
    texts, folder = [good[0], bad, *good[1:]], tmp_path / "in"
    folder.mkdir()
    if odd in ("{", '"') and ending == "json":  # no telling where the next one begins
        (folder / "a.json").write_text(f"[{','.join(texts)}]")
        with pytest.raises(InputError, match=r"a\.json: expected a JSON array of records"):
            ingest_vitabench(folder, tmp_path / "store", max_bad=0.5)
        return
    (folder / f"a.{ending}").write_text(f"[{','.join(texts)}]" if ending == "json" else "\n".join(texts))
    report = ingest_vitabench(folder, tmp_path / "store", max_bad=0.5)
    world = World(tmp_path / "store")
    taken = odd == '""'
    assert [bad.line for bad in report.examples] == ([] if taken else [2]) and world.n_sessions == 3 + taken
    assert world.n_users == 3 + taken
    aside: list[Unusable] = []
    tasks = {row.id.split(":")[1] for row in ROWSETS["vitabench"].convert(folder, aside.append)}
    assert {"0", "2", "3"} <= tasks and ("1" in tasks) == (not aside)


def test_no_damage_to_a_task_raises_anything_but_a_row_error() -> None:
    damage = (None, 3, "x", [], {}, [1], {"a": 1}, True)
    for n in range(400):
        task: Any = copy.deepcopy((made.delivery_zh, made.delivery_en, made.instore, made.travel)[n % 4]())
        at, depth = task, 0
        while isinstance(at, (dict, list)) and at:
            keys = list(at) if isinstance(at, dict) else list(range(len(at)))
            key, depth = keys[int(rng.integers(len(keys), n, depth, 0))], depth + 1
            if rng.uniform(n, depth, 1) < 0.3:
                at[key] = damage[int(rng.integers(len(damage), n, 2))]
                break
            at = at[key]
        with suppress(RowError):
            read = task_of(msgspec.convert(task, RawTask))
            assert wishes(read) is not None and user_of(read).id and context_of(read) is not None
            assert all(shop_item(s, "en").name and product_item(s, p, "en").name for s in read.shops for p in s.products)


def test_lists_stand_in_a_drawn_order_and_are_scored_back_into_the_file_s(folder: Path) -> None:
    rows = {row.id: row for row in ROWSETS["vitabench"].convert(folder)}
    shops = rows["vitabench/a:0"]
    names = [text.split("；")[0] for text in shops.items]
    assert sorted(shops.order) == [0, 1, 2] and [("海鲜大排档", "甜品铺", "小龙虾拌面")[n] for n in shops.order] == names
    assert isinstance(shops.label, tuple) and dict(zip(shops.order, shops.label, strict=True)) == {0: 1.0, 1: 1.0, 2: 0.0}
    products = rows["vitabench/a:0:p"]
    fields = {f: getattr(shops, f) for f in ScorerRow.__struct_fields__}
    scored = ScoredRow(**fields, score=tuple(map(float, shops.order)), reason="")
    back = in_source_order(scored)
    assert (back.score, back.label, back.order) == ((0.0, 1.0, 2.0), (1.0, 1.0, 0.0), ())
    assert [text.split("；")[0] for text in back.items] == ["海鲜大排档", "甜品铺", "小龙虾拌面"]
    assert len(products.items) == 4 and isinstance(products.label, tuple) and sum(products.label) == 2.0
    assert rows["vitabench/a:0:2"].label == 0.0 and rows["vitabench/a:0:2"].item.startswith("小龙虾拌面")
    assert all(text.count("元") == 1 for text in shops.items)  # one product each, as many as the smallest shop has
    assert "蒜蓉小龙虾（20元）" in shops.items[shops.order.index(0)]  # the one that the request is nearest to
    assert not any("target" in text or "distraction" in text for row in rows.values() for text in (row.item, *row.items))


def test_habits_make_rows_where_two_users_have_them(folder: Path) -> None:
    rows = [row for row in ROWSETS["vitabench"].convert(folder) if row.dimension == "behavior_prediction"]
    assert {(row.item, row.label, row.group) for row in rows} == {
        ("Bun of U2 Bakery", 1.0, "vitabench/U2"), ("Bun of U5 Bakery", 0.0, "vitabench/U2"),
        ("Bun of U5 Bakery", 1.0, "vitabench/U5"), ("Bun of U2 Bakery", 0.0, "vitabench/U5")}
    assert {row.query for row in rows} == {"breakfast"} and all("Bun" not in row.user and "porridge" in row.user for row in rows)


@pytest.mark.parametrize(("text", "said"), [
    ("You want your wife to join you.", "I want my wife to join me."),
    ("You're tired, and you are late.", "I'm tired, and I am late."),
    ("Order it for you and your friend, since you have time.", "Order it for me and my friend, since I have time."),
])
def test_requests_are_said_in_the_first_person(text: str, said: str) -> None:
    assert first_person(text, "en") == said
    assert first_person("你想和你老婆去", "zh") == "我想和我老婆去"


def test_temper_is_patience() -> None:
    tempers = ("Impatient, often rushes", "Mild-tempered", "Emotionally volatile", "容易焦虑担忧")
    assert [patience(t) for t in tempers] == [3, 6, 4, 5]


def test_the_scenario_plays_the_store(folder: Path, tmp_path: Path) -> None:
    ingest_vitabench(folder, tmp_path / "store")
    world = World(tmp_path / "store")
    assert "constructed 100%" in describe(world) and world.manifest["notes"]["source"] == "constructed"
    engine = open_engine("vitabench", tmp_path / "store", scorers={})
    assert engine.world.kind == "vitabench"


def test_real_tasks_have_no_trap_left(tmp_path: Path) -> None:
    if not REAL.is_dir():
        pytest.skip(f"the published set vitabench is not beside this checkout ({REAL})")
    report = ingest_vitabench(REAL, tmp_path / "store")
    world = World(tmp_path / "store")
    assert report.rows == world.n_sessions == 188 and report.quarantined == 0
    places = np.concatenate([np.flatnonzero(world.goal(g).satisfaction.min(1) == MET) / len(world.goal(g).candidates)
                             for g in range(world.n_goals)])
    assert 0.42 < places.mean() < 0.53  # in the files right shops stand first
    rows = [row for row in ROWSETS["vitabench"].convert(REAL) if row.dimension == "item_ranking" and not row.id.endswith(":p")]
    right = [n / (len(row.items) - 1) for row in rows if len(row.items) > 1 and isinstance(row.label, tuple)
             for n, label in enumerate(row.label) if label]
    assert len(rows) == 188 and 0.45 < float(np.mean(right)) < 0.55
