"""An answer sentence by sentence: records in any layout, numbers in any spelling, days, order, and what each sentence counts."""

from __future__ import annotations

import json

import numpy as np
import pytest

from recenv.data.written import _joined, by_id
from recenv.records import ScorerRow
from recenv.rewards.features.prose import prose, sentences
from recenv.rewards.features.prose.catalogue import entries
from recenv.rewards.features.prose.days import days, open_on
from recenv.rewards.features.prose.figures import figures, same, spelled
from recenv.rewards.models.boosted.scorers import BoostedScorers
from recenv.rewards.named import scorer_set
from recenv.rewards.protocol import LEAST_BORNE
from recenv.rewards.reading.lexical import norm
from recenv.training.fits.phrases import fit_phrases
from recenv.training.fits.reader import answers, fit_reader, labelled

FACTS = "factual_consistency"
HARBOR = {"shop": "Harbor Grill", "avg": 31, "stars": 4.6, "open": "Tue-Sun 12:00-22:30", "walk": "650 m", "parking": "no"}
WILLOW = {"shop": "Willow Court", "avg": 48, "stars": 4.2, "open": "daily 9:00-21:00", "walk": "1.2 km", "parking": "yes, free"}
LAYOUTS = {
    "lines": "\n".join("; ".join(f"{k}: {v}" for k, v in r.items()) for r in (HARBOR, WILLOW)),
    "equals": "\n".join("; ".join(f"{k}={v}" for k, v in r.items()) for r in (HARBOR, WILLOW)),
    "pipes": "\n".join(" | ".join(map(str, r.values())) for r in (HARBOR, WILLOW)),
    "blocks": "\n\n".join("\n".join(f"{k}: {v}" for k, v in r.items()) for r in (HARBOR, WILLOW)),
    "stacked": "\n".join(f"{k}: {v}" for r in (HARBOR, WILLOW) for k, v in r.items()),
    "bullets": "\n\n".join("\n".join(f"- {k}: {v}" for k, v in r.items()) for r in (HARBOR, WILLOW)),
    "objects": "\n".join(json.dumps(r) for r in (HARBOR, WILLOW)),
    "list": json.dumps([HARBOR, WILLOW], indent=1),
    "run on": "\n".join(
        f"{r['shop']}: dining, area Quay, price {r['avg']}, rating {r['stars']}, distance {r['walk']}."
        for r in (HARBOR, WILLOW)),
    "table": "\n".join(["shop,avg,stars,open,walk,parking", *(",".join(f'"{v}"' for v in r.values()) for r in (HARBOR, WILLOW))]),
    "table, its head again": "\n\n".join(
        "shop,avg,stars,open,walk,parking\n" + ",".join(f'"{v}"' for v in r.values()) for r in (HARBOR, WILLOW)),
    "told": "Harbor Grill, on Quay Street. Opens 12:00 to 22:30, rated 4.6, 31 a head, no parking.\n"
            "Willow Court, on Mill Lane. Opens 9:00 to 21:00, rated 4.2, 48 a head, free parking.",
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_records_have_names_in_any_layout(layout: str) -> None:
    assert [entry.name for entry in entries(LAYOUTS[layout])] == ["harbor grill", "willow court"]


@pytest.mark.parametrize(("evidence", "names"), [
    ('{"hotel_id": "LX-2041", "hotel_name": "Miradouro", "rate": {"per_night": 148}}\n'
     '{"hotel_id": "LX-1187", "hotel_name": "Rossio", "rate": {"per_night": 189}}', ["miradouro", "rossio"]),
    ("【望江楼】4.6分｜人均31元\n【听雨轩】4.2分｜人均48元", ["望江楼", "听雨轩"]),
    ("店: 望江楼 / 距离: 180m\n店: 听雨轩 / 距离: 300m", ["望江楼", "听雨轩"]),
    ("", [""]),
])
def test_names_stand_under_any_label_or_none(evidence: str, names: list[str]) -> None:
    assert [entry.name for entry in entries(evidence)] == names


@pytest.mark.parametrize(("text", "values"), [
    ("a hundred and twenty yuan", [120]), ("twenty-five minutes", [25]), ("一百二十元", [120]), ("四百三十块", [430]),
    ("1.2万条", [12_000]), ("四点八分", [4.8]), ("four point eight", [4.8]), ("五百三一晚", [530, 1]),
    ("two hundred and fifty-three", [253]), ("650 m away", [0.65]), ("1.2 km away", [1.2]), ("1. first\n2. second", []),
    ("628一间", [628]), ("离你三点八公里", [3.8]), ("1 hour 20 minutes", [80]), ("2.6 k away", [2.6]),
    ("one thousand three hundred and seventy yuan", [1370]), ("评分4.8，540条", [4.8, 540]), ("turnaround_h: 24", [1440]),
    ("distance_m: 820; dist_km: 3.2", [0.82, 3.2]), ("拔牙600-1200元", [600, 1200]), ("open from 3 until 1 am", [180, 60]),
])
def test_numbers_are_read_however_they_are_spelled(text: str, values: list[float]) -> None:
    assert [f.value for f in figures(spelled(norm(text)))] == pytest.approx(values)


@pytest.mark.parametrize(("said", "known", "held"), [
    ("just under 60 yuan", "58 yuan", True), ("just under 60 yuan", "62 yuan", False), ("over 8000", "8120", True),
    ("about 100 yuan", "96 yuan", True), ("about 100 yuan", "150 yuan", False), ("96 yuan", "100 yuan", False),
    ("21:00", "9 pm", True), ("21:00", "10 pm", False), ("4.5 stars", "4.5 km", False),
])
def test_a_number_holds_as_loosely_as_it_is_said(said: str, known: str, held: bool) -> None:
    assert same(figures(spelled(said))[0], figures(spelled(known))[0]) is held


def test_days_of_the_week() -> None:
    assert days("mon-wed and weekends") == (frozenset({0, 1, 2}), frozenset({5, 6}))
    assert open_on("open tue-sun 12:00-22:00") == frozenset(range(1, 7)) == open_on("10:00-18:00; closed=mon")
    assert open_on("周一闭馆") == frozenset(range(1, 7)) and open_on("parking: yes") is None


def counts(response: str, evidence: str = LAYOUTS["lines"]) -> list[dict[str, float]]:
    return [dict(zip(sentences.NAMES, s.features, strict=True)) for s in prose(evidence, "", response).sentences]


@pytest.mark.parametrize(("response", "name"), [
    ("Harbor Grill is 31 a head.", "figures_own"), ("Harbor Grill is about 30 a head.", "figures_about_own"),
    ("Harbor Grill is about 48 a head.", "figures_others"),
    ("Harbor Grill is 77 a head.", "figures_nobodys"), ("Harbor Grill is 17 cheaper.", "figures_gap"),
    ("Two people pay 62 in total at Harbor Grill.", "figures_sum"),
    ("Harbor Grill is 31, with a 9 tip 40.", "figures_follow"), ("Willow Court costs 1.5 times as much.", "figures_gap"),
    ("Willow Court costs 90 times as much.", "figures_nobodys"), ("Harbor Grill has a koi pond.", "words_nobodys"),
    ("Harbor Grill has parking.", "denials_against"), ("Willow Court has parking.", "denials_with"),
    ("Harbor Grill is closed on Mondays.", "days_right"), ("Harbor Grill opens on Mondays.", "days_wrong"),
    ("Harbor Grill is the closest.", "top_right"), ("Willow Court is the closest.", "top_wrong"),
    ("Harbor Grill is cheaper than Willow Court.", "compared_right"), ("Willow Court is cheaper.", "compared_wrong"),
])
def test_what_a_sentence_counts(response: str, name: str) -> None:
    assert counts(response)[0][name] > 0.0


def test_each_sentence_has_counts_of_its_own() -> None:
    first, second = counts("Harbor Grill is 31 a head. It has 77 seats.")
    assert first["figures_nobodys"] == 0.0 and second["figures_nobodys"] == 1.0


def test_features_are_bounded_in_number_and_finite() -> None:
    for text in ("1 2 3 " * 4_000, "Harbor Grill " * 2_000, "a" * 30_000, "", "。" * 5_000):
        for sentence in prose(LAYOUTS["lines"], text[:500], text).sentences:
            assert len(sentence.features) == len(sentences.NAMES) and np.isfinite(sentence.features).all()


def test_written_answers_are_labelled_by_sentence() -> None:
    written = by_id()
    assert 0.45 < np.mean([answer.true for answer in written.values()]) < 0.55
    for answer in list(written.values())[::40]:
        found = labelled(answer)
        assert any(wrong for _, wrong in found) is not answer.true
        assert all(text.strip() in answer.response for _, text in answer.sentences)


def test_a_reader_finds_worse_sentences_in_answers_that_it_has_not_seen() -> None:
    answers = [answer for answer in by_id().values() if "/e:" in answer.id or "/f:" in answer.id]
    seen, unseen = [a for a in answers if "/e:" in a.id], [a for a in answers if "/f:" in a.id][::4]
    reader = fit_reader(seen, 0)
    assert reader is not None
    readings = [prose(a.evidence, a.query, a.response) for a in unseen]
    worst = reader(readings)[:, 0]
    assert np.array_equal(worst[:3], reader(readings[:3])[:, 0])
    true = np.array([a.true for a in unseen])
    assert np.mean(worst[~true][:, None] > worst[true]) > 0.75


def test_words_alone_say_what_is_made_up_and_nothing_where_none_are_known() -> None:
    true, false = [f"it costs {n} yuan a night" for n in range(20)], [f"and {n} cats never sleep there" for n in range(20)]
    wrong = np.array([0.0] * 20 + [1.0] * 20)
    phrases = fit_phrases([*true, *false], wrong)
    assert phrases("it costs 77 yuan") < phrases("zebras") == phrases.base < phrases("cats never sleep")
    assert phrases("cats never sleep") > phrases("sleep never cats")
    turned = fit_phrases([*false, *true], wrong[::-1])
    assert phrases("they cost a night") == pytest.approx(turned("they cost a night"), abs=1e-4)
    arrays = phrases.arrays()
    assert list(arrays["runs"]) == sorted(arrays["runs"]) and len(arrays["weights"]) == len(arrays["runs"]) + 1
    assert fit_phrases(true, wrong[:20])("it costs") == 0.0


def test_one_sentence_about_several_places_is_learned_from_whoever_labelled_it() -> None:
    whole = next(answer for answer in by_id().values() if not answer.true)
    rows = [
        ScorerRow(dimension=FACTS, locale="en", id=id_, query="a shop", evidence=evidence, response=said, label=label)
        for id_, evidence, said, label in (
            ("true", SHOPS, "Jade Florist has parking.", 1.0), ("false", SHOPS, "Jade Florist is quiet.", 0.0),
            ("unclear", SHOPS, "Jade Florist has parking.", 0.5), ("two", SHOPS, "Jade Florist has parking. So it does.", 0.0),
            ("one place", SHOPS.split("\n")[0], "It has parking.", 1.0), (whole.id, whole.evidence, whole.response, 1.0))]
    found = answers(rows)
    assert [(answer.id, answer.true) for answer in found] == [("true", True), ("false", False), (whole.id, whole.true)]
    assert [wrong for answer in found[:2] for _, wrong in labelled(answer)] == [False, True]


def test_no_reader_without_true_and_false_sentences() -> None:
    assert fit_reader([a for a in by_id().values() if a.true][:5], 0) is None


PLACES = """\
Jade Florist; shopping; area: Fengtai; price: 60 yuan; rating: 4.6 stars; type: florist; features: parking; hours: 09:00-21:00
Page & Turner; shopping; area: Haidian; price: 90 yuan; rating: 4.2 stars; type: bookshop; features: wifi, quiet"""
ORTE = """和泰书店；购物；区域: 丰台区；价格: 60元；评分: 4.6分；类型: 书店；特色: 停车方便、无线网络；营业时间: 09:00-21:00
小满花坊；购物；区域: 海淀区；价格: 90元；评分: 4.2分；类型: 鲜花；特色: 无线网络、环境安静"""


@pytest.mark.parametrize(("response", "name", "evidence"), [
    ("Jade Florist is open from 9 am to 9 pm.", "hours_right", PLACES), ("Jade Florist closes at 8 pm.", "hours_wrong", PLACES),
    ("和泰书店早上九点开到晚上九点。", "hours_right", ORTE), ("和泰书店晚上十点关门。", "hours_wrong", ORTE),
    ("Page & Turner is a bookshop.", "kinds_right", PLACES), ("Page & Turner is a florist.", "kinds_wrong", PLACES),
    ("小满花坊是书店。", "kinds_wrong", ORTE), ("小满花坊不是书店。", "kinds_other", ORTE),
    ("Page & Turner gives no opening hours.", "gaps_right", PLACES),
    ("Jade Florist's hours are not listed.", "gaps_wrong", PLACES),
    ("Of the two, the bookshop is quiet.", "tally_held", PLACES), ("The one in Haidian is quiet.", "tally_held", PLACES),
    ("海淀那家很安静。", "tally_held", ORTE), ("安静的：小满花坊。", "tally_held", ORTE),
    ("Parking, only at Jade Florist.", "tally_held", PLACES), ("Quiet, only at Jade Florist.", "tally_borrowed", PLACES),
    ("Jade Florist is not the cheapest.", "top_wrong", PLACES), ("Page & Turner is not the cheapest.", "top_right", PLACES),
    ("小满花坊比和泰书店贵。", "compared_right", ORTE), ("和泰书店评分比小满花坊低一些。", "compared_wrong", ORTE),
    ("Jade Florist, in Fengtai and not in Haidian.", "tally_areas_right", PLACES),
    ("Neither is in Daxing.", "tally_areas_right", PLACES),
    ("小满花坊不在丰台区。", "tally_areas_right", ORTE), ("Both clear your 4.2.", "tally_compared_right", PLACES),
    ("Both clear your 4.5.", "tally_compared_wrong", PLACES), ("All but Jade Florist are quiet.", "tally_held", PLACES),
])
def test_a_claim_is_read_whoever_and_whatever_it_is_said_of(response: str, name: str, evidence: str) -> None:
    query = "at least 4.2 or 4.5 stars"
    found = [dict(zip(sentences.NAMES, s.features, strict=True)) for s in prose(evidence, query, response).sentences]
    assert sum(own[name] for own in found) > 0, found

SHOPS = """\
Jade Florist; shopping; area: Fengtai; price: 60 yuan; rating: 4.6 stars; type: florist; features: parking; hours: 09:00-21:00
Page & Turner; shopping; area: Haidian; price: 90 yuan; rating: 4.2 stars; type: bookshop; features: quiet; hours: 10:00-19:00
Corner Books; shopping; area: Haidian; price: 84 yuan; rating: 4.4 stars; type: bookshop; features: quiet, open 24 hours"""
MORE = """和泰花店；购物；区域: 丰台区；价格: 60元；评分: 4.6分；类型: 鲜花；特色: 停车方便；营业时间: 09:00-21:00；距离: 5.7公里
星河书屋；购物；商圈: 海淀区；价格: 90元；评分: 4.2分；类型: 书店；特色: 环境安静；营业时间: 10:00-19:00
漫步书屋；购物；区域: 海淀区；价格: 84元；评分: 4.4分；类型: 书店；特色: 环境安静、24小时"""
BOTH, TWO = ("\n".join(records.split("\n")[1:]) for records in (SHOPS, MORE))
"""The bookshops alone."""


@pytest.mark.parametrize(("right", "wrong", "names", "evidence"), [
    ("Page & Turner closes two hours earlier than Jade Florist.", "Jade Florist closes two hours earlier than Page & Turner.",
     ("compared_right", "compared_wrong"), SHOPS),
    ("Page & Turner opens an hour later than Jade Florist.", "Jade Florist opens an hour later than Page & Turner.",
     ("compared_right", "compared_wrong"), SHOPS),
    ("星河书屋比和泰花店早两小时关门。", "和泰花店比星河书屋早两小时关门。", ("compared_right", "compared_wrong"), MORE),
    ("Page & Turner closes at 7. Jade Florist stays open later than that.",
     "Jade Florist closes at 9. Page & Turner stays open later than that.", ("compared_right", "compared_wrong"), SHOPS),
    ("Corner Books is the cheapest of those.", "Corner Books is the cheapest of all.", ("top_loose", "top_wrong"), SHOPS),
    ("Jade Florist beats Page & Turner on rating. It has parking.", "Page & Turner trails Jade Florist. It has parking.",
     ("tally_held", "tally_borrowed"), SHOPS),
    ("和泰花店的评分高于星河书屋。它停车方便。", "星河书屋的评分低于和泰花店。它停车方便。",
     ("tally_held", "tally_borrowed"), MORE),
    ("It scores 4.6, against 4.2 for Page & Turner: Jade Florist.", "Corner Books scores 4.3.",
     ("tally_values_own", "tally_values_nobodys"), SHOPS),
    ("Both bookshops are in Haidian.", "Both bookshops are in Fengtai.", ("tally_areas_right", "tally_areas_wrong"), SHOPS),
    ("Two bookshops, both quiet.", "Two bookshops, both with parking.", ("tally_all_right", "tally_all_wrong"), SHOPS),
    ("三家里有两家是书店，都在海淀区。", "三家里有两家是书店，都在丰台区。", ("tally_areas_right", "tally_areas_wrong"), MORE),
    ("俩书店都安静。", "俩书店都停车方便。", ("tally_all_right", "tally_all_wrong"), MORE),
    ("For parking, go with Jade Florist.", "For parking, go with Page & Turner.", ("tally_held", "tally_borrowed"), SHOPS),
    ("Page & Turner is a bookshop rather than a florist.", "Page & Turner is a florist rather than a bookshop.",
     ("kinds_right", "kinds_wrong"), SHOPS),
    ("Parking makes Jade Florist a no-brainer.", "Jade Florist has no parking.", ("tally_held", "tally_denied_wrongly"), SHOPS),
    ("All three clear your 4.2 bar.", "All three clear your 4.5 bar.", ("limits_right", "limits_wrong"), SHOPS),
    ("No price at Reed House.", "No price at Corner Books.", ("gaps_right", "gaps_wrong"), f"{SHOPS}\nReed House; area: Haidian"),
    ("芦苇小馆暂无评分。", "漫步书屋暂无评分。", ("gaps_right", "gaps_wrong"), f"{MORE}\n芦苇小馆；购物；区域: 海淀区"),
    ("Jade Florist is open from 9:00 until 9.", "Jade Florist is open from 9:30 until 8.",
     ("tally_clocks_right", "tally_clocks_wrong"), SHOPS),
    ("Jade Florist shuts at nine at night.", "Jade Florist shuts at eleven at night.", ("hours_right", "hours_wrong"), SHOPS),
    ("星河书屋开到十九点。", "星河书屋开到十八点半。", ("hours_right", "hours_wrong"), MORE),
    ("和泰花店离此五公里七。", "和泰花店离此五公里四。", ("figures_own", "figures_nobodys"), MORE),
    ("Doing both Jade Florist and Page & Turner costs 150 yuan.", "Doing both Jade Florist and Page & Turner costs 155 yuan.",
     ("figures_sum", "figures_nobodys"), SHOPS),
    ("Pick Jade Florist over Page & Turner and you keep 30 yuan.", "Pick Jade Florist over Page & Turner and you keep 37 yuan.",
     ("figures_gap", "figures_nobodys"), SHOPS),
    ("Corner Books is two tenths of a star above Page & Turner.", "Corner Books is six tenths of a star above Page & Turner.",
     ("figures_gap", "figures_nobodys"), SHOPS),
    ("All three are under 95 yuan.", "All three are under 85 yuan.", ("limits_right", "limits_wrong"), SHOPS),
    ("Two of the three are rated above 4.3.", "Two of the three are rated above 4.5.", ("limits_right", "limits_wrong"), SHOPS),
    ("None of them is below 50 yuan.", "None of them is below 70 yuan.", ("limits_right", "limits_wrong"), SHOPS),
    ("Nothing reaches 4.7.", "Nothing reaches 4.3.", ("limits_right", "limits_wrong"), SHOPS),
    ("三家全在95元以内。", "三家全在85元以内。", ("limits_right", "limits_wrong"), MORE),
    ("价格不超过85元的有两家。", "价格不超过85元的有一家。", ("limits_right", "limits_wrong"), MORE),
    ("和泰花店60元，其余两家都在95元以下。", "和泰花店60元，其余两家都在85元以下。", ("limits_right", "limits_wrong"), MORE),
    ("三家评分都没到4.7分。", "三家评分都没到4.3分。", ("limits_right", "limits_wrong"), MORE),
    ("4.5分以上的只有和泰花店一家。", "4.1分以上的只有和泰花店一家。", ("limits_right", "limits_wrong"), MORE),
    ("Rated 4.3 or better: 2 of 3.", "Rated 4.5 or better: 2 of 3.", ("limits_right", "limits_wrong"), SHOPS),
    ("Page & Turner is 30 yuan dearer than Jade Florist.", "Page & Turner is 35 yuan dearer than Jade Florist.",
     ("apart_right", "apart_wrong"), SHOPS),
    ("Jade Florist is 30 yuan less than Page & Turner.", "Page & Turner is 30 yuan less than Jade Florist.",
     ("apart_right", "apart_wrong"), SHOPS),
    ("星河书屋90元，漫步书屋84元，差着6元。", "星河书屋90元，漫步书屋84元，差着16元。", ("apart_right", "apart_wrong"), MORE),
    ("和泰花店的评分比星河书屋高出0.4分。", "和泰花店的评分比星河书屋高出0.7分。", ("apart_right", "apart_wrong"), MORE),
    ("Page & Turner is 0.4 stars below Jade Florist.", "Page & Turner is a whole star below Jade Florist.",
     ("apart_right", "apart_wrong"), SHOPS),
    ("Corner Books is the second cheapest.", "Page & Turner is the second cheapest.", ("ranks_right", "ranks_wrong"), SHOPS),
    ("漫步书屋是第二贵的。", "和泰花店是第二贵的。", ("ranks_right", "ranks_wrong"), MORE),
    ("Jade Florist is 60 yuan, the lowest of the three.", "Corner Books is 84 yuan, the lowest of the three.",
     ("ranks_right", "ranks_wrong"), SHOPS),
    ("和泰花店60元，三家最低。", "漫步书屋84元，三家最低。", ("ranks_right", "ranks_wrong"), MORE),
    ("Quiet: both bookshops.", "Parking: both bookshops.", ("tally_all_right", "tally_all_wrong"), SHOPS),
    ("停车方便——只有和泰花店。", "环境安静——只有和泰花店。", ("tally_only_right", "tally_only_wrong"), MORE),
    ("Both Haidian shops are quiet.", "Both Haidian shops have parking.", ("tally_all_right", "tally_all_wrong"), SHOPS),
    ("Two of the three are bookshops.", "Three of the three are bookshops.",
     ("kinds_counted_right", "kinds_counted_wrong"), SHOPS),
    ("除了星河书屋，漫步书屋也安静。星河书屋也很安静。", "除了星河书屋，都停车方便。", ("tally_held", "tally_all_wrong"), MORE),
    ("书店有两家。", "书店有三家。", ("kinds_counted_right", "kinds_counted_wrong"), MORE),
    ("没有一家是超市。", "没有一家是书店。", ("kinds_counted_right", "kinds_counted_wrong"), MORE),
    ("On price Jade Florist beats Page & Turner.", "On price Page & Turner beats Jade Florist.",
     ("compared_right", "compared_wrong"), SHOPS),
    ("Page & Turner is 1.5 times the price of Jade Florist.", "Page & Turner is twice the price of Jade Florist.",
     ("ratios_right", "ratios_wrong"), SHOPS),
    ("Jade Florist is more than half the price of Page & Turner.", "Jade Florist is less than half the price of Page & Turner.",
     ("ratios_right", "ratios_wrong"), SHOPS),
    ("和泰花店的价格是星河书屋的三分之二。", "和泰花店的价格不到星河书屋的一半。", ("ratios_right", "ratios_wrong"), MORE),
    ("评分上，星河书屋不比和泰花店高。", "评分上，和泰花店不比星河书屋高。", ("compared_right", "compared_wrong"), MORE),
    ("Page & Turner is rated below Jade Florist.", "Page & Turner is rated above Jade Florist.",
     ("compared_right", "compared_wrong"), SHOPS),
    ("Jade Florist is 30 yuan cheaper than Page & Turner, and its score is higher.",
     "Page & Turner is level with Jade Florist on price, and its score is higher.", ("compared_right", "compared_wrong"), SHOPS),
    ("Either of them is quiet.", "Either of them has parking.", ("whole_right", "whole_wrong"), BOTH),
    ("两家都安静。", "两家都停车方便。", ("whole_right", "whole_wrong"), TWO),
    ("Page & Turner is inside your 80-95 yuan.", "Jade Florist is inside your 80-95 yuan.", ("limits_right", "limits_wrong"),
     SHOPS),
    ("三家评分都不低于4.2分。", "三家评分都不低于4.5分。", ("limits_right", "limits_wrong"), MORE),
    ("两家书店里，评分高的是漫步书屋。", "两家书店里，评分高的是星河书屋。", ("compared_right", "compared_wrong"), MORE),
    ("Parking, 60 yuan: the florist.", "Quiet, 60 yuan: the florist.", ("tally_held", "tally_borrowed"), SHOPS),
])
def test_a_true_claim_counts_for_an_answer_and_a_false_one_against_it(
    right: str, wrong: str, names: tuple[str, str], evidence: str
) -> None:
    for response, (there, absent) in ((right, names), (wrong, names[::-1])):
        last = dict(zip(sentences.NAMES, prose(evidence, "at least 4.2, 4.5", response).sentences[-1].features, strict=True))
        assert last[there] > 0 and last[absent] == 0, (response, {k: v for k, v in last.items() if v})


@pytest.mark.parametrize(("asked", "right", "wrong"), [
    ("预算100元以内的花店", "和泰花店预算达标。", "和泰花店预算不达标。"),
    ("a bookshop for at most 95 yuan", "Corner Books meets your budget.", "Corner Books misses your budget."),
])
def test_what_is_said_of_a_wish_is_held_against_the_request(asked: str, right: str, wrong: str) -> None:
    evidence = MORE if "店" in asked else SHOPS
    for response, there, absent in ((right, "limits_right", "limits_wrong"), (wrong, "limits_wrong", "limits_right")):
        found = [dict(zip(sentences.NAMES, s.features, strict=True)) for s in prose(evidence, asked, response).sentences]
        assert sum(own[there] for own in found) > 0 and not sum(own[absent] for own in found), response


def test_a_sentence_is_not_said_of_the_place_that_only_the_next_one_names() -> None:
    found = prose(SHOPS, "", "Page & Turner is in Haidian. It is quiet. Try Jade Florist, though.").sentences[1]
    own = dict(zip(sentences.NAMES, found.features, strict=True))
    assert own["tally_held"] == 1 and own["tally_borrowed"] == 0


def test_the_readers_word_is_added_where_an_answer_may_speak_of_several_places() -> None:
    fast = BoostedScorers("fast")
    said = "Jade Florist is quiet and has no parking."
    rows = [ScorerRow(dimension=FACTS, locale="en", query="", evidence=e, response=said) for e in (SHOPS, SHOPS.split("\n")[0])]
    given = fast.inputs(rows)
    more = np.concatenate(fast.logits(rows)) - fast.ensembles[FACTS].logits(np.concatenate(given))
    assert fast.inputs.reader is not None
    worst = fast.inputs.reader([prose(row.evidence, row.query, row.response) for row in rows])[:, 0]
    assert worst[0] > 0 > more[0] and more[0] / worst[0] == pytest.approx(-0.4) and more[1] == 0.0


TABLE = """| Shop | Price | Rating | Parking |
|---|---|---|---|
| Jade Florist | 60 yuan | 4.6 | yes |
| Corner House | 84 yuan | 4.4 | no |

Corner House is closed on Mondays. Both take cards."""
TURNED = """| | Jade Florist | Corner House |
|---|---|---|
| Price | 60 yuan | 84 yuan |
| Rating | 4.6 | 4.4 |
| Parking | yes | no |"""


@pytest.mark.parametrize("evidence", [TABLE, TURNED])
def test_tables_are_read_by_their_heads_whichever_way_they_lie(evidence: str) -> None:
    florist, house = entries(evidence)
    assert (florist.name, house.name) == ("jade florist", "corner house")
    assert {f.label: f.value for f in house.fields if f.label}.items() >= {"price": "84 yuan", "rating": "4.4"}.items()


def test_what_stands_below_a_table_belongs_to_those_that_it_names_else_to_all() -> None:
    florist, house = entries(TABLE)
    assert "mondays" in house.text and "mondays" not in florist.text
    assert "card" in house.text and "card" in florist.text


@pytest.mark.parametrize(("evidence", "names"), [
    ("Flight: SK 2114\nFare: £84\nStops: 0\n\nFlight: TP 1367\nFare: £129\nStops: 1", ["sk 2114", "tp 1367"]),
    ("车次：G2662\n二等座：318元\n开车：17:12\n\n车次：D1078\n二等座：246元\n开车：18:40\n\n车次：K1\n二等座：90元\n开车：20:55\n\n"
     "退票费：8天以上不收", ["g2662", "d1078", "k1"]),
    ("**Harbour Hall**\n- Adult $11; child $5\n- Hours 10-18\n\n**Glass House**\n- Adult $14; child $7\n- Hours 9-17",
     ["harbor hall", "glass house"]),
    ("静心园｜碑林区｜成人65元，儿童免票｜08:30-17:30\n听涛园｜雁塔区｜成人30元，老人半价｜07:00-19:00", ["静心园", "听涛园"]),
    ("train,departs,arrives,fare\nG1,07:10,10:21,48.00\nG3,08:35,11:52,36.50\n\nFares are for adults, one way.", ["g1", "g3"]),
])
def test_records_are_called_by_what_they_begin_with(evidence: str, names: list[str]) -> None:
    assert [entry.name for entry in entries(evidence)] == names


def test_what_a_field_is_called_in_another_record_bears_nothing_out() -> None:
    last = prose(MORE, "", "星河书屋区域: 海淀区").sentences[-1]
    assert dict(zip(sentences.NAMES, last.features, strict=True))["words_others"] == 0


def test_a_line_of_a_list_ends_before_the_next_sentence() -> None:
    said = ["- Jade Florist: 60 yuan, Fengtai", "Both are near. Shall I book?", "## Shops", "Two of them."]
    assert _joined("en", ["**Jade Florist** — 60 yuan", "It has parking."]) == "**Jade Florist** — 60 yuan\nIt has parking."
    assert _joined("en", said) == "- Jade Florist: 60 yuan, Fengtai\nBoth are near. Shall I book? ## Shops\nTwo of them."
    assert _joined("en", ["1. Jade Florist.", "It has parking."]) == "1. Jade Florist. It has parking."


def test_an_entry_of_a_numbered_list_is_a_sentence_of_its_own() -> None:
    found = prose(MORE, "", "为您推荐：1. 和泰花店（60元）；2. 星河书屋（90元）；3. 漫步书屋（99元）。").sentences
    own = [dict(zip(sentences.NAMES, s.features, strict=True)) for s in found]
    assert [f["figures_own"] for f in own] == [1, 1, 0] and own[2]["figures_nobodys"] == 1


def test_the_former_and_the_latter_are_those_named_together() -> None:
    response = "Jade Florist and Page & Turner are close in price. Jade Florist has parking. The latter is quiet."
    last = prose(PLACES, "", response).sentences[-1]
    assert dict(zip(sentences.NAMES, last.features, strict=True))["tally_held"] == 1


def test_a_scorer_of_facts_says_which_sentence_it_doubts_most() -> None:
    response = "Jade Florist is in Fengtai and costs 60 yuan. It has a rooftop pool with a jazz band. Shall I book?"
    rows = [ScorerRow(dimension=FACTS, id=str(n), locale="en", query="a florist", response=said, evidence=PLACES)
            for n, said in enumerate((response, response.replace(" It has a rooftop pool with a jazz band.", "")))]
    scores = scorer_set("fast")[FACTS].score(rows)
    assert scores.values[0] < 0.5 < scores.values[1]
    assert scores.reasons == (f'{LEAST_BORNE} "it has a rooftop pool with a jazz band."', "")


def test_names_with_numbers_and_branches_are_read_whole() -> None:
    evidence = """7天连锁酒店(北京南站地铁站店)；住宿；区域: 丰台区；价格: 193元；评分: 4.1分
7天连锁酒店(北京花园桥店)；住宿；区域: 海淀区；价格: 245元；评分: 4.3分
川十七火锅(总店)；餐饮；区域: 朝阳区；价格: 100元；评分: 5分"""
    response = ("为您推荐：1. 7天连锁酒店(北京南站地铁站店)（评分4.1分，价格193元，丰台区）；2. 7天连锁酒店(北京花园桥店)"
                "（评分4.3分，价格245元，海淀区）；3. 川十七火锅(总店)（评分5分，价格100元，朝阳区）。")
    found = counts(response, evidence)
    assert [said["figures_own"] for said in found] == [2, 2, 2] and [said["tally_areas_right"] for said in found] == [1, 1, 1]
    wrong = ("figures_others", "figures_nobodys", "tally_unheld", "tally_areas_wrong")
    assert not any(said[name] for said in found for name in wrong)
