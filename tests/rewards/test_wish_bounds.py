"""The bounds that a demand on items has, to the last digit, and records at and beside them."""

from __future__ import annotations

import math

import pytest

from recenv.data.constraints import MET, MISSED, UNKNOWN
from recenv.records import Item, Value
from recenv.rewards.rules import kinds
from recenv.rewards.rules.held import decided, status
from recenv.rewards.rules.wish import Wish
from recenv.rewards.rules.wishes import read_wishes

INF = math.inf


@pytest.mark.parametrize(("words", "slot", "low", "high"), [
    ("Nothing over 100 yuan.", "price", -INF, 100.0), ("Not above 100 yuan.", "price", -INF, 100.0),
    ("Between 50 and 80 yuan.", "price", 50.0, 80.0), ("Between 80 and 50 yuan.", "price", 50.0, 80.0),
    ("No more than 500 meters away.", "distance", -INF, 0.5), ("Within 1.5 km.", "distance", -INF, 1.5),
    ("不超过800米。", "distance", -INF, 0.8), ("Delivery fee under 5 yuan.", "fee", -INF, 5.0),
    ("Minimum order under 30 yuan.", "minimum", -INF, 30.0), ("Rating at least 4.5.", "rating", 4.5, INF),
    ("A rating of 9 or more.", "rating", 9.0, INF), ("Not under 4.0 stars.", "rating", 4.0, INF),
    ("Only places with free delivery.", "fee", -INF, 0.0), ("只要免配送费的。", "fee", -INF, 0.0),
    ("Free entry only.", "price", -INF, 0.0), ("只要免费的景点。", "price", -INF, 0.0),
    ("If it is late, call me. At most 100 yuan.", "price", -INF, 100.0), ("Open past 10 pm.", "hours", 22.0, INF)])
def test_a_demand_has_the_bounds_that_are_said(words: str, slot: str, low: float, high: float) -> None:
    [wish] = read_wishes(words)
    assert (wish.slot, wish.low, wish.high) == (slot, low, high)


@pytest.mark.parametrize("words", [
    "Distance under 5.", "At least 50 yuan or less.", "Not between 50 and 80 yuan.", "No more than 2 km from the station.",
    "No more than 20 stars.", "Rated under 20.", "总共不超过300元。", "A 4-star hotel.",
    "I live in Haidian.", "The total is to stay under 300 yuan."])
def test_what_has_no_bound_or_is_no_items_has_none(words: str) -> None:
    assert read_wishes(words) == ()


@pytest.mark.parametrize(("words", "names", "forbids"), [
    ("Only in Haidian or Chaoyang.", ("haidian", "chaoyang"), False), ("Not in Haidian.", ("haidian",), True),
    ("Outside Haidian.", ("haidian",), True), ("在海淀区或朝阳区。", ("海淀区", "朝阳区"), False),
    ("海淀区的店在朝阳区。", ("朝阳区",), False), ("推荐蓝天区的店在海淀区。", ("海淀区",), False)])
def test_districts_are_named_and_allowed_or_not(words: str, names: tuple[str, ...], forbids: bool) -> None:
    [wish] = read_wishes(words)
    assert (wish.slot, wish.names, wish.forbids) == ("area", names, forbids)


@pytest.mark.parametrize(("words", "slot", "value", "expected"), [
    ("Rating at least 4.5.", "rating", 4.5, MET), ("Rating at least 4.5.", "rating", 4.4, MISSED),
    ("Rating at least 4.5.", "rating", 8.0, MET), ("A rating of 9 or more.", "rating", 4.9, UNKNOWN),  # of five, not of ten
    ("A rating of 9 or more.", "rating", 8.9, MISSED), ("A rating of 9 or more.", "rating", 5.0, UNKNOWN),
    ("A rating of 5.5 or more.", "rating", 5.0, UNKNOWN), ("A rating of 5.5 or more.", "rating", 5.1, MISSED),
    ("Nothing over 100 yuan.", "price", 100.0, MET), ("Nothing over 100 yuan.", "price", 100.01, MISSED),
    ("Nothing over 100 yuan.", "price", 0, MET), ("Nothing over 100 yuan.", "price", True, UNKNOWN),
    ("Nothing over 100 yuan.", "price", "cheap", UNKNOWN), ("Nothing over 100 yuan.", "rating", 4.0, UNKNOWN),
    ("Between 50 and 80 yuan.", "price", 49.0, MISSED), ("Between 50 and 80 yuan.", "price", 80, MET),
    ("Open past 10 pm.", "hours", "10:00-22:30", MET), ("Open past 10 pm.", "hours", "10:00-21:45", MISSED),
    ("Open past 10 pm.", "hours", "18:00-02:00", MET), ("Open past 10 pm.", "hours", "in the evening", UNKNOWN)])
def test_a_record_meets_misses_or_does_not_say(words: str, slot: str, value: Value, expected: int) -> None:
    [wish] = read_wishes(words)
    item = Item(id="i", category="dining", name="One", attributes={slot: value})
    assert status(wish, item, frozenset(), frozenset()) == expected


@pytest.mark.parametrize(("name", "area", "address", "expected"), [
    ("old town", "Old Town", "", MET), ("old town", "Old Town West", "", MET), ("old town west", "Old Town", "", MET),
    ("old town", "Quay", "3 Old Town Road", MET), ("old town", "Quay", "", MISSED), ("old town", "Hill", "", UNKNOWN),
    ("old town", "", "3 Old Town Road", UNKNOWN), ("海淀区", "海淀", "", MET), ("海淀", "朝阳区", "", MISSED),
    ("海淀", "朝阳区", "海淀区中关村1号", MET)])
def test_a_place_lies_in_an_area_by_either_name_or_its_address(name: str, area: str, address: str, expected: int) -> None:
    item = Item(id="i", category="dining", name="One", attributes={"area": area, "address": address})
    areas = frozenset({"old town", "quay"})
    assert status(Wish("area", name, names=(name,)), item, areas, frozenset()) == expected


@pytest.mark.parametrize("what", ["breakfast", "air conditioning", "parking", "wifi"])
def test_what_a_place_must_have_is_known_by_its_name(what: str) -> None:
    assert [(wish.slot, wish.said) for wish in read_wishes(f"It must have {what}.")] == [("offer", what)]


@pytest.mark.parametrize(("words", "slot", "own", "other", "broken"), [
    ("Only places in the old town district.", "area", "Quay", "Old Town", True),
    ("Avoid bagels.", "cuisine", "Figs", "Bagels", False)])
def test_what_a_word_means_may_be_known_by_other_records(words: str, slot: str, own: str, other: str, broken: bool) -> None:
    one, two = (Item(id=value, category="dining", name="One", attributes={slot: value}) for value in (own, other))
    assert decided(words, (one,)) == ()
    assert [bool(kept.reason) for kept in decided(words, (one,), (two,))] == [broken]


@pytest.mark.parametrize(("kind", "names"), [
    ("bagels", {"bagels", "bagel"}), ("figs", {"figs"}), ("Bagel", {"bagel"}), ("砖店s", {"砖店s"}),
    ("glasses", {"glasses", "glasse"})])
def test_a_kind_of_no_table_has_its_own_name_and_a_longer_one_its_singular(kind: str, names: set[str]) -> None:
    assert kinds.kind_names(kind) == names and not kinds.is_kind(kind)


def test_kinds_of_the_table_have_all_their_names() -> None:
    for kind in ("hotpot", "Hotpots", "火锅"):
        assert kinds.is_kind(kind) and kinds.kind_names(kind) == kinds.kind_names("hotpot") >= {"hotpot", "火锅"}
    assert kinds.excludable("hotpot") and not kinds.excludable("seafood") and not kinds.excludable("bagels")


@pytest.mark.parametrize(("area", "bare", "district"), [
    ("Haidian District", "haidian", "海淀"), ("海淀区", "海淀", "海淀"), ("北京市海淀区", "海淀", "海淀"),
    ("上海浦东新区", "浦东", "浦东"),
    ("东区", "东区", ""), ("北京", "北京", ""), ("Old Town area", "old town", ""), ("xuhui", "xuhui", "徐汇"),
    ("Jingan", "jingan", "静安"),
    ("x district", "x district", ""), ("xy district", "xy", ""), ("a县", "a县", ""), ("阳光县", "阳光", "")])
def test_a_district_has_one_form(area: str, bare: str, district: str) -> None:
    assert (kinds.bare(area), kinds.district(area)) == (bare, district)
