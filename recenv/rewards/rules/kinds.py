"""What kinds of places and districts are called in Chinese and English: the names that an instruction and a record may share."""

from __future__ import annotations

from recenv.rewards.reading.lexical import norm
from recenv.rewards.rules import CACHES

_KINDS = """
火锅/hot pot/hotpot/涮锅/麻辣火锅
海鲜/seafood
烧烤/烤肉/barbecue/barbeque/bbq/grill
自助餐/自助/buffet
快餐/fast food
连锁/连锁店/chain
酒吧/bar/pub
咖啡/咖啡馆/coffee/cafe/coffee shop
甜品/dessert
小吃/snack/street food
面馆/noodle/noodle shop
川菜/sichuan/szechuan/sichuan cuisine
粤菜/cantonese/广东菜
湘菜/hunan
西餐/western
日料/日本料理/japanese/sushi
韩餐/韩国料理/korean
烤鸭/roast duck/peking duck
素食/vegetarian
茶馆/teahouse/tea house
酒店/hotel
民宿/homestay/guesthouse
青年旅舍/hostel
博物馆/museum
公园/park
寺庙/temple
商场/mall/shopping mall/shopping center
超市/supermarket
动物园/zoo
乐园/amusement park/theme park
商务酒店/business hotel
"""
_DISTRICTS = """
东城=dongcheng/西城=xicheng/朝阳=chaoyang/海淀=haidian/丰台=fengtai/石景山=shijingshan/通州=tongzhou/大兴=daxing/昌平=changping
顺义=shunyi/怀柔=huairou/密云=miyun/延庆=yanqing/房山=fangshan/门头沟=mentougou/平谷=pinggu/黄浦=huangpu/徐汇=xuhui/静安=jing'an
浦东=pudong/浦东新=pudong new/长宁=changning/虹口=hongkou/杨浦=yangpu/普陀=putuo/闵行=minhang/宝山=baoshan/嘉定=jiading
松江=songjiang/青浦=qingpu/奉贤=fengxian/崇明=chongming/天河=tianhe/越秀=yuexiu/海珠=haizhu/荔湾=liwan/白云=baiyun/番禺=panyu
福田=futian/南山=nanshan/罗湖=luohu/宝安=bao'an/龙岗=longgang/武侯=wuhou/锦江=jinjiang/青羊=qingyang/金牛=jinniu/成华=chenghua
上城=shangcheng/拱墅=gongshu/滨江=binjiang/西湖=xihu/余杭=yuhang/萧山=xiaoshan
"""
BY_NAME = frozenset(norm(k) for k in ("火锅", "hotpot", "海鲜", "seafood", "烧烤", "barbecue", "自助餐", "buffet"))
"""Kinds that a place is called by only where it is one."""

SPOKEN = frozenset(norm(k) for k in ("japanese", "korean"))
"""Kinds that are languages, too."""

VENUES = frozenset(norm(k) for k in (
    "酒店", "hotel", "民宿", "hostel", "博物馆", "museum", "公园", "park",
    "商场", "mall", "超市", "supermarket", "动物园", "zoo", "乐园"))
"""Kinds that other places stand in: a hotel restaurant is no hotel."""

COARSE = frozenset(norm(k) for k in (
    "餐厅", "餐馆", "中餐", "中餐馆", "美食", "restaurant", "restaurants",
    "chinese", "dining", "food"))
"""Kinds that say too little to rule another out."""

_OPEN = frozenset(norm(k) for k in ("海鲜", "连锁", "素食", "小吃", "自助餐"))
"""Kinds that a place of another kind may be as well: no type rules them out."""


def _groups() -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for line in _KINDS.strip().split("\n"):
        names = frozenset(norm(name) for name in line.split("/"))
        for name in names:
            found[name] = names
    return found


_GROUPS = _groups()
_PLACES = dict(pair.split("=") for line in _DISTRICTS.split("\n") for pair in line.split("/") if pair)
_PINYIN = {latin: zh for zh, latin in _PLACES.items()} | {"jingan": "静安", "baoan": "宝安"}
DISTRICT_ZH = "|".join(sorted(_PLACES, key=lambda name: (-len(name), name)))
DISTRICT_EN = "|".join(sorted(_PINYIN, key=lambda name: (-len(name), name)))
_TAILS = (" new district", " district", " area", "新区", "区", "县")


@CACHES.keep(4_096)
def kind_names(kind: str) -> frozenset[str]:
    """All names of a kind, normalised; the kind alone where the table has none."""
    own = norm(kind)
    for name in (own, own.removesuffix("s"), own.removesuffix("es")):
        if name in _GROUPS:
            return _GROUPS[name]
    return frozenset((own, own.removesuffix("s")) if own.isascii() and len(own) > 4 else (own,))


def is_kind(kind: str) -> bool:
    """Whether the table has it, in the singular or plural."""
    own = norm(kind)
    return any(name in _GROUPS for name in (own, own.removesuffix("s"), own.removesuffix("es")))


def excludable(kind: str) -> bool:
    """Whether a place of another type is surely not of this kind."""
    return is_kind(kind) and not kind_names(kind) & _OPEN


@CACHES.keep(4_096)
def district(name: str) -> str:
    """The one form of a district's name, Chinese where the table knows it; "" for an area that is not known as a district."""
    own = bare(name)
    own = _PINYIN.get(own, own)
    return own if own in _PLACES else ""


def bare(area: str) -> str:
    """An area's name without what says that it is one."""
    own = norm(area).strip()
    for city in ("北京市", "北京", "上海市", "上海", "广州市", "深圳市", "成都市", "杭州市"):
        own = own.removeprefix(city) or own
    for tail in _TAILS:
        if own.endswith(tail) and len(own) > len(tail) + 1:
            return own.removesuffix(tail)
    return own
