"""What there is to find: subcategories, service terms and dishes of the six categories, frozen.

Everything that structure depends on is here and not drawn from Faker, so that a newer Faker cannot move it.
"""

from __future__ import annotations

from typing import NamedTuple


class Subcategory(NamedTuple):
    """price: median in yuan; nouns: how users call such a place; heads: last part of its name; dishes: (zh, en) pairs."""

    zh: str
    en: str
    price: float
    nouns_zh: tuple[str, ...]
    nouns_en: tuple[str, ...]
    heads_zh: tuple[str, ...]
    heads_en: tuple[str, ...]
    dishes: tuple[tuple[str, str], ...] = ()

    def name(self, locale: str) -> str:
        return self.zh if locale == "zh" else self.en


class Tag(NamedTuple):
    """A service term, and how users ask for it."""

    zh: str
    en: str
    asks_zh: tuple[str, ...]
    asks_en: tuple[str, ...]

    def name(self, locale: str) -> str:
        return self.zh if locale == "zh" else self.en


_S, _T = Subcategory, Tag

SUBCATEGORIES: dict[str, tuple[Subcategory, ...]] = {
    "dining": (
        _S("川菜", "Sichuan", 75, ("川菜馆", "川菜餐厅", "吃川菜的地方"), ("a Sichuan restaurant", "a Sichuan place", "somewhere for Sichuan food"),
           ("川菜馆", "川味轩", "蜀香楼"), ("Sichuan Kitchen", "Spice House", "Sichuan Restaurant"),
           (("宫保鸡丁", "kung pao chicken"), ("麻婆豆腐", "mapo tofu"), ("水煮鱼", "boiled fish in chili oil"), ("回锅肉", "twice-cooked pork"),
            ("夫妻肺片", "sliced beef in chili sauce"), ("担担面", "dandan noodles"))),
        _S("烤鸭", "roast duck", 130, ("烤鸭店", "吃烤鸭的地方", "烤鸭餐厅"), ("a roast duck restaurant", "a Peking duck place", "somewhere for roast duck"),
           ("烤鸭店", "烤鸭坊", "鸭王府"), ("Roast Duck", "Duck House", "Peking Duck Restaurant"),
           (("挂炉烤鸭", "hung-oven roast duck"), ("鸭架汤", "duck bone soup"), ("芥末鸭掌", "mustard duck feet"), ("豌豆黄", "pea flour cake"),
            ("京酱肉丝", "shredded pork in bean sauce"), ("炸酱面", "zhajiang noodles"))),
        _S("火锅", "hotpot", 110, ("火锅店", "吃火锅的地方", "火锅餐厅"), ("a hotpot restaurant", "a hotpot place", "somewhere for hotpot"),
           ("火锅", "涮肉馆", "老火锅"), ("Hotpot", "Hot Pot House", "Boiling Pot"),
           (("羊肉卷", "sliced lamb"), ("毛肚", "beef tripe"), ("虾滑", "shrimp paste"), ("鸭血", "duck blood"), ("手切牛肉", "hand-cut beef"),
            ("冻豆腐", "frozen tofu"))),
        _S("面馆", "noodles", 32, ("面馆", "吃面的地方", "面食店"), ("a noodle shop", "a noodle place", "somewhere for noodles"),
           ("面馆", "牛肉面", "刀削面"), ("Noodles", "Noodle Bar", "Noodle Shop"),
           (("红烧牛肉面", "braised beef noodles"), ("刀削面", "knife-cut noodles"), ("酸汤面", "sour soup noodles"), ("凉皮", "cold skin noodles"),
            ("肉夹馍", "pork burger bun"), ("油泼面", "hot oil noodles"))),
        _S("日料", "Japanese", 160, ("日料店", "日本料理店", "吃日料的地方"), ("a Japanese restaurant", "a sushi place", "somewhere for Japanese food"),
           ("日本料理", "寿司屋", "居酒屋"), ("Sushi", "Izakaya", "Japanese Kitchen"),
           (("三文鱼刺身", "salmon sashimi"), ("鳗鱼饭", "eel rice"), ("豚骨拉面", "tonkotsu ramen"), ("天妇罗", "tempura"), ("寿喜锅", "sukiyaki"),
            ("玉子烧", "rolled omelette"))),
        _S("西餐", "Western", 140, ("西餐厅", "吃西餐的地方", "西餐馆"), ("a Western restaurant", "a bistro", "somewhere for Western food"),
           ("西餐厅", "牛排馆", "意式餐厅"), ("Bistro", "Grill", "Steakhouse"),
           (("菲力牛排", "filet steak"), ("奶油蘑菇汤", "cream of mushroom soup"), ("玛格丽特披萨", "margherita pizza"), ("凯撒沙拉", "caesar salad"),
            ("肉酱意面", "spaghetti bolognese"), ("烤羊排", "roast lamb chops"))),
        _S("咖啡甜品", "coffee and desserts", 45, ("咖啡馆", "甜品店", "喝咖啡的地方"), ("a cafe", "a coffee shop", "a dessert place"),
           ("咖啡", "甜品屋", "咖啡馆"), ("Coffee", "Cafe", "Dessert Bar"),
           (("拿铁", "latte"), ("手冲咖啡", "pour-over coffee"), ("提拉米苏", "tiramisu"), ("芝士蛋糕", "cheesecake"), ("杨枝甘露", "mango pomelo sago"),
            ("可颂", "croissant"))),
        _S("小吃快餐", "snacks", 24, ("小吃店", "快餐店", "吃小吃的地方"), ("a snack bar", "a fast food place", "somewhere for a quick bite"),
           ("小吃店", "包子铺", "卤煮店"), ("Snacks", "Dumpling House", "Street Food"),
           (("小笼包", "soup dumplings"), ("豆汁", "mung bean milk"), ("卤煮火烧", "stewed offal with bread"), ("煎饼果子", "savoury crepe"),
            ("驴打滚", "rolling donkey cake"), ("爆肚", "quick-boiled tripe"))),
    ),
    "lifestyle": (
        _S("美发", "hair salon", 120, ("理发店", "美发店", "剪头发的地方"), ("a hair salon", "a hairdresser", "somewhere to get a haircut"),
           ("美发沙龙", "造型", "理发馆"), ("Hair Salon", "Hair Studio", "Barbers")),
        _S("美甲", "nail salon", 150, ("美甲店", "做指甲的地方"), ("a nail salon", "somewhere to get my nails done"), ("美甲", "美甲工作室"), ("Nail Studio", "Nails")),
        _S("健身", "gym", 90, ("健身房", "锻炼的地方"), ("a gym", "a fitness club", "somewhere to work out"), ("健身", "健身会所", "健身工作室"),
           ("Gym", "Fitness Club")),
        _S("洗车", "car wash", 45, ("洗车店", "洗车的地方"), ("a car wash", "somewhere to wash my car"), ("洗车行", "汽车美容"), ("Car Wash", "Auto Care")),
        _S("洗衣", "laundry", 35, ("洗衣店", "干洗店"), ("a laundry", "a dry cleaner"), ("洗衣店", "干洗"), ("Laundry", "Dry Cleaning")),
        _S("按摩", "massage", 180, ("按摩店", "足疗店", "做按摩的地方"), ("a massage place", "a foot massage shop"), ("足道", "推拿馆", "养生会所"),
           ("Massage", "Wellness Spa")),
        _S("家政", "housekeeping", 130, ("家政公司", "保洁公司"), ("a housekeeping service", "a cleaning company"), ("家政", "保洁服务"),
           ("Housekeeping", "Home Cleaning")),
        _S("宠物", "pet care", 110, ("宠物店", "给宠物洗澡的地方"), ("a pet shop", "a pet groomer"), ("宠物店", "宠物生活馆"), ("Pet Care", "Pet House")),
    ),
    "shopping": (
        _S("超市", "supermarket", 80, ("超市", "买菜的超市"), ("a supermarket", "a grocery store"), ("超市", "生活超市"), ("Supermarket", "Market")),
        _S("书店", "bookshop", 60, ("书店", "买书的地方"), ("a bookshop", "a bookstore"), ("书店", "书屋"), ("Books", "Bookshop")),
        _S("数码", "electronics", 900, ("数码店", "电子产品店"), ("an electronics shop", "a gadget store"), ("数码", "电器城"), ("Electronics", "Digital")),
        _S("服装", "clothing", 260, ("服装店", "买衣服的地方"), ("a clothing shop", "a fashion store"), ("服饰", "衣橱"), ("Clothing", "Wardrobe")),
        _S("鲜花", "florist", 150, ("花店", "买花的地方"), ("a florist", "a flower shop"), ("花店", "花坊"), ("Flowers", "Florist")),
        _S("母婴", "baby store", 200, ("母婴店", "买婴儿用品的店"), ("a baby store", "a shop for baby things"), ("母婴馆", "宝贝屋"), ("Baby Store", "Kids Corner")),
        _S("茶叶", "tea shop", 180, ("茶叶店", "买茶叶的地方"), ("a tea shop", "somewhere to buy tea"), ("茶庄", "茶行"), ("Tea House", "Teas")),
    ),
    "accommodation": (
        _S("经济型酒店", "budget hotel", 240, ("经济型酒店", "便宜的酒店"), ("a budget hotel", "an economy hotel"), ("快捷酒店", "连锁酒店"), ("Inn", "Express Hotel")),
        _S("商务酒店", "business hotel", 480, ("商务酒店", "适合出差的酒店"), ("a business hotel", "a hotel for a work trip"), ("商务酒店", "国际酒店"),
           ("Business Hotel", "Plaza Hotel")),
        _S("豪华酒店", "luxury hotel", 1100, ("豪华酒店", "五星级酒店"), ("a luxury hotel", "a five-star hotel"), ("大酒店", "君悦酒店"), ("Grand Hotel", "Palace Hotel")),
        _S("民宿", "guesthouse", 360, ("民宿", "四合院民宿"), ("a guesthouse", "a bed and breakfast"), ("民宿", "小院"), ("Guesthouse", "Courtyard")),
        _S("青年旅舍", "hostel", 110, ("青年旅舍", "青旅"), ("a hostel", "a youth hostel"), ("青年旅舍", "青旅"), ("Hostel", "Backpackers")),
    ),
    "healthcare": (
        _S("药店", "pharmacy", 50, ("药店", "买药的地方"), ("a pharmacy", "a chemist"), ("大药房", "药店"), ("Pharmacy", "Drugstore")),
        _S("牙科", "dental clinic", 350, ("牙科诊所", "看牙的地方"), ("a dental clinic", "a dentist"), ("口腔门诊", "口腔诊所"), ("Dental", "Dental Clinic")),
        _S("体检", "check-up centre", 600, ("体检中心", "做体检的地方"), ("a check-up centre", "somewhere for a health check"), ("体检中心", "健康管理中心"),
           ("Health Check", "Check-up Centre")),
        _S("中医", "Chinese medicine", 220, ("中医馆", "看中医的地方"), ("a Chinese medicine clinic", "a TCM doctor"), ("中医馆", "国医堂"),
           ("Chinese Medicine", "TCM Hall")),
        _S("眼科", "eye clinic", 400, ("眼科", "配眼镜的地方"), ("an eye clinic", "an optician"), ("眼科", "视光中心"), ("Eye Clinic", "Optics")),
    ),
    "tourism": (
        _S("博物馆", "museum", 40, ("博物馆", "可以看展览的博物馆"), ("a museum", "a museum to visit"), ("博物馆", "艺术馆"), ("Museum", "Gallery")),
        _S("公园", "park", 12, ("公园", "散步的公园"), ("a park", "a park for a walk"), ("公园", "森林公园"), ("Park", "Gardens")),
        _S("古迹", "historic site", 35, ("古迹", "名胜古迹"), ("a historic site", "a place with history"), ("古寺", "故居"), ("Temple", "Old Residence")),
        _S("主题乐园", "theme park", 260, ("主题乐园", "游乐园"), ("a theme park", "an amusement park"), ("乐园", "欢乐世界"), ("Adventure Park", "Fun World")),
        _S("演出", "live show", 220, ("剧场", "看演出的地方"), ("a live show", "a theatre"), ("剧场", "相声茶馆"), ("Theatre", "Playhouse")),
        _S("登山", "mountain", 55, ("爬山的景区", "山岳景区"), ("a mountain to hike", "a hiking area"), ("山风景区", "长城景区"), ("Mountain", "Great Wall Trail")),
    ),
}

_PARK = _T("停车方便", "parking", ("能停车", "有停车位", "停车方便"), ("with parking", "with somewhere to park"))
_WIFI = _T("无线网络", "wifi", ("有无线网络", "有WiFi"), ("with wifi", "with free wireless internet"))
_CARD = _T("支持刷卡", "cards accepted", ("可以刷卡", "支持刷卡"), ("that takes cards", "where I can pay by card"))
_KIDS = _T("儿童友好", "child friendly", ("适合带孩子", "儿童友好"), ("good for children", "that is child friendly"))
_PETS = _T("可带宠物", "pets allowed", ("可以带宠物", "允许宠物进入"), ("where pets are allowed", "that lets my dog in"))
_STEP = _T("无障碍", "step-free access", ("有无障碍设施", "轮椅能进"), ("with step-free access", "that a wheelchair can enter"))
_NIGHT = _T("24小时", "open 24 hours", ("24小时营业", "半夜也开门"), ("open 24 hours", "open all night"))
_BOOK = _T("可预约", "bookable online", ("可以提前预约", "能在网上预约"), ("bookable online", "that I can book ahead"))
_SUBWAY = _T("近地铁", "near the subway", ("离地铁近", "地铁口附近"), ("near the subway", "close to a subway station"))
_QUIET = _T("环境安静", "quiet", ("安静一点", "环境安静"), ("that is quiet", "with a quiet atmosphere"))

TAGS: dict[str, tuple[Tag, ...]] = {
    "dining": (
        _PARK, _WIFI, _KIDS, _PETS, _NIGHT, _SUBWAY, _QUIET,
        _T("有包间", "private room", ("有包间", "能坐包间"), ("with a private room", "that has private rooms")),
        _T("露天座位", "outdoor seats", ("有露天座位", "可以坐外面"), ("with outdoor seats", "where we can sit outside")),
        _T("可外卖", "takeaway", ("能点外卖", "可以外带"), ("that does takeaway", "with takeaway")),
        _T("素食选择", "vegetarian options", ("有素食", "有素菜可选"), ("with vegetarian options", "that vegetarians can enjoy")),
        _T("生日布置", "birthday service", ("能办生日", "有生日布置"), ("with birthday service", "that can host a birthday")),
    ),
    "lifestyle": (
        _PARK, _WIFI, _CARD, _NIGHT, _BOOK, _SUBWAY, _KIDS,
        _T("上门服务", "home visits", ("可以上门", "提供上门服务"), ("that makes home visits", "with home visits")),
        _T("免办卡", "no membership needed", ("不用办卡", "不推销办卡"), ("with no membership needed", "that does not push memberships")),
        _T("资深技师", "senior staff", ("师傅有经验", "有资深技师"), ("with senior staff", "with experienced staff")),
    ),
    "shopping": (
        _PARK, _CARD, _NIGHT, _SUBWAY, _STEP,
        _T("送货上门", "home delivery", ("能送货", "送货上门"), ("with home delivery", "that delivers")),
        _T("七天退换", "seven-day returns", ("支持七天退换", "能退换货"), ("with seven-day returns", "that accepts returns")),
        _T("正品保证", "authenticity guaranteed", ("保证正品", "有正品保证"), ("with authenticity guaranteed", "that sells only genuine goods")),
        _T("会员折扣", "member discounts", ("有会员折扣", "会员能打折"), ("with member discounts", "with discounts for members")),
        _T("礼品包装", "gift wrapping", ("能包装礼品", "有礼品包装"), ("with gift wrapping", "that wraps gifts")),
    ),
    "accommodation": (
        _PARK, _WIFI, _PETS, _SUBWAY, _STEP, _QUIET, _KIDS,
        _T("含早餐", "breakfast included", ("含早餐", "包早饭"), ("with breakfast included", "that includes breakfast")),
        _T("接机服务", "airport pick-up", ("有接机服务", "能接机"), ("with airport pick-up", "that picks up from the airport")),
        _T("游泳池", "swimming pool", ("有游泳池", "能游泳"), ("with a swimming pool", "that has a pool")),
        _T("健身房", "fitness room", ("有健身房", "带健身房"), ("with a fitness room", "that has a fitness room")),
        _T("免费取消", "free cancellation", ("可以免费取消", "支持免费取消"), ("with free cancellation", "that can be cancelled for free")),
    ),
    "healthcare": (
        _PARK, _CARD, _NIGHT, _BOOK, _SUBWAY, _STEP, _KIDS,
        _T("支持医保", "public insurance accepted", ("能用医保", "支持医保"), ("that takes public insurance", "with public insurance accepted")),
        _T("专家坐诊", "senior doctors", ("有专家坐诊", "有老专家"), ("with senior doctors", "where senior doctors see patients")),
        _T("英语服务", "English spoken", ("有英语服务", "医生会英语"), ("where English is spoken", "with English spoken")),
    ),
    "tourism": (
        _PARK, _KIDS, _SUBWAY, _STEP, _BOOK, _PETS,
        _T("语音讲解", "audio guide", ("有语音讲解", "能租讲解器"), ("with an audio guide", "that has an audio guide")),
        _T("学生票", "student tickets", ("有学生票", "学生能打折"), ("with student tickets", "with a student discount")),
        _T("适合拍照", "photo spots", ("适合拍照", "拍照好看"), ("good for photos", "with photo spots")),
        _T("室内", "indoors", ("在室内", "室内的"), ("that is indoors", "under a roof")),
        _T("夜游", "evening opening", ("晚上也能玩", "可以夜游"), ("open in the evening", "with evening opening")),
    ),
}

NOUNS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "dining": (("吃饭的地方", "餐厅"), ("somewhere to eat", "a place for a meal")),
    "lifestyle": (("生活服务的店", "提供生活服务的地方"), ("a local service shop", "a place for everyday services")),
    "shopping": (("买东西的地方", "商店"), ("a shop", "somewhere to go shopping")),
    "accommodation": (("住的地方", "住宿"), ("somewhere to stay", "a place for the night")),
    "healthcare": (("看病买药的地方", "医疗机构"), ("a health care provider", "somewhere to look after my health")),
    "tourism": (("玩的地方", "景点"), ("somewhere to visit", "a sight to see")),
}
"""How a category is named when the subcategory is left open: (zh, en)."""

_REFERENCE = {s.name(locale): s.price for subs in SUBCATEGORIES.values() for s in subs for locale in ("zh", "en")}


def reference_price(subcategory: str) -> float:
    """Median price of a subcategory in yuan (name of either language); NaN where it is not in the tables."""
    return _REFERENCE.get(subcategory, float("nan"))
