"""What a VitaBench task asks for, order by order: which shop and products are right, and which sentences of the request are about it.

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
    """One goal to be: the order's shop, its products (none for a mere booking), and its sentences, first person, as told."""

    shop: Shop
    products: tuple[str, ...]
    sentences: tuple[str, ...]


def wishes(task: Task) -> tuple[Wish, ...]:
    """A task's orders as goals, in the order of the file; without orders, what is marked as right; empty where nothing is.

    Orders that were there before, or are to be cancelled, are no goals unless there are no others; nor are bookings of a shop from
    which something is ordered.
    """
    orders = next((kept for kept in ([o for o in task.orders if not o.old and not o.dropped],
                                     [o for o in task.orders if not o.dropped], list(task.orders)) if kept), [])
    buying = {o.shop for o in orders if o.products}
    aims = tuple(dict.fromkeys((o.shop, o.products) for o in orders if o.products or o.shop not in buying))
    aims = aims or tuple((s.id, tuple(p.id for p in s.products if p.right)) for s in task.shops if s.right)
    shops = {s.id: s for s in task.shops}
    goals = [(shops[shop], products) for shop, products in aims]
    told = _assign(task, goals)
    return tuple(Wish(shop, products, told[g]) for g, (shop, products) in enumerate(goals))


def constraints(sentences: Sequence[str]) -> tuple[Constraint, ...]:
    """A goal's sentences as constraints that only its label decides: the first is volunteered, the others are told on asking."""
    return tuple(
        Constraint(slot=next(iter(asked_slots(text)), SLOT), op="told", value=text, text=text,
                   disclosure="on_ask" if n else "volunteered") for n, text in enumerate(sentences))


def patience(temper: str) -> int:
    """Turns that a user of such a temper lasts: 3 to 6, a scale of ours; the benchmark gives the words only."""
    return next((turns for turns, words in _PATIENCE if words.search(temper.casefold())), _USUAL)


# -- who says what of which order ----------------------------------------------------------------------------------------


def _assign(task: Task, goals: Sequence[tuple[Shop, tuple[str, ...]]]) -> list[tuple[str, ...]]:
    """The sentences of each goal."""
    if len(goals) < 2:
        return [tuple(first_person(s, task.locale) for s in _sentences(task.request))] * len(goals)
    words = [_words(" ".join((shop.name, *map(str, shop.fields.get("tags") or ()),
                              *(p.name for p in shop.products if p.id in products)))) for shop, products in goals]
    for rubric in (r for state in task.rubrics for r in state):
        if (g := _best(_words(rubric), words, -1)) >= 0:
            words[g] = words[g] | _words(rubric)
    told: list[list[str]] = [[] for _ in goals]
    at = 0
    for sentence in _sentences(task.request):
        last = -1
        for clause in filter(None, (c.strip() for c in _CLAUSE.split(sentence))):
            at = _best(_words(clause), words, at)
            if at == last:
                joint = "" if task.locale == "zh" else " "
                told[at][-1] += joint + clause
            else:
                told[at].append(clause)
            last = at
    for g in range(len(goals)):
        if not told[g]:  # nothing of the request has its words: what nobody else is asked for comes from the whole
            told[g] = list(_sentences(task.request))
    return [tuple(first_person(s, task.locale) for s in own) for own in told]


def _best(words: frozenset[str], goals: Sequence[frozenset[str]], otherwise: int) -> int:
    """The goal that shares the most with some words, each counted by how few goals have it; ``otherwise`` where none leads."""
    spread = Counter(w for goal in goals for w in goal & words)
    scores = [sum(len(goals) - spread[w] for w in goal & words) for goal in goals]
    best = max(scores, default=0)
    return scores.index(best) if best > 0 and scores.count(best) == 1 else otherwise


_COMMON = frozenset("the and for you your want with that this should must order ordered shop store delivery delivered package "
                    "time will have are not can from also them they which their there been about into than then".split())


def _words(text: str) -> frozenset[str]:
    """Terms that may tell orders apart: words of three letters and more, pairs of Chinese characters."""
    return frozenset(t for t in tokenize(text) if (len(t) > 2 or (len(t) == 2 and not t.isascii())) and t not in _COMMON)


def _sentences(text: str) -> list[str]:
    return [s.strip() for s in _SENTENCE.split(text) if s.strip()]


# -- persons -------------------------------------------------------------------------------------------------------------

_EN: Mapping[str, str] = {"your": "my", "yours": "mine", "yourself": "myself", "you're": "I'm", "you've": "I've", "you'd": "I'd",
                          "you'll": "I'll"}
_OBJECT = re.compile(r"\b(?:for|to|with|of|from|at|by|on|about|behind|near|around|than|like|and|let|lets|give|gives|gave|tell|tells"
                     r"|told|make|makes|made|help|helps|helped|ask|asks|asked|remind|reminds|reminded|bring|brings|took|take|takes"
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
            new = "me" if object_ or not re.match(r"\s+\w", after) else "I"
        return new[0].upper() + new[1:] if found[0][0].isupper() else new

    return _YOU.sub(said, text)
