"""Which place an answer calls the cheapest, the nearest, the most reviewed, in records with fields of any name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from recenv.rewards.features.prose.bounds import SLOTS
from recenv.rewards.features.prose.clauses import MASK, Clause
from recenv.rewards.features.prose.figures import Figure

NAMES = (
    "compared_right", "compared_wrong", "top_right", "top_wrong", "top_loose", "top_value_right", "top_value_wrong",
    "compared_unknown")

_VALUE = r"(?:人均|价格|价位|房价|均价|票价|单价|消费|价钱)"
_BIDE = rf"比{MASK}{{1,40}}要?"
_THAN_ZH = r"(?:上|方面)?(?:比[^,。;]{1,40}?)?"
_WHILE = r"半个?小时|\d{1,3}(?:\.5)?个?(?:半?小时|分钟|刻)"
_ANOTHER = rf"(?:{MASK}|both\b|the others?\b|that of\b|all\b)"
_WORDS = tuple((re.compile(pattern), slot, order) for pattern, slot, order in (
    (rf"{_VALUE}{_THAN_ZH}[也都是略稍更最还要]{{0,4}}[低少]|"
     r"cheap(?:er|est)|(?:less|least) expensive|lowest[- ]pric|more affordable|most affordable|lower (?:price|rate|rent)|"
     rf"(?:[最更还]|{_BIDE})(?:便宜|实惠|省钱|划算)|便宜(?:[一点些\d]|得多|多了)|"
     r"(?:costs?|asks?|charges?|takes) less|saves? you|undercuts|"
     rf"{_VALUE}[^,。;]{{0,6}}(?:低于|不及|比不上){MASK}|花[费销]最[轻少]|"
     r"\bon (?:price|cost)\b[^.;]{0,60}\b(?:beats?|wins|undercuts)\b|"
     r"\b(?:beats?|wins)\b[^.;]{0,40}\bon (?:price|cost)\b", "price", -1),
    (rf"{_VALUE}{_THAN_ZH}[也都是略稍更最还要]{{0,4}}[高多]|{_VALUE}[^,。;]{{0,6}}(?:高于|高过){MASK}|"
     r"(?:more|most) expensive|pric(?:ier|iest)|dear(?:er|est)|costs? more|higher price|"
     rf"(?:[最更还]|{_BIDE})贵|贵(?:[一点些\d]|得多|多了)", "price", 1),
    (r"(?<!comes )(?<!come )(?:clos(?:er|est)|near(?:er|est))\b(?! (?:match|fit|thing|bet|option)\b)|"
     rf"(?:[最更还]|{_BIDE})近(?!地铁)|近(?:[一点些]|得多|多了)", "distance", -1),
    (rf"(?<!dig )(?<!look )(?<!search )(?<!narrow it )(?<!narrow )(?<!any )f[au]r?th(?:er|est)|"
     rf"(?:[最更还]|{_BIDE})远|远(?:[一点些\d]|得多|多了)", "distance", 1),
    (r"(?:high|better|best|top)(?:er|est)?[- ]?(?:rat|scor|review(?:ed|s? score))|"
     r"(?:scores?|rat(?:ed|es|ing)) (?:\w{1,12} ){0,3}(?:higher|highest|better|best|more)|highest guest|"
     rf"(?:评分|分数?|口碑){_THAN_ZH}[也都是略稍更最还要]{{0,4}}高|"
     r"\bon (?:rating|score|stars)\b[^.;]{0,60}\b(?:beats?|wins|tops|leads)\b|[最更]高(?:分)?|higher score|outscores|分[更最]高|"
     r"\b(?:beats?|wins|tops?|leads?|edges|pips|outranks|ahead)\b[^.;]{0,40}\b(?:on|in|for|the) (?:its )?(?:rating|score)\b|"
     rf"(?:评分|分数?|口碑)[^,。;]{{0,6}}(?:高于|高过|胜过|超过|压过|领先){MASK}|(?:评分|分数?|口碑)[也更]?(?:最好|居首|第1|拔尖)|"
     rf"\brated above (?:it|{MASK})|"
     rf"(?:rat(?:ed|ing)|scor(?:e|es|ed))[^,.;]{{0,24}}\b(?:above|exceeds|over) {_ANOTHER}", "rating", 1),
    (r"low(?:er|est)[- ]?(?:rat|scor)|(?:scores?|rat(?:ed|es|ing)) (?:\w{1,12} ){0,3}(?:lower|lowest|less|worse)|"
     rf"(?:评分|分数?|口碑){_THAN_ZH}[也都是略稍更最还要]{{0,4}}低|"
     r"\b(?:trails?|loses|lags)\b[^.;]{0,40}\bon (?:rating|score|stars)\b|"
     rf"(?:评分|分数?|口碑)[^,。;]{{0,6}}(?:低于|不及|不如|逊于|比不上){MASK}|(?:评分|分数?|口碑)[^,。;]{{0,4}}垫底|"
     rf"(?:rat(?:ed|ing)|scor(?:e|es|ed))[^,.;]{{0,24}}\b(?:below|under) {_ANOTHER}", "rating", -1),
    (rf"later|latest|open(?:s|ed)? (?:the )?longest|[最更]晚|晚(?:些|{_WHILE})", "closes", 1),
    (rf"earl(?:ier|iest)|[最更]早|早(?:些|{_WHILE})", "opens", -1),
    (r"fast(?:er|est)|quick(?:er|est)|short(?:er|est)|soonest|[最更][快短]", "minutes", -1),
    (r"slow(?:er|est)|longest (?!open)|[最更][慢久长]", "minutes", 1),
    (r"(?:most|more) (?:\w{1,12} ){0,2}(?:reviews|ratings)|most[- ]reviewed|(?:评价|点评|评论|月售|销量).{0,3}[最更]?[多高]",
     "reviews", 1),
    (r"(?:fewest|fewer|least) (?:\w{1,12} ){0,2}(?:reviews|ratings)|(?:评价|点评|评论|月售|销量).{0,3}[最更]少", "reviews", -1),
    (r"larg(?:er|est)|big(?:ger|gest)|[最更]大", "size", 1), (r"small(?:er|est)|[最更]小", "size", -1)))
_ANY = re.compile("|".join(f"(?:{pattern.pattern})" for pattern, _, _ in _WORDS))
_BARE = re.compile(
    rf"(?P<up>[比较]{MASK}{{1,40}}(?:的)?[也都还要略更]{{0,3}}[高多]|\b(?:higher|more) than (?:the )?{MASK}|"
    rf"(?:高于|高过|超过){MASK})|[比较]{MASK}{{1,40}}(?:的)?[也都还要略更]{{0,3}}[低少]|"
    rf"\b(?:lower|less) than (?:the )?{MASK}|(?:低于|不及|不如){MASK}")
_TOPICS = (
    (re.compile(rf"{_VALUE}|元|\b(?:prices?|costs?|yuan|money)\b"), "price"),
    (re.compile(r"评分|分数|口碑|\d分|\b(?:ratings?|rated|scores?|stars?)\b"), "rating"),
    (re.compile(r"距离|公里|路程|\b(?:distance|km|away)\b"), "distance"))
_OF_SOME = re.compile(r"\bof those\b|\bthe (?:rest|remaining)\b|剩下|余下|\bof the (?P<n>[2-9])\b|(?P<zh>[2-9])(?:家|者)[里中]?")
_OF_ANYTHING = re.compile(r"[最更][高低](?:分)?")
_NOT_FIRST = re.compile(r"(?:\b(?:second|third|fourth|2nd|3rd|next)[ -]|第[二三四2-4])$")
_NOT = re.compile(r"(?:\bnot|\bno(?= )|n't|不是|并不|不算|并非|没有?|不比)[^,。;]{0,20}$|不$")
_OPENING = re.compile(r"(?<!stay )(?<!stays )\bopen(?:s|ing)?\b(?! (?:until|till|late|longer|longest))|开门|开业|开始营业")
_CLOSING = re.compile(r"\bclos(?:e|es|ed|ing)\b|\bshuts?\b|\bstays? open|\bopen (?:until|till|late|longer|longest)|"
                      r"关门|打烊|收工|关得")
_TOP = re.compile(r"est\b|most|least|最|best|top|数一|第1")


def topic_of(text: str) -> str:
    """What a clause speaks of that places may be ordered by, "" where it is nothing or more than one thing."""
    found = {slot for pattern, slot in _TOPICS if pattern.search(text)}
    return found.pop() if len(found) == 1 else ""


def ordered(
    clause: Clause, said: Sequence[Figure], known: Sequence[Mapping[str, float]], topic: str = "",
) -> dict[str, int]:
    """Counts by NAMES of the comparisons and superlatives of a clause; {} where it has none. said: its numbers; topic: what its
    sentence compares, for "higher than A". top_loose: wrong of all places, but perhaps right of some; top_value: whoever is
    meant, a number that it is said to have is that of the first."""
    bare = _BARE.search(clause.text) if topic else None
    if not _ANY.search(clause.text):
        if bare is None:
            return {}
        words: Sequence[tuple[re.Pattern[str], str, int]] = ((_BARE, topic, 1 if bare.group("up") else -1),)
    else:
        words = _WORDS
    found = dict.fromkeys(NAMES, 0)
    for pattern, slot, order in words:
        match = pattern.search(clause.text)
        if match is None or _NOT_FIRST.search(clause.text, max(0, match.start() - 8), match.start()):
            continue
        if slot in ("opens", "closes"):
            opening, closing = _OPENING.search(clause.text), _CLOSING.search(clause.text)
            slot = slot if bool(opening) == bool(closing) else "opens" if opening else "closes"
        denied = _NOT.search(clause.text, max(0, match.start() - 28), match.start()) is not None
        values = {n: own[slot] * order for n, own in enumerate(known) if slot in own and (not clause.among or n in clause.among)}
        one = clause.about[0] if len(clause.about) == 1 else -1
        others = {n: value for n, value in values.items() if n != one}
        top = _TOP.search(clause.text, max(0, match.start() - 4), match.end())
        if one not in values or not others:
            found["compared_unknown"] += 1
            if top and values:
                here = [f.value * order for f in said if SLOTS.get(f.kind) == slot and not f.loose]
                if here:
                    found["top_value_right" if max(values.values()) in here else "top_value_wrong"] += 1
        elif top:
            right = all(values[one] >= v for v in others.values()) != denied
            some = _OF_SOME.search(clause.text)
            told = some and some.group(some.lastgroup or 0)  # "the cheapest of those" need not be so of all
            loose = (some and told != str(len(clause.among or known))) or _OF_ANYTHING.fullmatch(match.group())
            found["top_right" if right else "top_loose" if loose else "top_wrong"] += 1
        else:
            beside = [n for n in clause.beside if n in others] or [n for n in clause.seen if n in others]
            against = [others[beside[0]]] if len(beside) == 1 else list(others.values())
            better = sum(values[one] > v for v in against)
            told = better in (0, len(against))
            verdict = ("right" if (better == 0) == denied else "wrong") if told else "unknown"
            found[f"compared_{verdict}"] += 1
    return found
