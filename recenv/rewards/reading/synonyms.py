"""One word for one concept, in Chinese and in English: what places offer, what kind of place they are, how requests put it.

The tables cover the ordinary vocabulary of dining, lodging, sights, shopping, health and everyday services. The first form of a
line is the one that stands for all; a form that is part of a longer one gives way to it. Forms are lower case, spaces single.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_ZH = """
wifi=无线上网/无线网络/无线网/无线宽带/wi-fi/免费上网
停车=停车方便/泊位/停车位/停车场/能停车/可停车/泊车方便/泊车/车位/好停车/停车便利
刷卡=银行卡付款/银行卡支付/信用卡付款/信用卡/银行卡
适合儿童=儿童友好/亲子友好/适合带孩子/适合小孩/适合孩子/适合亲子/带娃友好/带孩子/带小孩/带娃
可带宠物=可以带宠物/能带宠物/允许宠物进入/宠物可入内/允许携带宠物/携带宠物/带宠物/宠物友好/能带猫狗/带猫狗/猫狗可以进/猫狗可入内/宠物入内
无障碍=无障碍设施/无障碍通道/轮椅能进/轮椅进出/方便轮椅进出/方便轮椅/轮椅通道/轮椅
24小时=24小时营业/二十四小时/全天营业/通宵营业/整夜营业/全天候/通宵/半夜也开门/深夜也营业/半夜营业/深夜营业
可预约=可以提前预约/能在网上预约/能在线预订/可以提前预订/网上预约/在线预约/在线预订/提前预约/提前预订/可以预约/能预约/可预订/可以预订
近地铁=离地铁近/离地铁站近/地铁口附近/地铁站附近/靠近地铁站/靠近地铁/挨着地铁站/挨着地铁/地铁旁边/地铁旁/地铁沿线/临近地铁
安静=环境安静/环境清静/清静/幽静/不吵/宁静/僻静
包间=包厢/雅间/雅座包房/包房/独立房间
露天座位=户外座位/室外座位/露台座位/坐外面/坐户外/坐在外面/露天/露台
外卖=外送/外带/打包带走
素食=素食选择/素菜可选/素菜/斋菜可选/斋菜/吃素
办生日=生日布置/过生日/庆生/生日派对/生日会
上门=上门服务/可以上门/到家服务/到家里来/到府服务
免办卡=不用办卡/不推销办卡/无需办会员卡/无需办卡/不办卡/不强制办卡
资深技师=师傅有经验/师傅手艺老练/有经验的师傅/经验丰富的师傅/老师傅
送货=送货上门/能送货/能配送/配送到家/配送/快递到家
退换=七天退换/能退换货/退换货/可以退货换货/退货换货/退货/换货/7天退换
正品=正品保证/保证正品/正品保障/保真/假一赔十
会员优惠=会员折扣/会员能打折/会员有优惠/会员打折/会员价
礼品包装=包装礼品/礼物包装/帮忙包礼物/包礼物/包装礼物
早餐=含早餐/带早餐/包早餐/包早饭/含早饭/早饭
接机=接机服务/机场接送/到机场接人/机场接人/接机送机/接送机
游泳池=泳池/能游泳/可以游泳/游泳馆/游泳的地方
健身房=健身中心/健身会所/健身俱乐部/锻炼的地方/健身的地方/健身室/带健身
免费取消=可以免费取消/随时取消/取消不收费/可取消
医保=支持医保/能用医保/可以走医保/可走医保/走医保/医保报销/医保定点
专家=专家坐诊/老专家/资深医生/主任医师/名医/资深专家
英语服务=英文服务/医生会英语/会说英语/会说英文/医生能说英文/说英文/说英语/会英语
讲解=语音讲解/租讲解器/讲解器/导览/语音导览/导游讲解
学生票=学生能打折/学生有优惠/学生优惠/学生折扣/学生半价/学生打折
适合拍照=拍照好看/适合摄影/出片/拍照打卡/上镜
室内=在室内/屋内
夜游=晚上也能玩/夜间也开放/夜间开放/晚上开放/可以夜游/夜场
空调=冷气/冷暖空调
电梯=升降电梯/直梯
行李寄存=寄存行李/存行李/行李存放/寄存
洗衣服务=洗衣房
叫醒服务=叫早服务/叫早/叫醒
会议室=会议厅/会议设施/商务会议
残疾人设施=残障设施
附近=周边/旁边/周围/邻近/就近/不远/左近/离得近
便宜=实惠/平价/经济实惠/价格低/不贵/价廉/划算/性价比高/物美价廉
豪华=奢华/奢侈
干净=整洁/洁净/卫生好
新鲜=鲜活
口味=味道/滋味
推荐=介绍一下/安利
理发=美发/剪头发/剪发/剪头
美甲=做指甲/修甲
按摩=推拿/足疗/足道/马杀鸡/按脚
家政=保洁/家庭清洁/钟点工
洗车=汽车美容/擦车
洗衣=干洗/洗衣服
药店=药房/买药的地方/大药房
牙科=口腔/看牙的地方/看牙/牙医
体检=做体检的地方/健康检查/身体检查/做体检
中医=看中医的地方/看中医/国医
眼科=配眼镜的地方/配眼镜/视光
超市=生活超市/杂货店/买菜的超市
书店=书屋/买书的地方/图书店
数码=电子产品/电器
服装=服饰/买衣服的地方/衣服/时装
花店=鲜花店/买花的地方/花坊
母婴=婴儿用品/宝宝用品/买婴儿用品的
茶叶=茶庄/茶行/买茶叶的地方
经济型酒店=快捷酒店/连锁酒店/经济酒店
商务酒店=适合出差的酒店/出差住的酒店
豪华酒店=五星级酒店/5星级酒店/奢华酒店
民宿=客栈/四合院民宿/家庭旅馆
青年旅舍=青旅/青年旅社/青年旅馆
酒店=宾馆/旅店
博物馆=可以看展览的博物馆/看展览的地方/艺术馆/美术馆
公园=散步的公园/散步的地方
古迹=名胜古迹/历史遗迹/文物古迹
乐园=主题乐园/游乐园/游乐场
剧场=看演出的地方/剧院/戏院
登山=爬山的景区/山岳景区/爬山/徒步
川菜=四川菜/吃川菜的地方
烤鸭=吃烤鸭的地方
火锅=吃火锅的地方/涮锅/涮肉
面馆=吃面的地方/面食店/面店/面条店
日料=日本料理/日本菜/寿司店/吃日料的地方
西餐=吃西餐的地方/意式餐厅/牛排馆/法餐
咖啡=喝咖啡的地方/咖啡馆/咖啡厅/咖啡店
甜品=甜点/甜食
小吃=吃小吃的地方
餐厅=餐馆/饭馆/食府/馆子
门票=入场券/票价/入场费
回复=回覆
意面=义面/意大利面
了解=瞭解
公里=千米
面条=面食
卫生间=洗手间/厕所/盥洗室
地铁=捷运
出租车=的士/计程车
自行车=单车/脚踏车
"""

_EN = """
wifi=wi-fi/wi fi/wireless internet/wireless network/wireless/internet access/internet connection/wlan
parking=car park/a car park/parking lot/a parking lot/parking spaces/parking space/somewhere to park/a place to park/car parking/garage/carpark
cards accepted=takes cards/accepts cards/accepts bank cards/pay by card/card payment works/card payment accepted/card payments/card payment/credit cards/credit card/accept cards/bank cards
child friendly=kid friendly/kids friendly/kid-friendly/child-friendly/family friendly/family-friendly/good for children/suitable for kids/suitable for children/good for kids/good for families
pets allowed=pet friendly/pet-friendly/dog friendly/dog-friendly/pets are allowed/allows pets/lets my dog in/dogs can come in/dogs allowed/pets welcome/dogs welcome/accepts pets/pets are welcome/allow pets
step-free access=wheelchair access/wheelchair accessible/wheelchair-accessible/a wheelchair can enter/accessible entrance/disabled access/barrier-free access/barrier free access
open 24 hours=open all night/open around the clock/open through the night/around the clock/open 24 7/round the clock/24-hour/24 hours/all night
bookable=bookable online/reservable online/book ahead/reserve in advance/book online/reserve online/takes reservations/accepts reservations/book in advance/online booking/can be booked
near the subway=near the metro/close to a subway station/next to a metro stop/close to the subway/close to the metro/near a metro station/near a subway station/by the subway/metro nearby/near subway/near metro/next to the subway
quiet=a quiet atmosphere/calm and peaceful/peaceful/calm/tranquil/not noisy
private room=private rooms/separate dining room/private dining room/private dining/separate room
outdoor seats=outdoor seating/seating outside/sit outside/outside seating/a terrace/terrace/patio/outdoor tables/al fresco
takeaway=takeout/take-out/take-away/take away/take out/food to go
vegetarian=vegetarian options/vegetarian dishes/meat-free dishes/meat-free/meatless/vegetarians can enjoy/vegetarian food/veggie/vegetarians/vegetarian-friendly/vegetarian friendly
vegan=plant-based/plant based/vegans
gluten-free=gluten free/without gluten/coeliac friendly/celiac friendly
birthday=birthday service/host a birthday/celebrate a birthday/birthday party/birthday parties
home visits=makes home visits/visits at home/house calls/comes to your home/comes to my home/at-home service
no membership needed=does not push memberships/no membership required/without membership
senior staff=experienced staff/seasoned staff/skilled staff/veteran staff
delivery=home delivery/delivery to the door/delivers/brings things to the door/delivered/ships
returns=seven-day returns/accepts returns/return things/7-day returns/return policy/refunds/exchanges
genuine=authenticity guaranteed/sells only genuine goods/genuine goods/authentic/guaranteed authentic
member discounts=discounts for members/member discount/members get discounts/member prices
gift wrapping=wraps gifts/gift packing/does gift packing/wrap gifts/gift-wrapping
breakfast=breakfast included/includes breakfast/free breakfast/breakfast provided/complimentary breakfast/breakfasts
airport pickup=airport pick-up/airport pick up/airport transfer/airport transfers/airport shuttle/picks up from the airport/pick-up from the airport/shuttle from the airport
pool=swimming pool/a swimming pool/a pool/pool to swim in/i can swim/swimming/swim
gym=fitness room/fitness center/fitness centre/fitness club/work out/gym on site/workout room/exercise room/fitness/health club/gymnasium
free cancellation=no cancellation fee/cancelled for free/canceled for free/cancel for free/free to cancel/free cancelation
public insurance=public insurance accepted/takes public insurance/health insurance accepted/accepts insurance
senior doctors=senior doctor/experienced doctors/specialist doctors/consultants/senior doctors see patients
english spoken=english is spoken/staff speak english/the staff speak english/english-speaking/english speaking/speaks english
audio guide=audio guides/audio tour/audioguide/audio-guide/guided tour/guided tours
student tickets=student discount/reduced price for students/reduced tickets for students/student discounts/student price/discount for students
photo spots=good for photos/photogenic/photo-friendly/good for photography/instagrammable
indoors=under a roof/inside a building/indoor
evening opening=open in the evening/open at night/evening hours/open late/late opening/late-night opening
air conditioning=air-conditioning/air conditioned/air-conditioned/air conditioner
elevator=lift/elevators/lifts
luggage storage=baggage storage/bag storage/left luggage/luggage room
restroom=toilet/bathroom/restrooms/toilets/washroom/lavatory
near=close to/next to/nearby/close by/not far from/beside/adjacent to/around the corner from/in the vicinity of/in walking distance of/within walking distance of
cheap=inexpensive/affordable/low-cost/low cost/budget-friendly/reasonably priced/economical/cheaply/low-priced
expensive=pricey/costly/high-priced
moderate=moderately priced/mid-range/midrange/mid-priced
luxury=luxurious/upscale/high-end/high end/deluxe/posh
budget hotel=economy hotel/economy hotels/cheap hotel
business hotel=hotel for a work trip/hotel for business
luxury hotel=five-star hotel/5-star hotel/upscale hotel
guesthouse=guest house/bed and breakfast/b&b/homestay
hostel=youth hostel/backpackers/backpacker hostel
restaurant=eatery/eating place/diner/dining place
hair salon=hairdresser/hairdressers/get a haircut/haircut/barber/barbers/barbershop/hair studio
nail salon=get my nails done/manicure/nails/nail studio
car wash=wash my car/car cleaning/auto care
laundry=dry cleaner/dry cleaning/dry cleaners/laundrette/laundromat
massage=foot massage/massage place/wellness spa
housekeeping=house cleaning/home cleaning/cleaning company/cleaning service
pet care=pet shop/pet groomer/pet grooming/pet store
supermarket=grocery store/groceries/grocery
bookshop=bookstore/book store/book shop/books
electronics=gadget store/gadgets/electronic goods
clothing=fashion store/clothes/fashion/apparel
florist=flower shop/flowers
baby store=baby things/baby goods/baby products/baby shop
tea shop=buy tea/tea house/teas/tea store
pharmacy=chemist/drugstore/drug store/chemists
dental clinic=dentist/dental/dentists
check-up=check-up center/checkup/health check/health checks/medical examination/check up/check-up centre
chinese medicine=tcm/traditional chinese medicine
eye clinic=optician/opticians/optics/ophthalmologist
gallery=art gallery/galleries
historic site=place with history/historical site/historic sites/heritage site/monument
theme park=amusement park/adventure park/fun fair
live show=theater/theatre/playhouse/live performance/live shows
hike=mountain to hike/hiking area/hiking/trek/trekking
noodles=noodle shop/noodle place/noodle
roast duck=peking duck
hotpot=hot pot
japanese=sushi place/sushi
bistro=western restaurant/western food
cafe=coffee shop/coffee house/coffeehouse/café
dessert=desserts/sweets
snack bar=fast food place/quick bite/fast food/snacks
subway=metro/underground
movie=film/movies/films/cinema
taxi=cab/cabs/taxis
phone number=telephone number/phone/telephone
entrance fee=admission fee/entry fee/ticket price/admission price
reservation=booking/reservations/bookings
staff=employees/personnel
children=kids/child/kid
clean=spotless/tidy/well-kept
friendly=welcoming/hospitable
delicious=tasty/yummy
"""


def _forms(table: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in table.strip().split("\n"):
        first, _, others = line.partition("=")
        found[first] = first
        for form in others.split("/"):
            found.setdefault(form, first)
    return found


ZH, EN = _forms(_ZH), _forms(_EN)
"""Form -> the form that stands for its concept; that one is among the keys."""


def any_of(words: Iterable[str]) -> str:
    """A pattern for words that shares their beginnings, longest first: the time of a match does not grow with their number."""
    heads: dict[str, list[str]] = {}
    for word in words:
        heads.setdefault(word[:1], []).append(word[1:])
    parts = [re.escape(head) + any_of(rest) for head, rest in heads.items() if head]
    if not parts:
        return ""
    joined = parts[0] if len(parts) == 1 else "(?:" + "|".join(parts) + ")"
    return f"(?:{joined})?" if "" in heads else joined
