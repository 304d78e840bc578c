"""Plain text measures that scorers share: folding, n-grams, overlap. No model, no state."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_HAN = "\u3400-\u9fff"
_WORD = re.compile(r"[a-z]+|\d+(?:\.\d+)?")
_HAN_RUN = re.compile(f"[{_HAN}]+")
_LATIN = re.compile(r"[a-z]")
_HAN_CHAR = re.compile(f"[{_HAN}]")
_DIGITS_ZH = {"零": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_SCALE_ZH = {"十": 10, "百": 100, "千": 1000}
_COUNT_ZH = re.compile(  # a single digit before 元 or 分 is more often part of a name (三元桥) than a sum
    r"[一二两三四五六七八九](?=\s*(?:公里|千米|个|家|条|句|字|项|款|处|小时|天))|"
    r"(?:[一二两三四五六七八九]?[十百千])+[一二两三四五六七八九]?(?=\s*(?:元|块|分(?![钟之])|公里|千米|个|家|条|句|字|项|款|处|小时|天))"
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


@lru_cache(maxsize=32_768)
def norm(text: str) -> str:
    """Text for matching: NFKC, case folded, thousands separators removed, small numerals in words as digits."""
    text = unicodedata.normalize("NFKC", text).casefold()
    text = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", text)
    text = _COUNT_ZH.sub(lambda m: str(_numeral(m.group())), text)
    return _COUNT_EN.sub(lambda m: _DIGITS_EN[m.group()], text)


def _numeral(text: str) -> int:
    total, digit = 0, 0
    for char in text:
        if char in _SCALE_ZH:
            total, digit = total + (digit or 1) * _SCALE_ZH[char], 0
        else:
            digit = _DIGITS_ZH[char]
    return total + digit


@lru_cache(maxsize=32_768)
def squeeze(text: str) -> str:
    """Normalised text without spaces and punctuation: what substring tests compare."""
    return re.sub(r"[\W_]+", "", norm(text))


@lru_cache(maxsize=16_384)
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
