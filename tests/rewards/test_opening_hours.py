"""How late a place is open: what an instruction asks, and what a record says."""

from __future__ import annotations

import pytest

from recenv.rewards.rules.opening import closes, open_until
from recenv.rewards.rules.wishes import read_wishes


@pytest.mark.parametrize(("hours", "end"), [
    ("09:00-22:00", 22.0), ("9:00 - 21:30", 21.5), ("10点到22点", 22.0), ("10:00至20:45", 20.75), ("8:15–17:05", 17 + 5 / 60),
    ("18:00-02:00", 26.0), ("17:00-次日1:30", 25.5), ("09:00-凌晨3:00", 27.0), ("10:00-10:00", 34.0),  # around the clock
    ("11:00-14:00,17:00-21:30", 21.5), ("11:00-14:00、17:00-21:30", 21.5),
    ("09:00-22:00 Mon, 09:00-22:00 Tue, 09:00-22:00 Wed", 22.0),
    ("09:00-21:00 10:00-22:00", None), ("9:00-12:00, 13:00-17:00, 18:00-22:00", None), ("late", None), ("", None),
    ("24小时营业", 29.0), ("open 24 hours", 29.0), ("全天", 29.0)])
def test_a_record_says_when_a_place_closes(hours: str, end: float | None) -> None:
    assert closes(hours) == (None if end is None else pytest.approx(end))


@pytest.mark.parametrize(("words", "hour"), [
    ("open past midnight", 24.0), ("open until 10 pm", 22.0), ("open until 10:30 pm", 22.5), ("opens at 8 am", 8.0),
    ("open until 9", 21.0), ("open after 11:30", 23.5), ("open until 5", 17.0), ("open until 5 am", 5.0),
    ("营业到5点", 17.0), ("营业到11点", 23.0), ("open until 12", 12.0),
    ("open until 4", 28.0), ("营业到12点", 12.0), ("营业到4点", 28.0), ("营业到24点", 24.0), ("open till 2 am", 26.0),
    ("open past 23:00", 23.0), ("晚上十点还开", 22.0), ("营业到十点半", 22.5), ("凌晨两点还营业", 26.0), ("开到下午5点", 17.0),
    ("23点以后还在营业", 23.0), ("晚上9:30还营业", 21.5), ("晚上12点还开", 24.0), ("凌晨12点半还营业", 24.5),
    ("下午12点还开", 12.0), ("open until 12 am", 24.0), ("open until 12:30 am", 24.5), ("open past 12 pm", 12.0)])
def test_an_instruction_says_how_late_it_is_to_be_open(words: str, hour: float) -> None:
    [wish] = open_until(f"I want somewhere {words}.")
    assert wish.slot == "hours" and wish.low == hour


def test_no_hour_is_read_where_none_is() -> None:
    assert open_until("an open kitchen") == [] == open_until("三十点还开") == open_until("25点还开")


@pytest.mark.parametrize(("instruction", "hour"), [
    ("Only places open until 10:30 pm.", 22.5), ("Only suggest places that are open past 22:30.", 22.5),
    ("只要晚上9:30还营业的店", 21.5), ("One thing: it must be open until 11 pm.", 23.0)])
def test_a_colon_of_a_time_ends_no_clause(instruction: str, hour: float) -> None:
    assert [wish.low for wish in read_wishes(instruction) if wish.slot == "hours"] == [hour]
