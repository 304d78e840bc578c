"""What a place may be said to have, in Chinese and English: one concept a line, so that a record in one wording bears out, or
does not, an answer in another. Forms are met in text that is normalised (``lexical.norm``).

Some are what records list; others are what only answers speak of, like prizes, discounts and things for children.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from recenv.rewards.reading import CACHES
from recenv.rewards.reading.lexical import norm
from recenv.rewards.reading.synonyms import any_of

_TABLE = """
wifi: wifi
parking: 停车; parking/park for free/park there/park
cards: 刷卡/支持刷卡; cards accepted/take cards
children: 适合儿童/儿童设施; child friendly/great for children/play area for children
pets: 可带宠物/宠物/带狗/遛狗/狗狗; pets allowed/take pets/takes pets/take dogs/takes dogs/pets ok/pets
step-free: 无障碍/残疾人设施; step-free access/accessible by wheelchair/wheelchair
all-day: 24小时/从不打烊/不打烊; open 24 hours/never closes/never close/24 hours/day and night
bookable: 可预约/可以预订; bookable/takes bookings/taking bookings/reservation
metro: 近地铁/地铁口/地铁边; near the subway/close to a subway station/close to the subway/beside the subway
quiet: 安静; quiet
private-room: 包间/有包间; private room
outdoor: 露天座位; outdoor seats
takeaway: 外卖/可外卖; takeaway
vegetarian: 素食; vegetarian
birthday: 办生日; birthday
home-visits: 上门; home visits
no-membership: 免办卡/不用办卡; no membership needed/no membership/not require a membership
staff: 资深技师; senior staff
delivery: 送货/送货上门/送上门; delivery to your home/deliver to your home/delivery/delivers to your home
returns: 退换/7天退换/无理由退换; returns/return it
genuine: 正品; genuine
member-discount: 会员优惠/会员; member discounts
gift-wrap: 礼品包装; gift wrapping/wrap presents/wraps presents
breakfast: 早餐; breakfast
pickup: 接机; airport pickup
pool: 游泳池; pool
gym: 健身房; gym
free-cancel: 免费取消; free cancellation
insurance: 医保; public insurance
experts: 专家; senior doctors
english: 英语服务; english spoken/speak english/fluent in english/english
audio: 讲解; audio guide
students: 学生票; student tickets
photos: 适合拍照; photo spots
indoors: 室内; indoors
evening: 夜游; evening opening
aircon: 空调; air conditioning
lift: 电梯; elevator
luggage: 行李寄存; luggage storage
laundry-service: 洗衣服务
wake-up: 叫醒服务; wake-up call
meeting: 会议室; meeting room/conference room
spa: spa/水疗; spa
sauna: 桑拿; sauna
bar: 酒吧; bar
business-centre: 商务中心; business center
car-hire: 租车; car rental
smoke-free: 无烟房; non-smoking room/smoke-free
western-food: 西式餐厅; western restaurant
chinese-food: 中式餐厅; chinese restaurant
hot-water: 24小时热水
foreigners: 接待外宾
alcohol: 酒水/喝酒; alcohol/wine/beer/cocktails
low-sugar: 低糖/无糖; low sugar/reduced sugar/without any sugar/sugar-free
dairy-cream: 动物奶油; dairy cream
invoice: 发票; invoice
playground: 儿童乐园/游乐区/儿童区; playground/kids' corner/ball pit
live-music: 驻唱/现场音乐/乐队; live music/jazz/live band
trade-in: 以旧换新; trade-in
installation: 免费安装/上门安装; installation
first-order: 首单/立减/满减/新用户/优惠券/代金券/打折/折扣; coupon/% off/discount/first order/voucher
free-delivery: 免配送费/配送费全免/包邮/免运费; delivered for free/free delivery/free shipping
free-drink: 免费饮料/免费酒水/免费茶水/赠送; free drink/complimentary drink/welcome drink/on the house
valet: 代客泊车; valet
charger: 充电桩; ev charg/charging point/charging station
view: 江景/湖景/夜景/城景; lake view/river view/skyline/rooftop
award: 米其林/黑珍珠/必吃榜/5a级/获奖/大奖/金奖/金牌/百年老店/
老字号/榜首/排名第1/网红; michelin/bib gourmand/award/prize/winner/voted best
famous: 创始人/明星/名厨/大厨; celebrity/famous chef/chef
dog-run: 宠物乐园; dog run/dog park/dog bed
cafe: 咖啡厅/咖啡吧/书吧; in-house cafe/coffee corner/reading corner
shuttle: 班车/摆渡车/接送; shuttle
library: 图书馆/阅览; library
garden: 花园/庭院; garden/courtyard
fireplace: 壁炉; fireplace
kitchen: 厨房; kitchen
cooking: 烹饪课/手工课/体验课; cooking class/workshop
massage-chair: 按摩椅; massage chair
locker: 储物柜; locker
shower: 淋浴; shower
trainer: 私教; personal trainer/personal training/class
warranty: 质保/延保/保修; warranty
samples: 试吃/试用; sample/tasting
vr: vr; virtual reality
boat: 游船/划船; boat
cable-car: 缆车/索道; cable car
guide: 导游/免费讲解; tour guide
projector: 投影/ktv/卡拉ok; projector/karaoke
reopened: 新装修/刚装修/重新装修; renovated/refurbished
same-day: 当天取/立等可取/当天送达; same-day
"""


class Concept(NamedTuple):
    """A mention: which, and where in the normalised text."""

    name: str
    start: int
    end: int


def _forms() -> dict[str, str]:
    found: dict[str, str] = {}
    for line in _TABLE.strip().replace("/\n", "/").split("\n"):
        name, _, forms = line.partition(": ")
        for form in forms.replace("; ", "/").split("/"):
            found.setdefault(norm(form.strip()), name)
            found.setdefault(form.strip(), name)
    return found


_FORMS = _forms()
_EN = re.compile(r"(?<![a-z0-9])" + any_of(f for f in _FORMS if f.isascii()) + r"(?:s|es)?(?![a-z0-9])")
_ZH = re.compile("(?=[" + "".join(dict.fromkeys(re.escape(f[0]) for f in _FORMS if not f.isascii())) + "])" + any_of(
    f for f in _FORMS if not f.isascii()))


@CACHES.keep(16_384)
def concepts(text: str) -> tuple[Concept, ...]:
    """Those that a normalised text mentions, in its order."""
    found = []
    for match in _EN.finditer(text):
        said = match.group()
        name = next((_FORMS[form] for form in (said, said.removesuffix("s"), said.removesuffix("es")) if form in _FORMS), "")
        if name:
            found.append(Concept(name, *match.span()))
    if not text.isascii():
        found += [Concept(_FORMS[m.group()], *m.span()) for m in _ZH.finditer(text)]
    return tuple(sorted(found, key=lambda c: c.start))
