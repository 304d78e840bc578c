"""What a request wants, checked against an item's record however that is laid out: limits, kinds, things, places nearby."""

from __future__ import annotations

import math
import re
from typing import NamedTuple

from recenv.rewards.features import CACHES
from recenv.rewards.features.bounded import share
from recenv.rewards.reading.cover import residue
from recenv.rewards.reading.lexical import norm, squeeze
from recenv.rewards.reading.limits import INF, Limit, limits, mentions, within
from recenv.rewards.reading.quantities import quantities
from recenv.rewards.reading.records import read_records

NAMES = (
    "wants_rating", "wants_price", "wants_time",  # 1 met, -1 missed, 0 not stated; NaN where the record does not say
    "wants_met", "wants_missed", "wants_unknown",
    "wants_things", "wants_exact", "wants_inside", "wants_absent",  # things: members of lists, parts of members, in none
    "wants_kind", "wants_near",  # 1 agrees, -1 does not, 0 not stated
    "wants_longest_left", "wants_left_share",
    "wants_verdict",  # -1 where something is missed, 1 where all that was stated is met, 0 where nothing was stated
)
_COUNTED = re.compile(
    r"(?:第|过|前|后|这|那|每|头|隔)\s{0,2}\d++\s{0,2}天|(?<!\d)\d++\s{0,2}(?:个(?!半?小时)|家|条|道|款|项|处|种|样|位|下(?=[,。!?吧呗哈]|$))")
_SPANNED = re.compile(r"(\d)、(?=\d+(?:\.\d+)?\s{0,2}(?:个?小时|天))")
_RATING_FIRST = re.compile(r"(?<![\d.])(\d(?:\.\d)?)(以上|及以上|以下)?的?(?:评分|打分|口碑)")
_FREE = re.compile(
    r"免费(?!的?(?:wifi|无线|早餐|早饭|停车|市内|接|上网|电话))|不要钱|不(?:用|需要)?(?:买|要)(?:门)?票|(?:没有|没|无)(?:门)?票(?:费|价)|"
    r"\bfree (?:entry|admission)|for free\b")
_NOT_FREE = re.compile(
    r"(?:不|非|别)(?:要|是|能|想要|喜欢)?免费|(?:门票|景点)?(?:要|需要?)?收费的(?!停车)|要(?:花钱|买票)|\bnot free\b")
_FREE_SERVICE = re.compile(r"(?:早餐|早餐服务|停车|wifi|上网|接送|接机|电话)(?:服务)?(?:是|要)?$")
_KIND = re.compile(
    r"(经济|舒适|高档|豪华|奢华|商务|主题|度假|青年|家庭)(?=型|的?酒店|的?宾馆|一点|些)|"
    r"\b(economy|budget|comfort|upscale|luxury|business)\b")
_NEAR = re.compile(
    r"(?:在|去|到|找|离|距离?)?(?P<x>[^,。!?;在去到找离距]{2,24}?)(?:这个|那个|这家|那家)?(?:景点|酒店|餐馆|餐厅)?的?(?:附近|周边|旁边|周围)|"
    r"\b(?:near|close to|next to|around)\s{1,2}(?:the )?(?P<y>[a-z0-9][a-z0-9' &-]{2,40}?)"
    r"(?=[,.;!?]|\s(?:with|that|which|for|and|please)\b|$)")
_VAGUE = re.compile(r"^(?:它|他|她|这|那|该|酒店|餐馆|餐厅|景点|我|你|您|家|此|的|刚才|们|了|上|个|里|店|地方|公司|吗|请问|帮)+$")
_THING = re.compile(
    r"(?:想要?吃|吃到|吃(?!饭|完|东西|的|点|过|喝|好)|尝尝?|品尝|喝到?|点(?:一?份)|"
    r"推荐菜(?:里|中)?(?:必须|要|最好)?(?:有|是|为|包含|包括)|菜(?:名)?(?:是|有|叫)|"
    r"卖|(?:可以|能|会)做|做(?=[^,。!?的]{2,10}好吃)|提供|设施(?:里|中)?(?:要|最好)?(?:有|是|包括)|(?<![没还只])有(?!没有|什么|哪|意思|名|推荐|啥|特色的|点)|"
    r"带有|含有?|包含|支持)(?P<x>[^,。!?;:]{2,40}?)"
    r"(?=(?:这|那)(?:道|个|种|样|些|\d)|(?:服务)?的(?:餐|酒|饭|店|地|景|宾|话|家|馆|吗|么|$)|的(?=[,。!?;])|"
    r"服务(?=[,。!?;]|$|吗|么|的|和)|[,。!?;:]|吗|么|呢|吧|呗|不[?]|给我|就|并且|而且|好吃|方便|$)|"
    r"(?:^|[,。!?;、]|哪家|家)(?P<y>[^,。!?;、的有家]{2,10}?)(?:做得|做的|比较|很)(?:不错|好|正宗|棒|出名|有名)|"
    r"\b(?:with|has|have|having|offers?|offering|serves?|serving|provides?|providing|includ(?:es?|ing)|eat|try)\s{1,2}"
    r"(?:a |an |the |some |good )?(?P<z>[a-z][a-z0-9' /-]{2,60}?)"
    r"(?=[,.;!?]|\s(?:with|that|which|for|in|at|near|under|below|above|rated|please|if|but)\b|$)")
_AND = re.compile(r"[、和及与跟\t]|以及|还有|并且|或者|,|/|\band\b|\bor\b")
_TRIM = re.compile(
    r"^(?:一些|一点|一下|还|否|能|可以|一?[个份点道些]|有|提供|地道的?|正宗的?|好吃的?|的|着|了|到|酒店(?=提供)|是|来|去|我|你|他们?|它)+|"
    r"(?:这道菜|这个菜|等|服务的?|的|之类|这些|菜品|了|们|一下|一起|给我|告诉我){1,20}$")
_CHAT = re.compile(
    r"推荐|什么|哪|没有|帮我|一家|景点|餐馆|地方|评分|价格|票价|门票|人均|消费|我想|想要|时间|时长|附近|周边|意思|合适|您好|你好|"
    r"给我|东西|朋友|家人|这样|多少|地址|电话|几|游玩|小时|免费|饭|问题|其他|别的|建议|好的?点|美味|特色的|自己的|放心|好的|"
    r"酒店(?!各处)|选择|要求|符合|型的|类型|介绍|机会|空|\d元|\d分|需求|名字|叫")
_SET_ROLES = ("dishes", "facilities", "nearby", "")


class _Facts(NamedTuple):
    """numbers: slot -> (low, high); sets: members of lists by role, squeezed; kind: of the place; text: all, squeezed."""

    numbers: dict[str, tuple[float, float]]
    members: frozenset[str]
    near: frozenset[str]
    kind: str
    text: str


@CACHES.keep(16_384)
def _facts(item: str) -> _Facts:
    numbers: dict[str, tuple[float, float]] = {}
    members: dict[str, None] = {}
    near: dict[str, None] = {}
    kind = ""
    for record in read_records(item):
        for n, field in enumerate(record):
            role = field.role
            if role in ("rating", "price") and role not in numbers:
                told = quantities(field.value)
                if told:
                    numbers[role] = (told[0].value, told[-1].value)
                elif role == "price" and "免费" in field.value:
                    numbers[role] = (0.0, 0.0)
            elif role == "duration":
                spans = [m for m in mentions(f"游玩时间:{field.value}") if m.slot == "duration"]
                if spans:
                    numbers[role] = (spans[0].value, spans[-1].upper)
            elif role == "kind":
                kind = squeeze(field.value)
            elif role == "nearby":
                near.update((squeeze(m), None) for m in field.members)
            elif role in _SET_ROLES and (field.label or n > 1 or len(field.members) > 1):
                members.update((squeeze(m), None) for m in field.members)
    return _Facts(numbers, frozenset(members), frozenset(near), kind, squeeze(item))


@CACHES.keep(16_384)
def _limits(query: str) -> dict[str, Limit]:
    """The numeric bounds of a request by slot, freed of counts and days that are no bounds."""
    plain = _SPANNED.sub(r"\1-", norm(query)).replace("元一下", "元以下")
    plain = _RATING_FIRST.sub(r"评分\1分\2", re.sub(r"半个?小时", "0.5小时", plain))
    plain = _COUNTED.sub(" ", plain)
    found = {limit.slot: limit for limit in limits(plain)}
    duration = found.get("duration")
    if duration is not None and duration.high >= 48 and not re.search(r"玩|游|逛|时长|时间|duration|stay", plain):
        del found["duration"]
    if _NOT_FREE.search(plain):
        found["price"] = Limit("price", 0.01, INF)
    elif any(not _FREE_SERVICE.search(plain[max(0, m.start() - 8):m.start()]) for m in _FREE.finditer(plain)):
        found.setdefault("price", Limit("price", -INF, 0.0))
    return found


@CACHES.keep(16_384)
def things(query: str) -> tuple[str, ...]:
    """Dishes, services and the like that a request asks for by name, squeezed."""
    found: dict[str, None] = {}
    plain = norm(query)
    for match in _THING.finditer(plain):
        whole = match.group("x") or match.group("y") or match.group("z")
        for part in _AND.split(whole):
            word = squeeze(_TRIM.sub("", part.strip()))
            if 2 <= len(word) <= 30 and not _CHAT.search(word):
                found[word] = None
    return tuple(found)


def _timed(limit: Limit, have: tuple[float, float]) -> float:
    """1 for the same span, less for one that only touches, -1 for another."""
    if abs(limit.low - have[0]) < 1e-6 and abs(limit.high - have[1]) < 1e-6:
        return 1.0
    if limit.low == -INF or limit.high == INF:
        return 1.0 if have[0] >= limit.low - 1e-9 and have[1] <= limit.high + 1e-9 else -1.0
    shared = min(limit.high, have[1]) - max(limit.low, have[0])
    if limit.high > 1.8 * limit.low > 0 and abs(limit.low / 0.7 - limit.high / 1.3) < 1e-6:  # "about"
        return 1.0 if shared >= 0 else -1.0
    return -0.5 if shared >= 0 else -1.0


@CACHES.keep(65_536)
def wants(query: str, item: str) -> tuple[float, ...]:
    """The NAMES features of one pair."""
    facts, stated = _facts(item), _limits(query)
    met = {"rating": 0.0, "price": 0.0, "duration": 0.0}
    good = bad = unknown = 0
    for slot, limit in stated.items():
        if slot not in met:
            continue
        have = facts.numbers.get(slot)
        if have is None:
            met[slot] = math.nan
            unknown += 1
            continue
        met[slot] = _timed(limit, have) if slot == "duration" else 1.0 if within(limit, have) else -1.0
        good, bad = good + (met[slot] > 0), bad + (met[slot] < 0)
    asked = things(query)
    exact = sum(a in facts.members for a in asked)
    inside = sum(a not in facts.members and (a in facts.text or _abbreviates(a, facts.members)) for a in asked)
    absent = len(asked) - exact - inside
    kind = _kind(query, facts.kind)
    near = _near(query, facts)
    left = residue(query, item, "")
    good, bad = good + exact + (kind > 0) + (near > 0), bad + absent + (kind < 0) + (near < 0)
    verdict = -1.0 if bad else 1.0 if good and not unknown and not inside else 0.5 if good else 0.0
    return (
        *met.values(), share(good, 4), share(bad, 3), share(unknown, 3),
        share(len(asked), 4), share(exact, 3), share(inside, 3), share(absent, 3), kind, near,
        share(left.longest, 8), left.left / left.content if left.content else 0.0, verdict,
    )


def _abbreviates(short: str, members: frozenset[str]) -> bool:
    """Whether a word is a member with characters left out, its first and last kept."""
    if len(short) < 3:
        return False
    for member in members:
        if member[:1] == short[0] and member[-1:] == short[-1] and len(member) <= len(short) + 3:
            rest = iter(member)
            if all(c in rest for c in short):
                return True
    return False


@CACHES.keep(16_384)
def _kinds(query: str) -> tuple[str, ...]:
    return tuple("".join(m.groups(default="")) for m in _KIND.finditer(norm(query)))


def _kind(query: str, kind: str) -> float:
    said = _kinds(query)
    if not said or not kind:
        return 0.0
    return 1.0 if any(s in kind for s in said) else -1.0


@CACHES.keep(16_384)
def _places(query: str) -> tuple[str, ...]:
    """Whom a request wants to be near, squeezed."""
    places = [squeeze(m.group("x") or m.group("y")) for m in _NEAR.finditer(norm(query))]
    return tuple(p for p in places if len(p) > 1 and not _VAGUE.match(p))


def _near(query: str, facts: _Facts) -> float:
    places = _places(query) if facts.near else ()
    if not places:
        return 0.0
    return 1.0 if any(n in p or p in n for p in places for n in facts.near if len(n) > 1) else -1.0
