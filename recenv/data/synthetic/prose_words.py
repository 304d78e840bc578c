"""How answers in prose put things, in Chinese and English: what places have, what no record holds, and whole sentences.

Read by ``prose``.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Said(NamedTuple):
    """A feature: its tag, how a sentence about a place says that it has it, and what it is called."""

    tag: str
    has: tuple[str, ...]
    nouns: tuple[str, ...]


_ZH = """
停车方便=停车方便/有停车位/可以停车/停车不用愁=停车位/停车场
无线网络=有无线网络/提供WiFi/有免费WiFi可用=无线网络/WiFi
支持刷卡=支持刷卡/可以刷卡/能刷信用卡=刷卡
儿童友好=对儿童友好/适合带孩子/很适合亲子出行=儿童设施
可带宠物=可以带宠物/允许宠物进入/欢迎宠物/带狗也没问题=宠物
无障碍=有无障碍设施/轮椅可以进出/有无障碍通道=无障碍设施
24小时=24小时营业/全天营业/从不打烊/半夜也开门=24小时营业
可预约=可以提前预约/支持预约/能在线预订=预约
近地铁=离地铁很近/就在地铁附近/近地铁/挨着地铁站=地铁
环境安静=环境安静/比较清静/安静不吵=安静的环境
有包间=有包间/提供包间/可以坐包间=包间
露天座位=有露天座位/可以坐在户外=露天座位
可外卖=可以外卖/支持外卖=外卖
素食选择=有素食可选/提供素食=素食
生日布置=可以办生日/提供生日布置=生日布置
上门服务=可以上门/提供上门服务=上门服务
免办卡=不用办卡/无需办卡=办卡要求
资深技师=有资深技师/师傅经验丰富=资深技师
送货上门=可以送货上门/能配送到家=送货上门
七天退换=支持七天退换/七天内可退换=七天退换
正品保证=保证正品/有正品保证=正品保证
会员折扣=有会员折扣/会员能打折=会员折扣
礼品包装=提供礼品包装/可以包装礼物=礼品包装
含早餐=含早餐/早餐包含在内=早餐
健身房=有健身房/带健身房=健身房
接机服务=提供接机服务/可以接机=接机
游泳池=有游泳池/带泳池=游泳池
免费取消=可以免费取消/支持免费取消=免费取消
支持医保=支持医保/可以走医保=医保
专家坐诊=有专家坐诊/专家亲自看诊=专家坐诊
英语服务=提供英语服务/医生会说英语=英语服务
语音讲解=有语音讲解/可以租讲解器=语音讲解
学生票=有学生票/学生有优惠=学生票
适合拍照=适合拍照/拍照很出片=拍照点
室内=在室内/是室内场馆=室内空间
夜游=可以夜游/晚上也开放=夜游
"""
_EN = """
parking=has parking/offers parking/has a car park/comes with somewhere to park=parking
wifi=has wifi/offers wifi/provides wireless internet=wifi
cards accepted=accepts cards/takes cards=card payment
child friendly=is child friendly/is good for kids/suits families with children=facilities for children
pets allowed=allows pets/welcomes pets/lets you bring a pet/is pet-friendly=pets
step-free access=has step-free access/is wheelchair accessible/offers step-free access=step-free access
open 24 hours=is open 24 hours/stays open around the clock/never closes/is open all night=round-the-clock hours
bookable online=can be booked online/is bookable online/takes reservations online=online booking
near the subway=is near the subway/sits close to a subway station/is right by the metro=a subway station
quiet=is quiet/has a quiet atmosphere/is listed as quiet=quiet
private room=has a private room/offers private rooms=private rooms
outdoor seats=has outdoor seats/offers seating outside=outdoor seats
takeaway=does takeaway/offers takeaway=takeaway
vegetarian options=has vegetarian options/serves vegetarian dishes=vegetarian options
birthday service=offers a birthday service/can host a birthday=a birthday service
home visits=makes home visits/offers home visits=home visits
no membership needed=needs no membership/doesn't require a membership=a membership requirement
senior staff=has senior staff/has experienced staff=senior staff
home delivery=delivers to your home/offers home delivery=home delivery
seven-day returns=accepts seven-day returns/offers seven-day returns=seven-day returns
authenticity guaranteed=guarantees authenticity/sells only genuine goods=an authenticity guarantee
member discounts=gives member discounts/has discounts for members=member discounts
gift wrapping=offers gift wrapping/wraps gifts=gift wrapping
breakfast included=includes breakfast/has breakfast included=breakfast
fitness room=has a fitness room/comes with a gym=a fitness room
airport pick-up=offers airport pick-up/provides airport transfers=airport pick-up
swimming pool=has a swimming pool/comes with a pool=a swimming pool
free cancellation=offers free cancellation/can be cancelled for free=free cancellation
public insurance accepted=accepts public insurance/takes public insurance=public insurance
senior doctors=has senior doctors/has experienced doctors=senior doctors
English spoken=has English-speaking staff/speaks English=English service
audio guide=has an audio guide/offers audio guides=an audio guide
student tickets=sells student tickets/has a student discount=student tickets
photo spots=has good photo spots/is great for photos=photo spots
indoors=is indoors/is under a roof=indoor space
evening opening=opens in the evening/is open at night=evening opening
"""
INVENTED = {
    "zh": tuple("""有儿童乐园/还有现场乐队驻唱/提供代客泊车/有电动车充电桩/会赠送饮料/新用户首单立减20元/
被评为必吃榜餐厅/入选了米其林指南/
是国家5A级景区/老板是有名的大厨/有屋顶花园/配有按摩椅/有免费班车接送/可以免费试吃/配有私教/带投影和KTV/刚刚重新装修过/
提供手工体验课/有宠物乐园/
设有咖啡吧/配有储物柜和淋浴/支持以旧换新/免费上门安装/可以看到江景/有专属管家服务/提供免费接送/配送费全免/
有婴儿推车出租/提供夜宵自助/
能看到夜景/有图书角/获得过全国金奖/是百年老店/每天下午有表演/提供免费茶水/有恒温泳池/有儿童餐/支持分期付款/有双语导游/
当天就能取/免费停车两小时/
拥有自己的农场/提供药膳/连续三年口碑第一/有明星打卡/配有烘干机/提供加床/有露天烧烤区/赠送纪念品/提供翻译服务/
有射箭场""".replace("\n", "").split("/")),
    "en": tuple("""has a playground/has live music at weekends/offers valet parking/has charging points for electric cars/
hands out a welcome drink/
gives 20% off to first-time customers/won a Michelin Bib Gourmand/was voted best in the city/has a rooftop garden/
is run by a celebrity chef/
has massage chairs/runs a free shuttle/offers free samples/has personal trainers/has a karaoke room/
was renovated last year/runs cooking classes/
has a fenced dog run/has an in-house café/has lockers and showers/takes old devices in exchange/
installs everything for free/has a view of the river/
has a butler on every floor/offers free delivery/rents out strollers/serves a late-night buffet/overlooks the skyline/
has a reading corner/
won a gold award/has been around for a hundred years/has shows every afternoon/serves complimentary tea/
has a heated indoor pool/has a kids' menu/
lets you pay in instalments/has bilingual guides/finishes orders the same day/includes two hours of free parking/
grows its own vegetables/
has a sauna/gives out souvenirs/has an archery range/offers extra beds/has a barbecue terrace/keeps a wine cellar/
has a fireplace in the lobby/
offers translation services/has a terrace with heaters/offers a loyalty card/
lends out bicycles""".replace("\n", "").split("/")),
}
"""What no record holds."""

DISTANT = {"zh": "距离", "en": "distance"}

_PLANS_ZH = """
open=||您好！|您好呀～|好的，|没问题！|根据您的需求，我看了一下：|帮您整理了几家：|谢谢您的耐心等待。|哈喽～😊|给您参考：|收到！以下是我的建议：|为您找到这些：¶|话不多说，直接上推荐：|嗯，这个需求挺明确的。|
感谢咨询！
close=|||您觉得怎么样？|您更看重哪一点呢？|需要我再帮您看看别的吗？|祝您愉快！|希望对您有帮助～|要我继续筛选吗？😄|如果还有其他要求，随时告诉我。|建议出发前再打电话确认一下。|您看哪家合适？|要不要我帮您比较一下？
first=推荐{n}，|可以看看{n}，|{n}：|首选{n}，|我会优先考虑{n}，|**{n}**，|先看{n}，|不妨试试{n}，|如果问我的话，我会选{n}，
next=另外{n}|还有{n}|{n}则|再看{n}，|至于{n}，|备选是{n}，|**{n}**，|其次是{n}，|{n}呢，
price=人均{v}元|价格{v}元|只要{v}元|大概{v}元|{v}元左右|消费{v}块|才{v}元|花费约{v}元
rating=评分{v}分|口碑{v}分|{v}分|评分有{v}|用户打分{v}分|有{v}分的评分
area=在{v}|位于{v}|地处{v}|就在{v}
kind=是一家{v}|属于{v}|主打{v}
dish=推荐菜有{v}|可以尝尝{v}|{v}是招牌|能吃到{v}
far=离您{v}|距离{v}|大约{v}远|只有{v}
shut=营业到{v}|{v}关门|一直开到{v}|{v}打烊
miss=资料里没有提到{f}|没有写明{f}|暂无{f}信息|似乎没有{f}|没有列出{f}
lack=没有{f}|不提供{f}|可惜没有{f}
all={c}家都{h}|这{c}家全部{h}|{c}家均{h}|上面{c}家，每一家都{h}|好消息是{c}家都{h}
none={c}家都没有{f}|可惜没有一家有{f}
count={c}家里有{k}家{h}|其中{k}家{h}|这{c}家当中，{k}家{h}
only=只有{n}{h}|{n}是唯一{h}的|{h}的只有{n}|唯一{h}的是{n}
cheap={c}家里{n}最便宜|最便宜的是{n}|价格最低的是{n}|{n}价格最低
best=评分最高的是{n}|{n}评分最高|口碑最好的是{n}，评分最高
near={n}离您最近|最近的是{n}|距离最近的是{n}
cheaper={a}比{b}便宜|{a}比{b}便宜{d}元|论价格，{a}比{b}更便宜|{b}比{a}贵{d}元|{a}的价格比{b}低
better={a}的评分比{b}高|论口碑，{a}评分比{b}更高|{b}评分比{a}低|{a}评分比{b}高一些
pair={a}和{b}，前者{x}，后者{y}|{a}和{b}都可以考虑：前者{x}，后者{y}|两家里，{a}{x}，{b}则{y}
wish=如果您想{f}的话，|您提到了{f}，|既然您看重{f}，
hedge=应该比较符合您的要求|个人觉得挺合适|可以优先考虑|供您参考|值得一去
names=可以看看{ns}。|为您找到{ns}。|推荐{ns}，您慢慢挑。|{ns}都可以考虑。|试试{ns}？
idle=这些都是按您的要求挑的。|我按您的条件筛了一遍。|您可以先看看。|选哪家主要看您的偏好。|各有各的特点。|下面说说我的理由。|
周末人可能会多一些，早点去比较好。|这个选择题确实有点难。|出发前记得看看天气哦～|和朋友一起去应该会很开心。|
我知道您赶时间，就长话短说。|仔细比较下来，差别其实不大。|要是我的话可能会纠结一阵子。|这一带我了解得不多，仅供参考。|
放心，我只说有据可查的。|时间充裕的话可以慢慢挑。|别担心，总有一款适合您。|祝您和家人玩得尽兴！|
简单说一下结论吧。|综合来看，我有个小小的建议。|其他细节资料里没写，我就不乱说了。|顺带一提，心情最重要😆
"""
_PLANS_EN = """
open=||Hi there! |Sure! |Great question! |Happy to help. |Based on what you told me, |Here's what I found:¶|
Thanks for waiting! |Of course 😊 |Let me think... |Good news! |Alright, here goes: |Certainly! Here are my thoughts. |
Here's a quick rundown:¶|Hello! |
close=||| Does that work for you?| Shall I look for anything else?| Which one do you feel like?| Enjoy!|
 Hope this helps!| Would you like me to narrow it down?| Let me know what matters most to you.|
 I'd ring ahead before you go, though.| Want the details of the others as well?| Have fun 🎉
first=I'd suggest {n}: it |{n} |**{n}** |My pick would be {n}, which |You could try {n}, which |I'd go with {n}. It |
Have a look at {n}; it |Consider {n}, since it |
next={n} |As for {n}, it |Then there's {n}, which |**{n}** |{n}, on the other hand, |Another option is {n}. It |
Alternatively, {n} |
price=costs {v} yuan|is about {v} yuan|comes to {v} yuan|is priced at {v} yuan|will set you back {v} yuan|
is only {v} yuan
rating=is rated {v}|has {v} stars|scores {v}|has a rating of {v}|gets {v} stars from visitors
area=is in {v}|is located in {v}|lies in {v} district|can be found in {v}
kind=is a {v} place|is listed as {v}
dish=serves {v}|is known for its {v}|has {v} on the menu
far=is {v} away|is about {v} from you|is just {v} away
shut=is open until {v}|closes at {v}|stays open till {v}
miss=doesn't list {f}|doesn't mention {f}|says nothing about {f}
lack=has no {f}|doesn't offer {f}|doesn't have {f}
all=All {c} of them {s}|All {c} {s}|Each of the {c} {h}|All {c} places {s}
none=None of them {h}|None of the {c} {h}
count={k} of the {c} {s}|{k} out of the {c} {s}|{k} of these {c} places {s}
only=Only {n} {h}|{n} is the only one that {h}|The only one that {h} is {n}
cheap={n} is the cheapest of the {c}|The cheapest is {n}|{n} is the least expensive
best={n} has the highest rating|The best-rated one is {n}|{n} is the highest-rated of the {c}
near={n} is the closest|The nearest is {n}|{n} is the closest to you
cheaper={a} is cheaper than {b}|{a} is {d} yuan cheaper than {b}|{b} costs {d} yuan more than {a}|
{b} is more expensive than {a}
better={a} is better rated than {b}|{a} has a higher rating than {b}|{a} scores higher than {b}|
{b} is rated lower than {a}
pair=You could choose between {a} and {b}: the former {x}, the latter {y}|
There are {a} and {b}. The former {x}, while the latter {y}|{a} {x}, whereas {b} {y}
wish=Since you asked about {f}, |If you want {f}, |As {f} matters to you, |
hedge=should suit you|might be a good fit|seems worth a look|would be my choice|is worth considering
names=You could look at {ns}.|I found {ns} for you.|How about {ns}?|Have a look at {ns}.|{ns} might be worth a try.
idle=These are sorted by how well they fit.|I went through the listings for you.|It really depends on what you prefer.|
Take your time.|Each has its own charm.|Weekends may get crowded, so plan a little slack.|That's a tough choice, honestly.|
Remember to check the weather before heading out.|I hope the evening goes well for both of you.|
I'll keep this short since you're in a hurry.|
Looking closely, the differences are small.|Personally I'd dither for a while.|Nothing fancy, just the facts I can see.|
Don't worry, we'll sort this out together.|There's a lot to weigh up here.|Beyond that the listing is silent, so I won't guess.|
Either way you can hardly go wrong.|To sum up my thinking in one line, see below.|A small tip from me: sleep on it.|
Your friends will surely have opinions too 😄|If that changes, tell me and I'll start over.|Not a bad problem to have!
"""


def _said(table: str) -> dict[str, Said]:
    found = {}
    for line in re.sub(r"/\n", "/", table.strip()).split("\n"):
        tag, has, nouns = line.split("=")
        found[tag] = Said(tag, tuple(has.split("/")), tuple(nouns.split("/")))
    return found


def _plans(table: str) -> dict[str, tuple[str, ...]]:
    """Wordings by kind, separated by bars, a last bar ends them; a line that begins with no kind goes on, ¶ is a new line."""
    whole = re.sub(r"\n(?![a-z]{2,8}=)", "", table.strip("\n"))
    return {kind: tuple(told.replace("¶", "\n").removesuffix("|").split("|"))
            for kind, _, told in (line.partition("=") for line in whole.split("\n"))}


PLANS = {"zh": _plans(_PLANS_ZH), "en": _plans(_PLANS_EN)}
"""What a sentence may be, by what it says; {n}, {a}, {b}: names, {v}: a value, {h}, {s}: has and have, {f}: a feature's noun."""

FEATURES = {"zh": _said(_ZH), "en": _said(_EN)}
"""By the tag that records carry."""
