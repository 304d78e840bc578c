"""Plain text measures that scorers share: folding, n-grams, overlap. No model, no state."""

from __future__ import annotations

import re
import unicodedata

from recenv.rewards.reading import CACHES, synonyms
from recenv.rewards.reading.hanzi import simplified

MOST_CHARACTERS = 20_000
"""Of a longer text only the head is read. Normalising can make eighteen characters of one: the bound holds after it, too."""
MOST_NUMBERS = 2_000
"""Of the numbers of a text only so many are read."""

_HAN = "\u3400-\u9fff"
_WORD = re.compile(r"[a-z]+|\d+(?:\.\d+)?")
_HAN_RUN = re.compile(f"[{_HAN}]+")
_LATIN = re.compile(r"[a-z]")
_HAN_CHAR = re.compile(f"[{_HAN}]")
_MOST_HAN = 0.2  # of the letters of a text that an English vocabulary reads
_DIGITS_ZH = {"零": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_SCALE_ZH = {"十": 10, "百": 100, "千": 1000}
_COUNT_ZH = re.compile(  # a single digit before 元 or 分 is more often part of a name (三元桥) than a sum
    r"[一二两三四五六七八九](?=\s{0,2}(?:公里|千米|个|家|间(?![里或接])|条|句|字|项|款|处|小时|天))|"
    r"(?:[一二两三四五六七八九]?[十百千]){1,8}[一二两三四五六七八九]?(?=\s{0,2}(?:元|块|分(?![钟之])|公里|千米|个|家|条|句|字|项|款|处|小时|天))"
)
_COUNT_EN = re.compile(r"\b(one|two|three|four|five|six|seven|eight|nine|ten)\b")
_COUNTS_EN = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_DIGITS_EN = {w: str(n + 1) for n, w in enumerate(_COUNTS_EN)}
_STOP = frozenset([
    "a", "an", "the", "of", "to", "in", "on", "at", "for", "with", "and", "or", "is", "are", "be", "it", "its", "i", "me",
    "my", "we", "you", "your", "that", "this", "there", "some", "any", "can", "could", "would", "please", "want", "need",
    "looking", "look", "find", "like", "help", "recommend", "recommendation", "suggest", "show", "give", "something",
    "place", "places", "one", "ones", "have", "has", "hi", "hello", "thanks", "thank", "im", "id", "get",
])


_QUOTES = str.maketrans(
    dict.fromkeys("“”„‟«»「」『』〝〞＂", '"') | dict.fromkeys("‘’‛`´＇", "'") | dict.fromkeys("‐‑‒–−", "-")
    | dict.fromkeys("\u200b\u200c\ufeff\u2060\r", "")
)
_SPACES = re.compile(r"[^\S\n]{2,}|[^\S\n ]")
_LINES = re.compile(r" ?\n\s*+")  # spaces are single by then
_BULLETS = re.compile(r"^ ?(?:[•·●○▪◦■□▶]|\*(?!\*))(?=\s*\S) ?", re.MULTILINE)
_BRACKETED = re.compile(r"(?:^|(?<=[\s;:,。]))\((\d{1,2})\) ?(?=\D)", re.MULTILINE)
_HAN_STOP = re.compile(f"(?<=[{_HAN}%)])\\.(?=\\s|$|[{_HAN}])")
_HAN_SPACE = re.compile(f"(?<=[{_HAN}。、]) | (?=[{_HAN}。、])|(?<=[{_HAN}][,;:()!?]) | (?=[,;:()!?])")
_EMOJI = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf\ufe0f\u200d]+ ?")
_CONTRACTIONS = {"can't": "cannot", "can not": "cannot", "won't": "will not", "shan't": "shall not", "let's": "let us"}
_CONTRACTED = re.compile(
    r"\b(?:can't|can not|won't|shan't|let's)\b|(?<=[a-z])n't\b|(?<=\bi)'m\b|(?<=[a-z])'(?:re|ve|ll|d)\b|"
    r"\b(?:it|that|what|there|here|he|she|where|who|how)'s\b"
)
_SHORT = {"n't": " not", "'m": " am", "'re": " are", "'ve": " have", "'ll": " will", "'d": " would"}
_SPELLED = re.compile(
    r"\b(?![a-z]{33})(?:(?P<our>(?!(?:hour|tour|four|your|our|pour|sour|flour|detour|contour|scour|glamour)(?:s|ed|ing)?\b)[a-z]{2,}?)our"
    r"(?P<o>s|ed|ing|ite|ites|ful|able|al|hoods?|y|ies|less)?|"
    r"(?P<re>[a-z]{2,}?[tb])re(?P<r>s?)|"
    r"(?P<ise>(?!(?:rev|adv|superv|telev|improv|surpr|prom|compr|exerc|prec|otherw|likew|franch|merchand|paradise|expert)is)"
    r"[a-z]{4,}?)is(?P<i>es?|ed|ing|ations?|ers?)|(?P<yse>[a-z]{3,}?)yse(?P<y>[sd]?)|"
    r"(?P<ll>[a-z]*?[aeiou][a-z]*?[aeiou])ll(?P<l>ed|ing|ers?|ous))\b"
)
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
    r"(?<![\d.])(\d+(?:\.\d+)?)\s{0,2}(?:块钱|块(?=[,。;!?\s]|$)|元人民币|人民币|yuan\b(?: rmb\b)?|rmb\b|cny\b|renminbi\b)"
)


@CACHES.keep(32_768)
def surface(text: str) -> str:
    """A text as it is typed, in one way: NFKC, simplified characters, one form of quotes, dashes, bullets, single spaces.

    Case, words and emoji stay as they are; folding twice is folding once.
    """
    text = unicodedata.normalize("NFKC", text[:MOST_CHARACTERS].translate(_QUOTES))[:MOST_CHARACTERS]
    text = simplified(text.translate(_QUOTES))
    text = _LINES.sub("\n", _SPACES.sub(" ", text)).strip()
    if "*" in text or not text.isascii():
        text = _BULLETS.sub("- ", text)
    if "(" in text:
        text = _BRACKETED.sub(r"\1. ", text)
    return _HAN_SPACE.sub("", _HAN_STOP.sub("。", text)) if _HAN_CHAR.search(text) else text


@CACHES.keep(32_768)
def plain(text: str) -> str:
    """``surface`` case folded, thousands separators removed, small numerals in words as digits: the words that were written."""
    text = surface(text).casefold()
    text = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", text)
    text = _COUNT_ZH.sub(lambda m: str(_numeral(m.group())), text)
    return _COUNT_EN.sub(lambda m: _DIGITS_EN[m.group()], text)


@CACHES.keep(32_768)
def norm(text: str) -> str:
    """Text for matching: ``plain`` without emoji; contractions, spellings, sums and words for one concept each in one form."""
    text = plain(text)
    if not text.isascii():
        text = _EMOJI.sub("", text).strip()
    text = _ZEROS.sub(r"\1\2", text)
    text = _MONEY.sub(_sum_zh if _HAN_CHAR.search(text) else _sum_en, text)
    if _LATIN.search(text):
        full = _CONTRACTED.sub(_expanded, text) if "'" in text or "can not" in text else text
        text = _ENGLISH.sub(_canonical_en, _spelled(full))
    return _CHINESE.sub(_canonical_zh, text) if _HAN_CHAR.search(text) else text


def _sum_zh(match: re.Match[str]) -> str:
    return (match.group(1) or match.group(2)).replace("¥", "") + "元"


def _sum_en(match: re.Match[str]) -> str:
    return (match.group(1) or match.group(2)).replace("¥", "") + " yuan"


def _expanded(match: re.Match[str]) -> str:
    said = match.group()
    return _CONTRACTIONS.get(said) or _SHORT.get(said) or said.removesuffix("'s") + " is"


def _spelled(text: str) -> str:
    """American spelling, by rule; words that a rule meets by chance change alike everywhere."""
    return _SPELLED.sub(_american, _SPELLING.sub(lambda m: _SPELLINGS[m.group()], text))


def _american(match: re.Match[str]) -> str:
    part = match.group
    if part("our") is not None:
        return f"{part('our')}or{part('o') or ''}"
    if part("re") is not None:
        return f"{part('re')}er{part('r')}"
    if part("ise") is not None:
        return f"{part('ise')}iz{part('i')}"
    return f"{part('yse')}yze{part('y')}" if part("yse") is not None else f"{part('ll')}l{part('l')}"


def _numeral(text: str) -> int:
    total, digit = 0, 0
    for char in text:
        if char in _SCALE_ZH:
            total, digit = total + (digit or 1) * _SCALE_ZH[char], 0
        else:
            digit = _DIGITS_ZH[char]
    return total + digit


def _form(form: str) -> str:
    """A form of the table of synonyms, in the spelling that it meets."""
    return _spelled(_COUNT_EN.sub(lambda m: _DIGITS_EN[m.group()], form))


_EN = {_form(form): _form(first) for form, first in synonyms.EN.items()}
_ZH = {_COUNT_ZH.sub(lambda m: str(_numeral(m.group())), form): first for form, first in synonyms.ZH.items()}
_ENGLISH = re.compile(r"(?<![a-z0-9])" + synonyms.any_of(_EN) + r"(?![a-z0-9])")
_CHINESE = re.compile(
    "(?=[" + "".join(re.escape(c) for c in dict.fromkeys(w[0] for w in _ZH)) + "])" + synonyms.any_of(_ZH))


def _canonical_en(match: re.Match[str]) -> str:
    return _EN[match.group()]


def _canonical_zh(match: re.Match[str]) -> str:
    return _ZH[match.group()]


@CACHES.keep(32_768)
def squeeze(text: str) -> str:
    """Normalised text without spaces and punctuation: what substring tests compare."""
    return re.sub(r"[\W_]+", "", norm(text))


@CACHES.keep(16_384)
def grams(text: str) -> frozenset[str]:
    """Content units of a text: Latin words (crudely stemmed, without stop words), numbers, and pairs of Chinese characters."""
    text = norm(text)
    words = (w[:-1] if len(w) > 3 and w.endswith("s") and not w.endswith("ss") else w for w in _WORD.findall(text))
    found = {w for w in words if w not in _STOP}
    for run in _HAN_RUN.findall(text):
        found.update(run[i:i + 2] for i in range(len(run) - 1))
        if len(run) == 1:
            found.add(run)
    return frozenset(found)


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
