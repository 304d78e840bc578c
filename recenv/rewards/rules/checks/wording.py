"""Demands on single words, letters and marks: to use, to avoid, how often."""

from __future__ import annotations

import re
from collections.abc import Iterator

from recenv.rewards.rules.before import just_before
from recenv.rewards.rules.checks.check import Check
from recenv.rewards.rules.checks.lengths import scoped
from recenv.rewards.rules.checks.prompt import QUOTED, Prompt
from recenv.rewards.rules.checks.quantity import Quantity, between, quantities

_NOUN = r"(?:key ?words?|words?|phrases?|terms?|names?|expressions?|strings?|lines?)"
_TOKEN = rf"(?:{QUOTED}|[^\W\d_][\w'-]{{0,40}})"
_JOIN = r"(?: ?, ?(?:and |or |& )?| and | or | & |、|和|或|与)"
_QUOTES = rf"(?P<quotes>{QUOTED}(?:{_JOIN}{QUOTED}){{0,30}})"
_BARE = rf"(?P<bare>{_TOKEN}(?:{_JOIN}{_TOKEN}){{0,30}})"
_NO = (
    r"(?P<no>\b(?!(?:do not|don't|not|never|without) (?:forget|fail|only))(?:do(?:es)? not|don't|doesn't|must"
    r" not|should not|shouldn't|can ?not|can't|may not|mustn't|never|not|without|avoid(?:ing)?"
    r"|refrain(?:ing)? from|exclud(?:e|ing)|omit(?:ting)?|leav(?:e|ing) out|forbidden)\b(?: to| the use of| any(?: of)?| even)?)")
_DO = (
    r"(?P<do>\b(?:with|insert|includ(?:e|es|ed|ing)|contain(?:s|ing)?|us(?:e|es|ing)|mention(?:s|ing)?"
    r"|add(?:ing)?|ha(?:s|ve|ving)|incorporat(?:e|es|ing)"
    r"|say(?:ing)?|writ(?:e|ing)|employ|feature))")
_THE = (
    r"(?: (?:all|both|any|either))?(?: of)?(?: the| these| this| your)?(?: exact)?(?: following| two| three| four| specific){0,6}"
)
_IN = r" (?:in|within|throughout) (?:your|the|its) (?:entire |whole )?[a-z]+"
_LIST = re.compile(
    rf"(?:{_NO} ?)?(?:{_DO})?{_THE} ?(?:\b{_NOUN}|[a-z]{{1,24}} words?(?= such as| like))?(?: such as| like| of)?(?:{_IN})?[:,]?"
    rf"\s{{0,2}}[(\[]?{_QUOTES}", re.IGNORECASE)
_BARE_LIST = re.compile(
    rf"(?:{_NO} ?)?(?:{_DO})?{_THE} ?\b(?P<noun>key ?words?|words?|terms?)(?:{_IN}:)?:?\s{{1,2}}[(\[]?{_BARE}", re.IGNORECASE)
_FOLLOWING = re.compile(
    rf"\b(?:key ?words?|words?|terms?|phrases?) (?P<how>[^.:\n«]{{3,60}}):\s{{0,2}}(?:{_QUOTES}|{_BARE}(?=\s{{,4}}(?:[.\n;]|$)))",
    re.IGNORECASE)
_HOW = re.compile(
    r"(?P<no>\A.*?(?:\bnot\b|n't\b|avoid|cannot|forbidden|banned|exclude))|\b(?:must|should|have to|need to"
    r"|shall)\b[^:]{0,20}(?:includ|appear|use|mention|contain|present)", re.IGNORECASE)
_FUNCTION_WORDS = "of that in to from which you for with the a an at as or when if must should can is are has have by"
_NEVER_LISTED = frozenset(_FUNCTION_WORDS.split())
_COMMON_WORDS = (
    "and listed below above used on like count limit appear appears problem document my your his her its their long total will"
    " response each all it this article essay story poem choice order counts per be not using only")
_NOT_A_WORD = _NEVER_LISTED | frozenset(_COMMON_WORDS.split())
_STOPS = re.compile(
    rf"\s?(?:[.,;:!?)\]\n-]|$)|\s{{1,4}}(?:in|throughout|at|somewhere|anywhere|into|once|twice|and|but|should|must"
    rf"|appears?|needs?|has|have|to be|when|to|do(?:es)?(?: not|n't)?|cannot|(?:can|may|will) not|(?:is|are) not|{QUOTED})\b",
    re.IGNORECASE)
_SHOULD_NOT = re.compile(
    r"(?: (?:should|must|may|can|do|does|will)(?: not|n't)| ?cannot| (?:is|are) (?:not"
    r"|forbidden))\b[^.\n]{0,20}?(?:appear|includ|used?|show up|mention|present|allowed|contain|occur|be)", re.IGNORECASE)
_SHOULD = re.compile(
    r" (?:should|must|has to|have to|needs? to|shall)(?: also)? (?:appear|be (?:included|used|present|mentioned"
    r"|in|part)|show up|occur)|,? (?:appears?|is included|are included)\b", re.IGNORECASE)
_TIMES = re.compile(
    r"(?: (?:or|and) (?:more|less|fewer))? ?(?:times?|occurrences?|mentions?|instances?|uses?)\b", re.IGNORECASE)
_OFTEN = re.compile(rf"\b(?:word|keyword|term|phrase|name|words|keywords)(?: ?(?=«)| )(?P<word>{_TOKEN})", re.IGNORECASE)
_OFTEN_QUOTED = re.compile(
    rf"\b(?:includ|contain|us|mention|say|repeat|writ|add|hav)\w*(?: the)?(?: (?:exact )?(?:word|phrase"
    rf"|keyword))? ?(?P<word>{QUOTED})", re.IGNORECASE)
_OFTEN_SUBJECT = re.compile(
    rf"(?P<word>{QUOTED})(?= (?:should|must|needs? to|has to|shall)(?: not)? (?:appear|occur|show up|be (?:used"
    rf"|mentioned|included)))", re.IGNORECASE)
_ASKED = re.compile(
    r"(?:\A|[,;:] ?|\b(?:and|to|must|should|please|that|sure|also|you|response|answer|then|but|shall|will))\s{0,4}\Z",
    re.IGNORECASE)
_NEGATED = re.compile(
    r"(?:\bnot|n't|\bwithout|\bavoid|\bnever|\bexcept|\brefrain from)(?: (?!forget|fail|only)\w+){0,2} ?\Z", re.IGNORECASE)
_EDGE = re.compile(
    r"\b(?:end|finish|conclud|clos|start|begin|open|title|label|mark|separat|replac|sign)\w*\b[^.\n]{0,50}\Z", re.IGNORECASE)
_CALLED = re.compile(r"\b(?:titled?|named|called|entitled)\b[^«]{0,8}\Z", re.IGNORECASE)
_AS_KEYWORD = re.compile(r" as (?:the )?key ?words?\b")
_TIMES_OF = re.compile(
    rf" (?:occurrences|mentions|instances|uses|times)(?: of)?(?: the)?(?: (?:key)?(?:word|term|phrase))? (?P<word>{QUOTED})",
    re.IGNORECASE)
_LETTER = re.compile(rf"\bletters? (?P<letter>{QUOTED}|[a-z])(?![\w'])", re.IGNORECASE)
_NO_LETTER = re.compile(
    r"(?:without|don't|do not|doesn't|does not|(?<!trying to )avoid|never|not|no|refrain from|cannot|should not|must not)\b"
    r"[^.,\n]{0,40}\Z", re.IGNORECASE)
_NAMED_MARKS = {
    "exclamation mark": ("!", "！"), "exclamation point": ("!", "！"), "question mark": ("?", "？"), "hashtag": ("#",),
    "感叹号": ("!", "！"), "叹号": ("!", "！"), "问号": ("?", "？"), "逗号": (",", "，"), "comma": (",", "，"),
}
_MARK = re.compile("|".join(rf"(?P<m{n}>{name}s?)" for n, name in enumerate(_NAMED_MARKS)), re.IGNORECASE)
_NO_MARK = re.compile(
    r"(?:\b(?:no|without|avoid|never|not|n't|cannot|refrain\w*|zero|omit|exclude|devoid|free of)\b|n't\b)[^.;:\n]{0,50}\Z"
    r"|(?:不要|不用|别|勿|不得|不能|不可|不准|避免|禁止|没有|不出现|不含|不带|无)[^。;\n]{0,8}\Z", re.IGNORECASE)
_ZH_LIST = re.compile(
    rf"(?P<no>不要|不得|不能|不可|请勿|避免|禁止|不|别|勿)?(?:在(?:回答|回复)(?:中|里))?"
    rf"(?:使用|包含|包括|含有|出现|提及|提到|写|用|说)(?:敬称)?(?:以下|下列|这些|这个)?(?:关键词|关键字|词语"
    rf"|词汇|单词|短语|字样|词|字)?[::]?\s?{_QUOTES}"
    rf"(?P<times>[^。,;\n]{{0,6}}次)?")
_ZH_PLACED = re.compile("结尾|开头|结束|开始|作为")
_ZH_TIME = re.compile(r"\s?次")
_ZH_TIMES = re.compile(
    rf"(?:词语?|关键词|单词|字)?\s?(?P<word>{QUOTED})(?:这个)?(?:词语?|关键词|单词|字)?(?:应|要|必须|需|须)?[^。\n«]{{0,12}}?$")


def read_wording(prompt: Prompt) -> list[Check]:
    found = quantities(prompt.text)
    often, taken = _frequencies(prompt, found)
    return [*often, *_listed(prompt, taken), *_letters(prompt, found), *_marks(prompt, found), *_chinese(prompt, found)]


def _frequencies(prompt: Prompt, found: list[Quantity]) -> tuple[list[Check], frozenset[int]]:
    """How often a word is to be used; and where those words stand."""
    out, taken = [], set()
    mentions = {m.start("word"): m for p in (_OFTEN, _OFTEN_QUOTED, _OFTEN_SUBJECT) for m in p.finditer(prompt.text)}
    places = sorted(mentions)
    for place, after in zip(places, [*places[1:], len(prompt.text)], strict=False):
        mention = mentions[place]
        word = mention["word"]
        if word.casefold() in _NOT_A_WORD:
            continue
        _, end = prompt.sentence(mention.start(), mention.end())
        for q in between(found, mention.end(), min(end, after, mention.end() + 60)):
            once = re.search(r"\b(?:once|twice|thrice)\b", prompt.text[q.start : q.end], re.IGNORECASE)
            if not once and not _TIMES.match(prompt.text, q.end):
                continue
            most = q.most if q.relation not in ("", "in") else None
            out.append(Check("frequency", (prompt.quote(word),), q.least, most))
            taken.add(place)
            break
    for q in found:
        of = _TIMES_OF.match(prompt.text, q.end)
        if of:
            out.append(Check("frequency", (prompt.quote(of["word"]),), q.least, q.most if q.relation else None))
            taken.add(of.start("word"))
    return out, frozenset(taken)


def _listed(prompt: Prompt, taken: frozenset[int]) -> Iterator[Check]:
    """Words to include, words to leave out."""
    text = prompt.text
    for m in _LIST.finditer(text) if "«" in text else ():  # the pattern tries every place for one
        noun = re.search(rf"\b{_NOUN}[^«]{{0,12}}\Z", text[m.start() : m.start("quotes")], re.IGNORECASE)
        words = tuple(prompt.quote(t).rstrip(",") for t in re.findall(QUOTED, m["quotes"]))
        if len(words) > 1:  # "alpha," "beta."
            words = tuple(w.rstrip(",.") for w in words)
        if (
            m.start("quotes") in taken
            or scoped(prompt, m.start(), m.end())
            or not all(0 < len(w.strip()) <= 80 for w in words)
        ):
            continue
        yield from _decide(prompt, m, words, bool(noun), m["quotes"])
    for m in _FOLLOWING.finditer(text):
        how = _HOW.search(m["how"])
        if how and not scoped(prompt, m.start(), m.end()):
            words = tuple(prompt.quote(t) for t in re.split(_JOIN, m["quotes"] or m["bare"]))
            yield Check("forbidden", words, None, 0) if how["no"] else Check("keywords", words)
    for m in _BARE_LIST.finditer(text):
        tokens = re.split(_JOIN, m["bare"])
        if any(t.startswith("«") for t in tokens) or m.start("bare") in taken or scoped(prompt, m.start(), m.end()):
            continue
        tokens = tokens[: next((n for n, t in enumerate(tokens) if n and t.casefold() in _NEVER_LISTED), len(tokens))]
        if tokens[0].casefold() in _NOT_A_WORD or not _STOPS.match(text, m.end()):
            continue
        if len(tokens) > 1 and m["noun"][-1:].lower() != "s" and not (m["no"] and " or " in m["bare"]):
            tokens = tokens[:1]  # "the word rock and roll along"
        yield from _decide(prompt, m, tuple(tokens), True, m["bare"])


def _decide(prompt: Prompt, m: re.Match[str], words: tuple[str, ...], noun: bool, listed: str) -> Iterator[Check]:
    """Whether a list of words is one to use or one to avoid; neither where the words around do not say."""
    text, before = prompt.text, prompt.before(m.start())
    denied = m["no"] or _NEGATED.search(before)
    if (m["do"] or "").casefold() == "with" and _EDGE.search(before):  # "end with the phrase": another demand
        return
    if _CALLED.search(prompt.before(m.end() - len(listed))) and not denied:
        return
    after = m.end()
    if (m["no"] and (noun or re.match(r"avoid|exclud|omit", m["no"], re.IGNORECASE))) or _SHOULD_NOT.match(text, after):
        yield Check("forbidden", words, None, 0)
    elif denied:
        if m["do"]:
            yield Check("forbidden", words, None, 0)
    elif re.search(r"\bor\b", listed):
        return
    elif (
        (noun and m["do"])
        or (m["do"] and _AS_KEYWORD.match(text, after))
        or _SHOULD.match(text, after)
        or (m["do"] and re.match(r"includ|mention|contain|incorporat", m["do"], re.IGNORECASE) and _ASKED.search(before))
    ):
        yield Check("keywords", words)


def _letters(prompt: Prompt, found: list[Quantity]) -> Iterator[Check]:
    for mention in _LETTER.finditer(prompt.text):
        letter = prompt.quote(mention["letter"]).strip()
        if len(letter) != 1:
            continue
        _, end = prompt.sentence(mention.start(), mention.end())
        near = between(found, mention.end(), min(end, mention.end() + 60))
        near = [
            q
            for q in near
            if _TIMES.match(prompt.text, q.end) or re.search(r"once|twice", prompt.text[q.start : q.end], re.IGNORECASE)
        ]
        if near:
            yield Check("letters", (letter,), near[0].least, near[0].most if near[0].relation else None)
        elif _NO_LETTER.search(prompt.before(mention.start())):
            yield Check("letters", (letter,), None, 0)


def _marks(prompt: Prompt, found: list[Quantity]) -> Iterator[Check]:
    for mention in _MARK.finditer(prompt.text):
        name = list(_NAMED_MARKS)[next(n for n in range(len(_NAMED_MARKS)) if mention[f"m{n}"])]
        marks = _NAMED_MARKS[name]
        if scoped(prompt, mention.start(), mention.end()):
            continue
        if _NO_MARK.search(just_before(prompt.text, mention.start(), 70)):
            yield Check("marks", marks, None, 0)
            continue
        near = [q for q in found if q.end <= mention.start() <= q.end + 2 and q.relation]
        if near:
            yield Check("marks", marks, near[-1].least, near[-1].most)


def _chinese(prompt: Prompt, found: list[Quantity]) -> Iterator[Check]:
    counted = set()
    for q in found:
        mention = _ZH_TIMES.search(prompt.before(q.start))
        if mention and _ZH_TIME.match(prompt.text, q.end) and q.relation:
            yield Check("frequency", (prompt.quote(mention["word"]),), q.least, q.most)
            counted.add(mention["word"])
    for m in _ZH_LIST.finditer(prompt.text):
        words = tuple(prompt.quote(t) for t in re.findall(QUOTED, m["quotes"]))
        if any(t in counted for t in re.findall(QUOTED, m["quotes"])) or _ZH_PLACED.match(prompt.text, m.end()):
            continue
        polite = "敬称" in m.group() or prompt.text.startswith("称呼", m.end())
        if polite and re.search("英[文语]", prompt.text):
            continue  # a form of address has no exact counterpart in another language
        if m["no"]:
            yield Check("forbidden", words, None, 0)
        elif "或" not in m["quotes"]:
            yield Check("keywords", words)
