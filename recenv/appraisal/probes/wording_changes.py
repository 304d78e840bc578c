"""Changes of words: synonyms, manners, spellings, ways to write numbers.

One table of service terms is the generator's own (a scorer trained on its worlds has seen both sides), the other has words
that no world is made with.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from recenv.appraisal.probes.changes import ASKED, COUNT, ENDS, LAYOUT, MARKS, ORDERED, RECORDS, TOLD, WORDS, Change, replacing
from recenv.data.synthetic.service_terms import TAGS
from recenv.data.synthetic.taxonomy import SUBCATEGORIES

_OTHER_ZH = replacing((
    ("停车方便", "泊车方便"), ("有停车位", "有车位"), ("能停车", "可以泊车"), ("有WiFi", "能无线上网"),
    ("无线网络", "无线上网"), ("可以刷卡", "能用银行卡付款"), ("支持刷卡", "支持银行卡付款"), ("适合带孩子", "适合亲子"),
    ("儿童友好", "亲子友好"), ("可以带宠物", "能带猫狗"), ("允许宠物进入", "猫狗可以进"), ("可带宠物", "猫狗可入内"),
    ("有无障碍设施", "方便轮椅进出"), ("24小时营业", "通宵营业"), ("半夜也开门", "深夜也营业"),
    ("可以提前预约", "可以提前预订"), ("能在网上预约", "能在线预订"), ("可预约", "可预订"), ("离地铁近", "靠近地铁站"),
    ("近地铁", "挨着地铁站"), ("环境安静", "环境清静"), ("包间", "包厢"), ("露天座位", "户外座位"),
    ("可以坐外面", "能坐户外"), ("点外卖", "叫外送"), ("可外卖", "可外送"), ("素食选择", "斋菜可选"),
    ("有素食", "有斋菜"), ("可以上门", "可以到家里来"), ("上门服务", "到家服务"), ("不用办卡", "无需办会员卡"),
    ("免办卡", "无需办卡"), ("师傅有经验", "师傅手艺老练"), ("能送货", "能配送"), ("送货上门", "配送到家"),
    ("能退换货", "可以退货换货"), ("保证正品", "保真"), ("会员能打折", "会员有优惠"), ("会员折扣", "会员优惠"),
    ("能包装礼品", "能帮忙包礼物"), ("包早饭", "带早餐"), ("含早餐", "带早餐"), ("能接机", "能到机场接人"),
    ("有游泳池", "有泳池"), ("游泳池", "泳池"), ("健身房", "健身中心"), ("能用医保", "可以走医保"),
    ("支持医保", "可走医保"), ("有老专家", "有资深医生"), ("医生会英语", "医生能说英文"), ("英语服务", "英文服务"),
    ("学生能打折", "学生有优惠"), ("拍照好看", "出片"), ("适合拍照", "适合摄影"), ("晚上也能玩", "夜间也开放"),
))
_OTHER_EN = replacing((
    ("with somewhere to park", "with a parking lot"), ("with parking", "with a car park"), ("parking", "a car park"),
    ("free wireless internet", "free internet access"), ("wifi", "wireless internet"),
    ("that takes cards", "that accepts bank cards"), ("where I can pay by card", "where card payment works"),
    ("cards accepted", "card payment accepted"), ("good for children", "suitable for kids"),
    ("child friendly", "kid friendly"), ("that lets my dog in", "where dogs can come in"),
    ("where pets are allowed", "that is pet friendly"), ("pets allowed", "pet friendly"),
    ("that a wheelchair can enter", "with wheelchair access"), ("step-free access", "wheelchair access"),
    ("open 24 hours", "open around the clock"), ("open all night", "open through the night"),
    ("that I can book ahead", "where I can reserve in advance"), ("bookable online", "reservable online"),
    ("close to a subway station", "next to a metro stop"), ("near the subway", "near the metro"),
    ("with a quiet atmosphere", "that is calm and peaceful"), ("that is quiet", "that is peaceful"),
    ("private room", "separate dining room"), ("outdoor seats", "seating outside"),
    ("where we can sit outside", "with a terrace"), ("takeaway", "takeout"), ("vegetarian options", "meat-free dishes"),
    ("that vegetarians can enjoy", "with meat-free dishes"),
    ("that can host a birthday", "where we can celebrate a birthday"), ("home visits", "visits at home"),
    ("experienced staff", "seasoned staff"), ("that delivers", "that brings things to the door"),
    ("home delivery", "delivery to the door"), ("that accepts returns", "where I can return things"),
    ("member discounts", "discounts for members"), ("that wraps gifts", "that does gift packing"),
    ("gift wrapping", "gift packing"), ("that includes breakfast", "with free breakfast"),
    ("breakfast included", "free breakfast"), ("airport pick-up", "airport transfer"),
    ("that has a pool", "where I can swim"), ("swimming pool", "pool to swim in"), ("fitness room", "gym on site"),
    ("that can be cancelled for free", "with no cancellation fee"), ("free cancellation", "no cancellation fee"),
    ("where English is spoken", "where the staff speak English"), ("student discount", "reduced price for students"),
    ("student tickets", "reduced tickets for students"), ("good for photos", "that is photogenic"),
    ("under a roof", "that is inside a building"), ("open in the evening", "open at night"),
), words=True)
_CONTRACTIONS = (
    ("I'm", "I am"), ("I'd", "I would"), ("What's", "What is"), ("what's", "what is"), ("It's", "It is"), ("it's", "it is"),
    ("don't", "do not"), ("doesn't", "does not"), ("can't", "cannot"), ("We're", "We are"), ("I've", "I have"),
    ("isn't", "is not"), ("you're", "you are"),
    ("That's", "That is"), ("that's", "that is"), ("won't", "will not"), ("didn't", "did not"),
)
_SPELLINGS = (
    ("centre", "center"), ("Centre", "Center"), ("theatre", "theater"), ("Theatre", "Theater"), ("savoury", "savory"),
    ("cancelled", "canceled"), ("colour", "color"), ("favourite", "favorite"), ("neighbourhood", "neighborhood"),
    ("organised", "organized"), ("travelling", "traveling"), ("grey", "gray"), ("flavour", "flavor"), ("jewellery", "jewelry"),
)
_COUNTS_EN = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_COUNTS_ZH = "零一二三四五六七八九"


def _known(locale: str) -> Iterator[tuple[str, str]]:
    """Each of the generator's ways to ask for a service to the next one."""
    for tag in dict.fromkeys(t for terms in TAGS.values() for t in terms):
        asks = tag.asks_zh if locale == "zh" else tag.asks_en
        for n, ask in enumerate(asks):
            if asks[(n + 1) % len(asks)] != ask:
                yield ask, asks[(n + 1) % len(asks)]


def _kinds(locale: str) -> Iterator[tuple[str, str]]:
    """Each of the generator's names for a kind of place to the next one."""
    for sub in (s for subs in SUBCATEGORIES.values() for s in subs):
        nouns = sub.nouns_zh if locale == "zh" else sub.nouns_en
        yield from ((noun, nouns[(n + 1) % len(nouns)]) for n, noun in enumerate(nouns))


def _polite_before(text: str, locale: str) -> str:
    return (f"您好，{text}" if locale == "zh" else f"Good day, {text}") if text else text


def _polite_after(text: str, locale: str) -> str:
    gap = "" if text.endswith((".", "!", "?", "。", "！", "？", "\n")) else "。" if locale == "zh" else "."
    return (f"{text}{gap}非常感谢。" if locale == "zh" else f"{text}{gap} Many thanks in advance.") if text else text


def _counts(text: str, locale: str) -> str:
    """Counts of places in words: 3家 -> 三家, 3 places -> three places."""
    if locale == "zh":
        return re.sub(r"(?<![\d.])([2-9])(?=[家个间])", lambda m: "两" if m[1] == "2" else _COUNTS_ZH[int(m[1])], text)
    return re.sub(r"\b([2-9])(?= (?:places|options|suggestions|items))", lambda m: _COUNTS_EN[int(m[1])], text)


def _zeros(text: str, locale: str) -> str:
    """4.5 -> 4.50, 58 yuan -> 58.00 yuan."""
    text = re.sub(r"(?<![\d.])(\d\.\d)(?![\d.])", r"\g<1>0", text)
    return re.sub(r"(?<![\d.,])(\d+)(?=元|块钱| yuan)", r"\1.00", text)


def _thousands(text: str, locale: str) -> str:
    """1590 -> 1,590."""
    return re.sub(r"(?<![\d.,])(\d{1,3})(\d{3})(?![\d.,])", r"\1,\2", text)


def _sign(text: str, locale: str) -> str:
    return re.sub(r"(?<![\d.,\-到])(\d+(?:\.\d+)?)(?:元| yuan)", r"¥\1", text)


TERMS_ZH, TERMS_EN = replacing(_known("zh")), replacing(_known("en"), words=True)
KINDS_ZH, KINDS_EN = replacing(_kinds("zh")), replacing(_kinds("en"), words=True)

WORDING: tuple[Change, ...] = (
    Change("polite words before", _polite_before, TOLD, breaks=f"{COUNT}|{ENDS}|{LAYOUT}"),
    Change("polite words after", _polite_after, TOLD, breaks=f"{COUNT}|{ENDS}"),
    Change("an emoji at the end", lambda t, _: f"{t} 🙂" if t else t, TOLD, breaks=f"{COUNT}|{ENDS}"),
    Change("service terms in the other known words", lambda t, loc: (TERMS_ZH if loc == "zh" else TERMS_EN)(t, loc), ASKED),
    Change("service terms in new words", lambda t, loc: (_OTHER_ZH if loc == "zh" else _OTHER_EN)(t, loc), TOLD, breaks=WORDS),
    Change("kinds of place in the other known words", lambda t, loc: (KINDS_ZH if loc == "zh" else KINDS_EN)(t, loc), ASKED),
    Change("contractions expanded", replacing(_CONTRACTIONS, words=True), TOLD, ("en",), breaks=f"{COUNT}|{WORDS}"),
    Change("American spelling", replacing(_SPELLINGS), (*TOLD, *ORDERED), ("en",), breaks=WORDS),
    Change("American spelling in records", replacing(_SPELLINGS), RECORDS, ("en",)),
    Change("counts in words", _counts, (*ASKED, *ORDERED)),
    Change("trailing zeros", _zeros, TOLD, breaks=COUNT),
    Change("thousands separators", _thousands, TOLD, breaks=MARKS),
    Change("currency sign", _sign, TOLD, breaks=COUNT),
)
