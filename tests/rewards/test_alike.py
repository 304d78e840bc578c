"""Places that are said to be alike, limits that they are said to keep, and answers that are too long to be checked."""

from __future__ import annotations

import msgspec
import pytest

from recenv.records import ScorerRow
from recenv.rewards.features.prose import prose, sentences
from recenv.rewards.models.boosted.scorers import TOO_LONG
from recenv.rewards.models.open import load_scorers

STAYS = (
    "Blue Door Inn; accommodation; area: Haidian; price: 320 yuan; rating: 4.6 stars; type: hotel; features: parking, gym; "
    "distance: 1.2 km\nPine Lodge; accommodation; area: Chaoyang; price: 280 yuan; rating: 4.3 stars; type: hostel; "
    "features: pet friendly; distance: 0.8 km\nGrand View; accommodation; area: Haidian; price: 450 yuan; rating: 4.6 stars; "
    "type: hotel; features: pool; distance: 3.5 km")
TABLES = "\n".join((
    "福满楼；餐饮；区域: 东城区；价格: 88元；评分: 4.7分；类型: 粤菜；距离: 1.5公里",
    "小杨生煎；餐饮；区域: 西城区；价格: 35元；评分: 4.4分；类型: 小吃；距离: 0.6公里",
    "海底捞；餐饮；区域: 东城区；价格: 130元；评分: 4.7分；类型: 火锅；特色: 儿童乐园；距离: 2.8公里"))
RIGHT, WRONG = ("compared_right", "limits_right"), ("compared_wrong", "limits_wrong")
PAIRS = (
    ("Blue Door Inn and Grand View have the same rating.", "Blue Door Inn and Pine Lodge have the same rating.", STAYS),
    ("Grand View is tied with Blue Door Inn at the top for rating.",
     "Pine Lodge is tied with Blue Door Inn at the top for rating.", STAYS),
    ("Grand View is rated just as highly as Blue Door Inn.", "Pine Lodge is rated just as highly as Blue Door Inn.", STAYS),
    ("Blue Door Inn and Grand View are in the same district.", "Blue Door Inn and Pine Lodge are in the same district.", STAYS),
    ("They all have different prices.", "They all have the same price.", STAYS),
    ("Blue Door Inn and Pine Lodge are not rated the same.", "Blue Door Inn and Grand View are not rated the same.", STAYS),
    ("Pine Lodge and Blue Door Inn are both within 1.5 km.", "Grand View and Blue Door Inn are both within 1.5 km.", STAYS),
    ("Pine Lodge is under a kilometre away.", "Blue Door Inn is under a kilometre away.", STAYS),
    ("Pine Lodge is the only one rated below 4.5.", "Blue Door Inn is the only one rated below 4.5.", STAYS),
    ("福满楼和海底捞评分一样。", "福满楼和小杨生煎评分一样。", TABLES),
    ("海底捞的评分和福满楼持平。", "海底捞的评分和小杨生煎持平。", TABLES),
    ("福满楼和海底捞并列第一。", "福满楼和小杨生煎并列第一。", TABLES),
    ("福满楼和海底捞在同一个区。", "福满楼和小杨生煎在同一个区。", TABLES),
    ("距离都在3公里以内。", "距离都在2公里以内。", TABLES),
    ("人均不到90元。", "人均不到80元。", TABLES.partition("\n")[0]))


def counts(evidence: str, response: str) -> dict[str, float]:
    found = dict.fromkeys(sentences.NAMES, 0.0)
    for sentence in prose(evidence, "推荐一家", response).sentences:
        for name, value in zip(sentences.NAMES, sentence.features, strict=True):
            found[name] += value
    return found


@pytest.mark.parametrize(("true", "false", "evidence"), PAIRS)
def test_what_is_alike_or_kept_counts_for_an_answer_and_else_against_it(true: str, false: str, evidence: str) -> None:
    for response, there, absent in ((true, RIGHT, WRONG), (false, WRONG, RIGHT)):
        found = counts(evidence, response)
        assert any(found[name] for name in there) and not any(found[name] for name in absent), response
        assert not found["figures_nobodys"] and not found["figures_others"], response


@pytest.mark.parametrize("response", [
    "Blue Door Inn and Pine Lodge have almost the same rating.", "Would you like two places at the same price?",
    "Blue Door Inn has a pool, and the same owner.", "福满楼和小杨生煎评分差不多一样。"])
def test_what_is_only_nearly_alike_or_asked_is_no_claim(response: str) -> None:
    found = counts(STAYS if response.isascii() else TABLES, response)
    assert not found["compared_wrong"] and not found["compared_right"]


@pytest.mark.parametrize(("response", "name"), [
    ("None of the hostels has parking.", "tally_all_right"), ("None of the hostels is pet friendly.", "tally_all_wrong"),
    ("海底捞有儿童乐园，适合带孩子。", "tally_held"), ("三家里有两家在东城区。", "tally_areas_right"),
    ("三家里有两家在西城区。", "tally_areas_wrong"), ("三个人在小杨生煎吃大概105元。", "tally_sums_right"),
    ("三个人在小杨生煎吃大概200元。", "tally_sums_wrong")])
def test_kinds_areas_and_sums_are_counted(response: str, name: str) -> None:
    found = counts(STAYS if response.isascii() else TABLES, response)
    other = {"right": "wrong", "wrong": "right"}
    assert found[name] and not found["tally_unheld"]
    assert not found.get(name.removesuffix(name.rpartition("_")[2]) + other.get(name.rpartition("_")[2], ""), 0.0)


@pytest.mark.parametrize("family", ["fast", "thorough"])
def test_what_is_too_long_to_be_read_is_not_taken_for_true(family: str) -> None:
    """However many true sentences stand before a false one."""
    scorer, true = load_scorers(family)["factual_consistency"], "福满楼在东城区，人均88元，评分4.7分。"
    for times in (1, 30, 60, 90, 400):
        told = [true * times, true * times + "小杨生煎人均999元。"]
        row = ScorerRow(dimension="factual_consistency", locale="zh", query="推荐一家", evidence=TABLES)
        scores = scorer.score([msgspec.structs.replace(row, response=text) for text in told])
        read = times < 90
        assert scores.values[1] < 0.5 and (scores.values[0] > 0.5) == read
        assert (scores.reasons[0] == TOO_LONG) != read
