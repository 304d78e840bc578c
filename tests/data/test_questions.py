"""What questions are about, in both languages: many wordings, and the words that only look like a slot's."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recenv.data.constraints import SLOTS
from recenv.data.questions import LONGEST, Asked, read_question

# What is expected: names of slots, "+" for anything else.
ZH = """
您的预算大概是多少？ = price
对价格和位置有什么要求？ = price area
你有什么要求？ = +
价格都不贵。您想在哪个区？ = area
价格都不贵，您想在哪个区？ = area
关于价格，您有什么要求吗？ = price
您对评分有没有最低要求？ = rating
还有什么要求吗？ = +
除了价格，您还有其他要求吗？ = +
除了预算和位置，您对口味有要求吗？ = dishes
您想吃什么？ = subcategory dishes
您偏好什么菜系？ = subcategory dishes
有没有特别想吃的菜？ = subcategory dishes
想找什么样的餐厅？ = subcategory
什么样的价位比较合适？ = price
您想要什么档次的酒店？ = hotel_type
酒店需要提供哪些服务？ = tags facilities
您需要停车位吗？ = tags facilities
打算玩多久？ = duration
您希望离您多远以内？ = distance
想在哪个景点附近？ = nearby
您想去哪家店？ = name
您怎么称呼？ =
请问您叫什么名字？ =
今天天气怎么样？ =
一共几位用餐？ =
您打算什么时候去？ =
您好！ =
我推荐1. 全聚德，人均150元，评分4.5分，位置在东城区。 =
请告诉我您的预算 = price
麻烦说一下您想去的区域。 = area
您说预算是100元以内，对吗？ = price
需要我介绍一下附近的餐厅吗？ =
请问您找附近的什么类型的店？ = subcategory
您的预算、想去的区域以及口味？ = price area dishes
您对价格或者其他方面有要求吗？ = price +
您更看重什么？ = +
人均消费控制在多少以内，有没有想去的商圈？ = price area
您觉得怎么样？ =
ＷｉＦｉ需要吗？ = tags facilities
"""
EN = """
What is your budget? = price
What is your budget and which district? = price area
What's your price range, preferred area, and cuisine? = subcategory dishes price area
Could you kindly wait a moment? =
Would you be so kind as to tell me your budget? = price
Is it still closed on Mondays? =
How far along are you? =
How far are you willing to travel? = distance
What is your name? =
Do you have a particular restaurant in mind? = name
Anything else that matters to you? = +
Apart from the price, is there anything else you care about? = +
Do you have any preferences? = +
Do you have any preferences regarding location? = area
Do you have a price in mind, or any other requirements? = price +
What kind of restaurant are you looking for? = subcategory
What kind of price range works for you? = price
What sort of food would you like? = subcategory dishes
Any dishes you would love to have? = dishes
What rating should it have at least? = rating
How many stars should it be rated? = rating
Where would you like to stay? = area
Do you want a place where you can sit outside? = tags facilities
How long do you plan to spend at the sight? = duration
How much time do you have? = duration
Should it be close to a landmark? = nearby
What's your budget for restaurants nearby? = price
Do you need any facilities, such as parking? = tags facilities
What class of hotel do you prefer? = subcategory hotel_type
How is the weather where you are? =
How many people are in your party? =
Hello! =
How are you today? =
I recommend 1. Blue Bistro, rated 4.5, price 58 yuan, in the Old Town area. =
The places in this area are cheap. What cuisine do you want? = subcategory dishes
These are all cheap, so which district suits you? = area
So your budget is 100 yuan, right? = price
Please tell me your budget. = price
Your budget, please. = price
How can I help you? = +
Would you like me to book the restaurant near the station? =
Do you prefer something cheap? = price
Which features matter to you? = tags
Should I rate our service for you? =
What’s your BUDGET? = price
"""
LATER = """
"""


def cases(table: str) -> list[tuple[str, Asked]]:
    """Sentences and what is expected, from lines of the form: sentence = slots."""
    out = []
    for line in table.strip().splitlines():
        text, _, wanted = line.rpartition(" =")
        words = wanted.split()
        out.append((text, Asked(tuple(s for s in SLOTS if s in words), "+" in words)))
        assert set(words) <= {*SLOTS, "+"}
    return out


@pytest.mark.parametrize(("text", "wanted"), cases(ZH) + cases(EN) + cases(LATER))
def test_what_a_question_is_about(text: str, wanted: Asked) -> None:
    assert read_question(text) == wanted


def test_there_is_a_question_for_every_slot_in_both_languages() -> None:
    for table in (ZH, EN):
        assert len(cases(table)) >= 30
        assert {slot for _, asked in cases(table) for slot in asked.slots} >= set(SLOTS) - {"hotel_type", "facilities"}


@given(st.text(max_size=300))
@settings(max_examples=200, deadline=None)
def test_any_text_is_read(text: str) -> None:
    asked = read_question(text)
    assert list(asked.slots) == [s for s in SLOTS if s in asked.slots]
    assert read_question(text) == asked


WORDS = st.sampled_from("what is your budget near kind of close to which 除了 价格 您 在 哪 区 吗 ? ， 。 , : for because 附近 离 the 1.5 \n".split(" "))


@given(st.lists(WORDS, max_size=80), st.sampled_from(["", " "]))
@settings(max_examples=200, deadline=None)
def test_any_order_of_its_own_words_is_read(words: list[str], gap: str) -> None:
    read_question(gap.join(words))


@pytest.mark.parametrize("text", ["", "?", "？", "\ud800？", "\x00", "ﷺ" * 3_000, "́" * 5_000, "?" * 5_000, ",价格" * 2_000])
def test_odd_text_is_read(text: str) -> None:
    read_question(text)


def test_no_more_than_the_first_characters_are_read() -> None:
    assert read_question("." * LONGEST + "What is your budget?") == Asked((), False)
    assert read_question("." * (LONGEST - 20) + "What is your budget?") == Asked(("price",), False)


@pytest.mark.parametrize("part", ["kind of ", "离", "除了", "what near ", "because ", "哪", "a", "how long ", "什么样", ", price", "which one of "])
def test_long_text_takes_no_longer(part: str) -> None:
    """Nothing of a text past the cut is looked at; what is before it is read in a tenth of a second, generously measured."""
    text = part * (100_000 // len(part))
    begun = time.perf_counter()
    read_question(text + "?")
    assert time.perf_counter() - begun < 1.0
