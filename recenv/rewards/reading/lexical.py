"""Plain text measures that scorers share: folding, n-grams, overlap. No model, no state."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from recenv.rewards.reading import CACHES, synonyms
from recenv.rewards.reading.hanzi import simplified
from recenv.rewards.reading.numerals import number
from recenv.rewards.reading.words import REQUESTED, units

MOST_CHARACTERS = 20_000
"""Of a longer text only the head is read. Normalising can make eighteen characters of one: the bound holds after it, too."""
MOST_NUMBERS = 2_000
"""Of the numbers of a text only so many are read."""

_HAN = "\u3400-\u9fff"
_SURELY_READ = MOST_CHARACTERS // 18
_APART = re.compile(
    rf".{{0,5}}[a-z{_HAN}](?<![一二两三四五六七八九十百千])"
    r"(?<!rmb|cny|one|two|six|ten)(?<!four|five|nine)(?<!three|seven|eight)", re.IGNORECASE)
"""The end of a line that the next one cannot belong to: no sum, no count, no mark of a list."""
_LATIN = re.compile(r"[a-z]")
_HAN_CHAR = re.compile(f"[{_HAN}]")
_MOST_HAN = 0.2  # of the letters of a text that an English vocabulary reads
_COUNT_ZH = re.compile(  # a single digit before 元 or 分 is more often part of a name (三元桥) than a sum
    r"(?<![0-9])[一二两三四五六七八九](?=\s{0,2}(?:公里|千米|个|家|间(?![里或接])|条|句|字|项|款|处|小时|天))|"
    r"(?:[一二两三四五六七八九]?[十百千]零?){1,8}[一二两三四五六七八九]?(?=\s{0,2}(?:元|块|分(?![钟之])|公里|千米|个|家|条|句|字|项|款|处|小时|天))")
_NUMERAL_ZH = re.compile("[一二两三四五六七八九十百千]")
_COUNTS = frozenset(("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"))
_COUNT_EN = re.compile(r"\b(" + "|".join(sorted(_COUNTS)) + r")\b")
_THOUSANDS = re.compile(r"(?<=\d)(?<!\.\d)(?<!\.\d\d),(?=\d{3}(?!\d))")
_RUN = re.compile("[a-z]+")
_QUOTES = str.maketrans(
    dict.fromkeys("“”„‟«»「」『』〝〞＂", '"') | dict.fromkeys("‘’‛`´＇", "'") | dict.fromkeys("‐‑‒–−", "-")
    | dict.fromkeys("\u200b\u200c\ufeff\u2060\r", "")
)
_QUOTED = re.compile("[" + "".join(map(re.escape, map(chr, _QUOTES))) + "]")
_SPACES = re.compile(r"[^\S\n]{2,}|[^\S\n ]")
_LINES = re.compile(r" ?\n\s*+")  # spaces are single by then
_BULLETS = re.compile(r"^ ?(?:[•·●○▪◦■□▶]|\*(?!\*))(?=\s*\S) ?", re.MULTILINE)
_BULLET = re.compile("[*•·●○▪◦■□▶]")
_BRACKETED = re.compile(r"(?:^|(?<=[\s;:,。]))\((\d{1,2})\) ?(?=\D)", re.MULTILINE)
_HAN_STOP = re.compile(f"(?<=[{_HAN}%)])\\.(?=\\s|$|[{_HAN}])")
_HAN_SPACE = re.compile(f"(?<=[{_HAN}。、]) | (?=[{_HAN}。、])|(?<=[{_HAN}][,;:()!?]) | (?=[,;:()!?])")
_EMOJI = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf\ufe0f\u200d]+ ?")
_EMOJI_CHAR = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf\ufe0f\u200d]")
_CONTRACTIONS = {"can't": "cannot", "can not": "cannot", "won't": "will not", "shan't": "shall not", "let's": "let us"}
_CONTRACTED = re.compile(
    r"\b(?:can't|can not|won't|shan't|let's)\b|(?<=[a-z])n't\b|(?<=\bi)'m\b|(?<=[a-z])'(?:re|ve|ll|d)\b|"
    r"\b(?:it|that|what|there|here|he|she|where|who|how)'s\b")
_SHORT = {"n't": " not", "'m": " am", "'re": " are", "'ve": " have", "'ll": " will", "'d": " would"}
_SPELLED = re.compile(
    r"\b(?![a-z]{33})(?:(?P<our>(?!(?:hour|tour|four|your|our|pour|sour|flour|detour|contour|scour|glamour)(?:s|ed|ing)?\b)[a-z]{2,}?)our"
    r"(?P<o>s|ed|ing|ite|ites|ful|able|al|hoods?|y|ies|less)?|"
    r"(?P<re>[a-z]{2,}?[tb])re(?P<r>s?)|"
    r"(?P<ise>(?!(?:rev|adv|superv|telev|improv|surpr|prom|compr|exerc|prec|otherw|likew|franch|merchand|paradise|expert)is)"
    r"[a-z]{4,}?)is(?P<i>es?|ed|ing|ations?|ers?)|(?P<yse>[a-z]{3,}?)yse(?P<y>[sd]?)|"
    r"(?P<ll>[a-z]*?[aeiou][a-z]*?[aeiou])ll(?P<l>ed|ing|ers?|ous))\b")
_SPELLINGS = {
    "grey": "gray", "greys": "grays", "programme": "program", "programmes": "programs", "catalogue": "catalog", "cosy": "cozy",
    "dialogue": "dialog", "jewellery": "jewelry", "jeweler": "jewelry", "doughnut": "donut", "doughnuts": "donuts",
    "yoghurt": "yogurt", "tyre": "tire",
    "tyres": "tires", "licence": "license", "defence": "defense", "pyjamas": "pajamas", "mould": "mold", "whisky": "whiskey",
    "omelette": "omelet", "omelettes": "omelets", "storey": "story", "speciality": "specialty", "specialities": "specialties",
    "aluminium": "aluminum", "chilli": "chili", "enrol": "enroll", "fulfil": "fulfill", "skilful": "skillful",
}
_SPELLING = re.compile(r"\b(?:" + "|".join(_SPELLINGS) + r")\b")
_ZEROS = re.compile(r"(?<![\d.])(\d+)(?:\.0+|(\.\d*?[1-9])0+)(?!\d|\.\d)")
_MONEY = re.compile(
    r"(?:¥|\brmb\b|\bcny\b)\s{0,2}(\d+(?:\.\d+)?(?:\s{0,2}[-~]\s{0,2}¥?\d+(?:\.\d+)?)?)(?:\s{0,2}(?:元|块钱?|yuan\b|rmb\b|cny\b))?|"
    r"(?<![\d.])(\d+(?:\.\d+)?)\s{0,2}(?:块钱|块(?=[,。;!?\s]|$)|元人民币|人民币|yuan\b(?: rmb\b)?|rmb\b|cny\b|renminbi\b)")
_COIN, _COINS = re.compile("[¥块币]"), frozenset(("rmb", "cny", "yuan", "renminbi"))  # without which no sum is renamed


def surface(text: str) -> str:
    """A text as it is typed, in one way: NFKC, simplified characters, one form of quotes, dashes, bullets, single spaces.

    Case, words and emoji stay as they are; folding twice is folding once.
    """
    text = text[:MOST_CHARACTERS]
    if text.isascii():
        text = text.replace("\r", "").replace("`", "'")
    else:
        text = unicodedata.normalize("NFKC", _one_form(text))[:MOST_CHARACTERS]
        text = simplified(_one_form(text))
    if "  " in text or not text.isprintable():  # a printable text has no white space but spaces
        text = _LINES.sub("\n", _SPACES.sub(" ", text))
    text = text.strip()
    if "*" in text or (not text.isascii() and _BULLET.search(text)):
        text = _BULLETS.sub("- ", text)
    if "(" in text:
        text = _BRACKETED.sub(r"\1. ", text)
    if text.isascii() or not _HAN_CHAR.search(text):
        return text
    if "." in text:
        text = _HAN_STOP.sub("。", text)
    return _HAN_SPACE.sub("", text) if " " in text else text


def _one_form(text: str) -> str:
    return text.translate(_QUOTES) if _QUOTED.search(text) else text


def plain(text: str) -> str:
    """``surface`` case folded, thousands separators removed, small numerals in words as digits: the words that were written."""
    text = _folded(text)
    return text if _COUNTS.isdisjoint(_RUN.findall(text)) else _COUNT_EN.sub(_figures, text)


def _folded(text: str) -> str:
    text = surface(text).casefold()
    if "," in text:
        text = _THOUSANDS.sub("", text)
    return text if text.isascii() or not _NUMERAL_ZH.search(text) else _COUNT_ZH.sub(_figures, text)


@CACHES.keep(32_768)
def norm(text: str) -> str:
    """Text for matching: ``plain`` without emoji; contractions, spellings, sums and words for one concept each in one form.

    Lines come back, an item's in the evidence of many answers: where nothing reaches across their ends, each is read once.
    """
    lines = text.split("\n") if "\n" in text else ()
    return "\n".join(map(_of_line, lines)) if lines and _apart(text, lines) else _norm(text)


def _apart(text: str, lines: Sequence[str]) -> bool:
    """Whether lines are read alone as they are together: none is blank, begins with a space or ends so that the next may belong
    to it, all are printable, and all have Chinese characters, without emoji, or else the text is ASCII."""
    if len(text) > _SURELY_READ or not (text.isascii() or (all(map(_HAN_CHAR.search, lines)) and not _EMOJI_CHAR.search(text))):
        return False
    return all(line.isprintable() and line[:1] != " " and _APART.fullmatch(line[-6:]) for line in lines)


@CACHES.keep(16_384)
def _of_line(line: str) -> str:
    return _norm(line)


def _norm(text: str) -> str:
    """What a text has nothing of is not looked for in it: most that are read are parts of a text that is normal already."""
    text = _folded(text)
    runs = set(_RUN.findall(text))
    if not runs.isdisjoint(_COUNTS):
        text = _COUNT_EN.sub(_figures, text)
    han = False
    if not text.isascii():
        han = _HAN_CHAR.search(text) is not None
        if _EMOJI_CHAR.search(text):
            text = _EMOJI.sub("", text)
            runs = set(_RUN.findall(text))
        text = text.strip()
    if "." in text and "0" in text:
        text = _ZEROS.sub(r"\1\2", text)
    if not runs.isdisjoint(_COINS) or (not text.isascii() and _COIN.search(text)):
        unit = "元" if han else " yuan"
        text = _MONEY.sub(lambda m: (m.group(1) or m.group(2)).replace("¥", "") + unit, text)
        runs = set(_RUN.findall(text))
    if runs:
        if "'" in text or "can not" in text:
            text = _CONTRACTED.sub(_expanded, text)
            runs = set(_RUN.findall(text))
        if any(map(_respelled, runs)):
            text = _spelled(text)
            runs = set(_RUN.findall(text))
        if not runs.isdisjoint(_CHANGING):
            text = _ENGLISH.sub(lambda m: _EN[m.group()], text)
    return _CHINESE.sub(lambda m: _ZH[m.group()], text) if han else text


def _expanded(match: re.Match[str]) -> str:
    said = match.group()
    return _CONTRACTIONS.get(said) or _SHORT.get(said) or said.removesuffix("'s") + " is"


def _spelled(text: str) -> str:
    """American spelling, by rule; words that a rule meets by chance change alike everywhere."""
    return _SPELLED.sub(_american, _SPELLING.sub(lambda m: _SPELLINGS[m.group()], text))


@CACHES.keep(65_536)
def _respelled(word: str) -> bool:
    """Whether a word alone changes: only whole words do."""
    return _spelled(word) != word


def _american(match: re.Match[str]) -> str:
    part = match.group
    if part("our") is not None:
        return f"{part('our')}or{part('o') or ''}"
    if part("re") is not None:
        return f"{part('re')}er{part('r')}"
    if part("ise") is not None:
        return f"{part('ise')}iz{part('i')}"
    return f"{part('yse')}yze{part('y')}" if part("yse") is not None else f"{part('ll')}l{part('l')}"


def _figures(match: re.Match[str]) -> str:
    return str(number(match.group()))


def _form(form: str) -> str:
    """A form of the table of synonyms, in the spelling that it meets."""
    return _spelled(_COUNT_EN.sub(_figures, form))


_EN = {_form(form): _form(first) for form, first in synonyms.EN.items()}
_ZH = {_COUNT_ZH.sub(_figures, form): first for form, first in synonyms.ZH.items()}
_CHANGING = frozenset(_RUN.findall(form)[0] for form, first in _EN.items() if form != first)
"""First words of the forms that give way to another: a text without any of them keeps its words."""
_ENGLISH = re.compile(r"(?<![a-z0-9])" + synonyms.any_of(_EN) + r"(?![a-z0-9])")
_CHINESE = re.compile(synonyms.any_of(_ZH))

_NO_WORDS = re.compile(r"[\W_]+")
_NO_WORD = str.maketrans("", "", "".join(c for c in map(chr, range(128)) if not c.isalnum()))


@CACHES.keep(32_768)
def squeeze(text: str) -> str:
    """Normalised text without spaces and punctuation: what substring tests compare."""
    text = norm(text)
    return text.translate(_NO_WORD) if text.isascii() else _NO_WORDS.sub("", text)


@CACHES.keep(16_384)
def grams(text: str) -> frozenset[str]:
    """Content units of a text: Latin words (crudely stemmed, without stop words), numbers, and pairs of Chinese characters."""
    first, *others = map(_units, norm(text).split("\n"))
    return first.union(*others) if others else first


@CACHES.keep(16_384)
def _units(line: str) -> frozenset[str]:
    return frozenset(units(line, REQUESTED))


def coverage(part: frozenset[str], whole: frozenset[str]) -> float:
    """Share of ``part`` found in ``whole``, in [0, 1]; 0 where ``part`` is empty."""
    return len(part & whole) / len(part) if part else 0.0


def jaccard(a: frozenset[str], b: frozenset[str]) -> float:
    return len(a & b) / len(a | b) if a or b else 0.0


def overlap(a: str, b: str) -> float:
    """Word overlap of two texts, in [0, 1]: the measure of the overlap baseline."""
    return coverage(grams(a), grams(b))


def han_share(text: str) -> float:
    """Share of Chinese among the letters of a text, in [0, 1]; 0.5 where it has none."""
    han, latin = len(_HAN_CHAR.findall(text)), len(_LATIN.findall(text.casefold())) / 3.0
    return han / (han + latin) if han + latin else 0.5


def readable(text: str) -> bool:
    """Whether a vocabulary that is English knows enough of a text: there is one, and little of it is Chinese."""
    return bool(text.strip()) and han_share(text) <= _MOST_HAN
