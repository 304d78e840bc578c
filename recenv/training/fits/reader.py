"""Training the reader of sentences on answers whose sentences are labelled."""

from __future__ import annotations

import math
import zlib
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from recenv.data.written import Written
from recenv.rewards.features.prose import Sentence, plain, prose
from recenv.rewards.models.boosted.reader import FOREIGN, LINE, UNKNOWN, SentenceReader, weighed
from recenv.training.fits.boosting import grow

FOLDS = 5
_SEEN, _PRIOR = 2, 2.0  # sentences that a word of the lexicon is in; pseudo-sentences that it is not
_TREES, _RATE, _LEAVES, _LEAST, _SHARE = 1_000, 0.06, 16, 20, 0.4


def fold(group: str) -> int:
    """The fold of a group: what is read of it comes from readers that other folds have trained."""
    return zlib.crc32(group.encode()) % FOLDS


def fit_reader(answers: Sequence[Written], seed: int) -> SentenceReader | None:
    """A reader; None where there are no true or no false sentences to learn from."""
    read = [(answer.group, sentence, wrong) for answer in answers for sentence, wrong in labelled(answer)]
    wrong = np.array([w for _, _, w in read], np.float64)
    if not 0 < wrong.sum() < len(wrong):
        return None
    folds = np.array([fold(group) for group, _, _ in read])
    lines: list[tuple[float, ...]] = [()] * len(read)
    for own in range(FOLDS):  # a word of a sentence must not be weighed by that sentence
        lexicon = _lexicon([r for r, f in zip(read, folds, strict=True) if f != own])
        for n in np.flatnonzero(folds == own):
            sentence = read[n][1]
            lines[n] = (*sentence.features, *weighed(lexicon, sentence))
    x: NDArray[np.float64] = np.array(lines, np.float64)
    trees = grow(x, wrong, np.ones(len(x)), np.zeros(len(x)), LINE, trees=_TREES, rate=_RATE, leaves=_LEAVES, least=_LEAST,
                 share=_SHARE, seed=seed, monotone=False)
    return SentenceReader(trees, _lexicon(read))


def labelled(answer: Written) -> list[tuple[Sentence, bool]]:
    """The sentences that a response is read as, each with whether one that is labelled false stands in it."""
    text = plain(answer.response)
    starts, at = [], 0
    for _, said in answer.sentences:
        own = plain(said).strip()
        found = text.find(own[:10], at) if own else at
        starts.append(max(found, at))
        at = starts[-1] + max(1, len(own) - 6)
    ends = [*starts[1:], len(text) + 1]
    out, place = [], 0
    for sentence in prose(answer.evidence, answer.query, answer.response).sentences:
        begin = max(text.find(sentence.text, place), place)
        place = begin + len(sentence.text)
        wrong = any(
            label for (label, _), start, end in zip(answer.sentences, starts, ends, strict=True)
            if start < place - 1 and end > begin + 1)
        out.append((sentence, wrong))
    return out


def _lexicon(read: Sequence[tuple[str, Sentence, bool]]) -> dict[str, float]:
    """Log odds of a false sentence by word, shrunk to none where few have it."""
    true: Counter[str] = Counter()
    false: Counter[str] = Counter()
    for _, sentence, wrong in read:
        words = [UNKNOWN + word for word in sentence.unknown] + [FOREIGN + word for word in sentence.foreign]
        (false if wrong else true).update(words)
    total = sum(wrong for _, _, wrong in read)
    ratio = total / max(1, len(read) - total)
    found = {
        word: math.log((false[word] + _PRIOR * ratio) / (true[word] * ratio + _PRIOR * ratio))
        for word in sorted({*true, *false}) if true[word] + false[word] >= _SEEN}
    return {word: float(np.float32(weight)) for word, weight in found.items()}
