"""Converters of published sets, on small files made by hand in each set's format, and on the real folders where they lie near."""

from __future__ import annotations

import gzip
import json
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from five import DIMENSIONS

from recenv.data.rowfile import read_rows, write_rows
from recenv.data.rowsets import ROWSETS
from recenv.data.rowsets.tally import Tally
from recenv.errors import InputError, UnknownName
from recenv.records import ScorerRow

REAL = Path(__file__).parents[3] / "shared" / "data"


def jsonl(path: Path, records: list[dict[str, Any]]) -> None:
    data = "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records).encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)


def array(path: Path, records: Any) -> None:
    data = json.dumps(records, ensure_ascii=False).encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)


def rows(name: str, folder: Path) -> list[ScorerRow]:
    return list(ROWSETS[name].convert(folder))


def ids(made: list[ScorerRow]) -> list[str]:
    return [row.id for row in made]


def answer(**changes: Any) -> dict[str, Any]:
    return {"question": "Pets?", "knowledge": "No pets.", "response": "None allowed.", "accuracy": [5, 4, 3], "domain": "hotel",
            "entity_name": "Inn", "city": "Paris"} | changes


def test_dstc9_maps_the_mean_rating_and_groups_by_snippet(tmp_path: Path) -> None:
    jsonl(tmp_path / "b.jsonl.gz",
          [answer(), answer(accuracy=[1, 1, 1], entity_name=None), answer(knowledge="Pets.", accuracy=[5, 5, 5])])
    jsonl(tmp_path / "a.jsonl", [answer(accuracy=[3, 3, 3])])
    array(tmp_path / "db.json.gz", {"hotel": []})
    made = rows("dstc9_fc", tmp_path)
    assert ids(made) == ["dstc9_fc/a:0", "dstc9_fc/b:0", "dstc9_fc/b:1", "dstc9_fc/b:2"]
    assert [row.label for row in made] == [0.5, 0.75, 0.0, 1.0]
    assert made[0].group == made[1].group == made[2].group != made[3].group
    assert made[1].evidence == "No pets.\nInn; hotel; Paris" and made[1].query == "Pets?" and made[1].response == "None allowed."


def test_begin_reads_tables_as_they_are(tmp_path: Path) -> None:
    head = "model_name\tdata_source\tknowledge\tmessage\tresponse\tbegin_label"
    lines = [head, 'm\td\t"it is" so\thi\t"so\tGeneric',
             "m\td\tk\thi\tk\tFully attributable", "m\td\tk\thi\tno\tNot fully attributable"]
    (tmp_path / "any.tsv").write_bytes("\r\n".join(lines).encode())
    made = rows("begin", tmp_path)
    assert ids(made) == ["begin/any:0", "begin/any:1", "begin/any:2"]
    assert [row.label for row in made] == [0.0, 1.0, 0.0]
    assert made[0].evidence == '"it is" so' and made[0].response == '"so' and made[1].group == made[2].group


def test_ci_tod_makes_three_rows_a_dialogue_and_turns_the_flags_round(tmp_path: Path) -> None:
    said = [{"turn": "driver", "utterance": "where is pizza"}, {"turn": "assistant", "utterance": "which one"},
            {"turn": "driver", "utterance": "the nearest"}, {"turn": "assistant", "utterance": "pizza_hut is 1_miles away"}]
    kb = {"items": [{"poi": "pizza_hut", "distance": "5_miles", "agenda": "-"}]}
    array(tmp_path / "x_dev.json.gz", [{"dialogue": said, "scenario": {"kb": kb, "kbi": "1", "hi": "0", "qi": "0"}},
                                       {"dialogue": said, "scenario": {"kb": {"items": []}, "kbi": "0", "hi": "1", "qi": "1"}}])
    made = rows("ci_tod", tmp_path)
    assert ids(made) == [f"ci_tod/x_dev:{n}:{s}" for n in (0, 1) for s in ("kbi", "hi", "qi")]
    assert [row.label for row in made] == [0.0, 1.0, 1.0, 1.0, 0.0, 0.0] and ROWSETS["ci_tod"].found == 0
    kbi, hi, qi = made[:3]
    assert kbi.evidence == "poi: pizza hut; distance: 5 miles" and kbi.response == "pizza hut is 1 miles away"
    assert hi.evidence == "user: where is pizza\nassistant: which one\nuser: the nearest"
    assert hi.query == "the nearest\nuser: where is pizza\nassistant: which one"
    assert qi.dimension == "instruction_following" and qi.instruction == "the nearest"
    assert qi.query == "user: where is pizza\nassistant: which one" and kbi.group == qi.group != made[3].group
    assert made[3].evidence  # an empty knowledge base is said to be empty, so that the row can be scored


def test_ifeval_asks_for_all_constraints_and_keeps_answers_that_are_none(tmp_path: Path) -> None:
    base = {"prompt": "No commas.", "response": "Fine", "lang": "en"}
    jsonl(tmp_path / "en.jsonl", [
        base | {"follow_instruction_list": [True, True]}, base | {"follow_instruction_list": [True, False]},
        base | {"response": None, "follow_instruction_list": [False]}])
    made = rows("ifeval_responses", tmp_path)
    assert ids(made) == [f"ifeval_responses/en:{n}" for n in range(3)] and [row.label for row in made] == [1.0, 0.0, 0.0]
    assert made[0].instruction == "No commas." and made[2].response == "" and len({row.group for row in made}) == 1


def test_llmbar_makes_two_rows_a_pair(tmp_path: Path) -> None:
    array(tmp_path / "S.json", [{"input": "do", "output_1": "a", "output_2": "b", "label": 2},
                                {"input": "do", "output_1": "c", "output_2": "a", "label": "1"}])
    made = rows("llmbar", tmp_path)
    assert ids(made) == ["llmbar/S:0:1", "llmbar/S:0:2", "llmbar/S:1:1", "llmbar/S:1:2"]
    assert [(row.response, row.label) for row in made] == [("a", 0.0), ("b", 1.0), ("c", 1.0), ("a", 0.0)]
    assert len({row.group for row in made}) == 1  # one prompt: a split between the pairs would show "a" to both sides


def test_crsarena_rates_turns_against_what_was_said_before(tmp_path: Path) -> None:
    def turn(n: int, role: str, text: str, **rated: int) -> dict[str, Any]:
        return {"turn_ind": n, "role": role, "utterance": text} | ({"turn_level_aggregated": rated} if rated else {})

    turns = [turn(0, "USER", "Hi"), turn(1, "ASST", "What?", relevance=3, interestingness=0), turn(2, "USER", "War films"),
             turn(3, "ASST", "Dull", interestingness=0), turn(4, "ASST", "Dunkirk", relevance=1, interestingness=0)]
    jsonl(tmp_path / "t.jsonl", [{"conv_id": "c", "dialogue": turns}])
    made = rows("crsarena_eval", tmp_path)
    assert ids(made) == ["crsarena_eval/t:0:1", "crsarena_eval/t:0:4"] and [row.label for row in made] == [1.0, 1 / 3]
    assert made[1].query == "War films\nuser: Hi\nassistant: What?\nassistant: Dull" and made[1].item == "Dunkirk"
    assert {row.group for row in made} == {"crsarena_eval/c"}


def test_recipe_mpr_keeps_the_order_of_the_options(tmp_path: Path) -> None:
    jsonl(tmp_path / "t.jsonl", [{"query": "soup", "options": {"z": "tea", "a": "soup", "m": "pie"}, "answer": "a"}])
    (made,) = rows("recipe_mpr", tmp_path)
    assert (made.id, made.items, made.label) == ("recipe_mpr/t:0", ("tea", "soup", "pie"), (0.0, 1.0, 0.0))
    jsonl(tmp_path / "u.jsonl", [{"query": "soup", "options": {"z": "tea", "a": "soup"}, "answer": "q"}])
    with pytest.raises(InputError, match=r"u\.jsonl, record 0: the answer 'q' is none of the options"):
        rows("recipe_mpr", tmp_path)


def test_coupon_rows_are_texts_of_pairs(tmp_path: Path) -> None:
    base = {"coupon": "Bar", "expiration": "1d", "gender": "Female", "age": "21", "car": "", "time": "2PM", "direction_same": "0",
            "has_children": "1", "class": "1"}
    jsonl(tmp_path / "t.jsonl", [base, base | {"class": "0", "coupon": "Coffee House"}, base | {"age": "26"}])
    made = rows("coupon", tmp_path)
    assert [row.label for row in made] == [1.0, 0.0, 1.0] and made[0].group == made[1].group != made[2].group
    assert made[0].user == "gender: Female; age: 21; has children: yes" and made[0].item == "coupon: Bar; expires in: 1d"
    assert made[0].context == "time: 2PM; in the direction of travel: no" and made[0].query


def crosswoz(folder: Path) -> None:
    def hotel(name: str, price: int, kind: str, phone: str) -> list[Any]:
        return [name, {"名称": name, "价格": price, "酒店类型": kind, "电话": phone, "评分": 4.5}]

    array(folder / "hotel_db.json", [hotel("甲酒店", 300, "舒适型", "111"), hotel("乙酒店", 900, "豪华型", "222")])
    array(folder / "restaurant_db.json", [])
    array(folder / "attraction_db.json", [])
    messages = [
        {"role": "usr", "content": "找一家舒适型的酒店。",
         "dialog_act": [["Inform", "酒店", "酒店类型", "舒适型"], ["Request", "酒店", "名称", ""]]},
        {"role": "sys", "content": "推荐甲酒店，300元。",
         "dialog_act": [["Recommend", "酒店", "名称", "甲酒店"], ["Inform", "酒店", "价格", "300元"]]},
        {"role": "usr", "content": "电话呢？", "dialog_act": [["Request", "酒店", "电话", ""]]},
        {"role": "sys", "content": "电话是111。", "dialog_act": [["Inform", "酒店", "电话", "111"]]},
        {"role": "usr", "content": "类型呢？", "dialog_act": [["Request", "酒店", "酒店类型", ""]]},
        {"role": "sys", "content": "是豪华型。", "dialog_act": [["Inform", "酒店", "酒店类型", "豪华型"]]},
    ]
    dialogue = {"goal": [], "final_goal": [], "messages": messages, "sys-usr": [1, 2]}
    with zipfile.ZipFile(folder / "test.json.zip", "w") as archive:
        archive.writestr("test.json", json.dumps({"7": dialogue}, ensure_ascii=False))


def test_crosswoz_checks_needs_and_facts_against_the_database(tmp_path: Path) -> None:
    crosswoz(tmp_path)
    made = rows("crosswoz", tmp_path)
    needs = [(row.query, row.item[:3], row.label) for row in made if row.dimension == "query_item_relevance"]
    assert needs == [("找一家舒适型的酒店。", "甲酒店", 1.0), ("找一家舒适型的酒店。", "乙酒店", 0.0)]
    facts = [(row.response, row.label) for row in made if row.dimension == "factual_consistency"]
    # the wizard's wrong hotel type is no known truth and makes no row
    assert facts == [("推荐甲酒店，300元。", 1.0), ("推荐甲酒店，900元。", 0.0), ("电话是111。", 1.0), ("电话是222。", 0.0)]
    assert "电话: 111" in made[-1].evidence and {row.group for row in made} == {"crosswoz/7"}
    assert made[0].id.startswith("crosswoz/test:0:") and len(set(ids(made))) == len(made) and made == rows("crosswoz", tmp_path)


@pytest.mark.parametrize(("name", "file", "data", "said"), [
    ("dstc9_fc", "t.jsonl", b'{"question": "q"}\n', r"t\.jsonl, record 0.*knowledge"),
    ("dstc9_fc", "t.jsonl", json.dumps(answer()).encode() + b"\n{bad\n", r"record 1.*not valid JSON"),
    ("dstc9_fc", "t.jsonl", json.dumps(answer(accuracy=[9, 1, 1])).encode(), r"record 0.*accuracy"),
    ("llmbar", "t.json", b'{"input": "x"}', r"t\.json: expected a JSON array"),
    ("llmbar", "t.json", b'[{"input": "x", "output_1": "a", "output_2": "b", "label": 3}]', r"record 0.*label"),
    ("begin", "t.tsv", b"knowledge\tmessage\tresponse\tbegin_label\na\tb\tc\n", r"record 0.*3 cells for 4 columns"),
    ("begin", "t.tsv", b"knowledge\tmessage\tresponse\tbegin_label\na\tb\tc\tPerhaps\n", r"record 0.*begin_label"),
    ("coupon", "t.jsonl.gz", b"not gzip", r"t\.jsonl\.gz: damaged"),
    ("coupon", "README.md", b"hello", "has no coupon file"),
])
def test_bad_records_are_named_with_file_and_index(tmp_path: Path, name: str, file: str, data: bytes, said: str) -> None:
    (tmp_path / file).write_bytes(data)
    with pytest.raises(InputError, match=said):
        rows(name, tmp_path)


def test_files_that_would_share_ids_are_refused(tmp_path: Path) -> None:
    jsonl(tmp_path / "t.jsonl", [answer()])
    jsonl(tmp_path / "t.jsonl.gz", [answer()])
    with pytest.raises(InputError, match="same ids"):
        rows("dstc9_fc", tmp_path)


def test_names_are_looked_up_and_rows_go_through_files(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="llmbar"):
        ROWSETS["lmbar"]
    source = tmp_path / "set"
    source.mkdir()
    jsonl(source / "t.jsonl", [answer(), answer(accuracy=[1, 1, 1])])
    tally = Tally()
    assert write_rows(tally.watch(ROWSETS["dstc9_fc"].convert(source)), tmp_path / "rows.jsonl") == 2
    assert list(read_rows(tmp_path / "rows.jsonl")) == rows("dstc9_fc", source)
    assert "0.375" in tally.table() and tally.rows == Counter({"factual_consistency": 2})


REAL_ROWS = {
    "dstc9_fc": {"factual_consistency": 17_010}, "ci_tod": {"factual_consistency": 4_048, "instruction_following": 2_024},
    "begin": {"factual_consistency": 846}, "ifeval_responses": {"instruction_following": 7_599},
    "llmbar": {"instruction_following": 1_560}, "crsarena_eval": {"query_item_relevance": 1_756},
    "recipe_mpr": {"item_ranking": 405}, "coupon": {"behavior_prediction": 10_147},
    "crosswoz": {"query_item_relevance": 3_788, "factual_consistency": 2_258},
    "vitabench": {"item_ranking": 376, "query_item_relevance": 2_220, "behavior_prediction": 4_340},
}


@pytest.mark.parametrize("name", REAL_ROWS)
def test_real_folders_give_a_row_for_every_label(name: str) -> None:
    folder = REAL / name
    if not folder.is_dir():
        pytest.skip(f"the published set {name} is not beside this checkout ({folder})")
    made = rows(name, folder)
    assert Counter(row.dimension for row in made) == REAL_ROWS[name]
    assert len(set(ids(made))) == len(made)
    for row in made:
        labels = row.label if isinstance(row.label, tuple) else (row.label,)
        assert row.dimension in DIMENSIONS and row.group and row.locale
        assert all(label is not None and 0.0 <= label <= 1.0 for label in labels)
    assert {row.dimension for row in made} == set(ROWSETS[name].dimensions)
