"""What shops sell, called by parts of long names or by the shop; grades, what is left, and fields that all records tell."""

from __future__ import annotations

import pytest

from recenv.rewards.features.prose import prose, sentences
from recenv.rewards.features.prose.figures import figures, spelled
from recenv.rewards.features.prose.naming import parts_of

DISHES = (
    "双蛋豪华手抓饼➕肠➕里脊；餐饮；价格: 28元；评分: 4.6分；商家: 闽南芬肉蛋堡（冰粉）\n"
    "咸鸭蛋（好粥搭档）；餐饮；价格: 3元；评分: 4.4分；商家: 鑫茹早餐店（星光店）")
PACKAGES = (
    "[Hot Deal] Dry Pot Beef Rice + Chicken Strips; dining; price: 23.99 yuan; shop: Bajibaji Dry Pot; in stock: 12\n"
    "Sichuan-style Mapo Tofu; dining; price: 18.8 yuan; rating: 4.8 stars; shop: South Beauty (Gaoxin Branch); in stock: 3")
HOTELS = (
    "京铁大厦；住宿；区域: 西城区；酒店类型: 舒适型；价格: 488元；评分: 4.5分\n"
    "万爱酒店；住宿；区域: 朝阳区；酒店类型: 高档型；评分: 4.5分")


def counts(evidence: str, response: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for sentence in prose(evidence, "", response).sentences:
        for name, value in zip(sentences.NAMES, sentence.features, strict=True):
            found[name] = found.get(name, 0.0) + value
    return found


def test_a_part_of_a_long_name_stands_for_it() -> None:
    assert {"手抓饼", "双蛋豪华手抓饼"} <= set(parts_of("双蛋豪华手抓饼+肠+里脊"))
    assert {"dry pot", "dry pot beef rice"} <= set(parts_of("[hot deal] dry pot beef rice + chicken strips"))
    assert counts(DISHES, "手抓饼28元，咸鸭蛋3元。")["figures_own"] == 2
    assert counts(DISHES, "双蛋豪华手抓饼➕肠➕里脊要28元。")["figures_own"] == 1  # no sentence ends at a picture inside a name
    assert counts(DISHES, "手抓饼加咸鸭蛋是31元。")["figures_sum"] == 1
    assert counts(PACKAGES, "The dry pot beef is 18.8 yuan.")["figures_others"] == 1
    both = "经典牛肉面；餐饮；价格: 20元；商家: 甲店\n招牌牛肉面；餐饮；价格: 22元；商家: 乙店"
    assert counts(both, "牛肉面20元。")["subjects"] == 0  # it may be either


@pytest.mark.parametrize(("evidence", "response", "right"), [
    (DISHES, "鑫茹早餐店的咸鸭蛋3元。", True), (DISHES, "闽南芬家的咸鸭蛋3元。", False),
    (DISHES, "咸鸭蛋来自鑫茹早餐店。", True), (DISHES, "手抓饼28元，来自鑫茹早餐店。", False),
    (PACKAGES, "South Beauty's mapo tofu is 18.8 yuan.", True), (PACKAGES, "The mapo tofu is from Bajibaji.", False),
])
def test_who_sells_a_thing_is_right_or_wrong(evidence: str, response: str, right: bool) -> None:
    found = counts(evidence, response)
    assert (found["makers_right"], found["makers_wrong"]) == (float(right), float(not right))


def test_a_shop_stands_for_what_it_sells() -> None:
    assert counts(PACKAGES, "South Beauty asks 18.8 yuan.")["figures_own"] == 1
    assert counts(PACKAGES, "South Beauty asks 23.99 yuan.")["figures_own"] == 0
    assert counts(HOTELS, "万爱酒店在朝阳区。")["makers_right"] == 0  # records of places have no shop


@pytest.mark.parametrize(("response", "name", "count"), [
    ("京铁大厦是舒适型。", "grades_right", 1), ("京铁大厦是豪华型酒店。", "grades_wrong", 1),
    ("两家都是高档型。", "grades_wrong", 1), ("没有一家是豪华型。", "grades_right", 1),
    ("没有一家是舒适型。", "grades_wrong", 1), ("两家都标了评分。", "given_right", 1),
    ("两家都有价格。", "given_wrong", 1), ("Both list a rating.", "given_right", 1),
    ("Both list a price.", "given_wrong", 1), ("京铁大厦评分4.1分。", "plain_wrong", 1),
    ("京铁大厦评分4.5分。", "plain_wrong", 0),
])
def test_grades_and_fields_that_all_records_tell(response: str, name: str, count: int) -> None:
    assert counts(HOTELS, response)[name] == count


@pytest.mark.parametrize(("response", "name"), [
    ("Only 3 portions of the mapo tofu are left.", "stock_right"), ("Mapo tofu: just 5 left in stock.", "stock_wrong"),
    ("Mapo tofu has 3 in stock.", "stock_right"),
])
def test_what_is_left_is_held_against_the_record(response: str, name: str) -> None:
    assert counts(PACKAGES, response)[name] == 1


def test_what_is_added_to_a_list_that_a_record_has() -> None:
    noodles = "牛肉丸汤粉面；餐饮；价格: 20元；规格: 粿条、米粉、手工面；商家: 甲店\n咸鸭蛋；餐饮；价格: 3元；商家: 乙店"
    assert counts(noodles, "牛肉丸汤粉面可选粿条、米粉、米饭。")["atoms_beyond"] == 1
    assert counts(noodles, "牛肉丸汤粉面可选粿条、米粉、手工面。")["atoms_beyond"] == 0


@pytest.mark.parametrize(("said", "value"), [("22块9", 22.9), ("20块7毛9", 20.79), ("六块一", 6.1)])
def test_yuan_with_tenths(said: str, value: float) -> None:
    assert [(f.kind, f.value) for f in figures(spelled(said))] == [("money", value)]
