"""Yes and no: whether an answer affirms or denies, and whether its evidence does the same."""

from __future__ import annotations

import re
from itertools import chain, pairwise
from typing import NamedTuple

from recenv.rewards.reading import CACHES
from recenv.rewards.reading.cover import tokens
from recenv.rewards.reading.lexical import norm
from recenv.rewards.reading.words import FILLERS, is_han

_SENTENCE = re.compile(r"(?<=[!?。;\n])\s*|(?<=[a-z0-9)]\.)\s+|(?<=\.)\s+(?=[a-z])")
_NEGATION = re.compile(
    r"\b(?:no|not|none|never|neither|nor|without|cannot|can't|unable|unavailable|prohibited|forbidden|isn't|aren't|doesn't|don't|"
    r"didn't|won't|wasn't|weren't|hasn't|haven't|lacks?|closed|unfortunately|non)\b|n't\b|n 't\b|\b\w+n't\b|"
    r"没有|没|无(?![线烟])|不(?!错|过|少|客气|远|贵|要紧|用客气)|未|暂无|非(?!常)|禁止")
_HAN = re.compile("[\u3400-\u9fff]")
_NO_CHARGE = re.compile(r"\b(?:no|not|don't|doesn't|without) (?:an? )?(?:\w+ ){0,2}?(?:charg(?:e|es|ed)|fees?|costs?|pay)\b")
_ONLY_NO = re.compile(r"\bno (?:problem|later|more than|less than|worries)|\bnot only\b|^\W*no,")
_YES = re.compile(
    r"^\W*(?:yes|yeah|yep|sure|of course|certainly|absolutely|correct|definitely|"
    r"是的|有的|可以|有|能|对|当然|没错|提供)")
_NO = re.compile(r"^\W*(?:no\b|nope|sorry|unfortunately|i'm sorry|not\b|没有|没|不|抱歉|对不起|很遗憾|暂无|无)")
_YES_NO_QUESTION = re.compile(
    r"^\W*(?:(?:and|so|but|also|hi|hello|ok|okay|well)[, ]+){0,3}(?:is|are|do|does|did|can|could|will|would|"
    r"should|may|has|have|am|was|were|must)\b"
    r"|吗|[有是能可][没不否][有是能可]|有没有|是否|能不能|可不可以")
_OPEN_QUESTION = re.compile(r"\b(?:what|which|how|when|where|who|whose|why)\b|什么|哪|多少|几|怎么|多久|多长")
_CLOSER = re.compile(
    r"anything else|any(?:thing)? (?:other|more) |else i can|help you|else you|would you like|do you (?:want|need|have any|like)|"
    r"shall i|can i (?:help|do|assist|book)|will that be all|will you be|want me to|need anything|is that all|"
    r"does that (?:answer|work|help)|"
    r"still (?:want|like|interested)|anymore questions|可以吗|好吗|行吗|怎么样|您看|满意吗|需要吗")


class Stance(NamedTuple):
    """Whether an answer affirms or denies, compared with the sentence of the evidence that it is most about.

    yes: the answer begins with it; negated, known_negated: negations of answer and evidence, over 3; verdict: the answer's stance
    (1, -1) times the evidence's; charged: share of their common words that one affirms and the other denies; recall,
    question_recall: share of the evidence's sentence and of the question that the answer repeats.
    Words weigh by their length. NaN where there is nothing to compare.
    """

    yes: float
    negated: float
    known_negated: float
    verdict: float
    charged: float
    yes_no_question: float
    open_question: float
    recall: float
    question_recall: float


@CACHES.keep(16_384)
def sentences(text: str) -> tuple[str, ...]:
    return tuple(s for s in (p.strip() for p in _SENTENCE.split(norm(text))) if s)


@CACHES.keep(16_384)
def claims(response: str) -> tuple[str, ...]:
    """The sentences of a response that claim something: no questions, no offers of more help."""
    found = []
    for sentence in sentences(response):
        if sentence.endswith("?"):
            # in Chinese a question about the offer is the last clause of the sentence that makes it
            head, comma, _ = sentence.rpartition(",")
            sentence = head if comma and _HAN.search(sentence) else ""
        if sentence and not _CLOSER.search(sentence) and content(sentence):
            found.append(sentence)
    return tuple(found)


@CACHES.keep(32_768)
def content(text: str) -> frozenset[str]:
    """The content words of a text: stems of Latin words that are no stop words, numbers, pairs of Chinese characters."""
    said = tokens(text)
    found = set(said) - _SILENT
    han = {t for t in found if is_han(t)} if not "".join(found).isascii() else ()
    if not han:
        return frozenset(found)
    return frozenset(found.difference(han).union(a + b for a, b in pairwise(said) if a in han and b in han))


_SILENT = FILLERS | {"\n"}


def weight(words: frozenset[str]) -> int:
    """What content words weigh together: longer ones say more, a stand-in for how rare they are."""
    return sum([min(n, 9) for n in map(len, words)])


@CACHES.keep(16_384)
def negations(text: str) -> int:
    return len(_NEGATION.findall(_NO_CHARGE.sub(" ", _ONLY_NO.sub(" ", text))))


class _Source(NamedTuple):
    """sentences: of an evidence, with their words, but for those of a heading: a line of short parts beside prose. heading: its
    words."""

    sentences: tuple[tuple[str, frozenset[str]], ...]
    heading: frozenset[str]


@CACHES.keep(8_192)
def _source(evidence: str) -> _Source:
    lines = [line for line in norm(evidence).split("\n") if line.strip()]
    headings = {line for line in lines if _HEADING.fullmatch(line.strip())}
    prose = [line for line in lines if line not in headings]
    if not prose:
        prose, headings = lines, set()
    heading = content("\n".join(line for line in lines if line in headings))
    return _Source(tuple(chain.from_iterable(map(_told, prose))), heading)


@CACHES.keep(16_384)
def _told(line: str) -> tuple[tuple[str, frozenset[str]], ...]:
    """The sentences of a line with their words. Lines come back: each is an item's, of which an evidence tells several."""
    return tuple((s, content(s)) for s in sentences(line))


_HEADING = re.compile(r"[^;:。]{1,60}(?:;[^;:。]{1,40}){1,3}")
_TURN = re.compile(r"\b(?:but|however|although|except|only|otherwise|while)\b|;|(?<=[a-z0-9])\.\s|[!?。\n]")
_OPPOSITE = {
    "charg": "free", "fee": "free", "cost": "free", "pay": "free", "prohibit": "allow", "forbid": "allow", "forbidden": "allow",
    "clos": "open", "refus": "accept",
}


@CACHES.keep(16_384)
def charged(text: str) -> tuple[frozenset[str], frozenset[str]]:
    """The content words of a text that are affirmed, and those that are denied, stretch by stretch.

    "No charge for parking" affirms parking, denies a charge, and so affirms that it is free.
    """
    affirmed: set[str] = set()
    denied: set[str] = set()
    for part in _TURN.split(norm(text)):
        part = _LEAD_ANSWER.sub("", part.strip())
        words, no = content(part), negations(part) % 2 == 1
        opposites = sorted(words & _OPPOSITE.keys())
        (denied if no else affirmed).update(words.difference(opposites))
        no = no or bool(_NO_CHARGE.search(part))
        (denied if no else affirmed).update(opposites)
        (affirmed if no else denied).update(_OPPOSITE[word] for word in opposites)
    return frozenset(affirmed), frozenset(denied)


_LEAD_ANSWER = re.compile(r"^\W*(?:yes|no|sorry|unfortunately|sure|i'm sorry)\s*,\s*")


def stance(response: str, evidence: str, query: str) -> Stance:
    """Compare the stance of a response with that of its evidence."""
    nan = float("nan")
    body = " ".join(claims(response))
    question = norm(query).split("\n", 1)[0]
    source, words, asked = _source(evidence), content(body), content(question)
    best, key = _closest(source, words, asked)
    said_no, known_no = negations(body), negations(best)
    known_yes = -1.0 if known_no % 2 or _NO.search(best) else 1.0
    head = norm(response)
    yes = bool(_YES.search(head))
    said_yes = 1.0 if yes else -1.0 if said_no % 2 or _NO.search(head) else 1.0
    return Stance(
        float(yes), min(said_no, 3) / 3, min(known_no, 3) / 3, said_yes * known_yes if best and words else nan,
        _opposed(body, best, source.heading),
        float(bool(_YES_NO_QUESTION.search(question))), float(bool(_OPEN_QUESTION.search(question))),
        weight(words & key) / weight(key) if key else nan, weight(words & asked) / weight(asked) if asked else nan,
    )


def _closest(source: _Source, words: frozenset[str], asked: frozenset[str]) -> tuple[str, frozenset[str]]:
    """The sentence that an answer, and the question, are most about; the place's own name does not count."""
    best, key, most = "", frozenset[str](), 0.0
    for sentence, have in source.sentences:
        plain = have - source.heading
        score = weight(words & plain) + 0.5 * weight(asked & plain)
        if score > most:
            best, key, most = sentence, have, score
    if not best and len(source.sentences) == 1:
        return source.sentences[0]
    return best, key


def _opposed(body: str, best: str, heading: frozenset[str]) -> float:
    """Share of the words common to both that one affirms and the other denies."""
    (yes, no), (known_yes, known_no) = charged(body), charged(best)
    shared = ((yes | no) & (known_yes | known_no)) - heading
    if not shared:
        return float("nan")
    return weight(((yes & known_no) | (no & known_yes)) - (yes & known_yes) - (no & known_no) - heading) / weight(shared)
