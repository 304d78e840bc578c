"""What an instruction demands of the items: kinds to leave out, bounds on rating, price, distance and fee, areas, what they
must have, how late they are open. In zh and en.

    read_wishes("Avoid hot pot and stay under 100 yuan.")   -> (Wish("kind", ...), Wish("price", high=100.0, ...))

Precision comes first. Conditions ("if", "除非"), preferences ("ideally", "最好"), demands on some of the items ("one of them"),
on sums ("in total") and on words ("do not mention") are none; neither is anything that no record can hold.
"""

from __future__ import annotations

import re

from recenv.rewards.reading.lexical import norm
from recenv.rewards.reading.numerals import number
from recenv.rewards.rules import CACHES
from recenv.rewards.rules.checks.prompt import prepare
from recenv.rewards.rules.kinds import DISTRICT_EN, DISTRICT_ZH, SPOKEN, district, is_kind, kind_names
from recenv.rewards.rules.offers import free, offers
from recenv.rewards.rules.opening import open_until
from recenv.rewards.rules.wish import INF, Wish

_LONGEST_KIND = 40


_SENTENCE = re.compile(r"[!?。\n]|\.(?=\s|$)")
_CLAUSE = re.compile(r"[,;]|:(?!\d)|\b(?:and|but|then)\b|并且|并(?!非)|而且|同时")
_FIRST = re.compile(r"\b(minimum|min|maximum|max) (rating|score|price|distance|budget)\b(?: of\b)?")
_BETWEEN = re.compile(r"(?<=between )(\d{1,7}(?:\.\d{1,3})?) and (\d)")
_CONDITION = re.compile(r"\b(?:if|unless|when|whenever|in case|where possible|as long as)\b|如果|除非|假如|要是|的话|万一|若")
_SOFT = re.compile(
    r"\b(?:prefer\w*|ideally|if possible|try to|would be nice|nice to have|rather|perhaps|maybe|usually|mostly|about|"
    r"around|roughly|"
    r"approximately|or so)\b|最好|尽量|优先|倾向|可能的|左右|大概|大约|差不多|一般")
_SOME = re.compile(
    r"\b(?:1|some|half|most|\d) of\b|\b(?:1|some) (?:place|option|should|must|restaurant|hotel)|\b(?:first|second|"
    r"last|cheapest|average|total|"
    r"altogether|combined|overall)\b|其中|有1家|1家|第\d|平均|一共|总共|总计|合计|共\d|总价|总预算|总消费")
_OF_WORDS = re.compile(
    r"\b(?:mention\w*|writ\w+|say\w*|stat(?:e|ing)|describ\w+|words?|phrases?|terms?|sentences?|characters?|tell|"
    r"explain\w*|repl\w+|"
    r"answer\w*|respon\w+|talk\w*|ask\w*|whether|why|claim\w*|pretend)\b|提到|提及|提出|写|说|用词|字|句|标注|介绍|回答|回复|使用|是否|问")
_ABOUT_HIM = re.compile(
    r"\b(?:lives?|living|works?|working|based|born|home|office|staying|user is|users are|he is|she is|i am|they are|"
    r"comes? from)\b"
    r"|住在|家在|人在|上班|工作|用户在|我在|现在在|来自")
_NOT = re.compile(r"\b(?:no|not|never|avoid|skip|exclud\w+|without|nothing|none|neither|nor|cannot|outside)\b|不|别|"
    r"避|排除|勿|除")

_FEE = re.compile(r"\b(?:delivery|shipping) (?:fees?|costs?|charges?)\b|(?:送货|配送|外送|外卖)费|运费")
_ONE_KM = re.compile(r"\b(?:a|one) (?:kilometer|km)\b")
_MINIMUM = re.compile(r"\bmin(?:imum)? orders?\b|起送(?:价|费|额|金额)?")
_FIGURES = re.compile(
    r"(?<![第一二三四五六七八九十百千零两点星])[一二两三四五六七八九]?[十百千][一二三四五六七八九十百千零]{0,6}(?=元|块|以|之|内|公里|米|分)")
_OTHER_SUM = re.compile(
    r"\bfees?\b|deliver|deposit|parking|discount|coupon|voucher|tips?\b|送货|配送|起送|停车|押金|优惠|满\d|代金|红包|小费")


@CACHES.keep(4_096)
def read_wishes(instruction: str) -> tuple[Wish, ...]:
    """The demands of an instruction on its items, each once, in the order of the text. Never raises."""
    text = _FIGURES.sub(lambda m: str(number(m.group())), norm(prepare(instruction).text))
    text = _ONE_KM.sub("1 km", text)
    found: list[Wish] = []
    for sentence in _SENTENCE.split(text):
        if _CONDITION.search(sentence):
            continue
        found += _kinds(sentence)
        sentence = _BETWEEN.sub(r"\1-\2", sentence)
        for clause in _CLAUSE.split(_FIRST.sub(r"\2 \1", sentence)):
            if clause and not _SOFT.search(clause) and not _SOME.search(clause) and not _OF_WORDS.search(clause):
                found += [*_bounds(clause), *_areas(clause), *free(clause), *offers(clause),
                          *open_until(clause)]
    return tuple(dict.fromkeys(found))


# -- bounds ------------------------------------------------------------------------------------------------------------

_N = r"(?<![\d.])(\d{1,7}(?:\.\d{1,3})?)(?![\d.]*\d)"
_MOST = (
    r"(?:under|below|less than|at most|up to|no more than|not more than|not over|not exceed|not exceeding|max|"
    r"maximum|maximum of|max of|"
    r"within|cheaper than|no (?:higher|farther|further|pricier) than|closer than|nearer than|<=?|≤|不超过|不高于|不大于|不多于|"
    r"(?<!不)低于|(?<!不)少于|(?<!不)小于|不到|最多|至多|控制在|别超过|不要超过|不得超过|不能超过)"
)
_LEAST = (
    r"(?:at least|above|(?<!not )over|(?<!no )(?<!not )more than|no less than|not less than|not below|not under|no lower than|"
    r"minimum|minimum of|min|min of|higher than|better than|>=?|≥|不低于|不少于|不小于|至少|最少|(?<!不)高于|(?<!不)大于|"
    r"(?<!不)(?<!别)(?<!要)(?<!得)(?<!能)超过)"
)
_OR_LESS = r"(?:及?以下|以内|之内|之下|内|or (?:less|lower|below|under|cheaper|closer)|at most|max\b|maximum)"
_OR_MORE = r"(?:\+|及?以上|起(?!送)|or (?:more|higher|above|better|up|over)|and (?:up|above|over|higher)|minimum)"
_UNIT = {
    "price": r"(?:元|块钱?|yuan|rmb|cny)(?![a-z])",
    "distance": r"(?:公里|千米|km|kilometers?|米(?!饭|粉|线)|m|meters?)(?![a-z])",
    "rating": r"(?:分(?![钟店之])|星(?!级|期)|stars?)",
}
_CUE = {
    "price": r"(?:人均|价格|价位|预算|票价|门票|房价|消费|price|prices|priced|budget|cost|costs|costing)",
    "distance": r"(?:距离|distance)",
    "rating": r"(?:评分|口碑|打分|rated|rating|ratings|score|scores|scored)",
}
_IS = r"(?:的|要|应|须|必须|需|在|为|是|都|有|:|=|\s|is|of|are|must|should|be|a|at|has|have|to|¥){0,6}"


def _pattern(slot: str) -> re.Pattern[str]:
    unit, cue = _UNIT[slot], _CUE[slot]
    after = rf"\s{{0,4}}(?P<plus%d>\+)?-?\s{{0,4}}(?P<u%d>{unit})?\s{{0,4}}(?:的)?\s{{0,4}}" \
            rf"(?:(?P<less%d>{_OR_LESS})|(?P<more%d>{_OR_MORE}))?"
    bounded = rf"(?:(?P<most>{_MOST})|(?P<least>{_LEAST}))\s{{0,4}}(?:¥|a |an )?\s{{0,4}}(?P<a>{_N})" + after % (1, 1, 1, 1)
    trailing = rf"(?P<b>{_N})" + after % (2, 2, 2, 2)
    both = rf"(?P<c>{_N})\s{{0,4}}(?:{unit})?\s{{0,4}}(?:-|~|到|至|to|and)\s{{0,4}}(?P<d>{_N})\s{{0,4}}(?P<u3>{unit})"
    return re.compile(rf"(?:(?P<cue>{cue}){_IS})?(?:{bounded}|{both}|{trailing})")


_BOUND = {slot: _pattern(slot) for slot in _UNIT}
_NO_UNIT_OF_ITEMS = re.compile(
    r"\s{0,4}(?:words?|characters?|sentences?|字|句|个|家|款|条|项|places?|options?|items?|restaurants?|hotels?|%|折|人|"
    r"位|people|minutes?|"
    r"hours?|分钟|小时|天|days?|reviews?|dollars?|usd|euros?|[$€£])")
_FROM_ELSEWHERE_EN = re.compile(r"\s{0,4}(?:away )?(?:of|from|to)\s{1,4}(?!me\b|you\b|him\b|the user\b|users?\b|here\b|"
    r"my (?:place|position|location)\b|the (?:current|user))")
_FROM_ELSEWHERE_ZH = re.compile(r"(?:距离|距(?!离)|(?<!距)离)(?!我|您|你|用户|这里|这儿|当前|不|[在要为是:]|最|至|\d|"
    r"<|≤|控)|附近")
_JUDGED = re.compile(r"\s{0,4}(?:is|are|would|was)\b|\s{0,4}的?(?:店|餐厅)?(?:都|就|也)?(?:不|别|太|除外|排除)")
_UNWANTED = re.compile(r"\s{0,4}的?(?:店|餐厅|酒店|地方|景点)?(?:都|就|也|请)?(?:不要|别|不用|排除|不考虑|不看)(?!太)")
_DELIVERED = re.compile(r"(?:for|per) (?:\d|two|the (?:group|table|family))|\d\s{0,4}(?:个)?人|全家")
_NEGATED_BOUND = re.compile(
    r"\s{0,4}(?:please |do |请){0,4}(?:no|not|never|avoid|skip|exclude|nothing|without|不要|别|不|避免|排除|勿)\s{0,4}"
    r"(?:recommend|suggest|show|list|offer|include|推荐|要|选|给)?\s{0,4}(?:me |us |any ){0,4}"
    r"(?:any|anything|place|places|restaurants?|hotels?|options?|ones|shops?|spots?|items?|任何)?\s{0,4}"
    r"(?:that|which|is|are|cost|rated|priced|costing|with|a|rating|ratings|prices?|of|评分|价格|人均|距离|\s)*")


def _bounds(clause: str) -> list[Wish]:
    found = []
    other = "fee" if _FEE.search(clause) else "minimum" if _MINIMUM.search(clause) else ""
    for slot, pattern in _BOUND.items():
        for match in pattern.finditer(clause):
            wish = _bound(slot, match, clause, other)
            if wish is not None:
                found.append(wish)
    return found


def _bound(slot: str, match: re.Match[str], clause: str, other: str) -> Wish | None:
    """other: the sum of yuan that the clause is about, where that is not the price."""
    part = match.groupdict()
    unit = part["u1"] or part["u2"] or part["u3"]
    if not unit and (not (part["cue"] or (other and slot == "price")) or _NO_UNIT_OF_ITEMS.match(clause, match.end())):
        return None
    if slot == "distance" and not unit:
        return None
    before, after = clause[:match.start()], clause[match.end():]
    unwanted = _UNWANTED.match(after) is not None
    if _JUDGED.match(after) and not unwanted:
        return None
    if slot == "price":
        if _OTHER_SUM.search(_MINIMUM.sub("", _FEE.sub("", clause))) or _DELIVERED.search(after):
            return None
        slot = other or slot
    if slot == "distance" and (_FROM_ELSEWHERE_EN.match(after) or _FROM_ELSEWHERE_ZH.search(clause)):
        return None
    if part["c"]:
        low, high = sorted((float(part["c"]), float(part["d"])))
    else:
        value = float(part["a"] or part["b"])
        less = part["most"] or part["less1"] or part["less2"]
        more = part["least"] or part["more1"] or part["more2"] or part["plus1"] or part["plus2"]
        if bool(less) == bool(more):
            return None
        low, high = (value, INF) if more else (-INF, value)
    if slot == "rating" and not _is_rating(part, unit, clause, max(low, -INF if high == INF else high)):
        return None
    if _NOT.search(before):
        if not _NEGATED_BOUND.fullmatch(before) or (low > -INF and high < INF):
            return None
        low, high = (-INF, low) if low > -INF else (high, INF)
    elif unwanted:
        if low > -INF and high < INF:
            return None
        low, high = (-INF, low) if low > -INF else (high, INF)
    if slot == "distance" and (unit.startswith(("米", "meter")) or unit == "m"):
        low, high = low / 1000, high / 1000
    return Wish(slot, match.group().strip(), low, high)  # type: ignore[arg-type]


def _is_rating(part: dict[str, str | None], unit: str | None, clause: str, value: float) -> bool:
    """Not the class of a hotel, not points of another scale."""
    if part["cue"]:
        return value <= 10
    return value <= 5 and (not float(value).is_integer() or not re.search(r"hotel|酒店|宾馆", clause))


# -- areas -------------------------------------------------------------------------------------------------------------

_IN_EN = re.compile(
    r"(?P<not>\b(?:not|nothing|outside|avoid|except|excluding|anywhere but)\b[a-z ]{0,30}?)?(?:\bin|\boutside(?: of)?|"
    r"\b(?:stick|keep) to|\bavoid|\bwithin)\s{1,4}(?:the )?"
    rf"(?P<x>(?:{DISTRICT_EN})(?:\s{{1,4}}(?:or|/)\s{{1,4}}(?:{DISTRICT_EN}))*|[a-z][a-z' ]{{1,24}}?(?= district\b))(?: district|"
    rf" area)?s?(?=\s{{0,4}}$|\s{{1,4}}(?:only|that|with|under|below|rated|please|within|at)\b)")
_IN_ZH = re.compile(
    rf"(?P<not>不要|别|不推荐|不在|避开|排除|不去)?(?P<in>在|位于|只要|只看|限于?|仅限|推荐|选|找|)"
    rf"(?P<x>(?:{DISTRICT_ZH})区?(?:(?:或者?|和|、)(?:{DISTRICT_ZH})区?)*|"
    rf"[\u4e00-\u9fff]{{2,3}}(?<!哪个)(?<!哪1个)(?<!在哪)(?<!社)(?<!景)(?<!市)(?<!地)区(?!域|别|分))"
    r"(?=的|内|里|以内|范围|境内|找|吃|就|评分|人均|价格|距离|$)")
_SPLIT_AREA = re.compile(r"\s{1,4}or\s{1,4}|/|或者?|和|、")


def _areas(clause: str) -> list[Wish]:
    if _ABOUT_HIM.search(clause):
        return []
    found = []
    for pattern in (_IN_EN, _IN_ZH):
        for match in pattern.finditer(clause):
            forbids = bool(match.group("not")) or match.group().startswith(("outside", "avoid"))
            if pattern is _IN_ZH and not match.group("in") and not forbids:
                continue
            if not forbids and _NOT.search(clause[:match.start()]):
                continue
            names = tuple(x.strip() for x in _SPLIT_AREA.split(match.group("x")) if x.strip())
            unknown = pattern is _IN_ZH and not all(map(district, names))
            if unknown and match.group("in") not in ("在", "位于", "限", "仅限", "限于"):
                continue
            found.append(Wish("area", match.group().strip(), names=names, forbids=forbids))
    return found


# -- kinds -------------------------------------------------------------------------------------------------------------

_EN_NOT = re.compile(
    r"(?P<verb>\bavoid(?:ing)?(?: recommending| suggesting)?|\b(?:do|must|should|can|shall) not (?:recommend|suggest|"
    r"show|list|offer|choose|pick|include|propose)|"
    r"\bcannot (?:recommend|suggest)|\bnever (?:recommend|suggest|show|list|offer|choose|pick|include)|\bexclud(?:e|"
    r"ing)|\bskip|\bdo not want(?: any)?|\bleave out|\bleaving out|"
    r"\bstay away from|\bsteer clear of|\b(?:anything|everything|anywhere|any place) (?:but|except|other than)|\bexcept(?: for)?|"
    r"\bno|\ballergic to|\b(?:does|do|can) not eat|\bnever eats?)\s{1,4}(?=[a-z])")
_EN_REST = re.compile(r"[^.;:!?()\"«»]{1,80}")
_EN_LEAD = re.compile(
    r"^(?:(?:me|us|him|them|any|all|the|a|an|more|other|kind of|kinds of|type of|sort of|of|places?|restaurants?|"
    r"spots?|shops?|venues?|ones|that|which|"
    r"anything|serve|serves|serving|are|is|offer|offers|offering|sell|sells|selling|with|from)\s{1,4})+")
_EN_TAIL = re.compile(
    r"\s{1,4}(?:restaurants?|places?|shops?|stores?|spots?|venues?|joints?|food|cuisine|dishes|options?|ones|outlets?|"
    r"brands?|please|at all|"
    r"altogether|entirely|this time|today|tonight|again)$")
_EN_NOUN = re.compile(r"restaurant|place|food|cuisine|spot|joint|shop")
_EN_LIST = re.compile(r",?\s{1,4}(?:and|or|nor)\s{1,4}(?:no\s{1,4}|any\s{1,4})?|,\s{0,4}|/|&")
_ZH_NOT = re.compile(
    r"(?P<verb>(?<!要)(?<!是)(?:不要|别|请勿|勿|不得|不能|不可以|不可|切勿|不准|不许|不想|不去|不住|不推荐|避免|避开|排除|"
    r"拒绝|不吃|不能吃|忌口?|不含))"
    r"(?:再)?(?:给|向|为)?(?:我|用户|他|她|客人)?(?:推荐|安排|选择|选|去|吃|考虑|提供|包含|要)?(?:任何|所有|那种|"
    r"什么)?(?P<x>[^,;:。!?()\"«»]{1,20})")
_ZH_BUT = re.compile(
    r"(?P<x>[\u4e00-\u9fff、]{2,16})除外|除了?(?P<y>[\u4e00-\u9fff、]{2,12}?)(?:以外|之外|外)?,?(?:其他|别的|"
    r"什么)?(?:都|均)(?:可|行|好|能|没)|"
    r"对(?P<z>[\u4e00-\u9fff、]{2,8}?)(?:严重)?过敏")
_ZH_TAIL = re.compile(r"(?:(?:类|之类|等)?的?(?:店铺|(?<!酒)(?<!饭)(?<!书)店|餐厅|餐馆|饭店|地方|商家|选项|门店|"
    r"菜品?|食物)?|之类|类|等|了|哦|啊|吧|呢|谢谢)$")
_ZH_LIST = re.compile(r"[、/]|和|或者?|以及|及|与|还有")
_WIDE = re.compile(r"avoid|recommend|suggest|exclud|推荐|避|排除|不要|拒绝")


def _kinds(sentence: str) -> list[Wish]:
    found = []
    verbs = list(_EN_NOT.finditer(sentence))
    for match, after in zip(verbs, [*(v.start() for v in verbs[1:]), len(sentence)], strict=False):
        verb, told = match.group("verb"), _EN_REST.match(sentence, match.end(), after)
        rest = told.group() if told else ""
        kinds = [w for n, part in enumerate(_EN_LIST.split(rest)) if (w := _kind_en(verb, part, first=n == 0)) is not None]
        if kinds and not _asked_softly(sentence[:match.start()]):
            found += kinds
    for match in _ZH_NOT.finditer(sentence):
        kinds = [w for part in _ZH_LIST.split(match.group("x")) if (w := _kind_zh(match.group("verb"), part)) is not None]
        if kinds and not _asked_softly(sentence[:match.start()]):
            found += kinds
    for match in _ZH_BUT.finditer(sentence):
        listed = match.group("x") or match.group("y") or match.group("z")
        found += [w for part in _ZH_LIST.split(listed) if (w := _kind_zh("排除", part)) is not None]
    return found


_NEED_NOT = re.compile(r"\b(?:why|whether|how|ask\w*|explain\w*|say\w*)\b|是否|为什么|问|解释|"
    r"\b(?:not|no need to|need not|never)\s{0,4}(?:have to |need to )?$|不必|不用|无需|没必要")


def _asked_softly(before: str) -> bool:
    """Whether what stands before in the clause turns a demand into something else."""
    clause = re.split(r"[,;:]", before)[-1]
    return bool(_SOFT.search(clause) or _NEED_NOT.search(clause))


def _kind_en(verb: str, part: str, *, first: bool) -> Wish | None:
    said = part.strip()
    kind = whole = _EN_LEAD.sub("", said)
    while (shorter := _EN_TAIL.sub("", kind)) != kind:
        kind = shorter
    if not kind or len(kind) > _LONGEST_KIND or any(c.isdigit() for c in kind):
        return None
    known = is_kind(kind)
    bare = verb in ("no", "avoid", "avoiding") or not first
    if kind_names(kind) & SPOKEN and bare and not _EN_NOUN.search(said):
        return None
    if not known and (verb == "no" or not first):
        return None
    wide = bool(_WIDE.search(verb)) or "chain" in kind_names(kind)
    return Wish("kind", f"{verb} {kind}", names=tuple(dict.fromkeys((kind, whole))), forbids=True, wide=wide)


_NO_KIND = re.compile(r"^(?:推荐|的|[列写说讲用发搞弄加带超提重堆绕编])|那么|跟我|告诉")
"""What one does, or how, and not what a place is."""


def _kind_zh(verb: str, part: str) -> Wish | None:
    kind = part.strip() if is_kind(part.strip()) else _ZH_TAIL.sub("", part.strip())
    if len(kind) < 2 or len(kind) > 12 or any(c.isdigit() for c in kind) or _NO_KIND.search(kind) or _OF_WORDS.match(kind):
        return None
    return Wish("kind", verb + kind, names=(kind,), forbids=True, wide=bool(_WIDE.search(verb)))
