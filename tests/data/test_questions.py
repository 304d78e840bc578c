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
How much are you looking to spend per person? = price
Which neighbourhood works best for you, and do you have a minimum rating? = rating area
Got it, something cheap. Is there a type of cuisine you're craving? = subcategory dishes
Before I suggest anything, could you share your preferred location and budget? = price area
Any must-haves, like Wi-Fi or a pool? = tags facilities
What else should I take into account? = +
Is walking distance important to you? = distance
Do you want to be near a particular sight? = nearby
When are you planning to go? =
I found two places close to the station. Shall I tell you more about them? =
您这次出行，住宿预算有上限吗？ = price
想住在哪一带？ = area
口碑方面您有最低标准吗？ = rating
好的，附近确实有很多便宜的店。您对环境有什么偏好呢？ = tags
请问您是想吃辣一点还是清淡一点？ = dishes
能具体说说您的需求吗？ = +
您希望步行多长时间能到？ = distance
这家店离地铁站很近，您要不要考虑一下？ =
住几晚呢？ =
您已经想好去哪家酒店了吗，还是先定个星级？ = name hotel_type
Sure! To narrow it down, what's the most you'd like to pay, and whereabouts should it be? = price area
Thanks for sharing. Could you let me know which part of town you prefer and what you like to eat? = subcategory dishes area
Would you mind telling me how far you can travel? = distance
Is a high score important, or are you mostly after a bargain? = rating
Does the location matter? = area
Which of these would you like? = name
Are you okay with a longer walk? = distance
Can you elaborate on your needs? = +
What would make this perfect for you? = +
Did you enjoy your last visit? =
Is there a maximum price or a minimum rating I should respect? = rating price
What's the occasion? =
Do you have any allergies? = dishes
Happy to help! Are there certain amenities that you can't do without? = tags facilities
I can offer free parking nearby. =
Please describe what you are looking for. = +
Could you repeat that? =
Your preferred area? = area
Who will be joining you? =
Luxury or economy? = hotel_type
好的，请问您的人均预算和口味偏好分别是？ = price dishes
您比较在意价格还是距离？ = price distance
有没有指定的菜品，比如烤鸭？ = dishes
您现在在哪里？ = area
需要带停车场的酒店吗？ = tags facilities
请您补充一下其他条件。 = +
抱歉，我没听懂，您能再说一遍吗？ =
您想逛多长时间，半天还是一天？ = duration
门票有没有要求？ = price
您想找离故宫近一点的吗？ = nearby
酒店有星级要求吗？ = hotel_type
您是一个人去吗？ =
这家店评分4.8，您觉得可以吗？ =
那附近呢，有什么想顺便去的景点？ = nearby
您想吃火锅还是烤肉？ = subcategory dishes
能接受的最高价格是多少呢 = price
您喜欢安静的还是热闹的？ = tags facilities
需要我帮您预订吗？ =
您倾向于哪种类型的景点？ = subcategory
这些里面您喜欢哪一家？ = name
Where did you hear about us? =
I know a place that is close to the metro, what do you think? =
Have you been there before? =
What time do you want to eat? =
Are you celebrating something? =
Would you like me to compare prices? =
How does the price sound? = price
Is the price or the rating more important to you? = rating price
Are you flexible on price? = price
Any must-have features? = tags
Would you rather eat hotpot or noodles? = subcategory dishes
Do you have a preferred price range, location, or cuisine? = subcategory dishes price area
Any specific requirements (price, area, rating)? = rating price area
Shall we start with the area? = area
Which district are you staying in? = area
How many nights will you stay? =
What is the purpose of your visit? =
Is there anything else I can help you with? = +
Do you want to pay by card? = tags facilities
Are you looking for a specific type of attraction, such as museums or parks? = subcategory
What should the hotel offer? = tags
Do you mind if it is far? = distance
It costs 50 yuan and it is rated 4.8. Do you want to go? =
Should I focus on the highest rated or the closest? = rating distance
Thank you! Goodbye. =
Let me know if you need anything else. = +
Tell me more about what you want. = +
Let me know your budget and preferred area so I can find nearby restaurants. = price area
you looking for something in the city centre? = area
Which is it? =
您想要便宜一点的吗？ = price
附近有什么景点您想顺便看看？ = nearby
您对酒店的设施有什么要求？ = tags facilities
您希望酒店是什么类型的，经济型还是豪华型？ = subcategory hotel_type
没什么问题的话我就推荐了。 =
您要去的景点叫什么名字？ = name
您贵姓？ =
您觉得贵吗？ = price
您更喜欢中餐还是西餐？ = subcategory dishes
请稍等，我查一下附近的餐厅。 =
对味道有什么讲究吗？ = dishes
大概几个人？预算多少？ = price
有没有忌口？ = dishes
这个价格您能接受吗？ = price
想要评分多少以上的？ = rating
评分要求？ = rating
要不要换一家？ =
您是第一次来北京吗？ =
开车去还是坐地铁？ =
住宿方面，您对价格、评分、位置有什么偏好？ = rating price area
请问您想玩几个小时？ = duration
为了给您推荐附近的餐馆，请问您的预算是多少？ = price
为了更好地为您推荐，请告诉我您的预算、位置偏好和想吃的菜。 = price area subcategory dishes
您还有其他问题吗？ =
您需要什么样的帮助？ = +
您对景点的评价有要求吗？ = rating
您中意哪些菜？ = dishes
您打算去哪儿玩？ = area
您是想在酒店周边吃饭吗？ = nearby
预算 = price
What kind of massage would you enjoy? = subcategory
How much would you like to pay for the hotel per night? = price
Where is it? =
What sort of vibe are you going for? = tags
Could you tell me whether you have any dietary needs? = dishes
Is there a specific landmark you want to be close to? = nearby
What length of visit do you have in mind? = duration
We have great ratings in this district. What is the occasion? =
I'd like to know your price limit and favourite dishes. = dishes price
Any brand or name you already like? = name
Should the place be highly rated, or would cheap do? = rating price
Does it need to be in Chaoyang? =
OK, and how about the distance? = distance
What's most important to you, price, distance or rating? = rating price distance
Which star class should the hotel have? = hotel_type
给您推荐北京饭店，评分4.6分，门票免费，您看可以吗？ =
您喜欢几星级的酒店，预算大概多少？ = price hotel_type
对游玩时间和门票价格有要求吗？ = price duration
那口碑呢？ = rating
周边没有什么景点呢。 =
您需要酒店有健身房或者游泳池吗？ = tags facilities
您有什么特别想吃的推荐菜吗？ = subcategory dishes
您能接受离地铁站多远？ = distance
麻烦您告诉我更多信息。 = +
推荐什么类型的店更合您心意？ = subcategory
您是否还有别的偏好？ = +
价格不是问题的话，您更在乎环境还是服务？ = tags facilities
请问您要在哪个商圈找美甲店，有评分要求吗？ = rating area
您打算在那里停留多长时间？ = duration
您对这次服务满意吗？ =
Which part of Shanghai should I look in? = area
Hmm, do you care more about how it is rated or how much it costs? = rating price
What facilities does your hotel need to have? = tags facilities
I've noted the area. What else is on your mind? = +
Roughly what distance can you manage? = distance
Do you have time for a chat? =
Which cuisine and which neighbourhood? = subcategory dishes area
Would an upscale hotel suit you? = hotel_type
Are there dishes you avoid? = dishes
How many hours can you spend there? = duration
那您心里的价位是？ = price
您想住什么类型的酒店？ = subcategory hotel_type
您要找的地方需要在地铁口附近吗？ = tags facilities nearby
您还想了解别的吗？ =
您吃饭了吗？ =
您打算在景点里待多久？ = duration
最低评分是多少合适呢？ = rating
您理想的地点在哪？ = area
您点名要去的餐厅叫什么？ = name
距离和价格哪个更重要？ = price distance
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


@given(st.text(max_size=120))
@settings(deadline=None)
def test_any_text_is_read(text: str) -> None:
    asked = read_question(text)
    assert list(asked.slots) == [s for s in SLOTS if s in asked.slots]
    assert read_question(text) == asked


WORDS = st.sampled_from(
    ["what", "is", "your", "budget", "near", "kind of", "close", "to", "which", "for", "because", "除了", "价格", "您", "在",
     "the", "哪", "区", "吗", "附近", "离", "?", "，", "。", ",", ":", "1.5", "\n"])


@given(st.lists(WORDS, max_size=80), st.sampled_from(["", " "]))
def test_any_order_of_its_own_words_is_read(words: list[str], gap: str) -> None:
    read_question(gap.join(words))


@pytest.mark.parametrize("text", ["", "?", "？", "\ud800？", "\x00", "ﷺ" * 3_000, "́" * 5_000, "?" * 5_000, ",价格" * 2_000])
def test_odd_text_is_read(text: str) -> None:
    read_question(text)


def test_no_more_than_the_first_characters_are_read() -> None:
    assert read_question("." * LONGEST + "What is your budget?") == Asked((), False)
    assert read_question("." * (LONGEST - 20) + "What is your budget?") == Asked(("price",), False)


@pytest.mark.parametrize("part", [
    "kind of ", "离", "除了", "what near ", "because ", "哪", "a", "how long ", "什么样", ", price", "which one of "])
def test_long_text_takes_no_longer(part: str) -> None:
    """Nothing of a text past the cut is looked at; what is before it is read in a tenth of a second, generously measured."""
    text = part * (100_000 // len(part))
    begun = time.process_time()
    read_question(text + "?")
    assert time.process_time() - begun < 1.0
