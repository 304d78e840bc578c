"""What a question to the user is about: the slots that it names, or anything else that they might want.

Text is cut into sentences, those into clauses, and only clauses that ask are read, so that what is merely stated counts for
nothing: 价格都不贵。您想在哪个区？ asks for the area. In a clause, words that name a slot (价位, budget) outrank words that may
only describe what is looked for (附近, cheap): those count where nothing is named. Words are simplified Chinese and English.

Words that fit several slots ask for all of them, since worlds differ in where they keep the answer: a cuisine is a
subcategory or a dish, a facility is a facility or a tag, a class of hotel a hotel type or a subcategory.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from recenv.data.constraints import SLOTS

LONGEST = 2_000
"""Characters of a text that are read."""


class Asked(NamedTuple):
    """What a question is about.

    slots: names in ``recenv.data.constraints.SLOTS`` that it asks for, in the order of SLOTS.
    anything: it asks what (else) the user wants without naming a slot ("Anything else that matters to you?").
    """

    slots: tuple[str, ...]
    anything: bool


class _Cues(NamedTuple):
    """Words about a slot, as patterns. names: they ask for it; hints: they do where a clause names no slot. "" for none."""

    names_zh: str
    names_en: str
    hints_zh: str = ""
    hints_en: str = ""


# Gaps between words are bounded, and no unbounded quantifier stands in another: the time is linear in the text.
_PLACE_ZH = "餐馆|餐厅|饭店|饭馆|酒店|宾馆|景点|景区|商场|店铺?|门店|商家|医院|诊所|健身房|馆子|咖啡馆"
_PLACE_EN = (r"places?|restaurants?|hotels?|shops?|stores?|attractions?|cafes?|venues?|sights?|spots?|clinics?|hospitals?|malls?"
             r"|museums?|parks?|salons?|gyms?|bars?|establishments?|accommodations?|tours?|business(?:es)?|eater(?:y|ies)"
             r"|lodgings?|outlets?|activit(?:y|ies)|thing|treatments?|doctors?|somewhere")
_NO_TYPE_EN = (
    r"pric|budget|cost|areas?|location|district|neighbou|atmosphere|ambian|ambien|vibe|feature|facilit|amenit"
    r"|environment|rating|dish|help|information|assistance|preference|requirement|people|person|weather|payment|trip"
    r"|occasion|transport|thing|music|view"
)
_FOOD_ZH = r"(?:想|要|爱|喜欢|打算|准备)吃(?!辣|素)|吃(?:什么|点|些|哪|啥)|菜系|菜还是|[中西快]餐|火锅|烧烤|日料|甜品"
_FOOD_EN = (r"cuisines?|(?<!for )(?<!on )(?<!on the )(?<!for the )foods?"
            r"|(?:like|want|eat|feel|love|prefer|enjoy|plan)(?:ing)? to eat|rather eat|eating\b(?! out)|in the mood for|craving")
_SERVICE_ZH = r"(?<!本次)(?<!这次)(?<!我的)(?<!我们的)(?<!生活)服务(?!员|区)|设施|设备|配套"
_SERVICE_EN = (r"facilit(?:y|ies)|amenit(?:y|ies)|(?<!of )(?<!our )(?<!my )(?<!customer )(?<!the )services?|equipment")
_COMFORT_ZH = (r"停车|无线|wi-?fi|早餐|早饭|泳池|健身房|洗衣|接机|包间|包厢|外卖|外带|露天|宠物|孩子|小孩|儿童|轮椅|无障碍|刷卡"
               r"|医保|送货|预约|安静|热闹|(?<!坐)(?<!乘)地铁|24小时|讲解|取消")
_COMFORT_EN = (r"parking|park (?:a|the|your) car|wi-?fi|internet|breakfast|pool|gym|laundry|air ?conditioning|pick-?up|shuttle"
               r"|private rooms?|take-?away|takeout|delivery|outdoors?|outside|pets?|dogs?|kids|child(?:ren)?|toddlers?"
               r"|wheelchairs?|step-free|accessib\w{2,5}|by card|insurance|quiet|lively|subway|metro|cancell?ation|bookable"
               r"|book ahead|audio guide|indoors?|smoking|non-smoking")

_CUES: dict[str, _Cues] = {
    "name": _Cues(
        r"店名|名称|(?<!您的)(?<!你的)(?<!您叫什么)(?<!你叫什么)名字|哪一?(?:家|间)"
        rf"|哪(?:个|座)(?:{_PLACE_ZH})(?!附近|周边|旁边|边上|近)"
        rf"|(?:指定|特定|具体|心仪|看中|看上)的?(?:某)?(?:一?[家个])?(?:{_PLACE_ZH})"
        r"|(?:餐厅|酒店|店|景点|地方)叫(?:什么|啥)|牌子|品牌",
        r"names? of (?!the (?:guest|booking))"
        r"|(?<!your )(?<!your full )(?<!first )(?<!last )(?<!you )(?<!please )(?<!what )names?(?! a\b| an\b| the\b| your\b"
        r"| some\b| (?:should|shall) (?:i|we)\b| for (?:the|your|this) (?:booking|reservation))"
        rf"|which (?:of [\w ]{{1,20}}|one|{_PLACE_EN})\b(?![^,?]{{0,40}}\b(?:near|close to|next to|around)\b)"
        rf"|(?<!near a )(?<!near any )(?<!to a )(?<!to any )(?<!around a )(?:particular|specific|certain) (?:{_PLACE_EN})\b"
        r"|brands?"),
    "rating": _Cues(
        r"评分|口碑|(?<!服务的)(?<!服务作出)评价(?!一下)(?!我|本次|这次)|好评|(?:几|多少)分(?!钟)|得分|打分(?!吧|一下)",
        r"ratings?(?! (?:us|me|my|our))|rated|reviews?|reputation|scores?|(?:how many|number of|minimum|at least|least) stars?",
        "", r"stars\b|popular|well-known"),
    "price": _Cues(
        r"价格|价位|价钱|(?<!评)价(?!值)|预算|人均|消费|多少钱|几块钱|花多少|花费|费用|门票|票价|(?:想|愿意|打算|能|准备)花"
        r"|付多少|多少(?:元|块)|承受",
        r"pric(?:e|es|ed|ing|ey|y|epoint)\b|budgets?(?! (?:hotel|inn|motel))"
        r"|spend(?:ing)?(?! (?:the night|time|the day|there|at|exploring))\b(?! (?:[\w ]{0,12} )?(?:hours?|time|days?"
        r"|nights?)\b)|costs?|afford|(?:to|can|could|you) pay(?! attention| by| with)|fees?|charges?"
        r"|how much(?! (?:time|further|farther|walking|does|do you (?:care|mind|know|value|like|weigh)|of a|is it (?:worth"
        r"|important)))|per (?:person|head|night)",
        r"便宜|贵(?!姓|方|店|司)|实惠|划算|经济实惠|免费",
        r"cheap(?:er|est|ly)?|expensive|affordable|inexpensive|pricier|fancy|free of charge|value for money"),
    "distance": _Cues(
        r"距离|多远|远近|多近|(?:几|多少)(?:公里|千米|米|站)|车程|路程|(?:走|开车?|步行|坐车)(?:多久|多长时间|几分钟)"
        r"|离(?:您|你|家|公司|现在|当前|这)",
        r"(?<!walking )(?<!social )distance"
        r"|how (?:far|close|near)(?! (?:along|back|into|in advance|are you (?:with|in|to (?:finish|mak|decid)\w{0,5})))"
        r"|how many (?:km|kilomet(?:er|re)s|miles|minutes|blocks|stops)"
        r"|how long (?:a|of a|an?) (?:walk|drive|ride|trip|commute)"
        r"|how long[^,?]{0,24}(?:walk|drive|commut|travel|get there)\w{0,4}"
        r"|(?:near|close|closer|nearer) to (?:you|home|here|where you (?:are|live|work)|your (?:current"
        r"|present) \w{1,12}|your (?:home|place|house|office))\b|walking distance"
        r"|the (?:closest|nearest)\b(?! (?:[a-z]{1,12} )?(?:subway|metro|station|to)\b)",
        r"(?:^|[ ,、要想找选您你个家的])[近远](?:一点|一些|点)|还是近|走路|步行|(?:太|很|较|比较)远",
        r"far(?<!so far)(?<!as far)(?<!by far)(?<!thus far)(?! (?:better|more|as|along|from perfect))|further(?= away)"
        r"|farther|close by|closer|nearer|travel(?= (?:there|for it))|walk"),
    "area": _Cues(
        r"(?<!这个)(?<!这片)(?<!该)(?<!景)(?<!服务)区域|位置|地段|地点|方位|商圈"
        r"|(?:哪|什么)(?:个|一|些|几)?(?:区|城区|城市|片|带|地区|街道)|城区|地区"
        r"|哪(?:里|儿|边|块)(?!不|附近|周边|旁边|边上|听|知道|来的|人)"
        r"|在哪(?!家|个(?!区|城|地|商|片|位|方|街)|些|附近|种|类|天|一(?:家|天))|什么地方"
        r"|去哪(?!家|个(?!区|城|地|商|片|位|方|街)|些|种|类|一家)|东城|哪头",
        r"(?<!in the )(?<!in this )(?<!in that )(?<!this )(?<!that )(?<!in your )(?<!in our )areas?|(?<!this )districts?"
        r"|neighbou?rhoods?|locat(?:ion|ions|ed)\b(?! near| close| next)|whereabouts"
        r"|(?:part|side|end|corner) of (?:the )?(?:city|town|beijing|shanghai)|which (?:city|town|part)"
        r"|(?:^|\b(?:and|or|so|know|me|about|ask|exactly|then|but|also|please|wondering|ok|okay|hi"
        r"|hello) )where(?:'s)?\b(?! (?:is (?:it|this|that)\b|did you (?:hear|learn|find)|are you from|do you (?:come|work"
        r"|live) ?from|do you work|were you|have you been|near|close))(?![^,?]{0,40}\b(?:near|close to|next to)$)",
        r"市中心|郊区|这边|那边|这个?区域|这片区域|该区域",
        r"downtown|suburbs?|city cent(?:er|re)|central(?:ly)?|in (?:the|this|that|your) area|uptown"),
    "subcategory": _Cues(
        r"(?:什么|哪)(?:样|种|类|一类|一种|类型|种类|风格|类别)(?:类型|风格)?+的?+(?!价|预算|位置|地段|地点|区|环境|氛围"
        r"|气氛|服务|设施|特色|口味|评|口碑|帮助|需|要求|菜(?!系)|交通|距离|条件|房|配套|方式)|类型|种类|类别|品类"
        rf"|怎样的(?:{_PLACE_ZH}|地方)|(?<!附近有)(?<!周边有)(?<!旁边有)(?<!周围有)什么(?:{_PLACE_ZH})|{_FOOD_ZH}",
        rf"(?:types?|kinds?|sorts?|styles?|category|categories|class) of (?:[a-z' -]{{0,24}}\b)?(?:{_PLACE_EN}|services?)\b"
        r"|(?:what|which|the|any|certain|specific|particular) (?:type|kind"
        rf"|sort)s? of (?![a-z' -]{{0,24}}\b(?:{_NO_TYPE_EN}))"
        r"|(?:what|which|a|any|certain|particular|specific|preferred|favou?rite|the|your) (?:type|kind|sort"
        r"|category)\b(?! of| enough| as)"
        rf"|(?:what|which) (?:{_PLACE_EN}) type"
        r"|(?:restaurant|place|venue|hotel|cuisine|food|shop|store|attraction) (?:type|category)"
        rf"|{_FOOD_EN}"),
    "hotel_type": _Cues(
        r"酒店类型|酒店的(?:类型|种类)|(?:什么|哪)(?:样|种|类|类型|种类)的?(?:酒店|宾馆|住宿)|档次|星级|几星"
        r"|(?:经济|舒适|豪华|高档|商务)型",
        r"hotel (?:type|class|categor(?:y|ies)|star)s?"
        r"|(?:types?|kinds?|sorts?|class|category|grade|standard) of (?:[a-z-]{1,12} )?(?:hotels?|accommodations?"
        r"|lodgings?)|star (?:hotel|level|class|category)|(?:how many|number of) stars?[^,?]{0,24}hotel"
        r"|hotel[^,?]{0,24}stars?",
        r"豪华|高档|经济型", r"luxur(?:y|ious)|upscale|budget (?:hotel|inn|motel)|economy|mid-?range|high-end|boutique"),
    "tags": _Cues(
        rf"特色(?!菜)|特点|环境|氛围|气氛|亮点|{_SERVICE_ZH}",
        r"features?|special(?:ty|ties)\b|characteristics?|atmospheres?|ambian?ence|ambience|vibes?|environment"
        r"|(?:what|anything) (?:should|must) (?:it|they|the \w{1,12}) (?:have|offer)"
        rf"|{_SERVICE_EN}",
        _COMFORT_ZH, _COMFORT_EN),
    "dishes": _Cues(
        rf"(?<!点)菜(?!单)(?!品?的?价)|口味|味道|忌口|{_FOOD_ZH}|(?:爱|能|想|要|喜欢|可以)?吃辣|辣|清淡",
        r"(?<!for )(?<!on )(?<!for the )(?<!on the )(?:dish(?:es)?|meals?)\b|(?:your|personal|of) tastes?|flavou?rs?"
        r"|menu items?|spic(?:y|iness|e|es)\b|dietary|allerg(?:y|ies|ic)"
        rf"|{_FOOD_EN}",
        "", r"tastes?|dish(?:es)?|foods?|meals?|sweet|savou?ry"),
    "facilities": _Cues(_SERVICE_ZH, _SERVICE_EN, _COMFORT_ZH, _COMFORT_EN),
    "duration": _Cues(
        r"(?<!走)(?<!车)(?<!步行)(?<!等)(?<!排队)(?<!开)(?<!提前)(?<!等位)(?<!到)多(?:久|长时间|少时间)(?!没|前|能到)"
        r"|(?:游玩|游览|参观|逛的|停留)的?时(?:间|长)|时长|(?:几|多少)个?(?:小时|钟头)|半天|一整?天",
        r"how long(?! (?:have|has|ago|had|a (?:walk|drive|ride)|of a|until|before|it takes to (?:walk|drive"
        r"|get)))(?![^,?]{0,24}(?:walk|drive|commut|get there|wait|travel|married|known))|duration|how much time"
        r"|time needed|(?:how many|number of) hours|spend[^,?]{0,16}(?:hours?|time|day)\b|length of (?:the |your )?visit"
        r"|(?:half|full|whole)[ -](?:a )?day"),
    "nearby": _Cues(
        r"(?:什么|哪里|哪儿|哪|哪个[^,?]{1,6}|哪些[^,?]{1,6})的?(?:附近|周边|旁边|边上)"
        r"|(?:靠近|挨着|临近|毗邻)(?:什么|哪)|离(?:哪|什么)[^,?]{0,6}近"
        r"|(?:附近|周边|周围|旁边)(?:有|需要|要|的?(?:要求|需求|配套|景点|餐馆|酒店)有?)?(?:(?<!没有)什么|哪些|有没有|有无)"
        r"|周边(?:要求|需求|配套|环境)|对(?:附近|周边|周围)|地标|哪个?地铁站",
        r"(?:near|nearby|close to|next to|beside|around|nearest) (?:to )?(?:what|which|any|anything|something"
        r"|a (?:particular|specific|certain|landmark))\b"
        r"|(?:what|which|where|anything|something|somewhere|landmark|place)[^,?]{0,40}\b(?:near|nearby|close to|next to"
        r"|near to|around)(?: to)?$|landmarks?|what[^,?]{0,24}\bnearby",
        r"附近|周边|周围|旁边|靠近|挨着|边上|离[^,?]{1,8}(?:近|不远)|(?<!坐)(?<!乘)地铁",
        r"near|nearby|close to|next to|beside|adjacent|around (?=the|a)|in the vicinity"),
}


def _any(zh: str, en: str) -> re.Pattern[str]:
    """Chinese phrases anywhere, English ones as whole words; "" never matches."""
    parts = [p for p in (zh, rf"\b(?:{en})(?:(?<!\w)|\b)" if en else "") if p]
    return re.compile("|".join(parts) or r"(?!)")


_NAMES = {slot: _any(_CUES[slot].names_zh, _CUES[slot].names_en) for slot in SLOTS}
_HINTS = {slot: _any(_CUES[slot].hints_zh, _CUES[slot].hints_en) for slot in SLOTS}

_SENTENCE = re.compile(r"(?<=[?!。;\n])|(?<=\.)(?=\s|$)")
_CLAUSE = re.compile(
    r"[,:()\[\]…—–]| - |--|(?=请问|但是|不过|那么|那您|那你)"
    r"|\b(?:but|so|and|or|also|then)\b(?= (?:what|what's|which|where|where's|how|how's|do|are|is|would|could|can"
    r"|should|may|when) )"
)
_MEETING = re.compile(r"(?<=[\u4e00-\u9fff])(?=[a-z])|(?<=[a-z])(?=[\u4e00-\u9fff])")
_LEFT_OUT = re.compile(
    r"(?:除了?|除开|撇开|先不说|先不谈|不考虑|不管|无论|不论)[^,?。还您你对]{1,16}"
    r"|\b(?:besides|apart from|aside from|other than|except(?: for)?|in addition to|regardless of|leaving aside"
    r"|no matter)\b[^,?]{1,40}?(?=,|\?|$| what| which| where| how| do | is | are | any| that | you )"
    r"|\b(?:so that|so i|so we|because|since)\b[^?]*|(?:以便|方便我|便于我|好让我|这样我)[^?]*"
)

_FILLER_EN = (
    r"(?:(?:and|so|ok|okay|also|then|or|well|great|but|now|just|please|hi|hello|first|sure|thanks|good|lastly|finally"
    r"|next|alright|by the way) )?"
)
_WH = r"what|what's|which|where|where's|how|how's|when|who|whose|why"
_ASKS = re.compile(  # in a sentence with a question mark
    rf"\b(?:{_WH})\b(?! (?:is great|is good|a great|a nice|means))"
    rf"|^{_FILLER_EN}{_FILLER_EN}(?:do|does|did|are|is|would|could|can|will|should|shall|may|might|must|have|has|any"
    r"|anything|got|need|want|prefer|mind|care)\b"
    r"|\b(?:tell me|let me know|(?:may|can|could) i|whether|do you|are you|would you|is there|any other)\b|吗"
    r"|(?<!什)(?<!怎)(?<!那)(?<!这)么$|谁|^(?![^,]{0,9}没)[^,]{1,9}(?<!的)呢$|(?<!没)(?<!没有)什么|啥|哪|多少|几|怎"
    r"|如何|是否|有没有|有无|([\u4e00-\u9fff])不\1|还是|能否|可否|多[远久大长高近贵]|请问|告诉我"
    r"|(?:说|讲|聊|谈)(?:说|讲|聊|谈|一下)"
)
_ASKS_UNMARKED = re.compile(
    rf"^{_FILLER_EN}{_FILLER_EN}(?:(?:what|what's)\b(?! an?\b)|which\b(?! (?:is|are|was|has|means))|where (?:do|would"
    r"|are|is|should|in|exactly)\b|where's|how (?:much|far|long|about|many|close)|(?:do|would|are|could|can|have"
    r"|will) you|(?:is|are) there (?:any|something)|may i (?:know|ask|have)|any\b)|\b(?:tell me|let me know|tell us)\b"
    r"|^(?:please |kindly )(?:share|specify|give|describe|state|indicate|provide|mention|list|choose|pick|say)\b"
    r"|^(?:share|specify|describe|state|indicate)\b|\bi(?:'d| would)? (?:need|like|love|want|have) to (?:know|ask)\b"
    r"|\bi(?: am|'m) (?:wondering|curious)\b|\bi wonder\b|吗|^(?![^,]{0,9}没)[^,]{1,9}(?<!的)呢$"
    r"|(?<!没)(?<!没有)什么(?!都|也|的$)|(?<!无论)(?<!不管)哪(?![^,]{0,4}[都也])|多少(?!有点|都)|怎么样的|是否|有没有"
    r"|多[远久大长高近]|请问|能否|可否|([\u4e00-\u9fff])不\1|告诉我|告知(?:我|一下|您|你)"
    r"|请(?:您|你)?(?:先|再|简单|大概|具体)?(?:提供|选择|补充|描述|说明|说一下|说说|讲讲|透露|分享|填写|输入|列出|谈谈)"
    r"|想(?:知道|了解|问|请问|确认)(?:一下)?(?:您|你)|(?:说说|讲讲|聊聊|谈谈|说一下)(?:您|你)"
)
_TAG = re.compile(r" ?(?:对|是|可以|好|行|没错|对不对|是不是|是这样|right|correct|is that (?:right|correct|ok|okay|true)|ok|okay"
                  r"|yes)[吗吧么]? ?")
_ASIDE = re.compile(  # offers, and what no slot holds
    r"\bwhat (?:time|date|day)\b(?! needed)|^(?:and |so )?when\b"
    r"|\bhow many (?:people|guests|persons|nights|adults|kids|children)\b"
    r"|[您你](?:看|觉得|认为|感觉)(?:这[家个样]|它|他家)?(?:可以|行|好|怎么样|怎样|如何|咋样|满意|合适)[吗不么]?"
    r"|需要(?:再)?推荐|什么时候|几点|几位|几个人|多少人|几晚|贵姓|称呼|天气"
    r"|\b(?:would you like|do you want|need) to (?:know|hear|see|find out)\b"
    r"|\b(?:like|want|need) me to\b(?! (?:focus|priorit|look for|search|consider|stick))"
    r"|\b(?:shall|should|can|could|may) (?:i|we) (?:tell|show|recommend|suggest|book|reserve|introduce|offer|send"
    r"|give you)\b|\bwould you like (?:some|more|other|a few|any) (?:recommendations|suggestions|options)\b"
    r"|\brate (?:us|me|my|our|this|your)\b|(?:需要|要|要不要|想让|希望|用)我|我(?:再?来|帮|给|为)(?:您|你)|帮您"
    r"|帮你(?!找什么)|(?:给|对)(?:我|本次|这次|此次)[^,?]{0,12}(?:评价|打分|评分|满意)"
)
_JOINS = re.compile(r"^ ?(?:and|or|such as|like|e\.g|for example|for instance|including|with|以及|还有|或者?|和|及|比如|例如"
                    r"|包括)(?![a-z])")
_BARE = re.compile(
    r"\b(?:the|your|a|an|any|some|preferred|favou?rite|and|or|for|about|regarding|concerning|as|in|on|terms|of|please"
    r"|also|like|such|e\.g|example|with|respect|to|when|it|comes|desired|range|level|you|rough|approximate|max|maximum"
    r"|min|minimum|ideal|target|expected|of interest|interested|want|first|ok|okay)\b"
    r"|[您你的和与或者及以还有、对关于至方面话来说上请问大概具体期望想要理想比如例等呢先每们就要求]"
)
_WHOLE = re.compile(
    r"\banything\b|\bsomething (?:else|in mind|special|specific|particular)\b|\bwhat else\b"
    r"|\b(?:kind|sort|type) of (?:help|assistance)\b"
    r"|\b(?:preferences?|requirements?|requests?|needs|wishes|criteria|conditions|expectations|priorities)\b"
    r"|\bwhat (?:matters|counts|would make)\b|\bimportant to you\b"
    r"|\bwhat (?:do|would|did|are|is|can|could|will|else) (?:you|i|it that you|we)(?:'d)? ?(?:want|like|need|prefer"
    r"|have in mind|looking for|after|hoping for|expect|do for you|get you|help|care about|be happy with|most)\b"
    r"|\bhow (?:can|may|could|should) (?:i|we) (?:\w{1,8} )?(?:help|assist|serve|be of)"
    r"|\bmore (?:specific|details?|about what)|\btell me more\b|\b(?:like|want|say|need|have) to add\b|\bin mind\b"
    r"|\belaborate\b|\bother (?:considerations|details|factors|things|points)\b|\blooking for\?*$|要求|需求|偏好|喜好"
    r"|想法|期望|诉求|讲究|条件|(?:还|都)(?:有|想|需)[^,?]{0,4}(?:什么|别的|其[他它])|其[他它]|别的"
    r"|(?:想|需)要(?:点|些)?什么|找(?:点|些)?什么|(?:看重|在意|在乎|注重|关心|喜欢)(?:点|些|的是)?(?:什么|哪)"
    r"|什么(?:可以|能)帮|(?:可以|能)帮(?:您|你)(?:做|找)?(?:点|些)?什么|(?:具体|详细|细)(?:说说|一点|一些|点|地?说|描述)"
    r"|补充|更多(?:的)?(?:信息|细节|要求)"
)
_NOT_WHOLE = re.compile(  # about the offer or the talk, not about wishes
    r"\banything (?:wrong|unclear)\b|\b(?:other|any|more) (?:options|suggestions|recommendations|questions)\b"
    r"|(?:其[他它]|别的)(?:推荐|选择|店|问题|地方|餐馆|酒店|景点)|(?:了解|知道|问)(?:点|些)?(?:其[他它]|别的|什么)"
)
_MORE = re.compile(
    r"\b(?:or|and)\b[^,?]{0,24}\b(?:anything else|other (?:preferences?|requirements?|requests?|needs|wishes"
    r"|criteria|things?|conditions?)|else|something else|any other|others)\b"
    r"|(?:或|及|和|还有|与)[^,?]{0,4}(?:其[他它]|别的)"
)


def read_question(text: str) -> Asked:
    """What a question is about, read from its first 2,000 characters; no slot and not anything where it asks nothing known."""
    plain = _MEETING.sub(r" ", unicodedata.normalize(r"NFKC", text[:LONGEST]).casefold().replace(r"’", r"'").replace(r"‘",
    r"'"))[:LONGEST]
    found: set[str] = set()
    anything = False
    for asked in _questions(plain):
        named = _about(asked)
        found.update(named)
        anything |= bool(_MORE.search(asked) if named else _WHOLE.search(asked) and not _NOT_WHOLE.search(asked))
    return Asked(tuple(slot for slot in SLOTS if slot in found), anything)


def _about(asked: str) -> list[str]:
    """Slots that a clause names; where it names none, those that it hints at."""
    for cues in (_NAMES, _HINTS):
        if slots := [slot for slot, pattern in cues.items() if pattern.search(asked)]:
            return slots
    return []


def _questions(text: str) -> Iterator[str]:
    """The clauses of a text that ask, each with its topic (关于价格，...) and the list that goes on (..., or the area)."""
    sentences = [" ".join(_LEFT_OUT.sub(" ", s).split()) for s in _SENTENCE.split(text)]
    sentences = [s for s in sentences if s]
    rests = [_less_slots(c) for s in sentences for c in _clauses(s)]
    if any(r.named for r in rests) and all(r.bare for r in rests):
        yield " , ".join(sentences)  # "Your budget, please": nothing but slots
        return
    for sentence in sentences:
        clauses = _clauses(sentence)
        marked = sentence.endswith("?")
        asks = [bool((_ASKS if marked else _ASKS_UNMARKED).search(c)) for c in clauses]
        if marked and not any(asks) and clauses:
            asks[-1] = True
        if clauses and any(asks) and all(_TAG.fullmatch(c) for c, a in zip(clauses, asks, strict=True) if a):
            yield " , ".join(c for c in clauses if re.search(r"[您你]|\byou(?:r|'re|'d)?\b", c))
            continue
        yield from _joined(clauses, asks)


def _clauses(sentence: str) -> list[str]:
    parts = (c.strip(" ?!.。;'\"“”") for c in _CLAUSE.split(sentence))
    return [c for c in parts if c]


def _joined(clauses: list[str], asks: list[bool]) -> Iterator[str]:
    """Asking clauses with the bare ones before and the bare or joined ones after them; asides are none."""
    unit, topic = "", ""
    for clause, asking in zip(clauses, asks, strict=True):
        if asking and not (unit and _JOINS.match(clause) and not re.search(rf"\b(?:{_WH}|do|are|is)\b", clause)):
            if unit:
                yield unit
            unit, topic = ("" if _ASIDE.search(clause) else f"{topic} , {clause}" if topic else clause), ""
        elif unit and (_JOINS.match(clause) or _is_bare(clause)):
            unit = f"{unit} , {clause}"
        elif _is_bare(clause):
            topic = f"{topic} , {clause}" if topic else clause
    if unit:
        yield unit


class _Rest(NamedTuple):
    """What a clause is without its slots: whether any is named, and whether nothing but fillers is left."""

    named: bool
    bare: bool


def _less_slots(clause: str) -> _Rest:
    rest, named = clause, 0
    for pattern in (*_NAMES.values(), *_HINTS.values()):
        rest, n = pattern.subn(" ", rest)
        named += n
    return _Rest(named > 0, not re.search(r"\w", _BARE.sub(" ", rest)))


def _is_bare(clause: str) -> bool:
    """Whether a clause holds names of slots and no more."""
    return all(_less_slots(clause))
