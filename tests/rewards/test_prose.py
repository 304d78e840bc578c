"""What an answer in prose says of records, claim by claim; and rows of such answers."""

from __future__ import annotations

import pytest

from recenv.rewards.features.prose import NAMES, prose
from recenv.rewards.reading.aliases import forms, mentions, sure

EN = """\
Harbor Grill (Riverside); dining; area: Haidian; price: 296 yuan; rating: 4.6 stars; features: parking, quiet; hours: 10:00-22:00
Willow Court; dining; area: Chaoyang; price: 145 yuan; rating: 4.1 stars; features: parking, wifi, pets allowed; hours: 9:00-21:00
Blue Lantern; dining; area: Haidian; price: 58 yuan; rating: 4.3 stars; features: wifi, pets allowed; hours: 9:00-23:30"""
ZH = """\
望江楼（望京店）；餐饮；区域: 海淀区；价格: 296元；评分: 4.6分；特色: 停车方便、环境安静；距离: 1.2公里；营业时间: 10:00-22:00
听雨轩；餐饮；区域: 朝阳区；价格: 145元；评分: 4.1分；特色: 停车方便、可带宠物；距离: 800米；营业时间: 9:00-21:00"""
BLOCKS = """\
name: Harbor Grill
category: dining
price: 296 yuan
pets: not allowed
name: Willow Court
category: dining
price: 145 yuan
features: parking, wifi"""
OBJECTS = """\
{"名称": "望江楼（望京店）", "价格": "296元", "特色": ["停车方便"]}
{"名称": "听雨轩", "价格": "145元", "特色": ["可带宠物"]}"""
TOLD = """\
望江楼：粤菜，朝阳区，人均296元。营业时间10:00-22:00，门口无停车位。
听雨轩：茶馆，朝阳区，人均145元。营业时间9:00-21:00。"""
TRUE = [
    (EN, "Harbor Grill and Willow Court are worth a look: the latter costs 145 yuan, the former 296. Both have parking."),
    (EN, "Hi! 🐾 Two of the three take pets, Willow Court and Blue Lantern. Blue Lantern is the cheapest."),
    (EN, "Harbor Grill doesn't mention wifi, and it closes at 10 pm. If you need a garden, I'd ring ahead."),
    (EN, "Blue Lantern is 238 yuan cheaper than Harbor Grill and open later, until half past eleven."),
    (EN, "None of them is open 24 hours; only Harbor Grill is quiet. Together Willow Court and Blue Lantern come to 203 yuan."),
    (EN, "- **Harbor Grill**: Haidian, about 300 yuan\n- **Willow Court**: Chaoyang, under 150 yuan"),
    (ZH, "您好～两家都能停车：望江楼人均296元，听雨轩便宜151元，也更近，只有800米。您更看重哪一点呢？"),
    (ZH, "想带宠物的话，只有听雨轩可以；望江楼没有写能不能带宠物，晚上十点关门。"),
    (EN, "Blue Lantern is rated higher than Willow Court (4.3 vs. 4.1), but Harbor Grill scores 4.6. All rated 4.1 or better."),
    (EN, "**Willow Court** costs 87 yuan more than **Blue Lantern**, and it takes pets. Remember to book ahead in the evening."),
    (EN, "Unlike Harbor Grill, Willow Court allows pets."),
    (BLOCKS, "Harbor Grill allows no pets, Willow Court has parking and costs 145 yuan. Two nights come to 290 yuan."),
    (OBJECTS, "望江楼人均296元，听雨轩145元，可以带宠物。"),
    (TOLD, "望江楼人均296元，门口没有停车位；听雨轩145元，晚上九点关门。"),
    (ZH, "①望江楼：296元 ②听雨轩：145元，比前者便宜151元。其他的建议您电话问问。"), (ZH, "听雨轩不到一公里。"),
    (ZH, "评分最高的是望江楼（4.6分），人均145元的是听雨轩。"),
]
FALSE = [
    (EN, "All three have parking, so just take the cheapest.", "all_wrong"),
    (EN, "Two of the three are quiet.", "counted_wrong"),
    (EN, "Harbor Grill costs 145 yuan.", "values_others"),
    (EN, "Willow Court costs 120 yuan.", "values_nobodys"),
    (EN, "Harbor Grill has live music.", "unheld"),
    (EN, "Harbor Grill has wifi.", "borrowed"),
    (EN, "Willow Court won a Michelin star.", "praised"),
    (EN, "Sadly Willow Court has no parking.", "denied_wrongly"),
    (EN, "Harbor Grill is the cheapest of them.", "compared_wrong"),
    (EN, "Blue Lantern is 100 yuan cheaper than Harbor Grill.", "sums_wrong"),
    (EN, "Blue Lantern is open until midnight.", "clocks_wrong"),
    (EN, "Only Blue Lantern allows pets.", "only_wrong"),
    (EN, "Willow Court is in Haidian.", "areas_wrong"),
    (ZH, "两家都可以带宠物。", "all_wrong"),
    (ZH, "望江楼营业到凌晨两点。", "clocks_wrong"),
    (ZH, "听雨轩比望江楼贵，但更近。", "compared_wrong"),
    (ZH, "听雨轩还提供代客泊车。", "unheld"),
]


def said(evidence: str, response: str) -> dict[str, float]:
    return dict(zip(NAMES, prose(evidence, "", response).totals, strict=True))


@pytest.mark.parametrize(("evidence", "response"), TRUE)
def test_a_true_answer_is_wrong_in_nothing(evidence: str, response: str) -> None:
    found = said(evidence, response)
    assert found["wrong"] == 0.0 and found["right"] > 0.0, {k: v for k, v in found.items() if v}


@pytest.mark.parametrize(("evidence", "response", "kind"), FALSE)
def test_what_no_record_bears_out_is_counted_as_what_it_is(evidence: str, response: str, kind: str) -> None:
    found = said(evidence, response)
    assert found[kind] > 0.0 and found["wrong"] > 0.0, {k: v for k, v in found.items() if v}


@pytest.mark.parametrize("response", ["Harbor Grill, Willow Court.", "How about Blue Lantern?", "Hello! Enjoy your evening.", ""])
def test_names_and_courtesies_claim_nothing(response: str) -> None:
    found = said(EN, response)
    assert found["wrong"] == found["right"] == 0.0


def test_features_are_within_bounds_whatever_the_text() -> None:
    for text in ("1元" * 20_000, "Harbor Grill " * 3_000, "最便宜" * 5_000, "\ufffc(", "[{"):
        for evidence in (EN, ZH, text, "[]", ""):
            assert all(0.0 <= v <= 1.0 for v in prose(evidence, text, text).totals)


def test_records_told_in_sentences_are_held_against_an_answer() -> None:
    told = "Inn; hotel; Paris\nThe Inn does not have a swimming pool. Parking is free."
    assert said(told, "No pool, I'm afraid, but there is parking.")["wrong"] == 0.0
    assert said(told, "The Inn has a lovely pool.")["denied_wrongly"] > 0.0


def test_short_names_stand_for_one_place_alone() -> None:
    assert "becker & barnett" in forms("becker & barnett gym (guomao)") and "内蒙古大厦" in forms("北京内蒙古大厦")
    assert [m.places for m in mentions("harbor grill or willow", ["harbor grill (east)", "willow court"])] == [(0,), (1,)]
    assert mentions("blue", ["blue lantern", "blue roof"]) == []
    assert sure("莫记") and not sure("全家") and not sure("morning") and sure("tastin'")
