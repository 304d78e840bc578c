"""Lists of items as prompts have them: names, attributes, and names that look like more."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from recenv.data.listing import read_entry, split_list
from recenv.data.recrm import ingest_recrm
from recenv.data.world import World
from recenv.errors import InputError


@pytest.mark.parametrize(("text", "name", "told"), [
    ("1. 兰州拉面（评分：3.9，人均：120元，距离500米）", "兰州拉面", {"评分": "3.9", "人均": "120元", "distance": "500米"}),
    ("3、海底捞（国贸店）", "海底捞（国贸店）", {}),
    ("（3）海底捞（国贸店）（评分：4.8；商圈：国贸）", "海底捞（国贸店）", {"评分": "4.8", "商圈": "国贸"}),
    ("商户名：老王面馆；评分：4.5；人均：30元", "老王面馆", {"评分": "4.5", "人均": "30元"}),
    ("① 全聚德 | 4.5分 | 人均180元 | 前门", "全聚德", {"rating": "4.5分", "price": "人均180元", "text": "前门"}),
    ("2. Noodle Bar (4.6 stars, $12, open late)", "Noodle Bar", {"rating": "4.6 stars", "price": "$12", "text": "open late"}),
    ("- Name: The Cafe | rating: 4.5 | price: 30 yuan", "The Cafe", {"rating": "4.5", "price": "30 yuan"}),
    ("7-Eleven", "7-Eleven", {}), ("24小时便利店", "24小时便利店", {}),
    ("老店：评分4.5，人均30元", "老店", {"rating": "4.5", "price": "人均30元"}),
])
def test_an_entry_is_a_name_and_attributes(text: str, name: str, told: dict[str, str]) -> None:
    entry = read_entry(text)
    assert entry.name == name and not entry.unparsed
    assert {k: v for k, v in entry.told.items() if k != "price"} == {k: v for k, v in told.items() if k != "price"}
    assert ("price" in entry.told) == ("price" in told)


def test_a_name_that_looks_like_more_is_known() -> None:
    assert read_entry("7 Days Inn 4.5分 北京 评价很好").unparsed and read_entry("x" * 41).unparsed


def test_lists_are_cut_at_their_numbers() -> None:
    assert split_list("候选：\n1. A（评分：3.9）\n2. B") == ["1. A（评分：3.9）", "2. B"]
    assert split_list("1. A（评分：3.9） 2. B 3. C") == ["1. A（评分：3.9）", "2. B", "3. C"]
    assert split_list("A\n\nB") == ["A", "B"] and split_list("") == []


def test_items_in_a_prompt_are_previewed_and_read(tmp_path: Path) -> None:
    file = tmp_path / "rows" / "item_ranking" / "item_ranking_rewrite.jsonl"
    file.parent.mkdir(parents=True)
    prompt = "用户想吃面。\n候选商户：\n1. 兰州拉面（评分：3.9，人均：20元）\n2. 老王面馆（评分：4.5，人均：30元）\n\n请排序。"
    file.write_text("".join(json.dumps({"query": f"想吃面{n}", "prompt": prompt, "labels": [0, 1], "user": {"id": n}}) + "\n"
                            for n in range(3)))
    with pytest.raises(InputError) as stop:
        ingest_recrm(tmp_path / "rows", tmp_path / "store")
    text = str(stop.value)
    assert "兰州拉面 | 评分 = 3.9, 人均 = 20元" in text
    entry = next(line for line in text.splitlines() if line.startswith("items = "))
    (tmp_path / "map.toml").write_text(f'[item_ranking]\nquery = "query"\nuser = "user"\nlabels = "labels"\n{entry}\n')
    report = ingest_recrm(tmp_path / "rows", tmp_path / "store", field_map=tmp_path / "map.toml")
    world = World(tmp_path / "store")
    assert world.n_items == 2 and world.item(0).name == "兰州拉面"
    assert world.item(0).attributes == {"rating": 3.9, "price": 20.0}
    assert any("items read from texts, such as 兰州拉面" in note for note in report.notes)
    assert not any("WARNING" in note for note in report.notes)
