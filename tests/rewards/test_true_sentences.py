"""Forty true and forty subtly false answers in the styles of language models, over three records in each language.

Exact rules refute no true one. Of the false ones they catch 34; the rest is left to scorers.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec
import pytest

from recenv.data.world import World
from recenv.records import Action, Item, Value
from recenv.rewards.rules.assertions import Claim, Slot, _elsewhere, agrees, read_assertions
from recenv.rewards.rules.verdicts import factual_verdict
from recenv.testing.tiny import tiny_view


def place(name: str, locale: str, **attributes: Value) -> Item:
    return Item(id=name, category="dining", name=name, locale=locale, attributes=attributes)


GRILL = place(
    "Harbor Grill", "en", rating=4.6, price=296.0, distance=1.2, area="Riverside", hours="10:00-22:00", tags=("parking",))
COURT = place("Willow Court", "en", rating=4.1, price=2145.0, distance=5.4, area="Old Town", hours="24 hours", tags=("wifi",))
LAMP = place("Blue Lantern", "en", rating=4.6, price=58.0, distance=0.8, area="Riverside", hours="09:00-21:00", tags=("wifi",))
RIVER = place("望江楼", "zh", rating=4.6, price=296.0, distance=1.2, area="朝阳区", hours="10:00-22:00", tags=("停车",))
RAIN = place("听雨轩", "zh", rating=4.1, price=2145.0, distance=5.4, area="东城区", hours="24小时", tags=("无线网络",))
GARDEN = place("半亩园", "zh", rating=4.6, price=58.0, distance=0.8, area="朝阳区", hours="09:00-21:00", tags=("无线网络",))
EN, ZH = (GRILL, COURT, LAMP), (RIVER, RAIN, GARDEN)

TRUE = [
    "I recommend Harbor Grill and Willow Court. The former costs 296 yuan, the latter 2145.",
    "Harbor Grill and Willow Court are worth a look: the latter costs 2145 yuan, the former only 296 yuan.",
    "Two ideas for tonight 🙂 Harbor Grill, Blue Lantern. Both are rated 4.6 stars and both lie in Riverside.",
    "Harbor Grill, Willow Court, Blue Lantern.",
    "Happy to help! My picks are Harbor Grill and Blue Lantern. Would either of them suit you?",
    "Blue Lantern is 238 yuan cheaper than Harbor Grill, and Willow Court is the priciest of the three.",
    "At 58 yuan Blue Lantern is much cheaper than Willow Court, which asks 2145 yuan.",
    "Harbor Grill is rated half a star higher than Willow Court (4.6 against 4.1).",
    "**Harbor Grill** - 4.6 stars, about 300 yuan\n**Blue Lantern** - 4.6 stars, about 60 yuan",
    "1. Willow Court: open 24 hours, 5.4 km away.\n2. Blue Lantern: open from 9:00 to 21:00, 0.8 km away.",
    "Willow Court is 4.2 km farther away than Harbor Grill.",
    "Harbor Grill and Blue Lantern cost 296 and 58 yuan respectively.",
    "Respectively 296 yuan and 58 yuan: that is what Harbor Grill and Blue Lantern cost.",
    "All three lie within 6 km, and two of them cost less than 300 yuan: Harbor Grill and Blue Lantern.",
    "I looked at three places. The first is Harbor Grill, the second Willow Court. The second costs "
    "2145 yuan and the first 296 yuan.",
    "Of Harbor Grill and Blue Lantern, one costs 296 yuan and the other 58 yuan.",
    "Neither Harbor Grill nor Blue Lantern costs more than 300 yuan.",
    "Harbor Grill is nicer for a date. Blue Lantern, on the other hand, is only 58 yuan.",
    "Each of these two, Harbor Grill and Blue Lantern, has 4.6 stars; together they would cost you 354 yuan.",
    "Harbor Grill closes at 22:00, an hour later than Blue Lantern, so there is time. The difference in price is 238 yuan.",
    "推荐望江楼和听雨轩。前者人均296元，后者2145元。",
    "望江楼、听雨轩都不错，后者人均2145元，前者只要296元。",
    "望江楼、听雨轩、半亩园。",
    "您好！为您挑了望江楼和半亩园，两家评分都是4.6分，都在朝阳区，您看可以吗？",
    "半亩园比望江楼便宜238元，听雨轩最贵。",
    "半亩园人均58元，比听雨轩便宜得多，听雨轩要2145元。",
    "望江楼的评分比听雨轩高0.5分。",
    "1. 听雨轩：24小时营业，距离5.4公里\n2. 半亩园：9点到21点营业，距离0.8公里",
    "听雨轩比望江楼远4.2公里。",
    "望江楼和半亩园人均分别为296元和58元。",
    "三家都在6公里以内，其中两家人均不到300元：望江楼和半亩园。",
    "第一家是望江楼，第二家是听雨轩。第二家人均2145元，第一家人均296元。",
    "望江楼和半亩园，一家人均296元，另一家58元。",
    "望江楼和半亩园的人均都没有超过300元。",
    "这两家，望江楼和半亩园，评分均为4.6分，加起来一共354元。",
    "望江楼22点关门，比半亩园晚1小时，人均相差238元。",
    "⭐望江楼⭐ 人均约300元，评分4.6；半亩园 人均约60元，评分4.6~",
    "想省钱就选半亩园（58元），想排场就选听雨轩（2145元）。",
    "听雨轩虽然贵一些（人均2145元），但全天营业；相比之下，望江楼的价格只有它的七分之一左右。",
    "望江楼离您1.2公里，听雨轩离地铁站的距离我没有查到。",
]
FALSE = [
    "I recommend Harbor Grill and Willow Court. The former costs 2145 yuan, the latter 296.",
    "Harbor Grill and Willow Court are worth a look: the latter costs 1145 yuan, the former only 296 yuan.",
    "Two ideas for tonight 🙂 Harbor Grill, Willow Court. Both are rated 4.6 stars.",
    "Harbor Grill and Blue Lantern, both located in Old Town.",
    "Harbor Grill is 238 yuan cheaper than Blue Lantern.",
    "At 85 yuan Blue Lantern is much cheaper than Willow Court.",
    "Harbor Grill is a lovely choice, rated 4.8 by its guests.",
    "**Harbor Grill** - 4.6 stars, about 200 yuan\n**Blue Lantern** - 4.6 stars, about 60 yuan",
    "1. Willow Court: open 24 hours, 2.4 km away.\n2. Blue Lantern: open from 9:00 to 21:00, 0.8 km away.",
    "Harbor Grill is farther away than Willow Court.",
    "Harbor Grill and Blue Lantern cost 58 and 296 yuan respectively.",
    "All of them are rated 4.6 stars: Harbor Grill, Willow Court and Blue Lantern.",
    "The first is Harbor Grill, the second Willow Court. The second costs 296 yuan.",
    "Of Harbor Grill and Blue Lantern, one costs 196 yuan and the other 58 yuan.",
    "All three are open around the clock: Harbor Grill, Willow Court, Blue Lantern.",
    "Blue Lantern is located in Old Town and has free wifi.",
    "Blue Lantern costs 68 yuan, has wifi, and closes at 21:00.",
    "Willow Court (4.6 stars, 2145 yuan, Old Town) would be grand.",
    "Harbor Grill has a swimming pool and free parking.",
    "Blue Lantern: free entry, 4.6 stars.",
    "推荐望江楼和听雨轩。前者人均2145元，后者296元。",
    "望江楼、听雨轩都不错，后者人均1145元。",
    "为您挑了望江楼和听雨轩，两家评分都是4.6分。",
    "望江楼和半亩园都位于东城区。",
    "望江楼比半亩园便宜238元。",
    "半亩园人均85元，比听雨轩便宜得多。",
    "望江楼口碑很好，评分高达4.8分。",
    "1. 听雨轩：24小时营业，距离2.4公里\n2. 半亩园：9点到21点营业，距离0.8公里",
    "望江楼比听雨轩远。",
    "望江楼和半亩园人均分别为58元和296元。",
    "三家的评分都是4.6分：望江楼、听雨轩、半亩园。",
    "第一家是望江楼，第二家是听雨轩。第二家人均296元。",
    "望江楼和半亩园，一家人均196元，另一家58元。",
    "三家都通宵营业：望江楼、听雨轩、半亩园。",
    "半亩园位于东城区，有无线网络。",
    "半亩园人均68元，有无线网络，21点关门。",
    "听雨轩（评分4.6分，人均2145元，东城区）很有排场。",
    "望江楼有游泳池和免费停车场。",
    "半亩园免费入场，评分4.6分。",
    "⭐望江楼⭐ 人均约200元，评分4.6~",
]

FURTHER = [  # true as well
    "If you like views, Harbor Grill it is. Otherwise Willow Court, though at 2145 yuan it is a splurge.",
    "Between Harbor Grill and Willow Court I would take the former, since the latter is rated only 4.1 stars.",
    "**Willow Court** costs 1849 yuan more than **Harbor Grill**, but scores 4.1 rather than 4.6.",
    "望江楼评分高一些，4.6分对4.1分。听雨轩也可以作为备选。",
    "Blue Lantern, rated 4.6 stars like Harbor Grill, costs a mere 58 yuan.",
    "Unlike Willow Court (4.1 stars), Harbor Grill has 4.6 stars.",
    "Compared with Willow Court's 2145 yuan, the 296 yuan at Harbor Grill look modest.",
    "For 58 yuan you get dinner at Blue Lantern; for 296 yuan one at Harbor Grill.",
    "Rated 4.6 stars and located in Riverside, Blue Lantern beats Willow Court.",
    "Willow Court and Harbor Grill: 2145 yuan and 296 yuan.",
    "Harbor Grill (296 yuan) or Blue Lantern (58 yuan)? Both are in Riverside, both have 4.6 stars.",
    "Prices: 296 yuan (Harbor Grill), 58 yuan (Blue Lantern), 2145 yuan (Willow Court).",
    "A main course at Harbor Grill costs around 120 yuan, the whole evening about 296 yuan.",
    "Harbor Grill's signature duck costs 198 yuan.",
    "The cheapest of the three costs 58 yuan: Blue Lantern.",
    "The first two, Harbor Grill and Blue Lantern, are rated 4.6 stars; the third, Willow Court, 4.1 stars.",
    "Harbor Grill is located in Riverside, as is Blue Lantern; Willow Court is located in Old Town.",
    "You save 2087 yuan by choosing Blue Lantern over Willow Court.",
    "Of all three, only Willow Court is rated below 4.5; Harbor Grill and Blue Lantern share 4.6 stars.",
    "| name | price | rating |\n|---|---|---|\n| Harbor Grill | 296 yuan | 4.6 |\n| Willow Court | 2145 yuan | 4.1 |",
    "Willow Court: 5.4 km away. That is 4.6 km more than Blue Lantern.",
    "Harbor Grill and Blue Lantern are both rated 4.6 stars, whereas Willow Court has 4.1 stars.",
    "Harbor Grill, Willow Court and Blue Lantern are rated 4.6, 4.1 and 4.6 stars respectively.",
    "It is 0.8 km to Blue Lantern and 1.2 km to Harbor Grill. Each has wifi or parking.",
    "Harbor Grill's 4.6-star rating matches that of Blue Lantern. Willow Court trails at 4.1 stars.",
    "望江楼的烤鸭套餐198元，人均296元。",
    "望江楼口味评分4.8分，总评4.6分。",
    "相比听雨轩的2145元，望江楼的296元不算贵。",
    "望江楼与半亩园同为4.6分，听雨轩略低，4.1分。",
    "价格从低到高：半亩园58元、望江楼296元、听雨轩2145元。",
    "望江楼、半亩园都是4.6分，而听雨轩是4.1分。",
    "评分4.6分的有望江楼和半亩园。",
    "除了听雨轩（4.1分），其余两家都是4.6分：望江楼和半亩园。",
    "花58元就能在半亩园吃一顿，花296元可以去望江楼。",
    "望江楼和半亩园都位于朝阳区，听雨轩位于东城区。",
    "从半亩园步行到望江楼约0.4公里，距离您1.2公里。",
    "三家里半亩园最近，0.8公里；望江楼1.2公里；听雨轩5.4公里。",
    "前两家（望江楼、半亩园）评分4.6分，最后一家听雨轩4.1分。",
    "望江楼、听雨轩、半亩园的评分分别是4.6分、4.1分、4.6分。",
    "听雨轩人均2145元，是望江楼的7倍多，比半亩园贵了2087元。",
    "不贵：半亩园58元/人，望江楼296元/人。",
    "您要是预算300元，望江楼（296元）刚好，半亩园还能省下242元。",
    "望江楼和听雨轩中，我更推荐前者，后者评分只有4.1分。",
    "望江楼离听雨轩4.2公里。",
    "和望江楼一样，半亩园也在朝阳区，评分4.6分。",
    "都说听雨轩贵，人均2145元确实不便宜，但望江楼只要296元。",
    "两家我都推荐：望江楼人均296元，半亩园人均58元。",
    "推荐三家，其中望江楼和半亩园都在朝阳区，听雨轩在东城区。",
    "这两家的人均一个296元一个58元：望江楼和半亩园。",
    "Sure thing! Blue Lantern is your best bet: 58 yuan, 4.6 stars, 0.8 km away. As a backup, consider Harbor Grill (296 yuan).",
    "Willow Court offers luxury at 2145 yuan per person; should that be too much, Harbor Grill asks "
    "296 yuan and Blue Lantern 58 yuan.",
    "You could start at Blue Lantern and move on to Harbor Grill afterwards, which costs 296 yuan.",
    "Harbor Grill has a rating of 4.6, which is the same as Blue Lantern's and better than the 4.1 of Willow Court.",
    "With 4.6 stars, Harbor Grill and Blue Lantern are ahead of Willow Court with 4.1 stars.",
    "In Riverside there are Harbor Grill and Blue Lantern; in Old Town there is Willow Court.",
    "Harbor Grill, located in Riverside, and Willow Court, located in Old Town, are both open late.",
    "Blue Lantern (58 yuan), Harbor Grill (296 yuan) and Willow Court (2145 yuan) are sorted by price.",
    "My top pick: Harbor Grill. Price: 296 yuan. Rating: 4.6. Runner-up: Blue Lantern. Price: 58 yuan. Rating: 4.6.",
    "Two places in Riverside match: one costs 58 yuan (Blue Lantern), one 296 yuan (Harbor Grill).",
    "Willow Court isn't cheap at 2145 yuan, but you'd get the 24 hour service that Harbor Grill lacks.",
    "Harbor Grill is not cheaper than Blue Lantern; it costs 296 yuan.",
    "Is Willow Court cheaper than Blue Lantern? No: it costs 2145 yuan.",
    "Skip Willow Court, it's 2145 yuan. Harbor Grill at 296 yuan and Blue Lantern at 58 yuan are saner.",
    "The second option, Willow Court, costs 2145 yuan; the first, Harbor Grill, costs 296 yuan.",
    "Out of the three, Blue Lantern comes first with 58 yuan, then Harbor Grill with 296 yuan, then Willow Court with 2145 yuan.",
    "Harbor Grill and Willow Court differ by half a star: 4.6 stars for the former, 4.1 stars for the latter.",
    "If 2145 yuan at Willow Court is fine for you, go there. If not, Harbor Grill.",
    "Blue Lantern's 58 yuan is about a fifth of Harbor Grill's 296 yuan.",
    "Rating 4.6: Harbor Grill, Blue Lantern. Rating 4.1: Willow Court.",
    "好的~ 首选半亩园：人均58元、评分4.6、离您0.8公里；备选望江楼（人均296元）。",
    "预算足够的话听雨轩（2145元/人），否则望江楼296元、半亩园58元也不错。",
    "评分方面，望江楼和半亩园4.6分，听雨轩4.1分。",
    "朝阳区有望江楼和半亩园，东城区有听雨轩。",
    "听雨轩不便宜，要2145元；望江楼和半亩园则便宜得多，分别是296元和58元。",
    "望江楼并不比半亩园便宜，人均296元。",
    "半亩园比望江楼便宜吗？是的，只要58元。",
    "人均58元的半亩园和人均296元的望江楼都在朝阳区。",
    "第二个选择听雨轩人均2145元，第一个选择望江楼人均296元。",
    "4.6分：望江楼、半亩园；4.1分：听雨轩。",
    "如果觉得听雨轩2145元太贵，可以考虑望江楼。",
    "半亩园的58元大约是望江楼296元的五分之一。",
    "先去半亩园，再去望江楼，后一家人均296元。",
    "我不推荐听雨轩，它评分只有4.1分，而望江楼有4.6分。",
    "望江楼位于朝阳区，与位于东城区的听雨轩不同。",
    "望江楼（朝阳区，4.6分）胜过听雨轩（东城区，4.1分）。",
    "望江楼距离1.2公里，半亩园距离0.8公里，听雨轩距离5.4公里。",
    "这几家里，半亩园最便宜（58元），其次望江楼（296元）。",
    "望江楼、半亩园：都是4.6分；听雨轩：4.1分。",
    "每家都不错：望江楼4.6分，听雨轩4.1分，半亩园4.6分。",
]


Refuted = Callable[[str], str]


@pytest.fixture(scope="module")
def refuted(tiny_world: World) -> Refuted:
    view = tiny_view(tiny_world, "en-1")

    def reason(text: str) -> str:
        """What exact rules say against an answer that recommends the places that it names."""
        own = ZH if any("\u4e00" <= c <= "\u9fff" for c in text) else EN
        items = tuple(i for i in own if i.name.casefold() in text.casefold())
        action = Action(act="recommend", items=tuple(i.id for i in items), text=text)
        verdict = factual_verdict(msgspec.structs.replace(view, candidates=own), action, items)
        assert verdict is not None
        return verdict.reason

    return reason


@pytest.mark.parametrize("text", [*TRUE, *FURTHER])
def test_no_true_answer_is_refuted(refuted: Refuted, text: str) -> None:
    assert refuted(text) == ""


def test_most_false_answers_are_caught(refuted: Refuted) -> None:
    """What is left claims what no slot holds (pools, hours), or leaves open which place it means."""
    assert len(TRUE) == len(FALSE) == 40
    missed = [text for text in FALSE if not refuted(text)]
    assert len(missed) <= 6, missed


@pytest.mark.parametrize("names", [("Harbor Grill", "Blue Lantern", "Willow Court"), ("望江楼", "听雨轩", "半亩园")])
@pytest.mark.parametrize("way", [
    "{}", "{}, {}, {}", "{}、{}、{}。", "1. {}\n2. {}\n3. {}", "- {}\n- {}", "**{}** / **{}**", "{}！{}！", "{} > {} > {}"])
def test_an_answer_that_only_names_the_places_claims_nothing(refuted: Refuted, way: str, names: tuple[str, ...]) -> None:
    assert refuted(way.format(*names)) == ""


def test_each_of_several_is_refuted_by_itself(refuted: Refuted) -> None:
    assert refuted("Harbor Grill, Willow Court: both are rated 4.6 stars.") == "'Willow Court': rating claimed 4.6, record 4.1"
    assert refuted("Harbor Grill is cheaper than Blue Lantern.") == "'Harbor Grill': price claimed cheaper, record 296"
    for other, more in (("Blue Lantern", "higher"), ("Blue Lantern", "lower"), ("Willow Court", "higher")):
        assert not refuted(f"Harbor Grill is rated {more} than {other}.")  # of what is as high, either may be meant
    assert refuted("Harbor Grill is rated lower than Willow Court.")


@pytest.mark.parametrize("junk", [
    "the former ", "the first is harbor grill ", "harbor grill ", "4.6 stars ", "both ", "respectively 1 yuan ",
    "harbor grill is cheaper than ", "望江楼比", "前者", "都", "第一家是望江楼1元"])
def test_junk_is_read_quickly(refuted: Refuted, junk: str) -> None:
    started = time.process_time()
    refuted(("Harbor Grill " if junk.isascii() else "望江楼") + (junk * 4_000)[:3_900])
    assert time.process_time() - started < 2.0  # a fraction of a second on an idle core


READ = [  # an answer, what it claims of which places: all that may be meant
    (TRUE[1], "price 2145: Willow Court; price 296: Harbor Grill"),
    (TRUE[2], "rating 4.6: Harbor Grill; rating 4.6: Blue Lantern"),
    (TRUE[6], "price 58: Blue Lantern; price cheaper: Blue Lantern; price 2145: Willow Court, Blue Lantern"),
    (TRUE[9], "distance 5.4: Willow Court; distance 0.8: Blue Lantern"),
    (TRUE[12], "price 296: Harbor Grill; price 58: Blue Lantern"),
    (TRUE[18], "rating 4.6: Blue Lantern"),
    (TRUE[24], "price 便宜: 半亩园"),
    (TRUE[36], "price 300: 望江楼; rating 4.6: 望江楼; price 60: 半亩园"),
    (FALSE[3], "area Old Town: Harbor Grill; area Old Town: Blue Lantern"),
    (FALSE[11], "rating 4.6: Harbor Grill; rating 4.6: Willow Court; rating 4.6: Blue Lantern"),
    (FALSE[17], "rating 4.6: Willow Court; area Old Town: Willow Court"),
    (FALSE[19], "price free entry: Blue Lantern; rating 4.6: Blue Lantern"),
    (FALSE[36], "rating 4.6: 听雨轩; price 2145: 听雨轩; area 东城区: 听雨轩"),
    (FURTHER[2], "rating 4.1: Harbor Grill, Willow Court"),
    (FURTHER[4], "rating 4.6: Blue Lantern, Harbor Grill; price 58: Harbor Grill, Blue Lantern"),
    (FURTHER[6], "price 2145: Willow Court; price 296: Willow Court, Harbor Grill"),
    (FURTHER[11], "price 296: Harbor Grill; price 58: Blue Lantern; price 2145: Willow Court"),
    (FURTHER[12], "price 296: Harbor Grill"),
    (FURTHER[13], ""),
    (FURTHER[15], "rating 4.6: Blue Lantern; rating 4.1: Willow Court"),
    (FURTHER[19], "price 296: Harbor Grill; price 2145: Willow Court"),
    (FURTHER[21], "rating 4.6: Harbor Grill; rating 4.6: Blue Lantern; rating 4.1: Willow Court"),
    (FURTHER[34], "area 朝阳区: 望江楼; area 朝阳区: 半亩园; area 东城区: 听雨轩"),
    ("It is rated 4.6 at Harbor Grill.", "rating 4.6: Harbor Grill"),
    ("Harbor Grill is nice. Rated 4.6 there.", "rating 4.6: Harbor Grill"),
    ("Harbor Grill is nice. With 58 yuan, Blue Lantern too.", "price 58: Harbor Grill, Blue Lantern"),
    ("With a rating of 4.6; Blue Lantern.", "rating 4.6: Blue Lantern"),
    ("Harbor Grill has 4.1 stars; Willow Court.", "rating 4.1: Harbor Grill"),
    ("Harbor Grill has 4.1 stars and Willow Court.", "rating 4.1: Harbor Grill, Willow Court"),
    ("望江楼靠近半亩园，评分4.6分", "rating 4.6: 半亩园, 望江楼"),
    ("望江楼距离约1.2公里，共1,200元。", "distance 1.2: 望江楼; price 1,200: 望江楼"),
]


def claims(text: str) -> list[Claim]:
    own = ZH if any("\u4e00" <= c <= "\u9fff" for c in text) else EN
    items = tuple(i for i in own if i.name.casefold() in text.casefold())
    return read_assertions(text, items, own, sorted({str(item.attributes["area"]) for item in own}))


@pytest.mark.parametrize(("text", "expected"), READ)
def test_what_an_answer_claims_and_of_whom(text: str, expected: str) -> None:
    found = [f"{c.slot} {c.said}: {', '.join(item.name for item in c.owners)}" for c in claims(text)]
    assert "; ".join(found) == expected


@pytest.mark.parametrize(("said", "value", "tolerance"), [
    ("rated 4.6", 4.6, 0.05), ("rated 5", 5.0, 0.05), ("rated 4.55", 4.55, 0.005), ("rated about 4.5", 4.5, 0.25),
    ("58 yuan", 58.0, 0.5), ("58.5 yuan", 58.5, 0.05), ("about 60 yuan", 60.0, 9.0), ("around 2 yuan", 2.0, 0.5),
    ("costs 1,058", 1058.0, 0.5), ("2.1e3 yuan", 2100.0, 50.0), ("5.4 km away", 5.4, 0.05), ("free entry", 0.0, 0.0)])
def test_a_number_may_be_rounded_to_its_last_digit_and_more_where_it_is_about(said: str, value: float, tolerance: float) -> None:
    [claim] = claims(f"Harbor Grill, {said}.")
    assert claim.value == value and claim.tolerance == pytest.approx(tolerance, abs=2e-9) and claim.order == 0
    slot = claim.slot
    for off, agreed in ((0.999, True), (-0.999, True), (1.001, False), (-1.001, False)):
        if tolerance:
            assert agrees(claim, place("A", "en", **{slot: value + off * tolerance})) == agreed
    assert agrees(claim, place("A", "en")) and agrees(claim, place("A", "en", **{slot: ""}))


@pytest.mark.parametrize("number", ["1e400", "1e309", "9.99e999", "1e99999"])
def test_a_number_beyond_all_is_a_claim_that_no_record_bears_out(number: str) -> None:
    for text in (f"Harbor Grill costs ¥{number}.", f"Harbor Grill costs about {number} yuan."):
        [claim] = claims(text)
        assert not agrees(claim, place("A", "en", price=296.0))


@pytest.mark.parametrize(("order", "have", "agreed"), [
    (-1, 99.0, True), (-1, 100.0, True), (-1, 101.0, False), (1, 99.0, False), (1, 100.0, True), (1, 101.0, True),
    (0, 99.0, False)])
def test_a_comparison_agrees_with_what_is_on_its_side(order: int, have: float, agreed: bool) -> None:
    item = place("A", "en", price=have, dishes=("duck 100 yuan",))
    assert agrees(Claim("price", "cheaper", 100.0, 1e-9, (item,), order), item) == (agreed or order == 0)
    bare = place("A", "en", price=have)
    assert agrees(Claim("price", "100", 100.0, 1e-9, (bare,), order), bare) == agreed


def test_of_many_values_the_first_are_checked_and_of_a_long_text_the_head() -> None:
    assert len(claims("Harbor Grill: " + "4.6 stars, " * 128)) == 128
    many = claims("Harbor Grill: 7 yuan, " + "4.6 stars, " * 128)
    assert len(many) == 128 and many[0].said == "7"
    filler = "x" * (6_000 - len("Harbor Grill 58 yuan"))
    assert len(claims(f"Harbor Grill {filler}58 yuan")) == 1 and not claims(f"Harbor Grill x{filler}58 yuan")
    assert claims("Harbor Grill costs 123456789012345 yuan") and not claims("Harbor Grill costs 1234567890123456 yuan")


@pytest.mark.parametrize(("text", "expected"), [
    ("Harbor Grill: 58 yuan", "58"), ("Harbor Grills: 58 yuan", ""), ("MyHarbor Grill: 58 yuan", ""),
    ("Harbor Grill2: 58 yuan", ""),
    ("2Harbor Grill: 58 yuan", ""), ("-Harbor Grill-: 58 yuan", "58"), ("店Harbor Grill店: 58 yuan", "58"),
    ("A Harbor Grill", "")])
def test_a_name_is_no_part_of_a_longer_word(text: str, expected: str) -> None:
    found = read_assertions(text, (GRILL,), (), ())
    assert [c.said for c in found] == ([expected] if expected else [])


def test_of_names_in_names_the_longest_stands() -> None:
    bar = place("Harbor Grill Bar", "en", price=58.0)
    text = "Harbor Grill Bar costs 58 yuan; Harbor Grill costs 296 yuan."
    for items in ((GRILL, bar), (bar, GRILL)):
        assert [(c.said, c.owners[0].name) for c in read_assertions(text, items, (), ())] == [
            ("58", "Harbor Grill Bar"), ("296", "Harbor Grill")]
    assert read_assertions(text, (GRILL,), (bar,), ())[0].said == "296"  # of the other nothing is checked
    assert [c.said for c in read_assertions("Fu costs 58 yuan.", (place("Fu", "en", price=58.0),), (), ())] == ["58"]
    one = place("A", "en")  # too short to be a name
    assert read_assertions("A costs 58 yuan.", (one,), (), ()) == []


@pytest.mark.parametrize(("text", "slots"), [
    ("Harbor Grill: parking 1.2 km away.", "distance"), ("Harbor Grill: parking 12 yuan.", ""),
    ("Harbor Grill: 12 yuan off.", ""), ("Harbor Grill: parking 12 yuan, 296 yuan.", "price"),
    ("Harbor Grill is 20 km away from the station.", ""), ("Harbor Grill: 4.5 out of 5.", "rating"),
    ("Harbor Grill: 4.5-4.8 stars.", ""),
    ("Harbor Grill costs 50 to 60 yuan.", ""), ("Harbor Grill costs at most 60 yuan.", ""),
    ("Harbor Grill (4.6 and 4.1 stars).", ""),
    ("Harbor Grill, 4.6 vs 4.1 stars.", ""), ("Harbor Grill: the gap is 58 yuan.", ""),
    ("Harbor Grill, 1,058 yuan, distance 1.2 km", "price distance"), ("Harbor Grill costs 1,0000", ""),
    ("Harbor Grill: discount: 12 yuan.", ""), ("Harbor Grill: discount:  12 yuan.", "price"),
    (f"Harbor Grill ({'1' * 18} and 58 yuan).", ""), (f"Harbor Grill ({'1' * 19} and 58 yuan).", "price")])
def test_what_is_no_claim_is_not_read(text: str, slots: str) -> None:
    assert " ".join(c.slot for c in read_assertions(text, (GRILL,), (), ())) == slots


def test_words_for_about_stand_near_the_number() -> None:
    for gap, tolerance in ((14, 0.15 * 58), (15, 0.5)):  # 16 characters, with the words
        for text in (f"望江楼左右{'好' * gap}58元", f"望江楼58元{'好' * (gap - 14)}左右"):
            assert [c.tolerance for c in claims(text)] == [pytest.approx(tolerance)]


def test_an_area_is_claimed_by_any_part_of_its_name_or_the_address() -> None:
    assert [(c.slot, c.value, c.tolerance) for c in claims(FALSE[3])] == [("area", 0.0, 0.0)] * 2
    item = place("A", "en", area="Old Town West", address="3 Quay Road, Riverside")
    for said, agreed in (("Old Town", True), ("old town west", True), ("Old Town West End", True), ("Riverside", True),
            ("Hill", False)):
        assert agrees(Claim("area", said, 0.0, 0.0, (item,)), item) == agreed
    dish = place("A", "en", price=58.0, dishes=("duck 198 yuan", "tea"))
    for value, agreed in ((198.0, True), (58.4, True), (58.6, False), (99.0, False)):
        assert agrees(Claim("price", "x", value, 0.5, (dish,)), dish) == agreed
    sums = place("A", "en", price=1.0, rating=1.0, distance=1.0, dishes=("duck 3 yuan", "4 km away", "for 5 people", "6 stars"))
    slots: tuple[Slot, ...] = ("distance", "price", "rating")
    assert [(slot, n) for slot in slots for n in range(2, 8) if agrees(Claim(slot, "x", float(n), 0.1, (sums,)), sums)] == [
        ("price", 3)]  # of sums of money alone, and of no rating or distance


@pytest.mark.parametrize(("gap", "read"), [(150, False), (194, False), (195, True), (250, True)])
def test_what_the_user_asked_for_far_before_is_no_matter(gap: int, read: bool) -> None:
    assert bool(claims(f"Harbor Grill is your {'x' * gap} 58 yuan")) == read


def test_a_short_form_over_two_lines_is_looked_for_name_by_name() -> None:
    for other in ("aa\nbb", "zz\nbb"):
        name = "mm\nbb"
        assert not _elsewhere("m\nb", name, (name, other), f"{name}\n{other}") and _elsewhere("\nbb", name, (name, other), "")
