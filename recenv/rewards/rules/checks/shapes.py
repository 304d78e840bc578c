"""Demands on the answer as a whole: language, case, JSON, title, quotation marks, ending, repetition, options."""

from __future__ import annotations

import re
from collections.abc import Iterator

from recenv.rewards.reading.numerals import number
from recenv.rewards.rules.before import just_before
from recenv.rewards.rules.checks.check import Check
from recenv.rewards.rules.checks.languages import NAMES, ZH_NAMES
from recenv.rewards.rules.checks.lengths import TWO_PARTS, read_lengths, scoped
from recenv.rewards.rules.checks.prompt import QUOTED, Prompt

_CODES = {name.casefold(): code for code, name in NAMES.items()} | {
    "mandarin": "zh",
    "farsi": "fa",
    "simplified chinese": "zh",
    "castilian": "es",
}
_ANY = "|".join(_CODES)
_LANGUAGE = re.compile(
    rf"\b(?:in|us(?:e|ing)|with)(?: (?:only|entirely|purely|just))?(?: the)? (?P<name>{_ANY})\b(?P<noun> language)?"
    rf"|\b(?P<only>only|entirely|but|except) (?P<name2>{_ANY})\b(?P<noun2> language)?", re.IGNORECASE)
_OTHER_NOUN = re.compile(
    r" (?:(?!(?:only|and|or|with|please|at|in|no|not|as|all|but|using|to|that|who|where|when|which|while"
    r"|language|throughout|about|on|for|from|by|why|how|what|whether|is|are|was|must|should|the|a|an|so|if"
    r"|instead|first|then|then|without|into|of|you|your|i|my)\b)[a-z]+)", re.IGNORECASE)
_MEANT = re.compile(
    r"no other language|only|entire|whole|complete|response|answer|reply|respond|output|written|language|lowercase|capital",
    re.IGNORECASE)
_ZH_LANGUAGE = re.compile(rf"(?:用|使用|以)(?:简体)?(?P<a>{'|'.join(ZH_NAMES)})|(?P<b>{'|'.join(ZH_NAMES)})(?:回答|回复|作答)")
_DENIED = re.compile(
    r"(?:\b(?:not|never|without|avoid)|n't|不要|别|勿|不能|不得|禁止|不)\s{0,3}(?:\w{1,40}\s{1,3}){0,2}$", re.IGNORECASE)
_PART = re.compile(
    r"\b(?:titles?|headings?|headlines?|labels?|names?|keywords?|acronyms?|words?|first letters?|initials?"
    r"|each)\b|标题|首字母|单词", re.IGNORECASE)
_AMOUNT = re.compile(r"\b\d+ words?(?= and\b)", re.IGNORECASE)
_ALL_WORDS = re.compile(r"\bwords in (?:your|the) (?:entire |whole )?(?:response|answer|reply|output)\b", re.IGNORECASE)
_SOME_WORDS = re.compile(r" (?:words?|at least|for)\b")
_LOWER = re.compile(
    r"lower ?-?cased?s?\b(?: letters?)?(?: only)?|(?:\b(?:no|without|not|never|avoid|cannot|refrain)\b(?!"
    r" (?:more|less|fewer))|n't\b)[^.,\n]{0,30}\b(?:capital letters?|capitalizations?|capitals|uppercase"
    r" letters?)|全(?:部)?(?:用|使用)?小写", re.IGNORECASE)
_UPPER = re.compile(
    r"\b(?:all|only|entirely|in|fully)(?: in| of| the)?(?: english)? ?-?(?:capital letters?|caps|capitals"
    r"|capitalized|upper ?-?case(?:d)?(?: letters?)?)\b|\b(?:no|without|not|n't) (?:any |use |using )?(?:lower"
    r" ?-?case)(?: letters?)?|\bcapital letters only|\b(?:every|all) letters? [^.\n]{0,20}\b(?:uppercase"
    r"|capitalized|capitals?)\b|\bcapitali[sz]e (?:every|each|all) letters?\b|全(?:部)?(?:用|使用)?大写", re.IGNORECASE)
_JSON = re.compile(
    r"(?:\b(?:wrap|output|respon|answer|write|return|format|give|provide|put|present|render|reply"
    r"|contain)\w*\b[^.\n]{0,60}?\b(?:in|as|into|using|with|only)(?: an?| the| one| a single)?(?: valid| proper)? json"
    r"|\b(?:entire|whole|response|output|answer)\b[^.\n]{0,60}\bjson\b(?= format| object| block| output|[.,!;]"
    r"|$)|\bjson format\b[^.\n]{0,40}\b(?:entire|whole|response|output|answer)\b|\buse (?:the )?json format"
    r"|\bin (?:the )?form of (?:a )?json|\bvalid json|\bin (?:a |the )?(?:valid )?json (?:format|object)|json"
    r" ?(?:格式|对象))", re.IGNORECASE)
_TITLE = re.compile(r"double ang(?:ular|le|led)(?: brackets?| quotation)?|<<[^\n<>]{1,60}>>|双尖括号", re.IGNORECASE)
_AROUND = re.compile(
    r"\b(?:wrap|put|enclos|surround|place|contain|encas)\w*\b(?P<what>[^.\n]{0,70}?)\b(?:in|with|inside|within"
    r"|by)(?: the| a pair of| a set of)? ?double[ -]?quot"
    r"|\bdouble[ -]?quot\w*(?: marks?)? around(?P<what2>[^.\n]{0,50})|\b(?:in|inside|within) double["
    r" -]?quot\w*(?: marks?)?(?P<what3>)"
    r"|\b(?:start|begin)\w* and end\w*(?P<what4>[^.\n]{0,40}) with (?:a )?double[ -]?quot|\bdouble["
    r" -]?quot\w*(?: marks?)? to (?:wrap|enclose)(?P<what5>[^.\n]{0,40})", re.IGNORECASE)
_LONG = re.compile(r"\b\d+ ?\+? words?\b", re.IGNORECASE)
_WHOLE = re.compile(
    r"\b(?:entire|whole|full|complete|response|answer|output|reply|everything|it)\b|\byour \w+\b", re.IGNORECASE)
_POSTSCRIPT = re.compile(r"(?<![\w.])(?P<mark>p\.? ?p\.? ?s|p\.? ?s)\b\.?", re.IGNORECASE)
_END = re.compile(
    r"\b(?<!ing and )(?:end|finish|conclud|clos)(?:e|es|s|ing|ed)?\b(?: [\w']+){0,4}? (?:with|by saying|by writing)\b"
    r"|\bvery end of[^.\n]{0,30}(?:should|must|has to) (?:read|say|be)|\b(?:last|final) (?:words?|sentence"
    r"|phrase|line) (?:of[^.\n]{0,30})?(?:should|must|has to) (?:be|read)", re.IGNORECASE)
_PHRASE = re.compile(
    rf"(?: (?:this|the|an?|following|exact(?:ly)?|very|same|words?|phrase|sentence|question|statement|line|text|of"
    rf"|saying|that says|and only)){{0,12}}\s?:?\s{{0,2}}(?P<quote>{QUOTED})", re.IGNORECASE)
_OPEN_PHRASE = re.compile(
    r"(?: (?:this|the|following|exact|very)){1,8} (?P<noun>phrase|sentence|question|statement|words?|line)(?:"
    r" of)?(?P<colon> ?:)?\s{1,3}(?P<rest>[^\n«]{2,200}?)(?=\n|$)"
    r"|(?: (?:this|the|following)){0,8} ?:\s{1,3}(?P<rest2>[^\n«]{2,200}?)(?=\n|$)", re.IGNORECASE)
_BEGIN = re.compile(
    r"\b(?:start|begin)\b (?:off )?(?:the |your )(?:whole |entire )?(?:response|answer|output|reply)(?: with| by saying)",
    re.IGNORECASE)
_ZH_ENDING = re.compile(rf"以\s?(?P<quote>{QUOTED})\s?(?:这句话|一句)?(?:作为)?(?P<where>结尾|结束|收尾|开头|开始)")
_QUESTION = re.compile(
    r"\b(?:end|finish|conclude)\b[^.,\n]{0,40}\b(?:with|by asking) an? (?:\w+ )?question\b(?! (?:mark|of))"
    r"|(?:以|用)(?:一个)?(?:问句|提问|疑问句|问题)(?:来)?(?:结尾|结束|收尾)", re.IGNORECASE)
_NUMBERED = re.compile(
    r"\bnumbered list\b|\bnumber (?:the|all|your) (?:places|items|options|recommendations|suggestions"
    r"|restaurants|points|steps|entries|hotels|results)\b"
    r"|(?:用|使用)(?:数字)?编号列出|给每[家个条项]\w{0,4}编号|编号列表|带编号的列表", re.IGNORECASE)
_STARS = re.compile(r"(?<!\*)\*{6,7}(?!\*)|(?:six|6) ast?erisks?|(?:六|6)个(?:星号|\*)", re.IGNORECASE)
_TWO = re.compile(r"\b(?:two|2|twice|pair)\b(?! (?:lines|new|line))|两个|两种|两份|2个", re.IGNORECASE)
_PARAGRAPH_WORD = re.compile(
    rf"\bparagraph (?P<n>\d{{1,2}}|one|two|three|four|five)\b[^.,\n]{{0,25}}? (?:start|begin)(?:s|n?ing|ed)?"
    rf" with (?:the )?(?:word )?:? ?(?P<w>{QUOTED}|[\w'-]+)"
    rf"|\b(?:the )?(?:very )?(?P<o>first|second|third|fourth|fifth|sixth|\d{{1,2}}(?:st|nd|rd|th))"
    rf" paragraph\b[^.,\n]{{0,25}}? (?:start|begin)(?:s|n?ing|ed)? with (?:the )?(?:word )?:? ?(?P<w2>{QUOTED}"
    rf"|[\w'-]+)"
    rf"|\b(?:start|begin) (?:the )?(?:paragraph (?P<n3>\d{{1,2}})|(?P<o3>first|second|third|fourth|fifth|sixth"
    rf"|\d{{1,2}}(?:st|nd|rd|th)) paragraph) with (?:the )?(?:word )?(?P<w3>{QUOTED}|[\w'-]+)"
    rf"|\bfirst word (?:of|in) (?:paragraph (?P<n4>\d{{1,2}})|the (?P<o4>first|second|third|fourth|fifth|sixth"
    rf"|\d{{1,2}}(?:st|nd|rd|th)) paragraph) (?:must|should|has to) be (?:the word )?(?P<w4>{QUOTED}|[\w'-]+)"
    rf"|第(?P<zn>[一二三四五六七八九\d]{{1,2}})段(?:必须|应|要|需)?以(?:词)?(?P<zw>{QUOTED})(?:开头|开始)", re.IGNORECASE)
_LAST_PARAGRAPH_WORD = re.compile(
    rf"\b(?:last|final) paragraph\b[^.,\n]{{0,25}}? (?:start|begin)(?:s|n?ing)? with (?:the )?(?:word )?:? ?(?P<w>{QUOTED})",
    re.IGNORECASE)
_ORDINALS = {w: n for n, w in enumerate(["first", "second", "third", "fourth", "fifth", "sixth"], 1)}
_OPTION_LIST = re.compile(
    rf"(?:\b(?:one|from|among|any) (?:of )?(?:the following|these|the|those)\b[^:\n«]{{0,60}}:?|\b(?:answer|say"
    rf"|reply|respond|choose|select|pick|either|options?|phrases|with|from)\b(?: \w+){{0,3}}:?|(?:只能|必须"
    rf"|只需)?(?:回答|选择|选))[\s(]{{0,3}}"
    rf"(?P<list>{QUOTED}(?:(?: ?, ?(?:or |and )?|,? or | ?/ ?|、|,?或(?:者)?|\s){QUOTED}){{1,12}})", re.IGNORECASE)
_OPTION_LINES = re.compile(
    r"\bone of (?:the following|these)\b[^:\n]{0,60}:\n(?P<lines>(?:[-*•] ?)?[^\n]{2,80}(?:\n[^\n]{2,80}){1,12})",
    re.IGNORECASE)
_REPEAT = re.compile(
    r"\b(?:restat|reproduc|copy|say)(?:e|ing)? the (?:exact |whole |entire )?(?:request|question|prompt)\b"
    r"|\bfollowing (?:request|question|prompt|instructions?), repeat it\b"
    r"|\brepeat(?:ing)?\b[^.\n]{0,60}?\b(?:requests?|question|sentence|prompt|instructions?|text|query|message"
    r"|task|paragraph|line|words|phrase|above|statement|what i (?:said|wrote|asked))\b|重复(?:一遍"
    r"|一次)?(?:上面|以上|下面|以下)?(?:的)?(?:请求|问题|要求|句子)", re.IGNORECASE)
_ORDER = re.compile(r"\bfirst\b|\b(?:start|begin)|\bbefore\b|\bthen\b|先|之前|然后", re.IGNORECASE)


def read_shapes(prompt: Prompt) -> list[Check]:
    return [
        *_language(prompt),
        *_case(prompt),
        *_formats(prompt),
        *_ends(prompt),
        *_openings(prompt),
        *_options(prompt),
        *_repeated(prompt),
        *_answers(prompt),
    ]


def _language(prompt: Prompt) -> Iterator[Check]:
    codes: dict[str, None] = {}
    for m in _LANGUAGE.finditer(prompt.text):
        name = (m["name"] or m["name2"]).casefold()
        begin, end = prompt.sentence(m.start(), m.end())
        clause = prompt.text[begin:end]
        explicit = m["noun"] or m["noun2"] or _MEANT.search(clause[: m.start() - begin]) or "no other language" in clause
        noun = _OTHER_NOUN.match(prompt.text, m.end())
        if (
            _DENIED.search(just_before(prompt.text, m.start(), 40))
            or ("no other" not in prompt.text and re.search(r"\btranslat", clause, re.IGNORECASE))
            or (m["name2"] and "no other" not in prompt.text.casefold())
        ):
            continue
        written = re.search(
            r"\b(?:write|compose|explain|tell|give|describe|create|generate|make|summarize|answer|rewrite|draft|use)\b",
            clause,
            re.IGNORECASE,
        )
        if noun or not (explicit or written or _CODES[name] in ("zh", "en")):
            continue
        codes[_CODES[name]] = None
    for m in _ZH_LANGUAGE.finditer(prompt.text):
        if not _DENIED.search(just_before(prompt.text, m.start(), 12)):
            codes[ZH_NAMES[m["a"] or m["b"]]] = None
    if len(codes) == 1:  # contradictory languages count as none
        yield Check("language", tuple(codes))


def _case(prompt: Prompt) -> Iterator[Check]:
    kinds: dict[str, None] = {}
    for kind, pattern in (("lowercase", _LOWER), ("uppercase", _UPPER)):
        for m in pattern.finditer(prompt.text):
            begin = m.start() - len(prompt.before(m.start()))
            first = max(begin - 1, *(prompt.text.rfind(mark, begin, m.start()) for mark in ",.;?!\n"))
            clause = _ALL_WORDS.sub("", _AMOUNT.sub("", prompt.text[first + 1 : m.start()]))
            if _PART.search(clause[-60:]) or _DENIED.search(clause) or _SOME_WORDS.match(prompt.text, m.end()):
                continue
            if re.search(r"\b(?:no|without|not|n't)\b", clause[-25:]) or re.search(
                r"\b(?:some|few|several|include|one|\d+)\b", clause[-30:]
            ):
                continue
            if (
                kind == "lowercase"
                and not re.match(r"(?:no|without|never|avoid|cannot|refrain|n't)", m.group(), re.IGNORECASE)
                and not re.search(
                    r"\b(?:all|only|entire|entirely|completely|in|be|must|written|every|response|output)\b|全",
                    clause + m.group(),
                    re.IGNORECASE,
                )
            ):
                continue
            kinds[kind] = None
    if len(kinds) == 1:
        yield Check(next(iter(kinds)))


def _formats(prompt: Prompt) -> Iterator[Check]:
    text = prompt.text
    m = _JSON.search(text)
    if m and not re.search(r"\b(?:not|don't|convert|parse)\b", just_before(text, m.start(), 30) + m.group(), re.IGNORECASE):
        yield Check("json")
    if _TITLE.search(prompt.plain) and re.search(r"title|name|brackets|标题|尖括号", prompt.plain, re.IGNORECASE):
        yield Check("title")
    for m in _AROUND.finditer(text):
        what = m["what"] or m["what2"] or m["what4"] or m["what5"] or ""
        if m["what3"] is not None:
            what = prompt.before(m.start())
        if not _WHOLE.search(what):
            what = f"{prompt.before(m.start())} {what}"
        what = _LONG.sub("", what)
        if _WHOLE.search(what) and not re.search(r"\b(?:title|name|each|every|words?|keywords?)\b", what, re.IGNORECASE):
            yield Check("quotation", ('"',))
            break
    if re.search(r"(?:整个|全部|完整)?(?:回答|回复|答案)[^。,\n]{0,6}(?:用|放在)(?:英文)?双引号", text):
        yield Check("quotation", ('"“”＂',))
    marks = {re.sub(r"\W", "", m["mark"]).casefold() for m in _POSTSCRIPT.finditer(prompt.plain)}
    if marks and re.search(r"postscript|附言|\b(?:add|include|end|finish|with|contain|at the end)\b", text, re.IGNORECASE):
        yield Check("postscript", ("pps" if "pps" in marks else "ps",))
    if _NUMBERED.search(text):
        yield Check("numbered")


def _ends(prompt: Prompt) -> Iterator[Check]:
    text = prompt.text
    if _QUESTION.search(text) and not _DENIED.search(just_before(text, next(_QUESTION.finditer(text)).start(), 20)):
        yield Check("question")
    for m in _END.finditer(text):
        quoted, opened = _PHRASE.match(text, m.end()), _OPEN_PHRASE.match(text, m.end())
        if _DENIED.search(just_before(text, m.start(), 20)) or scoped(prompt, m.start(), m.start()):
            continue
        phrase = prompt.quote(quoted["quote"]) if quoted else ""
        if any(map(str.isalnum, phrase)) and not _POSTSCRIPT.fullmatch(phrase.strip()):
            yield Check("ending", (phrase,))
        elif opened and not quoted:
            rest = (opened["rest"] or opened["rest2"]).strip()
            cut = re.search(r"(?<=[.?!])\s+(?=(?:No|Please|Do|Don't|Also|Make|Your|The)\b)", rest)
            yield Check("ending", (rest[: cut.start()] if cut else rest,))
    for m in _ZH_ENDING.finditer(text):
        kind = "beginning" if m["where"] in ("开头", "开始") else "ending"
        if not re.search(r"第.{1,3}段[^。]{0,6}$", prompt.before(m.start())):
            yield Check(kind, (prompt.quote(m["quote"]),))


def _openings(prompt: Prompt) -> Iterator[Check]:
    for m in _BEGIN.finditer(prompt.text):
        quoted = _PHRASE.match(prompt.text, m.end())
        if quoted and not _DENIED.search(just_before(prompt.text, m.start(), 20)):
            yield Check("beginning", (prompt.quote(quoted["quote"]),))
    last = _LAST_PARAGRAPH_WORD.search(prompt.text)
    paragraphs = [c.least for c in read_lengths(prompt) if c.kind == "paragraphs" and c.least == c.most] if last else []
    if last and paragraphs:
        yield Check("paragraph start", (str(paragraphs[0]), prompt.quote(last["w"])))
    for m in _PARAGRAPH_WORD.finditer(prompt.text):
        ordinal = next(o for o in (m["n"], m["o"], m["n3"], m["o3"], m["n4"], m["o4"], m["zn"]) if o)
        word = next(w for w in (m["w"], m["w2"], m["w3"], m["w4"], m["zw"]) if w)
        n = _ORDINALS.get(ordinal.casefold()) or number(re.sub(r"(?<=\d)[a-z]+", "", ordinal.casefold()))
        if n and word.casefold() not in ("a", "an", "the", "your"):
            yield Check("paragraph start", (str(n), prompt.quote(word)))


def _options(prompt: Prompt) -> Iterator[Check]:
    for m in _OPTION_LIST.finditer(prompt.text):
        asked = re.search(
            r"\b(?:answer|say|repl(?:y|ies)|respon[ds]\w*|choos|select|pick|options?|one of)|回答|选",
            prompt.before(m.end()) + prompt.text[m.start() : m.end()],
            re.IGNORECASE,
        )
        choice = re.search(r"\bor\b|或|/", m["list"]) or re.search(
            r"\b(?:one|choose|either|select|pick|options?)\b|选", m.group(), re.IGNORECASE
        )
        if (
            asked
            and choice
            and not re.search(r"\b(?:key ?)?words?\b|\bnot\b|n't", m.group(), re.IGNORECASE)
            and not _DENIED.search(just_before(prompt.text, m.start(), 20))
        ):
            yield Check("options", tuple(prompt.quote(t) for t in re.findall(QUOTED, m["list"])))
            return
    for m in _OPTION_LINES.finditer(prompt.plain):
        lines = [line.strip(' -*•"') for line in m["lines"].split("\n")]
        if all(lines):
            yield Check("options", tuple(lines))
            return


def _repeated(prompt: Prompt) -> Iterator[Check]:
    """The request to repeat: what is quoted, else all before the sentence that asks for it, else the paragraphs after it."""
    m = re.search(
        rf"\brepeat(?: the (?:request|sentence|phrase|question|following)(?: of)?)?:?"
        rf" (?P<quote>{QUOTED})(?=[^.\n]{{0,30}}\b(?:word for word|exactly|first|then|without|before|verbatim))",
        prompt.text,
        re.IGNORECASE,
    )
    if m:
        yield Check("repeat", (prompt.quote(m["quote"]),))
        return
    for m in _REPEAT.finditer(prompt.text):
        begin, end = prompt.sentence(m.start(), m.end())
        if not _ORDER.search(just_before(prompt.text, begin, 60) + prompt.text[begin : end + 160]):
            continue
        head, paragraphs = prompt.text[:begin].strip(), prompt.text[end:].partition("\n\n")[2].strip()
        if head and "below" not in prompt.text[begin:end].casefold():
            request = head
        elif paragraphs:
            request = paragraphs
        else:
            request = prompt.text[end:].lstrip(" .!?\n")
        if not request:
            return
        yield Check("repeat", (prompt.restored(request),))
        return


def _answers(prompt: Prompt) -> Iterator[Check]:
    if not _STARS.search(prompt.plain):
        return
    if _TWO.search(prompt.text) or TWO_PARTS.search(prompt.text):
        yield Check("responses", (), 2, 2)
    elif re.search(r"\bseparate (?:them|the two)|\bresponses (?:should|must) be separated\b", prompt.text, re.IGNORECASE):
        yield Check("responses", (), 2, None)
