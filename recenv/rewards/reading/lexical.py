"""Plain text measures that scorers share: folding, n-grams, overlap. No model, no state."""

from __future__ import annotations

import re
import unicodedata

from recenv.rewards.reading import CACHES, synonyms
from recenv.rewards.reading.hanzi import simplified
from recenv.rewards.reading.numerals import number
from recenv.rewards.reading.words import REQUESTED, units

MOST_CHARACTERS = 20_000
"""Of a longer text only the head is read. Normalising can make eighteen characters of one: the bound holds after it, too."""
MOST_NUMBERS = 2_000
"""Of the numbers of a text only so many are read."""

_HAN = "\u3400-\u9fff"
_LATIN = re.compile(r"[a-z]")
_HAN_CHAR = re.compile(f"[{_HAN}]")
_MOST_HAN = 0.2  # of the letters of a text that an English vocabulary reads
_COUNT_ZH = re.compile(  # a single digit before 元 or 分 is more often part of a name (三元桥) than a sum
    r"[一二两三四五六七八九](?=\s{0,2}(?:公里|千米|个|家|间(?![里或接])|条|句|字|项|款|处|小时|天))|"
    r"(?:[一二两三四五六七八九]?[十百千]){1,8}[一二两三四五六七八九]?(?=\s{0,2}(?:元|块|分(?![钟之])|公里|千米|个|家|条|句|字|项|款|处|小时|天))"
)
_COUNT_EN = re.compile(r"\b(one|two|three|four|five|six|seven|eight|nine|ten)\b")
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


def plain(text: str) -> str:
    """``surface`` case folded, thousands separators removed, small numerals in words as digits: the words that were written."""
    text = surface(text).casefold()
    text = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", text)
    text = _COUNT_ZH.sub(_figures, text)
    return _COUNT_EN.sub(_figures, text)


@CACHES.keep(32_768)
def norm(text: str) -> str:
    """Text for matching: ``plain`` without emoji; contractions, spellings, sums and words for one concept each in one form."""
    text = plain(text)
    if not text.isascii():
        text = _EMOJI.sub("", text).strip()
    text = _ZEROS.sub(r"\1\2", text)
    unit = "元" if _HAN_CHAR.search(text) else " yuan"
    text = _MONEY.sub(lambda m: (m.group(1) or m.group(2)).replace("¥", "") + unit, text)
    if _LATIN.search(text):
        full = _CONTRACTED.sub(_expanded, text) if "'" in text or "can not" in text else text
        text = _ENGLISH.sub(lambda m: _EN[m.group()], _spelled(full))
    return _CHINESE.sub(lambda m: _ZH[m.group()], text) if _HAN_CHAR.search(text) else text


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


def _figures(match: re.Match[str]) -> str:
    return str(number(match.group()))


def _form(form: str) -> str:
    """A form of the table of synonyms, in the spelling that it meets."""
    return _spelled(_COUNT_EN.sub(_figures, form))


_EN = {_form(form): _form(first) for form, first in synonyms.EN.items()}
_ZH = {_COUNT_ZH.sub(_figures, form): first for form, first in synonyms.ZH.items()}
_ENGLISH = re.compile(r"(?<![a-z0-9])" + synonyms.any_of(_EN) + r"(?![a-z0-9])")
_CHINESE = re.compile(
    "(?=[" + "".join(re.escape(c) for c in dict.fromkeys(w[0] for w in _ZH)) + "])" + synonyms.any_of(_ZH))


@CACHES.keep(32_768)
def squeeze(text: str) -> str:
    """Normalised text without spaces and punctuation: what substring tests compare."""
    return re.sub(r"[\W_]+", "", norm(text))


@CACHES.keep(16_384)
def grams(text: str) -> frozenset[str]:
    """Content units of a text: Latin words (crudely stemmed, without stop words), numbers, and pairs of Chinese characters."""
    return frozenset(units(norm(text), REQUESTED))


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
