"""What there is to find: the subcategories of the six categories, with their prices, names and dishes, frozen.

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
    dishes: tuple[tuple[str, str], ...]

    def name(self, locale: str) -> str:
        return self.zh if locale == "zh" else self.en


def _kind(
    zh: str, en: str, price: float, nouns_zh: str, nouns_en: str, heads_zh: str, heads_en: str, dishes: str = ""
) -> Subcategory:
    """An entry of the table; alternatives are separated by slashes, dishes are written zh=en."""
    pairs = tuple((pair.split("=")[0], pair.split("=")[1]) for pair in dishes.split("/") if pair)
    alternatives = [tuple(text.split("/")) for text in (nouns_zh, nouns_en, heads_zh, heads_en)]
    return Subcategory(zh, en, price, alternatives[0], alternatives[1], alternatives[2], alternatives[3], pairs)


SUBCATEGORIES: dict[str, tuple[Subcategory, ...]] = {
    "dining": (
        _kind("川菜", "Sichuan", 75, "川菜馆/川菜餐厅/吃川菜的地方",
              "a Sichuan restaurant/a Sichuan place/somewhere for Sichuan food", "川菜馆/川味轩/蜀香楼",
              "Sichuan Kitchen/Spice House/Sichuan Restaurant",
              "宫保鸡丁=kung pao chicken/麻婆豆腐=mapo tofu/水煮鱼=boiled fish in chili oil/"
              "回锅肉=twice-cooked pork/夫妻肺片=sliced beef in chili sauce/担担面=dandan noodles"),
        _kind("烤鸭", "roast duck", 130, "烤鸭店/吃烤鸭的地方/烤鸭餐厅",
              "a roast duck restaurant/a Peking duck place/somewhere for roast duck", "烤鸭店/烤鸭坊/鸭王府",
              "Roast Duck/Duck House/Peking Duck Restaurant",
              "挂炉烤鸭=hung-oven roast duck/鸭架汤=duck bone soup/芥末鸭掌=mustard duck feet/"
              "豌豆黄=pea flour cake/京酱肉丝=shredded pork in bean sauce/炸酱面=zhajiang noodles"),
        _kind("火锅", "hotpot", 110, "火锅店/吃火锅的地方/火锅餐厅", "a hotpot restaurant/a hotpot place/somewhere for hotpot",
              "火锅/涮肉馆/老火锅", "Hotpot/Hot Pot House/Boiling Pot",
              "羊肉卷=sliced lamb/毛肚=beef tripe/虾滑=shrimp paste/"
              "鸭血=duck blood/手切牛肉=hand-cut beef/冻豆腐=frozen tofu"),
        _kind("面馆", "noodles", 32, "面馆/吃面的地方/面食店", "a noodle shop/a noodle place/somewhere for noodles",
              "面馆/牛肉面/刀削面", "Noodles/Noodle Bar/Noodle Shop",
              "红烧牛肉面=braised beef noodles/刀削面=knife-cut noodles/酸汤面=sour soup noodles/"
              "凉皮=cold skin noodles/肉夹馍=pork burger bun/油泼面=hot oil noodles"),
        _kind("日料", "Japanese", 160, "日料店/日本料理店/吃日料的地方",
              "a Japanese restaurant/a sushi place/somewhere for Japanese food", "日本料理/寿司屋/居酒屋",
              "Sushi/Izakaya/Japanese Kitchen",
              "三文鱼刺身=salmon sashimi/鳗鱼饭=eel rice/豚骨拉面=tonkotsu ramen/"
              "天妇罗=tempura/寿喜锅=sukiyaki/玉子烧=rolled omelette"),
        _kind("西餐", "Western", 140, "西餐厅/吃西餐的地方/西餐馆", "a Western restaurant/a bistro/somewhere for Western food",
              "西餐厅/牛排馆/意式餐厅", "Bistro/Grill/Steakhouse",
              "菲力牛排=filet steak/奶油蘑菇汤=cream of mushroom soup/玛格丽特披萨=margherita pizza/"
              "凯撒沙拉=caesar salad/肉酱意面=spaghetti bolognese/烤羊排=roast lamb chops"),
        _kind("咖啡甜品", "coffee and desserts", 45, "咖啡馆/甜品店/喝咖啡的地方", "a cafe/a coffee shop/a dessert place",
              "咖啡/甜品屋/咖啡馆", "Coffee/Cafe/Dessert Bar",
              "拿铁=latte/手冲咖啡=pour-over coffee/提拉米苏=tiramisu/"
              "芝士蛋糕=cheesecake/杨枝甘露=mango pomelo sago/可颂=croissant"),
        _kind("小吃快餐", "snacks", 24, "小吃店/快餐店/吃小吃的地方",
              "a snack bar/a fast food place/somewhere for a quick bite", "小吃店/包子铺/卤煮店",
              "Snacks/Dumpling House/Street Food",
              "小笼包=soup dumplings/豆汁=mung bean milk/卤煮火烧=stewed offal with bread/"
              "煎饼果子=savoury crepe/驴打滚=rolling donkey cake/爆肚=quick-boiled tripe"),
    ),
    "lifestyle": (
        _kind("美发", "hair salon", 120, "理发店/美发店/剪头发的地方", "a hair salon/a hairdresser/somewhere to get a haircut",
              "美发沙龙/造型/理发馆", "Hair Salon/Hair Studio/Barbers"),
        _kind("美甲", "nail salon", 150, "美甲店/做指甲的地方", "a nail salon/somewhere to get my nails done",
              "美甲/美甲工作室", "Nail Studio/Nails"),
        _kind("健身", "gym", 90, "健身房/锻炼的地方", "a gym/a fitness club/somewhere to work out", "健身/健身会所/健身工作室",
              "Gym/Fitness Club"),
        _kind("洗车", "car wash", 45, "洗车店/洗车的地方", "a car wash/somewhere to wash my car", "洗车行/汽车美容",
              "Car Wash/Auto Care"),
        _kind("洗衣", "laundry", 35, "洗衣店/干洗店", "a laundry/a dry cleaner", "洗衣店/干洗", "Laundry/Dry Cleaning"),
        _kind("按摩", "massage", 180, "按摩店/足疗店/做按摩的地方", "a massage place/a foot massage shop",
              "足道/推拿馆/养生会所", "Massage/Wellness Spa"),
        _kind("家政", "housekeeping", 130, "家政公司/保洁公司", "a housekeeping service/a cleaning company", "家政/保洁服务",
              "Housekeeping/Home Cleaning"),
        _kind("宠物", "pet care", 110, "宠物店/给宠物洗澡的地方", "a pet shop/a pet groomer", "宠物店/宠物生活馆",
              "Pet Care/Pet House"),
    ),
    "shopping": (
        _kind("超市", "supermarket", 80, "超市/买菜的超市", "a supermarket/a grocery store", "超市/生活超市",
              "Supermarket/Market"),
        _kind("书店", "bookshop", 60, "书店/买书的地方", "a bookshop/a bookstore", "书店/书屋", "Books/Bookshop"),
        _kind("数码", "electronics", 900, "数码店/电子产品店", "an electronics shop/a gadget store", "数码/电器城",
              "Electronics/Digital"),
        _kind("服装", "clothing", 260, "服装店/买衣服的地方", "a clothing shop/a fashion store", "服饰/衣橱",
              "Clothing/Wardrobe"),
        _kind("鲜花", "florist", 150, "花店/买花的地方", "a florist/a flower shop", "花店/花坊", "Flowers/Florist"),
        _kind("母婴", "baby store", 200, "母婴店/买婴儿用品的店", "a baby store/a shop for baby things", "母婴馆/宝贝屋",
              "Baby Store/Kids Corner"),
        _kind("茶叶", "tea shop", 180, "茶叶店/买茶叶的地方", "a tea shop/somewhere to buy tea", "茶庄/茶行", "Tea House/Teas"),
    ),
    "accommodation": (
        _kind("经济型酒店", "budget hotel", 240, "经济型酒店/便宜的酒店", "a budget hotel/an economy hotel",
              "快捷酒店/连锁酒店", "Inn/Express Hotel"),
        _kind("商务酒店", "business hotel", 480, "商务酒店/适合出差的酒店", "a business hotel/a hotel for a work trip",
              "商务酒店/国际酒店", "Business Hotel/Plaza Hotel"),
        _kind("豪华酒店", "luxury hotel", 1100, "豪华酒店/五星级酒店", "a luxury hotel/a five-star hotel", "大酒店/君悦酒店",
              "Grand Hotel/Palace Hotel"),
        _kind("民宿", "guesthouse", 360, "民宿/四合院民宿", "a guesthouse/a bed and breakfast", "民宿/小院",
              "Guesthouse/Courtyard"),
        _kind("青年旅舍", "hostel", 110, "青年旅舍/青旅", "a hostel/a youth hostel", "青年旅舍/青旅", "Hostel/Backpackers"),
    ),
    "healthcare": (
        _kind("药店", "pharmacy", 50, "药店/买药的地方", "a pharmacy/a chemist", "大药房/药店", "Pharmacy/Drugstore"),
        _kind("牙科", "dental clinic", 350, "牙科诊所/看牙的地方", "a dental clinic/a dentist", "口腔门诊/口腔诊所",
              "Dental/Dental Clinic"),
        _kind("体检", "check-up centre", 600, "体检中心/做体检的地方", "a check-up centre/somewhere for a health check",
              "体检中心/健康管理中心", "Health Check/Check-up Centre"),
        _kind("中医", "Chinese medicine", 220, "中医馆/看中医的地方", "a Chinese medicine clinic/a TCM doctor", "中医馆/国医堂",
              "Chinese Medicine/TCM Hall"),
        _kind("眼科", "eye clinic", 400, "眼科/配眼镜的地方", "an eye clinic/an optician", "眼科/视光中心",
              "Eye Clinic/Optics"),
    ),
    "tourism": (
        _kind("博物馆", "museum", 40, "博物馆/可以看展览的博物馆", "a museum/a museum to visit", "博物馆/艺术馆",
              "Museum/Gallery"),
        _kind("公园", "park", 12, "公园/散步的公园", "a park/a park for a walk", "公园/森林公园", "Park/Gardens"),
        _kind("古迹", "historic site", 35, "古迹/名胜古迹", "a historic site/a place with history", "古寺/故居",
              "Temple/Old Residence"),
        _kind("主题乐园", "theme park", 260, "主题乐园/游乐园", "a theme park/an amusement park", "乐园/欢乐世界",
              "Adventure Park/Fun World"),
        _kind("演出", "live show", 220, "剧场/看演出的地方", "a live show/a theatre", "剧场/相声茶馆", "Theatre/Playhouse"),
        _kind("登山", "mountain", 55, "爬山的景区/山岳景区", "a mountain to hike/a hiking area", "山风景区/长城景区",
              "Mountain/Great Wall Trail"),
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
