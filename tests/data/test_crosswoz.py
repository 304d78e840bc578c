"""CrossWOZ: values to constraints, a dialogue made by hand whose session is known, and the real folder where it is at hand."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from recenv.data.candidates import Pool, candidate_list, missed
from recenv.data.constraints import MET, status
from recenv.data.crosswoz import ingest_crosswoz
from recenv.data.crosswoz_needs import constraints_of, district, neighbourhood
from recenv.data.world import World
from recenv.errors import InputError, StoreError
from recenv.records import Constraint, Item

REAL = Path(__file__).parents[3] / "shared" / "data" / "crosswoz"


@pytest.mark.parametrize(("slot", "value", "op", "want", "text"), [
    ("评分", "4.5分以上", "ge", 4.5, "评分4.5分以上"),
    ("评分", "5分", "between", (5.0, 5.0), "评分5分"),
    ("人均消费", "20-50元", "between", (20.0, 50.0), "人均消费20-50元"),
    ("价格", "1000元以上", "ge", 1000.0, "价格1000元以上"),
    ("人均消费", "50元以下", "le", 50.0, "人均消费50元以下"),
    ("门票", "免费", "le", 0.0, "门票免费"),
    ("门票", "不免费", "ge", 1.0, "门票不免费"),
    ("游玩时间", "1小时 - 2小时", "eq", "1小时 - 2小时", "游玩时间1小时 - 2小时"),
    ("酒店设施-中式餐厅", "是", "has", "中式餐厅", "提供中式餐厅"),
    ("酒店设施-所有房间提供wifi", "是", "has", "所有房间提供wifi", "所有房间提供wifi"),
    ("酒店类型", "豪华型", "eq", "豪华型", "要豪华型酒店"),
    ("名称", "出现在id=1的周边酒店里", "has", "天安门广场", "在天安门广场附近"),
    ("名称", "故宫", "eq", "故宫", "就要故宫"),
])
def test_goal_entries_become_constraints(slot: str, value: str, op: str, want: object, text: str) -> None:
    made = constraints_of(slot, value, {1: "天安门广场"})
    assert made is not None
    assert [(c.op, c.value, c.text) for c in made] == [(op, want, text)]


def test_dishes_are_one_constraint_each_and_requests_none() -> None:
    made = constraints_of("推荐菜", ["烤鸭", "豆汁"], {})
    assert made is not None
    assert [c.value for c in made] == ["烤鸭", "豆汁"]
    assert constraints_of("推荐菜", [], {}) == constraints_of("地址", "", {}) == ()


@pytest.mark.parametrize(("slot", "value"), [
    ("评分", "很高"), ("酒店设施-中式餐厅", "否"), ("名称", "出现在id=9的周边酒店里"), ("地址", "某处"), ("周边景点", ["故宫"])])
def test_what_cannot_be_mapped_is_none(slot: str, value: str | list[str]) -> None:
    assert constraints_of(slot, value, {1: "天安门广场"}) is None


def test_districts() -> None:
    assert district("北京市密云县古北口镇") == "密云区"
    assert district("北京市崇文区前门东路") == "东城区"
    assert district("北京市东城区景山前街4号") == "东城区"
    assert district("朝阳路12号") is None


def test_nearby_is_symmetric() -> None:
    near = neighbourhood([("a", {"周边景点": ["b", "unknown"]}), ("b", {"周边餐馆": []}), ("c", {"周边酒店": ["c", "a"]})])
    assert near == {"a": ("b", "c"), "b": ("a",), "c": ("a",)}


ITEMS = [
    Item(id=f"i{n}", category="dining", name=f"店{n}", attributes={
        "price": float(n), **({"rating": 3.0 + n % 3} if n % 5 else {}), "dishes": ("烤鸭", "豆汁")[: n % 3], "area": "东城区"})
    for n in range(60)
]


@pytest.mark.parametrize("constraint", [
    Constraint(slot="rating", op="ge", value=4.0, text=""), Constraint(slot="price", op="le", value=7.0, text=""),
    Constraint(slot="price", op="between", value=(3.0, 9.0), text=""), Constraint(slot="dishes", op="has", value="豆汁", text=""),
    Constraint(slot="area", op="eq", value=" 东城区 ", text=""), Constraint(slot="name", op="eq", value="店4", text=""),
    Constraint(slot="tags", op="has", value="x", text="")], ids=lambda c: f"{c.slot}-{c.op}")
def test_the_pool_agrees_with_status(constraint: Constraint) -> None:
    assert Pool(ITEMS).met(constraint).tolist() == [status(item, constraint) == MET for item in ITEMS]


def test_candidates_hold_the_logged_and_few_that_fit() -> None:
    pool = Pool(ITEMS)
    need = [Constraint(slot="price", op="ge", value=20.0, text=""), Constraint(slot="rating", op="ge", value=4.0, text="")]
    fits = missed(pool, need) == 0
    places = []
    for n in range(200):
        ids = candidate_list(pool, need, ["i1", "i23"], f"s{n}", 0)
        assert len(set(ids)) == len(ids) == 20
        assert {"i1", "i23"} <= set(ids)
        assert 2 <= sum(fits[pool.row[i]] for i in ids) <= 4
        places.append(ids.index("i23"))
    assert ids == candidate_list(pool, need, ["i1", "i23"], "s199", 0)
    assert np.ptp(places) == 19  # the logged item is found everywhere ...
    assert abs(np.mean(places) - 9.5) < 3 * np.std(np.arange(20)) / np.sqrt(200)  # ... and nowhere in particular


# -- one dialogue, by hand -------------------------------------------------------------------------------------------


def _entity(name: str, **told: Any) -> list[Any]:
    return [name, {"名称": name, "地址": "北京市东城区某街1号", **told}]


def _folder(root: Path, **change: Any) -> Path:
    root.mkdir()
    tables = {
        "restaurant": [_entity("面馆", 人均消费=40, 评分=4.6, 推荐菜=["炸酱面"]),
                       _entity("大楼", 人均消费=400, 评分=4.0, 推荐菜=[])],
        "hotel": [_entity("甲店", 价格=300, 评分=4.8, 酒店类型="舒适型", 酒店设施=["暖气"], 周边餐馆=["面馆"]),
                  _entity("乙店", 价格=None, 评分=4.1, 酒店类型="舒适型", 酒店设施=["\n "])],
        "attraction": [_entity("大园", 门票=0, 评分=None, 游玩时间="1小时")],
    }
    for stem, records in tables.items():
        (root / f"{stem}_db.json").write_text(json.dumps(records, ensure_ascii=False))
    with zipfile.ZipFile(root / "val.json.zip", "w") as archive:
        archive.writestr("val.json", json.dumps({"7": _dialogue() | change}, ensure_ascii=False))
    return root


def _dialogue() -> dict[str, Any]:
    goal = [[1, "餐馆", "评分", "4.5分以上"], [1, "餐馆", "人均消费", "20-50元"], [1, "餐馆", "名称", ""],
            [2, "酒店", "名称", "出现在id=1的周边酒店里"], [2, "酒店", "酒店设施-暖气", "是"], [2, "酒店", "电话", ""],
            [3, "出租", "车型", ""]]

    def state(*said: int) -> list[list[Any]]:
        return [[*entry, n in said] for n, entry in enumerate(goal)]

    def usr(text: str, *said: int, acts: list[list[str]] | None = None) -> dict[str, Any]:
        return {"role": "usr", "content": text, "user_state": state(*said), "dialog_act": acts or []}

    def sys(text: str, domain: str, *names: str) -> dict[str, Any]:
        return {"role": "sys", "content": text, "dialog_act": [["Recommend", domain, "名称", n] for n in sorted(names)],
                "sys_state": {domain: {"selectedResults": list(names)}}}

    final = [[*e, True] for e in goal]
    final[2][3], final[3][3] = "面馆", "甲店"
    return {"sys-usr": [5, 9], "goal": state(), "final_goal": final, "type": "x", "messages": [
        usr("想吃饭，评分4.5分以上。", 0), sys("有大楼和面馆。", "餐馆", "面馆", "大楼"),
        usr("面馆吧，人均20-50元？", 0, 1, 2, acts=[["Inform", "餐馆", "名称", "面馆"]]), sys("是。", "餐馆", "面馆"),
        usr("甲店好吗？", 0, 1, 2, 3, acts=[["Inform", "酒店", "名称", "甲店"]]), sys("甲店很好。", "酒店", "甲店"),
    ]}


def test_a_dialogue_becomes_the_session_it_is(tmp_path: Path) -> None:
    report = ingest_crosswoz(_folder(tmp_path / "in"), tmp_path / "out")
    world = World(tmp_path / "out")
    session, hidden = world.session(0), world.privileged(0)
    assert (session.id, session.user_id, session.source, len(session.goals)) == ("crosswoz/7", "crosswoz/user/9", "logged", 2)
    assert session.goals[0].query == "想吃饭，评分4.5分以上。"
    assert session.goals[1].query == "接下来想找一家酒店，在面馆附近。"  # the user named the target: replaced
    told = [[(c.slot, c.disclosure) for c in need.constraints] for need in hidden.needs]
    assert told == [[("rating", "volunteered"), ("price", "on_ask")], [("nearby", "volunteered"), ("facilities", "hidden")]]
    assert [[(o.item_id, o.event, o.position) for o in outcomes] for outcomes in hidden.outcomes] == [
        [("crosswoz/restaurant/1", "offered", 0), ("crosswoz/restaurant/0", "order", 1)], [("crosswoz/hotel/0", "order", 0)]]
    assert hidden.left is False
    assert report.counts["queries_replaced_for_leaking"] == report.counts["goals_unmapped_transport"] == 1
    assert report.counts["requests"] == 2
    hotel = world.item(world.item_row("crosswoz/hotel/1"))
    assert "price" not in hotel.attributes and "facilities" not in hotel.attributes
    assert world.manifest["notes"]["report"]["counts"]["sessions"] == 1


def test_a_need_that_nothing_meets_keeps_what_the_user_held_to(tmp_path: Path) -> None:
    raw = _dialogue()
    raw["goal"][1][3] = "1000元以上"
    report = ingest_crosswoz(_folder(tmp_path / "in", goal=raw["goal"]), tmp_path / "out")
    need = World(tmp_path / "out").privileged(0).needs[0]
    assert [c.slot for c in need.constraints] == ["rating"]
    assert report.tables["constraints the user gave up, by slot (no place meets the whole goal)"] == {"price": 1}


def test_bad_dialogues_are_quarantined_and_too_many_stop(tmp_path: Path) -> None:
    folder = _folder(tmp_path / "in")
    (folder / "more.json").write_text(json.dumps({"8": {"goal": 3}}))
    with pytest.raises(StoreError, match=r"1 of 2 rows.*\n.*more\.json:1: dialogue 8"):
        ingest_crosswoz(folder, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    report = ingest_crosswoz(folder, tmp_path / "out", max_bad=0.5)
    assert report.quarantined == 1
    assert json.loads((tmp_path / "out" / "quarantine.jsonl").read_text())["file"] == "more.json"


@pytest.mark.parametrize(("file", "content", "message"), [
    ("val2.json", "[1]", "expected one JSON object"), ("val2.json", '{"a": {"b": 1', "damaged JSON"),
    ("hotel_db.json", "{}", "expected a JSON list"), ("hotel_db.json", "[" * 100_000, "expected a JSON list"),
    ("hotel_db.json", '[["h", {"评分": -1}]]', "rating must be in .* mend the entry"),
    ("hotel_db.json", '[["h", {"酒店设施": 1}]]', "mend the entry"), ("hotel_db.json", '[["\\ud83d", {}]]', "mend the entry"),
    ("val2.json", '{} {"a": 1}', "nothing behind it"), ("val2.json", "{}\n\n]", "nothing behind it")])
def test_damaged_files_are_named(tmp_path: Path, file: str, content: str, message: str) -> None:
    folder = _folder(tmp_path / "in")
    (folder / file).write_text(content)
    with pytest.raises(InputError, match=message) as caught:
        ingest_crosswoz(folder, tmp_path / "out")
    assert file in str(caught.value)


@pytest.mark.parametrize("spoilt", [
    {"messages": [{"role": "usr", "content": "\ud83d", "user_state": [], "dialog_act": []}]},
    {"sys_usr": [1, "\ud83d"]}, {"goal": [[1, "餐馆", "\ud83d", "x", False]]}])
def test_whatever_is_wrong_with_a_dialogue_it_alone_is_set_aside(tmp_path: Path, spoilt: dict[str, Any]) -> None:
    folder = _folder(tmp_path / "in")
    own = _dialogue()
    strange = {"\udc00": own, "8": {**own, **spoilt}, "9": own}
    strange["10"] = json.loads(json.dumps(own))
    strange["10"]["messages"][1]["sys_state"] = {"餐馆": {"selectedResults": 3}}
    (folder / "more.json").write_text(json.dumps(strange))
    report = ingest_crosswoz(folder, tmp_path / "out", max_bad=0.9)
    assert report.quarantined == 3 and World(tmp_path / "out").n_sessions == 2


@pytest.mark.parametrize(("members", "message"), [
    ({"a/": "", "a/x.json": "{}\n\x00", "__MACOSX/a/._x.json": "1", "README.md": "x"}, ""),
    ({"a.json": "{}", "b.json": "{}"}, "holds 2: a.json, b.json"), ({"a/": ""}, "holds 0")])
def test_of_a_zip_file_nothing_is_lost(tmp_path: Path, members: dict[str, str], message: str) -> None:
    folder = _folder(tmp_path / "in")
    with zipfile.ZipFile(folder / "more.json.zip", "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    if not message:
        assert ingest_crosswoz(folder, tmp_path / "out").quarantined == 0
        return
    with pytest.raises(InputError, match=f"more.json.zip: expected a zip file that holds one .json file; it {message}"):
        ingest_crosswoz(folder, tmp_path / "out")


def test_missing_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no folder"):
        ingest_crosswoz(tmp_path / "none", tmp_path / "out")
    (tmp_path / "in").mkdir()
    with pytest.raises(InputError, match="no dialogue file"):
        ingest_crosswoz(tmp_path / "in", tmp_path / "out")


@pytest.mark.skipif(not REAL.is_dir(), reason="the CrossWOZ files are not beside this checkout (../shared/data/crosswoz)")
def test_the_real_folder(tmp_path: Path) -> None:
    report = ingest_crosswoz(REAL, tmp_path / "a")
    ingest_crosswoz(REAL, tmp_path / "b")
    world = World(tmp_path / "a")
    assert world.fingerprint == World(tmp_path / "b").fingerprint
    assert (world.n_sessions, world.n_users, world.n_items, report.quarantined) == (500, 60, 2549, 0)
    assert report.tables["constraints mapped, share by slot"]["all"] == 1.0
    assert report.tables["shares"]["take-ups that satisfy the need"] > 0.9
    satisfying = []
    for row in range(world.n_sessions):
        session, hidden = world.session(row), world.privileged(row)
        for g, (goal, need) in enumerate(zip(session.goals, hidden.needs, strict=True)):
            arrays = world.goal(world.goal_rows(row)[g])
            assert len(arrays.candidates) == 20
            assert need.constraints
            satisfying.append(int((arrays.satisfaction == MET).all(1).sum()))
            meant = [str(c.value) for c in need.constraints if c.slot in ("name", "nearby")]
            for outcome in hidden.outcomes[g]:
                name = world.item(world.item_row(outcome.item_id)).name
                assert name not in goal.query or any(name in m for m in meant) or outcome.event == "offered"
    assert np.mean([1 <= n <= 4 for n in satisfying]) > 0.98
    assert 2 <= np.mean(satisfying) <= 3
