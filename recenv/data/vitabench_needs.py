"""What a VitaBench task asks for, order by order: which shop and products are right, and what of the request is about them.

The request tells all orders at once and is written in the second person. It is cut into clauses; a clause goes to the order
whose shop, products and rubrics share the rarest words with it, one that shares none to the order of the clause before it. What
belongs together is said as one sentence. This reads words, not meaning: a clause may come to stand under the wrong order.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from recenv.data.constraints import asked_slots
from recenv.data.search import tokenize
from recenv.data.vitabench_tasks import Shop, Task
from recenv.records import Constraint

_KINDS = {"hotels": "hotel room 酒店 房间", "attractions": "attraction ticket 景点 景区 门票",
          "flights": "flight plane 航班 机票 飞机", "trains": "train 火车 高铁 动车 车票"}
"""What requests call the members of a travel environment."""

SLOT = "tags"
"""The slot of a sentence that is about no other."""

_SENTENCE = re.compile(r"(?<=[。！？!?；;])|(?<=\.)(?=\s+[A-Z\"'])")
_CLAUSE = re.compile(r"(?<=[，,])(?!\d)|(?<=;)\s|\s(?=(?:and|but|also|then) (?:you|also|then|a|an|another)\b)")
_PATIENCE: tuple[tuple[int, re.Pattern[str]], ...] = (
    (3, re.compile(r"缺乏耐心|急躁|impatien|patience|hurr(?:y|ies)|rush|\burge")),
    (6, re.compile(r"温和|配合|依赖|mild|gentle|cooperati|dependent|reliant")),
    (5, re.compile(r"焦虑|担忧|散漫|逻辑|anxi|worr|scatter|jump|logical")),
)
_USUAL = 4


class Wish(NamedTuple):
    """One goal to be: the order's shop, its products (none for a mere booking), and its sentences, in the first person. opening:
    how many of them are said at once, up to the first that has a word of what is ordered."""

    shop: Shop
    products: tuple[str, ...]
    sentences: tuple[str, ...]
    opening: int


def wishes(task: Task) -> tuple[Wish, ...]:
    """A task's orders as goals, in the order of the file; without orders, what is marked as right; empty where nothing is.

    Orders that were there before, or are to be cancelled, are no goals unless there are no others; nor are bookings of a shop
    from which something is ordered.
    """
    orders = next((kept for kept in ([o for o in task.orders if not o.old and not o.dropped],
                                     [o for o in task.orders if not o.dropped], list(task.orders)) if kept), [])
    buying = {o.shop for o in orders if o.products}
    aims = tuple(dict.fromkeys((o.shop, o.products) for o in orders if o.products or o.shop not in buying))
    aims = aims or tuple((s.id, tuple(p.id for p in s.products if p.right)) for s in task.shops if s.right)
    shops = {s.id: s for s in task.shops}
    goals = [(shops[shop], products) for shop, products in aims]
    words = [_goal_words(shop, products) for shop, products in goals]
    told = _assign(task, words)
    return tuple(Wish(shop, products, told[g], _opening(told[g], words[g])) for g, (shop, products) in enumerate(goals))


def query_of(wish: Wish, locale: str) -> str:
    """What opens the goal: its first sentences."""
    return ("" if locale == "zh" else " ").join(wish.sentences[:wish.opening])


def constraints(wish: Wish) -> tuple[Constraint, ...]:
    """A goal's sentences as constraints that only its label decides: the opening is volunteered, the rest told on asking."""
    return tuple(
        Constraint(slot=next(iter(asked_slots(text)), SLOT), op="told", value=text, text=text,
                   disclosure="volunteered" if n < wish.opening else "on_ask") for n, text in enumerate(wish.sentences))


def patience(temper: str) -> int:
    """Turns that a user of such a temper lasts: 3 to 6, a scale of ours; the benchmark gives the words only."""
    return next((turns for turns, words in _PATIENCE if words.search(temper.casefold())), _USUAL)


# -- who says what of which order ----------------------------------------------------------------------------------------


def _goal_words(shop: Shop, products: Sequence[str]) -> frozenset[str]:
    """Words of what is ordered: of the kind, the shop's fields but for places and ids, and the products' names."""
    fields = (str(v) for k, v in shop.fields.items() if not isinstance(v, Mapping) and not k.endswith("_id"))
    return _words(" ".join((_KINDS.get(shop.kind, ""), shop.name, *fields, *(p.name for p in shop.products if p.id in products))))


def _opening(sentences: Sequence[str], words: frozenset[str]) -> int:
    return next((n for n, text in enumerate(sentences, 1) if _words(text) & words), 1)


def _assign(task: Task, own: Sequence[frozenset[str]]) -> list[tuple[str, ...]]:
    """The sentences of each goal, by the goals' own words."""
    if len(own) < 2:
        return [tuple(first_person(s, task.locale) for s in _sentences(task.request))] * len(own)
    words = list(own)
    for rubric in (r for state in task.rubrics for r in state):
        if (g := _best(_words(rubric), words, -1)) >= 0:
            words[g] = words[g] | _words(rubric)
    told: list[list[str]] = [[] for _ in words]
    at = 0
    for sentence in _sentences(task.request):
        last = -1
        for clause in (c.strip() for c in _CLAUSE.split(sentence) if c.strip("，,、； ")):
            at = _best(_words(clause), words, at)
            if at == last:
                joint = "" if task.locale == "zh" else " "
                told[at][-1] += joint + clause
            else:
                told[at].append(clause)
            last = at
    whole = _sentences(task.request)  # for a goal that none of the request shares words with
    return [tuple(first_person(_closed(s, task.locale), task.locale) for s in sentences or whole) for sentences in told]


def _closed(clause: str, locale: str) -> str:
    """A clause as a sentence."""
    text = clause.rstrip("，,、； ")
    text = text[0].upper() + text[1:] if locale == "en" else text
    return text if text[-1] in "。！？.!?\"'”" else text + ("。" if locale == "zh" else ".")


def _best(words: frozenset[str], goals: Sequence[frozenset[str]], otherwise: int) -> int:
    """The goal that shares the most with some words, each counted by how few goals have it; ``otherwise`` where none leads."""
    spread = Counter(w for goal in goals for w in goal & words)
    scores = [sum(len(goals) - spread[w] for w in goal & words) for goal in goals]
    best = max(scores, default=0)
    return scores.index(best) if best > 0 and scores.count(best) == 1 else otherwise


_COMMON = frozenset(("the", "and", "for", "you", "your", "want", "with", "that", "this", "should", "must", "order", "ordered",
                     "shop", "store", "delivery", "delivered", "package", "time", "will", "have", "are", "not", "can", "from",
                     "also", "them", "they", "which", "their", "there", "been", "about", "into", "than", "then"))


def _words(text: str) -> frozenset[str]:
    """Terms that may tell orders apart: words of three letters and more, pairs of Chinese characters."""
    return frozenset(t for t in tokenize(text) if (len(t) > 2 or (len(t) == 2 and not t.isascii())) and t not in _COMMON)


def _sentences(text: str) -> list[str]:
    return [s.strip() for s in _SENTENCE.split(text) if s.strip()]


# -- persons -------------------------------------------------------------------------------------------------------------

_EN: Mapping[str, str] = {"your": "my", "yours": "mine", "yourself": "myself", "you're": "I'm", "you've": "I've", "you'd": "I'd",
                          "you'll": "I'll"}
_OBJECT = re.compile(r"\b(?:for|to|with|of|from|at|by|on|about|behind|near|around|than|like|and|let|lets|give|gives|gave|tell"
                     r"|tells|told|make|makes|made|help|helps|helped|ask|asks|asked|remind|reminds|reminded|bring|brings|took|take|takes"
                     r"|invite|invites|invited|join|joins|accompany|meet|meets|send|sent|recommended) $")
_YOU = re.compile(r"\b(you're|you've|you'd|you'll|yourself|yours|your|you are|you were|are you|you)\b", re.IGNORECASE)
_SUBJECT = re.compile(r" (?:are|were|have|had|want|need|plan|would|will|can|could|also|should|must|like|prefer|hope|don't|just"
                      r"|only|didn't|think|decide|decided|decides)\b")


def first_person(text: str, locale: str) -> str:
    """A text about ``you`` as that person would say it: 你 as 我, you as I or me."""
    if locale == "zh":
        return text.replace("您", "你").replace("你们", "我们").replace("你", "我")

    def said(found: re.Match[str]) -> str:
        word = found[0].casefold()
        if word in _EN:
            new = _EN[word]
        elif word in ("you are", "are you"):
            new = "I am" if word == "you are" else "am I"
        elif word == "you were":
            new = "I was"
        else:
            after = text[found.end():]
            object_ = _OBJECT.search(text[max(0, found.start() - 16):found.start()].casefold()) and not _SUBJECT.match(after)
            new = "me" if object_ or not re.match(r"(?<!\s)\s++\w", after) else "I"
        return new[0].upper() + new[1:] if found[0][0].isupper() else new

    return _YOU.sub(said, text)
