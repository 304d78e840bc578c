"""How answers speak: where a clause ends, what wishes, denies and counts."""

from __future__ import annotations

import re

from recenv.rewards.reading.concepts import Concept

_TILDE = r"(?<![\d元分块])~+(?!\s?[\d¥$])"
_VERDICT = (
    r"\s{0,2}(?:only\b|just (?:the|1)|仅|只有|\d of (?:the )?\d|"
    r"\d家(?=[,。;~\n]|$)|none|neither|both|all \d|all of|no(?=[,.;!]|$)|"
    r"met by|missed by|无(?=[,。;\n]|$)|没有|\d家[均都全]|[均都全])")
"""What is told of a thing that stands before a dash or a colon: "Parking: both", "近地铁——3家都有"."""
CLAUSE = re.compile(
    r"[;|()\[\]!?。\n]|,(?!\d家(?:[。;~\n]|$))|" + _TILDE + r"|:(?!\s?[¥$£€]?\d)(?!" + _VERDICT + r")|"
    r"(?<!\A\d)(?<!\n\d)\.(?=\s|$)|"
    r"\s-\s(?!" + _VERDICT + r")|--?(?=\s)(?!\s" + _VERDICT + r")|[–—](?![–—])(?!" + _VERDICT + r")|"
    r"\b(?:(?<!all )but|while|whereas|"
    r"although|though|because)\b|\band (?=(?:it |they )?(?:is|are|was|has|have|does|do|can|will|offers?|allows?|takes?|serves?|"
    r"accepts?|provides?|comes?|costs?|gets?|says?|lies|sits|stays?|makes?|needs?|scores?|rates?|closes?|opens?)\b)|"
    r"\band (?=the (?:first|second|third|last|former|latter|other)\b)"
)
ASKED = re.compile(r"(?:(?<=[.!?。~\n])|^)(\s?[^.!?。~,\n]{2,28})\?\s{0,2}(?=yes\b|nope?\b|有|" + _VERDICT + ")")
"""A short question that is answered at once: "Parking? Both."."""
ENDS = re.compile(r"[!?。\n]|;(?=\s?\d[.、)])|" + _TILDE + r"|(?<!\A\d)(?<!\n\d)\.(?=\s|$)")
OPEN = re.compile(
    r"^\s?(?:要|想|图|为了|冲着)(?![是求])|如果|^\s?若(?!干)|如需|倘若|提到了|既然|看重|要是|的话|想要|希望|吗\b|是否|确认|需要我|帮您再|要我|您(?:更|看重|在意|想|要|需要|是)|建议(?!游玩|游览|停留|时长)|提醒|记得|不妨|提前(?!\d)|"
    r"想[来吃喝找要住去]|\bif\b|^\s?should\b|\bshould i\b|\bshall i\b|\bwould you\b|\bdo you\b|\bwant (?:me|the)\b|"
    r"\byou (?:would )?(?:want|need|prefer|like|asked|mentioned)\b|"
    r"\bmatters\b|\byour (?:request|budget|wish|requirement)|\blooking for\b|\bring ahead\b|"
    r"\b(?:call|book|email|ask|check)(?: them)? (?:ahead|before|first|in advance)\b|\bin case\b|\bremember to\b|"
    r"\bdo not forget\b|\bmake sure\b|\bi would (?:call|book|email|ask|check)\b|\bworth (?:booking|calling|checking)\b|"
    r"\bi cannot (?:promise|confirm)\b|\bfeel like\b"
)
NO = re.compile(
    r"\b(?:no(?!-)|not|nothing|without|never|none|neither|nor|nowhere|nobody|cannot|lacks?|unavailable)\b|没有?|"
    r"(?:(?<![\u4e00-\u9fff])|(?<=[口店内里边房]))无(?!线|需|理|论|障|烟)|不(?![错过少仅只光])|未|缺|暂无|免不了|落空|无关"
)
NO_NO = re.compile(
    r"\bno (?:problem|worries|doubt|more than|less than|need|rush)\b|\bnot (?:only|just|bad)\b|没问题|"
    r"(?<![跟和与].)(?<![跟和与]..)(?<![跟和与]...)(?<![跟和与]....)没关系|"
    r"没事|不怕|不用|不算|不超过|不低于|不少于|不高|不[到足](?=[¥\d])|不远|不贵|没超过|never clos\w+|不打烊|不关|不歇|无需"
)
JOIN = re.compile(r"[\s,、]{0,3}(?:和|与|及|以及|跟|还有|或者?|加上?|配上?|&|\+|and|or|nor|plus|,)?(?: the)?[\s,、]{0,2}")
ALL = re.compile(
    r"(?<![一-龥]的)都(?![市])|(?<!人)均(?!价|消费)|全部|每[一1]?[家个款]|两者|所有|无论哪|随便哪|\bboth\b|"
    r"\ball (?P<n>[2-9])\b(?! (?:boxes|points|wishes|conditions|criteria|requests|counts|of your))|"
    r"\ball (?:of )?(?:them|these|the|are|have|share|cost)\b|"
    r"\beach\b|\bevery(?: one| 1)?\b|\bwhichever\b|\bany of (?:them|these)\b|^ ?all\b|"
    r"\beither (?:of (?:them|these|the)|1\b|place|shop|hotel|restaurant)|\bat either\b"
)
NONE = re.compile(
    r"\bnone of\b|\bneither\b|都没有?|都不(?!错)|都未|没有?[一1][家个]|"
    r"\bnot (?:a single|one|1) (?:of\b|place)|\bno (?:one )?of\b")
ONLY = re.compile(
    r"\bonly 1\b(?![.\d]| (?:km|yuan|star|minute|hour))|\bjust (?:the|this)\b|\blone\b|"
    r"\bonly(?! \d| about| around|[^,.]{0,12}\d)|\bthe sole\b|"
    r"\balone (?:offers?|has|have|is|are|lists?|lets?|takes?|allows?)\b|唯一|只有(?!\d)|仅有(?!\d)|"
    r"[只就仅](?:有|是|剩)?[^,。;\d]{1,24}1[家个处间]")
ONLY_THERE = re.compile(
    r"\s{0,2}(?:(?:on the other hand|though|however),? )?(?:(?:is |are |it is )?"
    r"(?:listed |found |offered |mentioned |available )?(?:only|just|nowhere but)(?: (?:at|in|by|with|from|for))?(?: the)?|"
    r"只有|仅有?|就|唯有|倒是|则是?|却?只有?|得去|(?:可以|不妨|就|直接)?(?:去|找|看|到)|[请宜可首优当该就]?选|"
    r"(?:go (?:with|for|to)|pick|choose|try|head (?:to|for)|look at|consider|opt for|it is|that is|there is)(?: the)?)\s{0,2}")
"""What stands between a thing and the one place that has it."""
THAN = re.compile(
    r"(?:比|较|\bthan(?: [a-z']{1,12}){1,3}|"
    r"\b(?:level with|tied with|on (?:a )?par with|equal to|identical to|compared (?:with|to)|"
    r"same (?:\w{1,12} )?as|(?:highly|closely|cheaply) as)(?: the)?|的(?:评分|口碑|价格|人均|距离)[和跟与同]|"
    r"\b(?:than|against|over|versus|vs\.?|skip|instead of|unlike|"
    r"(?:much|cheap|expensive|close|near|far|high|good) as)(?: (?:half|twice|the|price|of|at|"
    r"for|in|what|[\d.]{1,6})){0,6}|\b(?:beats?|edges?(?: out)?|undercuts?|tops|outscores?|trails?|pips|exceeds?|matches|"
    r"ahead of|behind|below|above|(?:half|a (?:fraction|third|quarter|half)|twice) of)(?: the)?|"
    r"(?:\btimes|\btwice|\bhalf|\bdouble|\b(?:third|quarter|tenth) of)"
    r"(?: (?:the|price|cost|rate|distance|of|that|at|what|you|would|pay|spend|as|much|far|away|from|there|dear|expensive|"
    r"level)){1,8}|"
    r"[高低晚早优胜]于|胜过|不及|不输|领先|落后|比起|跟|相比|不如|别去|(?:^|,\s)(?:just )?like(?: the)?)\s{0,2}$"
)
THAN_BEHIND = re.compile(
    r"\s?(?:'s )?(?:的?(?:价格|价位|人均|房价|票价))?(?:相比|比起来|的(?:一半|1半|[\d.]{1,4}倍|[2-9二三四五六]分之|[1-9]成))")
"""Said behind a name that another place is held against."""
THAN_IT = re.compile(r"\bthan (?:that|it|this)(?: one| 1)?\b|比(?:它|那家|这家)")
NOT_THERE = re.compile(
    r"(?:\bnot|n't|\bno|thing to|rather than|instead of|outside|than|不[在是]|没有|非|不符合|不满足|没满足)[^,。;]{0,20}$")
EACH_ITS = re.compile(r"\brespectively\b|分别")
EXCEPT = re.compile(r"(?:除了?|except(?: for)?|apart from|other than|all but|besides)(?: the)?\s{0,2}$")
_AND = re.compile(r"\band\b|\bor\b|\bmeans\b|\bmakes\b|\bso\b|\bfor those\b|,|、|和")
COMPARES = re.compile(
    r"more|less|cheap|higher|lower|far|clos|near|save|differ|apart|ahead|lead|later|earlier|extra|\bby\b|over|under|short|longer|left|"
    r"keep|remain|pocket|cushion|spare|below|above|beyond|behind|exceed|margin|trail|before|after|出|超|落后|领先|贵|便宜|高|低|差|省|少|远|近|多|晚|早|比|剩|余")
"""Said where a number is a gap."""
ADDS = re.compile(
    r"total|together|altogether|combined|\bsum|plus|\ball in|for (?:two|three|four|\d)|comes? to|would be|add|nights|each|both|"
    r"一共|合计|加起来|加(?=\ufffc)|总共|总价|共|[两三四五六\d]个?人|晚|加上|算下来|算上|下来|1家|一起|全")
"""Said where a number is a sum."""


def denies(clause: str, concept: Concept) -> bool:
    """Whether a clause denies something: a negation before it, or behind it."""
    text = NO_NO.sub(
        lambda m: " " * len(m.group()), clause[: concept.start] + " " * (concept.end - concept.start) + clause[concept.end :]
    )
    before = list(NO.finditer(text, max(0, concept.start - 40), concept.start))
    if before:
        return not re.search(r"不是没|并非", text)
    behind = NO.search(text, concept.end, concept.end + 40)
    return behind is not None and not _AND.search(text, concept.end, behind.start())
