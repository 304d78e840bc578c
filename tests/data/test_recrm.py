"""RecRM-Bench folders: our own rows, foreign rows with and without a map, bad rows, giant lines, interrupted runs."""

from __future__ import annotations

import codecs
import io
import json
import tracemalloc
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from five import DIMENSIONS

from recenv.data.coerce import id_of, item_of, user_of
from recenv.data.fieldmap import load_field_map
from recenv.data.inspect import describe
from recenv.data.jsonl import decode, lines, members, stream_lines
from recenv.data.recrm import ingest_recrm
from recenv.data.render import item_text
from recenv.data.rowfile import read_rows
from recenv.data.rows import FILES, rows_from_recrm
from recenv.data.store import EVENTS
from recenv.data.world import World
from recenv.errors import InputError, RowError, StoreError, UnknownName
from recenv.records import Item, ScorerRow, User
from recenv.scenarios import load_scenario

ITEMS = [{"id": f"i{n}", "category": "dining", "name": f"店{n}", "locale": "zh",
          "attributes": {"price": 10.0 * n, "tags": ["wifi"]}} for n in range(6)]
USER = {"id": "u1", "locale": "zh", "profile": {"age": "30"}, "history": ["i5"]}
OWN: dict[str, list[dict[str, Any]]] = {
    "instruction_following": [
        {"id": "a", "locale": "zh", "session_id": "s1", "user_id": "u1", "instruction": "用中文", "query": "吃饭",
         "response": "店1", "label": 1, "prompt": "..."}],
    "factual_consistency": [
        {"id": "b", "locale": "zh", "session_id": "s1", "user_id": "u1", "evidence": "店1；餐饮", "query": "吃饭",
         "response": "店1", "label": 0.25, "prompt": "..."}],
    "query_item_relevance": [
        {"id": "c", "locale": "zh", "user_id": "u1", "query": "吃饭", "item": ITEMS[1], "label": 0.5, "prompt": "..."}],
    "behavior_prediction": [
        {"id": "d", "locale": "zh", "session_id": "s1", "user": USER, "context": {"time": "晚上"}, "query": "吃饭",
         "item": ITEMS[2], "label": 0, "prompt": "..."}],
    "item_ranking": [
        {"id": "e", "locale": "zh", "session_id": "s1", "user": USER, "context": {"time": "晚上"}, "instruction": "用中文",
         "query": "吃饭", "category": "dining", "items": ITEMS, "labels": [0, 0, 0, 1, 0, 0], "prompt": "..."}],
}


def folder(root: Path, rows: Mapping[str, Sequence[object]]) -> Path:
    for dimension, listed in rows.items():
        file = root / "data" / FILES[dimension]
        file.parent.mkdir(parents=True, exist_ok=True)
        encoded = [r if isinstance(r, bytes) else json.dumps(r, ensure_ascii=False).encode() + b"\n" for r in listed]
        file.write_bytes(b"".join(encoded))
    return root


def read(root: Path, dimension: str, rows: Sequence[object], field_map: str = "") -> list[ScorerRow]:
    folder(root, {dimension: rows})
    (root / "map.toml").write_text(field_map)
    return list(rows_from_recrm(root, dimension, root / "map.toml" if field_map else None))


# -- our own schema --------------------------------------------------------------------------------------------------


def test_own_rows_become_a_session(tmp_path: Path) -> None:
    report = ingest_recrm(folder(tmp_path / "in", OWN), tmp_path / "out")
    world = World(tmp_path / "out")
    assert (world.n_sessions, world.n_items, world.n_users, report.rows, report.quarantined) == (1, 6, 1, 5, 0)
    session, goal = world.session(0), world.goal(0)
    assert (session.id, session.source, session.instruction, session.goals[0].query) == ("s1", "constructed", "用中文", "吃饭")
    assert {i: int(p) for i, p in zip(session.goals[0].candidates, goal.position, strict=True)} == {f"i{n}": n for n in range(6)}
    assert session.goals[0].candidates != tuple(f"i{n}" for n in range(6))  # shuffled
    taken = [i for i, e in zip(session.goals[0].candidates, goal.outcome, strict=True) if EVENTS[e] == "order"]
    assert taken == ["i3"]
    assert world.privileged(0).needs[0].constraints == ()
    assert world.privileged(0).left is False
    assert "every field has a key of its own name" in report.table()
    assert "constructed 100%" in describe(world)


def test_gold_makes_a_session_synthetic_and_keeps_utilities_with_their_items(tmp_path: Path) -> None:
    need = {"constraints": [{"slot": "price", "op": "le", "value": 20.0, "text": "20元以下", "disclosure": "hidden"}],
            "preferences": {"price": -1.0}}
    gold = {"need": need, "utilities": [0.5, 1.5, 2.5, 3.5, 4.5, 5.5], "patience": 6, "left": False}
    row = OWN["item_ranking"][0] | {"gold": gold}
    ingest_recrm(folder(tmp_path / "in", {"item_ranking": [row]}), tmp_path / "out")
    world = World(tmp_path / "out")
    session, hidden, goal = world.session(0), world.privileged(0), world.goal(0)
    assert (session.source, hidden.patience, hidden.needs[0].constraints[0].disclosure) == ("synthetic", 6, "hidden")
    assert [f"i{int(u)}" for u in goal.utility] == list(session.goals[0].candidates)
    bad = row | {"gold": gold | {"utilities": [1.0]}}
    with pytest.raises(StoreError, match="1 utilities for 6 items"):
        ingest_recrm(folder(tmp_path / "bad", {"item_ranking": [bad]}), tmp_path / "out2")


def test_scorer_rows_of_all_dimensions(tmp_path: Path) -> None:
    rows = {row.dimension: row for row in rows_from_recrm(folder(tmp_path, OWN))}
    assert tuple(rows) == DIMENSIONS
    assert {r.id for r in rows.values()} == {f"recrm/{Path(f).stem}:0" for f in FILES.values()}
    assert {r.group for r in rows.values()} == {"u1"}
    assert rows["factual_consistency"].label == 0.25
    assert rows["query_item_relevance"].item == item_text(Item(
        id="i1", category="dining", name="店1", attributes={"price": 10.0, "tags": ("wifi",)}))
    assert (rows["behavior_prediction"].user, rows["behavior_prediction"].context) == ("年龄: 30", "时间: 晚上")
    assert rows["item_ranking"].label == (0.0, 0.0, 0.0, 1.0, 0.0, 0.0)
    assert [t[:2] for t in rows["item_ranking"].items] == [f"店{n}" for n in range(6)]  # displayed order


def test_two_ingests_give_the_same_bytes(tmp_path: Path) -> None:
    folder(tmp_path / "in", OWN)
    prints = []
    for name in "ab":
        ingest_recrm(tmp_path / "in", tmp_path / name)
        prints.append(World(tmp_path / name).fingerprint)
    assert prints[0] == prints[1]


def test_behaviour_rows_of_a_user_make_lists_where_there_is_no_ranking(tmp_path: Path) -> None:
    rows = [OWN["behavior_prediction"][0] | {"user": USER | {"id": f"u{n % 2}"}, "item": ITEMS[n], "label": int(n == 3)}
            for n in range(6)]
    report = ingest_recrm(folder(tmp_path / "in", {"behavior_prediction": rows}), tmp_path / "out")
    world = World(tmp_path / "out")
    lists = [sorted(world.session(row).goals[0].candidates) for row in range(world.n_sessions)]
    assert sorted(lists) == [["i0", "i2", "i4"], ["i1", "i3", "i5"]]
    assert {world.session(row).source for row in range(2)} == {"constructed"}
    assert any("sessions are made from behaviour rows" in note for note in report.notes)


# -- foreign shapes --------------------------------------------------------------------------------------------------


def test_a_list_of_messages(tmp_path: Path) -> None:
    [row] = read(tmp_path, "instruction_following", [{"label": 1, "messages": [
        {"role": "system", "content": "be brief"}, {"role": "user", "content": "hi"},
        {"role": "assistant", "content": "hello"}]}])
    assert (row.instruction, row.query, row.response, row.label, row.locale) == ("be brief", "hi", "hello", 1.0, "en")
    assert row.group == row.id


def test_instruction_input_output(tmp_path: Path) -> None:
    [row] = read(tmp_path, "instruction_following", [{"instruction": "简短", "input": "你好", "output": "好", "label": "否"}])
    assert (row.instruction, row.query, row.response, row.label, row.locale) == ("简短", "你好", "好", 0.0, "zh")


def test_one_key_for_two_fields_stops(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="response could come from output") as caught:
        read(tmp_path, "instruction_following", [{"instruction": "简短", "input": "你好", "output": "好"}])
    message = str(caught.value)
    assert "if_rewrite.jsonl:1" in message
    assert "input = '你好'" in message  # the keys seen
    assert '[instruction_following]\ninstruction = "instruction"\nquery = "input"' in message  # the map to start from


def test_two_keys_for_one_field_stop(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="query could come from question or user_query"):
        read(tmp_path, "query_item_relevance", [{"question": "a", "user_query": "b", "item": "c", "label": 1}])


def test_a_rendered_prompt_needs_a_map(tmp_path: Path) -> None:
    rows = [{"prompt": "用户：30岁\n查询：火锅\n商户：海底捞；火锅；人均100", "answer": "是"},
            {"prompt": "用户：20岁\n查询：咖啡\n商户：洗车行", "answer": "否"}]
    with pytest.raises(InputError, match="nothing feeds query") as caught:
        read(tmp_path, "query_item_relevance", rows)
    assert "prompt = '用户：30岁" in str(caught.value)
    made = read(tmp_path, "query_item_relevance", rows, """
        [query_item_relevance]
        query = {key = "prompt", regex = "查询：(?P<value>.*)"}
        item = {key = "prompt", regex = "商户：(?P<value>.*)"}
        label = {key = "answer", values = {"是" = 1, "否" = 0}}
    """)
    assert [(r.query, r.label) for r in made] == [("火锅", 1.0), ("咖啡", 0.0)]
    assert all(part in made[0].item for part in ("海底捞", "火锅", "价格: 100元"))


def test_the_map_that_the_message_offers_can_be_loaded(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, "query_item_relevance", [{"prompt": "query:hotpot\n\nitem:a place\n\nend 是", "x": 1}])
    offered = str(caught.value).partition("--field-map FILE.toml):\n")[2]
    [row] = read(tmp_path, "query_item_relevance", [{"prompt": "query:hotpot\n\nitem:a place\n\nend 是", "x": 1}], offered)
    assert (row.query, row.label) == ("hotpot", 1.0)


def test_a_nested_profile_and_foreign_items(tmp_path: Path) -> None:
    [row] = read(tmp_path, "behavior_prediction", [{
        "user_profile": {"uid": 7, "age": 30, "taste": {"spicy": "yes"}}, "scene": {"time": "noon"}, "question": "hotpot",
        "click": 1, "poi": {"poi_id": 12, "poi_name": "Red Pot", "cate": "美食/火锅", "人均": "88元", "distance": "500m",
                            "is_click": 1}}])
    assert (row.user, row.context, row.group, row.label) == ("age: 30; taste.spicy: yes", "time: noon", "7", 1.0)
    assert row.item.startswith("Red Pot; dining")
    assert "price: 88 yuan" in row.item and "distance: 0.5 km" in row.item
    assert "click" not in row.item


@pytest.mark.parametrize(("profile", "told"), [
    ({"age": 30, "likes": {"food": ["noodles", "tea"]}, "spicy": True, "job": None, "note": ""},
     {"age": "30", "likes.food": "noodles\ntea", "spicy": "True", "note": ""}),
    ("thirty, likes tea", {"profile": "thirty, likes tea"}),
    (None, {}),
])
def test_a_profile_in_numbers_lists_or_prose_is_told_as_texts(profile: object, told: dict[str, str]) -> None:
    raw = {"id": 7, "locale": "en", "profile": profile, "history": ["i5", 12]}
    assert user_of(raw, None, "zh", "", [], item_of) == (User(id="7", locale="en", profile=told, history=("i5", "12")), ())


def test_a_written_user_whose_past_is_items() -> None:
    raw = {"id": "u", "locale": "en", "profile": {"age": 30}, "history": [{"id": "i1", "name": "Red Pot"}, "i2"]}
    user, [past] = user_of(raw, None, "zh", "", [], item_of)
    assert user == User(id="u", locale="en", profile={"age": "30", "history": "i2"}, history=("i1",))
    assert (past.id, past.name) == ("i1", "Red Pot")


def test_labels_inside_the_listed_items(tmp_path: Path) -> None:
    rows = [{"question": "hotpot", "candidates": [{"name": "a", "click": 0}, {"name": "b", "click": 1}]}]
    [row] = read(tmp_path, "item_ranking", rows)
    assert row.label == (0.0, 1.0)
    assert all("click" not in text for text in row.items)


def test_a_ranking_prompt_with_a_map(tmp_path: Path) -> None:
    text = "画像：爱吃辣\n查询：火锅\n候选：\n1. 海底捞，评分4.8\n2. 洗车行\n3. 小龙坎"
    field_map = """
        [item_ranking]
        user = {key = "messages", role = "user", regex = "画像：(?P<value>.*)"}
        query = {key = "messages", role = "user", regex = "查询：(?P<value>.*)"}
        items = {key = "messages", role = "user", regex = "(?s)候选：(?P<value>.*)", split = "\\\\n\\\\d+\\\\. "}
        labels = {key = "messages", role = "assistant", as = "index1"}
    """
    rows = [{"messages": [{"role": "user", "content": text}, {"role": "assistant", "content": "3"}]}]
    [row] = read(tmp_path / "rows", "item_ranking", rows, field_map)
    assert row.label == (0.0, 0.0, 1.0)
    assert [t[:3] for t in row.items] == ["海底捞", "洗车行", "小龙坎"]
    report = ingest_recrm(tmp_path / "rows", tmp_path / "out", field_map=tmp_path / "rows" / "map.toml")
    world = World(tmp_path / "out")
    session = world.session(0)
    assert (session.source, session.locale, session.goals[0].query) == ("constructed", "zh", "火锅")
    assert "每次最多推荐3家" in session.instruction
    assert report.tables["assumed, rows"]["category assumed to be lifestyle (none given)"] == 1
    assert report.tables["field <- raw key"]["item_ranking.labels"] == "messages, role assistant"


@pytest.mark.parametrize("label", [3, "maybe"])
def test_labels_on_another_scale_stop_until_they_are_explained(tmp_path: Path, label: object) -> None:
    rows = [{"query": "a", "item": "b, c", "score": label}, {"query": "a", "item": "d", "score": 1}]
    with pytest.raises(InputError, match="not numbers in"):
        read(tmp_path, "query_item_relevance", rows)
    meaning = "min = 1, max = 5" if label == 3 else 'values = {"maybe" = 0.5, "1" = 0}'
    made = read(tmp_path, "query_item_relevance", rows, f"""
        [query_item_relevance]
        query = "query"
        item = "item"
        label = {{key = "score", {meaning}}}""")
    assert [r.label for r in made] == [0.5, 0.0]


@pytest.mark.parametrize(("text", "error", "message"), [
    ("[query_item]\n", UnknownName, "query_item_relevance"),
    ("[query_item_relevance]\nquary = 'x'", UnknownName, "query"),
    ("[query_item_relevance]\nquery = 3", InputError, "expected a key path"),
    ("[query_item_relevance]\nquery = {kee = 'x'}", InputError, "kee"),
    ("[query_item_relevance]\nquery = {key = 'x', regex = '('}", InputError, "does not compile"),
    ("[query_item_relevance]\nquery = {key = 'x', regex = '(.*)'}", InputError, "P<value>"),
    ("[query_item_relevance]\nquery = 'query'\nitem = 'item'", InputError, "says nothing about label"),
    ("[query_item_relevance]\nquery = 'gone'\nitem = 'item'\nlabel = 'label'", InputError, "none of the first 1 rows"),
    ("x = [", InputError, "not valid TOML"),
])
def test_maps_that_cannot_be_used_say_why(tmp_path: Path, text: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        read(tmp_path, "query_item_relevance", OWN["query_item_relevance"], text)


# -- bad input -------------------------------------------------------------------------------------------------------

GOOD = OWN["item_ranking"][0]
BAD: list[tuple[object, str]] = [
    (b'{"query": "\xff\xfe"}\n', "not UTF-8"),
    (b'{"query": \n', "not valid JSON"),
    (b'[1, 2]\n', "expected a JSON object, got list"),
    (b"[" * 5000 + b"\n", "not valid JSON"),
    (GOOD | {"items": 3}, "items: expected a list"),
    (GOOD | {"labels": [1]}, "labels: expected a list of 6 numbers"),
    (GOOD | {"labels": [0, 0, 0, 7, 0, 0]}, "outside"),
    (GOOD | {"query": " "}, "query is missing or empty"),
    (GOOD | {"items": [*ITEMS[:5], {"id": "x"}]}, "no name"),
    (GOOD | {"items": [*ITEMS[:5], {"id": "x", "category": "dining", "name": 3}]}, "item: Expected `str`, got `int`"),
    (GOOD | {"user": USER | {"history": 4}}, "user: Expected `array`"),
    (GOOD | {"gold": {"need": 1}}, "gold: Expected `object`"),
    (GOOD, "occurs twice"),
]


@pytest.mark.parametrize(("row", "reason"), BAD, ids=[reason[:20] for _, reason in BAD])
def test_bad_rows_are_quarantined_with_file_line_and_reason(tmp_path: Path, row: object, reason: str) -> None:
    folder(tmp_path / "in", {"item_ranking": [GOOD, b"\n", row]})
    report = ingest_recrm(tmp_path / "in", tmp_path / "out", max_bad=0.5)
    [kept] = [json.loads(line) for line in (tmp_path / "out" / "quarantine.jsonl").read_text().splitlines()]
    assert (kept["file"], kept["line"]) == (FILES["item_ranking"], 3)
    assert reason in kept["reason"]
    assert (report.rows, report.quarantined, World(tmp_path / "out").n_sessions) == (2, 1, 1)
    if "twice" not in reason:
        with pytest.raises(RowError, match=r"item_ranking_rewrite\.jsonl:3: "):
            list(rows_from_recrm(tmp_path / "in", "item_ranking"))


def test_too_many_bad_rows_write_nothing_and_leave_the_old_store(tmp_path: Path) -> None:
    ingest_recrm(folder(tmp_path / "in", OWN), tmp_path / "out")
    before = World(tmp_path / "out").fingerprint
    rows = [GOOD | {"session_id": str(n)} for n in range(8)] + [b"x\n", b"y\n"]
    folder(tmp_path / "in2", {"item_ranking": rows})
    with pytest.raises(StoreError, match=r"2 of 10 rows are unusable \(20\.0%\).*10\.0%"):
        ingest_recrm(tmp_path / "in2", tmp_path / "out", max_bad=0.1, overwrite=True)
    assert World(tmp_path / "out").fingerprint == before
    assert ingest_recrm(tmp_path / "in2", tmp_path / "out", max_bad=0.2, overwrite=True).quarantined == 2


def test_an_interrupted_ingest_leaves_the_old_store_and_no_rest(tmp_path: Path) -> None:
    ingest_recrm(folder(tmp_path / "in", OWN), tmp_path / "out")
    before = sorted(p.name for p in tmp_path.iterdir())

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ingest_recrm(tmp_path / "in", tmp_path / "out", overwrite=True, progress=stop)
    assert sorted(p.name for p in tmp_path.iterdir()) == before
    assert World(tmp_path / "out").n_sessions == 1
    with pytest.raises(StoreError, match="overwrite"):
        ingest_recrm(tmp_path / "in", tmp_path / "out")


def test_a_giant_line_is_skipped_in_bounded_memory(tmp_path: Path) -> None:
    file = tmp_path / "x.jsonl"
    with file.open("wb") as out:
        out.write(b'{"a": 1}\n')
        for _ in range(64):
            out.write(b"x" * (1 << 20))
        out.write(b'\n{"a": 2}\n')
        for _ in range(4):
            out.write(b"y" * (1 << 20))
    tracemalloc.start()
    found = list(lines(file, cap=1 << 20))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [(line.number, bool(line.reason)) for line in found] == [(1, False), (2, True), (3, False), (4, True)]
    assert decode(found[2]) == {"a": 2}
    assert "67,108,864" not in found[0].reason and f"{(64 << 20) + 1:,} bytes" in found[1].reason
    assert peak < 8 << 20


def test_progress_reaches_the_end(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    ingest_recrm(folder(tmp_path / "in", OWN), tmp_path / "out", progress=lambda done, total: seen.append((done, total)))
    assert seen[-1][0] == seen[-1][1] == sum(f.stat().st_size for f in (tmp_path / "in").rglob("*.jsonl"))
    assert seen == sorted(seen)


def test_missing_files_and_names(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no folder"):
        ingest_recrm(tmp_path / "none", tmp_path / "out")
    folder(tmp_path / "in", {"instruction_following": OWN["instruction_following"]})
    with pytest.raises(InputError, match="neither"):
        ingest_recrm(tmp_path / "in", tmp_path / "out")
    with pytest.raises(UnknownName, match="item_ranking"):
        next(rows_from_recrm(tmp_path / "in", "item_rankin"))
    with pytest.raises(InputError, match="has no item_ranking"):
        next(rows_from_recrm(tmp_path / "in", "item_ranking"))
    folder(tmp_path / "junk", {"item_ranking": [b"\xff\n", b"x\n"]})
    with pytest.raises(InputError, match="none of the first 2 rows"):
        ingest_recrm(tmp_path / "junk", tmp_path / "out")
    assert not (tmp_path / "out").exists()


# -- marks and ids ---------------------------------------------------------------------------------------------------


def test_a_byte_order_mark_is_no_part_of_a_file(tmp_path: Path) -> None:
    plain, marked = folder(tmp_path / "plain", OWN), folder(tmp_path / "marked", OWN)
    for file in marked.rglob("*.jsonl"):
        file.write_bytes(codecs.BOM_UTF8 + file.read_bytes())
    assert list(rows_from_recrm(marked)) == list(rows_from_recrm(plain))
    report = ingest_recrm(marked, tmp_path / "out")
    assert report.quarantined == 0 and report.counts == ingest_recrm(plain, tmp_path / "other").counts


def test_a_byte_order_mark_in_maps_rows_scenarios_and_objects(tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"dimension": "instruction_following", "response": "b"}\n', "utf-8-sig")
    assert [row.response for row in read_rows(rows)] == ["b"]
    table = tmp_path / "map.toml"
    table.write_text('[item_ranking]\nquery = "q"\n', "utf-8-sig")
    assert load_field_map(table)["item_ranking"]["query"].key == "q"
    scenario = tmp_path / "s.toml"
    scenario.write_text('name = "s"\nversion = 1\nsummary = "s"\nworld = {kind = "store"}\n', "utf-8-sig")
    assert load_scenario(str(scenario)).name == "s"
    with io.BytesIO(codecs.BOM_UTF8 + b' {"a": 1}') as stream:
        assert [(found.key, found.value) for found in members(stream, "x")] == [("a", 1)]
    with io.BytesIO(codecs.BOM_UTF8 + b"\r\n{}\n") as stream:
        assert [(line.number, line.data) for line in stream_lines(stream)] == [(2, b"{}\n")]


RANKED = """[item_ranking]
user_id = "user_id"
query = "query"
category = "category"
items = "items"
labels = {key = "clicked_ids", as = "ids"}
"""


@pytest.mark.parametrize("own", [True, False])
def test_ids_that_are_numbers_are_their_digits(tmp_path: Path, own: bool) -> None:
    rows = []
    for n, as_id in enumerate([int, float, str] * 2):
        item = {"id": as_id(100), "category": "dining", "name": "N"} if own else {"item_id": as_id(100), "title": "N"}
        other = {"id": as_id(7), "category": "dining", "name": "O"} if own else {"item_id": as_id(7), "title": "O"}
        rows.append({"user_id": as_id(n % 2 + 1), "query": "noodles", "category": "dining", "items": [item, other],
                     "clicked_ids": [as_id(100)] if n < 4 else f"{as_id(100)}"})
    (tmp_path / "map.toml").write_text(RANKED)
    report = ingest_recrm(folder(tmp_path, {"item_ranking": rows}), tmp_path / "out", field_map=tmp_path / "map.toml")
    assert (report.counts["items"], report.counts["users"], report.quarantined) == (2, 2, 0)
    assert any("100.0" in note and "4 rows" in note for note in report.notes)
    world = World(tmp_path / "out")
    assert {world.item(row).id for row in range(world.n_items)} == {"100", "7"}
    assert all(row.label == (1.0, 0.0) for row in rows_from_recrm(tmp_path, "item_ranking", tmp_path / "map.toml"))


@pytest.mark.parametrize(("value", "expected"), [
    (100, "100"), (100.0, "100"), ("100", "100"), (" 100 ", "100"), (-0.0, "0"), (1.5, "1.5"), (1e300, "1e+300"), ("1.0", "1.0"),
    (2**70, str(2**70)), (None, ""), ("e\u0301", "\u00e9"),
])
def test_an_id_as_text(value: object, expected: str) -> None:
    assert id_of(value, []) == expected


@pytest.mark.parametrize("value", [True, False, [1], {"id": 1}, 10**101])
def test_what_is_no_id_is_told(value: object) -> None:
    with pytest.raises(RowError, match="id: "):
        id_of(value, [])


def test_ids_that_are_texts_need_no_note(tmp_path: Path) -> None:
    assert not any("numbers" in note for note in ingest_recrm(folder(tmp_path, OWN), tmp_path / "out").notes)
