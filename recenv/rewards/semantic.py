"""What a pretrained encoder sees between two texts: similarity of their meanings, as a few explicit features.

The encoder is the base that a cross-encoder was trained from, as it came: what it learned from much text carries over to topics
that no training row has. Similarities are cosines of its last hidden states, of single tokens (late interaction, Khattab &
Zaharia, SIGIR 2020) and of their mean (Reimers & Gurevych, EMNLP 2019). Every text is encoded once and kept.
A text of which the encoder's vocabulary knows too little has no features (NaN), nor has an instruction that can be checked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor

from recenv.records import ScorerRow
from recenv.rewards.checks import read
from recenv.rewards.head_scorer import Cache
from recenv.rewards.lexical import han_share
from recenv.rewards.sequence_text import clean

States = Callable[[Tensor, Tensor], Tensor]
"""ids, mask (B, L) int64 -> last hidden states (B, L, H)."""

_PAIR = ("cosine", "match", "worst_match", "match_back", "negated_match", "positive_cosine")
NAMES: dict[str, tuple[str, ...]] = {
    "instruction_following": (*_PAIR, "opening_cosine", "ending_cosine"),
    "query_item_relevance": (*_PAIR, "whole_cosine"),
    "item_ranking": _PAIR,
}
"""Names of the features by dimension, in the order of the vector; other dimensions have none."""

_PLACES = 5  # products of irregular shapes differ in the last bits with the number of threads; features must not
_CAP = 128  # tokens a text
_STEP, _BATCH = 16, 4  # fixed shapes: a text's states do not depend on what is encoded with it
_OPENING = 32  # tokens
_MOST_HAN = 0.2
_STOP = frozenset([
    "i", "a", "an", "the", "to", "of", "with", "that", "is", "are", "in", "on", "for", "and", "or", "my", "me", "we",
    "us", "our", "you", "your", "he", "she", "it", "its", "this", "these", "those", "am", "was", "were", "be", "been",
    "want", "wants", "would", "like", "some", "can", "could", "have", "has", "had", "make", "making", "do", "does",
    "did", "looking", "look", "something", "anything", "please", "what", "which", "who", "how", "when", "where",
    "there", "here", "so", "just", "very", "really", "also", "but", "if", "then", "than", "as", "at", "by", "from",
    "about", "into", "more", "any", "one", "give", "tell", "show", "find", "need", "needs", "let", "get", "got", "i'm",
    "it's", "i'd", "s", "t", "m", "d", "re", "ve", "ll", ",", ".", "?", "!", ":", ";", "-", "'", "\"", "(", ")", "[",
    "]", "/", "*", "#", "`",
])
_NEGATION = re.compile(
    r"\b(?:no|not|without|avoid|avoiding|except|excluding|never|hate|dislike|allergic to|intolerant|other than|rather than"
    r"|instead of|don'?t|doesn'?t|isn'?t|aren'?t|can'?t|cannot|won'?t|free of)\b", re.IGNORECASE)
_CLAUSE_END = re.compile(r"[,.;!?\n]|\bbut\b", re.IGNORECASE)


class _Coded(NamedTuple):
    """One text: unit token states (L, H) float16, which of its tokens carry content (L,), which stand negated (L,)."""

    states: Tensor
    content: Tensor
    negated: Tensor


class Semantics:
    """Features of pairs of texts by one encoder. kept: most texts whose states are kept (about 40 kB each)."""

    def __init__(self, states: States, tokenizer: Tokenizer, kept: int = 4_096) -> None:
        self._states, self._tokenizer = states, tokenizer
        self._texts: Cache[_Coded] = Cache(kept)

    def clear(self) -> None:
        """Forget all texts."""
        self._texts.clear()

    def features(self, units: Sequence[tuple[ScorerRow, str]]) -> NDArray[np.float32]:
        """(N, E) features of rows, each with one of its items, all of one dimension."""
        names = NAMES.get(units[0][0].dimension, ()) if units else ()
        out = np.full((len(units), len(names)), np.nan, np.float32)
        sides = [_sides(row, item) for row, item in units] if names else []
        known = [n for n, side in enumerate(sides) if all(_readable(t) for t in side[:2]) and not _checkable(units[n][0])]
        coded = self._encode(list(dict.fromkeys(t for n in known for t in sides[n])))
        with torch.inference_mode():
            for n in known:
                a, b, *whole = (coded[t] for t in sides[n])
                values = _pair(a, b)
                if "opening_cosine" in names:
                    values += [_cosine(a.states, b.states[:_OPENING]), _cosine(a.states, b.states[-_OPENING:])]
                if whole:
                    values.append(_cosine(whole[0].states, b.states))
                out[n] = np.round(values, _PLACES)
        self._texts.trim()
        return out

    def _encode(self, texts: Sequence[str]) -> dict[str, _Coded]:
        found = {t: v for t in texts if (v := self._texts.find(t)) is not None}
        todo = [t for t in texts if t not in found]
        encodings = self._tokenizer.encode_batch([clean(t) for t in todo]) if todo else []
        groups: dict[int, list[int]] = {}
        for n, e in enumerate(encodings):
            groups.setdefault(-(-min(len(e.ids), _CAP) // _STEP) * _STEP, []).append(n)
        for length, members in groups.items():
            for at in range(0, len(members), _BATCH):
                part = members[at:at + _BATCH]
                ids, mask = torch.zeros(_BATCH, length, dtype=torch.long), torch.zeros(_BATCH, length, dtype=torch.long)
                mask[:, 0] = 1
                for row, n in enumerate(part):
                    own = encodings[n].ids[:_CAP]
                    ids[row, :len(own)], mask[row, :len(own)] = torch.tensor(own), 1
                with torch.inference_mode():
                    states = self._states(ids, mask)
                for row, n in enumerate(part):
                    size = min(len(encodings[n].ids), _CAP)
                    unit = torch.nn.functional.normalize(states[row, :size].float(), dim=-1)
                    found[todo[n]] = _Coded(unit.half(), *_roles(clean(todo[n]), encodings[n], size))
                    self._texts[todo[n]] = found[todo[n]]
        return found


def _sides(row: ScorerRow, item: str) -> tuple[str, ...]:
    """Request, answer, and for relevance the request with the dialogue before it."""
    if row.dimension == "instruction_following":
        return (f"{row.instruction}\n{row.query}".strip(), row.response)
    if row.dimension == "query_item_relevance":
        return (row.query.split("\n", 1)[0], item, row.query)
    return (row.query, item)


def _checkable(row: ScorerRow) -> bool:
    """Whether an instruction is decided by exact checks, beside which likeness of topic says little and costs much."""
    return row.dimension == "instruction_following" and bool(read(row.instruction))


def _readable(text: str) -> bool:
    return bool(text.strip()) and han_share(text) <= _MOST_HAN


def _roles(text: str, encoding: object, size: int) -> tuple[Tensor, Tensor]:
    """(L,) bool: tokens of content, and those within reach of a negation."""
    offsets: list[tuple[int, int]] = encoding.offsets[:size]  # type: ignore[attr-defined]
    reach = []
    for found in _NEGATION.finditer(text):
        end = _CLAUSE_END.search(text, found.end())
        reach.append((found.end(), end.start() if end else len(text)))
    content = [b > a and text[a:b].lower() not in _STOP for a, b in offsets]
    negated = [c and any(low <= a and b <= high for low, high in reach) for c, (a, b) in zip(content, offsets, strict=True)]
    return torch.tensor(content, dtype=torch.bool), torch.tensor(negated, dtype=torch.bool)


def _pair(a: _Coded, b: _Coded) -> list[float]:
    """The features named in _PAIR, of request a and answer b."""
    similarity = a.states.double() @ b.states.double().T
    best, back = similarity.amax(1), similarity.amax(0)
    wanted = a.content & ~a.negated
    if not wanted.any():
        wanted = a.content if a.content.any() else torch.ones_like(a.content)
    held = b.content if b.content.any() else torch.ones_like(b.content)
    negated = float(best[a.negated].mean()) if a.negated.any() else float("nan")
    return [_cosine(a.states, b.states), float(best[wanted].mean()), float(best[wanted].min()), float(back[held].mean()), negated,
            _cosine(a.states[wanted], b.states)]


def _cosine(a: Tensor, b: Tensor) -> float:
    return float(torch.nn.functional.cosine_similarity(a.double().mean(0), b.double().mean(0), dim=0))
