"""Features of a response against its evidence, and of an item against a request, whatever the layout."""

from __future__ import annotations

import json
import math
from itertools import product

import numpy as np
import pytest

from recenv.rewards.dimensions import DIMENSIONS
from recenv.rewards.features import grounding, vector, wants
from recenv.rewards.features.alignment import align
from recenv.rewards.features.claims import count_claims
from recenv.rewards.features.support import support
from recenv.rewards.reading.cover import matches, residue
from recenv.rewards.reading.limits import record
from recenv.rewards.reading.polarity import stance
from recenv.rewards.reading.quantities import quantities, same
from recenv.rewards.reading.records import in_one_layout, read_records

FIELDS = {"价格": "68元", "评分": "4.5分", "地址": "柳树街12号", "电话": "010-62345678", "营业时间": "10:00-21:00",
          "推荐菜": "清炒笋尖、荷叶鸡、藕粉圆子"}
OWN = "松竹小馆；餐饮；" + "；".join(f"{k}: {v}" for k, v in FIELDS.items())
LINES = "名称: 松竹小馆\n" + "\n".join(f"{k}: {v}" for k, v in FIELDS.items())
PAIRS = "名称=松竹小馆, " + ", ".join(f"{k}={v}" for k, v in FIELDS.items())
JSON = json.dumps({"名称": "松竹小馆", "人均消费": 68, "评分": 4.5, "地址": "柳树街12号", "电话": "010-62345678",
                   "营业时间": "10:00-21:00", "推荐菜": ["清炒笋尖", "荷叶鸡", "藕粉圆子"]}, ensure_ascii=False)
LAYOUTS = [OWN, LINES, JSON, PAIRS]
KB = ("poi: blue cafe; distance: 4 miles; address: 12 oak road; traffic: no traffic\n"
      "poi: red cafe; distance: 2 miles; address: 9 elm road; traffic: heavy traffic")


def _features(evidence: str, query: str, response: str) -> dict[str, float]:
    return dict(zip(grounding.NAMES, grounding.grounding(evidence, query, response), strict=True))


def _wants(query: str, item: str) -> dict[str, float]:
    return dict(zip(wants.NAMES, wants.wants(query, item), strict=True))


@pytest.mark.parametrize("evidence", LAYOUTS)
@pytest.mark.parametrize(("right", "wrong"), [
    ("评分是4.5分。", "评分是4.1分。"), ("电话是62345678。", "电话是010-69998888。"), ("人均消费68元。", "人均消费86元。"),
    ("营业时间是10:00-21:00。", "营业时间是10:00-22:30。"),
])
def test_numbers_agree_with_the_record_in_any_layout(evidence: str, right: str, wrong: str) -> None:
    good, bad = _features(evidence, "", right), _features(evidence, "", wrong)
    assert good["values_right"] > 0.0 == good["values_wrong"] + good["values_stray"] + good["ranges_half_right"]
    assert bad["values_wrong"] + bad["values_stray"] + bad["ranges_half_right"] > 0.0


@pytest.mark.parametrize("evidence", LAYOUTS)
def test_what_the_record_lacks_is_left_over(evidence: str) -> None:
    good = _features(evidence, "地址在哪？", "地址是柳树街12号。")
    bad = _features(evidence, "地址在哪？", "地址是梧桐里胡同7号。")
    assert good["left"] == 0.0 and good["asked_worst"] == 1.0
    assert bad["left"] > 0.3 and bad["asked_worst"] < 0.5
    good, bad = _features(evidence, "", "推荐菜有清炒笋尖和荷叶鸡。"), _features(evidence, "", "推荐菜有清炒笋尖和佛跳墙。")
    assert good["listed_wrong"] == 0.0 < bad["listed_wrong"] and good["members_whole"] == 0.5


def test_layouts_are_read_alike() -> None:
    kept = ("phone", "address", "hours", "dishes")
    records = [{f.role: f.members for f in read_records(text)[0] if f.role in kept} for text in LAYOUTS]
    assert all(found == records[0] for found in records[1:])
    assert all(record(text).numbers == {"rating": (4.5, 4.5), "price": (68.0, 68.0)} for text in LAYOUTS)
    assert all(count_claims(text, "松竹小馆，评分4.1分").numbers_wrong == 1 for text in LAYOUTS)
    assert [len(r) for r in read_records(f"{LINES}\n\n{LINES}")] == [7, 7]
    said = "user: where is the inn\nassistant: at 9 elm road\nuser: thanks"
    assert in_one_layout(said) == said
    assert in_one_layout(OWN) == OWN and in_one_layout("Pets are not allowed.\nAlder Inn; hotel; Leeds").startswith("Pets")


BROKEN = ["{", "[1, ", "{}", "[]", "", ":", "a: ", "；；", "[[[[[[", '{"a": {"b": {"c": {"d": {"e": 1}}}}}']


@pytest.mark.parametrize("broken", BROKEN)
def test_no_text_breaks_the_readers(broken: str) -> None:
    for evidence, query, response in product((broken, OWN), (broken, ""), (broken, "好")):
        values = np.array(grounding.grounding(evidence, query, response))
        assert values.shape == (len(grounding.NAMES),) and not np.isinf(values).any()
        assert (np.abs(values[~np.isnan(values)]) <= 1.0).all()
    assert len(wants.wants(broken, broken)) == len(wants.NAMES)


def test_repetitive_text_is_read_quickly() -> None:
    assert matches("的吧" * 2_000, "的吧" * 2_000)[0] == (0, 64)
    assert residue("荷" * 3_000, "叶" * 3_000, "").left == 3_000


@pytest.mark.parametrize(("a", "b", "alike"), [
    ("at 3 pm", "3:00 PM", True), ("晚上9点", "21:00", True), ("09:00", "21:00", False), ("5元", "5分", False),
    ("$15", "15 dollars", True), ("010-62345678", "62345678", True), ("10%", "10 miles", False),
])
def test_quantities_are_compared_with_what_they_measure(a: str, b: str, alike: bool) -> None:
    assert same(quantities(a)[0], quantities(b)[0]) is alike


@pytest.mark.parametrize(("response", "verdict"), [
    ("No, pets are not allowed at the inn.", 1.0), ("Yes, you can bring pets, they are allowed.", -1.0),
    ("Pets are allowed. Anything else I can do for you?", -1.0),
])
def test_stance(response: str, verdict: float) -> None:
    found = stance(response, "Pets are not allowed.\nAlder Inn; hotel; Leeds", "Can I bring my dog?")
    assert found.verdict == verdict and (found.charged > 0.5) == (verdict < 0.0)


def test_free_of_charge_is_no_denial() -> None:
    assert stance("There is no charge for parking.", "Parking is free.", "Is parking free?").charged == 0.0


def test_what_is_said_of_a_record_stands_in_it() -> None:
    good = align("blue cafe is 4 miles away at 12 oak", KB, "where is a cafe")
    bad = align("blue cafe is 2 miles away at 12 oak", KB, "where is a cafe")
    assert good.agreeing == 1.0 and good.conflicts == good.strange == 0.0 and good.pairs == 1.0
    assert bad.conflicts > 0.0 and bad.strange > 0.0 and bad.subject_conflicts > 0.0 and bad.pairs == 0.0
    spoken = align("it is 2 miles away", KB, "how far\nuser: a cafe\nassistant: blue cafe at 12 oak road")
    assert spoken.turned == 1.0 and spoken.context_conflicts > 0.0
    assert math.isnan(align("4 miles", "The cafe is far.", "").stated)


def test_support_of_sentences() -> None:
    evidence = "The tower was built in 1890 by Anna Reed, and it is open to visitors, artists and schools."
    good = support("The tower was built in 1890.", evidence)
    bad = support("The tower was built in 1890. My uncle painted it blue.", evidence)
    assert good.worst == 1.0 > bad.worst and good.personal == 0.0 < bad.personal
    assert support("How about these two?", evidence).silent == 1.0 and math.isnan(support("How are you?", evidence).worst)
    assert support("The restaurant is open.", "Oak Inn is open.\nOak Inn; hotel; Leeds").place == -1.0


ITEM_FIELDS = {"设施": "免费停车、酒店各处提供wifi、棋牌室", "酒店类型": "经济型", "价格": "210元", "评分": "4.6分",
               "周边": "望湖塔、莲花池"}
ITEM = "青石客栈；住宿；区域: 海淀区；" + "；".join(f"{k}: {v}" for k, v in ITEM_FIELDS.items())


@pytest.mark.parametrize("item", [ITEM, "名称: 青石客栈\n" + "\n".join(f"{k}: {v}" for k, v in ITEM_FIELDS.items())])
def test_wants_in_any_layout(item: str) -> None:
    good = _wants("帮我找一个评分4.5分以上、价格200-300元的经济型酒店，提供棋牌室服务的。", item)
    assert good["wants_rating"] == good["wants_price"] == good["wants_kind"] == good["wants_verdict"] == 1.0
    assert good["wants_exact"] > 0.0 == good["wants_absent"]
    assert _wants("想住评分4.8分以上的酒店", item)["wants_verdict"] == -1.0
    assert _wants("有没有高档型酒店", item)["wants_kind"] == -1.0
    assert _wants("找一家有健身房的酒店", item)["wants_absent"] > 0.0
    assert _wants("在望湖塔附近找一家酒店", item)["wants_near"] == 1.0
    assert _wants("在西山附近找一家酒店", item)["wants_near"] == -1.0


def test_wants_of_sights() -> None:
    sight = "莲花池公园；旅游；游玩时间: 1小时 - 2小时；价格: 0元；评分: 4.2分"
    assert _wants("想找一个不免费的景点", sight)["wants_price"] == -1.0
    assert _wants("第二天想找个免费的景点", sight)["wants_time"] == 0.0 < _wants("想找个免费的景点", sight)["wants_price"]
    assert _wants("能玩1小时 - 2小时的景点", sight)["wants_time"] == 1.0
    assert _wants("能玩2小时 - 3小时的景点", sight)["wants_time"] < 0.0
    assert math.isnan(_wants("人均50元以下", "莲花池公园；旅游；评分: 4.2分")["wants_price"])


def test_extra_features_are_named_and_pure() -> None:
    texts = {"evidence": OWN, "query": "评分多少？", "response": "评分是4.5分。", "item": ITEM, "instruction": "用中文回答。"}
    for dimension in DIMENSIONS.values():
        assert len(set(vector.names(dimension.name))) == len(vector.names(dimension.name))
    for name in ("following", "grounding", "wants", "replying"):
        names, make = vector.GROUPS[name]
        first, second = list(make(texts)), list(make(dict(texts)))
        assert len(first) == len(names) == len(set(names)) and first == pytest.approx(second, nan_ok=True)
