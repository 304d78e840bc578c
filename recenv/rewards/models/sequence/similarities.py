"""What a pretrained encoder sees between two texts: similarity of their meanings, as a few explicit features.

The encoder is the base that a cross-encoder was trained from, as it came: what it learned from much text carries over to topics
that no training row has. Similarities are cosines of its last hidden states, of single tokens (late interaction, Khattab &
Zaharia, SIGIR 2020) and of their mean (Reimers & Gurevych, EMNLP 2019). Every text is encoded once and kept;
evidence is encoded by its lines, since records come back. Of a text of which the encoder's vocabulary knows too little, or of
which there is nothing, the features are NaN.
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
from recenv.rewards.cache import Cache
from recenv.rewards.dimensions import DIMENSIONS
from recenv.rewards.models.sequence.text import clean, nearest
from recenv.rewards.models.threads import steady
from recenv.rewards.reading.lexical import readable
from recenv.rewards.reading.words import FUNCTION_WORDS

States = Callable[[Tensor, Tensor], Tensor]
"""ids, mask (B, L) int64 -> last hidden states (B, L, H), all where texts are kept."""

_PAIR = ("cosine", "match", "worst_match", "match_back", "negated_match", "positive_cosine")
GROUPS: dict[str, tuple[str, ...]] = {
    "": (),
    "pair": _PAIR,
    "instruction": (*_PAIR, "opening_cosine", "ending_cosine"),
    "evidence": (
        "told_match", "told_worst", "told_three_worst",  # what the response says, in the evidence or the question
        "grounded_match", "grounded_worst",  # the same in the evidence alone
        "used_match", "used_worst", "used_three_worst",  # what the line of evidence nearest to the response says, in the response
        "asked_match", "asked_worst", "asked_in_evidence",  # what the question says, in the response and in the evidence
        "response_question_cosine", "response_evidence_cosine", "question_evidence_cosine",
    ),
    "dialogue": (*_PAIR, "whole_cosine"),
}
"""Names of the features by what is compared (``Dimension.likeness``), in the order of the vector."""

AXED = "dialogue"
"""The likeness whose answers are also placed on axes, the directions in which answers differ most: what kind of answer it is."""

_PLACES = 5  # products of irregular shapes differ in the last bits with the number of threads; features must not
_CAP = 128  # tokens a text
_STEP, BATCH = 16, 4  # fixed shapes: a text's states do not depend on what is encoded with it
_OPENING = 32  # tokens
_NOTHING = FUNCTION_WORDS | frozenset(",.?!:;-'\"()[]/*#`")
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
    """Features of texts by one encoder. kept: most texts whose states are kept (about 40 kB each). axes: (1 + count, H),
    centre and directions (``training.fits.axes``); None for none. batch: texts that are encoded at once."""

    def __init__(
        self, states: States, tokenizer: Tokenizer, axes: Tensor | None = None, kept: int = 4_096, batch: int = BATCH
    ) -> None:
        self._states, self._tokenizer, self._axes, self._batch = states, tokenizer, axes, batch
        self._texts: Cache[_Coded] = Cache(kept)

    def clear(self) -> None:
        """Forget all texts."""
        self._texts.clear()

    def features(self, units: Sequence[tuple[ScorerRow, str]]) -> NDArray[np.float32]:
        """(N, E) features of rows, each with one of its items, all of one dimension."""
        likeness = DIMENSIONS[units[0][0].dimension].likeness if units else ""
        if not likeness:
            return np.zeros((len(units), 0), np.float32)
        dimension = units[0][0].dimension
        axes = self._axes if likeness == AXED else None
        out = np.full((len(units), len(names(dimension, 0 if axes is None else len(axes) - 1))), np.nan, np.float32)
        sides = [_sides(row, item) for row, item in units]
        coded = self._encode(list(dict.fromkeys(t for own in sides for t in own if readable(t))))
        with torch.inference_mode():
            for n, own in enumerate(sides):
                found = [coded.get(t) for t in own]
                values = _facts(*found) if likeness == "evidence" else _likeness(likeness, *found)
                if axes is not None and found[0] is not None and found[1] is not None:
                    values += _placed(found[1], axes)
                if values:
                    out[n] = np.round(values, _PLACES)
        self._texts.trim()
        return out

    def means(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """(N, H) mean states of those of the texts that can be read."""
        found = []
        for at in range(0, len(texts), self._texts.limit):
            part = [t for t in texts[at:at + self._texts.limit] if readable(t)]
            coded = self._encode(list(dict.fromkeys(part)))
            found += [coded[t].states.double().mean(0).numpy() for t in part]
            self._texts.trim()
        return np.array(found, np.float64)

    def _encode(self, texts: Sequence[str]) -> dict[str, _Coded]:
        found = {t: v for t in texts if (v := self._texts.find(t)) is not None}
        todo = [t for t in texts if t not in found]
        encodings = self._tokenizer.encode_batch([clean(t) for t in todo]) if todo else []
        groups: dict[int, list[int]] = {}
        batch = self._batch
        for n, e in enumerate(encodings):
            groups.setdefault(-(-min(len(e.ids), _CAP) // _STEP) * _STEP, []).append(n)
        for length, members in groups.items():
            for at in range(0, len(members), batch):
                part = members[at:at + batch]
                ids, mask = torch.zeros(batch, length, dtype=torch.long), torch.zeros(batch, length, dtype=torch.long)
                mask[:, 0] = 1
                for row, n in enumerate(part):
                    own = encodings[n].ids[:_CAP]
                    ids[row, :len(own)], mask[row, :len(own)] = torch.tensor(own), 1
                with torch.inference_mode(), steady(batch * length):
                    states = self._states(ids, mask)
                for row, n in enumerate(part):
                    size = min(len(encodings[n].ids), _CAP)
                    unit = torch.nn.functional.normalize(states[row, :size].float(), dim=-1)
                    found[todo[n]] = _Coded(unit.half(), *_roles(clean(todo[n]), encodings[n], size))
                    self._texts[todo[n]] = found[todo[n]]
        return found


def names(dimension: str, axes: int) -> tuple[str, ...]:
    """The features of a dimension where answers are placed on so many axes."""
    return GROUPS[DIMENSIONS[dimension].likeness] + tuple(f"answer_axis_{n + 1}" for n in range(axes if axed(dimension) else 0))


def axed(dimension: str) -> bool:
    """Whether the answers of a dimension are placed on axes."""
    return DIMENSIONS[dimension].likeness == AXED


def _sides(row: ScorerRow, item: str) -> tuple[str, ...]:
    """Request and answer, then for relevance the request with the dialogue before it, for facts the evidence, line by line."""
    likeness = DIMENSIONS[row.dimension].likeness
    if likeness == "instruction":
        return (f"{row.instruction}\n{row.query}".strip(), row.response)
    if likeness == "evidence":
        return (row.query, row.response, *nearest(row.evidence, f"{row.response} {row.query}", row.response))
    if likeness == "dialogue":
        return (row.query.split("\n", 1)[0], item, row.query)
    return (row.query, item)


def _roles(text: str, encoding: object, size: int) -> tuple[Tensor, Tensor]:
    """(L,) bool: tokens of content, and those within reach of a negation."""
    offsets: list[tuple[int, int]] = encoding.offsets[:size]  # type: ignore[attr-defined]
    reach = []
    for found in _NEGATION.finditer(text):
        end = _CLAUSE_END.search(text, found.end())
        reach.append((found.end(), end.start() if end else len(text)))
    content = [b > a and text[a:b].lower() not in _NOTHING for a, b in offsets]
    negated = [c and any(low <= a and b <= high for low, high in reach) for c, (a, b) in zip(content, offsets, strict=True)]
    return torch.tensor(content, dtype=torch.bool), torch.tensor(negated, dtype=torch.bool)


def _likeness(likeness: str, a: _Coded | None, b: _Coded | None, whole: _Coded | None = None) -> list[float]:
    """The features of request a and answer b, but for their axes; none where one of them cannot be read."""
    if a is None or b is None:
        return []
    values = _pair(a, b)
    if likeness == "instruction":
        values += [_cosine(a.states, b.states[:_OPENING]), _cosine(a.states, b.states[-_OPENING:])]
    if likeness == "dialogue":
        values.append(_cosine(whole.states, b.states) if whole is not None else float("nan"))
    return values


def _facts(question: _Coded | None, response: _Coded | None, *evidence: _Coded | None) -> list[float]:
    """The features of a response against a question, which may be missing, and lines of evidence."""
    lines = [line for line in evidence if line is not None]
    if response is None or not lines:
        return []
    said = _content(response)
    near = [_cosine(response.states, line.states) for line in lines]
    used = (_content(lines[int(np.argmax(near))]) @ said.T).amax(1)
    grounded = torch.cat([said @ _content(line).T for line in lines], 1).amax(1)
    told, asked = grounded, [float("nan")] * 5
    if question is not None:
        wanted = _content(question)
        echoed = wanted @ said.T
        told = torch.maximum(grounded, echoed.amax(0))
        there = torch.cat([wanted @ _content(line).T for line in lines], 1).amax(1)
        asked = [*_mean_and_worst(echoed.amax(1)), float(there.mean()), _cosine(response.states, question.states),
                 max(_cosine(question.states, line.states) for line in lines)]
    return [*_mean_and_worst(told), _three_worst(told), *_mean_and_worst(grounded), *_mean_and_worst(used), _three_worst(used),
            *asked[:4], max(near), asked[4]]


def _content(text: _Coded) -> Tensor:
    """(L, H) states of the tokens that carry content, or of all where none does."""
    return text.states[text.content if bool(text.content.any()) else slice(None)].double()


def _mean_and_worst(best: Tensor) -> tuple[float, float]:
    return float(best.mean()), float(best.min())


def _three_worst(best: Tensor) -> float:
    return float(torch.sort(best).values[:3].mean())


def _placed(answer: _Coded, axes: Tensor) -> list[float]:
    """Where an answer lies on the axes."""
    found: list[float] = (axes[1:].double() @ (answer.states.double().mean(0) - axes[0].double())).tolist()
    return found


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
