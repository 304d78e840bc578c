"""Demands that count something: words, characters, sentences, paragraphs, bullets, sections, highlights, placeholders."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator

from recenv.rewards.rules import CACHES
from recenv.rewards.rules.checks.check import Check
from recenv.rewards.rules.checks.prompt import Prompt
from recenv.rewards.rules.checks.quantity import Quantity, between, counted, quantities

_WORD = r"(?:total )?(?:number of )?words?\b|单?词"
_CHARACTER = r"char(?:acter)?s?\b|个?字符"
_HANZI = r"个?(?:汉字|字(?!符|母|段|数))"
_SENTENCE = r"sentences?\b|个?句(?:话|子)?"
_PARAGRAPH = r"paragraphs?\b|stanzas?\b|个?段(?:落|话)?"
_PART = (
    r"(?:paragraphs?|stanzas?|parts?|sections?|steps?|verses?|versions?|points?|pieces?|items?|answers?)\b|个?(?:段落?|部分)")
_THINGS = (
    r"(?!(?:words|sentences|characters|letters|times|lines|bullets|ast?erisks|stars|sections|words|keywords"
    r"|symbols|minutes|hours|days)\b)[a-z]{3,20}s\b")
_BULLET = (
    r"(?:\* ?)?bulletpoints?\b|(?:items?|points?|entries) in a bullet(?:ed)?(?:[ -]points?)? list|(?:\*"
    r" ?)?bullet(?:ed|s)?(?:[ -]points?)?\b|(?:个|条)?(?:项目符号|要点)")
_PLACEHOLDER = r"placeholders?\b|个?占位符"
_HIGHLIGHT = (
    r"\*?(?:highlight(?:ed)?|italic(?:ized?)?|text|markdown)?\*? ?(?:[a-z]+ )?(?:sections?|words?|keywords?"
    r"|parts?|phrases?|texts?|highlights?|sentences?|points?|terms?|pieces?|passages?|lines?|ideas?|titles?"
    r"|names?)\b|[处个](?:文字|内容|部分|重点)?")
_NAMED = r"section|paragraph|part|day|chapter|scene|verse|round|stanza|step|topic|question|episode|act|audience|item"

_SCOPED = re.compile(
    r"\b(?:each|every|per|apiece|title|headline|headings?|subject line|caption|captions|slogan|username)\b"
    r"|\b(?:first|second|third|fourth|fifth|last|final|opening|closing) (?:paragraph|sentence|line|section|part"
    r"|stanza|word|bullet)"
    r"|\bparagraph \d|每(?!次)|各|标题|第[一二三四五\d]+[段句节个]", re.IGNORECASE)
_FOR_EACH = re.compile(
    r"\s{0,3}(?:long )?(?:(?:each|apiece)\b(?! (?:separated|divided|starting|beginning|with))|(?:per|for each|in each)\b)",
    re.IGNORECASE)
_DIVIDED = re.compile(r"(?<!\*)\*\*\*(?!\*)|markdown divider|(?:3|three) ast?erisks?\b(?! ?\*{4})", re.IGNORECASE)
TWO_PARTS = re.compile(
    r"\bseparate (?:the |your )?[\w' ]{1,30}? and (?:the |your )?[\w' ]{1,30}? (?:with|by|using)\b", re.IGNORECASE)
_DIVIDER = re.compile(r"(?<!\*)\*\*\*(?!\*)|markdown divider|ast?erisks?", re.IGNORECASE)
_SENTENCES = re.compile(r"[^.?!\n]*+\.?[^.?!\n]*+")
_BLANK_LINE = re.compile(
    r"(?:two|2|double) (?:new ?lines?|line ?breaks?|newlines)|blank lines?|empty lines?|double[- ]spaced|\\n\\n|空行|两个换行",
    re.IGNORECASE)
_BULLETS_BEFORE = re.compile(
    r"(?:\bbullet(?:ed)?(?:[ -]points?)? list (?:of|with|containing)|\bnumber of bullet(?:ed)? ?points?"
    r" (?:should|must|has to) be)\s?\Z", re.IGNORECASE)
_AS_BULLETS = re.compile(r"\b(?:us(?:e|ing)|in(?:to)?|as)(?: the| a)?(?: markdown)? bullet(?:ed)?[ -]?points?\b", re.IGNORECASE)
_CAPITALS = re.compile(
    r"\bwords?\b[^.\n]{0,40}\b(?:all[- ]capital|all[- ]caps|capital letters|capitalized|uppercase)|all[-"
    r" ](?:caps|capitals?) words"
    r"|capital(?:ized)? words|(?:全部)?大写(?:的)?单词", re.IGNORECASE)
_SPLITTER = re.compile(rf"(?<![\w'\"])(?:\((?P<a>{_NAMED}) 1\b|(?P<b>{_NAMED}) X\b)|«(?P<c>\d+)»", re.IGNORECASE)
_SPLIT_TEXT = re.compile(r"\A([A-Za-z]{2,20}) ?(?:X|1|#)\Z")


def read_lengths(prompt: Prompt) -> list[Check]:
    found = list(quantities(prompt.text))
    return [
        *_plain(prompt, found),
        *_paragraphs(prompt, found),
        *_bullets(prompt, found),
        *_capitals(prompt, found),
        *_sections(prompt, found),
        *_marked(prompt, found),
    ]


def scoped(prompt: Prompt, start: int, end: int) -> bool:
    """Whether words speak of a part of the answer only: its title, each sentence, the second paragraph."""
    begin = start - len(prompt.before(start))
    first = max(begin, *(prompt.text.rfind(mark, begin, start) for mark in (",", ";", "，", " and ")))
    begins, ends = _scopes(prompt.text)
    n = bisect_left(begins, first)
    return (n < len(begins) and ends[n] <= start) or bool(_FOR_EACH.match(prompt.text, end))


@CACHES.keep(64)
def _scopes(text: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Where a text speaks of parts of the answer, and where that ends."""
    spans = [m.span() for m in _SCOPED.finditer(text)]
    return tuple(a for a, _ in spans), tuple(b for _, b in spans)


def _bounds(kind: str, q: Quantity, words: tuple[str, ...] = (), bare: str = "exact") -> Check:
    """bare: what a number alone means, "exact" or "least"."""
    if q.relation == "in":
        return Check(kind, words, None, q.most)
    if q.relation == "" and bare == "least":
        return Check(kind, words, q.least, None)
    return Check(kind, words, q.least, q.most)


def _of(prompt: Prompt, found: list[Quantity], unit: str) -> Iterator[Quantity]:
    for quantity in found:
        q = counted(prompt.text, quantity, unit)
        if q and not scoped(prompt, q.start, q.end):
            yield q


_STYLED = re.compile(r"highlight|italic|emphasi|capital|uppercase|all caps|\bbold|underlin", re.IGNORECASE)
_OF_A_KIND = re.compile(
    r" (?:that|which|in all|from|with|of|should be in|should be all|in the (?:output|response) should be in)\b")
_LONG = re.compile(r" long\b", re.IGNORECASE)
_WORD_COUNT = re.compile(r"(?:number of words|word count|number of (?P<s>sentences))\b[^.\n]{0,60}?$", re.IGNORECASE)


def _plain(prompt: Prompt, found: list[Quantity]) -> Iterator[Check]:
    """Lengths of the whole answer; a number without a relation ("a 500 word story") says too little."""
    for kind, unit in (("words", _WORD), ("characters", _CHARACTER), ("hanzi", _HANZI), ("sentences", _SENTENCE)):
        for q in _of(prompt, found, unit):
            begin, end = prompt.sentence(q.start, q.end)
            if kind == "words" and (
                _STYLED.search(_near(prompt, q))
                or _CAPITALS.search(prompt.text, begin, end)
                or _OF_A_KIND.match(prompt.text, q.end)
            ):
                continue
            if q.relation or (kind == "sentences" and _LONG.match(prompt.text, q.end)):
                yield _length(kind, q)
    for q in found:
        before = _WORD_COUNT.search(prompt.before(q.start))
        if not before or not q.relation or _CAPITALS.search(prompt.before(q.start)):
            continue
        if not (counted(prompt.text, q, _WORD) or counted(prompt.text, q, _SENTENCE)):
            yield _length("sentences" if before["s"] else "words", q)


def _near(prompt: Prompt, q: Quantity) -> str:
    """The few words around a quantity, up to the next comma or "and"."""
    after = re.split(r",| and ", prompt.text[q.end : q.end + 40])[0]
    return prompt.before(q.start)[-40:].rsplit(",", 1)[-1] + after


def _length(kind: str, q: Quantity) -> Check:
    check = _bounds(kind, q)
    return check._replace(words=("parts",)) if kind == "words" and check.most is None else check


def _paragraphs(prompt: Prompt, found: list[Quantity]) -> Iterator[Check]:
    if _DIVIDED.search(prompt.plain):
        yield from _divided(prompt, found)
        return
    blank = ("blank line",) if _BLANK_LINE.search(prompt.text) else ()
    for q in _of(prompt, found, _PARAGRAPH):
        if blank or q.relation not in ("", "in") or prompt.text[q.start - 1 : q.start] == "分":
            yield Check("paragraphs", blank, q.least, q.most)


def _divided(prompt: Prompt, found: list[Quantity]) -> Iterator[Check]:
    """Parts between rows of three asterisks: as many as are said, else as the layout in the prompt shows."""
    counts = list(_of(prompt, found, _PARAGRAPH)) or list(_of(prompt, found, _PART))
    rows = sum(line.strip() == "***" for line in prompt.plain.split("\n"))
    if not counts:
        near = between(found, *_beside_stars(prompt.text))
        counts = [c for q in near if (c := counted(prompt.text, q, _THINGS))]
    if counts and all(q[:2] == counts[0][:2] for q in counts):
        yield Check("paragraphs", ("***",), *counts[0][:2])
    elif rows > 1 and not re.search(r"(?m)^ ?(?:\.\.\.|…) ?$", prompt.plain):
        yield Check("paragraphs", ("***",), rows + 1, rows + 1)
    elif not counts and TWO_PARTS.search(prompt.text):
        yield Check("paragraphs", ("***",), 2, 2)


def _beside_stars(text: str) -> tuple[int, int]:
    """The stretch that speaks of a divider first: the sentence up to its last one there, with the sentence before or after."""
    first = _DIVIDER.search(text)
    if first is None:
        return 0, 0
    start = _stretch(text, first.start())
    if text[start - 1 : start] == ".":
        start = _stretch(text, start - 1)
    sentences = _SENTENCES.match(text, start)
    return start, max(m.end() for m in _DIVIDER.finditer(text, start, sentences.end() if sentences else len(text)))


def _stretch(text: str, end: int) -> int:
    """Where the stretch without the end of a sentence begins that ends there."""
    return max(text.rfind(mark, 0, end) for mark in ".?!\n") + 1


def _bullets(prompt: Prompt, found: list[Quantity]) -> Iterator[Check]:
    markdown = bool(re.search(r"markdown|(?m:^ ?\* )|indicated by \*|«\*»", prompt.text, re.IGNORECASE) or "*" in prompt.quotes)
    listed = [q for q in found if _BULLETS_BEFORE.search(prompt.before(q.start))]
    own = list(_of(prompt, found, _BULLET))
    exact = [q for q in found if q.relation == "exact"]
    if own or len(exact) != 1 or not _AS_BULLETS.search(prompt.text):
        exact = []  # "exactly three names, as bullet points"
    for q in (*(q for q in listed if counted(prompt.text, q, r"(?:items?|points?|entries)\b|(?=[.,;]|$)")), *own, *exact):
        yield Check("bullets", ("markdown",) * markdown, q.least, q.most)


_GOES_ON = re.compile(r"[^.\n]{0,120}\.? (?:But|In particular|However|Make sure)")


def _capitals(prompt: Prompt, found: list[Quantity]) -> Iterator[Check]:
    for mention in _CAPITALS.finditer(prompt.text):
        begin, end = prompt.sentence(mention.start(), mention.end())
        inside = [q for q in between(found, begin, end) if q.relation]
        if len(inside) == 1:
            yield Check("capital words", (), *inside[0][:2])
            follows = None
        else:
            follows = _GOES_ON.match(prompt.text, end)
        if (
            not inside
            and not follows
            and re.search(r"\b(?:some|a few|few)\b[^.\n]{0,20}\Z", prompt.text[begin : mention.start()], re.IGNORECASE)
        ):
            yield Check("capital words", (), 1, None)
    for q in found:
        if counted(
            prompt.text,
            q,
            r"(?:words? (?:in|with)|words in the (?:output|response|answer) should be in) (?:all )?(?:caps|capital)\b",
        ):
            yield Check("capital words", (), q.least, q.most if q.relation else None)


def _sections(prompt: Prompt, found: list[Quantity]) -> Iterator[Check]:
    """Sections marked by a word and a number: at least as many as are said."""
    for mention in _SPLITTER.finditer(prompt.text):
        if mention["c"] is not None:
            inner = _SPLIT_TEXT.match(prompt.quotes[int(mention["c"])].strip())
            splitter = inner.group(1) if inner and re.fullmatch(_NAMED, inner.group(1), re.IGNORECASE) else ""
        else:
            splitter = mention["a"] or mention["b"] or ""
        if not splitter:
            continue
        begin, _ = prompt.sentence(mention.start(), mention.end())
        near = [
            c
            for q in between(found, begin - 150, mention.end())
            if (c := counted(prompt.text, q, rf"(?:{_NAMED}|sections)s?\b"))
        ]
        if near:
            q = near[-1]
            yield Check("sections", (splitter,), q.least, q.most if q.relation in ("exact", "most", "range") else None)
            return


_BY_STARS = re.compile(
    r"markdown|(?:with|using|by) \*|asterisk|(?<!\*)\*[^*\n]{1,60}\*(?!\*)|«\*»|加粗|高亮|highlight", re.IGNORECASE)
_HIGHLIGHTED = re.compile(r"\bhighlight|\bitalic|\bemphasi[sz]e|突出|高亮", re.IGNORECASE)
_SOME_MARKED = re.compile(
    r"\b(?:highlight|italici[sz]e|emphasi[sz]e) (?:some|a few|several|the)(?: [a-z]+)? (?:parts?|words?|phrases?|sections?"
    r"|points?)\b[^.\n]{0,50}(?:\*|«\*»|asterisk|markdown)", re.IGNORECASE)
_WRAPPED = re.compile(r"highlight[^.\n]{0,60}(?:wrapping|wrapped|wrap)[^.\n]{0,30}(?:\*|«\*»|asterisk)", re.IGNORECASE)


def _marked(prompt: Prompt, found: list[Quantity]) -> Iterator[Check]:
    text = prompt.text
    if re.search(r"square bracket|\[[^\]\n]{0,60}\]|方括号|中括号", prompt.plain, re.IGNORECASE):
        for q in _of(prompt, found, _PLACEHOLDER):
            yield _bounds("placeholders", q, bare="least")
    if not (_HIGHLIGHTED.search(text) and _BY_STARS.search(prompt.plain)):
        return
    any_read = False
    for quantity in found:
        marked = counted(text, quantity, _HIGHLIGHT)
        if marked is None or marked.relation in ("under", "near"):
            continue
        begin, end = prompt.sentence(marked.start, marked.end)
        if not _HIGHLIGHTED.search(text, begin, end) or _CAPITALS.search(text, begin, end):
            continue
        if _HIGHLIGHTED.search(text, begin, marked.start) or _HIGHLIGHTED.search(text, marked.start, min(end, marked.end + 40)):
            any_read = True
            yield _bounds("highlights", marked, bare="least")
    if not any_read and (_WRAPPED.search(text) or _SOME_MARKED.search(text)):
        yield Check("highlights")
