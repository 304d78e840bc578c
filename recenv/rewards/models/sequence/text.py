"""How a canonical row becomes one token sequence for a cross-encoder: the only place that knows.

[CLS] marker | what is asked [SEP] what is judged [SEP], with the special tokens of the base's own template. The marker is
one word for the dimension, so that one trunk can serve all of them. Special tokens written inside a text are plain text.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from recenv.records import ScorerRow
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rewards.fields import texts
from recenv.rewards.reading.hanzi import simplified
from recenv.rewards.reading.lexical import coverage, grams, norm

_CHUNK = 240  # characters: long evidence is cut at the ends of sentences, and the pieces nearest to the response come first
_MOST_CHUNKS = 8
_SHARES = 184  # what the caps below are shares of; a shorter or longer sequence scales them

_Half = tuple[tuple[str, int], ...]
_CAPS: dict[frozenset[str], tuple[_Half, _Half]] = {frozenset(name for side in sides for name, _ in side): sides for sides in (
    ((("instruction", 76), ("query", 16)), (("response", 92),)),
    ((("query", 32), ("evidence", 92)), (("response", 60),)),
    ((("query", 92),), (("item", 92),)),
    ((("query", 40), ("user", 48), ("context", 40)), (("item", 56),)),
)}  # what is asked and what is judged, with their caps, by the fields that are read
_ENDS = ("instruction", "response")


class Field(NamedTuple):
    """A text and its cap in tokens; ``ends``: when too long, keep the beginning and the end."""

    text: str
    cap: int
    ends: bool = False


class Sides(NamedTuple):
    """What a sequence is made of: fields of its first and of its second half."""

    marker: str
    first: tuple[Field, ...]
    second: tuple[Field, ...]


class Tokens(NamedTuple):
    """Token ids (L,) and token types (L,) of one row or item."""

    ids: NDArray[np.int32]
    types: NDArray[np.int32]


def sides(row: ScorerRow, item: str = "") -> Sides:
    """The fields of a row and one item ("" where the dimension has none)."""
    own = DIMENSIONS[row.dimension]
    told = dict(texts(row, item))
    if "evidence" in told:
        told["evidence"] = "\n".join(nearest(row.evidence, f"{row.response} {row.query}", row.response))
    first, second = _CAPS.get(frozenset(told)) or _even(tuple(told))
    return Sides(own.word or own.name, *(tuple(Field(told[name], cap, name in _ENDS) for name, cap in side)
                                         for side in (first, second)))


def _even(names: tuple[str, ...]) -> tuple[_Half, _Half]:
    """The last field against those before it, all of one cap."""
    cap = _SHARES // max(1, len(names))
    return tuple((name, cap) for name in names[:-1]), tuple((name, cap) for name in names[-1:])


def nearest(evidence: str, asked: str, response: str) -> tuple[str, ...]:
    """Pieces of evidence, those first whose head the response names, then those that share most words with what is asked."""
    chunks = [piece for line in evidence.split("\n") if line.strip() for piece in _pieces(line.strip())]
    text, words = norm(response), grams(asked)
    named = [norm(c).split(";")[0].split("；")[0].strip() in text for c in chunks]
    shared = [coverage(words, grams(c)) for c in chunks]
    order = sorted(range(len(chunks)), key=lambda n: (not named[n], -shared[n], n))
    return tuple(chunks[n] for n in order[:_MOST_CHUNKS])


def _pieces(line: str) -> list[str]:
    """A line cut into pieces of up to _CHUNK characters, at the ends of sentences where there are any."""
    found = []
    while len(line) > _CHUNK:
        cut = max(line.rfind(mark, _CHUNK // 3, _CHUNK) + len(mark) for mark in (". ", "! ", "? ", "。", "；", "; ", " . "))
        cut = cut if cut > _CHUNK // 3 else line.rfind(" ", _CHUNK // 3, _CHUNK) + 1 or _CHUNK
        found.append(line[:cut].strip())
        line = line[cut:]
    return [*found, line.strip()]


class Assembler:
    """Turns sides into token sequences of at most ``max_length`` tokens, with a tokenizer of any kind."""

    def __init__(self, tokenizer: Tokenizer, max_length: int) -> None:
        tokenizer.no_truncation()
        tokenizer.no_padding()
        tokenizer.encode_special_tokens = True  # "[SEP]" inside an item is text, not a separator
        self.tokenizer = tokenizer
        self.before, self.between, self.after, self.second_type = _template(tokenizer)
        self.room = max_length - len(self.before) - len(self.between) - len(self.after)

    def __call__(self, wanted: Sequence[Sides]) -> list[Tokens]:
        """The sequences, in given order; equal texts are tokenised once."""
        texts = list(dict.fromkeys(t for s in wanted for t in (s.marker, *(f.text for f in (*s.first, *s.second)))))
        encoded = self.tokenizer.encode_batch([clean(t) for t in texts], add_special_tokens=False)
        ids = {text: e.ids for text, e in zip(texts, encoded, strict=True)}
        return [self._join(s, ids) for s in wanted]

    def _join(self, s: Sides, ids: dict[str, list[int]]) -> Tokens:
        marker, separator = ids[s.marker], self.between[-1:]
        fields = (*s.first, *s.second)
        room = self.room - len(marker) - len(separator) * sum(bool(ids[f.text]) for f in s.first)
        kept = _share([len(ids[f.text]) for f in fields], [f.cap for f in fields], room)
        cut = [_cut(ids[f.text], n, f.ends) for f, n in zip(fields, kept, strict=True)]
        first = [*self.before, *marker]
        for own in cut[:len(s.first)]:
            first += [*separator, *own] if own else []
        first += self.between
        second = [token for own in cut[len(s.first):] for token in own] + self.after
        types = np.zeros(len(first) + len(second), np.int32)
        types[len(first):] = self.second_type
        return Tokens(np.array(first + second, np.int32), types)


def clean(text: str) -> str:
    """Compatibility characters folded (full-width letters and digits become plain ones), traditional characters simplified, what
    is not Unicode replaced."""
    return simplified(unicodedata.normalize("NFKC", text)).encode("utf-8", "replace").decode()


def _template(tokenizer: Tokenizer) -> tuple[list[int], list[int], list[int], int]:
    """Special tokens before, between and after two texts, and the token type of the second, as the base's tokenizer sets them."""
    pair = tokenizer.encode("a", "b")
    plain = [n for n, special in enumerate(pair.special_tokens_mask) if not special]
    split = len(tokenizer.encode("a", add_special_tokens=False).ids)
    a, b = plain[:split], plain[split:]
    between = pair.ids[a[-1] + 1:b[0]] or tokenizer.encode("\n", add_special_tokens=False).ids
    return pair.ids[:a[0]], between, pair.ids[b[-1] + 1:], pair.type_ids[b[0]]


def _share(lengths: Sequence[int], caps: Sequence[int], room: int) -> list[int]:
    """How many tokens of each field are kept: up to its share of the room, and what others leave over, by their caps."""
    kept = [min(n, max(1, cap * room // _SHARES)) for n, cap in zip(lengths, caps, strict=True)]
    left = room - sum(kept)
    while left > 0 and (wanting := [i for i, n in enumerate(lengths) if kept[i] < n]):
        total = sum(caps[i] for i in wanting)
        for i in wanting:
            more = min(lengths[i] - kept[i], max(1, left * caps[i] // total), room - sum(kept))
            kept[i] += more
        left = room - sum(kept)
    return kept


def _cut(ids: list[int], n: int, ends: bool) -> list[int]:
    if len(ids) <= n:
        return ids
    tail = n // 3 if ends else 0
    return ids[:n - tail] + (ids[-tail:] if tail else [])
