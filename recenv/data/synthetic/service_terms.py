"""Service terms that items may carry as tags, and how users ask for them, by category, frozen."""

from __future__ import annotations

from typing import NamedTuple


class Tag(NamedTuple):
    """A service term: its name and what users say when they want it."""

    zh: str
    en: str
    asks_zh: tuple[str, ...]
    asks_en: tuple[str, ...]

    def name(self, locale: str) -> str:
        return self.zh if locale == "zh" else self.en


def _term(zh: str, en: str, asks_zh: str, asks_en: str) -> Tag:
    """An entry of the table; alternatives are separated by slashes."""
    return Tag(zh, en, tuple(asks_zh.split("/")), tuple(asks_en.split("/")))


_PARKING = _term("停车方便", "parking", "能停车/有停车位/停车方便", "with parking/with somewhere to park")
_WIFI = _term("无线网络", "wifi", "有无线网络/有WiFi", "with wifi/with free wireless internet")
_CARDS = _term("支持刷卡", "cards accepted", "可以刷卡/支持刷卡", "that takes cards/where I can pay by card")
_CHILDREN = _term("儿童友好", "child friendly", "适合带孩子/儿童友好", "good for children/that is child friendly")
_PETS = _term("可带宠物", "pets allowed", "可以带宠物/允许宠物进入", "where pets are allowed/that lets my dog in")
_STEP_FREE = _term("无障碍", "step-free access", "有无障碍设施/轮椅能进", "with step-free access/that a wheelchair can enter")
_ALL_NIGHT = _term("24小时", "open 24 hours", "24小时营业/半夜也开门", "open 24 hours/open all night")
_BOOKABLE = _term("可预约", "bookable online", "可以提前预约/能在网上预约", "bookable online/that I can book ahead")
_SUBWAY = _term("近地铁", "near the subway", "离地铁近/地铁口附近", "near the subway/close to a subway station")
_QUIET = _term("环境安静", "quiet", "安静一点/环境安静", "that is quiet/with a quiet atmosphere")

TAGS: dict[str, tuple[Tag, ...]] = {
    "dining": (
        _PARKING, _WIFI, _CHILDREN, _PETS, _ALL_NIGHT, _SUBWAY, _QUIET,
        _term("有包间", "private room", "有包间/能坐包间", "with a private room/that has private rooms"),
        _term("露天座位", "outdoor seats", "有露天座位/可以坐外面", "with outdoor seats/where we can sit outside"),
        _term("可外卖", "takeaway", "能点外卖/可以外带", "that does takeaway/with takeaway"),
        _term("素食选择", "vegetarian options", "有素食/有素菜可选", "with vegetarian options/that vegetarians can enjoy"),
        _term("生日布置", "birthday service", "能办生日/有生日布置", "with birthday service/that can host a birthday"),
    ),
    "lifestyle": (
        _PARKING, _WIFI, _CARDS, _ALL_NIGHT, _BOOKABLE, _SUBWAY, _CHILDREN,
        _term("上门服务", "home visits", "可以上门/提供上门服务", "that makes home visits/with home visits"),
        _term("免办卡", "no membership needed", "不用办卡/不推销办卡",
              "with no membership needed/that does not push memberships"),
        _term("资深技师", "senior staff", "师傅有经验/有资深技师", "with senior staff/with experienced staff"),
    ),
    "shopping": (
        _PARKING, _CARDS, _ALL_NIGHT, _SUBWAY, _STEP_FREE,
        _term("送货上门", "home delivery", "能送货/送货上门", "with home delivery/that delivers"),
        _term("七天退换", "seven-day returns", "支持七天退换/能退换货", "with seven-day returns/that accepts returns"),
        _term("正品保证", "authenticity guaranteed", "保证正品/有正品保证",
              "with authenticity guaranteed/that sells only genuine goods"),
        _term("会员折扣", "member discounts", "有会员折扣/会员能打折", "with member discounts/with discounts for members"),
        _term("礼品包装", "gift wrapping", "能包装礼品/有礼品包装", "with gift wrapping/that wraps gifts"),
    ),
    "accommodation": (
        _PARKING, _WIFI, _PETS, _SUBWAY, _STEP_FREE, _QUIET, _CHILDREN,
        _term("含早餐", "breakfast included", "含早餐/包早饭", "with breakfast included/that includes breakfast"),
        _term("接机服务", "airport pick-up", "有接机服务/能接机", "with airport pick-up/that picks up from the airport"),
        _term("游泳池", "swimming pool", "有游泳池/能游泳", "with a swimming pool/that has a pool"),
        _term("健身房", "fitness room", "有健身房/带健身房", "with a fitness room/that has a fitness room"),
        _term("免费取消", "free cancellation", "可以免费取消/支持免费取消",
              "with free cancellation/that can be cancelled for free"),
    ),
    "healthcare": (
        _PARKING, _CARDS, _ALL_NIGHT, _BOOKABLE, _SUBWAY, _STEP_FREE, _CHILDREN,
        _term("支持医保", "public insurance accepted", "能用医保/支持医保",
              "that takes public insurance/with public insurance accepted"),
        _term("专家坐诊", "senior doctors", "有专家坐诊/有老专家", "with senior doctors/where senior doctors see patients"),
        _term("英语服务", "English spoken", "有英语服务/医生会英语", "where English is spoken/with English spoken"),
    ),
    "tourism": (
        _PARKING, _CHILDREN, _SUBWAY, _STEP_FREE, _BOOKABLE, _PETS,
        _term("语音讲解", "audio guide", "有语音讲解/能租讲解器", "with an audio guide/that has an audio guide"),
        _term("学生票", "student tickets", "有学生票/学生能打折", "with student tickets/with a student discount"),
        _term("适合拍照", "photo spots", "适合拍照/拍照好看", "good for photos/with photo spots"),
        _term("室内", "indoors", "在室内/室内的", "that is indoors/under a roof"),
        _term("夜游", "evening opening", "晚上也能玩/可以夜游", "open in the evening/with evening opening"),
    ),
}
