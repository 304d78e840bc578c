"""What an instruction orders and whether a response obeys, as far as words and counts can tell."""

from __future__ import annotations

import re

from recenv.data.constraints import asked_slots
from recenv.rewards.features import CACHES
from recenv.rewards.reading.lexical import han_share, norm, squeeze
from recenv.rewards.reading.limits import mentions
from recenv.rewards.rules.checks import counts

_COUNTED = (
    r"(?:个(?!字|词|句|汉)|家|条|项|款|处|样|options?|items?|places?|recommendations?|picks?|suggestions?|results?|"
    r"choices?|venues?|hotels?|restaurants?|shops?|spots?)"
)
_S = r"\s{0,2}"  # normalised text has single spaces
_N = r"(?<!\d)\d{1,9}(?!\d)"
_AT_MOST = (
    r"(?:最多|至多|不超过|不多于|不要超过|别超过|限|up to|at most|no more than|not more than|maximum(?: of)?|"
    r"fewer than|within|under|below|less than|控制在|少于)"
)
_ITEMS_MOST = re.compile(
    rf"{_AT_MOST}[^\d,。;.]{{0,12}}?{_N}{_S}{_COUNTED}|{_COUNTED}?(?:推荐)?(?:数量)?不超过{_N}(?:个|家)|{_N}{_S}(?:个|"
    rf"家)(?:以内|以下)|{_N} {_COUNTED} (?:at most|or fewer|max)"
)
_ITEMS_LEAST = re.compile(rf"(?:至少|最少|不少于|at least|no fewer than|minimum(?: of)?)[^\d,。;.]{{0,12}}?{_N}{_S}{_COUNTED}")
_ITEMS_EXACT = re.compile(
    rf"(?:推荐|给出|列出|提供|正好|恰好|exactly|recommend|list|give|suggest|offer|"
    rf"only)[^\d,。;.]{{0,14}}?{_N}{_S}{_COUNTED}"
)
_CHARS_MOST = re.compile(
    rf"{_AT_MOST}[^\d,。;.]{{0,8}}?{_N}{_S}个?(?:字|字符|汉字|characters?)|{_N}{_S}个?字(?:以内|之内|以下)|"
    rf"{_N} characters? (?:or (?:less|fewer)|at most|max)"
)
_WORDS_MOST = re.compile(rf"{_AT_MOST}[^\d,。;.]{{0,8}}?{_N}{_S}(?:words?|个?词)|{_N} words? (?:or (?:less|fewer)|at most|max)")
_SENTENCES_MOST = re.compile(rf"{_AT_MOST}[^\d,。;.]{{0,8}}?{_N}{_S}(?:句|sentences?)")
_CHARS_LEAST = re.compile(rf"(?:至少|不少于|at least|no less than)[^\d,。;.]{{0,8}}?{_N}{_S}个?(?:字|字符|characters?|words?)")
_IN_ZH = re.compile(
    r"(?:用|以|使用|请用)(?:简体)?(?:中文|汉语)|(?:回答|回复)语言[是为:]*中文|in (?:simplified )?chinese\b|(?:answer|"
    r"reply|respond|write)[^.;。]{0,12}chinese"
)
_IN_EN = re.compile(r"(?:用|以|使用|请用)(?:英文|英语)|in english\b|(?:answer|reply|respond|write)[^.;。]{0,12}english")
_CLAUSE = re.compile(r"[.;。!?\n](?!\d)|(?<=\D),|,(?=\D)|\band\b|并且|且")
_NOT = re.compile(
    r"不要|请勿|勿|别|禁止|避免|不用|不使用|除外|不得|不能|不可|无需|do not|don't|avoid|never|without|leave out|"
    r"exclude|must not|no (?!more|fewer|less|longer)"
)
_TELL = re.compile(
    r"说明|提到|提及|注明|写明|写出|标明|标注|包含|包括|给出|附上|列出|告知|报出|带上|include|mention|state|give|"
    r"show|list|say|name|tell|report|quote|with (?:its|the|their|each)"
)
_QUOTE = re.compile(r"[「『“\"'《](?P<x>[^「」『』”\"'《》]{1,30})[」』”\"'》]")
_NUMBERED_ORDER = re.compile(r"编号|序号|numbered|按(?:1|数字)|\bnumber (?:them|the|each)|分点")
_BULLET_ORDER = re.compile(r"要点|项目符号|bullet|无序列表")
_JSON_ORDER = re.compile(r"json")
_ASK_ORDER = re.compile(
    r"以提问(?:结束|结尾)|finish by asking|(?:以|用)(?:一个)?(?:问句|提问|问题)结尾|(?:最后|结尾)[^,。;]{0,8}(?:问|"
    r"提问)|end with a question|ask (?:a|one) (?:follow-?up )?question|finish with a question|closing question"
)
_GREET_ORDER = re.compile(r"问候|打招呼|先问好|greet|您好开头")
_START_ORDER = re.compile(r"开头|开始|start|begin|open")
_END_ORDER = re.compile(r"结尾|结束|收尾|end|finish|close")
_ONE_PARAGRAPH = re.compile(
    r"一段话|一个段落|不要(?:换行|分行|分段|列表)|one paragraph|single paragraph|no (?:line breaks|lists?|bullets?)|"
    r"without (?:line breaks|lists?)"
)

_EVERY = re.compile(r"每|各|\beach\b|\bevery\b|\ball\b")
_SHUN = re.compile(
    r"(?:不要|别|请勿|不)推荐(?P<x>[^,。;、“\"\d]{2,12})|"
    r"(?:do not|don't|never) (?:suggest|recommend|include) (?P<y>[a-z][a-z '-]{2,30})|"
    r"(?:leave out|exclude|avoid) (?P<z>(?!exclam|question|emoji|number|bullet|list)[a-z][a-z '-]{2,30})"
)

_NUMBERED = re.compile(r"(?:^|[\s;:,。])(\d{1,2})[.、)](?=\D)")
_BULLET = re.compile(r"(?:^|\n)\s{0,2}[-*•·]\s{0,2}\S")
_RATED = re.compile(
    r"\((?=[^()]*+\))[^()]*?(?:(?<!\d)\d++(?:\.\d++)?\s{0,2}(?:分|元|stars?|yuan|公里|km)|评分|rating|price|价格)[^()]*+\)")
_BOLD = re.compile(r"\*\*[^*\n]+\*\*")
_ORDINAL = re.compile(r"首先|其次|再次|另外|最后(?!用)|\b(?:first|second|third|fourth|also|finally),")
_WORTH = re.compile(r"值得一去|值得一试|worth a (?:visit|try)")
_ZH_GLUE = re.compile(r"[的了是为您你有在元分这]|推荐|评分|价格|位于|希望|您好")
_EN_GLUE = re.compile(
    r"\b(?:the|is|are|a|an|rating|rated|price|yuan|stars?|recommend|with|for|in|at|hope|you|which|found|here|worth|"
    r"visit|and|of|to|i|km)\b"
)
_SENTENCE = re.compile(r"[。!?！？]+|[.](?=\s|$)")
_EMOJI = re.compile("[\U0001f300-\U0001faff\u2600-\u27bf]")
_GREET = re.compile(r"^\W*(?:您好|你好|hi\b|hello|good (?:morning|afternoon|evening)|dear|亲)")
_REFUSE = re.compile(r"抱歉|对不起|无法|不能(?:帮|为)|没有找到|sorry|cannot|can't|unable|no suitable|nothing")
_SAYS = {
    "rating": re.compile(
        r"(?:评分|打分|口碑|评价)[^,。;]{0,3}\d|(?<![\d.打])\d+(?:\.\d+)?\s{0,2}分(?!钟)|\d stars?\b|(?:rated|rating|scor(?:ed?|"
        r"ing))\D{0,6}\d|(?:暂无|没有)评分|no rating"  # saying that there is none is telling
    ),
    "price": re.compile(r"价格|人均|\d\s*元|免费|yuan|price|cost|¥|free|票价|门票"),
    "distance": re.compile(r"距离|公里|千米|\bkm\b|distance|away|米"),
    "area": re.compile(
        r"[\u4e00-\u9fff]{2}(?:区(?!域)|县)|商圈|位于|地处|district|area\b|located in|\bin [a-z]+|, [a-z]+(?= ?\))"
    ),
    "subcategory": re.compile(r"类型|type|kind"),
    "duration": re.compile(r"小时|hour|天|days?\b"),
    "name": re.compile(r"\S"),
}


_PART = re.compile(r"(?<=[。!?！？\n])|(?<=[.])(?!\d)")
_OF_ITSELF = re.compile(
    r"\b(?:this|the above|above) (?:answer|response|reply)\b|\b(?:judges?|graders?|grading|label)\b|"
    r"(?:本|此|该|这个|以上|上述)(?:回答|回复|答案|答复)|评审|评委|评分员|标签"
)


@CACHES.keep(16_384)
def listed_items(response: str) -> int:
    """How many things a response lists, by the most frequent sign: numbers, bullets, bold names, ordinals, attributes."""
    text = norm(response)
    slots = [m.slot for m in mentions(response)]
    signs = (_NUMBERED, _BULLET, _RATED, _BOLD, _ORDINAL, _WORTH)
    return max(*(len(sign.findall(text)) for sign in signs), slots.count("rating"), slots.count("price"))


def speaks_chinese(text: str) -> bool:
    """Whether the words around names and numbers are Chinese; names of either language do not decide."""
    chinese, english = len(_ZH_GLUE.findall(text)), len(_EN_GLUE.findall(text))
    return chinese > english if chinese != english else han_share(text) >= 0.5


def word_count(text: str) -> int:
    return len(re.findall(r"[A-Za-z0-9']+(?:\.\d+)?", text)) + sum("\u4e00" <= c <= "\u9fff" for c in text)


@CACHES.keep(8_192)
def check(instruction: str, response: str) -> dict[str, float]:
    """Verdict per kind of order: 1 obeyed, -1 broken, in between for partly; kinds that are not ordered are absent."""
    order, text = norm(instruction), norm(response)
    found: dict[str, float] = {}
    found |= _counts(order, text)
    if _IN_ZH.search(order):
        found["language"] = 1.0 if speaks_chinese(text) else -1.0
    elif _IN_EN.search(order):
        found["language"] = -1.0 if speaks_chinese(text) else 1.0
    found |= _form(order, text)
    found |= _words(order, text)
    return found


def _number(pattern: re.Pattern[str], order: str) -> int | None:
    match = pattern.search(order)
    if match is None:
        return None
    groups = re.findall(r"\d+", match.group())
    return int(groups[-1]) if groups else None


def _counts(order: str, text: str) -> dict[str, float]:
    found: dict[str, float] = {}
    items = listed_items(text)
    most, least = _number(_ITEMS_MOST, order), _number(_ITEMS_LEAST, order)
    exact = _number(_ITEMS_EXACT, order) if most is None and least is None else None
    if most is not None:
        found["items"] = 1.0 if items <= most else -1.0
    if least is not None:
        found["items"] = 1.0 if items >= least else -1.0
    if exact is not None:
        found["items"] = 1.0 if items == exact else -1.0
    characters, words = counts.characters(text), counts.runs(text)
    if not speaks_chinese(text):
        characters = words if "字" in order else characters
    else:
        words = word_count(text)
    sizes = ((_CHARS_MOST, characters, 1), (_WORDS_MOST, words, 1), (_SENTENCES_MOST, len(_SENTENCE.findall(text)), 1),
             (_CHARS_LEAST, characters, -1))
    for pattern, size, sign in sizes:
        bound = _number(pattern, order)
        if bound is not None:
            kept = sign * size <= sign * bound
            found["length"] = min(found.get("length", 1.0), 1.0 if kept else -1.0)
    return found


def _form(order: str, text: str) -> dict[str, float]:
    found: dict[str, float] = {}
    stripped = text.strip()
    if _ONE_PARAGRAPH.search(order):
        found["form"] = 1.0 if "\n" not in stripped and len(_NUMBERED.findall(text)) < 2 else -1.0
    elif _NUMBERED_ORDER.search(order):
        found["form"] = 1.0 if _NUMBERED.search(text) else -1.0
    elif _BULLET_ORDER.search(order):
        found["form"] = 1.0 if _BULLET.search(text) else -1.0
    if _JSON_ORDER.search(order):
        found["form"] = 1.0 if stripped.startswith(("{", "[")) else -1.0
    if _ASK_ORDER.search(order):
        found["question"] = 1.0 if stripped.endswith(("?", "？")) else -1.0
    if _GREET_ORDER.search(order):
        found["greeting"] = 1.0 if _GREET.search(stripped) else -1.0
    return found


def _words(order: str, text: str) -> dict[str, float]:
    """Orders to mention or to leave out: attributes by their names, and quoted words."""
    kept: list[bool] = []
    avoided: list[bool] = []
    flat = squeeze(text)
    for clause in _CLAUSE.split(order):
        negative = bool(_NOT.search(clause))
        opens, closes = bool(_START_ORDER.search(clause)), bool(_END_ORDER.search(clause))
        for quote in _QUOTE.finditer(clause):
            word = squeeze(quote.group("x"))
            if not word:
                continue
            if negative:
                avoided.append(word not in flat)
            elif opens:
                kept.append(flat.startswith(word))
            elif closes:
                kept.append(flat.endswith(word))
            else:
                kept.append(word in flat)
        if "感叹号" in clause or "exclamation" in clause:
            (avoided if negative else kept).append(("!" in text) != negative)
        if "emoji" in clause or "表情" in clause:
            (avoided if negative else kept).append(bool(_EMOJI.search(text)) != negative)
        if _TELL.search(clause) or negative:
            for slot in asked_slots(clause):
                if slot in _SAYS:
                    (avoided if negative else kept).append(_says(slot, text, every=bool(_EVERY.search(clause))) != negative)
        shunned = _SHUN.search(clause)
        if shunned:
            avoided.append(squeeze(str(shunned.group(shunned.lastgroup or 0))) not in flat)
    found: dict[str, float] = {}
    if kept:
        found["mention"] = 2.0 * sum(kept) / len(kept) - 1.0
    if avoided:
        found["avoid"] = 2.0 * sum(avoided) / len(avoided) - 1.0
    return found


@CACHES.keep(4_096)
def _says(slot: str, text: str, every: bool) -> bool:
    """Whether a response tells an attribute, of every listed item where that is asked.

    A mark that it gives to itself, or asks a judge for, is no rating of anything.
    """
    text = _less_itself(text) if slot == "rating" else text
    told = len(_SAYS[slot].findall(text))
    return told >= max(1, listed_items(text)) if every and slot != "name" else told > 0


def _less_itself(text: str) -> str:
    """A text without the sentences that speak of it."""
    return "".join(s for s in _PART.split(text) if not _OF_ITSELF.search(s))


ORDERS = ("items", "length", "language", "form", "question", "greeting", "mention", "avoid")


def refuses(response: str) -> bool:
    """Whether a response says that it has nothing to offer."""
    return bool(_REFUSE.search(norm(response)))
