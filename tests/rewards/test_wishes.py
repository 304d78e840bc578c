"""Demands on items: read in either language, decided by records, and left alone where words or other things are meant."""

from __future__ import annotations

import math
import time

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recenv.data.constraints import MET, MISSED, UNKNOWN
from recenv.data.world import World
from recenv.records import Action, Item, ScorerRow, Value
from recenv.rewards.fields import decided as field_value
from recenv.rewards.fields import worth_nothing
from recenv.rewards.models.network import digest
from recenv.rewards.rules.checks import compliance
from recenv.rewards.rules.held import decided, decided_in_row, recommended, ruled_out, status
from recenv.rewards.rules.kinds import bare
from recenv.rewards.rules.scorer import NOTHING_READ, ChecksScorer
from recenv.rewards.rules.verdicts import instruction_verdict
from recenv.rewards.rules.whole import KEPT, kept_whole, read_in_full
from recenv.rewards.rules.wish import Wish
from recenv.rewards.rules.wishes import read_wishes
from recenv.testing.tiny import tiny_view


def place(name: str, **attributes: Value) -> Item:
    return Item(id=name, category="dining", name=name, locale="en", attributes=attributes)


POT = place("Golden Pot", subcategory="Hotpot", rating=4.2, price=158.0, distance=3.2, area="Haidian", tags=("chain", "parking"))
TEA = place("Green Tea", subcategory="Teahouse", rating=4.7, price=48.0, distance=0.8, area="Chaoyang", tags=("quiet",))
BARE = place("Blank House")
ZH_POT = place("蜀香园", subcategory="火锅", rating=4.2, price=158.0, distance=3.2, area="海淀区", tags=("连锁",))
ZH_TEA = place("清茶居", subcategory="茶馆", rating=4.7, price=48.0, distance=0.8, area="朝阳区", tags=("安静",))

DEMANDS = [  # each is broken by the pot and kept by the tea, in records of both languages
    "Avoid hot pot.", "Do not recommend any hotpot restaurants.", "No hot pot, please.", "Anything but hot pot.",
    "The user likes it quiet. Never suggest hot pot, and reply in English.", "Recommend anything except hotpot places.",
    "不要火锅。", "别推荐火锅店。", "除了火锅都可以。", "火锅除外，不要推荐。", "请用中文回答，不推荐火锅和烧烤。",
    "Only places rated at least 4.5.", "Recommend places with a rating of 4.5 or above.", "4.5+ stars only.",
    "评分不低于4.5分。", "只推荐评分4.5以上的店。", "No places rated below 4.5.", "不推荐评分低于4.5的餐厅。",
    "Stay within 2 km.", "Everything within 2 kilometers, please.", "No more than 900 m away.",
    "距离2公里以内。", "不超过2公里。",
    "Recommend places in Chaoyang.", "Only places in Chaoyang district under 500 yuan.", "只推荐朝阳区的店。", "位于朝阳区。",
    "Nothing in Haidian: recommend places not in Haidian.", "不要推荐海淀区的。",
    "Keep it under 100 yuan.", "Everything must cost less than 100 yuan per person.", "Avoid places over 100 yuan.",
    "评分低于4.5分的别给我看。", "Less than a kilometre from here, please.", "Stick to Chaoyang.", "人均超过100元的不要。",
    "人均100元以下。", "价格不超过100元，用编号列出。", "Budget between 20 and 100 yuan.", "人均20-100元。",
]
WORDS = [
    "Do not use exclamation marks.", "Avoid exclamation marks and jargon.", "Use no more than 60 words.", "At most 3 places.",
    "Give the price in at most 3 words.", "Answer in English within 2 sentences.", "Avoid the word \"hot pot\".",
    "不要使用感叹号。",
    "每家都要说明所在区域。", "说明每家在哪个区。", "不要提到火锅。", "Do not mention hot pot.", "回答不超过100字。",
    "Number the places and state each rating.", "No commas.", "Leave out prices.", "Do not write more than 100 characters.",
]
OPEN = [
    "If the user is alone, avoid hot pot.", "Ideally under 100 yuan.", "最好在100元以内。", "Include one place under 100 yuan.",
    "Stay under 100 yuan in total.", "Within 2 km of the station.", "离地铁站2公里以内。", "No need to avoid hot pot.",
    "The user lives in Chaoyang.", "Delivery fee under 5 yuan.", "如果预算有限，人均100元以下。", "不用避开火锅。",
    "4-star hotels or above.", "除非用户要求，不要火锅。", "Do not avoid hot pot.",
]


@pytest.mark.parametrize("instruction", DEMANDS)
def test_records_break_and_keep_what_is_demanded_of_items(instruction: str) -> None:
    for pot, tea in ((POT, TEA), (ZH_POT, ZH_TEA)):
        assert any(k.reason and k.item == pot.id for k in decided(instruction, [pot], [tea])), instruction
        assert any(k.reason for k in decided(instruction, [tea, pot]))
        assert not any(k.reason for k in decided(instruction, [tea], [pot]))
        assert ruled_out(instruction, (pot, tea)) == [True, False]
        assert decided(instruction, [tea], [pot]), "what is kept is decided, too"
    assert not decided(instruction, [BARE], [POT, TEA]), "a record without the field decides nothing"


@pytest.mark.parametrize("instruction", [*WORDS, *OPEN])
def test_words_conditions_and_preferences_are_not_held_against_items(instruction: str) -> None:
    assert not decided(instruction, [POT, TEA, ZH_POT, ZH_TEA])


def test_chains_dishes_and_parts_of_a_kind() -> None:
    assert decided("Avoid chains.", [POT])[0].reason and not decided("Avoid chains.", [TEA])
    dish = place("Fu", subcategory="Sichuan", dishes=("hotpot", "dandan noodles"))
    assert decided("Avoid hot pot.", [dish])[0].reason and not decided("Avoid noodles.", [dish])[0].reason
    assert not decided("Avoid hotels.", [place("A", subcategory="hotel restaurant")]), "a part of a kind decides nothing"
    assert decided("Avoid hotels.", [place("A", subcategory="business hotel")])[0].reason
    assert not decided("Avoid seafood.", [TEA]), "a teahouse may serve it"
    near = place("A", subcategory="Noodles", tags=("hot pot nearby",))
    assert not decided("Avoid hot pot.", [near])[0].reason, "a feature that a kind is a part of is of another kind"
    assert not decided("Avoid hot pot.", [place("A", subcategory="Restaurant")]), "too coarse to rule it out"
    named = decided("Avoid hot pot.", [place("Old Town Hot Pot")])[0]
    assert named.reason == "expected no 'hotpot', came 'Old Town Hot Pot' with 'Old Town Hot Pot'"


def test_a_name_and_a_type_at_hand_are_left_out() -> None:
    tea, books = place("Tang Teas", subcategory="tea shop"), place("Tang Books", subcategory="bookshop")
    assert decided("Please leave out tea shops.", [tea], [books])[0].reason
    kept = decided("Please leave out tea shops.", [books], [tea])
    assert kept and not kept[0].reason
    kfc = place("KFC (Main Street)", subcategory="burgers")
    assert decided("I don't want KFC again.", [kfc])[0].reason and not decided("I don't want KFC again.", [books])


def test_reasons_say_what_was_expected_and_what_came() -> None:
    assert decided("under 100 yuan", [TEA, POT])[0].reason == "expected price at most 100 yuan, came 'Golden Pot' with '158 yuan'"
    assert decided("in Chaoyang", [POT])[0].reason == "expected items in 'chaoyang', came 'Golden Pot' with 'Haidian'"


EVIDENCE = (
    "Golden Pot; dining; type: Hotpot; rating: 4.2 stars; price: 158 yuan; area: Haidian; distance: 3.2 km; features: chain\n"
    "Green Tea; dining; type: Teahouse; rating: 4.7 stars; price: 48 yuan; area: Chaoyang; distance: 800 m"
)
JSON = ('[{"name": "Golden Pot", "type": "Hotpot", "rating": 4.2, "price": "158 yuan", "area": "Haidian", "distance": "3.2 km"}, '
        '{"name": "Green Tea", "type": "Teahouse", "rating": 4.7, "price": "48 yuan", "area": "Chaoyang", "distance": "0.8 km"}]')


@pytest.mark.parametrize("evidence", [EVIDENCE, JSON])
@pytest.mark.parametrize("instruction", [d for d in DEMANDS if "20" not in d])
def test_rows_are_judged_by_the_records_that_the_answer_recommends(instruction: str, evidence: str) -> None:
    def broken(response: str) -> bool:
        return any(k.reason for k in decided_in_row(instruction, evidence, response))

    assert broken("Try Golden Pot.") and broken("Green Tea or Golden Pot.") and broken("I have two ideas for you.")
    assert not broken("Try Green Tea.") and not broken("Green Tea. I left out Golden Pot, as you asked.")


def test_which_records_an_answer_recommends() -> None:
    def names(response: str) -> list[str]:
        return [item.name for item in recommended(EVIDENCE, response)]

    assert names("Golden Pot is great.") == ["golden pot"] and names("Both are great.") == ["golden pot", "green tea"]
    assert names("Green Tea, not Golden Pot") == ["green tea"] and names("I skipped Golden Pot.") == []


def row(instruction: str, response: str, evidence: str = EVIDENCE) -> ScorerRow:
    return ScorerRow(
        dimension="instruction_following", instruction=instruction, query="Tea?", response=response, evidence=evidence)


def test_a_broken_demand_on_items_is_worth_nothing_whatever_a_model_says() -> None:
    assert worth_nothing(row("Avoid hot pot.", "Golden Pot!")).startswith("expected no 'hotpot'")
    assert worth_nothing(row("Avoid hot pot.", "Green Tea!")) == worth_nothing(row("Avoid hot pot.", "Golden Pot!", "")) == ""
    with_it, without = row("Be kind.", "Golden Pot!"), row("Be kind.", "Golden Pot!", "")
    assert digest(with_it, "") == digest(without, ""), "no model reads the evidence of this dimension"


def test_the_checks_scorer_counts_them() -> None:
    rows = [row("Avoid hot pot.", r) for r in ("Golden Pot", "Green Tea")] + [row("Avoid hot pot.", "Golden Pot", "")]
    rows += [row("Avoid hot pot. Use no commas.", "Golden Pot")]
    scores = ChecksScorer().score(rows)
    np.testing.assert_array_equal(scores.values, np.array([0.0, 1.0, np.nan, 0.25], np.float32))
    assert scores.reasons[2] == NOTHING_READ


def test_a_recommendation_fails_by_all_that_it_shows(tiny_world: World) -> None:
    view = msgspec.structs.replace(tiny_view(tiny_world, "en-1"), instruction="Avoid hot pot.", candidates=(POT, TEA, BARE))

    def verdict(*items: Item, text: str) -> tuple[str, str, str]:
        said = instruction_verdict(view, Action(act="recommend", items=tuple(i.id for i in items), text=text), items)
        assert said.failed == bool(said.reason)
        return said.about, said.item, said.wanted

    assert verdict(TEA, BARE, text="Green Tea, or Blank House.") == ("", "", "")
    assert verdict(TEA, POT, text="Only Green Tea for you.") == ("which", POT.id, "avoid hotpot")
    assert verdict(POT, text="去金锅吧，味道很好。")[0] == "language", "the words come first"


HAS = [  # what the second shop has, by its record, and the first has not
    "Only places with parking.", "Each place must have parking.", "It should offer parking, please.", "必须有停车位。",
    "要方便停车的。",
    "Delivery fee no more than 4 yuan.", "配送费别超过4块。",
]
NO_DEMAND = [
    "Say whether there is parking.", "Mention the parking.", "I already have parking.", "No parking needed.", "说明能不能停车。",
    "If he drives, it must have parking.", "最好能停车。", "Answer in English only.", "不需要停车。",
    "Delivery fees should be named.",
]


@pytest.mark.parametrize("instruction", [*HAS, *NO_DEMAND])
def test_what_every_item_must_have(instruction: str) -> None:
    evidence = ("Tall House; dining; features: wifi, quiet; delivery fee: 6 yuan\n"
                "Wide House; dining; features: parking, wifi; delivery fee: 3 yuan")
    first, second = (decided_in_row(instruction, evidence, f"Go to {name} House.") for name in ("Tall", "Wide"))
    if instruction in HAS:
        assert any(k.reason for k in first) and second and not any(k.reason for k in second)
        assert not decided(instruction, [BARE]), "a record that lists nothing decides nothing"
    else:
        assert not first and not second


@pytest.mark.parametrize("instruction", [
    "It must be open past midnight.", "Somewhere open until at least 11 pm.", "晚上十一点以后还开着的才行。",
    "要营业到晚上11点的。",
])
def test_how_late_a_place_is_open(instruction: str) -> None:
    late, early = place("Owl", hours="18:00-02:00"), place("Lark", hours="07:00-21:30")
    for hours in ("18:00-02:00", "17:00-次日01:00", "24小时营业", "open 24 hours"):
        item = place("Owl", hours=hours)
        assert decided(instruction, [item]) and not decided(instruction, [item])[0].reason
    assert decided(instruction, [late, early])[0].reason.endswith("came 'Lark' with '07:00-21:30'")
    assert not decided(instruction, [place("Cat", hours="by appointment")]), "hours that do not say so decide nothing"


@pytest.mark.parametrize(("instruction", "kept", "broken"), [
    ("No emoji please.", "Green Tea.", "Green Tea 🍵"), ("不要用表情符号。", "绿茶很安静。", "绿茶很安静😊"),
    ("Don't mention any prices.", "Green Tea is calm.", "Green Tea is 48 yuan."),
    ("先别说价格。", "绿茶很安静。", "绿茶48元。"),
    ("One sentence only.", "Green Tea is calm.", "Green Tea is calm. Go."),
    ("用一句话说完。", "绿茶很安静。", "绿茶很安静。去吧。"),
    ("Reply as a bulleted list.", "- Green Tea", "Green Tea"),
])
def test_the_manner_of_an_answer(instruction: str, kept: str, broken: str) -> None:
    assert compliance(instruction, kept) == (1, 1) and compliance(instruction, broken) == (1, 0)


def test_entry_that_costs_nothing() -> None:
    free, dear = place("Old Park", price=0.0), place("New Park", price=20.0)
    for instruction in ("Only free attractions.", "No entrance fee, please.", "只推荐不要门票的景点。", "门票免费的。"):
        assert decided(instruction, [dear])[0].reason and not decided(instruction, [free])[0].reason
    for instruction in ("Feel free to suggest more.", "Mention free wifi.", "说明要不要门票。"):
        assert not decided(instruction, [dear])


@pytest.mark.parametrize(("instruction", "response", "whole"), [
    ("Avoid hot pot.", "Green Tea is calm.", True), ("Rated at least 4.5 only, and under 100 yuan.", "Try Green Tea!", True),
    ("Only places in Chaoyang, please.", "Green Tea.", True), ("I am tired. Stay within 2 km.", "Green Tea.", True),
    ("Avoid hot pot. Use no commas.", "Green Tea is calm.", True),
    ("Recommend at most 2 places under 100 yuan.", "Green Tea.", True),
    ("Within 2 km, otherwise it gets cold.", "Green Tea.", True),
    ("I will walk, so only places within 2 km.", "Green Tea.", True),
    ("Under 100 yuan, nothing else matters.", "Green Tea.", True), ("Under 100 yuan, otherwise ask first.", "Green Tea.", True),
    ("Avoid hot pot. Use no commas.", "Green Tea, of course.", False),  # broken, which other rules tell
    ("Avoid hot pot and be funny.", "Green Tea.", False), ("Avoid hot pot and use simple words.", "Green Tea.", False),
    ("Only old places under 100 yuan.", "Green Tea.", False), ("Under 100 yuan, with a view of the lake.", "Green Tea.", False),
    ("Avoid hot pot.", "I have an idea for you.", False), ("Avoid hot pot.", "绿茶很安静。", False),
    ("Avoid hot pot.", "Green Tea, not Golden Pot.", False), ("Answer kindly.", "Green Tea.", False),
    ("Under 100 yuan. Thanks. Tell me a joke.", "Green Tea.", False), ("Under 100 yuan. Under 100 yuan.", "Green Tea.", True),
    ("Must have parking.", "Green Tea.", False),  # its record does not say
    ("Use no commas.", "Green Tea is calm.", False),  # nothing of items
])
def test_an_instruction_that_is_read_in_full_and_kept_is_worth_all(instruction: str, response: str, whole: bool) -> None:
    value, reason = field_value(row(instruction, response))
    assert (value == 1.0 and reason == KEPT) == (kept_whole(row(instruction, response)) == KEPT) == whole
    assert not kept_whole(row(instruction, response, "")), "without records nothing is known to be kept"


THREE = (
    "Sakura House; dining; type: Japanese; rating: 4.4 stars; pri"
    "ce: 180 yuan; area: Jing'an District; distance: 3.1 km; features: private room; dishes: tempura, eel rice\n"
    "Spice Pot; dining; type: Sichuan hotpot; rating: 4.8 stars; "
    "price: 95 yuan; area: Xuhui District; distance: 600 m; features: chain, parking; dishes: beef tripe\n"
    "Sea Breeze; dining; type: Seafood restaurant; rating: 4.1 st"
    "ars; price: 320 yuan; area: Pudong District; distance: 7 km"
)
SAN = (
    "樱花屋；餐饮；类型: 日本料理；评分: 4.4分；价格: 180元；区域: 静安区；距离: 3.1公里；特色: 包间；推"
    "荐菜: 天妇罗、鳗鱼饭\n"
    "蜀香锅；餐饮；类型: 川味火锅；评分: 4.8分；价格: 95元；区域: 徐汇区；距离: 600米；特色: 连锁、停车\n"
    "海风楼；餐饮；类型: 海鲜；评分: 4.1分；价格: 320元；区域: 浦东新区；距离: 7公里"
)
BREAKS = [
    ("The user hates hotpot, so leave it out: no hotpot.", "Spice Pot is great"),
    ("Please avoid suggesting any seafood places.", "Sea Breeze!"),
    ("You must not recommend hot pot restaurants.", "Spice Pot"), ("Exclude chain restaurants.", "Spice Pot"),
    ("Only recommend restaurants with a rating of 4.5 or higher.", "Sakura House"),
    ("All suggestions must be rated above 4.2.", "Sea Breeze"), ("Keep every suggestion within 5 kilometers.", "Sea Breeze"),
    ("Places should be no farther than 1 km.", "Sakura House"), ("Each place must cost at most 150 yuan.", "Sakura House"),
    ("Budget: 100 yuan max.", "Sakura House"), ("Only suggest places located in Xuhui.", "Sakura House"),
    ("Don't offer anything above 200 yuan per head.", "Sea Breeze"), ("Steer clear of Japanese food.", "Sakura House"),
    ("He is allergic to seafood.", "Sea Breeze"), ("Price range 50-150 yuan.", "Sea Breeze"),
    ("Minimum rating 4.5.", "Sakura House"), ("Rating must be >= 4.5", "Sea Breeze"),
    ("Avoid anything with a rating under 4.3.", "Sea Breeze"), ("not more than 2km away", "Sakura House"),
    ("请不要推荐火锅店", "蜀香锅"), ("避免海鲜类餐厅", "海风楼"), ("用户对海鲜过敏，请注意", "海风楼"),
    ("不要连锁店", "蜀香锅"), ("只推荐评分在4.5分及以上的餐厅", "樱花屋"), ("评分必须高于4.2", "海风楼"),
    ("距离不要超过5公里", "海风楼"), ("只推荐3公里内的", "海风楼"), ("人均控制在150元以内", "樱花屋"),
    ("预算100元以下", "樱花屋"), ("只要徐汇区的", "樱花屋"), ("地点限浦东新区", "樱花屋"), ("不要日料", "樱花屋"),
    ("别给用户推荐日本料理", "樱花屋"), ("所有推荐的人均都要低于100元", "樱花屋"), ("人均50到150元", "海风楼"),
    ("请勿推荐海鲜餐厅", "海风楼"), ("推荐静安区的餐厅", "蜀香锅"), ("除火锅外都行", "蜀香锅"),
]
MAY = [  # kept, undecided, or no demand on items at all
    ("no hotpot", "Sakura House"), ("Avoid seafood", "Sakura House"), ("rated 4.5 or higher", "Spice Pot"),
    ("within 5 km", "Sakura House"), ("at most 150 yuan", "Spice Pot"), ("in Xuhui", "Spice Pot"),
    ("above 200 yuan is too much: nothing above 200 yuan", "Sakura House"), ("Minimum rating 4.5", "Spice Pot"),
    ("Avoid noodles.", "Spice Pot"), ("Avoid pork.", "Sakura House"), ("The user lives in Pudong. Be brief.", "Sakura House"),
    ("Answer in Japanese style, no emojis.", "Sakura House"), ("No Japanese, answer in English.", "Sakura House"),
    ("Avoid Japanese words.", "Sakura House"), ("Leave out the price of hotpot.", "Spice Pot"),
    ("Mention at least one place under 100 yuan.", "Sakura House"),
    ("Don't go over 100 words, price included.", "Sakura House"),
    ("Describe only what costs under 100 yuan.", "Sakura House"), ("Explain why you avoid hotpot or not.", "Spice Pot"),
    ("Ask whether within 1 km is fine.", "Sakura House"), ("Say no if seafood is asked for.", "Sea Breeze"),
    ("Do not be afraid to recommend hotpot.", "Spice Pot"), ("Do not only recommend hotpot.", "Spice Pot"),
    ("不要只推荐火锅", "蜀香锅"), ("不要拒绝推荐火锅", "蜀香锅"), ("不要说海鲜不好", "海风楼"),
    ("不要忘记推荐火锅", "蜀香锅"), ("除了火锅还要推荐一家日料", "蜀香锅"), ("不要用日语", "樱花屋"),
    ("不少于100字，不超过150字", "樱花屋"), ("先问用户预算是否在100元以内", "樱花屋"), ("不要问用户是否吃火锅", "蜀香锅"),
    ("介绍价格时不超过10个字", "樱花屋"), ("用户在浦东新区，语气亲切", "樱花屋"),
    ("评分用5分制，保留到4.5这样的小数", "樱花屋"), ("不要把100元以下的店说得太差", "樱花屋"),
    ("离静安寺1公里以内", "樱花屋"), ("人均100元以下的不要", "樱花屋"),
    ("Not hotpot again? Fine, any hotpot will do.", "Spice Pot"), ("No dish over 100 yuan.", "Sakura House"),
]


READ_OF = [*DEMANDS, *HAS, *(instruction for instruction, _ in BREAKS)]
READ = [  # of DEMANDS, HAS, BREAKS
    "kind not hotpot, wide", "kind not hotpot or hotpot restaurants, wide", "kind not hotpot", "kind not hotpot",
    "kind not hotpot, wide", "kind not hotpot or hotpot places", "kind not 火锅, wide", "kind not 火锅", "kind not 火锅, wide",
    "kind not 火锅, wide", "kind not 火锅, wide; kind not 烧烤, wide", "rating 4.5..", "rating 4.5..", "rating 4.5..",
    "rating 4.5..", "rating 4.5..", "rating 4.5..", "rating 4.5..", "distance ..2", "distance ..2", "distance ..0.9",
    "distance ..2", "distance ..2", "area chaoyang", "price ..500; area chaoyang", "area 朝阳区", "area 朝阳区",
    "area not haidian; area not haidian", "kind not 海淀区, wide; area not 海淀区", "price ..100", "price ..100", "price ..100",
    "rating 4.5..", "distance ..1", "area chaoyang", "price ..100", "price ..100", "price ..100", "price 20..100",
    "price 20..100", "offer parking", "offer parking", "offer parking", "offer parking", "offer parking", "fee ..4", "fee ..4",
    "kind not hotpot", "kind not seafood or seafood places, wide", "kind not hotpot or hotpot restaurants, wide",
    "kind not chain or chain restaurants, wide", "rating 4.5..", "rating 4.2..", "distance ..5", "distance ..1", "price ..150",
    "price ..100", "area xuhui", "price ..200", "kind not japanese or japanese food", "kind not seafood", "price 50..150",
    "rating 4.5..", "rating 4.5..", "rating 4.3..", "distance ..2", "kind not 火锅, wide", "kind not 海鲜, wide",
    "kind not 海鲜, wide", "kind not 连锁店, wide", "rating 4.5..", "rating 4.2..", "distance ..5", "distance ..3",
    "price ..150", "price ..100", "area 徐汇区", "area 浦东新区", "kind not 日料, wide", "kind not 日料", "price ..100",
    "price 50..150", "kind not 海鲜", "area 静安区", "kind not 火锅, wide",
]
MORE = [
    ("Nothing over 100 yuan or under 20 yuan.", ""),
    ("At least 4.5 stars, 3 places, at most 100 yuan each.", "rating 4.5..; price ..100"),
    ("Rated 4.5 or more and within 1,5 km.", "rating 4.5.."), ("Under 100 yuan is too cheap.", ""),
    ("人均100元以下的都不要。", "price 100.."), ("人均50-80元的不要。", ""), ("No 50 to 80 yuan places.", ""),
    ("Do not recommend places with a rating below 4.", "rating 4.."), ("A hotel of at least 4 stars.", ""),
    ("A hotel rated at least 4.", "rating 4.."), ("At least 4.5 stars, hotel.", "rating 4.5.."), ("rating at least 12", ""),
    ("at least 6 stars", ""), ("delivery fee at most 5 yuan, minimum order up to 20", "fee ..5; minimum ..20"),
    ("delivery fee at most 5", "fee ..5"), ("配送费不超过3元，起送价20元以内", "fee ..3; minimum ..20"),
    ("at most 100 yuan for two", ""), ("at most 100 yuan, parking 5 yuan", "price ..100"), ("a deposit under 100 yuan", ""),
    ("within a kilometer of me", "distance ..1"), ("within 2 km of you", "distance ..2"), ("within 2 km of the gate", ""),
    ("at least 500 meters away", "distance 0.5.."),
    ("no more than 500 m from here", "distance ..0.5"), ("avoid sushi, ramen and hot pot", "kind not hotpot, wide"),
    ("no sushi or ramen", ""), ("avoid sushi or anything with 3 stars", ""),
    ("Do not recommend Japanese or Korean restaurants", "kind not japanese, wide; kind not korean or korean restaurants, wide"),
    ("avoid japanese", ""), ("no korean food", "kind not korean or korean food"),
    ("avoid chain restaurants", "kind not chain or chain restaurants, wide"),
    ("do not recommend KFC or burgers", "kind not kfc, wide"), ("exclude bars, please", "kind not bars, wide"),
    ("不要火锅、烧烤和连锁店", "kind not 火锅, wide; kind not 烧烤, wide; kind not 连锁店, wide"), ("不要说", ""),
    ("不要3家", ""), ("除了火锅都行", "kind not 火锅, wide"), ("对海鲜严重过敏", "kind not 海鲜, wide"),
    ("Only in Haidian or Chaoyang district.", "area haidian or chaoyang"),
    ("Not in Haidian; not in Chaoyang.", "area not haidian; area not chaoyang"),
    ("avoid haidian", "kind not haidian, wide; area not haidian"), ("in haidian only", "area haidian"),
    ("不在海淀区", "area not 海淀区"),
    ("在海淀区或朝阳区的店", "area 海淀区 or 朝阳区"), ("海淀区的店", ""), ("推荐阳光区的店", ""),
    ("在阳光区的店", "area 阳光区"), ("位于阳光区", "area 阳光区"), ("If possible under 100 yuan. Under 50 yuan.", "price ..50"),
    ("first under 100 yuan", ""), ("open past 11 pm, with parking, no fee", "hours 23..; offer parking"),
    ("must have parking and wifi", "offer parking"), ("without parking", ""), ("一公里以内", "distance ..1"),
    ("两千米以内", "distance ..2"), ("人均一百元以内", "price ..100"), ("between 4 and 5 stars", "rating 4..5"),
    ("price 50", ""),
    ("Avoid places over 100 yuan or below 20 yuan", ""), ("4.5分以上", "rating 4.5.."), ("5公里", ""),
    ("+ 4.5 stars or more", "rating 4.5.."), ("4.5+ stars", "rating 4.5.."), ("100+ yuan", "price 100.."),
]


@pytest.mark.parametrize(("instruction", "expected"), [*zip(READ_OF, READ, strict=True), *MORE])
def test_what_is_read_to_its_bounds_and_names(instruction: str, expected: str) -> None:
    def bound(value: float) -> str:
        return "" if math.isinf(value) else f"{value:g}"

    found = [
        f"{w.slot} {'not ' * w.forbids}{' or '.join(w.names)}{', wide' * w.wide}" if w.names
        else f"{w.slot} {bound(w.low)}..{bound(w.high)}" for w in read_wishes(instruction)]
    assert "; ".join(found) == expected


@pytest.mark.parametrize(("instruction", "item", "reason"), [
    ("Rating at least 4.5.", POT, "expected rating at least 4.5, came 'Golden Pot' with '4.2 stars'"),
    ("Between 20 and 100 yuan.", POT, "expected price 20 to 100 yuan, came 'Golden Pot' with '158 yuan'"),
    ("Within 2 km.", POT, "expected distance at most 2 km, came 'Golden Pot' with '3.2 km'"),
    ("Not in Haidian.", POT, "expected items not in 'haidian', came 'Golden Pot' with 'Haidian'"),
    ("Only in Chaoyang or Xuhui.", POT, "expected items in 'chaoyang or xuhui', came 'Golden Pot' with 'Haidian'"),
    ("Must have parking.", TEA, "expected items with 'parking', came 'Green Tea' without"),
    ("Avoid hot pot.", POT, "expected no 'hotpot', came 'Golden Pot' with 'Hotpot'"),
    ("Avoid chains.", POT, "expected no 'chains', came 'Golden Pot' with 'chain'"),
    ("Open until at least 11 pm.", place("Lark", hours="07:00-21:30"),
     "expected hours at least 23 o'clock, came 'Lark' with '07:00-21:30'"),
    ("Delivery fee at most 4 yuan.", place("Fu", fee=6.0), "expected fee at most 4 yuan, came 'Fu' with '6'"),
    ("Avoid noodles.", place("Fu", subcategory="Grill", dishes=("rice", "noodles")),
     "expected no 'noodles', came 'Fu' with 'noodles'")])
def test_a_reason_has_the_bound_its_unit_and_what_came(instruction: str, item: Item, reason: str) -> None:
    assert [kept.reason for kept in decided(instruction, [item], [POT, TEA])] == [reason]


@pytest.mark.parametrize(("evidence", "attributes"), [
    ("Fu; price: ¥58.5/人; rating: 4.6 / 5; distance: 800米", {"price": 58.5, "rating": 4.6, "distance": 0.8}),
    ("Fu; price: free; fee: 免费; rating: 4.6 yuan", {"price": 0.0}), ("Fu; price: 58 km; distance: 1.2 km", {"distance": 1.2}),
    ("Fu; tags: wifi, quiet; parking: none; private room: 2", {"tags": ("wifi", "quiet", "", "private room")}),
    ("Fu; price: 58; price: 60", {"price": 58.0}),
    ("Fu; area: Old Town; minimum order: 20 rmb", {"area": "old town", "minimum": 20.0}),
    ("Fu; opening hours: 9:00-21:00; hotel type: inn; price: about 58",
     {"hours": "9:00-21:00", "hotel_type": "inn"})])
def test_a_record_is_read_as_far_as_it_can_be_for_sure(evidence: str, attributes: dict[str, Value]) -> None:
    [item] = recommended(evidence, "Fu is fine.")
    assert item.name == "fu" and item.id == "0" and item.attributes == attributes


def test_records_have_an_end() -> None:
    many = "\n".join(f"Place No{n}; dining; price: {n} yuan" for n in range(70))
    assert [item.id for item in recommended(many, "Any.")] == [str(n) for n in range(64)]
    assert recommended("N" * 300 + "; price: 5 yuan", "Any.")[0].name == "n" * 200
    assert [item.name for item in recommended(EVIDENCE, "x" * 7_990 + " Green Tea")] == ["green tea"]
    assert [item.name for item in recommended(EVIDENCE, "x" * 7_991 + " Green Tea")] == ["golden pot", "green tea"]


@pytest.mark.parametrize(("response", "names"), [
    ("Golden Pot is far from Green Tea.", "golden pot"), ("Golden Pot near Green Tea", "golden pot"),
    ("Green Tea附近的Golden Pot", "golden pot"),
    ("Not Green Tea, but Golden Pot.", "golden pot"), ("Without parking: Green Tea. Golden Pot is full.", "golden pot"),
    ("Not only Green Tea.", "green tea"), ("Green Tea is not bad.", "green tea"), ("Green Tea is not for you.", ""),
    ("I avoid noise; Green Tea.", "green tea"), ("Green Tea 不推荐", ""), ("Green Tea 不贵", "green tea"),
    ("Green Tea, Golden Pot is left out", "green tea"), ("Golden Pot and Golden Pot", "golden pot")])
def test_names_in_a_clause_that_leaves_them_out_are_not_recommended(response: str, names: str) -> None:
    assert ", ".join(item.name for item in recommended(EVIDENCE, response)) == names


def test_words_that_leave_out_stand_within_200_characters_of_the_name() -> None:
    for reach, names in ((200, {"golden pot"}), (201, {"golden pot", "green tea"})):
        before, after = "avoid ".ljust(reach - 1, "x") + " ", " ".ljust(reach - 6, "x") + " avoid"
        for text in (f"{before}Green Tea. Golden Pot", f"Golden Pot. {before}Green Tea", f"Golden Pot. Green Tea{after}"):
            assert {item.name for item in recommended(EVIDENCE, text)} == names
    assert [item.name for item in recommended(EVIDENCE, f"Green Tea {'x' * 200}; not Golden Pot")] == ["green tea"]


@pytest.mark.parametrize(("instruction", "response"), [*BREAKS, *MAY])
def test_instructions_in_many_words(instruction: str, response: str) -> None:
    evidence = SAN if any("\u4e00" <= c <= "\u9fff" for c in response) else THREE
    broken = any(k.reason for k in decided_in_row(instruction, evidence, response))
    assert broken == ((instruction, response) in BREAKS)


@given(st.lists(st.sampled_from([*DEMANDS, *WORDS, *OPEN]) | st.text(max_size=20), max_size=6))
def test_anything_can_be_read(parts: list[str]) -> None:
    text = " ".join(parts)
    assert read_wishes(text) == read_wishes(text)
    decided(text, [POT, TEA, BARE, ZH_POT])
    decided_in_row(text, EVIDENCE, text)


@pytest.mark.parametrize("junk", [
    "avoid ", "no ", "不要", "除", "in haidian or ", "under 1", "1.", "不超过", "between 1 and ", "at least ", "except for ",
    "the ",
    "海淀区和", "在海淀区", "with a rating of ", "golden pot ", "評分", "a", " ", "1-", "ﷺ"])
def test_junk_is_read_quickly(junk: str) -> None:
    text = (junk * 32_000)[:32_000]
    started = time.process_time()
    read_wishes(text)
    decided_in_row(f"Avoid hot pot. {text}", EVIDENCE, text)
    assert time.process_time() - started < 5.0  # well under one second on an idle core


def test_a_kind_has_at_most_forty_letters_and_a_chinese_one_two_to_twelve() -> None:
    for length, read in ((40, True), (41, False)):
        assert bool(read_wishes(f"Never recommend {'k' * length}.")) == read
    for length, read in ((1, False), (2, True), (12, True), (13, False)):
        assert bool(read_wishes(f"不要推荐{'砖' * length}。")) == read
    assert not read_wishes("Never recommend place 9.") and not read_wishes("不要推荐砖9。")


@pytest.mark.parametrize(("name", "kind", "broken"), [
    ("KFC (Main Street)", "KFC", True), ("KFCs", "KFC", False), ("The KFC", "KFC", False), ("KF (Main)", "KF", False),
    ("Kfc", "KFC", True)])
def test_a_place_of_that_name_is_left_out(name: str, kind: str, broken: bool) -> None:
    kept = decided(f"I don't want {kind} again.", [place(name, subcategory="burgers")])
    assert any(k.reason for k in kept) == broken


@pytest.mark.parametrize(("value", "kind", "expected"), [
    ("Hotpot", "hotpot", MISSED), ("Sichuan hotpot", "hotpot", MISSED), ("hotpots", "hotpot", MISSED),
    ("hotpot house", "hotpot", MISSED),
    ("hotpot-style", "hotpot", UNKNOWN), ("no hotpot", "hotpot", UNKNOWN), ("superhotpot", "hotpot", UNKNOWN),
    ("tea", "hotpot", MET),
    ("川味火锅", "火锅", MISSED), ("火锅店", "火锅", MISSED), ("hotel restaurant", "hotel", UNKNOWN),
    ("business hotel", "hotel", MISSED),
    ("tea (no hotpot)", "hotpot", MET)])
def test_a_type_names_a_kind_holds_it_or_is_another(value: str, kind: str, expected: int) -> None:
    wish, at_hand = Wish("kind", kind, names=(kind,), forbids=True), frozenset({"hotpot", "火锅", "hotel"})
    assert status(wish, Item(id="i", category="dining", name="One", attributes={"type": value}), frozenset(), at_hand) == expected


@pytest.mark.parametrize(("clause", "longest"), [
    ("under 100 yuan" + " please" * 15 + "~", 120), ("use no commas in your answers " + "x" * 10, 40)])
def test_a_clause_that_rules_vouch_for_has_a_longest(clause: str, longest: int) -> None:
    """A demand on items, with words that demand nothing; one on form, with any."""
    assert len(clause) == longest and read_in_full(clause) and not read_in_full(clause + clause[-1])


@pytest.mark.parametrize(("instruction", "full"), [
    ("Never recommend any hot pot.", True), ("Stay away from any hot pot.", True), ("Within 2 km. Never any hot pot.", False),
    ("Leave out all hot pot.", False), ("Steer clear of all hot pot and barbecue.", False)])
def test_a_verb_of_leaving_out_is_read_with_its_kind(instruction: str, full: bool) -> None:
    assert read_in_full(instruction) == full


@pytest.mark.parametrize(("area", "name"), [
    ("朝阳区", "朝阳"), ("北京市朝阳区", "朝阳"), ("东区", "东区"), ("区", "区"), ("Pudong new district", "pudong")])
def test_an_area_is_known_without_what_says_that_it_is_one(area: str, name: str) -> None:
    assert bare(area) == name
